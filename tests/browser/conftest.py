"""One server and one browser for all tests here; a page and a notebook for each."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import nbviz
from nbviz.views.view import View
from tests.browser.notebook import LabNotebook
from tests.browser.server import JupyterServer

Opened = Callable[[View | Sequence[View]], Page]

WITHIN = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:", "file:")
# A failing test may take its time; one that passes never waits for this.
expect.set_options(timeout=30_000)

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A hidden or covered page must draw like any other.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    # No name but this machine's is found, by no way. (Playwright's route() would do, but it disables the cache.)
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
]


class OpenNotebook(Protocol):
    def __call__(
        self,
        cells: Sequence[str | NotebookNode],
        name: str | None = None,
        host: str = "lab",
        kernel: bool = True,
        kernelspec: str = "python3",
    ) -> LabNotebook: ...


def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("NBVIZ_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail("the browser tests need Chromium: install it, or set NBVIZ_CHROMIUM to its path", pytrace=False)
    return path


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    server = JupyterServer(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()


@pytest.fixture
def lab(lab_server: JupyterServer) -> Iterator[JupyterServer]:
    """The server, with its own settings and without kernels again after each test."""
    yield lab_server
    lab_server.reset_settings()
    lab_server.shut_down_kernels()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests, since its cache makes every page after the first open in half the time."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    yield context
    context.close()


@pytest.fixture
def outside() -> list[str]:
    """The addresses on other machines that the page has asked for. There must be none when the test ends."""
    return []


@pytest.fixture
def page(context: BrowserContext, outside: list[str]) -> Iterator[Page]:
    """A page that fails its test if it asks anything of another machine."""

    def note(url: str) -> None:
        if not url.startswith(WITHIN):
            outside.append(url)

    page = context.new_page()
    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    yield page
    page.close()
    assert not outside, f"requests that leave this machine: {outside}"


@pytest.fixture
def open_notebook(lab: JupyterServer, page: Page) -> OpenNotebook:
    """Write the cells to a notebook, open it and wait for its kernel."""
    numbers = itertools.count()

    def open_notebook(
        cells: Sequence[str | NotebookNode],
        name: str | None = None,
        host: str = "lab",
        kernel: bool = True,
        kernelspec: str = "python3",
    ) -> LabNotebook:
        name = name or f"test{next(numbers)}.ipynb"
        lab.write_notebook(name, cells, kernelspec)
        return LabNotebook(page, lab, name, host).open(kernel)

    return open_notebook


@pytest.fixture
def opened(page: Page, tmp_path: Path) -> Iterator[Opened]:
    """Open a view, or several, as an exported page, whose console stays empty."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    def opened(view: View | Sequence[View]) -> Page:
        page.goto(nbviz.export_html(view, tmp_path / "view.html").path.as_uri())
        return page

    yield opened
    assert said == []
