"""Edges of a sketch's bins in one byte each.

Such an edge is a float32 of which all bits are zero but the sign, the exponent and the first three of the mantissa.
What these are is its *code*, which grows with the edge and is negative where that is. Of the edges of a capture the
code of the first is sent and, for each other, by how much it is larger than the one before; 0 says that it is that
one's negative, as around zero.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.drawn import Drawn

Codes = NDArray[np.int64]

_SHIFT = 23 - 3
_LARGEST_RISE = 255


def encode_edges(drawn: Drawn) -> tuple[NDArray[np.bool_], Codes, Codes]:
    """Which captures have such edges, and of all the code of the first edge and one rise for each bin."""
    with np.errstate(over="ignore"):
        single = drawn.edges.astype(np.float32)
    bits = single.view(np.uint32)
    magnitudes = ((bits & np.uint32(0x7FFFFFFF)) >> np.uint32(_SHIFT)).astype(np.int64)
    codes = np.where(single < 0, -magnitudes, magnitudes)
    known = (single == drawn.edges) & (bits & np.uint32((1 << _SHIFT) - 1) == 0)
    bins = np.cumsum(drawn.lengths)
    starts = bins - drawn.lengths
    firsts = starts + np.arange(len(starts))
    left = np.delete(np.arange(len(codes)), bins + np.arange(len(bins)))
    mirrored = (codes[left] < 0) & (codes[left + 1] == -codes[left])
    rises = np.where(mirrored, 0, codes[left + 1] - codes[left])
    sound = known[left] & known[left + 1] & (mirrored | ((rises > 0) & (rises <= _LARGEST_RISE)))
    return np.logical_and.reduceat(sound, starts), codes[firsts], rises


def decode_edges(first: int, rises: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The edges of one capture."""
    codes = np.array([*accumulate(rises.tolist(), lambda code, rise: code + rise if rise else -code, initial=first)])
    magnitudes = (np.abs(codes).astype(np.uint32) << np.uint32(_SHIFT)).view(np.float32).astype(np.float64)
    edges: NDArray[np.float64] = np.where(codes < 0, -magnitudes, magnitudes)
    return edges
