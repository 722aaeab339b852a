"""Where the values of a sketch lie, as far as its bins tell: evenly spread within pieces, or all at one point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbviz.formats.floatbits import LARGEST

Floats = NDArray[np.float64]

OCTAVES = 24
"""What is smaller than the largest by more than so many factors of two is drawn in one bin around zero."""
PIVOT_OCTAVES = 5
"""The same around a pivot, where nothing calls for bins finer than a hundredth of the spread."""


class Pieces(NamedTuple):
    """Pieces in the order of their values; each array has shape (k,).

    ``low`` and ``high`` are less the pivot, and equal where the values of a piece are all at one point.
    """

    low: Floats
    high: Floats
    counts: Floats


def quantiles(pieces: Pieces, fractions: Floats) -> Floats:
    """The values, less the pivot, below which fractions of all lie; there must be a piece."""
    passed = np.cumsum(pieces.counts)
    wanted = fractions * passed[-1]
    piece = np.searchsorted(passed, wanted).clip(0, len(passed) - 1)
    left = ((passed[piece] - wanted) / pieces.counts[piece]).clip(0, 1)
    found: Floats = left * pieces.low[piece] + (1 - left) * pieces.high[piece]
    return found


def masses(pieces: Pieces, edges: Floats) -> Floats:
    """How many values lie between neighbouring edges, as `numpy.histogram` counts them; edges are less the pivot."""
    points = pieces.low == pieces.high
    low, high, counts = (column[~points] for column in pieces)
    passed = np.cumsum(counts)
    # Up the middle of a piece, level between two.
    bends, reached = np.stack([low, high], 1).ravel(), np.stack([passed - counts, passed], 1).ravel()
    found: Floats = np.diff(np.interp(edges, bends, reached)) if len(bends) else np.zeros(len(edges) - 1)
    at = pieces.low[points]
    place = np.searchsorted(edges, at, side="right") - 1
    place[at == edges[-1]] = len(edges) - 2
    inside = (place >= 0) & (place < len(edges) - 1)
    np.add.at(found, place[inside], pieces.counts[points][inside])
    return found


def with_point(pieces: Pieces, point: float, count: int) -> Pieces:
    """The pieces and more values, all at one point; a piece on both sides of it becomes two, so that order is kept."""
    low, high, counts = pieces
    at = int(np.searchsorted(high, point, side="right"))
    if at < len(low) and low[at] < point:
        share = counts[at] * (point - low[at]) / (high[at] - low[at])
        counts = np.insert(counts, at, share)
        counts[at + 1] -= share
        low, high = np.insert(low, at + 1, point), np.insert(high, at, point)
        at += 1
    return Pieces(np.insert(low, at, point), np.insert(high, at, point), np.insert(counts, at, count))


def whole(masses: Floats) -> NDArray[np.int64]:
    """Masses rounded to whole counts with the same sum, each by less than one."""
    return np.diff(np.rint(np.cumsum(masses)), prepend=0).astype(np.int64)


def drawn(places: NDArray[np.int64], edges: Floats, pivot: float, ends: tuple[float, float]) -> tuple[Floats, Floats]:
    """Counts (k,) and increasing edges (k + 1,), as they are drawn.

    Parameters
    ----------
    places : ndarray of int64, shape (n,)
        Counts in the order of their values.
    edges : ndarray of float64, shape (n + 1,)
        Less the pivot.
    pivot : float
    ends : (float, float)
        The smallest and the largest value.
    """
    filled = np.flatnonzero(places)
    if not len(filled):
        return np.zeros(1), np.array([-1.0, 1.0])
    if pivot and ends[0] == ends[1]:
        width = max(abs(pivot), abs(ends[0])) / 4
        return places[filled].astype(np.float64), ends[0] + width * np.array([-0.5, 0.5])
    kept = _kept_edges(edges, filled, pivot)
    wanted = edges[kept] + pivot
    # The outermost bins of all reach as far as the values do, and no further than a float32, which is what pages have.
    # Others end at their own edges, so that captures of like values have the same ones and add up exactly.
    if kept[0] == 0:
        wanted[0] = min(ends[0], -LARGEST)
    if kept[-1] == len(places):
        wanted[-1] = max(ends[1], LARGEST)
    return np.add.reduceat(places, kept[:-1]).astype(np.float64), wanted


def _kept_edges(edges: Floats, filled: NDArray[np.intp], pivot: float) -> NDArray[np.intp]:
    """The edges between which to draw the bins that are ``filled``; at least two.

    Close to the pivot one bin stands for many: what is too small to be drawn, or for a float64 to tell apart.
    """
    first, last = int(filled[0]), int(filled[-1]) + 1
    magnitudes = np.abs(edges)
    largest = float(magnitudes[[first, last]].max())
    floor = max(largest * 2.0**-PIVOT_OCTAVES, abs(pivot) * 2.0**-40) if pivot else largest * 2.0**-OCTAVES
    kept = np.flatnonzero(magnitudes >= floor)
    begin = np.searchsorted(kept, first, side="right") - 1
    end = np.searchsorted(kept, last)
    return kept[max(0, begin) : end + 1]


def checked_edges(edges: ArrayLike) -> Floats:
    """Edges (k + 1,) that a user gave.

    Raises
    ------
    ValueError
        If they are none.
    """
    checked = np.asarray(edges, np.float64)
    if checked.ndim != 1 or len(checked) < 2 or not (np.diff(checked) > 0).all():
        raise ValueError(f"expected two edges or more, increasing, got an array of shape {checked.shape}.")
    return checked
