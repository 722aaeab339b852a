"""Recording: what a run logs is in an event file within a second, whatever becomes of the process or the disk."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nbviz
from nbviz.sinks.recorder import RETRY_SECONDS, Flusher, Recorder
from tests.tfevents import accumulated


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def recorded(directory: Path, clock: Clock) -> tuple[nbviz.Run, Recorder]:
    """A run and its recorder, which writes when it is told to."""
    run = nbviz.Run(clock=clock)
    recorder = run._recorder = Recorder(run, directory, clock)
    return run, recorder


def log(run: nbviz.Run, steps: range, tag: str = "loss") -> None:
    for step in steps:
        run.log({tag: step / 10}, step=step)


def read(directory: Path) -> nbviz.Run:
    (run,) = nbviz.read(directory).values()
    assert not run.problems
    return run


def files(directory: Path) -> list[Path]:
    return sorted(directory.iterdir())


def test_each_flush_appends_what_is_new(tmp_path: Path, clock: Clock) -> None:
    run, recorder = recorded(tmp_path / "logs", clock)
    for steps in (range(3), range(3, 4), range(4, 9)):
        log(run, steps)
        run.log_histogram("layer", [1.0, 2.0, float("nan")])
        assert recorder.flush()
    found = read(tmp_path / "logs")
    for tag in ("loss", "layer"):
        assert found[tag].steps.tolist() == run[tag].steps.tolist()
        assert found[tag].wall_times.tolist() == run[tag].wall_times.tolist()
    assert found["loss"].values.tolist() == run["loss"].values.tolist()
    assert [item.counts.tolist() for item in found["layer"]] == [item.counts.tolist() for item in run["layer"]]
    events = accumulated(tmp_path / "logs").Scalars("loss")
    assert [event.value for event in events] == run["loss"].values.astype(np.float32).tolist()


def test_nothing_is_made_before_something_is_logged(tmp_path: Path, clock: Clock) -> None:
    _, recorder = recorded(tmp_path / "logs", clock)
    assert recorder.flush()
    assert not (tmp_path / "logs").exists()


def test_log_does_no_input_or_output(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    run, recorder = recorded(tmp_path / "logs", clock)
    run.listen(recorder.wake)
    with monkeypatch.context() as patch:
        for name in ("open", "write", "stat", "scandir", "mkdir"):
            patch.setattr(os, name, None)
        log(run, range(10_000))
    assert recorder.flush()
    assert len(read(tmp_path / "logs")["loss"]) == 10_000


def test_finishing_a_run_writes_all_of_it(tmp_path: Path) -> None:
    run = nbviz.Run(logdir=tmp_path)
    run.log(loss=0.1)
    run.finish()
    assert read(tmp_path)["loss"].values.tolist() == [0.1]


def test_live_loss_records_and_its_cell_may_run_twice(tmp_path: Path) -> None:
    run = nbviz.Run()
    run.log(loss=0.1)
    for _ in range(2):
        live = nbviz.LiveLoss(run=run, logdir=tmp_path)
    live.finish()
    assert read(tmp_path)["loss"].values.tolist() == [0.1]
    with pytest.raises(ValueError, match=r"is recorded in .* already"):
        run.record(tmp_path / "other")


def test_a_rewind_is_a_restart_to_nbviz_and_to_tensorboard(tmp_path: Path, clock: Clock) -> None:
    run, recorder = recorded(tmp_path, clock)
    log(run, range(6))
    recorder.flush()
    log(run, range(6, 8))
    run.rewind(4)
    log(run, range(4, 10))
    recorder.flush()
    found = read(tmp_path)["loss"]
    assert found.steps.tolist() == [*range(8), *range(4, 10)]
    assert found.steps[~found.superseded].tolist() == run["loss"].steps.tolist() == list(range(10))
    assert [event.step for event in accumulated(tmp_path, purge=True).Scalars("loss")] == list(range(10))


def test_a_restart_supersedes_every_tag(tmp_path: Path, clock: Clock) -> None:
    run, recorder = recorded(tmp_path, clock)
    log(run, range(6))
    log(run, range(6), "rate")
    run.restart(3)
    log(run, range(3, 5))
    recorder.flush()
    found = read(tmp_path)
    for tag, flags in (("loss", [False] * 3 + [True] * 3 + [False] * 2), ("rate", [False] * 3 + [True] * 3)):
        assert found[tag].superseded.tolist() == run[tag].superseded.tolist() == flags


def test_a_second_run_in_a_directory_goes_on_in_a_new_file(tmp_path: Path, clock: Clock) -> None:
    for steps in (range(6), range(4, 8)):
        run, recorder = recorded(tmp_path, clock)
        log(run, steps)
        recorder.flush()
    assert len(files(tmp_path)) == 2
    found = read(tmp_path)["loss"]
    assert found.steps.tolist() == [0, 1, 2, 3, 4, 5, 4, 5, 6, 7]
    assert np.flatnonzero(found.superseded).tolist() == [4, 5]
    assert [event.step for event in accumulated(tmp_path, purge=True).Scalars("loss")] == list(range(8))


def test_new_files_sort_behind_those_of_a_clock_that_was_ahead(tmp_path: Path, clock: Clock) -> None:
    ahead = tmp_path / "events.out.tfevents.1900000000.zzz.1.0"
    ahead.touch()
    run, recorder = recorded(tmp_path, clock)
    log(run, range(1))
    recorder.flush()
    assert files(tmp_path) == [ahead, recorder.path]


def test_a_writer_at_work_in_the_same_process_is_not_superseded(tmp_path: Path, clock: Clock) -> None:
    writers = pytest.importorskip("torch.utils.tensorboard")
    with writers.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("accuracy", 0.5, 3)
        writer.flush()
        run, recorder = recorded(tmp_path, clock)
        log(run, range(6))
        recorder.flush()
    assert [event.step for event in accumulated(tmp_path, purge=True).Scalars("accuracy")] == [3]


def test_a_full_disk_is_reported_once_and_written_to_when_there_is_room(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, recorder = recorded(tmp_path, clock)
    log(run, range(3))
    recorder.flush()
    write = os.write

    def write_a_little(file: int, data: Any) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) - 19])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_a_little)
        for start in (3, 6):
            log(run, range(start, start + 3))
            with pytest.warns(nbviz.NbvizWarning, match="No space left") if start == 3 else monkeypatch.context():
                assert not recorder.flush()
            clock.now += RETRY_SECONDS
    assert len(run.problems) == 1
    assert recorder.flush()
    assert len(files(tmp_path)) == 1
    assert read(tmp_path)["loss"].values.tolist() == run["loss"].values.tolist()


def test_after_a_failure_it_waits_before_it_tries_again(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, recorder = recorded(tmp_path / "file" / "logs", clock)
    (tmp_path / "file").touch()
    log(run, range(3))
    with pytest.warns(nbviz.NbvizWarning, match="training goes on"):
        assert not recorder.flush()
    (tmp_path / "file").unlink()
    assert not recorder.flush()
    clock.now += RETRY_SECONDS
    assert recorder.flush()
    assert read(tmp_path / "file" / "logs")["loss"].steps.tolist() == [0, 1, 2]


def test_a_directory_that_vanished_is_begun_anew_with_all_rows(tmp_path: Path, clock: Clock) -> None:
    run, recorder = recorded(tmp_path / "logs", clock)
    log(run, range(6))
    recorder.flush()
    run.restart(4)
    shutil.rmtree(tmp_path / "logs")
    log(run, range(4, 9))
    with pytest.warns(nbviz.NbvizWarning, match="is gone"):
        assert recorder.flush()
    log(run, range(9, 10))
    assert recorder.flush()
    found = read(tmp_path / "logs")["loss"]
    assert found.steps.tolist() == run["loss"].steps.tolist()
    assert found.superseded.tolist() == run["loss"].superseded.tolist()


def test_a_recorder_that_cannot_write_does_not_hold_up_the_others(tmp_path: Path, clock: Clock) -> None:
    flusher = Flusher()
    (tmp_path / "file").touch()
    runs = [recorded(tmp_path / name, clock) for name in ("file", "a", "b")]
    for run, recorder in runs:
        log(run, range(3))
        flusher.wake(recorder)
    with pytest.warns(nbviz.NbvizWarning, match="training goes on"):
        flusher.tick()
    assert len(read(tmp_path / "a")["loss"]) == len(read(tmp_path / "b")["loss"]) == 3
    (tmp_path / "file").unlink()
    flusher.tick(final=True)
    assert len(read(tmp_path / "file")["loss"]) == 3


TRAINING = """
import sys, time, nbviz
run = nbviz.Run(logdir=sys.argv[1])
for step in range(10**9):
    run.log(loss=step / 10, exact=step)
    if step % 100 == 0:
        run.log_histogram("layer", [step, step + 1.0])
        print(time.time(), step, flush=True)
    time.sleep(0.0002)
"""


def python(code: str, *arguments: Any, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def test_a_process_that_is_killed_loses_at_most_a_second(tmp_path: Path) -> None:
    with python(TRAINING, tmp_path) as process:
        assert process.stdout
        lines, enough = [], time.monotonic() + 2.5
        while time.monotonic() < enough:
            lines.append(process.stdout.readline())
        process.kill()
        lines += process.stdout
    killed = max(float(line.split()[0]) for line in lines if line.endswith("\n"))
    found, peer = read(tmp_path), accumulated(tmp_path)
    for tag in ("loss", "exact"):
        series = found[tag]
        assert series.wall_times[-1] > killed - 1
        assert series.steps.tolist() == list(range(len(series)))
        assert series.values.tolist() == [step / 10 if tag == "loss" else step for step in series.steps]
        events = peer.Scalars(tag)
        assert [event.step for event in events] == series.steps.tolist()
        assert [event.value for event in events] == series.values.astype(np.float32).tolist()
    assert found["layer"].steps.tolist() == [event.step for event in peer.Tensors("layer")]
    assert found["layer"].wall_times[-1] > killed - 1


def test_the_end_of_the_interpreter_writes_the_rest(tmp_path: Path) -> None:
    code = """
        import sys, nbviz
        nbviz.Run(logdir=sys.argv[1]).log(loss=0.1)
        raise SystemExit(3)
    """
    with python(code, tmp_path) as process:
        assert process.wait() == 3
    assert read(tmp_path)["loss"].values.tolist() == [0.1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_writes_nothing_to_the_file_of_its_parent(tmp_path: Path) -> None:
    code = """
        import os, sys, nbviz
        run = nbviz.Run(logdir=sys.argv[1])
        run.log(loss=0.0)
        child = os.fork()
        run.log(loss=1.0 if child else 2.0)
        run.finish()
        if child:
            os.waitpid(child, 0)
    """
    with python(code, tmp_path) as process:
        assert process.wait() == 0
    (path,) = files(tmp_path)
    assert read(path)["loss"].values.tolist() == [0.0, 1.0]
