"""Histograms as the writers of event files bucket them, turned into counts and increasing edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.protobuf import MalformedError

Floats = NDArray[np.float64]

NO_LIMIT = 1e308
"""Writers put the largest double where an outermost bucket has no limit."""


def from_limits(limits: Floats, counts: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """Counts and edges of a ``HistogramProto``, which states only where each bucket ends.

    As in TensorBoard (``_migrate_histogram_value`` in ``tensorboard/data_compat.py``), empty buckets at both ends are
    dropped, and the outermost edges are the smallest and the largest value. Where those are not within the bucket, as
    with NaN or infinities in the data, the bucket's own limits serve.

    Parameters
    ----------
    limits, counts : ndarray of float64, shape (n,)
        Right edge and count of each bucket.
    low, high : float
        Smallest and largest value.

    Returns
    -------
    counts : ndarray of float64, shape (k,)
    edges : ndarray of float64, shape (k + 1,)

    Raises
    ------
    MalformedError
        If these are no buckets.
    """
    if len(limits) != len(counts) or not _are_counts(counts):
        raise MalformedError("a histogram is not well-formed, so it was left out")
    filled = np.flatnonzero(counts)
    if not len(filled):
        return _increasing(np.zeros(1), np.zeros(2))
    first, last = filled[0], filled[-1]
    inner = limits[first:last]
    floor, ceiling = limits[first - 1] if first else -NO_LIMIT, limits[last]
    if not floor <= low <= limits[first]:
        low = floor if floor > -NO_LIMIT else limits[first]
    last_left = inner[-1] if len(inner) else low
    if not last_left <= high <= ceiling:
        high = ceiling if ceiling < NO_LIMIT else last_left
    return _increasing(counts[first : last + 1], np.concatenate(([low], inner, [high])))


def from_triples(triples: Floats) -> tuple[Floats, Floats]:
    """Counts and edges of a TF2 histogram, a tensor of shape [k, 3] whose rows are left edge, right edge, count.

    Source: ``tensorboard/plugins/histogram/summary_v2.py``. A gap between two buckets becomes an empty bin.

    Raises
    ------
    MalformedError
        If these are no buckets, or if their edges are not finite, as with NaN or infinity in the data.
    """
    left, right, counts = np.ascontiguousarray(triples.T)
    if not _are_counts(counts):
        raise MalformedError("a histogram is not well-formed, so it was left out")
    if not len(counts):
        return _increasing(np.zeros(1), np.zeros(2))
    gaps = np.flatnonzero(left[1:] > right[:-1])
    counts = np.insert(counts, gaps + 1, 0.0)
    left, right = np.insert(left, gaps + 1, right[gaps]), np.insert(right, gaps + 1, left[gaps + 1])
    if (left[1:] < right[:-1]).any():
        raise MalformedError("the buckets of a histogram overlap, so it was left out")
    return _increasing(counts, np.concatenate((left[:1], right)), np.inf)


def _are_counts(counts: Floats) -> bool:
    return bool(np.isfinite(counts).all() and (counts >= 0).all())


def _increasing(counts: Floats, edges: Floats, limit: float = NO_LIMIT) -> tuple[Floats, Floats]:
    """Make each bin wider than nothing: writers give equal values a bin of no width, and no width has no density.

    Empty bins of no width are dropped; others reach to about the next float32, and so hold the same values as before.
    """
    if not (np.abs(edges) < limit).all():
        raise MalformedError("the edges of a histogram are NaN or infinite, as its data were, so it was left out")
    if (edges[1:] < edges[:-1]).any():
        raise MalformedError("the edges of a histogram are not in order, so it was left out")
    wide = edges[1:] > edges[:-1]
    if wide.all():
        return counts, edges
    kept = wide | (counts > 0)
    if not kept.any():
        kept[0] = True
    counts, edges = counts[kept], np.concatenate((edges[:1], edges[1:][kept]))
    for index in range(len(counts)):
        edge = edges[index]
        if edges[index + 1] <= edge:
            edges[index + 1] = edge + max(abs(edge) * 2.0**-23, 2.0**-126)
    return counts, edges
