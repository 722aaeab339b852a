"""Hostile names in a real browser are text and nothing else, and an exported page may do nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

import nbviz
from nbviz.views.view import View
from tests.browser.conftest import Opened, OpenNotebook
from tests.hostile import NAMES

ELEMENTS = """async () => {
    const names = (root) => [...root.querySelectorAll("*")].flatMap((each) =>
        [each.localName, ...(each.shadowRoot ? names(each.shadowRoot) : [])]);
    let found = [], since = 0;
    while (since++ < 20) {
        await new Promise(requestAnimationFrame);
        const now = names(document.querySelector("main")).sort();
        if (String(now) !== String(found)) [found, since] = [now, 0];
    }
    return found.join(" ");
}"""
"""The names of all elements, once they stay as they are for twenty frames."""
TALL = 16_000
"""Of a window in which every view is in sight, as one that is not draws nothing."""


def run_of(name: str, tag: str) -> nbviz.Run:
    run = nbviz.Run(name)
    run.extend(tag, np.arange(20), np.arange(20), np.arange(20) / 7)
    for step in (0, 10):
        for layer in (tag, "other"):
            run.append_histogram(f"gradients/{layer}", step, 0.0, [1, 2, 1], [-1.5, -0.5, 0.5, 1.5])
    run.mark(name, step=10)
    run.finish()
    return run


def views_of(name: str) -> list[View]:
    run, other = run_of(name, name), run_of(f"{name} 2", name)
    runs = {name: run, f"{name} 2": other}
    return [
        nbviz.Inspector(run, title=name),
        nbviz.Inspector(runs),
        nbviz.LayerMap(run),
        nbviz.Distributions(run),
        nbviz.Ridgeline(run, f"gradients/{name}"),
        nbviz.Compare(run, other, tag=f"gradients/{name}"),
    ]


def elements(page: Page) -> dict[int, str]:
    """What a page is made of at two widths, neither of which it exceeds."""
    found = {}
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": TALL})
        expect(page.locator(".nbviz").last).to_be_visible()
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
        found[width] = page.evaluate(ELEMENTS)
    return found


@pytest.fixture(scope="module")
def plain(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    page = context.new_page()
    page.goto(nbviz.export_html(views_of("plain"), tmp_path_factory.mktemp("plain") / "view.html").path.as_uri())
    found = elements(page)
    page.close()
    return found


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_hostile_name_makes_no_element_and_breaks_no_layout(name: str, opened: Opened, plain: dict[int, str]) -> None:
    page = opened(views_of(name))
    assert elements(page) == plain
    assert page.evaluate("window.hit") is None


def test_an_override_of_the_writing_direction_turns_nothing_around(opened: Opened) -> None:
    page = opened(nbviz.Inspector(run_of("run", "tag"), title=NAMES["override"]))
    expect(page.locator(".header-title")).to_have_text("abc\ufffddef\ufffd ghi")


def test_in_jupyterlab_a_hostile_name_is_text_and_its_picture_is_one_image(open_notebook: OpenNotebook) -> None:
    names = [NAMES[each] for each in ("markup", "script", "entities")]
    code = "import nbviz\nrun = nbviz.Run({0!r})\nrun.log({{{0!r}: 1.0}})\nrun.finish()\nnbviz.Inspector(run)"
    notebook = open_notebook([code.format(name) for name in names])
    for number, name in enumerate(names):
        notebook.run(number)
        expect(notebook.output(number).locator(".legend-title")).to_have_text(name)
    notebook.save()
    notebook.reopen()
    for number, name in enumerate(names):
        picture = notebook.output(number).locator(".nbviz-picture")
        expect(picture).to_be_visible()
        assert picture.evaluate("each => [...each.querySelectorAll('*')].map((one) => one.localName)") == ["img"]
        expect(picture.locator("img")).to_have_attribute("alt", f"{name}: {name} 1.000 after step 0")
    assert notebook.page.evaluate("window.hit") is None


# What an exported page may do


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A server that the page could reach, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Type", "text/javascript")
            self.end_headers()
            self.wfile.write(b"window.hit = 1")

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


ADDED = """(url) => new Promise((done) => {
    const element = document.createElement(NAME);
    element.onload = element.onerror = done;
    setTimeout(done, 500);
    try { PREPARE; element.ADDRESS = url; document.body.append(element); } catch { done(); }
})"""


def added(name: str, address: str = "src", prepare: str = "") -> str:
    return ADDED.replace("NAME", repr(name)).replace("ADDRESS", address).replace("PREPARE", prepare)


TRY = {
    "fetch": "(url) => fetch(url).then(() => 0, () => 0)",
    "beacon": "(url) => { navigator.sendBeacon(url); return new Promise((done) => setTimeout(done, 500)); }",
    "module": "(url) => import(url).then(() => 0, () => 0)",
    "image": added("img"),
    "script": added("script"),
    "stylesheet": added("link", "href", "element.rel = 'stylesheet'"),
    "frame": added("iframe"),
    "sound": added("audio", prepare="element.preload = 'auto'; element.oncanplay = done"),
}


def test_nothing_reaches_another_place_from_an_exported_page_and_would_without_its_policy(
    page: Page, elsewhere: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = elsewhere
    exported = nbviz.export_html(nbviz.LiveLoss(run=run_of("run", "loss")), tmp_path / "run.html").path
    text = exported.read_text("utf-8")
    policy = text[text.index('<meta http-equiv="Content-Security-Policy"') :].split("\n")[0]
    (tmp_path / "open.html").write_text(text.replace(policy, ""), "utf-8")
    for name in ("open.html", "run.html"):
        page.goto((tmp_path / name).as_uri())
        expect(page.locator(".legend-title")).to_have_text("loss")
        for way, attempt in TRY.items():
            page.evaluate(attempt, f"{address}/{name}/{way}")
    assert asked == [f"/open.html/{way}" for way in TRY]


def test_no_text_becomes_an_element_or_a_program_in_an_exported_page(page: Page, tmp_path: Path) -> None:
    page.goto(nbviz.export_html(nbviz.LiveLoss(run=run_of("run", "loss")), tmp_path / "run.html").path.as_uri())
    expect(page.locator(".legend-title")).to_have_text("loss")
    for attempt in (
        "document.body.innerHTML = '<b>'",
        "document.write('<b>')",
        "document.body.insertAdjacentHTML('beforeend', '<b>')",
    ):
        said = page.evaluate(f"() => {{ try {{ {attempt}; return 'done'; }} catch (error) {{ return error.name; }} }}")
        assert said == "TypeError", attempt
    page.evaluate("""() => {
        const script = document.createElement("script");
        try { script.textContent = "window.hit = 1"; } catch {}
        document.head.append(script);
        document.body.setAttribute("style", "color: rgb(1, 2, 3)");
    }""")
    assert page.evaluate("[window.hit, getComputedStyle(document.body).color === 'rgb(1, 2, 3)']") == [None, False]
