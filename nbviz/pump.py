"""When to flush: at most 20 times a second, less often as a run ages, and once more at rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Protocol

from nbviz.notice import warn

FLUSH_SECONDS = 0.05
REST_SECONDS = 1.0
FLUSH_SHARE = 1 / 400
"""Of a processor's time that the flushes of one task take on the pump's thread, while they are 0.25 s apart or less.

Two to three times as much is spent elsewhere: on the thread of Jupyter's sockets, on waking threads, and by ``log``
itself, which in a loop of 1 ms steps finds its code in no cache any more. Together that is about a hundredth."""
SELDOM_SECONDS = 0.25
AGE_SHARE = 1 / 20_000
"""A run of eight hours flushes every 1.4 s: with its page closed, a server keeps every message in memory."""
TASKS_PER_SECOND = 400
"""All widgets together; Jupyter's server silently drops comm messages above 1,000 a second."""


class Task(Protocol):
    """What the pump drives. Neither method may block for long; what they raise is reported once."""

    def flush(self) -> None:
        """Send what is new."""

    def rest(self, final: bool = False) -> float | None:
        """Bring everything up to date: nothing has changed for a second, or for longer if ``final``.

        Returns the seconds until it wants to rest again, ``None`` when there is nothing left to do.
        """


class _Due:
    def __init__(self, now: float) -> None:
        self.born = now
        self.flushed = -1e9
        self.flush_at: float | None = None
        self.rest_at: float | None = None
        self.cost = 0.0
        """Seconds of processor time that the last flush took, with the tick around it."""


class Pump:
    """Flushes tasks that were woken, on one thread for all of them.

    Parameters
    ----------
    clock : callable, optional
        Returns seconds, monotonic; tests inject their own and call `tick` instead of starting the thread.
    spent : callable, optional
        Returns the seconds of processor time that this thread has taken.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, spent: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._spent = clock, spent
        self._lock = threading.Lock()
        self._due: dict[Task, _Due] = {}
        self._reported: set[type] = set()
        self._event = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self, task: Task, apart: float = FLUSH_SECONDS) -> None:
        """Have ``task`` flushed as soon as its rate allows, ``apart`` seconds after its last flush or later."""
        now = self._clock()
        with self._lock:
            due = self._due.setdefault(task, _Due(now))
            if due.flush_at is None:
                due.flush_at = max(now, due.flushed + max(apart, self._interval(now - due.born, due.cost)))
        self._event.set()

    def forget(self, task: Task) -> None:
        # Without the lock, as widgets are closed by __del__, also when the interpreter ends: the thread that holds the
        # lock may then never run again. All others iterate over copies.
        self._due.pop(task, None)

    def abandon(self) -> None:
        """In a forked child, such as a data loader's worker: nothing is sent from there, and no lock is held."""
        self._lock, self._event, self._thread = threading.Lock(), threading.Event(), None
        self._due.clear()

    def settle(self) -> None:
        """Bring every task that is not at rest there at once, as when the cell that trained has ended."""
        with self._lock:
            waiting = [
                (task, due) for task, due in list(self._due.items()) if (due.flush_at, due.rest_at) != (None, None)
            ]
        for task, due in waiting:
            due.flush_at, due.rest_at, due.flushed = None, None, self._clock()
            self._do(task.flush)
            self._do(partial(task.rest, final=True))

    def tick(self) -> float | None:
        """Do what is due; return the seconds until something else is, ``None`` when nothing is waiting."""
        now, before = self._clock(), self._spent()
        with self._lock:
            waiting = list(self._due.items())
        for task, due in waiting:
            if due.flush_at is not None and due.flush_at <= now:
                # Cleared first: whoever logs during the flush wakes the task again.
                due.flush_at, due.flushed, due.rest_at = None, now, now + REST_SECONDS
                self._do(task.flush)
                before, due.cost = (after := self._spent()), after - before
            elif due.flush_at is None and due.rest_at is not None and due.rest_at <= now:
                due.rest_at = None
                again = self._do(task.rest)
                before = self._spent()
                due.rest_at = None if again is None else now + again
        with self._lock:
            # A task that waits for its flush has no use for its rest, which may be long due where flushes are rare.
            nexts = [due.rest_at if due.flush_at is None else due.flush_at for due in list(self._due.values())]
        moments = [at for at in nexts if at is not None]
        return max(0.0, min(moments) - self._clock()) if moments else None

    def start(self) -> None:
        """Tick on a daemon thread from now on."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                # ipykernel 7.0 sends nothing from a thread whose context does not know what cell it is of.
                run = partial(copy_context().run, self._run)
                self._thread = threading.Thread(target=run, name="nbviz-pump", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._event.wait(self.tick())
            self._event.clear()

    def _interval(self, age: float, cost: float) -> float:
        active = sum(due.rest_at is not None for due in list(self._due.values()))
        affordable = min(SELDOM_SECONDS, cost / FLUSH_SHARE)
        return max(FLUSH_SECONDS, affordable, age * AGE_SHARE, active / TASKS_PER_SECOND)

    def _do(self, action: Callable[[], float | None]) -> float | None:
        try:
            return action()
        except Exception as error:
            if type(error) not in self._reported:
                self._reported.add(type(error))
                kind = type(error).__name__
                warn(f"nbviz could not update its view ({kind}: {error}); training goes on, data are kept.")
            return None
