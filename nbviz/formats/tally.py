"""Tally: counts of values in bins by their first bits, beside what is known of them exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.floatbits import (
    LARGEST,
    bin_of_zero,
    bins_of,
    count_bits,
    edges_of,
    infinity_of,
    nan_of,
    place_of_zero,
    to_places,
)
from nbviz.formats.pieces import Pieces, with_point
from nbviz.formats.sketchbytes import Packed
from nbviz.formats.statistics import Statistics

Counts = NDArray[np.int64]


class Tally(Statistics):
    """What a `nbviz.formats.sketch.Sketch` counts in, and what it is read from."""

    def __init__(self, mantissa_bits: int = 3, pivot: float = 0.0) -> None:
        if not 1 <= mantissa_bits <= 10:
            raise ValueError(f"expected 1 to 10 mantissa bits, got {mantissa_bits}.")
        if not abs(pivot) <= LARGEST:
            raise ValueError(f"expected a pivot that a float32 can hold, got {pivot}.")
        super().__init__()
        self.mantissa_bits = mantissa_bits
        self.pivot = float(pivot)
        self.bins: Counts = np.zeros(bins_of(mantissa_bits), np.int64)

    def _add(self, pieces: Iterator[NDArray[Any]]) -> None:
        apart = Statistics()
        with np.errstate(all="ignore"):
            for piece in pieces:
                finite = apart.take(piece)
                if len(finite):
                    beyond = max(apart.maximum - self.pivot, self.pivot - apart.minimum) > LARGEST
                    self.bins += count_bits(finite, self.mantissa_bits, self.pivot, beyond)
        self._count_nonfinite(apart)
        self.take_statistics(apart)

    def _count_nonfinite(self, statistics: Statistics) -> None:
        if statistics.nonfinite:
            self.bins[self._nonfinite_bins()] += (
                statistics.nans,
                statistics.positive_infinities,
                statistics.negative_infinities,
            )

    def _nonfinite_bins(self) -> list[int]:
        infinity = infinity_of(self.mantissa_bits)
        return [nan_of(self.mantissa_bits), infinity, len(self.bins) // 2 + infinity]

    def _take_in(self, statistics: Statistics) -> None:
        """Statistics of the values in the finite bins, which are all that is filled."""
        if self.bins.min() < 0 or self.bins.sum() != statistics.finite:
            raise ValueError(f"expected counts of {statistics.finite} finite values, got {self.bins.sum()}.")
        negative_zeros = 0 if self.pivot else self.bins[len(self.bins) // 2]
        if not 0 <= statistics.zeros <= self.bins[bin_of_zero(self.pivot, self.mantissa_bits)] + negative_zeros:
            raise ValueError(f"expected as many zeros as their bin may hold, got {statistics.zeros}.")
        self._count_nonfinite(statistics)
        self.take_statistics(statistics)

    def _places(self) -> Counts:
        """Counts of the finite bins in the order of their values, without the zeros."""
        places = to_places(self.bins)
        places[place_of_zero(self.pivot, self.mantissa_bits)] -= self.zeros
        return places

    def _pieces(self, zeros: bool = False) -> Pieces:
        """Where the finite values lie, without the zeros unless they are wanted."""
        places, edges = self._places(), edges_of(self.mantissa_bits)
        filled = np.flatnonzero(places)
        lowest, highest = self.minimum - self.pivot, self.maximum - self.pivot
        low, high = edges[filled].clip(lowest, highest), edges[filled + 1].clip(lowest, highest)
        # The outermost bins hold whatever lies beyond them, too.
        low[filled == 0], high[filled == len(places) - 1] = lowest, highest
        pieces = Pieces(low, high, places[filled].astype(np.float64))
        return with_point(pieces, -self.pivot, self.zeros) if zeros and self.zeros else pieces

    def _packed(self) -> Packed:
        bins = self.bins
        if self.nonfinite:
            bins = bins.copy()
            bins[self._nonfinite_bins()] = 0
        # Four times quicker than to look for numbers that are not zero among those of eight bytes.
        filled = np.flatnonzero(bins.astype(bool))
        return Packed(self.mantissa_bits, self.pivot, filled, bins[filled], self)
