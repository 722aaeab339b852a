"""Where the values of a sketch lie, as far as its bins tell: evenly spread within pieces, or all at one point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


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
    # What is interpolated on a steep slope may be less, in its last digit, than what came before.
    found: Floats = np.diff(np.interp(edges, bends, reached)).clip(0) if len(bends) else np.zeros(len(edges) - 1)
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
