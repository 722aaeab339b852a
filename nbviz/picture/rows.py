"""Which rows of a series a picture shows, which of them it draws, and which one the cursor reads."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.picture.axes import Floats
from nbviz.reduce import kept_rows
from nbviz.series import ScalarSeries, Series

OCTAVES = 8
Column = NDArray[np.number[Any]]


class Rows(NamedTuple):
    """Scalars as they were logged."""

    steps: NDArray[np.int64]
    walls: Floats
    values: Floats

    @classmethod
    def of(cls, series: ScalarSeries, rows: NDArray[np.intp]) -> Rows:
        # Most have no restarts, and millions of rows need not be copied then.
        shown = slice(len(rows)) if len(rows) == len(series) else rows
        return cls(series.steps[shown], series.wall_times[shown], series.values[shown])


class Seen(NamedTuple):
    """What decides which rows of a series a picture draws."""

    buckets: int
    step: int
    smoothing: float
    superseded: bool
    zoom: tuple[float, float] | None
    log: bool

    def rows(self, steps: Column, values: Floats) -> NDArray[np.intp]:
        """Enough of all rows to know the curve by, and of those in a zoom as much as can be seen there."""
        rows = _reduced(values, self.buckets)
        end = len(values) // OCTAVES if self.log else 0
        while end:
            # The first rows take as much room on a logarithmic axis as the many after them.
            rows = np.union1d(rows, _reduced(values[:end], self.buckets // 2))
            end //= OCTAVES
        if self.zoom is None or len(rows) == len(values):
            return rows
        inside = np.flatnonzero((steps >= self.zoom[0]) & (steps <= self.zoom[1]))
        if not len(inside):
            return rows
        # The neighbours on either side: lines come in from there.
        first, last = max(0, inside[0] - 1), inside[-1] + 2
        return np.union1d(rows, first + _reduced(values[first:last], self.buckets))


def shown_rows(series: Series, superseded: bool) -> NDArray[np.intp]:
    """The rows of a series, with or without those that a restart superseded."""
    # A training thread may append meanwhile: the columns that are longer are cut.
    rows = len(series)
    return np.arange(rows) if superseded or not series.restarts else np.flatnonzero(~series.superseded[:rows])


def _reduced(values: Floats, buckets: int) -> NDArray[np.intp]:
    """Of each bucket of rows the smallest and the largest, and what is not finite; of all the first and the last.

    A line has two turns a bucket then, which is what a reader can see of it where buckets are two pixels wide.
    """
    stride = max(1, -(-len(values) // buckets))
    rows = kept_rows(values, stride)
    if stride < 4:
        return rows
    kept = values[rows]
    finite = np.isfinite(kept)
    bucket = rows // stride
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    low = np.minimum.reduceat(np.where(finite, kept, np.inf), starts)[bucket]
    high = np.maximum.reduceat(np.where(finite, kept, -np.inf), starts)[bucket]
    wanted = (kept == low) | (kept == high) | ~finite
    wanted[[0, -1]] = True
    return np.asarray(rows[wanted])


def row_at(steps: NDArray[np.int64], step: int) -> int | None:
    """The last row of those with the greatest step that is not past ``step``; None while all are past it."""
    if not len(steps):
        return None
    if (steps[1:] >= steps[:-1]).all():
        row = int(np.searchsorted(steps, step, side="right")) - 1
        return row if row >= 0 else None
    past = np.where(steps <= step, steps, np.iinfo(np.int64).min)
    row = len(steps) - 1 - int(past[::-1].argmax())
    return row if steps[row] <= step else None
