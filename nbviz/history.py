"""History: which captures of a series to add up when there are more than are to be kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.items.sketched import Sketched
from nbviz.formats.sketch import Sketch

Flags = NDArray[np.bool_]

RECENT = 4
"""The newest captures stay whole: one part in so many of those that are kept."""
_NEVER = np.iinfo(np.int64).max


def marked(steps: NDArray[np.int64], marks: Sequence[int]) -> Flags:
    """Whether each row is the first at a mark or after it, shape (n,)."""
    wanted = np.asarray(marks, np.int64)
    passed = np.searchsorted(wanted, steps, side="right")
    before = np.searchsorted(wanted, steps[:-1], side="right")
    return np.asarray((passed > np.append(0, before)) | np.isin(steps, wanted))


def bound(
    captures: Sequence[Sketched], sizes: NDArray[np.int64], budget: int, whole: Flags, apart: Flags
) -> tuple[list[Sketched], NDArray[np.intp]]:
    """Add up neighbours, the fewest captures first and of as few the oldest, until no more than a budget are left.

    Parameters
    ----------
    captures : sequence of n captures
    sizes : ndarray of int64, shape (n,)
        How many captures each of them is the sum of.
    budget : int
        More are left where these must not be merged: the newest quarter, and what the flags say.
    whole : ndarray of bool, shape (n,)
        Captures that stay as they are.
    apart : ndarray of bool, shape (n - 1,)
        Neighbours that are not added to each other.

    Returns
    -------
    captures : list of k captures
        A sum has the step and the wall time of its last one.
    rows : ndarray of intp, shape (k,)
        Which of the n each one is, or is the sum up to.
    """
    held, rows = list(captures), np.arange(len(captures))
    closed = apart | whole[1:] | whole[:-1]
    closed[max(0, len(held) - budget // RECENT - 1) :] = True
    while len(held) > budget:
        together = np.where(closed, _NEVER, sizes[1:] + sizes[:-1])
        at = int(together.argmin())
        if together[at] == _NEVER:
            break
        held[at : at + 2] = [_added(held[at], held[at + 1])]
        sizes = np.delete(sizes, at)
        sizes[at] = together[at]
        rows, closed = np.delete(rows, at), np.delete(closed, at)
    return held, rows


def _added(first: Sketched, second: Sketched) -> Sketched:
    data = (Sketch.from_bytes(first.data) + Sketch.from_bytes(second.data)).to_bytes()
    return second._replace(data=data, captures=first.captures + second.captures, first_step=first.first)
