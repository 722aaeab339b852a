"""What a reader sees of long runs, in a real JupyterLab: exact rows where one looks closely, and nothing done unseen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Opened, OpenNotebook

LONG = """
import numpy as np, nbviz
rows = 10_000_000
values = np.zeros(rows)
values[7_654_321] = 1.0
run = nbviz.Run("long run")
run.extend("loss", np.arange(rows), np.arange(rows) * 1.0, values)
run.finish()
live = nbviz.LiveLoss(run=run)
"""


def badge(output: Locator) -> Locator:
    return output.locator('.legend-badge[title*=" rows"]:visible')


def zoom(output: Locator, left: float, right: float) -> None:
    """Shift and drag, by shares of the plot's width."""
    plot = output.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    page = output.page
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * left, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * right, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")


def test_zoomed_in_every_row_is_shown_and_the_badge_goes(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LONG, "live"])
    notebook.page.emulate_media(reduced_motion="reduce")  # axes do not ease
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    expect(badge(output)).to_have_attribute("title", re.compile("^10,000,000 rows"))
    zooms = 0
    # 10,000,000 rows, a sixth of those, and so on until the kernel has sent every one.
    while badge(output).count():
        said = badge(output).inner_text()
        at = spike(output)
        assert at, f"no spike after {zooms} zooms"
        zoom(output, at - 0.1, at + 0.07)
        expect(badge(output).filter(has_text=re.compile(f"^{said}$"))).to_have_count(0)
        zooms += 1
    assert 3 <= zooms <= 6
    assert spike(output)
    assert notebook.errors == []


def spike(output: Locator) -> float | None:
    """Where the upper half of the plot shows a line, as a share of its width."""
    script = """plot => {
      const canvas = plot.querySelector("canvas");
      const { width, height } = canvas;
      const left = Math.round(width * 0.1);
      const { data } = canvas.getContext("2d").getImageData(left, Math.round(height * 0.2), width - left, 1);
      for (let i = 0; i < data.length; i += 4) {
        const [red, , blue, alpha] = data.subarray(i, i + 4);
        if (alpha > 100 && blue - red > 60) return (left + i / 4) / width;
      }
      return null;
    }"""
    found = output.locator(".plot").first.evaluate(script)
    return None if found is None else float(found)
