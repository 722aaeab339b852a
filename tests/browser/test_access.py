"""nbviz for everyone: what axe-core finds, what the keys reach, what is heard and how it looks to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import nbviz
from nbviz.views.view import View
from tests.browser.conftest import Opened, OpenNotebook

HERE = Path(__file__).parent
AXE = HERE.parents[1] / "js/node_modules/axe-core/axe.min.js"


def trained(name: str = "net", layers: int = 3) -> nbviz.Run:
    """A finished run of two charts and a few layers."""
    run = nbviz.Run(name)
    random = np.random.default_rng(0)
    for step in range(0, 120, 2):
        run.log(loss=2 / (1 + step / 20), accuracy=step / 130, step=step)
        if step % 10 == 0:
            run.log(val_loss=2.2 / (1 + step / 25), step=step)
            for layer in range(layers):
                run.log_histogram(
                    f"gradients/block{layer // 2}.fc{layer}.weight", random.normal(0, 1 + layer, 400), step=step
                )
    run.finish()
    return run


VIEWS: dict[str, Callable[[], View]] = {
    "live loss": lambda: nbviz.LiveLoss(run=trained()),
    "inspector": lambda: nbviz.Inspector({"one": trained(), "two": trained("other")}),
    "ridgeline": lambda: nbviz.Ridgeline(trained(layers=14)),
    "offset": lambda: nbviz.Ridgeline(trained(), "gradients/block0.fc0.weight"),
    "overlay": lambda: nbviz.Ridgeline(trained(), "gradients/block0.fc0.weight", mode="overlay"),
    "heatmap": lambda: nbviz.Ridgeline(trained(), "gradients/block0.fc0.weight", mode="heatmap"),
    "layer map": lambda: nbviz.LayerMap(trained()),
    "distributions": lambda: nbviz.Distributions(trained()),
    "compare": lambda: nbviz.Compare(trained(), tag="gradients/block0.fc0.weight"),
    "scrubber": lambda: nbviz.Scrubber(trained()),
}  # fmt: skip


def ask(page: Page, question: str, *arguments: str) -> Any:
    """Ask a page by a function of access.js."""
    if not page.evaluate("'access' in window"):
        for path in (AXE, HERE / "access.js"):
            page.evaluate(path.read_text("utf-8") + "\n;0")
    return page.evaluate("([question, given]) => access[question](...given)", [question, arguments])


def show(name: str, opened: Opened) -> Page:
    page = opened(VIEWS[name]())
    expect(page.locator("canvas").first).to_be_visible()
    return page


@pytest.mark.parametrize("name", VIEWS)
def test_axe_finds_nothing_in_an_exported_page(name: str, opened: Opened) -> None:
    page = show(name, opened)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator(".nbviz")).to_have_attribute("style", re.compile(f"color-scheme: {scheme}"))
        for width in (600, 1400):
            page.set_viewport_size({"width": width, "height": 900})
            found = ask(page, "violations")
            assert not found, f"{scheme}, {width} px wide: {found}"


def walked(page: Page, key: str) -> list[str]:
    """What has the focus after each press of a key, until it is outside of the view; all of it with a ring."""
    seen: list[str] = []
    for _ in range(80):
        page.keyboard.press(key)
        focused = ask(page, "focused")
        if focused is None:
            return seen
        assert focused[1], f"no ring around {focused[0]}"
        seen.append(focused[0])
    raise AssertionError(f"{key} does not get out of {seen[-1]}")


@pytest.mark.parametrize("name", VIEWS)
def test_tab_reaches_every_control_in_the_order_it_is_read_and_leaves_again(name: str, opened: Opened) -> None:
    page = show(name, opened)
    controls = ask(page, "controls")
    assert len(controls) > 1
    ask(page, "enclose")
    assert walked(page, "Tab") == controls
    assert walked(page, "Shift+Tab") == controls[::-1]


@pytest.mark.parametrize("name", VIEWS)
def test_controls_are_large_enough_to_be_touched_and_none_lies_over_another(name: str, opened: Opened) -> None:
    """A page of 1,280 pixels that is zoomed to 200 % is one of 640, and to 400 % one of 320."""
    page = show(name, opened)
    for width in (320, 640, 1400):
        page.set_viewport_size({"width": width, "height": 512})
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
        assert ask(page, "small") == [], f"{width} px wide"
        assert ask(page, "overlaps") == [], f"{width} px wide"


def test_a_question_mark_lists_the_keys_and_escape_goes_back_to_where_the_focus_was(opened: Opened) -> None:
    page = opened(nbviz.Inspector(trained()))
    chart = page.get_by_role("application", name="loss, latest")
    chart.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_role("row", name="S plays the curve as sound; again or Escape stops it")).to_be_visible()
    expect(dialog.get_by_role("table", name="Ridgelines")).to_be_visible()
    expect(dialog.get_by_role("table", name="Maps and distributions")).to_have_count(0)
    assert ask(page, "violations") == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(chart).to_be_focused()
    page.get_by_role("button", name="more").click()
    page.get_by_role("button", name="Keys", exact=True).click()
    expect(dialog).to_be_visible()
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="more")).to_be_focused()


def test_what_is_dragged_along_the_values_can_be_done_by_keys(opened: Opened) -> None:
    page = opened(nbviz.LiveLoss(run=trained()))
    plot = page.locator(".plot").first
    outside = page.locator(".chart").first.get_by_text(re.compile(r"^\d+ outside$"))
    plot.press("y")
    expect(outside).to_be_visible()
    first = outside.text_content() or ""
    plot.press("PageUp")
    expect(outside).not_to_have_text(first)
    plot.press("PageDown")
    expect(outside).to_have_text(first)
    plot.press("f")
    expect(outside).to_be_hidden()


def test_keys_that_are_typed_are_not_taken(opened: Opened) -> None:
    page = opened(VIEWS["ridgeline"]())
    search = page.get_by_role("searchbox", name="Search layers")
    search.press_sequentially("?rs")
    expect(search).to_have_value("?rs")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_curve_sounds_on_request_only_and_the_best_is_said_after_it(opened: Opened, page: Page) -> None:
    page.add_init_script("""window.opened = []
        window.AudioContext = class extends AudioContext { constructor() { super(); window.opened.push(this) } }""")
    opened(nbviz.LiveLoss(run=trained()))
    chart = page.locator(".plot").first
    chart.press("ArrowLeft")
    chart.press("ArrowRight")
    assert page.evaluate("opened.length") == 0
    page.get_by_role("button", name="more").click()
    page.get_by_role("button", name="Play as sound").click()
    expect(page.get_by_role("button", name="Stop the sound")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Play as sound")).to_be_visible()
    chart.press("s")
    expect(page.locator("output[aria-live]")).to_have_text(
        "loss, at step 118: train 0.290, validation 0.407. Best 0.407 at step 110."
    )
    assert page.evaluate("opened.length") == 1


def test_on_a_key_training_is_summed_up(opened: Opened) -> None:
    page = opened(nbviz.LiveLoss(run=trained()))
    page.get_by_role("application", name="loss, latest").press("r")
    expect(page.locator("output[aria-live]")).to_have_text(
        "loss 0.29 after 118 steps, falling; validation 0.41, the best so far. "
        "accuracy 90.8\u00a0%, rising, the best so far."
    )


def test_more_contrast_and_forced_colours_are_honoured(opened: Opened) -> None:
    page = show("inspector", opened)
    view = page.locator(".nbviz")
    page.emulate_media(contrast="more")
    expect(view).to_have_attribute("style", re.compile("--muted: #1b2028"))
    assert ask(page, "violations") == []
    page.emulate_media(contrast="no-preference", forced_colors="active", color_scheme="dark")
    expect(view).to_have_attribute("style", re.compile("--background: #000000; .*--text: #ffffff"))


def test_nothing_moves_where_less_motion_is_asked_for(opened: Opened) -> None:
    page = show("inspector", opened)
    assert ask(page, "moving") != []
    page.emulate_media(reduced_motion="reduce")
    assert ask(page, "moving") == []


TRAINING = """
import nbviz
live = nbviz.LiveLoss(title="net")
live
"""


def test_in_a_notebook_axe_finds_nothing_and_what_happens_is_said_until_it_is_silenced(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([TRAINING, "live"])
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(0)
    said = output.locator("output[aria-live]")
    notebook.execute("for step in range(20): live.log(loss=2 - step / 20, val_loss=2.5 - step / 20)")
    expect(output.locator(".legend-value").first).to_have_text("1.050")
    for theme in ("light", "dark"):
        notebook.theme(theme)
        assert ask(notebook.page, "violations", ".jp-OutputArea-output") == []
    assert said.text_content() == ""
    notebook.execute("live.log(loss=float('nan'))")
    expect(said).to_have_text("loss is NaN since step 20.")
    assert notebook.output(1).locator("output[aria-live]").text_content() == "", "both views of a run speak"
    notebook.execute("live.log(loss=0.5); live.finish()")
    end = "Training finished: loss 0.50 after 21 steps, falling; validation 1.55, the best so far."
    expect(said).to_have_text(end)
    output.locator(".plot").press("?")
    output.get_by_role("checkbox", name="Speak of training, now and then").uncheck()
    notebook.wait_until_idle()
    assert notebook.execute("print(live.speech)") == "False\n"
    notebook.execute("live.log(loss=0.4); live.finish()")
    notebook.wait_until_idle()
    assert said.text_content() == end
    assert notebook.errors == []


def test_a_run_that_trains_gives_a_tone_for_updates_when_that_is_switched_on(
    open_notebook: OpenNotebook, page: Page
) -> None:
    page.add_init_script("""window.tones = 0
        const make = AudioContext.prototype.createOscillator
        AudioContext.prototype.createOscillator = function () { window.tones++; return make.call(this) }""")
    notebook = open_notebook([TRAINING])
    notebook.run(0)
    notebook.execute("live.log({'loss': 2.0}); live.log({'loss': 1.0})")
    output = notebook.output(0)
    expect(output.locator(".legend-value").first).to_have_text("1.000")
    assert page.evaluate("tones") == 0
    output.locator(".plot").press("Shift+S")
    expect(output.locator("output[aria-live]")).to_have_text("A soft tone for each update.")
    assert page.evaluate("tones") == 1
    notebook.execute("import time; [(live.log(loss=0.5), time.sleep(0.1)) for _ in range(15)]")
    page.wait_for_function("() => tones > 1")
    assert page.evaluate("tones") <= 4, "more than one tone a second"
    output.locator(".plot").press("Shift+S")
    expect(output.locator("output[aria-live]")).to_have_text("No tones.")
    before = page.evaluate("tones")
    notebook.execute("live.log(loss=0.25); live.finish()")
    expect(output.locator("output[aria-live]")).to_contain_text("Training finished: loss 0.25")
    assert page.evaluate("tones") == before
