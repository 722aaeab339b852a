"""Recorder: appends the new rows of a Run to an event file while training goes on."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nbviz.series import Series
from nbviz.sinks.file import AppendedFile, goes_on
from nbviz.sinks.rows import Encoder, Segment, take
from nbviz.sinks.save import Recorded, directory_of, segments

WRITE_SECONDS = 0.5
"""A process that is killed loses what it logged in so many seconds."""
RETRY_SECONDS = 5.0
"""How long to wait after a disk was found to be full, or the like."""


class Recorder:
    """Writes the rows of one run to a new event file in a directory.

    Parameters
    ----------
    run : Run
    path : str or path
    clock : callable, optional
        Returns seconds since the epoch; tests inject their own.

    Notes
    -----
    `collect` takes slices of the columns, which no later change of the run alters, and `flush` writes them. Whatever
    cannot be written is kept and tried again. Only the process that made the recorder writes: not its forks.
    """

    def __init__(self, run: Recorded, path: str | os.PathLike[str], clock: Callable[[], float] = time.time) -> None:
        self.directory: Path = directory_of(path).absolute()
        self._run, self._clock = run, clock
        self._process = os.getpid()
        self._writing = threading.Lock()
        self._retry_at = -np.inf
        self._begin(deque(), {})

    def _begin(self, queue: deque[Segment], marks: dict[str, int]) -> None:
        self._file = AppendedFile(self.directory, self._clock)
        self._encoder = Encoder(self._run.report)
        self._queue = queue
        self._blocks: Iterator[bytes] = iter(())
        self._block = b""
        self._marks = marks
        """Rows of each tag that were collected."""

    @property
    def path(self) -> Path | None:
        """The event file, once there is one."""
        return self._file.path

    def wake(self) -> None:
        """The run changed: have it written soon."""
        if os.getpid() == self._process:
            flusher.wake(self)

    def restart(self, step: int, forget: bool = False) -> None:
        """The run is about to go on from ``step``; with ``forget``, its rows from there on are about to go.

        The file keeps them, superseded.
        """
        with self._run.lock:
            self.collect()
            series = [each for each in self._run.committed() if len(each)]
            if any(each.steps.max() >= step for each in series):
                self._queue.append(Segment((step, self._clock()), []))
            if forget:
                self._marks = {each.tag: int(np.count_nonzero(each.steps < step)) for each in series}
        self.wake()

    def collect(self) -> None:
        """Queue the rows that are new."""
        with self._run.lock:
            self._run.commit(whole=False)
            rows = []
            for series in self._run.committed():
                start, stop = self._marks.get(series.tag, 0), len(series)
                if stop > start:
                    rows.append(take(series, start, stop))
                    self._marks[series.tag] = stop
            if rows:
                self._queue.append(Segment(None, rows))

    def skip(self, series: Series) -> None:
        """The rows of a series were merged after they were collected: none of those that it has is new."""
        self._marks[series.tag] = len(series)

    def flush(self, final: bool = False) -> bool:
        """Write what is new, also if waiting to try again where ``final``; True when nothing is left to be written."""
        if os.getpid() != self._process:
            return True
        with self._writing:
            if self._clock() < self._retry_at and not final:
                return False
            try:
                self._drain()
                self.collect()  # not before: what failed to be written does not pile up in small pieces
                self._drain()
            except Exception as error:
                self._retry_at = self._clock() + RETRY_SECONDS
                reason = getattr(error, "strerror", None) or repr(error)
                self._run.report(
                    f"the run cannot be written to {self.directory} ({reason}); training goes on, the rows are kept in "
                    "memory, and writing is tried again."
                )
            return not (self._block or self._queue)

    def _drain(self) -> None:
        while self._next_block():
            try:
                self._file.append(self._block)
            except FileNotFoundError:
                if self._file.path is None:
                    raise
                self._run.report(f"{self._file.path} is gone, so a new event file was begun, with all rows.")
                self._start_anew()
            else:
                self._block = b""

    def _start_anew(self) -> None:
        with self._run.lock:
            everything = deque(segments(self._run))
            self._begin(everything, {series.tag: len(series) for series in self._run.committed()})

    def _next_block(self) -> bytes:
        """What is to be written next; nothing when all is written."""
        while not self._block:
            block = next(self._blocks, None)
            if block is not None:
                self._block = block
            elif self._queue:
                self._blocks = self._encoder.blocks(self._introduced(self._queue[0]))
                self._queue.popleft()  # only now, as looking into the directory may have failed
            else:
                break
        return self._block

    def _introduced(self, segment: Segment) -> Segment:
        """A segment that begins a file, and says from where on it supersedes what an earlier run left there."""
        if self._file.path is not None or not segment.rows or not goes_on(self.directory):
            return segment
        step = min(int(rows.steps.min()) for rows in segment.rows)
        return Segment((step, float(segment.rows[0].wall_times[0])), segment.rows)


class Flusher:
    """Has recorders write soon after they were woken, on one thread for all of them."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked child, such as a data loader's worker: nothing is written from there."""
        self._woken: dict[Recorder, None] = {}
        self._event = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self, recorder: Recorder) -> None:
        self._woken[recorder] = None
        self._event.set()

    def start(self) -> None:
        """Tick on a daemon thread from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="nbviz-recorder", daemon=True)
            self._thread.start()

    def tick(self, final: bool = False) -> None:
        """Have those write that were woken; those that could not are woken again."""
        for recorder in list(self._woken):
            self._woken.pop(recorder, None)
            if not recorder.flush(final):
                self.wake(recorder)

    def _work(self) -> None:
        while True:
            self._event.wait()
            time.sleep(WRITE_SECONDS)
            self._event.clear()
            self.tick()


def record(run: Any, path: str | os.PathLike[str], present: Recorder | None = None) -> Recorder:
    """Have the rows of a run written to a new event file in a directory from now on, those that it has first.

    Nothing changes if its ``present`` recorder writes there already.
    """
    recorder = Recorder(run, path)
    if present is not None:
        if present.directory != recorder.directory:
            raise ValueError(f"run {run.name!r} is recorded in {present.directory} already.")
        return present
    run.listen(recorder.wake)
    recorder.wake()
    flusher.start()
    return recorder


flusher = Flusher()
atexit.register(flusher.tick, final=True)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=flusher.forget)
