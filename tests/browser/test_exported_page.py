"""The page that the demo leaves, opened from the disk where no network answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.demo import STEPS, ran_demo

LAST = STEPS - 1


@pytest.fixture
def exported(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The open page; at the end it has asked for nothing, and its console has stayed empty."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.route("http*://**", lambda route: route.abort())
    page.goto((ran_demo(tmp_path_factory) / "digits.html").as_uri())
    expect(slider(page)).to_be_visible()
    yield page
    assert said == []


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step")


def expect_step(page: Page, step: int) -> None:
    expect(slider(page)).to_have_attribute("aria-valuenow", str(step))
    expect(page.get_by_role("spinbutton", name="Step")).to_have_value(str(step))


def ink(canvas: Locator) -> int:
    """Return how many pixels of a canvas are drawn on."""
    count = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.filter((value, index) => index % 4 === 3 && value > 0).length"""
    return int(canvas.evaluate(count))


def test_it_shows_the_charts_and_the_ridges(exported: Page) -> None:
    panels = [exported.get_by_role("application", name=name) for name in ("loss, latest", "accuracy, latest")]
    panels.append(exported.get_by_role("listbox", name=f"layers at step {LAST}"))
    for panel in panels:
        expect(panel).to_be_visible()
        assert ink(panel.locator("canvas").first) > 1000


def test_the_arrow_keys_move_the_step(exported: Page) -> None:
    expect_step(exported, LAST)
    slider(exported).press("ArrowLeft")
    expect_step(exported, LAST - 1)
    slider(exported).press("ArrowRight")
    expect_step(exported, LAST)


def test_dragging_the_slider_moves_the_step(exported: Page) -> None:
    box = slider(exported).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    exported.mouse.move(box["x"] + box["width"] - 12, middle)
    exported.mouse.down()
    exported.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    exported.mouse.up()
    expect_step(exported, STEPS // 2)
