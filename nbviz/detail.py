"""The rows that a line shows between two steps: all of them, or fewer that still show every spike.

A row counts if a piece of the line that begins or ends at it touches the range: those within, and on either side the
one that the line comes from or goes to. Of a series whose steps go back that holds for each of its passes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.splice import ScalarColumns, Splice
from nbviz.reduce import kept_rows, stride_for
from nbviz.restarts import Staircase, superseded
from nbviz.series import ScalarSeries

Rows = NDArray[np.intp]


class Known:
    """A series as of one moment, whatever is logged or taken back meanwhile."""

    def __init__(self, series: ScalarSeries) -> None:
        self.tag, self.generation = series.tag, series.generation
        self.columns = series.since(0)
        self.stairs: Staircase = series.stairs()


class Closer:
    """Looks closer at the series of one run."""

    def __init__(self) -> None:
        self._ordered: dict[str, tuple[int, int, bool]] = {}

    def splice(self, known: Known, first: int, last: int, points: int) -> Splice:
        """What is to be seen of a series between two steps, in about ``points`` rows at most."""
        steps, walls, values = known.columns
        rows = between(steps, first, last, self._is_ordered(known), known.stairs)
        apart = superseded(steps, known.stairs)[rows] if known.stairs else None
        kept = thinned(values[rows], points, apart)
        if isinstance(rows, slice):
            start, count = rows.start, rows.stop - rows.start
            index = None if kept is None else start + kept
        else:
            start, count = int(rows[0]) if len(rows) else 0, len(rows)
            index = rows if kept is None else rows[kept]
        which = rows if index is None else index
        columns = ScalarColumns(
            steps[which].astype(np.float64),
            walls[which],
            values[which],
            None if index is None else index.astype(np.uint32),
        )
        return Splice(
            known.tag, "scalar", known.generation, start, count, columns, restarts=known.stairs, of=len(steps)
        )

    def _is_ordered(self, known: Known) -> bool:
        """Whether its steps never go back; of rows looked at before, that is known."""
        steps = known.columns[0]
        generation, rows, ordered = self._ordered.get(known.tag, (known.generation, 0, True))
        if generation != known.generation or rows > len(steps):
            rows, ordered = 0, True
        new = steps[max(0, rows - 1) :]
        ordered = ordered and not bool((new[1:] < new[:-1]).any())
        self._ordered[known.tag] = (known.generation, len(steps), ordered)
        return ordered


def between(steps: NDArray[np.int64], first: int, last: int, ordered: bool, stairs: Staircase = ()) -> slice | Rows:
    """Which rows count between two steps, both included.

    Parameters
    ----------
    steps : ndarray of int64, shape (n,)
    first, last : int
    ordered : bool
        Whether no step is smaller than the one before, so that bisection finds the range.
    stairs : tuple of (row, step), optional
        The restarts of the series. With superseded rows left out the line goes from one current row to the next, so
        that other rows may count.

    Returns
    -------
    slice or ndarray of intp
        A slice where ``ordered`` and without restarts, else increasing rows.
    """
    if ordered and not stairs:
        begin, end = np.searchsorted(steps, first, "left"), np.searchsorted(steps, last, "right")
        return slice(max(0, int(begin) - 1), min(len(steps), int(end) + 1))
    rows = _touching(steps, first, last)
    if not stairs:
        return rows
    current = np.flatnonzero(~superseded(steps, stairs))
    found: Rows = np.sort(np.concatenate([rows, current[_touching(steps[current], first, last)]]))
    return found[np.diff(found, prepend=-1) > 0]


def _touching(steps: NDArray[np.int64], first: int, last: int) -> Rows:
    side = (steps > last).view(np.int8) - (steps < first).view(np.int8)
    touching = side == 0
    crossing = side[1:] != side[:-1]
    touching[1:] |= crossing
    touching[:-1] |= crossing
    return np.flatnonzero(touching)


def thinned(values: NDArray[np.float64], limit: int, apart: NDArray[np.bool_] | None = None) -> Rows | None:
    """Which of some rows to keep so that they are at most about ``limit``, ``None`` for all.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    limit : int
    apart : ndarray of bool, shape (n,), optional
        Tells superseded rows from current ones: each kind keeps its own spikes, as either may be shown alone.
    """
    if len(values) <= limit:
        return None
    if apart is None or not apart.any():
        return kept_rows(values, stride_for(len(values), limit))
    kinds = [np.flatnonzero(apart), np.flatnonzero(~apart)]
    kept = [kind[kept_rows(values[kind], stride_for(len(kind), limit // 2))] for kind in kinds]
    return np.sort(np.concatenate(kept))
