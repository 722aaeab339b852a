"""Histograms as they are drawn, many at once: numpy's price for a call is then paid once, not for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.floatbits import LARGEST, bins_of, edges_of, infinity_of, place_of_zero
from nbviz.formats.sketchbytes import Packed

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

OCTAVES = 24
"""What is smaller than the largest by more than so many factors of two is drawn in one bin around zero."""
PIVOT_OCTAVES = 5
"""The same around a pivot, where nothing calls for bins finer than a hundredth of the spread."""


class Drawn(NamedTuple):
    """Several histograms, one behind the other.

    Attributes
    ----------
    counts : ndarray of float64, shape (k,)
    edges : ndarray of float64, shape (k + n,)
    lengths : ndarray of int64, shape (n,)
        How many bins each of them has.
    """

    counts: Floats
    edges: Floats
    lengths: Integers

    @classmethod
    def of(cls, counts: Sequence[Floats], edges: Sequence[Floats]) -> Drawn:
        """Some that are arrays of their own, at least one."""
        return cls(np.concatenate(counts), np.concatenate(edges), np.array([len(each) for each in counts]))

    def split(self) -> list[tuple[Floats, Floats]]:
        """Counts and edges of each."""
        found, bins, edge = [], 0, 0
        for length in self.lengths.tolist():
            found.append((self.counts[bins : bins + length], self.edges[edge : edge + length + 1]))
            bins, edge = bins + length, edge + length + 1
        return found


def draw(sketches: Sequence[Packed]) -> Drawn:
    """Sketches as they are drawn, at least one, all of as many mantissa bits; zeros are in no bin."""
    table = edges_of(sketches[0].mantissa_bits)
    owner, places, counts = _filled(sketches)
    pivots, low, high = np.array([_span(each) for each in sketches], np.float64).T
    begin, end, below, above = _kept(table, *_outermost(sketches, owner, places), pivots)
    gap = np.where((begin <= below) & (end >= above), above - below - 1, 0)
    lengths = end - begin - gap
    sizes = lengths + 1
    stops = np.cumsum(sizes)
    index = np.arange(stops[-1]) + np.repeat(begin - stops + sizes, sizes)
    index += np.where(index > np.repeat(below, sizes), np.repeat(gap, sizes), 0)
    edges = table[index] + np.repeat(pivots, sizes)
    places = np.where(places < above[owner], np.minimum(places, below[owner]), places - gap[owner])
    bins = places + (np.cumsum(lengths) - lengths - begin)[owner]
    drawn = Drawn(np.bincount(bins, counts, lengths.sum()).astype(np.float64, copy=False), edges, lengths)
    first, last = stops - sizes, stops - 1
    # The outermost bins of all reach as far as the values do, and no further than a float32, which is what pages have.
    # Others end at their own edges, so that captures of like values have the same ones and add up exactly.
    edges[first] = np.where(begin == 0, np.minimum(low, -LARGEST), edges[first])
    edges[last] = np.where(end == len(table) - 1, np.maximum(high, LARGEST), edges[last])
    some = np.bincount(owner, minlength=len(sketches)) > 0
    at_one = (pivots != 0) & (low == high)
    half = np.maximum(np.abs(pivots), np.abs(low))[at_one] / 8
    edges[first[at_one]], edges[last[at_one]] = low[at_one] - half, low[at_one] + half
    edges[first[~some]], edges[last[~some]] = -1.0, 1.0
    return drawn


def _span(sketch: Packed) -> tuple[float, float, float]:
    return sketch.pivot, sketch.statistics.minimum, sketch.statistics.maximum


def _filled(sketches: Sequence[Packed]) -> tuple[Integers, Integers, Floats]:
    """Of which sketch each filled bin is, its place, and how many values it holds but the zeros."""
    mantissa_bits = sketches[0].mantissa_bits
    half = bins_of(mantissa_bits) // 2
    owner = np.repeat(np.arange(len(sketches)), [len(each.numbers) for each in sketches])
    numbers = np.concatenate([each.numbers for each in sketches])
    places = infinity_of(mantissa_bits) - 1 + np.where(numbers < half, numbers, half - numbers)
    counts = np.concatenate([each.counts for each in sketches]).astype(np.float64)
    zeros = np.array([each.statistics.zeros for each in sketches], np.float64)
    of_zero = np.array([place_of_zero(each.pivot, mantissa_bits) for each in sketches])
    at = np.flatnonzero((places == of_zero[owner]) & (zeros[owner] > 0))
    # At that place lie the bins of +0 and of -0: the first of them gets what is left of both.
    left = np.bincount(owner[at], counts[at], len(sketches)) - zeros
    first = at[np.diff(owner[at], prepend=-1) > 0]
    counts[at] = 0
    counts[first] = left[owner[first]]
    filled = counts > 0
    return owner[filled], places[filled], counts[filled]


def _outermost(sketches: Sequence[Packed], owner: Integers, places: Integers) -> tuple[Integers, Integers]:
    """The first filled place of each, and the one behind the last; those around zero where none is."""
    middle = infinity_of(sketches[0].mantissa_bits) - 1
    filled = np.flatnonzero(np.bincount(owner, minlength=len(sketches)))
    starts = np.searchsorted(owner, filled)
    first, last = np.full((2, len(sketches)), middle)
    if len(filled):
        first[filled], last[filled] = np.minimum.reduceat(places, starts), np.maximum.reduceat(places, starts)
    return first, last + 1


def _kept(table: Floats, first: Integers, last: Integers, pivots: Floats) -> tuple[Integers, ...]:
    """Between which edges to draw: from one to another, but for those between two in the middle.

    Close to the pivot one bin stands for many: what is too small to be drawn, or for a float64 to tell apart.
    """
    largest = np.maximum(np.abs(table[first]), np.abs(table[last]))
    around_pivot = np.maximum(largest * 2.0**-PIVOT_OCTAVES, np.abs(pivots) * 2.0**-40)
    floor = np.where(pivots == 0, largest * 2.0**-OCTAVES, around_pivot)
    above = np.searchsorted(table, floor).clip(max=len(table) - 1)
    below = len(table) - 1 - above
    begin = np.where((first > below) & (first < above), below, first)
    end = np.where((last > below) & (last < above), above, last)
    return begin, end, below, above
