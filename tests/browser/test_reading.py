"""Reading a chart by hand, wheel, fingers and keys, in an exported page; and what of it reaches Python."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from nbviz import Inspector, LiveLoss, Run
from tests.browser.conftest import Opened, OpenNotebook

STEPS = 1001
BEGUN = 1.79e9


def run() -> Run:
    """Half the step is the loss, whose lowest is at 500 and whose highest, an outlier, at 700; two steps a second."""
    run = Run("read")
    steps = np.arange(STEPS)
    loss = np.abs(steps - 500) / 100 + 0.5
    loss[700] = 1000.0
    walls = BEGUN + steps / 2
    run.extend("loss", steps, walls, loss)
    run.extend("epoch", steps, walls, steps // 100)
    run.mark("lr drop", step=300)
    run.mark("<b>bold</b>", step=600)
    run.finish()
    return run


def plot(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile("^loss, "))


class Chart:
    """The first chart of a page, pointed at by shares of its width."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.plot = plot(page)
        expect(self.plot).to_be_visible()
        box = self.plot.bounding_box()
        assert box is not None
        self.box = box

    @property
    def left(self) -> int:
        return int(self.plot.evaluate("plot => parseFloat(plot.style.getPropertyValue('--gutter')) + 4"))

    def at(self, share: float, y: float = 100) -> tuple[float, float]:
        width = self.box["width"] - 12 - self.left
        return self.box["x"] + self.left + share * width, self.box["y"] + y

    def point(self, share: float, y: float = 100) -> None:
        self.page.mouse.move(*self.at(share, y))

    def drag(self, start: float, end: float, y: float = 100) -> None:
        self.point(start, y)
        self.page.mouse.down()
        self.page.mouse.move(*self.at(end, y), steps=6)
        self.page.mouse.up()

    def step(self, share: float) -> int:
        """The step that is read where the pointer is put, once the axis is at rest."""
        self.page.wait_for_timeout(250)
        self.point(share, 190)  # below the menu, where that is open
        self.page.wait_for_timeout(80)
        said = self.plot.locator(".tooltip-step b").text_content() or ""
        found = re.match(r"step ([\d,]+)", said)
        assert found, said
        return int(found[1].replace(",", ""))

    def shows(self, first: float, last: float, within: float = 4) -> None:
        assert self.step(0.001) == pytest.approx(first, abs=within)
        assert self.step(0.999) == pytest.approx(last, abs=within)


@pytest.fixture
def chart(opened: Opened) -> Chart:
    return Chart(opened(Inspector(run(), tags=["loss"])))


BOTTOM = 220
"""Within the labels of the steps."""


def test_shift_and_a_drag_zoom_and_double_click_goes_back_to_where_the_cursor_was(chart: Chart) -> None:
    chart.shows(0, 1000)
    chart.page.keyboard.down("Shift")
    chart.drag(0.2, 0.4)
    chart.page.keyboard.up("Shift")
    chart.shows(200, 400)
    expect(chart.plot).to_have_attribute("aria-label", re.compile("^loss, at step 40"))
    chart.page.mouse.dblclick(*chart.at(0.5))
    chart.shows(0, 1000)
    expect(chart.page.get_by_role("slider", name="Step")).to_have_attribute("aria-valuetext", "step 1,000 of 1,000")


def test_a_drag_along_the_steps_zooms_and_then_pans(chart: Chart) -> None:
    below = chart.plot.locator(".axis-steps")
    expect(below).to_have_attribute("title", re.compile("^Drag to zoom"))
    chart.drag(0.5, 0.3, BOTTOM)
    chart.shows(300, 500)
    expect(below).to_have_attribute("title", re.compile("^Drag to move along"))
    chart.drag(0.5, 0.0, BOTTOM)
    chart.shows(400, 600)
    chart.drag(0.0, 5.0, BOTTOM)
    chart.shows(0, 200)
    chart.plot.press("Escape")
    chart.shows(0, 1000)


def test_a_plain_drag_scrubs_and_a_plain_wheel_is_the_pages(chart: Chart) -> None:
    chart.drag(0.2, 0.6)
    expect(chart.page.get_by_role("slider", name="Step")).to_have_attribute("aria-valuenow", "600")
    scrolled = """plot => new Promise(done =>
        plot.addEventListener("wheel", event => setTimeout(() => done(event.defaultPrevented))))"""
    for key, prevented in ((None, False), ("Control", True), ("Meta", True)):
        waiting = chart.page.evaluate_handle("() => ({})")
        chart.plot.evaluate(f"(plot, out) => void ({scrolled})(plot).then(value => out.prevented = value)", waiting)
        if key:
            chart.page.keyboard.down(key)
        chart.page.mouse.wheel(0, 100)
        if key:
            chart.page.keyboard.up(key)
        chart.page.wait_for_function("out => out.prevented !== undefined", arg=waiting)
        assert waiting.get_property("prevented").json_value() is prevented


def test_control_and_a_wheel_zoom_about_the_pointer_and_a_horizontal_wheel_pans(chart: Chart) -> None:
    chart.point(0.25)
    chart.page.keyboard.down("Control")
    for _ in range(4):
        chart.page.mouse.wheel(0, -100)
    chart.page.keyboard.up("Control")
    width = 1000 * np.exp(-0.8)
    assert chart.step(0.25) == pytest.approx(250, abs=3), "what is under the pointer stays there"
    chart.shows(250 - 0.25 * width, 250 + 0.75 * width)
    pixels = chart.box["width"] - 12 - chart.left
    chart.page.mouse.wheel(pixels / 10, 0)
    chart.shows(250 - 0.15 * width, 250 + 0.85 * width)


def test_the_keys_zoom_about_the_cursor_pan_and_go_back(chart: Chart) -> None:
    chart.plot.focus()
    for key in ("+", "+"):
        chart.plot.press(key)
    chart.shows(375, 625)
    chart.plot.press("Shift+ArrowRight")
    chart.shows(437, 688)
    chart.plot.press("-")
    chart.shows(312, 812)
    chart.plot.press("0")
    chart.shows(0, 1000)
    chart.page.mouse.click(*chart.at(0.1))
    chart.plot.press("Shift+ArrowUp")
    chart.shows(50, 550)


def test_two_fingers_zoom(opened: Opened) -> None:
    chart = Chart(opened(Inspector(run(), tags=["loss"])))
    send = """([plot, moves]) => {
        for (const [type, id, x, y] of moves) plot.dispatchEvent(new PointerEvent(type, {
            pointerId: id, pointerType: "touch", isPrimary: id === 1, button: type === "pointermove" ? -1 : 0,
            buttons: 1, clientX: x, clientY: y, bubbles: true, composed: true, cancelable: true }));
    }"""
    places = [chart.at(share) for share in (0.4, 0.6, 0.2, 0.8)]
    moves = [
        ["pointerdown", 1, *places[0]],
        ["pointerdown", 2, *places[1]],
        ["pointermove", 1, *places[2]],
        ["pointermove", 2, *places[3]],
        ["pointerup", 1, *places[2]],
        ["pointerup", 2, *places[3]],
    ]
    chart.page.evaluate("() => { Element.prototype.setPointerCapture = () => {}; }")
    chart.page.evaluate(send, [chart.plot.element_handle(), moves])
    chart.shows(333, 667, within=8)


def test_all_charts_and_the_track_share_the_zoom_and_its_window_is_moved_by_its_ends(opened: Opened) -> None:
    page = opened(Inspector(run(), zoom=(200, 400)))
    chart = Chart(page)
    chart.shows(200, 400)
    assert page.locator(".plot").nth(1).get_attribute("aria-label")
    track = page.get_by_role("slider", name="Step")
    box = track.bounding_box()
    assert box is not None

    def x(step: int) -> float:
        return float(box["x"] + 10 + step / 1000 * (box["width"] - 20))

    middle = box["y"] + box["height"] / 2
    page.mouse.move(x(400), middle)
    page.mouse.down()
    page.mouse.move(x(800), middle, steps=5)
    page.mouse.up()
    chart.shows(200, 800)
    track.press("Escape")
    chart.shows(0, 1000)
    page.keyboard.down("Shift")
    page.mouse.move(x(600), middle)
    page.mouse.down()
    page.mouse.move(x(500), middle, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    chart.shows(500, 600)


def test_values_are_limited_by_hand_and_by_a_trait(opened: Opened) -> None:
    page = opened(Inspector(run(), tags=["loss"], limits={"loss": (0, 4)}))
    badge = page.locator(".chart .legend-unseen").first
    expect(badge).to_have_text(re.compile(r"^\d+ outside$"))
    assert badge.text_content() == "301 outside", "150 on each side are beyond 4, and the outlier"
    chart = Chart(page)
    page.mouse.dblclick(chart.box["x"] + 10, chart.box["y"] + 100)
    expect(badge).to_be_hidden()
    page.mouse.move(chart.box["x"] + 10, chart.box["y"] + 190)
    page.mouse.down()
    page.mouse.move(chart.box["x"] + 10, chart.box["y"] + 160, steps=5)
    page.mouse.up()
    expect(badge).to_have_text(re.compile(r"outside$"))


def test_the_menu_lays_out_by_time_and_epochs_and_the_cursor_stays_a_step(chart: Chart) -> None:
    page = chart.page
    page.mouse.click(*chart.at(0.5))
    page.get_by_role("button", name="how charts are read").click()
    axis = page.get_by_label("horizontal axis")
    axis.select_option("relative")
    slider = page.get_by_role("slider", name="Step")
    expect(slider).to_have_attribute("aria-valuenow", "500")
    chart.shows(0, 1000)
    axis.select_option("epoch")
    chart.shows(0, 1000)
    page.get_by_label("logarithmic", exact=True).check()
    expect(page.locator(".chart .legend-unseen").first).to_have_attribute(
        "title", "1 point at epoch \u2264 0 cannot be shown"
    )
    axis.press("Escape")
    expect(axis).to_be_hidden()
    expect(page.get_by_role("button", name="how charts are read")).to_be_focused()


def test_logarithmic_values_say_what_they_cannot_show(opened: Opened) -> None:
    source = Run("log")
    source.extend("loss", [0, 1, 2, 3], [1, 2, 3, 4], [10.0, 0.0, -1.0, 0.1])
    source.finish()
    page = opened(LiveLoss(run=source))
    button = page.get_by_role("button", name="logarithmic values of loss")
    plot(page).focus()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".legend-unseen").first).to_have_attribute("title", "2 values \u2264 0 cannot be shown")
    button.click()
    expect(page.locator(".legend-unseen").first).to_be_hidden()


def test_outliers_are_ignored_on_demand_and_counted(chart: Chart) -> None:
    chart.page.get_by_role("button", name="how charts are read").click()
    chart.page.get_by_label("ignore outliers").check()
    badge = chart.page.locator(".chart .legend-unseen").first
    expect(badge).to_have_text(re.compile(r"^\d+ outside$"))


def test_marks_are_read_by_hover_and_by_keys_as_plain_text(chart: Chart) -> None:
    chart.point(0.3)
    expect(chart.plot.locator(".tooltip-mark")).to_have_text("lr drop")
    chart.page.mouse.move(0, 0)
    chart.plot.focus()
    for key, words in (
        ("M", "at step 600 (<b>bold</b>)"),
        ("M", "at step 300 (lr drop)"),
        ("m", "at step 600 (<b>bold</b>)"),
    ):
        chart.plot.press(key)
        expect(chart.plot).to_have_attribute("aria-label", re.compile(re.escape(words)))
    track = chart.page.get_by_role("slider", name="Step")
    track.press("M")
    expect(track).to_have_attribute("aria-valuetext", "step 300 of 1,000, lr drop")
    chart.page.mouse.move(0, 0)
    assert chart.plot.locator("b", has_text="bold").count() == 0


def test_a_tooltip_of_many_lines_is_bounded_and_the_nearest_are_first(opened: Opened) -> None:
    source = Run("many")
    for i in range(20):
        source.extend(f"loss_{i}", [0, 1], [1, 2], [float(i), float(i)])
    source.finish()
    tags = source.tags()
    runs = {f"run {i:02}": Run(f"run {i:02}") for i in range(20)}
    for i, each in enumerate(runs.values()):
        each.extend("loss", [0, 1], [1, 2], [float(i), float(i)])
        each.finish()
    assert len(tags) == 20
    page = opened(Inspector(runs, tags=["loss"]))
    chart = Chart(page)
    chart.point(0.5, 30)
    labels = chart.plot.locator(".tooltip-label")
    expect(labels).to_have_count(12)
    expect(chart.plot.locator(".tooltip-more")).to_have_text("and 8 more")
    first = chart.plot.locator(".tooltip-value").first
    near_top = float(first.text_content() or 0)
    chart.point(0.5, 180)
    assert near_top > 15 and float(first.text_content() or 99) < 5


def test_the_smoothing_reaches_999_by_keys(chart: Chart) -> None:
    smoothing = chart.page.get_by_role("slider", name="smoothing")
    smoothing.press("End")
    expect(smoothing).to_have_attribute("aria-valuetext", "0.999")


def test_a_narrow_view_has_its_slider_in_the_menu(context: BrowserContext, opened: Opened) -> None:
    page = opened(LiveLoss(run=run()))
    page.set_viewport_size({"width": 360, "height": 700})
    expect(page.get_by_role("slider", name="smoothing")).to_have_count(0)
    page.get_by_role("button", name="how charts are read").click()
    expect(page.get_by_role("slider", name="smoothing")).to_be_visible()


def test_what_the_reader_does_reaches_python_and_what_python_does_the_page(open_notebook: OpenNotebook) -> None:
    source = """\
import nbviz
live = nbviz.LiveLoss(total_steps=4000)
for step in range(1001):
    live.log(loss=1 + step / 1000)
live"""
    lab = open_notebook([source])
    lab.run(0)
    output = lab.output(0)
    chart = output.get_by_role("application", name=re.compile("^loss, "))
    expect(output.locator(".header-step")).to_have_text("step 1,000 of 4,000")
    chart.focus()
    for key in ("+", "+"):
        chart.press(key)
    output.locator(".axis-steps.is-zoomed").first.wait_for()
    lab.wait_until_idle()
    # About the middle of the axis, which has room for 1,250 steps while the run is live.
    assert lab.execute("print(live.zoom)") == "(468, 782)\n"
    lab.execute("live.zoom = None; live.limits = {'loss': (1, 1.5)}; live.mark('lr drop', step=500)")
    expect(output.locator(".chart .legend-unseen").first).to_have_text("500 outside")
    chart.press("M")
    expect(chart).to_have_attribute("aria-label", re.compile(r"at step 500 \(lr drop\)"))
