"""Layer maps and distributions: exported pages, and a real JupyterLab where Python hears which layer was chosen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import nbviz
from tests.browser.conftest import Opened, OpenNotebook

CELL = """
import nbviz
run = nbviz.Run("net")
for step in range(0, 100, 10):
    for layer in range(4):
        run.log_histogram(f"gradients/fc{layer}", [10.0 ** -layer, -(10.0 ** -layer)], step=step)
run.finish()
layer_map = nbviz.LayerMap(run)
layer_map
"""


def logged(statistic: str = "gradients/norm", **layers: list[float]) -> nbviz.Run:
    """A finished run of one derived scalar a layer, at steps 0, 10, 20, …"""
    run = nbviz.Run("net")
    for name, values in layers.items():
        steps = 10 * np.arange(len(values))
        run.extend(f"{statistic}/{name}", steps, steps.astype(float), np.array(values))
    run.finish()
    return run


def with_histograms(layers: int = 3, captures: int = 10) -> nbviz.Run:
    """Between -1 and 1, evenly, every ten steps."""
    run = nbviz.Run("net")
    for step in range(0, 10 * captures, 10):
        for layer in range(layers):
            run.append_histogram(f"weights/fc{layer}", step, 0.0, np.full(20, 1000), np.linspace(-1, 1, 21))
    run.finish()
    return run


def pad(page: Page | Locator) -> Locator:
    return page.locator(".map-pad")


def tiles(page: Page | Locator) -> Locator:
    return page.locator(".bands-viewport")


def click(element: Locator, x: float, y: float) -> None:
    """At a place given as shares of the width and the height."""
    box = element.bounding_box()
    assert box
    element.click(position={"x": x * box["width"], "y": y * box["height"]})


def colors(page: Page) -> Any:
    """The pixels of the cells, shape (height, width, 4)."""
    look = "it => [it.height, it.width, ...it.getContext('2d').getImageData(0, 0, it.width, it.height).data]"
    height, width, *pixels = pad(page).locator("canvas").first.evaluate(look)
    return np.array(pixels).reshape(height, width, 4)


def test_a_click_on_a_cell_and_the_arrow_keys_move_the_cursor_and_choose_the_layer(opened: Opened) -> None:
    page = opened(nbviz.LayerMap(logged(fc1=[1.0] * 10, fc2=[0.1] * 10, fc3=[0.01] * 10)))
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 90: 3 layers.")
    click(pad(page), 0.47, 0.37)
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 40: fc2 0.1.")
    pad(page).press("ArrowDown")
    pad(page).press("ArrowRight")
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 50: fc3 0.01.")
    expect(page.locator("output")).to_have_text("gradient norm by layer, at step 50: fc3 0.01.")
    pad(page).press("Home")
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 0: fc3 0.01.")
    pad(page).press("Escape")
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 90: 3 layers.")


def test_what_is_not_finite_is_named_shown_in_the_warning_hue_and_gone_to(opened: Opened) -> None:
    page = opened(nbviz.LayerMap(logged(fc1=[1.0] * 10, fc2=[1.0] * 7 + [math.nan] * 3)))
    expect(page.locator(".map-key.is-broken")).to_be_visible()
    expect(page.locator(".map-key.is-zero")).to_be_hidden()
    pixels = colors(page)
    first, second = (pixels[top : top + 20, 1000:1100, :3].reshape(-1, 3).mean(axis=0) for top in (3, 29))
    assert second[0] > second[2] + 40 and first[2] > first[0]
    page.get_by_role("button", name="NaN/Inf from step 70: fc2").click()
    expect(pad(page)).to_have_attribute(
        "aria-label", "gradient norm by layer, at step 70: fc2 NaN. NaN/Inf from step 70: fc2."
    )


def test_another_statistic_is_shown_and_histograms_are_said_to_be_approximate(opened: Opened) -> None:
    page = opened(nbviz.LayerMap(with_histograms()))
    expect(page.get_by_text("≈ from histograms")).to_be_visible()
    expect(page.get_by_label("Statistic")).to_have_value("weights/norm")
    page.get_by_label("Statistic").select_option("NaN and Inf in weights")
    expect(page.get_by_text("≈ from histograms")).to_be_hidden()
    expect(pad(page)).to_have_attribute("aria-label", "NaN and Inf in weights by layer, at step 90: 3 layers.")


def modules(*whats: str, layers: int = 7) -> nbviz.Run:
    run = nbviz.Run("net")
    for what in whats or ("gradients",):
        for module in ("encoder", "decoder"):
            for layer in range(layers):
                run.log_histogram(f"{what}/{module}.{layer}.weight", [10.0**-layer, 1.0], step=0)
    run.finish()
    return run


@pytest.mark.parametrize("view", [nbviz.LayerMap, nbviz.Distributions])
def test_many_layers_are_searched(view: Any, opened: Opened) -> None:
    page = opened(view(modules()))
    search = page.get_by_label("Search layers")
    search.fill("/decoder.[34]/")
    expect(page.locator(".ridges-found")).to_have_text("2 of 14")
    search.fill("nothing")
    expect(page.get_by_text("None of 14 layers matches nothing")).to_be_visible()
    search.fill("(")
    expect(search).to_have_attribute("aria-invalid", "false")
    search.fill("/(/")
    expect(search).to_have_attribute("aria-invalid", "true")


def test_a_module_of_a_map_folds_to_one_strip_by_pointer_and_key(opened: Opened) -> None:
    page = opened(nbviz.LayerMap(modules()))
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 0: 14 layers.")
    click(pad(page), 0.01, 0.2)
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 0: 8 layers.")
    pad(page).press("ArrowDown")
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 0: encoder (7) 1.4.")
    pad(page).press("Enter")
    expect(pad(page)).to_have_attribute("aria-label", "gradient norm by layer, at step 0: 14 layers.")


def test_a_module_of_the_distributions_folds(opened: Opened) -> None:
    page = opened(nbviz.Distributions(modules()))
    heading = page.get_by_role("button", name="encoder (7)")
    height = page.locator(".bands-content").bounding_box()["height"]  # type: ignore[index]
    expect(heading).to_have_attribute("aria-expanded", "true")
    heading.press("Enter")
    expect(heading).to_have_attribute("aria-expanded", "false")
    assert page.locator(".bands-content").bounding_box()["height"] < height  # type: ignore[index]


def test_an_inspector_of_hundreds_of_histograms_shows_the_gradients_folded(opened: Opened) -> None:
    page = opened(nbviz.Inspector(modules("weights", "gradients", "activations", layers=30)))
    expect(page.locator(".ridges-title")).to_have_text("gradients by layer")
    rows = page.locator(".ridges-viewport")
    rows.press("Home")
    expect(rows.get_by_role("treeitem")).to_have_attribute("aria-expanded", "false")
    expect(rows.get_by_role("treeitem")).to_have_attribute("aria-setsize", "2")
    page.get_by_role("button", name="weights", exact=True).click()
    expect(page.locator(".ridges-title")).to_have_text("weights by layer")
    page.get_by_label("Search layers").fill("encoder")
    expect(page.locator(".ridges-found")).to_have_text("30 of 60")


@pytest.mark.parametrize("view", [nbviz.LayerMap, nbviz.Distributions])
def test_a_run_without_layers_says_so(view: Any, opened: Opened) -> None:
    run = nbviz.Run("net")
    run.log(loss=1.0)
    run.finish()
    page = opened(view(run))
    expect(page.locator(".ridges-empty")).to_contain_text("histograms")
    expect(page.locator("canvas").first).to_be_hidden()


@pytest.mark.parametrize("width", [360, 600, 1400])
@pytest.mark.parametrize("view", [nbviz.LayerMap, nbviz.Distributions])
def test_nothing_is_wider_than_the_page(view: Any, width: int, opened: Opened) -> None:
    run = with_histograms(30)
    run.log_histogram("weights/<img src=x onerror=alert(1)>" + "x" * 300, [0.0, math.inf], step=5)
    run.commit()
    page = opened(view(run))
    page.set_viewport_size({"width": width, "height": 900})
    expect(page.locator(".ridges-head")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_distributions_read_their_percentiles_at_the_cursor(opened: Opened) -> None:
    page = opened(nbviz.Distributions(with_histograms()))
    click(tiles(page), 0.16, 0.5)
    expect(page.locator(".tooltip")).to_contain_text("93\u00a0%0.866")
    label = tiles(page).get_attribute("aria-label") or ""
    assert "weights/fc0: min −1, 7\u00a0% −0.866" in label and "median 0" in label and label.endswith("max 1")
    tiles(page).press("ArrowDown")
    tiles(page).press("Home")
    expect(page.locator("output")).to_contain_text("Distributions at step 0, weights/fc1: min −1")


def test_long_numbers_at_a_value_axis_keep_their_minus(opened: Opened) -> None:
    run = nbviz.Run("net")
    for step in range(5):
        run.append_histogram("weights/fc", step, 0.0, [1, 1], [-1.3e7, -0.5e7, 0.0])
    page = opened(nbviz.Distributions(run))
    expect(tiles(page)).to_be_visible()
    page.wait_for_timeout(500)
    look = "it => [...it.getContext('2d').getImageData(0, 26, 46, it.height - 26).data]"
    ink = np.array(tiles(page).locator("canvas").first.evaluate(look)).reshape(-1, 46, 4)[:, :, 3].any(axis=0)
    assert not ink[0] and ink[1:5].any()


def test_the_value_axes_are_shared_when_the_reader_wants_it(opened: Opened) -> None:
    page = opened(nbviz.Distributions(with_histograms()))
    shared = page.get_by_role("button", name="shared")
    shared.click()
    expect(shared).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="own")).to_have_attribute("aria-pressed", "false")


def test_python_reads_the_layer_and_the_statistic_that_were_chosen_and_sets_them(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([CELL])
    notebook.run(0)
    output = notebook.output(0)
    expect(pad(output)).to_be_visible()
    click(pad(output), 0.47, 0.5)
    output.get_by_label("Statistic").select_option("zeros in gradients")
    expect(pad(output)).to_have_attribute("aria-label", "zeros in gradients by layer, at step 40: fc2 0\u00a0%.")
    notebook.wait_until_idle()
    read = "print(layer_map.layer, layer_map.step, layer_map.statistic)"
    assert notebook.execute(read).strip() == "gradients/fc2 40 gradients/zeros"
    notebook.execute("layer_map.layer, layer_map.step, layer_map.statistic = 'gradients/fc0', 70, 'gradients/norm'")
    expect(pad(output)).to_have_attribute("aria-label", "gradient norm by layer, at step 70: fc0 1.4.")
    notebook.execute("run.log_histogram('gradients/fc0', [2.0, float('nan')], step=200)")
    expect(output.get_by_role("button", name="NaN/Inf from step 200: fc0")).to_be_visible()
    assert notebook.errors == []


def test_a_click_on_a_cell_opens_the_layer_in_the_ridgelines_while_a_cell_runs(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([CELL, "ridge = nbviz.Ridgeline(run)\nridge", "import time; time.sleep(60)"])
    notebook.run(0)
    notebook.run(1)
    notebook.run(2, wait=False)
    click(pad(notebook.output(0)), 0.47, 0.5)
    expect(notebook.output(1).get_by_role("slider", name="gradients/fc2: capture")).to_be_visible()
    notebook.output(1).get_by_role("button", name="Back to all layers").click()
    expect(pad(notebook.output(0))).to_have_attribute("aria-label", "gradient norm by layer, at step 40: 4 layers.")
    click(pad(notebook.output(0)), 0.47, 0.3)
    notebook.interrupt()
    notebook.wait_for("harness.ran(2)")
    notebook.wait_until_idle()
    assert notebook.execute("print(ridge.layer, layer_map.layer)") == "gradients/fc1 gradients/fc1\n"
    assert notebook.errors == []
