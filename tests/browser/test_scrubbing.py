"""What a step of the cursor costs a page, counted: layouts, and canvases that are drawn again."""

from __future__ import annotations

from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

import nbviz
from tests.browser.conftest import Opened

STEPS = 12
# A key a frame, until all are drawn.
WALK = """
(track, times) => new Promise(done => {
    const key = () => new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true, cancelable: true });
    const frame = () => {
        if (times < 0) return done();
        if (times-- > 0) track.dispatchEvent(key());
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})
"""
COUNT = """
window.cleared = [];
const { clearRect } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    if (this.canvas.isConnected) cleared.push(this.canvas.className || this.canvas.parentNode.className);
    return clearRect.apply(this, box);
};
"""


def captured() -> nbviz.Run:
    run = nbviz.Run("net")
    steps = 10 * np.arange(40)
    run.extend("loss", steps, steps.astype(float), np.exp(-steps / 100))
    for step in range(0, 400, 10):
        for layer in range(3):
            edges = np.linspace(-1 - step / 400, 1 + step / 400, 21)
            run.append_histogram(f"weights/fc{layer}", step, 0.0, np.full(20, 1000), edges)
    run.finish()
    return run


def shown(opened: Opened) -> Page:
    """All views of a run on one page, at rest."""
    run = captured()
    page = opened([nbviz.Inspector(run), nbviz.LayerMap(run), nbviz.Distributions(run), nbviz.Compare(run)])
    page.set_viewport_size({"width": 1280, "height": 2400})
    expect(page.locator(".compare-plot")).to_be_visible()
    walk(page, 2)  # what is drawn once is drawn
    return page


def walk(page: Page, steps: int) -> None:
    page.get_by_role("slider", name="Step").evaluate(WALK, steps)


def test_a_step_lays_out_all_views_of_a_page_once(opened: Opened) -> None:
    page = shown(opened)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def layouts() -> int:
        metrics: list[dict[str, Any]] = devtools.send("Performance.getMetrics")["metrics"]
        return int(next(metric["value"] for metric in metrics if metric["name"] == "LayoutCount"))

    before = layouts()
    walk(page, STEPS)
    assert layouts() - before == STEPS


def test_a_step_draws_only_what_the_cursor_moves(opened: Opened) -> None:
    page = shown(opened)
    page.evaluate(f"() => {{ {COUNT} }}")
    walk(page, 1)
    moved = ["plot", "ridges-content", "scrubber-track", "map-pad", "bands-held", "bands-foot"]
    assert page.evaluate("cleared") == [*moved, "compare-plot", "compare-plot", "plot"]
