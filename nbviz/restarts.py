"""Which rows of a series a restarted training run logged anew."""

from __future__ import annotations

import math
from bisect import bisect_left
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

Steps = NDArray[np.int64]
Staircase = tuple[tuple[int, int], ...]

FEW = 32
"""Rows up to which Python's own sort, which stops short where there is nothing to sort, is quicker than numpy."""


class Restarts:
    """Where a run restarted, as seen in one series.

    A run that resumes from a checkpoint logs some steps a second time. The rows it logged before, at those steps and
    beyond, are *superseded*. They are kept; views hide them unless asked.

    A restart is a step that goes back while the wall time does not, and that was logged before in the series: a log
    that is merely out of order has none. Of a further source (a new event file) the first row is one at any step that
    is not beyond what is there, unless it is earlier than the last row of another source: files that are written at the
    same time have none. A source may also declare one, as a ``SessionLog`` does. Rows count in the order in which they
    arrive, and a wall time of NaN is neither earlier nor later than another.
    """

    def __init__(self) -> None:
        self.changes = 0
        """Grows with every restart."""
        self._found: Staircase = ()
        self._ends: dict[int, tuple[int, float]] = {}
        """Step and wall time of the last row of each source."""
        self._latest = -math.inf
        """The latest of these wall times."""
        self._largest: int | None = None
        """No row beyond this step is left that is not superseded."""

    def __bool__(self) -> bool:
        return bool(self._found)

    def declare(self, row: int, step: int) -> None:
        """The run restarted at ``step`` before row ``row``: the rows above at that step and beyond are superseded."""
        if self._largest is not None and step <= self._largest:
            self._begin(row, step)

    def _begin(self, row: int, step: int) -> None:
        # It covers what an earlier restart at its step or beyond did. Another thread may be reading the tuple.
        covered = bisect_left(self._found, step, key=itemgetter(1))
        self._found = (*self._found[:covered], (row, int(step)))
        self._largest = step - 1
        self.changes += 1

    def extend(self, steps: Steps, walls: NDArray[np.float64], start: int, end: int, source: int) -> int:
        """Look at new rows.

        Parameters
        ----------
        steps, walls : ndarray, shape (n,)
            Of all rows; those beyond ``end`` do not count.
        start, end : int
            The new rows, at least one.
        source : int

        Returns
        -------
        int
            The largest step of the new rows.
        """
        step, wall, last = steps.item(start), walls.item(start), steps.item(end - 1)
        before = self._ends.get(source)
        if before is None and not wall < self._latest:
            self.declare(start, step)
        back = [start] if before is not None and step < before[0] and not wall < before[1] else []
        largest: int = last
        if not _in_order(new := steps[start:end]):
            largest = int(new.max())
            earlier = walls[start + 1 : end] < walls[start : end - 1]
            back += (np.flatnonzero((new[1:] < new[:-1]) & ~earlier) + start + 1).tolist()
        self._largest = largest if self._largest is None else max(largest, self._largest)
        if back and len(known := _logged_before(steps[:end], np.array(back))):
            for row in _stairs(known, steps[known]).tolist():
                self._begin(row, steps.item(row))
            self._largest = int(steps[known[-1] : end].max())
        wall = walls.item(end - 1)
        self._ends[source] = last, wall
        if wall > self._latest:
            self._latest = wall
        elif before is not None and before[1] == self._latest:  # it went back; only now are all looked at
            self._latest = max((each for _, each in self._ends.values() if each == each), default=-math.inf)
        return largest

    def rewind(self, kept: NDArray[np.bool_], step: int) -> None:
        """Forget the rows at ``step`` and beyond; ``kept``, shape (n,), says which rows are left."""
        rows = np.concatenate(([0], np.cumsum(kept)))
        moved = {int(rows[row]): at for row, at in reversed(self._found) if at < step}
        self._found = tuple(sorted((row, at) for row, at in moved.items() if row))
        self._ends = {source: (min(last, step - 1), wall) for source, (last, wall) in self._ends.items()}
        self._largest = None if self._largest is None or not kept.any() else min(self._largest, step - 1)
        self.changes += 1

    def join(self, rows: NDArray[np.intp]) -> None:
        """Of the rows these are left, shape (k,), and stand for those before them; none across a restart."""
        self._found = tuple((int(np.searchsorted(rows, row)), step) for row, step in self._found)

    def superseded(self, steps: Steps) -> NDArray[np.bool_]:
        """Whether each row was logged anew later, shape (n,)."""
        return superseded(steps, self._found)

    def staircase(self, limit: int = 256) -> Staircase:
        """The restarts that matter, both columns increasing: of the rows before ``row``, those from ``step`` on.

        Where there are more than ``limit``, those whose steps lie closest are joined, at the later row and the lower
        step: no superseded row then seems to be a current one, while a few current ones seem superseded.
        """
        found = self._found
        if len(found) <= limit:
            return found
        gaps = np.diff([step for _, step in found])
        ends = [*np.sort(np.argsort(gaps)[len(gaps) - limit + 1 :]).tolist(), len(found) - 1]
        starts = [0, *(end + 1 for end in ends[:-1])]
        return tuple((found[end][0], found[start][1]) for start, end in zip(starts, ends, strict=True))


def superseded(steps: Steps, stairs: Staircase) -> NDArray[np.bool_]:
    """Whether each row was logged anew after one of the restarts, shape (n,)."""
    flags = np.zeros(len(steps), bool)
    start = 0
    for row, step in stairs:
        flags[start:row] = steps[start:row] >= step
        start = row
    return flags


def _in_order(steps: Steps) -> bool:
    if len(steps) > FEW:
        return not (steps[1:] < steps[:-1]).any()
    listed: list[int] = steps.tolist()
    return listed == sorted(listed)


def _logged_before(steps: Steps, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of the rows whose step a row above them has.

    A stable sort rather than ``np.unique``, which imports numpy.ma; and only of the steps there are to be found.
    """
    wanted = steps[rows]
    near = np.flatnonzero((steps >= wanted.min()) & (steps <= wanted.max()))
    near = near[np.argsort(steps[near], kind="stable")]
    first = near[np.searchsorted(steps[near], wanted)]
    return rows[first < rows]


def _stairs(rows: NDArray[np.intp], steps: Steps) -> NDArray[np.intp]:
    """The rows that no later one undercuts."""
    lowest_after: Steps = np.minimum.accumulate(steps[::-1])[::-1]
    kept: NDArray[np.bool_] = np.append(steps[:-1] < lowest_after[1:], True)
    return rows[kept]
