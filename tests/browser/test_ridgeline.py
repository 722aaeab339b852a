"""Ridgelines: an exported page, and a real JupyterLab where Python hears what is brushed."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import nbviz
from tests.browser.conftest import Opened, OpenNotebook

LAYERS = [f"layer{module}.{i}.weight" for module in (1, 2) for i in range(8)]


def captured(tags: list[str], captures: int = 10) -> nbviz.Run:
    """Between -1 and 1, evenly, 1000 values a bin, every ten steps."""
    run = nbviz.Run("captured")
    for step in range(0, 10 * captures, 10):
        for tag in tags:
            run.append_histogram(tag, step, 0.0, np.full(20, 1000), np.linspace(-1, 1, 21))
    run.finish()
    return run


def pane(page: Page | Locator) -> Locator:
    return page.locator(".ridges-viewport")


def drag(view: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Between two places, each as shares of the width and the height."""
    box = view.bounding_box()
    assert box
    mouse = view.page.mouse
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    mouse.move(*places[0])
    mouse.down()
    mouse.move(*places[1], steps=5)
    mouse.up()


@pytest.mark.parametrize("mode", ["offset", "overlay", "heat map"])
def test_a_layer_is_shown_in_three_modes_and_its_values_are_read_and_brushed(mode: str, opened: Opened) -> None:
    page = opened(nbviz.Ridgeline(captured(["fc1"])))
    button = page.get_by_role("button", name=mode)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".ridges-note")).to_contain_text("10 captures")
    drag(pane(page), (0.25, 0.4), (0.6, 0.41))
    expect(page.locator(".ridges-tip")).to_contain_text("quantile 0.")
    expect(page.locator(".ridges-selected")).to_contain_text("at steps 0 to 90")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".ridges-selected")).to_be_hidden()


def test_a_click_in_a_history_moves_the_cursor_and_a_drag_down_it_brushes_steps(opened: Opened) -> None:
    page = opened(nbviz.Ridgeline(captured(["fc1"]), mode="heatmap"))
    drag(pane(page), (0.5, 0.3), (0.5, 0.3))
    expect(pane(page)).not_to_have_attribute("aria-valuenow", "90")
    drag(pane(page), (0.5, 0.21), (0.5, 0.995))
    expect(page.locator(".ridges-selected")).to_contain_text(
        "fc1: 200,000 values · 100 % from −1 to 1 at steps 0 to 90"
    )


def test_keys_read_and_brush_the_values_of_a_layer(opened: Opened) -> None:
    page = opened(nbviz.Ridgeline(captured(["fc1"]), axis="linear"))
    history = page.get_by_role("slider", name="fc1: capture")
    history.press("ArrowUp")
    history.press("ArrowRight")
    history.press("ArrowRight")
    expect(history).to_have_attribute(
        "aria-valuetext", "step 80, 0.0233 to 0.0388, 155 values · 0.78\u00a0%, quantile 0.516"
    )
    for _ in range(3):
        history.press("Shift+ArrowRight")
    history.press("Shift+ArrowUp")
    chip = page.locator(".ridges-selected")
    expect(chip).to_contain_text("at steps 70 to 80")
    history.press("Escape")
    expect(chip).to_be_hidden()


def test_many_layers_stand_under_headings_that_fold_by_keys(opened: Opened) -> None:
    page = opened(nbviz.Ridgeline(captured(LAYERS)))
    tree = page.get_by_role("tree")
    tree.press("ArrowDown")
    option = page.locator("[role=treeitem]")
    expect(option).to_have_text("layer1, 8 layers")
    expect(option).to_have_attribute("aria-expanded", "true")
    tree.press("ArrowLeft")
    expect(option).to_have_attribute("aria-expanded", "false")
    expect(option).to_have_attribute("aria-setsize", "10")
    tree.press("ArrowDown")
    expect(option).to_have_text("layer2, 8 layers")
    tree.press("ArrowDown")
    expect(option).to_contain_text("layer2.0.weight, step 90")
    tree.press("Enter")
    expect(page.get_by_role("slider", name="layer2.0.weight: capture")).to_be_visible()


def test_layers_are_searched_for(opened: Opened) -> None:
    page = opened(nbviz.Ridgeline(captured(LAYERS)))
    search = page.get_by_role("searchbox", name="Search layers")
    found = page.locator(".ridges-found")
    for text, said in [("LAYER1", "8 of 16"), ("/[12]\\.0/", "2 of 16"), ("/[/", "no regular expression"), ("", "")]:
        search.fill(text)
        expect(found).to_have_text(said)
    search.fill("nothing such")
    expect(page.get_by_text("None of 16 layers matches nothing such")).to_be_visible()
    search.fill("layer2.7")
    expect(pane(page)).to_be_visible()


CAPTURED = """
import numpy as np, nbviz
run = nbviz.Run("r")
for step in range(5):
    run.append_histogram("fc1", step, 0.0, np.full(20, 1000), np.linspace(-1, 1, 21))
ridge = nbviz.Ridgeline(run)
heard = []
ridge.observe(lambda change: heard.append(change.new), "selection")
"""


def test_python_hears_what_is_brushed_chosen_and_searched_and_says_the_same(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([CAPTURED, "ridge"])
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    output.scroll_into_view_if_needed()
    output.get_by_role("button", name="overlay").click()
    output.get_by_role("button", name="density").click()
    drag(pane(output), (0.25, 0.5), (0.5, 0.5))
    expect(output.locator(".ridges-selected")).to_contain_text("at steps 0 to 4")
    notebook.wait_for("harness.idle()")
    said = notebook.execute("print(ridge.mode, ridge.axis, heard[-1]['tag'], heard[-1]['steps'], len(heard))")
    assert said == "overlay density fc1 (0, 4) 1\n"
    notebook.execute("ridge.selection = {'tag': 'fc1', 'values': (0, 0.5), 'steps': (2, 3)}; ridge.mode = 'offset'")
    expect(output.locator(".ridges-selected")).to_contain_text(
        "fc1: 10,000 values · 25 % from 0 to 0.5 at steps 2 to 3"
    )
    expect(output.get_by_role("button", name="offset")).to_have_attribute("aria-pressed", "true")
    assert notebook.errors == []


def test_a_layer_that_python_chooses_opens_and_one_that_is_clicked_is_the_one_chosen(
    open_notebook: OpenNotebook,
) -> None:
    two = CAPTURED.replace("ridge =", "run.append_histogram('fc2', 0, 0.0, [1.0], [0.0, 1.0])\nridge =")
    notebook = open_notebook([two, "ridge"])
    notebook.run(0)
    notebook.run(1)
    output = notebook.output(1)
    output.scroll_into_view_if_needed()
    notebook.execute("ridge.layer = 'fc1'")
    expect(output.get_by_role("slider", name="fc1: capture")).to_be_visible()
    output.get_by_role("button", name="Back to all layers").click()
    rows = output.get_by_role("listbox")
    rows.press("End")
    rows.press("Enter")
    expect(output.get_by_role("slider", name="fc2: capture")).to_be_visible()
    notebook.wait_for("harness.idle()")
    assert notebook.execute("print(ridge.layer)") == "fc2\n"
    assert notebook.errors == []
