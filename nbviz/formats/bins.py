"""Values to histogram bins, by the bits of their float32.

A float32 is sign, exponent and mantissa, so its top 12 bits are a bin whose width follows the magnitude: eight bins for
every factor of two. There is no range to find first, and the bin edges of any two captures agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

MANTISSA_BITS = 3
OCTAVES = 24
"""Values smaller than the largest by more than this many factors of two share the bin around zero."""
UNIFORM_BINS = 64
SMALLEST = float(np.finfo(np.float32).tiny)
"""Whatever is smaller than any normal float32 is in the bin around zero."""
_SHIFT = 23 - MANTISSA_BITS


def bin_values(values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Count values in bins that resolve both their bulk and their smallest magnitudes.

    Parameters
    ----------
    values : array_like
        Numbers of any shape and real dtype.

    Returns
    -------
    counts : ndarray of float64, shape (k,)
    edges : ndarray of float64, shape (k + 1,)
    nonfinite : int
        How many values were NaN or infinite; no bin counts them.

    Raises
    ------
    TypeError
        If the values are not real numbers.

    Notes
    -----
    Values far from zero next to their own spread (a layer norm's weights at 1 ± 0.02) would fall into a few bits' bins,
    so they get ``UNIFORM_BINS`` bins of equal width between their extremes instead.
    """
    flat = np.ravel(np.asarray(values))
    if flat.dtype.kind not in "fiub":
        raise TypeError(f"a histogram needs real numbers, got an array of {flat.dtype}")
    flat = flat.astype(np.float64, copy=False)
    finite = flat[np.isfinite(flat)]
    nonfinite = len(flat) - len(finite)
    if not len(finite):
        return np.zeros(1), np.array([-1.0, 1.0]), nonfinite
    low, high = float(finite.min()), float(finite.max())
    edges = uniform_edges(low, high) if _is_far_from_zero(finite, low, high) else bit_edges(low, high)
    # searchsorted on the float64 itself keeps values exact at the edges, which a cast to float32 would not.
    index = np.clip(np.searchsorted(edges, finite, side="right") - 1, 0, len(edges) - 2)
    return np.bincount(index, minlength=len(edges) - 1).astype(np.float64), edges, nonfinite


def _is_far_from_zero(finite: NDArray[np.float64], low: float, high: float) -> bool:
    largest = max(abs(low), abs(high))
    if low <= 0 <= high or largest < SMALLEST:
        return False
    # In units of the largest, so that no sum and no square overflows or vanishes.
    shares = finite / largest
    return abs(float(shares.mean())) > 4 * float(shares.std())


def uniform_edges(low: float, high: float) -> NDArray[np.float64]:
    """Edges of ``UNIFORM_BINS`` bins of equal width that cover ``[low, high]``, two numbers of the same sign.

    They cover more where all values are equal or so close that float64 would not tell the edges apart.
    """
    largest = max(abs(low), abs(high))
    if low == high:
        low, high = low - largest / 8, high + largest / 8
    elif high - low < largest * 2**-20:
        low, high = low - largest * 2**-20, high + largest * 2**-20
    limit = float(np.finfo(np.float64).max)
    edges: NDArray[np.float64] = np.linspace(max(low, -limit), min(high, limit), UNIFORM_BINS + 1)
    return edges


def bit_edges(low: float, high: float) -> NDArray[np.float64]:
    """Edges at every eighth of a factor of two that cover ``[low, high]``, with one bin around zero.

    Returns
    -------
    edges : ndarray of float64, shape (k + 1,), increasing
    """
    largest = max(abs(low), abs(high))
    if largest == 0:
        return np.array([-1e-12, 1e-12])
    top = min(largest, float(np.finfo(np.float32).max))
    last = int(np.float32(top).view(np.uint32)) >> _SHIFT
    smallest = 1 << MANTISSA_BITS
    first = max(smallest, last - (OCTAVES << MANTISSA_BITS))
    bits = np.arange(first, max(smallest, last + 1) + 1, dtype=np.uint32) << np.uint32(_SHIFT)
    magnitudes = bits.view(np.float32).astype(np.float64)
    magnitudes[-1] = max(largest, magnitudes[-1] if np.isfinite(magnitudes[-1]) else largest)
    edges = np.concatenate([-magnitudes[::-1], magnitudes])
    begin = max(0, int(np.searchsorted(edges, low, side="right")) - 1)
    end = min(len(edges), int(np.searchsorted(edges, high, side="right")) + 1)
    return edges[begin:end]
