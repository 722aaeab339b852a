"""What a notebook holds once training is over, paused or interrupted: what a reader without the widget sees."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenNotebook
from tests.browser.notebook import LabNotebook

LIVE = "import nbviz, time\nfrom ipywidgets import HBox, Tab, VBox\nlive = nbviz.LiveLoss()"
TRAIN = "for step in range(50): live.log(loss=50.0 - step)"


def pictures(notebook: LabNotebook, cell: int) -> list[str]:
    """Return the alternative texts of the pictures that the saved notebook has for a cell."""
    html = ["".join(output.get("data", {}).get("text/html", "")) for output in notebook.saved().cells[cell].outputs]
    return [re.findall('alt="([^"]*)"', each)[0] for each in html if "nbviz-picture" in each]


@pytest.mark.parametrize("box", ["HBox([live])", "Tab([VBox([live]), nbviz.Scrubber(live.run)])"])
def test_views_in_a_box_leave_their_pictures(box: str, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LIVE, box, TRAIN])
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    expect(output.locator(".nbviz").first).to_be_visible()
    notebook.run(2)
    expect(output.locator(".legend-value").first).to_have_text("1.0")
    expect(output.locator(".nbviz-picture").first).to_be_hidden()
    notebook.save()
    assert pictures(notebook, 1)[0] == "run: loss 1.0 after step 49"
    assert len(pictures(notebook, 1)) == box.count("live")
    notebook.reopen()
    image = notebook.output(1).locator(".nbviz-picture img").first
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") > 300


def test_a_box_without_views_is_shown_as_ever(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LIVE, "from ipywidgets import Label\nHBox([Label('as ever')])"])
    notebook.run(0)
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("as ever")
    assert [output["output_type"] for output in notebook.outputs(1)] == ["execute_result"]


@pytest.mark.parametrize("beginning", ["", "with live:\n  "])
def test_an_interrupted_cell_says_so_at_once_and_leaves_the_last_picture(
    beginning: str, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook([LIVE, "live", f"{beginning}while True: live.log(loss=7.0); time.sleep(0.01)"])
    word = notebook.output(1).locator(".header-word")
    notebook.run(0)
    notebook.run(1)
    notebook.run(2, wait=False)
    expect(word).to_have_text("training")
    notebook.interrupt()
    notebook.wait_until_idle()
    expect(word).to_have_text("interrupted", timeout=1000)
    last = int(notebook.execute("print(live.run.last_step)"))
    notebook.save()
    assert pictures(notebook, 1) == [f"run: loss 7.00 after step {last:,}"]


def test_a_cell_that_fails_says_so_at_once(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LIVE, "live", f"{TRAIN}\n1 / 0"])
    notebook.run(0)
    notebook.run(1)
    notebook.run(2, wait=False)
    notebook.wait_for("harness.outputs(2).some(output => output.ename === 'ZeroDivisionError')")
    expect(notebook.output(1).locator(".header-word")).to_have_text("failed", timeout=1000)


def test_after_a_reload_of_the_page_the_picture_is_renewed_all_the_same(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LIVE, "live", TRAIN])
    for cell in range(3):
        notebook.run(cell)
    expect(notebook.output(1).locator(".legend-value").first).to_have_text("1.0")
    notebook.save()
    notebook.reload()
    expect(notebook.output(1).locator(".legend-value").first).to_have_text("1.0")
    notebook.execute("live.log(loss=0.5)")
    expect(notebook.output(1).locator(".legend-value").first).to_have_text("0.5")
    notebook.wait_for("JSON.stringify(harness.outputs(1)).includes('after step 50')")
    notebook.save()
    assert pictures(notebook, 1) == ["run: loss 0.5 after step 50"]


def test_a_figure_of_bqplot_leaves_a_picture_that_is_hidden_while_the_figure_lives(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        [f"{LIVE}\nfrom nbviz import bq\nlive.log(loss=9.0)", "bq.figure(live.run, 'loss')", TRAIN]
    )
    for cell in range(3):
        notebook.run(cell)
    output = notebook.output(1)
    expect(output.locator(".bqplot")).to_be_visible()
    expect(output.locator(".nbviz-picture")).to_be_hidden()
    notebook.wait_for("JSON.stringify(harness.outputs(1)).includes('loss 1')")
    notebook.save()
    notebook.reopen()
    image = notebook.output(1).locator(".nbviz-picture img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") > 300
