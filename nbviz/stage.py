"""The stage: what was logged and is not in the columns yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.items.text import Text
from nbviz.iterations import Event, Iteration, Ledger
from nbviz.notice import Problems
from nbviz.ondevice import Scalars, Unread
from nbviz.series import Confusion, Histogram, HistogramSeries, Kind
from nbviz.values import STEP_LIMIT

STAGE_LIMIT = 1024
"""Staged calls that a log() commits itself, so that a run nobody looks at stays small."""

Content = Histogram | Confusion | Text | bytes
"""What is kept of an item that was logged; bytes are those of a sketch."""

Rows = tuple[list[int], list[float], list[float]]
"""Steps, wall times and values."""


class Captured(NamedTuple):
    """An item on the stage; its step is known at the commit."""

    tag: str
    content: Content
    kind: Kind = "histogram"


class Derived(dict[str, float]):
    """Scalars that come with histograms and, as those, take no step of their own."""


At = int | Iteration | None
"""A step, the iteration whose step it is, or that of the latest `log` call."""

Staged = tuple[float, At, "dict[str, float] | Captured | Event"]
"""Wall time, step where one was given, and what was logged."""


class Stage(list[Staged]):
    """Calls in their order: a list, as nothing is quicker than to append to one.

    Attributes
    ----------
    latest_step, next_step : int
        The step of the latest row, and the one after the largest.
    waiting : list of (float, Iteration, payload)
        What belongs to iterations whose step is not known yet.
    scalars : Scalars
        Those logged that a device has yet to compute.
    """

    def __init__(self, problems: Problems) -> None:
        super().__init__()
        self.scalars = Scalars(problems)
        self.latest_step = self.next_step = 0
        self.waiting: list[tuple[float, Iteration, dict[str, float] | Captured]] = []
        self._ledger = Ledger()

    @property
    def first_step(self) -> int:
        """That of a loop which begins now and logs nothing."""
        return max(self.next_step, self._ledger.reached + 1)

    def count_on(self, latest: int, largest: int) -> None:
        """Rows came from elsewhere, of which ``latest`` is the last step; counting stays within an int64."""
        self.latest_step, self.next_step = latest, max(self.next_step, min(largest, STEP_LIMIT) + 1)

    def rewind(self, step: int) -> None:
        self.latest_step, self.next_step = max(0, step - 1), step
        self._ledger.rewind(step)

    def settle(self, iteration: Iteration) -> int:
        """The step of an iteration, from now on."""
        self._ledger.settle(iteration, self.next_step)
        assert iteration.step is not None
        return iteration.step

    def drain(self, of_kind: Callable[[str, Kind], Any], whole: bool = True) -> set[HistogramSeries]:
        """Move what is staged into the series that ``of_kind`` finds or makes, and return those that have new captures.

        What belongs to iterations whose step is not known yet is moved if ``whole``. All is taken off the stage at the
        end, as an interrupt is most likely while it is looked at.
        """
        staged: list[tuple[float, Any, Any]] = self._known(whole)
        if not self.waiting and (logged := _alike(staged, self.next_step)) is not None:
            return self._take(logged, of_kind)
        waiting = self.waiting[:]
        rows, ledger = _Rows(of_kind), self._ledger
        columns = rows.columns
        latest, following = self.latest_step, self.next_step
        for wall, step, payload in staged:
            if step.__class__ is Iteration:
                if payload.__class__ is Event:
                    ledger.happened(step, payload, following)
                else:
                    waiting.append((wall, step, payload))
                continue
            if payload.__class__ is Captured or payload.__class__ is Derived:
                rows.add(wall, latest if step is None else step, payload)
                continue
            ledger.counting = step is None
            latest = step = following if step is None else step
            if step >= following:
                following = step + 1
            if ledger.waits:
                ledger.log(step)
            for tag in payload:
                steps, walls, values = columns[tag]
                steps.append(step)
                walls.append(wall)
                values.append(payload[tag])
        for wall, iteration, found in waiting:
            if whole:
                ledger.settle(iteration, following)
            if iteration.step is not None:
                rows.add(wall, iteration.step, found)
        self.waiting = [each for each in waiting if each[1].step is None]
        self.latest_step, self.next_step = latest, following
        del self[: len(staged)]
        return rows.move()

    def _take(self, logged: _Logged, of_kind: Callable[[str, Kind], Any]) -> set[HistogramSeries]:
        """As `drain` does, of calls that are alike."""
        found = [of_kind(tag, "scalar") for tag in logged.tags]
        self._ledger.counting = logged.counted
        if self._ledger.waits:
            self._ledger.log(logged.steps.item(0))
        self.latest_step, self.next_step = logged.steps.item(-1), max(self.next_step, int(logged.steps.max()) + 1)
        del self[: len(logged.steps)]
        for series, values in zip(found, logged.values, strict=True):
            series.extend(logged.steps, logged.walls, values)
        return set()

    def _known(self, wait: bool) -> list[tuple[float, Any, Any]]:
        """What is staged before the first call of which a number is still to come."""
        staged: list[tuple[float, Any, Any]] = self[:]
        if not self.scalars.used:
            return staged
        if wait:
            self.scalars.read(wait=True)
        for i, (wall, step, payload) in enumerate(staged):
            if payload.__class__ is Unread:
                if payload.scalars:
                    return staged[:i]
                staged[i] = (wall, step, dict(payload))
        return staged


class _Logged(NamedTuple):
    """Calls of `log` with the same metrics, as columns.

    Attributes
    ----------
    tags : sequence of k str
    steps : ndarray of int64, shape (n,)
    walls : ndarray of float64, shape (n,)
    values : ndarray of float64, shape (k, n)
    counted : bool
        Whether the steps were counted rather than given.
    """

    tags: Sequence[str]
    steps: NDArray[np.int64]
    walls: NDArray[np.float64]
    values: NDArray[np.float64]
    counted: bool


def _alike(staged: list[tuple[float, Any, Any]], following: int) -> _Logged | None:
    """What is staged as columns, a third of the work, where it is nothing but the same metrics over and over."""
    if not staged:
        return None
    walls, steps, payloads = zip(*staged, strict=True)
    if {*map(type, payloads)} != {dict} or {*map(len, payloads)} != {len(tags := (*payloads[0],))} or not tags:
        return None
    kinds, rows = {*map(type, steps)}, len(steps)
    if kinds == {int}:
        numbers = np.fromiter(steps, np.int64, rows)
    elif kinds == {type(None)}:
        numbers = np.arange(following, following + rows)
    else:
        return None
    found = map(itemgetter(*tags), payloads)
    flat = found if len(tags) == 1 else chain.from_iterable(found)
    try:
        values = np.fromiter(flat, np.float64, rows * len(tags)).reshape(rows, len(tags))
    except KeyError:
        return None
    return _Logged(tags, numbers, np.fromiter(walls, np.float64, rows), values.T, kinds != {int})


class _Columns(dict[str, Rows]):
    """Rows of scalars by tag; a tag gets its series when it is first asked for."""

    def __init__(self, of_kind: Callable[[str, Kind], Any]) -> None:
        super().__init__()
        self._of_kind = of_kind

    def __missing__(self, tag: str) -> Rows:
        self._of_kind(tag, "scalar")
        return self.setdefault(tag, ([], [], []))


class _Rows:
    """Rows on their way from the stage to the series."""

    def __init__(self, of_kind: Callable[[str, Kind], Any]) -> None:
        self._of_kind = of_kind
        self.columns = _Columns(of_kind)
        self._captures: list[tuple[Any, int, float, Content]] = []

    def add(self, wall: float, step: int, payload: dict[str, float] | Captured) -> None:
        if isinstance(payload, Captured):
            self._captures.append((self._of_kind(payload.tag, payload.kind), step, wall, payload.content))
            return
        for tag, value in payload.items():
            steps, walls, values = self.columns[tag]
            steps.append(step)
            walls.append(wall)
            values.append(value)

    def move(self) -> set[HistogramSeries]:
        """Append them; returns the series that have new captures."""
        for tag, columns in self.columns.items():
            self._of_kind(tag, "scalar").extend(*columns)
        for series, step, wall, content in self._captures:
            series.append(step, wall, content)
        return {series for series, *_ in self._captures if isinstance(series, HistogramSeries)}
