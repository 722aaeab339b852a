"""Hostile names in a real browser are text and nothing else, and an exported page may do nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import nbviz
from nbviz.views.view import View
from tests.browser.conftest import Opened, OpenNotebook
from tests.hostile import NAMES

ELEMENTS = """() => {
    const names = [];
    const walk = (root) => {
        for (const each of root.querySelectorAll("*")) {
            names.push(each.localName);
            if (each.shadowRoot) walk(each.shadowRoot);
        }
    };
    walk(document.querySelector("main"));
    return names.sort();
}"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
FITS = "() => document.documentElement.scrollWidth <= innerWidth"


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


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_hostile_name_makes_no_element_and_breaks_no_layout(name: str, width: int, opened: Opened) -> None:
    found = []
    for shown in ("plain", name):
        page = opened(views_of(shown))
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator(".nbviz")).to_have_count(6)
        for view in page.locator(".nbviz").all():
            view.scroll_into_view_if_needed()  # out of sight nothing is drawn
            page.evaluate(DRAWN)
            page.evaluate(DRAWN)
        found.append(page.evaluate(ELEMENTS))
        assert page.evaluate("window.hit") is None
        page.wait_for_function(FITS)
    assert found[0] == found[1]


def test_an_override_of_the_writing_direction_turns_nothing_around(opened: Opened) -> None:
    page = opened(nbviz.Inspector(run_of("run", "tag"), title=NAMES["override"]))
    expect(page.locator(".header-title")).to_have_text("abc\ufffddef\ufffd ghi")


@pytest.mark.parametrize("name", ["markup", "script", "entities"])
def test_in_jupyterlab_a_hostile_name_is_text_and_its_picture_is_one_image(
    name: str, open_notebook: OpenNotebook
) -> None:
    text = NAMES[name]
    code = f"import nbviz\nrun = nbviz.Run({text!r})\nrun.log({{{text!r}: 1.0}})\nrun.finish()"
    notebook = open_notebook([code, "nbviz.Inspector(run)"])
    notebook.run(0)
    notebook.run(1)
    expect(notebook.output(1).locator(".legend-title")).to_have_text(text)
    notebook.save()
    notebook.reopen()
    picture = notebook.output(1).locator(".nbviz-picture")
    expect(picture).to_be_visible()
    assert picture.evaluate("each => [...each.querySelectorAll('*')].map((one) => one.localName)") == ["img"]
    expect(picture.locator("img")).to_have_attribute("alt", f"{text}: {text} 1.000 after step 0")
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


@pytest.mark.parametrize("way", TRY)
def test_nothing_reaches_another_place_from_an_exported_page_and_would_without_its_policy(
    way: str, page: Page, elsewhere: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = elsewhere
    exported = nbviz.export_html(nbviz.LiveLoss(run=run_of("run", "loss")), tmp_path / "run.html").path
    text = exported.read_text("utf-8")
    policy = text[text.index('<meta http-equiv="Content-Security-Policy"') :].split("\n")[0]
    (tmp_path / "open.html").write_text(text.replace(policy, ""), "utf-8")
    for name in ("open.html", "run.html"):
        page.goto((tmp_path / name).as_uri())
        expect(page.locator(".legend-title")).to_have_text("loss")
        page.evaluate(TRY[way], f"{address}/{name}")
    assert asked == ["/open.html"]


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
