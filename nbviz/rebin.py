"""Histograms with fewer bins, and of several captures together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nbviz.series import Histogram

BINS = 96
"""Bins a capture keeps on its way to a page: more than a row of a ridgeline has pixels to show apart."""


def fold(capture: Histogram, limit: int = BINS) -> Histogram:
    """The same capture with at most ``limit`` bins, made by joining neighbours: no count is split.

    The edges that stay are spread evenly over arcsinh of the value, which is even over the decades of either sign and
    linear around zero, so that the capture can be drawn on a linear and on a symlog axis.
    """
    edges = capture.edges
    if len(capture.counts) <= limit:
        return replace(capture, sketch=None) if capture.sketch else capture
    scale = np.abs(edges[[0, -1]]).max() * 1e-4 or 1.0
    position = np.arcsinh(edges / scale)
    wanted = np.linspace(position[0], position[-1], limit - 1)
    # The bin around zero stays as it is, because how many values are zero is a finding of its own.
    zero = np.searchsorted(edges, 0, side="right") - 1 + np.arange(2)
    # The ends are named, as edges of one position, too close for arcsinh to tell apart, would hide the last.
    picked = np.union1d(np.searchsorted(position, wanted[1:-1]), [0, *zero, len(edges) - 1]).clip(0, len(edges) - 1)
    picked = picked[np.diff(picked, prepend=-1) > 0]
    below = np.concatenate([[0.0], np.cumsum(capture.counts)])
    counts = np.diff(below[picked])
    return replace(capture, counts=counts, edges=edges[picked], sketch=None)


def merge(first: Histogram, second: Histogram) -> Histogram:
    """Both captures added, at the step and wall time of the second.

    Where their edges agree the sum is exact; elsewhere a bin's count is spread evenly over its width.
    """
    if np.array_equal(first.edges, second.edges):
        edges, counts = first.edges, first.counts + second.counts
    else:
        edges = np.union1d(first.edges, second.edges)
        low, high = zip(_around_zero(first.edges), _around_zero(second.edges), strict=True)
        edges = edges[(edges <= min(low)) | (edges >= max(high))]
        counts = _spread(first, edges) + _spread(second, edges)
    apart = first.nonfinite + second.nonfinite, first.zeros + second.zeros
    return fold(Histogram(second.step, second.wall_time, counts, edges, *apart))


def _around_zero(edges: NDArray[np.float64]) -> tuple[float, float]:
    """The bin that holds zero, or an empty one."""
    right = int(np.searchsorted(edges, 0, side="right"))
    return (float(edges[right - 1]), float(edges[right])) if 0 < right < len(edges) else (0.0, 0.0)


def _spread(capture: Histogram, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    below = np.concatenate([[0.0], np.cumsum(capture.counts)])
    spread: NDArray[np.float64] = np.diff(np.interp(edges, capture.edges, below))
    return spread


class Pyramid:
    """A growing list of captures that can be read with neighbours merged, at any size; nothing is merged twice."""

    def __init__(self) -> None:
        self._levels: list[list[Histogram]] = [[]]

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, capture: Histogram) -> None:
        self._levels[0].append(fold(capture))

    def since(self, start: int) -> Sequence[Histogram]:
        return self._levels[0][start:]

    def at_most(self, limit: int) -> Sequence[Histogram]:
        """The whole history in at most ``limit`` captures, where ``limit`` is not below the bits of its length.

        Groups of one size come first; the newest captures, not yet such a group, follow in ever smaller ones.
        """
        depth = 0
        while len(self) >> depth and (len(self) >> depth) + (len(self) % (1 << depth)).bit_count() > limit:
            depth += 1
        held = list(self._level(depth))
        covered = len(held) << depth
        for finer in reversed(range(depth)):
            if (len(self) - covered) >> finer:
                held.append(self._level(finer)[covered >> finer])
                covered += 1 << finer
        return held

    def _level(self, depth: int) -> list[Histogram]:
        """Groups of ``2 ** depth`` captures, each merged when first asked for."""
        if depth == 0:
            return self._levels[0]
        below = self._level(depth - 1)
        if depth == len(self._levels):
            self._levels.append([])
        level = self._levels[depth]
        for pair in range(2 * len(level), len(below) - 1, 2):
            level.append(merge(below[pair], below[pair + 1]))
        return level
