"""Messages lost, repeated and late, a connection that breaks, a page that sleeps, a kernel that dies: what is shown."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.notebook import LabNotebook
from tests.browser.server import JupyterServer

LOSSY = (Path(__file__).parent / "lossy.js").read_text("utf-8")
SECOND = 1000

TRAIN = """
import os, pathlib, signal, threading, time, nbviz
live = nbviz.LiveLoss()
go_on = True

def train():
    while go_on:
        live.log(loss=float(live.run.next_step))
        time.sleep(0.01)

def stop():
    global go_on
    go_on = False
    thread.join()

thread = threading.Thread(target=train, daemon=True)
"""


@pytest.fixture
def training(page: Page, open_notebook: OpenNotebook) -> LabNotebook:
    """A run that grows on a thread, a hundred rows a second, seen through websockets that can lose messages."""
    page.add_init_script(LOSSY)
    notebook = open_notebook([TRAIN, "live"])
    notebook.run(0)
    notebook.run(1)
    notebook.execute("thread.start()")
    follow(notebook, seconds=10)
    return notebook


def step(notebook: LabNotebook) -> Locator:
    return notebook.output(1).locator(".header-step b")


def notice(notebook: LabNotebook) -> Locator:
    return notebook.output(1).locator(".header-notice")


def rows_logged(notebook: LabNotebook) -> int:
    return int(notebook.execute("print(live.run.next_step)"))


def follow(notebook: LabNotebook, seconds: float = 1) -> None:
    """Within a second the page has the rows logged until now: whatever it has, it has all before."""
    reached = "([shown, rows]) => Number(shown.textContent.replaceAll(',', '')) >= rows - 1"
    shown = [step(notebook).element_handle(), rows_logged(notebook)]
    notebook.page.wait_for_function(reached, arg=shown, timeout=seconds * SECOND)


def assert_whole(notebook: LabNotebook, seconds: float = 1) -> None:
    follow(notebook, seconds)
    expect(notice(notebook)).to_be_hidden(timeout=SECOND)


def test_messages_lost_repeated_and_late_are_healed_within_a_second(training: LabNotebook) -> None:
    for trouble in ("lose(1)", "lose(10)", "repeat()", "reorder()"):
        training.page.evaluate(f"lossy.{trouble}")
        assert_whole(training)
        assert_whole(training)
    training.page.evaluate("lossy.loseAll()")
    training.execute("stop()")
    training.page.evaluate("lossy.keep()")
    # Nothing comes any more, so it takes the page longer to find that strange.
    assert_whole(training, seconds=10)


def test_a_connection_that_is_lost_is_said_and_one_that_is_back_brings_everything(training: LabNotebook) -> None:
    training.page.evaluate("lossy.cut()")
    expect(notice(training)).to_contain_text("the connection to the kernel is lost", timeout=SECOND)
    training.page.evaluate("lossy.mend()")
    training.wait_for("harness.connected()")
    assert_whole(training)


def test_what_was_lost_before_the_connection_broke_is_asked_for(training: LabNotebook) -> None:
    training.page.evaluate("lossy.loseAll()")
    training.execute("stop(); time.sleep(1.5)  # until the run rests, and nothing more would come")
    training.page.evaluate("lossy.cut(); lossy.keep()")
    expect(notice(training)).to_contain_text("the connection to the kernel is lost", timeout=SECOND)
    training.page.evaluate("lossy.mend()")
    training.wait_for("harness.connected()")
    assert_whole(training)


def test_a_page_that_slept_has_everything_when_it_wakes(lab: JupyterServer, training: LabNotebook) -> None:
    training.execute("threading.Timer(1, lambda: pathlib.Path('slept').touch()).start()")
    session = training.page.context.new_cdp_session(training.page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    while not (lab.root / "slept").exists():
        time.sleep(0.05)  # the page sleeps: there is nothing to ask
    session.send("Page.setWebLifecycleState", {"state": "active"})
    assert_whole(training)


def test_a_kernel_that_dies_leaves_what_it_had_sent_and_that_is_said(training: LabNotebook) -> None:
    before = rows_logged(training)
    training.execute("threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGKILL]).start()")
    expect(notice(training)).to_contain_text("the kernel has restarted or died", timeout=10 * SECOND)
    assert int(step(training).inner_text().replace(",", "")) >= before - 1
    expect(training.output(1).locator(".legend-value").first).to_have_text(re.compile(r"^\d"))


def test_a_kernel_that_is_restarted_is_said_to_be(training: LabNotebook) -> None:
    training.restart_kernel()
    expect(notice(training)).to_contain_text("the kernel has restarted or died", timeout=SECOND)
