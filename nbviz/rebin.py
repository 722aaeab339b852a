"""Histograms with fewer bins, and of several captures together."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.drawn import Drawn, draw
from nbviz.formats.items.sketched import Sketched
from nbviz.formats.sketchbytes import unpack
from nbviz.series import Histogram

BINS = 96
"""Bins a capture keeps on its way to a page: more than a row of a ridgeline has pixels to show apart."""
Extremes = tuple[float, float] | None

MARKS = 64
"""A page has room for so many captures that were marked, which are never merged."""


def fold(capture: Histogram, limit: int = BINS) -> Histogram:
    """The same capture with at most ``limit`` bins, made by joining neighbours: no count is split."""
    if len(capture.counts) <= limit:
        return replace(capture, sketch=None) if capture.sketch else capture
    counts, edges, _ = folded(Drawn.of([capture.counts], [capture.edges]), limit)
    return replace(capture, counts=counts, edges=edges, sketch=None)


def fold_sketched(captures: Sequence[Sketched]) -> list[Histogram]:
    """Captures that are held as the bytes of sketches, all drawn and folded together."""
    found: list[Histogram] = []
    sketches = [unpack(capture.data) for capture in captures]
    for _, same in groupby(zip(captures, sketches, strict=True), key=lambda pair: pair[1].mantissa_bits):
        chosen, packed = zip(*same, strict=True)
        shapes = folded(draw(packed)).split()
        for capture, sketch, (counts, edges) in zip(chosen, packed, shapes, strict=True):
            # Not views, each of which would keep the arrays of all.
            found.append(capture.drawn(counts.copy(), edges.copy(), sketch.statistics))
    return found


def refold(captures: Sequence[Histogram], limit: int) -> list[Histogram]:
    """The captures with at most ``limit`` bins each, all folded together."""
    if not captures:
        return []
    drawn = Drawn.of([capture.counts for capture in captures], [capture.edges for capture in captures])
    shapes = folded(drawn, limit).split()
    return [
        replace(capture, counts=counts, edges=edges) for capture, (counts, edges) in zip(captures, shapes, strict=True)
    ]


def folded(drawn: Drawn, limit: int = BINS) -> Drawn:
    """Histograms with at most ``limit`` bins each.

    The edges that stay are spread evenly over arcsinh of the value, which is even over the decades of either sign and
    linear around zero, so that the capture can be drawn on a linear and on a symlog axis.
    """
    counts, edges, lengths = drawn
    sizes = lengths + 1
    stops = np.cumsum(sizes)
    first, last = stops - sizes, stops - 1
    scales = np.maximum(np.abs(edges[first]), np.abs(edges[last])) * 1e-4
    scales[scales == 0] = 1
    position = np.arcsinh(edges / np.repeat(scales, sizes))
    spans = position[last] - position[first]
    # Edges of one position are too close for arcsinh to tell apart.
    shares = np.divide(limit - 2, spans, where=spans > 0, out=np.zeros(len(spans)))
    cells = ((position - np.repeat(position[first], sizes)) * np.repeat(shares, sizes)).astype(np.int64)
    kept = np.diff(cells.clip(max=limit - 3), prepend=0) > 0
    kept[first] = kept[last] = True
    # The bin around zero stays as it is, because how many values are zero is a finding of its own.
    left = np.flatnonzero((edges[:-1] <= 0) & (edges[1:] > 0))
    kept[left] = kept[left + 1] = True
    owner = np.repeat(np.arange(len(lengths)), sizes)
    kept |= (lengths <= limit)[owner]
    starts = kept.copy()
    starts[last] = False
    at = np.flatnonzero(starts)
    return Drawn(np.add.reduceat(counts, at - owner[at]), edges[kept], np.bincount(owner[at]))


def merge(first: Histogram, second: Histogram) -> Histogram:
    """Both captures added, at the step and wall time of the second.

    Where their edges agree the sum is exact; elsewhere a bin's count is spread evenly over its width.
    """
    if len(first.edges) == len(second.edges) and (first.edges == second.edges).all():
        counts, edges = first.counts + second.counts, first.edges
    else:
        edges = np.sort(np.concatenate([first.edges, second.edges]))
        low, high = zip(_around_zero(first.edges), _around_zero(second.edges), strict=True)
        kept = (edges <= min(low)) | (edges >= max(high))
        kept[1:] &= edges[1:] > edges[:-1]
        edges = edges[kept]
        below = _below(first, edges) + _below(second, edges)
        counts = below[1:] - below[:-1]
    if len(counts) > BINS:
        counts, edges, _ = folded(Drawn.of([counts], [edges]))
    return replace(
        second,
        counts=counts,
        edges=edges,
        nonfinite=first.nonfinite + second.nonfinite,
        zeros=first.zeros + second.zeros,
        sketch=None,
        captures=first.captures + second.captures,
        extremes=_both(first.extremes, second.extremes),
        first_step=first.step if first.first_step is None else first.first_step,
    )


def _both(first: Extremes, second: Extremes) -> Extremes:
    if first is None or second is None:
        return None
    return min(first[0], second[0]), max(first[1], second[1])


def _around_zero(edges: NDArray[np.float64]) -> tuple[float, float]:
    """The bin that holds zero, or an empty one."""
    right = int(edges.searchsorted(0, side="right"))
    return (edges.item(right - 1), edges.item(right)) if 0 < right < len(edges) else (0.0, 0.0)


def _below(capture: Histogram, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many of the values lie below each edge."""
    passed = np.zeros(len(capture.edges))
    np.cumsum(capture.counts, out=passed[1:])
    below: NDArray[np.float64] = np.interp(edges, capture.edges, passed)
    return below


class Entry(NamedTuple):
    """A capture, folded, and the step of the one before it."""

    capture: Histogram
    before: float


class Level:
    """Nodes of a `Pyramid` that stand for equally many entries each, of which the first may be gone."""

    def __init__(self) -> None:
        self._gone = 0
        self._nodes: list[list[Entry]] = []

    def __len__(self) -> int:
        return self._gone + len(self._nodes)

    def __getitem__(self, index: int) -> list[Entry]:
        return self._nodes[index - self._gone]

    def append(self, node: list[Entry]) -> None:
        self._nodes.append(node)

    def keep(self, start: int) -> None:
        """Forget the nodes before ``start``."""
        del self._nodes[: max(0, start - self._gone)]
        self._gone = max(self._gone, start)


class Pyramid:
    """A growing list of captures that can be read with neighbours merged; nothing is merged twice.

    Parameters
    ----------
    limit : int
        The most captures that are read; so many of the newest can be read one by one.
    marks : sequence of int
        Increasing steps, which may become more. Of each of the last ``MARKS`` the first capture at it or after it stays
        whole, if it was not merged before it was marked.

    Attributes
    ----------
    captured : int
        How many captures there were, those counted that came as sums.
    """

    def __init__(self, limit: int, marks: Sequence[int] = ()) -> None:
        self.captured = 0
        self.marks = marks
        self._limit = limit
        self._levels = [Level()]

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, capture: Histogram) -> None:
        before = self._levels[0][len(self) - 1][-1].capture.step if len(self) else -math.inf
        self._levels[0].append([Entry(fold(capture), before)])
        self.captured += capture.captures
        if len(self) % self._limit == 0:
            self._forget()

    def since(self, start: int) -> list[Histogram] | None:
        """The captures from ``start`` on, as `captured` counts them; None where they are not there one by one."""
        missing = self.captured - start
        if not 0 <= missing <= min(len(self), self._limit):
            return None
        found = [self._levels[0][row][0].capture for row in range(len(self) - missing, len(self))]
        return found if all(capture.captures == 1 for capture in found) else None

    def at_most(self, limit: int) -> list[Histogram]:
        """The whole history in at most ``limit`` captures, and some more for those that were marked.

        Groups of one size come first; the newest captures, not yet such a group, follow in ever smaller ones. The limit
        must be neither beyond that of the pyramid nor below the bits of its length.
        """
        depth = 0
        while len(self) >> depth and (len(self) >> depth) + (len(self) % (1 << depth)).bit_count() > limit:
            depth += 1
        level = self._level(depth)
        held = [level[index] for index in range(len(level))]
        covered = len(held) << depth
        for finer in reversed(range(depth)):
            if (len(self) - covered) >> finer:
                held.append(self._level(finer)[covered >> finer])
                covered += 1 << finer
        return [entry.capture for node in held for entry in node]

    def _level(self, depth: int) -> Level:
        """Groups of ``2 ** depth`` captures, each merged when first asked for."""
        if depth == 0:
            return self._levels[0]
        below = self._level(depth - 1)
        if depth == len(self._levels):
            self._levels.append(Level())
        level = self._levels[depth]
        for pair in range(2 * len(level), len(below) - 1, 2):
            level.append(self._joined(below[pair], below[pair + 1]))
        return level

    def _joined(self, first: list[Entry], second: list[Entry]) -> list[Entry]:
        """Two nodes as one: their neighbouring entries merged, unless one of them was marked."""
        last, following = first[-1], second[0]
        marks = self.marks[-MARKS:]
        at = bisect_right(marks, last.before)
        if at < len(marks) and marks[at] <= following.capture.step:
            return first + second
        return [*first[:-1], Entry(merge(last.capture, following.capture), last.before), *second[1:]]

    def _forget(self) -> None:
        """Drop what no reading within the limit needs, so that a long history takes no more room than a short one."""
        depth = 0
        while len(self) >> depth > 2 * self._limit:
            self._level(depth + 1)
            newest = self._limit if depth == 0 else 2
            self._levels[depth].keep(len(self._levels[depth]) - newest - 2)
            depth += 1
