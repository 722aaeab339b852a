"""Fewer rows that still show every spike: first, smallest, largest and last of each bucket of rows.

js/src/reduce.ts does the same to the rows that stream into a page. Extremes of extremes are extremes: what was reduced
before can be reduced again, and no spike is lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

KEPT = 5
"""Rows kept of a bucket at most: first, smallest, largest, last, and the first that is NaN or infinite."""


def stride_for(rows: int, limit: int) -> int:
    """The smallest power of two of rows a bucket that keeps at most about ``limit`` of ``rows`` rows."""
    if rows <= limit:
        return 1
    buckets = max(1, limit // KEPT)
    return 1 << max(0, (-(-rows // buckets) - 1).bit_length())


def kept_rows(values: NDArray[np.float64], stride: int) -> NDArray[np.intp]:
    """Which rows to keep, increasing.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    stride : int
        Rows a bucket.

    Returns
    -------
    index : ndarray of intp, shape (m,), m <= 5 * ceil(n / stride)
    """
    rows = len(values)
    whole = rows // stride * stride
    kept = np.zeros(rows, bool)
    if whole:
        kept[_kept(values[:whole].reshape(-1, stride), 0)] = True
    if whole < rows:
        kept[_kept(values[whole:].reshape(1, -1), whole)] = True
    return np.flatnonzero(kept)


def _kept(buckets: NDArray[np.float64], start: int) -> NDArray[np.intp]:
    count, stride = buckets.shape
    finite = np.isfinite(buckets)
    begin = start + stride * np.arange(count)
    nonfinite = np.flatnonzero(~finite.all(axis=1))
    return np.concatenate(
        [
            begin,
            begin + stride - 1,
            begin + np.where(finite, buckets, np.inf).argmin(axis=1),
            begin + np.where(finite, buckets, -np.inf).argmax(axis=1),
            begin[nonfinite] + (~finite[nonfinite]).argmax(axis=1),
        ]
    )
