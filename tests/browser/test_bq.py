"""bqplot's marks in a real JupyterLab: drawn, moved by the cursor of our own views, and brushed with a mouse."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenNotebook

RUN = """
import numpy as np
import nbviz
from nbviz import bq

run = nbviz.Run("net")
for step in range(100):
    run.log(loss=1 / (1 + step), val_loss=2 / (1 + step))
    run.log_histogram("weights/fc1", np.linspace(-1 - step, 1 + step, 1000))
    run.log_confusion("confusion", [[1 + step, 1], [1, 1 + step]], ["cat", "<b>dog</b>"])
live = nbviz.LiveLoss(run=run)
"""
RUNS = """
import nbviz
from nbviz import bq

runs, rates = {}, {}
for name, rate in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
    runs[name] = nbviz.Run(name)
    runs[name].log(loss=rate)
    runs[name].finish()
    rates[name] = {"lr": rate}
"""


def dragged(element: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Between two places given as shares of the width and the height."""
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box
    mouse = element.page.mouse
    mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    mouse.down()
    mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=8)
    mouse.up()


def test_a_figure_a_histogram_and_a_matrix_follow_the_run_and_the_cursor_of_a_view(open_notebook: OpenNotebook) -> None:
    histogram = """
        import bqplot
        bars = bq.histogram(run["weights/fc1"])
        bqplot.Figure(marks=[bars], axes=[bqplot.Axis(scale=bars.scales["x"])])
    """
    notebook = open_notebook([RUN, 'bq.figure(run, ["loss", "val_loss"])', histogram, 'bq.confusion(run["confusion"])'])
    for cell in range(4):
        notebook.run(cell)
    figure, bars, matrix = (notebook.output(cell) for cell in (1, 2, 3))
    expect(figure.locator(".legendtext")).to_have_text(["loss 0.01", "val_loss 0.02"])
    expect(bars.locator("rect.bar")).to_have_count(64)
    expect(matrix.locator(".mainheading")).to_have_text("step 99: 99.0% of 202 right")
    expect(matrix.get_by_text("<b>dog</b>")).to_have_count(2)
    wide = bars.locator(".axis text").first.text_content()
    notebook.execute("live.step = 9")
    expect(figure.locator(".legendtext")).to_have_text(["loss 0.1", "val_loss 0.2"])
    expect(matrix.locator(".mainheading")).to_have_text("step 9: 90.9% of 22 right")
    expect(bars.locator(".axis text").first).not_to_have_text(str(wide))
    notebook.execute("live.step = None; run.log(loss=0.125, step=100)")
    expect(figure.locator(".legendtext").first).to_have_text("loss 0.125")
    assert notebook.errors == []


def test_a_brush_over_runs_selects_them_in_python_and_in_the_view_beside_it(open_notebook: OpenNotebook) -> None:
    cells = [
        RUNS,
        'points = bq.scatter(runs, "lr", "loss", hparams=rates)\npoints',
        "bq.view(points, runs, nbviz.Inspector)",
    ]
    notebook = open_notebook([*cells, 'lines = bq.parallel(runs, ["lr", "loss"], hparams=rates)\nlines'])
    for cell in range(4):
        notebook.run(cell)
    expect(notebook.output(1).locator(".object_grp")).to_have_count(3)
    dragged(notebook.output(1).locator(".plotarea_background"), (0.4, 0.6), (0.99, 0.01))
    view = notebook.output(2)
    expect(view.locator('.run-name[aria-pressed="true"]')).to_have_text(["b", "c"])
    assert notebook.execute("print(points.selected)").strip() == "['b', 'c']"
    expect(notebook.output(3).locator("path.line")).to_have_count(3)
    dragged(notebook.output(3).locator(".plotarea_background"), (0.9, 0.7), (0.999, 0.999))
    notebook.wait_until_idle()
    assert notebook.execute("print(lines.selected)").strip() == "['a']"
    assert notebook.errors == []
