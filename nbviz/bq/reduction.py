"""Which rows of a growing series a mark draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbviz.reduce import kept_rows, stride_for
from nbviz.series import ScalarSeries

POINTS = 2_000
"""Points of a line: more than a chart has pixels, and few enough to be sent whole four times a second."""


class Reduction:
    """At most `POINTS` rows of one series, every spike among them, of those that no restart superseded.

    Of rows that only grow just the new ones are looked at, so that the length of a history costs nothing.
    """

    def __init__(self, series: ScalarSeries) -> None:
        self._series = series
        self._state: tuple[int, int, int] | None = None
        self._head = np.empty(0, np.intp)
        """The rows that are left of those before the last restart."""
        self._start = 0
        """The first row after it."""
        self._whole = 0
        """Of the rows that are left, so many were looked at, in whole buckets; ``_kept`` are those kept of them."""
        self._kept = np.empty(0, np.intp)

    def rows(self) -> NDArray[np.intp]:
        """The rows to draw now, increasing; the run's lock is held."""
        series = self._series
        generation, changes = series.generation, series.restarts.changes
        if self._state is None or self._state[:2] != (generation, changes):
            self._begin()
        count = len(self._head) + len(series) - self._start
        stride = stride_for(count, POINTS)
        if self._state != (generation, changes, stride):
            self._state = (generation, changes, stride)
            self._whole, self._kept = 0, np.empty(0, np.intp)
        new = self._current(self._whole)
        whole = len(new) // stride * stride
        self._kept = np.concatenate([self._kept, new[kept_rows(series.values[new[:whole]], stride)]])
        self._whole += whole
        rest = new[whole:]
        return np.concatenate([self._kept, rest[kept_rows(series.values[rest], stride)]])

    def _begin(self) -> None:
        stairs = self._series.restarts.staircase()
        self._start = stairs[-1][0] if stairs else 0
        self._head = np.flatnonzero(~self._series.superseded[: self._start])

    def _current(self, start: int) -> NDArray[np.intp]:
        """The rows that are left, without the first ``start`` of them."""
        beyond = max(0, start - len(self._head))
        return np.concatenate([self._head[start:], np.arange(self._start + beyond, len(self._series))])
