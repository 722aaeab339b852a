"""Many runs and tags as a reader sees and chooses them, in an exported page and in a real JupyterLab."""

from __future__ import annotations

import math
from typing import Any

from playwright.sync_api import Locator, Page, expect

from nbviz import Inspector, LiveLoss, Run
from tests.browser.conftest import Opened, OpenNotebook
from tests.browser.server import JupyterServer
from tests.browser.test_detail import zoom

RATES = (0.1, 0.2, 0.3)


def trained(name: str, tags: tuple[str, ...] = ("loss", "lr"), steps: int = 30, level: float = 0.0) -> Run:
    run = Run(name)
    for step in range(steps):
        run.log({tag: level + math.exp(-step / 10) for tag in tags}, step=step)
    run.finish()
    return run


def runs(count: int, **options: Any) -> dict[str, Run]:
    names = [f"lr{RATES[i % 3]}-seed{i // 3}" for i in range(count)]
    return {name: trained(name, level=i / 100, **options) for i, name in enumerate(names)}


def whole(part: Page | Locator) -> Page:
    return part.page if isinstance(part, Locator) else part


def run_button(page: Page | Locator, name: str) -> Locator:
    return page.locator(".run-name", has=whole(page).locator(f'.run-label:text-is("{name}")'))


def labels(page: Page, pressed: bool = True) -> Locator:
    """The names of the runs that are shown, or of those that are not."""
    return page.locator(f'.run-name[aria-pressed="{str(pressed).lower()}"] .run-label')


def chart(page: Page | Locator, title: str) -> Locator:
    return page.locator(".chart", has=whole(page).locator(f'.legend-title:text-is("{title}")'))


def lines(page: Page | Locator, title: str) -> Locator:
    return chart(page, title).locator(".legend-item")


def named(page: Page | Locator, title: str) -> list[str]:
    """The lines of a chart as its title line has them: by their values, as the runs are named above."""
    return [str(each.get_attribute("title")).split(":")[0] for each in lines(page, title).all()]


def colour(page: Page, name: str) -> str:
    return str(run_button(page, name).evaluate("button => getComputedStyle(button).color"))


def test_a_click_hides_a_run_in_every_chart_and_another_shows_it_in_its_own_hue(opened: Opened) -> None:
    page = opened(Inspector(runs(3)))
    before = colour(page, "lr0.3-seed0")
    run_button(page, "lr0.1-seed0").click()
    for title in ("loss", "lr"):
        expect(lines(page, title)).to_have_count(2)
        assert named(page, title) == ["lr0.2-seed0", "lr0.3-seed0"]
    assert colour(page, "lr0.3-seed0") == before
    page.get_by_role("button", name="show all").click()
    expect(chart(page, "loss").locator(".legend-item")).to_have_count(3)


def test_the_keys_walk_along_the_runs_hide_solo_and_pin(opened: Opened) -> None:
    page = opened(Inspector(runs(4)))
    first = run_button(page, "lr0.1-seed0")
    first.focus()
    for key, expected in (("End", "lr0.1-seed1"), ("ArrowLeft", "lr0.3-seed0"), ("ArrowUp", "lr0.2-seed0")):
        page.keyboard.press(key)
        expect(run_button(page, expected)).to_be_focused()
    page.keyboard.press("Enter")
    expect(labels(page, pressed=False)).to_have_text(["lr0.2-seed0"])
    page.keyboard.press("Alt+Enter")
    expect(labels(page)).to_have_text(["lr0.2-seed0"])
    page.keyboard.press("Alt+Enter")
    page.keyboard.press("p")
    expect(page.locator(".run-label").first).to_have_text("lr0.2-seed0")
    expect(labels(page)).to_have_count(4)
    assert page.locator('.run-name[tabindex="0"]').count() == 1, "the runs are one stop of the Tab key"


def test_a_hundred_runs_take_a_list_that_scrolls_and_a_title_line_each_that_names_few(opened: Opened) -> None:
    page = opened(Inspector(runs(100)))
    expect(page.locator(".run")).to_have_count(100)
    best = chart(page, "loss").locator(".legend-label")
    expect(best).to_have_text(["lr0.1-seed0"])
    list_box = page.locator(".runs-list").bounding_box()
    assert list_box is not None and list_box["height"] <= 560
    page.set_viewport_size({"width": 600, "height": 900})
    expect(page.locator(".runs-list")).to_have_css("max-height", "152px")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})

    top = chart(page, "loss").locator(".plot").bounding_box()
    run_button(page, "lr0.2-seed1").hover()
    expect(best).to_have_text(["lr0.2-seed1", "lr0.1-seed0"])
    assert chart(page, "loss").locator(".plot").bounding_box() == top, "naming a run moves nothing"
    expect(run_button(page, "lr0.3-seed0").locator(".run-value")).to_have_text("0.075")

    page.get_by_role("searchbox", name="Search runs").fill("/seed1$/")
    expect(page.locator(".run")).to_have_count(3)
    expect(page.locator(".runs-count")).to_have_text("3 of 100")


def test_the_legend_of_runs_reads_the_chart_under_the_pointer(opened: Opened) -> None:
    page = opened(Inspector(runs(12), charts=["loss", {"left": "lr", "title": "rates"}]))
    expect(page.locator(".runs-what")).to_have_text("loss, latest")
    box = chart(page, "rates").locator(".plot").bounding_box()
    assert box is not None
    for shift in (0, 4):
        page.mouse.move(box["x"] + box["width"] / 2 + shift, box["y"] + box["height"] / 2)
    expect(page.locator(".runs-what")).to_have_text("rates, at 14")
    expect(run_button(page, "lr0.1-seed0").locator(".run-value")).to_have_text("0.247")


def test_runs_are_grouped_and_the_readout_says_of_how_many(opened: Opened) -> None:
    page = opened(Inspector(runs(12)))
    page.get_by_role("combobox", name="group runs by").select_option("mean of repetitions")
    expect(page.locator(".run-label")).to_have_text(["lr0.1", "lr0.2", "lr0.3"])
    item = chart(page, "loss").locator(".legend-item").first
    # Levels of 0, 0.03, 0.06 and 0.09 above exp(-2.9): their mean, and their standard deviation with n - 1.
    expect(item.locator(".legend-value")).to_have_text("0.100 ± 0.039")
    assert "mean ± standard deviation of 4 runs" in str(item.get_attribute("title"))
    page.get_by_role("button", name="range").click()
    expect(item.locator(".legend-value")).to_have_text("0.100 (0.055 to 0.145)")
    page.get_by_role("combobox", name="group runs by").select_option("mean by a pattern…")
    pattern = page.get_by_role("searchbox", name="Pattern in the names of runs")
    pattern.fill("seed(\\d+)")
    expect(page.locator(".run-label")).to_have_text(["0", "1", "2", "3"])
    pattern.fill("seed(")
    expect(pattern).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".run-label")).to_have_text(["0", "1", "2", "3"])


def test_runs_are_grouped_by_a_hyper_parameter(opened: Opened) -> None:
    table = {name: {"lr": float(name[2:5]), "seed": name[-1]} for name in runs(6)}
    page = opened(Inspector(runs(6), hparams=table, group="lr"))
    expect(page.locator(".run-label")).to_have_text(["lr 0.1", "lr 0.2", "lr 0.3"])
    choices = page.get_by_role("combobox", name="group runs by").locator("option").all_inner_texts()
    assert choices[:3] == ["each run", "mean by lr", "mean by seed"]


def test_sixty_charts_stand_under_headings_that_fold_and_can_be_searched_and_raised(opened: Opened) -> None:
    tags = ("loss", *(f"{part}/{i}" for part in ("encoder", "decoder") for i in range(30)))
    page = opened(LiveLoss(run=trained("run", tags)))
    heading = page.get_by_role("button", name="decoder 30")
    expect(page.locator(".chart")).to_have_count(1)
    expect(heading).to_have_attribute("aria-expanded", "false")
    heading.press("Enter")
    expect(page.locator(".chart")).to_have_count(31)
    page.get_by_role("searchbox", name="Search charts").fill("coder/7")
    expect(page.locator(".legend-title")).to_have_text(["encoder/7", "decoder/7"])
    page.get_by_role("button", name="decoder/7 at the top").click()
    page.get_by_role("searchbox", name="Search charts").fill("")
    expect(page.locator(".legend-title").first).to_have_text("decoder/7")


def test_lines_on_the_right_have_an_axis_of_their_own(opened: Opened) -> None:
    run = trained("run")
    page = opened(LiveLoss(run=run, charts=[{"left": "loss", "right": "lr"}, "loss"]))
    expect(chart(page, "loss, lr").locator(".legend-label")).to_have_text(["loss", "lr (right)"])
    inked = """canvas => { const { width, height } = canvas;
        const data = canvas.getContext("2d").getImageData(width - 24, 0, 24, height).data;
        return data.some((value, i) => i % 4 === 3 && value > 0); }"""
    assert chart(page, "loss, lr").locator("canvas").first.evaluate(inked)
    assert not chart(page, "loss").locator("canvas").first.evaluate(inked)


def test_hostile_names_are_text(opened: Opened) -> None:
    hostile = ["<img src=x onerror=alert(1)>", "</script><b>", "\u202eevil", "x" * 10_000]
    page = opened(Inspector({name: trained(name) for name in hostile}, group="(.*)", charts=[["loss", "<i>"], "lr"]))
    expect(page.locator(".run-label")).to_have_text([name.replace("\u202e", "\ufffd") for name in hostile])
    assert page.locator(".nbviz img, .nbviz i").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


CELL = """
import nbviz
def trained(name):
    run = nbviz.Run(name)
    for step in range(20):
        run.log(loss=1 / (step + 1))
    run.finish()
    return run
live = nbviz.LiveLoss("new", compare={name: trained(name) for name in ("old-seed1", "old-seed2")})
live
"""


def test_python_and_the_page_choose_runs_together(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        [CELL, "live.hidden = []; live.group = 'old'", "print(live.hidden, live.group, live.spread)"]
    )
    notebook.run(0)
    output = notebook.output(0)
    run_button(output, "old-seed1").click()
    expect(lines(output, "loss")).to_have_count(1)
    assert named(output, "loss") == ["old-seed2"]
    notebook.run(1)
    expect(output.locator(".run-label")).to_have_text(["new", "old"])
    output.get_by_role("button", name="runs", exact=True).click()
    run_button(output, "old").click()
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("['old-seed1', 'old-seed2'] old runs")
    assert notebook.errors == []


# How fast it is

NOTED = """() => {
  window.noted = [];
  const note = (what) => noted.push([what, document.timeline.currentTime]);
  const [font, width] = [[CanvasRenderingContext2D, "font"], [HTMLElement, "offsetWidth"]].map(([of, name]) =>
    Object.getOwnPropertyDescriptor(of.prototype, name));
  Object.defineProperty(CanvasRenderingContext2D.prototype, "font", { ...font, set(value) {
    if (this.canvas.closest(".plot")) note("painted");
    font.set.call(this, value);
  } });
  Object.defineProperty(HTMLElement.prototype, "offsetWidth", { ...width, get() {
    if (this.matches(".tooltip")) note("measured");
    return width.get.call(this);
  } });
}"""


def test_a_tooltip_is_laid_out_once_all_charts_are_painted(opened: Opened) -> None:
    page = opened(Inspector(runs(3, tags=("loss", "lr", "accuracy", "error"))))
    page.evaluate(NOTED)
    chart(page, "loss").locator(".plot").hover()
    expect(page.locator(".tooltip:visible")).to_have_count(1)
    page.wait_for_function("noted.some(([what]) => what === 'measured')")
    noted = [(what, at) for what, at in page.evaluate("noted")]
    frame = next(at for what, at in noted if what == "measured")
    of_frame = [what for what, at in noted if at == frame]
    assert of_frame.count("painted") >= 4 and of_frame.index("measured") == len(of_frame) - 1


NOISY = """
import numpy as np, nbviz
steps = np.arange(100_000)
runs = {}
for number in range(40):
    run = runs[f"run{number:02d}"] = nbviz.Run(f"run{number:02d}")
    noise = np.random.default_rng(number).normal(0, 0.05, len(steps))
    run.extend("loss", steps, 1.7e9 + steps, np.exp(-steps / 30_000) + number * 0.02 + noise)
    run.finish()
"""
BARE = """plot => {
  const canvas = plot.querySelector("canvas");
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const colours = (x) => {
    let found = 0;
    for (let y = 0; y < height; y++) {
      const [red, green, blue, alpha] = data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4);
      if (alpha === 255 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40) found++;
    }
    return found;
  };
  const columns = Array.from({ length: width }, (_, x) => colours(x));
  const [first, last] = [columns.findIndex(Boolean), columns.findLastIndex(Boolean)];
  return [last - first, columns.slice(first, last).filter((found) => found < 20).length];
}"""


def test_many_noisy_lines_leave_no_gap_between_their_columns(opened: Opened) -> None:
    given: dict[str, Any] = {}
    exec(NOISY.replace("range(40)", "range(100)").replace("100_000", "2_000"), given)
    page = opened(Inspector(given["runs"]))
    expect(page.locator(".runs .run").first).to_be_visible()
    wide, bare = page.locator(".plot").first.evaluate(BARE)
    assert wide > 300 and bare == 0


def test_many_finished_runs_are_opened_asked_and_answered_as_one(
    lab: JupyterServer, open_notebook: OpenNotebook
) -> None:
    lab.save_widget_state()
    notebook = open_notebook([NOISY, "view = nbviz.Inspector(runs)\nview", "print(view.step, view.zoom is not None)"])
    notebook.page.emulate_media(reduced_motion="reduce")  # axes do not ease
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    expect(chart(output, "loss").locator(".legend-badge")).to_be_visible()
    zoom(output, 0.4, 0.45)
    expect(chart(output, "loss").locator(".legend-badge")).to_be_hidden()
    chart(output, "loss").locator(".plot").click(position={"x": 200, "y": 100})
    notebook.run(2)
    step = int(output.get_by_role("spinbutton", name="Step").input_value().replace(",", ""))
    expect(notebook.output(2)).to_contain_text(f"{step} True")
    notebook.save()
    notebook.reopen()
    output = notebook.output(1)
    expect(output.locator(".run")).to_have_count(40)
    expect(output.get_by_role("spinbutton", name="Step")).to_have_value(f"{step:,}")
    wide, bare = output.locator(".plot").first.evaluate(BARE)
    assert wide > 200 and bare == 0
    assert notebook.errors == []
