"""LiveLoss in the hosts beside Jupyter's own: marimo, voila, and a page that nbconvert made of an executed notebook."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import nbformat.v4
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import end_with_the_tests
from tests.web import free_port

APP = """
import marimo

app = marimo.App()

@app.cell
def _():
    import pathlib, time, nbviz
    live = nbviz.LiveLoss("training")
    live
    return live, pathlib, time

@app.cell
def _(live, pathlib, time):
    while not pathlib.Path("stop").exists():
        live.log(loss=float(live.run.next_step))
        time.sleep(0.01)
    live.log(loss=777.0)
    live.finish()
    return
"""
CELLS = [
    "import nbviz\nlive = nbviz.LiveLoss('training')\nlive",
    "for step in range(300):\n    live.log(loss=300.0 - step)\nlive.finish()",
]
Serve = Callable[[Sequence[str]], str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server by a module's arguments, in which PORT stands for its port, and return its address."""
    servers: list[subprocess.Popen[bytes]] = []

    def serve(arguments: Sequence[str]) -> str:
        port = free_port()
        log = tmp_path / "server.log"
        folders = {name: str(tmp_path / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "IPYTHONDIR")}
        with log.open("wb") as said:
            server = subprocess.Popen(
                [sys.executable, "-m", *(argument.replace("PORT", str(port)) for argument in arguments)],
                cwd=tmp_path,
                env={**os.environ, **folders},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                preexec_fn=end_with_the_tests,  # noqa: PLW1509 (it takes no lock)
            )
        servers.append(server)
        address = f"http://127.0.0.1:{port}/"
        end = time.monotonic() + 60
        while time.monotonic() < end and server.poll() is None:
            try:
                with urllib.request.urlopen(f"{address}favicon.ico", timeout=5):
                    return address
            except urllib.error.HTTPError:
                return address
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)  # another process starts: there is nothing to wait on
        pytest.fail(f"{arguments} did not start:\n{log.read_text(errors='replace')[-2000:]}")

    yield serve
    for server in servers:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def written(folder: Path, cells: Sequence[str] = CELLS) -> Path:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    path = folder / "training.ipynb"
    path.write_text(nbformat.writes(notebook), "utf-8")
    return path


def assert_moves(page: Page) -> None:
    """Rows arrive while the cell is busy, which in marimo answers no question."""
    step = page.locator(".header-step b")
    expect(page.locator(".header-word")).to_have_text("training")
    for _ in range(3):
        shown = step.inner_text()
        expect(step).not_to_have_text(shown, timeout=5000)
    expect(page.locator(".header-notice")).to_be_hidden()


@pytest.mark.parametrize("how", ["run", "edit"])
def test_in_marimo_a_view_lives_while_its_cell_is_busy_and_ends_whole(
    page: Page, outside: list[str], serve: Serve, tmp_path: Path, how: str
) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "pyproject.toml").write_text("[tool.marimo.runtime]\nauto_instantiate = true\n")  # for the editor
    page.goto(serve(["marimo", "--yes", how, "app.py", "--headless", "--no-token", "--port", "PORT"]))
    assert_moves(page)
    (tmp_path / "stop").touch()
    expect(page.locator(".header-word")).to_have_text("finished")
    expect(page.locator(".legend-value").first).to_contain_text("777")
    expect(page.locator(".header-notice")).to_be_hidden()
    outside.clear()  # what marimo itself asks for


def test_voila_shows_a_finished_run(page: Page, outside: list[str], serve: Serve, tmp_path: Path) -> None:
    written(tmp_path)
    page.goto(serve(["voila", "training.ipynb", "--no-browser", "--port=PORT"]))
    expect(page.locator(".header-word")).to_have_text("finished", timeout=60_000)
    expect(page.locator(".header-step b")).to_have_text("299")
    expect(page.locator(".nbviz-picture")).to_be_hidden()
    outside.clear()  # voila's own icons


def test_a_page_of_nbconvert_shows_the_picture_of_the_last_state_without_a_network(
    page: Page, outside: list[str], tmp_path: Path
) -> None:
    path = written(tmp_path)
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    page.goto(path.with_suffix(".html").as_uri())
    picture = page.locator(".nbviz-picture img").first
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", "training: loss 1.0 after step 299")
    outside.clear()  # nbconvert's own scripts


def test_in_a_page_that_nbconvert_makes_by_our_exporter_views_live_without_a_network(
    page: Page, tmp_path: Path
) -> None:
    """It asks for nothing but itself, and its policy has nothing to refuse."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url))
    path = written(tmp_path, [*CELLS, "nbviz.Scrubber(live.run)"])
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "nbviz", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    address = path.with_suffix(".html").as_uri()
    page.goto(address)
    expect(page.locator(".header-step b")).to_have_text("299")
    expect(page.locator(".nbviz-picture")).to_have_count(0)
    chart = page.get_by_role("application", name="loss, latest")
    assert drawn_on(chart.locator("canvas").first) > 500
    slider = page.get_by_role("slider", name="Step")
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0")
    expect(page.locator(".legend-value").first).to_contain_text("300")
    assert said == [address]


def drawn_on(canvas: Locator) -> int:
    """How many pixels have ink."""
    count = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.filter((value, index) => index % 4 === 3 && value > 0).length"""
    return int(canvas.evaluate(count))
