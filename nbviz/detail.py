"""The rows that a line shows between two steps: all of them, or fewer that still show every spike.

A row counts if a piece of the line that begins or ends at it touches the range: those within, and on either side the
one that the line comes from or goes to. Of a series whose steps go back that holds for each of its passes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbviz.reduce import kept_rows, stride_for
from nbviz.restarts import Staircase, superseded

Rows = NDArray[np.intp]


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
