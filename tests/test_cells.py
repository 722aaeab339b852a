"""What a cell's end says of the runs that grew in it, by IPython itself."""

from __future__ import annotations

import threading
from collections.abc import Callable

import IPython
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbviz import LiveLoss, channel
from nbviz.cells import Cells

RunCell = Callable[[str], object]


@pytest.fixture
def run_cell(monkeypatch: pytest.MonkeyPatch) -> RunCell:
    """Run cells in a shell of its own, whose variables are ``live`` and ``other``."""
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(channel, "cells", Cells())
    shell.push({"LiveLoss": LiveLoss, "threading": threading})
    shell.run_cell("live, other = LiveLoss(), LiveLoss()")
    return shell.run_cell


@pytest.fixture
def live(run_cell: RunCell) -> LiveLoss:
    found = IPython.get_ipython().user_ns["live"]
    assert isinstance(found, LiveLoss)
    return found


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ("", "live"),
        ("raise KeyboardInterrupt", "interrupted"),
        ("import asyncio; raise asyncio.CancelledError", "interrupted"),
        ("1 / 0", "failed"),
        ("live.finish(); 1 / 0", "finished"),
    ],
)
def test_a_run_that_grew_in_a_cell_ends_as_the_cell_does(
    run_cell: RunCell, live: LiveLoss, end: str, state: str
) -> None:
    run_cell(f"live.log(loss=1.0)\n{end}")
    assert live.run.state == state


def test_a_run_that_did_not_grow_in_the_cell_goes_on(run_cell: RunCell, live: LiveLoss) -> None:
    run_cell("live.log(loss=1.0)")
    run_cell("other.log(loss=1.0); 1 / 0")
    assert live.run.state == "live"
    run_cell("a syntax error")
    assert live.run.state == "live"


def test_a_run_that_grows_on_a_thread_goes_on_whatever_a_cell_does(run_cell: RunCell, live: LiveLoss) -> None:
    run_cell("thread = threading.Thread(target=live.log, args=({'loss': 1.0},)); thread.start(); thread.join(); 1 / 0")
    assert live.run.state == "live"
    assert len(live.run["loss"]) == 1


def test_an_interrupted_run_that_goes_on_in_another_cell_is_live(run_cell: RunCell, live: LiveLoss) -> None:
    run_cell("live.log(loss=1.0)\nraise KeyboardInterrupt")
    run_cell("live.log(loss=1.0)")
    live.run.commit()
    assert live.run.state == "live"


def test_the_page_is_told_how_the_cell_ended_before_anything_else_runs(
    run_cell: RunCell, live: LiveLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[str] = []
    monkeypatch.setattr(channel.Channel, "_post", lambda _self, frame: states.append(frame.state))
    run_cell("live.log(loss=1.0)\nraise KeyboardInterrupt")
    assert states[-1] == "interrupted"


def test_without_ipython_nothing_runs_in_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    cells = Cells()
    cells.listen(lambda _ending: None)
    assert (cells.number, cells.here()) == (0, None)
