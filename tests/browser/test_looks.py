"""How views look: calm while data stream in, whole at any width, and a figure on paper."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from nbviz import Inspector, LiveLoss, Run, Scrubber
from tests.browser.conftest import Opened, OpenNotebook

CALM = Path(__file__).with_name("calm.js").read_text(encoding="utf-8")
WIDTHS = (300, 420, 600, 1000, 1400)

# Noise, and three spikes that the axis of the values has to grow for.
STREAM = """\
import random, time, nbviz
live = nbviz.LiveLoss(total_steps=900)
random.seed(0)
spikes = {0: 2.9, 300: 5.8, 600: 8.7}
"""
LOOP = """\
with live:
    for step in range(900):
        live.log(loss=spikes.get(step, 0.1 + random.random()), val_loss=0.5 + random.random() / 9)
        time.sleep(0.01)"""


def trained(name: str = "digits", steps: int = 1800, seed: int = 0) -> Run:
    run = Run(name)
    for step in range(steps):
        loss = math.exp(-step / 300) + 0.1 * math.sin(step * 7 + seed)
        run.log(loss=loss, val_loss=loss + 0.2, lr=0.1 * 0.5 ** (step // 600))
    run.finish()
    return run


def box(part: Locator) -> dict[str, float]:
    found = part.bounding_box()
    assert found is not None
    return dict(found)


def test_nothing_jumps_back_and_forth_while_noisy_data_stream_in(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([STREAM, "live", LOOP])
    notebook.run(0)
    notebook.run(1)
    notebook.run(2, wait=False)
    output = notebook.output(1)
    expect(output.locator(".legend-value").first).to_have_text(re.compile(r"\d"))
    expect(output.locator(".header-rate")).to_have_text(re.compile("steps"))
    output.locator(".nbviz").evaluate(CALM)
    notebook.wait_until_ran(2)
    expect(output.locator(".header-word")).to_have_text("finished")
    calm = notebook.page.evaluate("calm")
    assert calm["values"] == ["0 1 2 3", "0 2 4 6", "0 2 4 6 8"]
    assert len(calm["steps"]) == len(set(calm["steps"])) <= 12
    assert calm["steps"][-1] == "step 0 100 200 300 400 500 600 700 800"
    for name in ("legend-value", "legend-item", "header-rate", "header-facts", "top", "height"):
        assert len(calm[name]) == 1, (name, calm[name])
    # The step has got more digits.
    assert calm["rate at"] == sorted(set(calm["rate at"])) and len(calm["rate at"]) <= 3


@pytest.mark.parametrize("width", WIDTHS)
def test_the_header_is_one_line_with_three_controls_at_most(opened: Opened, width: int) -> None:
    run = trained("a rather long name of a run")
    run.log({"loss": 1}, step=10)
    page = opened(LiveLoss(run=run))
    page.set_viewport_size({"width": width, "height": 700})
    header = page.locator(".header")
    expect(header).to_be_visible()
    controls = [each for each in header.locator("button, input").all() if each.is_visible()]
    assert 1 <= len(controls) <= 3
    assert box(header)["height"] <= 32
    assert box(header.locator(".header-title"))["width"] >= 60
    shown = [
        each for each in header.locator(".header-facts > *, .header > :not(.header-facts)").all() if each.is_visible()
    ]
    boxes = sorted((box(each) for each in shown), key=lambda each: each["x"])
    heard = [each for each in boxes if each["width"] > 1]
    for one, other in itertools.pairwise(heard):
        assert one["x"] + one["width"] <= other["x"] + 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_title_lines_leave_the_names_of_runs_to_the_legend_above(opened: Opened) -> None:
    page = opened(Inspector({"adam": trained("adam"), "sgd": trained("sgd", seed=1)}))
    loss = page.locator(".chart").first
    expect(page.locator(".run-label")).to_have_text(["adam", "sgd"])
    expect(loss.locator(".legend-lead:visible")).to_have_text(["train", "validation"])
    expect(loss.locator(".legend-label:visible")).to_have_count(0)
    names = [str(each.get_attribute("aria-label")) for each in loss.locator(".legend-item").all()]
    assert [name.rsplit(" ", 1)[0] for name in names] == [
        "adam train",
        "sgd train",
        "adam validation",
        "sgd validation",
    ]
    expect(page.locator(".chart").nth(1).locator(".legend-lead:visible")).to_have_count(0)


def share_of_columns(page: Page, color: str) -> float:
    """Return in which share of the first chart's pixel columns there is a pixel of exactly that colour."""
    count = """(canvas, color) => {
        const { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
        const wanted = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16));
        const there = x => Array.from({ length: height }, (_, y) => 4 * (y * width + x))
            .some(at => wanted.every((value, i) => data[at + i] === value) && data[at + 3] === 255);
        return Array.from({ length: width }, (_, x) => x).filter(there).length / width }"""
    return float(page.locator(".plot canvas").first.evaluate(count, color))


def test_validation_is_seen_through_the_noise_of_training(opened: Opened) -> None:
    runs = {name: Run(name) for name in ("adam", "sgd")}
    for run in runs.values():
        for step in range(3000):
            run.log(loss=1 + math.sin(step * 7) / 3)
            if step % 30 == 0:
                run.log({"val_loss": 1.0 if run.name == "adam" else 1.2}, step=step)
    page = opened(Inspector(runs))
    expect(page.locator(".legend-value").nth(2)).to_have_text("1.000")
    adam = str(page.locator(".legend-item").first.evaluate("item => item.dataset.color"))
    # Dashes of 6 pixels, 4 apart, over most of the canvas. All else of this hue lies behind the other run.
    assert share_of_columns(page, adam) > 0.4


@pytest.mark.parametrize("width", [300, 1000])
def test_a_tooltip_is_whole_and_beside_the_point(opened: Opened, width: int) -> None:
    page = opened(LiveLoss(run=trained()))
    page.set_viewport_size({"width": width, "height": 600})
    plot = page.locator(".plot").first
    expect(plot).to_be_visible()
    where = box(plot)
    for share in (0.3, 0.5, 0.9):
        x = where["x"] + share * where["width"]
        page.mouse.move(x, where["y"] + 60)
        tip = box(page.locator(".tooltip:popover-open"))
        assert tip["x"] >= 0 and tip["x"] + tip["width"] <= width
        assert tip["y"] >= 0 and tip["y"] + tip["height"] <= 600
        beside = tip["x"] > x or tip["x"] + tip["width"] < x
        assert beside or tip["y"] >= where["y"] + where["height"] - 1


def test_the_scrubber_writes_steps_as_charts_do_and_reads_them_either_way(opened: Opened) -> None:
    page = opened(Scrubber(trained()))
    step = page.get_by_role("spinbutton", name="Step")
    expect(step).to_have_value("1,799")
    for written, shown in {"1,200": "1,200", "1300": "1,300", "99999": "1,799", "none": "1,799"}.items():
        step.fill(written)
        step.press("Enter")
        expect(step).to_have_value(shown)
    step.press("ArrowDown")
    expect(step).to_have_value("1,798")


def ink(page: Page) -> list[float]:
    """Return which share of every chart's canvas is drawn on."""
    count = """canvases => canvases.map(canvas => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, i) => i % 4 === 3 && value > 0).length / (data.length / 4) })"""
    return list(page.locator(".plot canvas:first-child").evaluate_all(count))


def test_a_printed_page_is_a_figure_and_then_a_page_again(opened: Opened) -> None:
    page = opened(Inspector(trained(), charts=["loss", "val_loss", "lr", ["loss", "lr"], ["val_loss", "lr"]]))
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 600, "height": 500})
    view = page.locator(".nbviz")
    colour = "root => getComputedStyle(root).getPropertyValue('--background')"
    page.wait_for_function("() => document.querySelector('#nbviz > div > div')")
    assert view.evaluate(colour) != "#ffffff"
    title = box(view.locator(".header-title"))["height"]
    page.emulate_media(color_scheme="dark", media="print")
    expect(view).to_have_css("width", "680px")
    assert view.evaluate(colour) == "#ffffff"
    assert view.evaluate("root => getComputedStyle(root).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        view.locator("input:visible, select:visible, .tool:visible, .menu-button:visible, .scrubber:visible").count()
        == 0
    )
    assert len(ink(page)) == 5 and min(ink(page)) > 0.005
    assert box(view)["width"] == 680
    # Laid out anew for the sheet, at three pixels for each of CSS's, and with text as large as ever.
    sizes = "plots => plots.map(plot => plot.querySelector('canvas').width / plot.clientWidth)"
    assert view.locator(".plot").evaluate_all(sizes) == pytest.approx([3] * 5, rel=0.01)
    assert box(view.locator(".header-title"))["height"] == title
    page.emulate_media(color_scheme="dark", media="screen")
    expect(view).not_to_have_css("width", "680px")
    assert view.evaluate(colour) != "#ffffff"
    assert box(view)["width"] > 500
