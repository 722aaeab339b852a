"""What a reader sees and does, in a real JupyterLab and Notebook 7."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.notebook import LabNotebook
from tests.browser.server import JupyterServer

LIVE = "import time, nbviz\nlive = nbviz.LiveLoss()"
TRAIN = """
for step in range(200):
    live.log(loss=1 / (step + 1), val_loss=2 / (step + 1), accuracy=step / 200)
    live.log_histogram("layer/weight", [step, step + 1.0])
    time.sleep(0.02)
"""
FINISHED = """
import numpy as np, nbviz
run = nbviz.Run("finished run")
for step in range(100):
    run.log(loss=100.0 - step, accuracy=step / 100)
    if step % 10 == 0:
        for layer in range(3):
            run.log_histogram(f"layer{layer}/weight", np.linspace(-1, 1, 50) * (step + 1), step=step)
run.finish()
inspector = nbviz.Inspector(run)
"""


def value(output: Locator, chart: str, series: int = 0) -> Locator:
    """The readout of one series in the title line of its chart."""
    return (
        output.locator(".chart", has=output.page.locator(f'.legend-title:text-is("{chart}")'))
        .locator(".legend-value")
        .nth(series)
    )


def slider(output: Locator) -> Locator:
    return output.locator('.scrubber [role="slider"]')


def ridge_step(output: Locator) -> Locator:
    return output.locator(".ridges-at")


@pytest.fixture
def inspector(open_notebook: OpenNotebook) -> LabNotebook:
    notebook = open_notebook([FINISHED, "inspector"])
    notebook.run(0)
    notebook.run(1)
    expect(value(notebook.output(1), "loss")).to_have_text("1.0")
    return notebook


def assert_at(notebook: LabNotebook, step: int, cell: int = 1) -> None:
    """Every readout tells of the step: charts, ridges and slider; rows were logged so that loss tells it."""
    output = notebook.output(cell)
    output.scroll_into_view_if_needed()  # what is out of sight is not drawn
    expect(slider(output)).to_have_attribute("aria-valuenow", str(step))
    expect(value(output, "accuracy")).to_have_text(f"{step:.1f} %")
    expect(ridge_step(output)).to_contain_text(str(step // 10 * 10))


def test_live_loss_moves_while_a_cell_is_busy_and_ends_with_every_row(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LIVE, "live", TRAIN])
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    expect(output).to_contain_text("Waiting for the first log()")
    notebook.run(2, wait=False)
    expect(output.locator(".header-word")).to_have_text("training")
    early = value(output, "accuracy").inner_text()
    expect(value(output, "accuracy")).not_to_have_text(early)
    assert not notebook.ran(2)
    notebook.wait_until_ran(2)
    expect(output.locator(".header-step")).to_have_text("step 199")
    expect(value(output, "loss", 0)).to_have_text("0.005")
    expect(value(output, "loss", 1)).to_have_text("0.010")
    assert notebook.errors == []


def test_the_cursor_set_from_python_moves_every_readout(inspector: LabNotebook) -> None:
    inspector.execute("inspector.step = 42")
    assert_at(inspector, 42)


def test_arrow_keys_on_the_slider_move_every_readout_and_python_reads_it(inspector: LabNotebook) -> None:
    track = slider(inspector.output(1))
    track.focus()
    track.press("Home")
    assert_at(inspector, 0)
    for _ in range(3):
        track.press("ArrowRight")
    assert_at(inspector, 3)
    track.press("End")
    assert_at(inspector, 99)
    track.press("ArrowLeft")
    assert_at(inspector, 98)
    inspector.wait_for("harness.idle()")
    assert inspector.execute("print(inspector.step)") == "98\n"


def test_dragging_the_slider_moves_every_readout(inspector: LabNotebook) -> None:
    track = slider(inspector.output(1))
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box
    mouse = inspector.page.mouse
    mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2, steps=5)
    mouse.up()
    step = int(track.get_attribute("aria-valuenow") or "-1")
    assert 45 <= step <= 55
    assert_at(inspector, step)


def test_dragging_in_a_chart_moves_every_readout(inspector: LabNotebook) -> None:
    plot = inspector.output(1).locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    mouse = inspector.page.mouse
    mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2, steps=5)
    mouse.up()
    step = int(slider(inspector.output(1)).get_attribute("aria-valuenow") or "-1")
    assert 15 <= step <= 35
    assert_at(inspector, step)


def test_play_walks_to_the_end_and_pause_stops(inspector: LabNotebook) -> None:
    track = slider(inspector.output(1))
    track.focus()
    track.press("Home")
    button = inspector.output(1).get_by_role("button", name="Play", exact=True)
    button.click()
    expect(track).not_to_have_attribute("aria-valuenow", "0")
    inspector.output(1).get_by_role("button", name="Pause").click()
    expect(button).to_be_visible()
    step = int(track.get_attribute("aria-valuenow") or "-1")
    assert 0 < step < 99
    assert_at(inspector, step)


def test_a_legend_item_hides_its_line_and_says_so(inspector: LabNotebook) -> None:
    item = inspector.output(1).locator(".legend-item").first
    expect(item).to_have_attribute("aria-pressed", "true")
    item.click()
    expect(item).to_have_attribute("aria-pressed", "false")


def test_two_views_share_one_cursor(inspector: LabNotebook) -> None:
    second = inspector.add("inspector")
    inspector.run(second)
    third = inspector.add("nbviz.Scrubber(run)")
    inspector.run(third)
    track = slider(inspector.output(third))
    track.focus()
    track.press("Home")
    track.press("ArrowRight")
    assert_at(inspector, 1, 1)
    assert_at(inspector, 1, second)


def test_a_cell_run_again_shows_again(inspector: LabNotebook) -> None:
    inspector.run(1)
    expect(value(inspector.output(1), "loss")).to_have_text("1.0")
    inspector.execute("inspector.step = 5")
    assert_at(inspector, 5)


def test_a_reloaded_page_shows_everything_again(inspector: LabNotebook) -> None:
    inspector.execute("inspector.step = 33")
    inspector.save()
    inspector.reload()
    assert_at(inspector, 33)
    inspector.execute("run.log(loss=0.5, accuracy=1.0); inspector.step = None")
    expect(value(inspector.output(1), "loss")).to_have_text("0.5")


def test_a_kernel_restart_is_said_in_words(inspector: LabNotebook) -> None:
    inspector.restart_kernel()
    expect(inspector.output(1).locator(".header-notice")).to_contain_text("kernel has restarted")
    track = slider(inspector.output(1))
    track.focus()
    track.press("Home")
    assert_at(inspector, 0)


def test_saved_with_widget_state_it_scrubs_with_a_kernel_that_knows_nothing(
    lab: JupyterServer, open_notebook: OpenNotebook
) -> None:
    lab.save_widget_state()
    notebook = open_notebook([FINISHED, "inspector"])
    notebook.run(0)
    notebook.run(1)
    expect(value(notebook.output(1), "loss")).to_have_text("1.0")
    notebook.save()
    notebook.reopen()
    expect(value(notebook.output(1), "loss")).to_have_text("1.0")
    track = slider(notebook.output(1))
    track.focus()
    track.press("Home")
    for _ in range(12):
        track.press("ArrowRight")
    assert_at(notebook, 12)
    expect(notebook.output(1).locator(".nbviz-picture")).to_be_hidden()


def test_saved_while_it_trained_the_last_rest_is_in_the_widget_state(
    lab: JupyterServer, open_notebook: OpenNotebook
) -> None:
    lab.save_widget_state()
    notebook = open_notebook([LIVE, "live", "for step in range(50): live.log(loss=50.0 - step)"])
    for cell in range(3):
        notebook.run(cell)
    expect(value(notebook.output(1), "loss")).to_have_text("1.0")
    notebook.save()
    notebook.reopen()
    expect(value(notebook.output(1), "loss")).to_have_text("1.0")


def test_the_picture_is_out_of_sight_while_the_widget_lives(inspector: LabNotebook) -> None:
    expect(inspector.output(1).locator(".nbviz-picture")).to_have_count(1)
    expect(inspector.output(1).locator(".nbviz-picture")).to_be_hidden()


def test_saved_without_widget_state_a_picture_of_the_last_state_is_shown(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LIVE, "live", "for step in range(50): live.log(loss=50.0 - step)"])
    for cell in range(3):
        notebook.run(cell)
    expect(value(notebook.output(1), "loss")).to_have_text("1.0")
    notebook.save()
    notebook.reopen()
    picture = notebook.output(1).locator(".nbviz-picture img")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", "run: loss 1.0 after step 49")
    assert picture.evaluate("image => image.naturalWidth") > 300


def test_notebook_7_shows_and_streams(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LIVE, "live", TRAIN], host="notebook")
    notebook.run(0)
    notebook.run(1)
    notebook.run(2, wait=False)
    output = notebook.output(1)
    expect(output.locator(".header-word")).to_have_text("training")
    assert not notebook.ran(2)
    notebook.wait_until_ran(2)
    expect(output.locator(".header-step")).to_have_text("step 199")


def test_tags_are_shown_as_text_never_as_markup(open_notebook: OpenNotebook) -> None:
    hostile = "<img src=x onerror='window.hit = 1'>"
    notebook = open_notebook(
        [LIVE, f"live.log({{{hostile!r}: 1.0}}); live.log_histogram({hostile!r} + 'h', [1, 2]); live"]
    )
    notebook.run(0)
    notebook.run(1)
    expect(notebook.output(1).locator(".legend-title")).to_have_text(hostile)
    assert notebook.page.evaluate("window.hit") is None


def test_a_million_rows_of_two_metrics_arrive_whole_and_bounded(open_notebook: OpenNotebook) -> None:
    flood = "for step in range(1_000_000): live.log(loss=1.0 + step % 7, val_loss=2.0)"
    notebook = open_notebook([LIVE, "live", flood])
    notebook.run(0)
    notebook.run(1)
    notebook.run(2, seconds=120)
    output = notebook.output(1)
    expect(output.locator(".header-step")).to_have_text("step 999,999", timeout=30_000)
    badge = output.locator(".legend-badge").first
    expect(badge).to_have_attribute("title", re.compile("^1,000,000 rows"))
    assert notebook.execute("print(len(live.run['loss']), len(live.run['val_loss']))") == "1000000 1000000\n"


def test_the_smoothing_that_the_reader_chose_reaches_python(inspector: LabNotebook) -> None:
    smoothing = inspector.output(1).get_by_role("slider", name="smoothing")
    smoothing.focus()
    smoothing.press("End")
    inspector.wait_for("harness.idle()")
    assert inspector.execute("import time; time.sleep(0.2); print(inspector.smoothing)") == "0.999\n"
    inspector.run(1)
    expect(inspector.output(1).locator(".header > .smoothing output")).to_have_text("0.999")


RESTARTED = """
import numpy as np, nbviz
run = nbviz.Run("restarted run")
for pass_, steps in enumerate([range(60), range(40, 50)]):
    for step in steps:
        run.log(loss=100.0 * (1 - pass_) + step, step=step)
        if step % 10 == 0:
            run.log_histogram("layer/weight", np.linspace(-1, 1, 50), step=step)
run.finish()
inspector = nbviz.Inspector(run)
"""


def test_what_a_restart_superseded_is_hidden_until_the_reader_shows_it(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([RESTARTED, "inspector"])
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    switch = output.get_by_role("button", name=re.compile("superseded"))
    expect(switch).to_have_text("superseded 22")
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(slider(output)).to_have_attribute("aria-valuemax", "49")
    expect(value(output, "loss")).to_have_text("49.0")
    expect(output.locator(".legend-best")).to_have_text("best 40.0 at 40")
    switch.focus()
    switch.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(slider(output)).to_have_attribute("aria-valuemax", "59")
    expect(value(output, "loss")).to_have_text("49.0")
    output.locator(".plot").first.hover(position={"x": 330, "y": 100})
    expect(output.locator(".tooltip")).to_contain_text("superseded")
    notebook.wait_for("harness.idle()")
    assert notebook.execute("import time; time.sleep(0.2); print(inspector.superseded)") == "True\n"
    notebook.execute("inspector.superseded = False")
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(slider(output)).to_have_attribute("aria-valuemax", "49")


def test_a_run_that_never_restarted_has_no_such_switch(inspector: LabNotebook) -> None:
    expect(inspector.output(1).locator(".superseded")).to_be_hidden()


def test_runs_of_one_name_are_told_apart_by_their_keys(open_notebook: OpenNotebook) -> None:
    setup = "import nbviz\nruns = {'first': nbviz.Run(), 'second': nbviz.Run()}\n"
    log = "for value, run in enumerate(runs.values()): run.log(loss=1.0 + value)\n"
    notebook = open_notebook([setup + log + "nbviz.Inspector(runs)"])
    notebook.run(0)
    expect(notebook.output(0).locator(".run-label")).to_have_text(["first", "second"])
    expect(notebook.output(0).locator(".legend-value")).to_have_text(["1.000", "2.000"])
