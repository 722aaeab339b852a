"""Sketch: the distribution of a tensor as counts by the bits of its values, which add up exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbviz.formats.drawn import draw
from nbviz.formats.floatbits import bfloat16_chunks, bin_of_zero, chunks, edges_of, from_places, infinity_of
from nbviz.formats.items.histogram import Histogram
from nbviz.formats.pieces import Pieces, checked_edges, masses, quantiles, whole
from nbviz.formats.sketchbytes import checked, pack, unpack
from nbviz.formats.statistics import Statistics
from nbviz.formats.tally import Counts, Tally

Floats = NDArray[np.float64]


class Sketch(Tally):
    """The distribution of a tensor: counts in fixed bins, which add up exactly, and exact statistics of the values.

    Parameters
    ----------
    mantissa_bits : int
        From 1 to 10. With 3 a factor of two has eight bins, with 4 sixteen.
    pivot : float
        What is subtracted from the values before they are counted.

    Attributes
    ----------
    bins : ndarray of int64, shape (1 << (9 + mantissa_bits),)
        Counts by the first bits of the values as float32 (see `nbviz.formats.floatbits`). Every value is in one of
        them: +Inf and -Inf in theirs, NaN in one, zeros in those of +0 and -0. A float64 whose magnitude no float32
        has is counted in the outermost finite bin, or in that of zero: ``minimum`` and ``maximum`` tell.
    count, finite, zeros, nans, positive_infinities, negative_infinities : int
        How many values there are in all (the sum of ``bins``), and of each kind.
    sum, squares, minimum, maximum : float
        Of the finite values; the extremes are NaN where there are none.

    Notes
    -----
    Whatever is counted merges exactly: the sketch of an array is, bit for bit, the sum of the sketches of its pieces
    (of one pivot and as many mantissa bits). ``sum`` and ``squares`` are floating-point sums, of which the last digits
    depend on the order.

    Values far from zero next to their spread (a layer norm's weights at 1 ± 0.02) fall into a few relative bins, so
    these are counted less a pivot near their mean. Sketches of different pivots add up too, see `__add__`.
    """

    # Making

    @classmethod
    def of(cls, values: ArrayLike, mantissa_bits: int = 3, pivot: float | None = None) -> Sketch:
        """The sketch of an array.

        Parameters
        ----------
        values : array_like
            Of any shape and layout: floats (bfloat16 of ml_dtypes, too), integers and bools.
        mantissa_bits : int
        pivot : float, optional
            By default chosen: near the mean where that is more than four standard deviations from zero and no value
            is zero, else 0.0, which is none.

        Raises
        ------
        TypeError
            If the values are not real numbers.
        """
        array = np.asarray(values)
        return cls._of(lambda: chunks(array), mantissa_bits, pivot)

    @classmethod
    def of_bfloat16(cls, codes: ArrayLike, mantissa_bits: int = 3, pivot: float | None = None) -> Sketch:
        """The sketch of bfloat16 numbers, given as the 16 bits of each: an array of uint16; see `of`."""
        return cls._of(lambda: bfloat16_chunks(codes), mantissa_bits, pivot)

    @classmethod
    def _of(cls, pieces: Callable[[], Iterator[NDArray[Any]]], mantissa_bits: int, pivot: float | None) -> Sketch:
        sketch = cls(mantissa_bits, pivot or 0.0)
        sketch._add(pieces())
        if pivot is None and (near_mean := sketch.near_mean()):
            # Known only now; the tensors that need one are few and small (scales of normalisations).
            sketch = cls(mantissa_bits, near_mean)
            sketch._add(pieces())
        return sketch

    @classmethod
    def of_counts(cls, bins: ArrayLike, statistics: Statistics, pivot: float = 0.0) -> Sketch:
        """The sketch of what was counted elsewhere, as on a GPU.

        Parameters
        ----------
        bins : array_like of int, shape (1 << (9 + mantissa_bits),)
            Of all values, by the bits of each as it is: NaN of any bits, and so also in the bins of infinities.
        statistics : Statistics
            Of the same values: its ``finite``, ``nans``, ``positive_infinities`` and ``negative_infinities`` say what
            the bins beyond the finite ones hold.
        pivot : float

        Raises
        ------
        ValueError
            If the bins are of another shape, or count other numbers than the statistics.
        """
        counts = np.array(bins, np.int64)
        if counts.ndim != 1 or len(counts).bit_count() != 1:
            raise ValueError(f"expected counts in 2**(9 + mantissa bits) bins, got shape {counts.shape}.")
        sketch = cls(len(counts).bit_length() - 10, pivot)
        counts.reshape(2, -1)[:, infinity_of(sketch.mantissa_bits) :] = 0
        sketch.bins = counts
        sketch._take_in(statistics)
        return sketch

    # Adding

    def add(self, values: ArrayLike) -> None:
        """Count the values of an array; the pivot stays.

        Raises
        ------
        TypeError
            If the values are not real numbers.
        """
        self._add(chunks(values))

    def merge(self, other: Sketch) -> None:
        """Add what another sketch counted; see `__add__`."""
        vars(self).update(vars(self + other))

    def __add__(self, other: Sketch) -> Sketch:
        """Both sketches together.

        Of different mantissa bits the finer is folded first. Of different pivots one is kept, the same in either order:
        that of the other where one sketch is empty, else the one nearer to the mean of both if both together are far
        from zero, else none. The counts of the other move to the new bins, whole, as if spread evenly within the old
        ones: where they lay is known to a bin's width only, but none is lost. Everything else stays exact.
        """
        if not isinstance(other, Sketch):
            return NotImplemented
        mantissa_bits = min(self.mantissa_bits, other.mantissa_bits)
        one, two = (each if each.mantissa_bits == mantissa_bits else each.fold(mantissa_bits) for each in (self, other))
        both = Sketch(mantissa_bits, one.pivot)
        both.take_statistics(one)
        both.take_statistics(two)
        if one.pivot != two.pivot:
            both.pivot = _joint_pivot(one, two, both)
        both.bins = one._moved(both.pivot) + two._moved(both.pivot)
        return both

    def _moved(self, pivot: float) -> Counts:
        """The bins of another pivot."""
        if pivot == self.pivot:
            return self.bins
        edges = edges_of(self.mantissa_bits).copy()
        edges[[0, -1]] = -np.inf, np.inf
        low, high, counts = self._pieces()
        shift = self.pivot - pivot
        places = whole(masses(Pieces(low + shift, high + shift, counts), edges))
        bins = from_places(places, self.mantissa_bits)
        bins[bin_of_zero(pivot, self.mantissa_bits)] += self.zeros
        bins[self._nonfinite_bins()] = self.bins[self._nonfinite_bins()]
        return bins

    def fold(self, mantissa_bits: int) -> Sketch:
        """The sketch of the same values with fewer mantissa bits, exactly.

        Raises
        ------
        ValueError
            If it has fewer bits already.
        """
        if mantissa_bits > self.mantissa_bits:
            raise ValueError(f"a sketch of {self.mantissa_bits} mantissa bits cannot be folded to {mantissa_bits}.")
        folded = Sketch(mantissa_bits, self.pivot)
        bins = self.bins.reshape(len(folded.bins), -1).sum(axis=1)
        vars(folded).update({**vars(self), "bins": bins, "mantissa_bits": mantissa_bits})
        return folded

    # Reading

    def __repr__(self) -> str:
        parts = [f"{self.count:,} values"]
        if self.finite:
            parts.append(f"{self.minimum:.4g} to {self.maximum:.4g}, {self.mean:.4g} ± {self.std:.2g}")
        parts += [f"{self.zeros:,} zeros"] * bool(self.zeros) + [f"{self.nonfinite:,} not finite"] * bool(
            self.nonfinite
        )
        return f"<Sketch of {'; '.join(parts)}>"

    def __eq__(self, other: object) -> bool:
        """Whether all counts and all statistics are the same."""
        return isinstance(other, Sketch) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]

    def quantile(self, fractions: ArrayLike) -> Any:
        """The values below which given fractions of the finite values lie, as if evenly spread within their bins.

        Parameters
        ----------
        fractions : array_like of any shape
            From 0, which gives the smallest value, to 1, the largest.

        Returns
        -------
        float64 or ndarray of float64, of the shape of ``fractions``
            NaN where there is no finite value.
        """
        wanted = np.asarray(fractions, np.float64)
        if not ((wanted >= 0) & (wanted <= 1)).all():
            raise ValueError(f"expected fractions from 0 to 1, got {fractions!r}.")
        if not self.finite:
            return np.full(wanted.shape, np.nan)[()]
        found = quantiles(self._pieces(zeros=True), wanted) + self.pivot
        found = np.where(wanted == 1, self.maximum, np.where(wanted == 0, self.minimum, found))
        return found.clip(self.minimum, self.maximum)[()]

    def rebin(self, edges: ArrayLike) -> Floats:
        """How many of the finite values lie between given edges, as if evenly spread within their bins.

        Parameters
        ----------
        edges : array_like, shape (k + 1,)
            Increasing. As with `numpy.histogram`, an edge belongs to the bin above it, the last one to the last bin.

        Returns
        -------
        counts : ndarray of float64, shape (k,)
            Values beyond the edges are in none; zeros are in the bin that holds zero.

        Raises
        ------
        ValueError
            If the edges are not increasing numbers.
        """
        return masses(self._pieces(zeros=True), checked_edges(edges) - self.pivot)

    def histogram(self, step: int, wall_time: float) -> Histogram:
        """What is drawn: counts between edges, with the zeros and what is not finite apart."""
        counts, edges, _ = draw([self._packed()])
        extremes = (self.minimum, self.maximum) if self.finite else None
        return Histogram(step, wall_time, counts, edges, self.nonfinite, self.zeros, self, extremes=extremes)

    # Bytes

    def to_bytes(self) -> bytes:
        """Everything, in about half a kilobyte whatever the size of the tensor; see `nbviz.formats.sketchbytes`."""
        return pack(self._packed())

    @classmethod
    def from_bytes(cls, data: bytes) -> Sketch:
        """The sketch that `to_bytes` made the bytes of.

        Raises
        ------
        ValueError
            If these are no bytes of a sketch.
        """
        try:
            packed = checked(unpack(data))
            sketch = cls(packed.mantissa_bits, packed.pivot)
            sketch.bins[packed.numbers] = packed.counts
            sketch._take_in(packed.statistics)
        except ValueError as error:
            raise ValueError(f"this is no sketch: {error}") from error
        return sketch


def _joint_pivot(one: Sketch, two: Sketch, both: Statistics) -> float:
    pivots = [each.pivot for each in (one, two) if each.finite]
    if len(pivots) == 1:
        return pivots[0]
    return min(pivots, key=lambda each: (abs(each - both.mean), each)) if both.near_mean() else 0.0
