"""What a script prints of a run: one line, politely, once, and only where no notebook shows it."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import comm.base_comm
import pytest

import nbviz
from nbviz import LiveLoss, Run
from nbviz.console import LOG_SECONDS, Console, fitted, plain

ROOT = Path(__file__).parent.parent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_a_log_gets_the_first_row_at_once_and_then_one_line_in_ten_seconds(clock: Clock) -> None:
    run, log = Run("digits"), io.StringIO()
    console = Console(run, lambda: log, clock)
    for step in range(2001):
        run.log(loss=1 / (step + 1), accuracy=0.5)
        console.flushed()
        clock.now += 0.01
    assert lines(log) == [
        "digits: step 0  loss 1  accuracy 0.5  (0:00)",
        "digits: step 1,000  loss 0.000999  accuracy 0.5  (100 steps/s, 0:10)",
        "digits: step 2,000  loss 0.0004998  accuracy 0.5  (100 steps/s, 0:20)",
    ]


def test_eight_hours_of_training_are_a_page_of_a_log(clock: Clock) -> None:
    run, log = Run(), io.StringIO()
    console = Console(run, lambda: log, clock)
    for _ in range(8 * 3600):
        run.log(loss=1.0)
        console.flushed()
        clock.now += 1
    assert 40 < len(lines(log)) < 80


def test_the_last_line_says_how_the_run_ended_and_its_rate_over_all(clock: Clock) -> None:
    run, log = Run("digits"), io.StringIO()
    console = Console(run, lambda: log, clock)
    for _ in range(100):
        run.log(loss=2.0)
    clock.now += LOG_SECONDS
    run.finish("interrupted")
    console.flushed()
    console.close()
    assert lines(log) == ["digits: interrupted at step 99  loss 2  (9.9 steps/s, 0:10)"]


def test_a_run_that_goes_on_after_its_end_writes_on(clock: Clock) -> None:
    run, log = Run("digits"), io.StringIO()
    console = Console(run, lambda: log, clock)
    run.log(loss=2.0)
    run.finish()
    console.close()
    run.log(loss=1.0)
    run.commit()
    console.flushed()
    assert [line.partition("  ")[0] for line in lines(log)] == ["digits: finished at step 0", "digits: step 1"]


def test_a_run_without_a_row_writes_nothing(clock: Clock) -> None:
    log = io.StringIO()
    run = Run()
    console = Console(run, lambda: log, clock)
    run.finish()
    console.flushed()
    console.close()
    assert log.getvalue() == ""


def test_in_a_terminal_one_line_is_written_over_and_ended_once(clock: Clock) -> None:
    run, terminal = Run("digits"), Terminal()
    console = Console(run, lambda: terminal, clock)
    for step in range(3):
        run.log(loss=float(step))
        console.flushed()
        clock.now += 1
    run.finish()
    console.close()
    console.close()
    written = terminal.getvalue()
    assert written.count("\n") == 1 and written.endswith("\n")
    shown = [part.strip() for part in written.split("\r") if part.strip()]
    assert list(dict.fromkeys(shown)) == [
        "digits: step 0  loss 0  (0:00)",
        "digits: step 1  loss 1  (1 steps/s, 0:01)",
        "digits: step 2  loss 2  (1 steps/s, 0:02)",
        "digits: finished at step 2  loss 2  (0.667 steps/s, 0:03)",
    ]


@pytest.mark.parametrize("stream", [None, "closed", "broken"])
def test_a_stream_that_is_no_more_disturbs_nobody(clock: Clock, stream: str | None) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(text)

    log = Broken() if stream == "broken" else io.StringIO()
    if stream == "closed":
        log.close()
    run = Run()
    console = Console(run, lambda: None if stream is None else log, clock)
    run.log(loss=1.0)
    console.flushed()
    console.close()


def test_threads_that_log_and_close_at_once_write_every_line_whole(clock: Clock) -> None:
    run, log = Run("digits"), io.StringIO()
    console = Console(run, lambda: log, clock)

    def train() -> None:
        for _ in range(200):
            run.log(loss=1.0)
            clock.now += 3
            console.flushed()

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.finish()
    console.close()
    assert lines(log)[-1].startswith("digits: finished at step 799  loss 1  (")
    assert all(line.startswith("digits: ") and line.count("(") == 1 for line in lines(log))
    assert len(set(lines(log))) == len(lines(log))


def test_names_move_no_cursor_and_colour_nothing() -> None:
    assert plain("\x1b[31mred\r\n\u202eturned\ud800") == "?[31mred???turned?"
    assert plain("x" * 10_000) == "x" * 37 + "..."
    assert plain("Verlust, 損失") == "Verlust, 損失"


def test_what_does_not_fit_in_the_line_is_counted() -> None:
    values = ["loss 0.1", "val_loss 0.2", "accuracy 0.3"]
    assert fitted("run: step 1", values, "(0:01)", 80) == "run: step 1  loss 0.1  val_loss 0.2  accuracy 0.3  (0:01)"
    assert fitted("run: step 1", values, "(0:01)", 47) == "run: step 1  loss 0.1  val_loss 0.2  +1  (0:01)"
    assert fitted("run: step 1", values, "(0:01)", 35) == "run: step 1  loss 0.1  +2  (0:01)"
    assert len(fitted("run: step 1", values, "(0:01)", 12)) == 12


def test_what_is_derived_from_layers_is_left_out(clock: Clock) -> None:
    run, log = Run(), io.StringIO()
    run.log({"loss": 1.0, "gradients/norm/fc.weight": 3.0})
    run.finish()
    Console(run, lambda: log, clock).close()
    assert lines(log) == ["run: finished at step 0  loss 1  (0:00)"]


def test_two_views_of_a_run_write_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run("digits")
    first, second = LiveLoss(run=run), LiveLoss(run=run)
    first.log(loss=1.0)
    first.finish()
    second.finish()
    assert [line for line in capsys.readouterr().err.splitlines() if "finished" in line] == [
        "digits: finished at step 0  loss 1  (0:00)"
    ]


def test_where_a_notebook_listens_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Comm(comm.base_comm.BaseComm):
        """Of a kernel, as ipykernel's."""

        def publish_msg(self, *_arguments: Any, **_keywords: Any) -> None:
            pass

    monkeypatch.setattr(comm, "create_comm", Comm)
    with LiveLoss() as live:
        live.log(loss=1.0)
    assert capsys.readouterr().err == ""


SCRIPT = """
import sys, time, nbviz
live = nbviz.LiveLoss("digits", logdir=sys.argv[1])
for step in range(50):
    live.log(loss=50.0 - step)
    time.sleep(0.001)
if "finish" in sys.argv:
    live.finish()
if "fork" in sys.argv:
    import os
    if os.fork() == 0:
        sys.exit()
    os.wait()
if "raise" in sys.argv:
    1 / 0
"""


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("ending", ["finish", "nothing", "fork", "raise"])
def test_a_script_writes_where_it_is_and_how_it_ended_and_keeps_everything(tmp_path: Path, ending: str) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), ending]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in done.stderr.splitlines() if line.startswith("digits")]
    assert done.stdout == ""
    word = "finished" if ending == "finish" else "stopped"
    assert ours[0].startswith("digits: step ") and len(ours) == 2
    assert ours[-1].startswith(f"digits: {word} at step 49  loss 1  (")
    (run,) = nbviz.read(tmp_path).values()
    assert run["loss"].values.tolist() == [50.0 - step for step in range(50)]


def test_in_a_terminal_a_script_leaves_one_line(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), "finish"]
    subprocess.run(command, env=ENVIRONMENT, stderr=terminal, timeout=60, check=True)
    os.close(terminal)
    shown = os.read(controller, 100_000).decode()
    os.close(controller)
    assert shown.count("\n") == 1
    assert shown.strip().rpartition("\r")[2].startswith("digits: finished at step 49  loss 1  (")
