"""Comparisons, as an exported page and in a real JupyterLab."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

import nbviz
from tests.browser.conftest import OpenNotebook

MOVING = """
import nbviz
run = nbviz.Run("moving")
for step in range(0, 50, 10):
    run.append_histogram("weights/fc1", step, 0.0, [100.0], [step, step + 1.0])
    run.append_histogram("weights/fc2", step, 0.0, [100.0], [-step, 1.0 - step])
"""


def moving(name: str = "moving", by: float = 1.0) -> nbviz.Run:
    """One bin of width one, which moves with the steps."""
    run = nbviz.Run(name)
    for step in range(0, 50, 10):
        run.append_histogram("fc1", step, 0.0, [100.0], [by * step, by * step + 1.0])
    run.finish()
    return run


def test_two_runs_are_compared_at_the_cursor_which_the_distance_moves(page: Page, tmp_path: Path) -> None:
    compare = nbviz.Compare(moving("slow"), moving("fast", 2.0))
    page.goto(nbviz.export_html(compare, tmp_path / "compare.html").path.as_uri())
    distance = page.locator(".legend-value")
    expect(distance).to_have_text("40.0")
    chart = page.get_by_role("application", name="Wasserstein-1 distance")
    chart.press("ArrowLeft")
    expect(distance).to_have_text("30.0")
    expect(page.get_by_role("button", name="slow · step 30")).to_be_visible()
    fast = page.get_by_role("button", name="fast · step 30")
    fast.click()
    expect(fast).to_have_attribute("aria-pressed", "true")
    chart.press("Home")
    expect(page.get_by_role("button", name="slow · step 0")).to_be_visible()
    expect(distance).to_have_text("60.0")
    plot = page.get_by_role("application", name="fc1: slow · step 0 against fast · step 30, distance 60")
    plot.press("ArrowRight")
    expect(page.locator(".ridges-tip")).to_contain_text(["fast", " step 30"][0])


def test_what_is_not_there_to_be_compared_is_said(page: Page, tmp_path: Path) -> None:
    for compare, words in [
        (nbviz.Compare(nbviz.Run("empty")), "No histograms yet"),
        (nbviz.Compare(moving(), nbviz.Run("empty")), "No histograms that both runs have yet."),
        (nbviz.Compare(moving(), tag="<b>fc9</b>"), "<b>fc9</b> is not in this run."),
    ]:
        page.goto(nbviz.export_html(compare, tmp_path / "compare.html").path.as_uri())
        expect(page.get_by_text(words)).to_be_visible()


def test_python_and_the_page_choose_the_layer_and_the_steps(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([MOVING + "compare = nbviz.Compare(run)", "compare"])
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    output.scroll_into_view_if_needed()
    expect(output.locator(".legend-value")).to_have_text("40.0")
    output.get_by_label("Layer").select_option("weights/fc2")
    output.get_by_role("button", name="step 40").click()
    notebook.wait_for("harness.idle()")
    assert notebook.execute("print(compare.tag, compare.steps)") == "weights/fc2 [None, 40]\n"
    notebook.execute("compare.tag = 'weights/fc1'; compare.steps = 20; compare.step = 10")
    expect(output.get_by_role("button", name="step 20")).to_be_visible()
    expect(output.get_by_role("application", name="weights/fc1: step 20 against step 10, distance 10")).to_be_visible()
    assert notebook.errors == []
