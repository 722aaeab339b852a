"""Statistics: what is known exactly of the values of a tensor, beside how they are distributed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.floatbits import LARGEST

FAR = 4
"""A mean of more than so many standard deviations is far from zero."""
_SMALLEST = float(np.finfo(np.float32).tiny)
_SUMS = ("finite", "zeros", "nans", "positive_infinities", "negative_infinities", "sum", "squares")


class Statistics:
    """Statistics of values that come piece by piece.

    Attributes
    ----------
    finite, zeros, nans, positive_infinities, negative_infinities : int
        How many values are so; zeros are finite.
    sum, squares : float
        Of the finite values and of their squares, added as float64.
    minimum, maximum : float
        Of the finite values; NaN where there are none.
    """

    def __init__(self) -> None:
        self.finite = self.zeros = self.nans = self.positive_infinities = self.negative_infinities = 0
        self.sum = self.squares = 0.0
        self.minimum = self.maximum = math.nan

    @property
    def extremes(self) -> tuple[float, float] | None:
        """The smallest and the largest finite value, None where there are none."""
        return (self.minimum, self.maximum) if self.finite else None

    def take(self, piece: NDArray[Any]) -> NDArray[Any]:
        """Take in the values of a contiguous array of float32 or float64, and return those that are finite."""
        with np.errstate(all="ignore"):
            return self._take(piece)

    def _take(self, piece: NDArray[Any]) -> NDArray[Any]:
        doubles = piece.astype(np.float64, copy=False)
        total = float(np.add.reduce(doubles))
        # One NaN or infinity leaves no finite sum. A sum of large float64 may be none either, without any.
        if not math.isfinite(total):
            piece = self._without_nonfinite(piece)
            doubles = piece.astype(np.float64, copy=False)
            total = float(np.add.reduce(doubles))
        if not len(piece):
            return piece
        self.finite += len(piece)
        self.sum += total
        # Not dot, which would start the threads of BLAS beside those of the training.
        self.squares += float(np.einsum("i,i->", doubles, doubles))
        low, high = float(np.minimum.reduce(piece)), float(np.maximum.reduce(piece))
        self._widen(low + 0.0, high + 0.0)  # which makes -0.0 a 0.0
        if low <= 0 <= high:
            self.zeros += int(np.count_nonzero(piece == 0))
        return piece

    def _without_nonfinite(self, piece: NDArray[Any]) -> NDArray[Any]:
        finite: NDArray[Any] = piece[np.isfinite(piece)]
        positive, negative = int(np.count_nonzero(piece == np.inf)), int(np.count_nonzero(piece == -np.inf))
        self.positive_infinities += positive
        self.negative_infinities += negative
        self.nans += len(piece) - len(finite) - positive - negative
        return finite

    def take_statistics(self, other: Statistics) -> None:
        """Take in the values that other statistics are of."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self._widen(other.minimum, other.maximum)

    def _widen(self, low: float, high: float) -> None:
        # The comparisons are false where there was no extreme yet, and where there is none to take in.
        if low < self.minimum or not math.isfinite(self.minimum):
            self.minimum = low
        if high > self.maximum or not math.isfinite(self.maximum):
            self.maximum = high

    @property
    def count(self) -> int:
        """How many values there are in all."""
        return self.finite + self.nonfinite

    @property
    def nonfinite(self) -> int:
        """How many values are NaN or infinite."""
        return self.nans + self.positive_infinities + self.negative_infinities

    @property
    def mean(self) -> float:
        """Of the finite values; NaN where there are none."""
        return self.sum / self.finite if self.finite else math.nan

    @property
    def std(self) -> float:
        """Standard deviation of the finite values; NaN where there are none."""
        if not self.finite:
            return math.nan
        mean = self.mean
        variance = self.squares / self.finite - mean * mean
        return math.sqrt(variance) if variance > 0 else variance * 0

    @property
    def norm(self) -> float:
        """Euclidean norm of the finite values."""
        return math.sqrt(self.squares)

    def near_mean(self) -> float:
        """What to subtract from such values before they are counted in bins that are finest around zero.

        Something near the mean where that is more than four standard deviations from zero and no value is zero; else
        0.0, which is nothing. It is a multiple of a power of two not below the standard deviation, so that captures of
        a layer whose mean drifts a little share it, and so a float32 holds it.
        """
        mean, spread = self.mean, self.std
        if spread < abs(mean) * 1e-5:  # the difference of two sums that are nearly equal tells little
            spread = (self.maximum - self.minimum) / 2
        if self.zeros or not (abs(mean) > FAR * spread and _SMALLEST <= abs(mean) <= LARGEST):
            return 0.0
        if spread < abs(mean) * 2.0**-22:
            return self.minimum
        grid = 2.0 ** math.ceil(math.log2(spread))
        return max(-LARGEST, min(round(mean / grid) * grid, LARGEST))
