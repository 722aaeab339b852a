"""What a reader sees of long runs, in a real JupyterLab: exact rows where one looks closely, nothing done unseen."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Locator, expect

import nbviz
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


def test_a_zoom_while_a_cell_trains_shows_what_there_is_or_every_row(open_notebook: OpenNotebook) -> None:
    busy = "import time\nwhile True: time.sleep(0.05)"
    notebook = open_notebook([LONG, "live", busy])
    notebook.page.emulate_media(reduced_motion="reduce")
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    expect(badge(output)).to_have_count(1)
    # Shells that handle a page's message while a cell is busy came with ipykernel 7.
    subshells = notebook.execute("import ipykernel; print(ipykernel.version_info[0] >= 7)") == "True\n"
    notebook.run(2, wait=False)
    zoom(output, 0.7, 0.7 + 0.02)
    zoom(output, 0.5, 0.52)
    if subshells:
        zoom(output, 0.5, 0.55)
        expect(badge(output)).to_have_count(0)
    else:
        expect(badge(output)).to_contain_text("finer detail when the cell ends")
    notebook.interrupt()
    expect(badge(output)).to_have_count(0)


def test_without_a_kernel_the_badge_says_that_the_copy_is_reduced(opened: Opened) -> None:
    steps = np.arange(1_000_000)
    run = nbviz.Run("long run")
    run.extend("loss", steps, steps * 1.0, np.sin(steps))
    run.finish()
    page = opened(nbviz.LiveLoss(run=run))
    zoom(page.locator("main"), 0.5, 0.6)
    expect(badge(page.locator("main"))).to_contain_text("reduced copy")


def test_a_page_alone_says_so_where_it_has_no_row_at_all(opened: Opened) -> None:
    run = nbviz.Run("long")
    steps = np.arange(1_000_000)
    run.extend("loss", steps, 1.7e9 + steps, np.exp(-steps / 1e5))
    run.finish()
    view = nbviz.Inspector(run)
    # Of a falling curve a bucket's ends are kept, as its largest and its smallest.
    view.zoom = (500_101, 500_105)
    reduced = opened(view).locator(".legend-badge")
    expect(reduced).to_have_text("none kept · reduced copy")
    expect(reduced).to_have_attribute("title", re.compile("the line goes from neighbour to neighbour"))
