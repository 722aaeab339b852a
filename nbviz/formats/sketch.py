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
    far_from_zero = low > 0 or high < 0
    if far_from_zero and abs(float(finite.mean())) > 4 * float(finite.std()):
        counts, edges = np.histogram(finite, UNIFORM_BINS)
        return counts.astype(np.float64), edges, nonfinite
    edges = bit_edges(low, high)
    # searchsorted on the float64 itself keeps values exact at the edges, which a cast to float32 would not.
    index = np.clip(np.searchsorted(edges, finite, side="right") - 1, 0, len(edges) - 2)
    return np.bincount(index, minlength=len(edges) - 1).astype(np.float64), edges, nonfinite


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
    first = max(1 << MANTISSA_BITS, last - (OCTAVES << MANTISSA_BITS))
    bits = np.arange(first, last + 2, dtype=np.uint32) << np.uint32(_SHIFT)
    magnitudes = bits.view(np.float32).astype(np.float64)
    magnitudes[-1] = max(largest, magnitudes[-1] if np.isfinite(magnitudes[-1]) else largest)
    edges = np.concatenate([-magnitudes[::-1], magnitudes])
    begin = max(0, int(np.searchsorted(edges, low, side="right")) - 1)
    end = min(len(edges), int(np.searchsorted(edges, high, side="right")) + 1)
    return edges[begin:end]
