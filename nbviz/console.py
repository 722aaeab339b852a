"""Console: the line that a run prints where no notebook shows it."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO
from weakref import WeakValueDictionary

from nbviz.charts import place
from nbviz.run import Run
from nbviz.series import ScalarSeries

TERMINAL_SECONDS = 0.2
LOG_SECONDS = 10.0
LOG_SHARE = 1 / 10
"""A log has a line every 10 s at first, after an hour every 6 min: a night of training is one page of it."""
LOG_WIDTH = 120
LONGEST = 40
"""Characters of a name."""

_of_runs: WeakValueDictionary[int, Console] = WeakValueDictionary()


class Console:
    """Writes where a run is to stderr: over and over into one line of a terminal, seldom and line by line into a log.

    Parameters
    ----------
    run : Run
    stream : callable, optional
        Returns the stream to write to, or None; asked at every line, as programs exchange theirs.
    clock : callable, optional
        Returns seconds, monotonic.
    """

    def __init__(
        self,
        run: Run,
        stream: Callable[[], TextIO | None] = lambda: sys.stderr,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run, self._stream, self._clock = run, stream, clock
        self._born = clock()
        self._before = (self._born, run.last_step)
        self._next = self._born
        self._said: tuple[str, int] | None = None
        self._bar: Any = None
        self._writing = threading.Lock()
        self._process = os.getpid()

    @classmethod
    def of(cls, run: Run) -> Console:
        """The console of a run, made at the first call: however many views it has, it is written once."""
        # By id: a console keeps its run alive, so an id in the table is never another run's.
        console = _of_runs.get(id(run))
        if console is None:
            console = _of_runs[id(run)] = cls(run)
        return console

    def flushed(self) -> None:
        """Rows were committed: write, if the last line was long enough ago."""
        if self._run.state != "live":
            self.close()
        elif self._clock() >= self._next:
            self._write(self._run.state)

    def rested(self) -> None:
        """Nothing is kept here."""

    def close(self) -> None:
        """Write how the run ended, and end the line."""
        self._write("stopped" if self._run.state == "live" else self._run.state, last=True)

    def _write(self, state: str, last: bool = False) -> None:
        stream = self._stream()
        if stream is None or self._process != os.getpid():
            return
        with self._writing:
            try:
                self._put(stream, state, last)
            except (OSError, ValueError):  # a terminal that hung up, a stream that was closed
                self._next = float("inf")

    def _put(self, stream: TextIO, state: str, last: bool) -> None:
        now, step = self._clock(), self._run.last_step
        values = self._values()
        if not values or self._said == (state, step) or (last and self._said is None and state == "stopped"):
            self._end()
            return
        terminal = stream.isatty()
        width = shutil.get_terminal_size().columns - 1 if terminal else LOG_WIDTH
        text = fitted(self._head(state, step), values, self._tail(now, step, last), width)
        self._next = now + (TERMINAL_SECONDS if terminal else max(LOG_SECONDS, (now - self._born) * LOG_SHARE))
        self._said, self._before = (state, step), (now, step)
        if terminal:
            self._draw(stream, text, width)
        else:
            print(text, file=stream, flush=True)
        if last:
            self._end()
            self._next = now

    def _draw(self, stream: TextIO, text: str, width: int) -> None:
        """In a line that tqdm keeps, so that it, other runs and progress bars leave each other alone."""
        if self._bar is None:
            from tqdm import tqdm

            # The size is told, as terminals that do not know theirs say 0, and tqdm would write nothing.
            lines = shutil.get_terminal_size().lines
            self._bar = tqdm(bar_format="{desc}", file=stream, ncols=width, nrows=lines, leave=True)
        self._bar.ncols = width
        self._bar.set_description_str(text)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _head(self, state: str, step: int) -> str:
        how = "" if state == "live" else f"{state} at "
        return f"{plain(self._run.name)}: {how}step {step:,}"

    def _tail(self, now: float, step: int, last: bool) -> str:
        since, before = (self._born, 0) if last else self._before
        rate = (step - before) / (now - since) if now > since else 0.0
        minutes, seconds = divmod(int(now - self._born), 60)
        hours, minutes = divmod(minutes, 60)
        elapsed = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        return f"({rate:.3g} steps/s, {elapsed})" if rate > 0 else f"({elapsed})"

    def _values(self) -> list[str]:
        """The latest value of what has a chart; of a tensor's statistics there are thousands."""
        with self._run.lock:
            series = [each for each in self._run.committed() if isinstance(each, ScalarSeries) and len(each)]
            return [f"{plain(each.tag)} {each.values[-1]:.4g}" for each in series if place(each.tag).panel == "charts"]


def plain(name: str) -> str:
    """A name as a terminal may have it: what would move its cursor, colour it or turn the words around is replaced."""
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."
    return "".join(character if character.isprintable() else "?" for character in short)


def fitted(head: str, values: Iterable[str], tail: str, width: int) -> str:
    """One line of at most ``width`` characters: values that do not fit are left out, and counted."""
    shown: list[str] = []
    left = list(values)
    while left:
        more = f"+{len(left) - 1}" if len(left) > 1 else ""
        if len("  ".join(filter(None, [head, *shown, left[0], more, tail]))) > width and shown:
            shown.append(f"+{len(left)}")
            break
        shown.append(left.pop(0))
    return "  ".join([head, *shown, tail])[: max(width, 1)]


@atexit.register
def _close_all() -> None:
    for console in list(_of_runs.values()):
        console.close()
