"""Histograms, as buckets of the writer's own choice."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.buckets import from_limits, from_triples
from nbviz.formats.event import HISTO, TENSOR
from nbviz.formats.extra import CAPTURES, FIRST_STEP, NONFINITE, SKETCH
from nbviz.formats.items.item import Item, Source, counted
from nbviz.formats.protobuf import FIXED64, MalformedError, fields, signed
from nbviz.formats.tensor import decode_tensor

if TYPE_CHECKING:
    from nbviz.formats.sketch import Sketch

#     HistogramProto  min 1, max 2, num 3, sum 4: double, bucket_limit 6, bucket 7: repeated double
_MIN, _MAX, _NUM, _SUM = (number << 3 | FIXED64 for number in (1, 2, 3, 4))
_BUCKET_LIMIT, _BUCKET = 6, 7


@dataclass(frozen=True, eq=False, repr=False)
class Histogram(Item):
    """One captured histogram.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    counts : ndarray of float64, shape (k,)
    edges : ndarray of float64, shape (k + 1,)
        Increasing; bin ``i`` is ``edges[i] <= x < edges[i + 1]``, the last bin includes its right edge.
    nonfinite : int
        How many values were NaN or infinite, which no bin holds.
    zeros : float
        How many values were exactly zero and are in no bin; 0 where they were not told apart from what is close to it.
    sketch : Sketch or None
        What the bins were made of, where that is known: it has exact statistics and finer bins.
    captures : int
        How many captures this is the sum of: where a series would hold too many, old neighbours are added up.
    first_step : int or None
        The step of the first of them, where they are several; ``step`` is that of the last.
    extremes : (float, float) or None
        The smallest and the largest finite value, where they are known; bins reach beyond them.
    """

    counts: NDArray[np.float64]
    edges: NDArray[np.float64]
    nonfinite: int = 0
    zeros: float = 0
    sketch: Sketch | None = None
    captures: int = 1
    first_step: int | None = None
    extremes: tuple[float, float] | None = None

    def _about(self) -> str:
        within = f"{self.counts.sum():,.0f} values in {counted(len(self.counts), 'bin')}"
        zeros = f"; {counted(int(self.zeros), 'zero')}" if self.zeros else ""
        nonfinite = f"; {self.nonfinite:,} not finite" if self.nonfinite else ""
        if self.captures > 1:
            within = f"sum of {self.captures:,} captures from step {self.first_step:,} on, {within}"
        return f"{within} from {self.edges[0]:.4g} to {self.edges[-1]:.4g}{zeros}{nonfinite}"


def empty_histogram(step: int, wall_time: float) -> Histogram:
    """A histogram of nothing: one bin."""
    return Histogram(step, wall_time, np.zeros(1), np.array([0.0, 1.0]))


def decode_histogram(source: Source) -> tuple[Histogram, str]:
    """Decode an old histogram or one of TF2, and say what is wrong with it, if anything."""
    with np.errstate(all="ignore"):
        if source.content == HISTO:
            return _from_histo(source)
        if source.content != TENSOR:
            raise MalformedError("a histogram is neither a HistogramProto nor a tensor, so it was left out")
        values = decode_tensor(source.data, source.start, source.stop)
        if values.ndim != 2 or values.shape[1] != 3 or values.dtype.kind not in "fiub":
            raise MalformedError("a histogram is a tensor of another shape than [k, 3], so it was left out")
        counts, edges = from_triples(values.astype(np.float64))
        extra = {key: (start, stop) for key, start, stop in fields(source.data, 0, len(source.data))}
        nonfinite, _ = extra.get(NONFINITE, (0, 0))
        found, problem = Histogram(source.step, source.wall_time, counts, edges, nonfinite), ""
        if SKETCH in extra:
            from nbviz.formats.sketch import Sketch  # which imports this module

            try:
                sketch = Sketch.from_bytes(source.data[slice(*extra[SKETCH])])
                found = sketch.histogram(source.step, source.wall_time)
            except ValueError:
                problem = "the sketch of a histogram is damaged; its bins were kept"
        captures, _ = extra.get(CAPTURES, (1, 0))
        if captures > 1:
            first_step, _ = extra.get(FIRST_STEP, (0, 0))
            found = replace(found, captures=captures, first_step=signed(first_step))
        return found, problem


def extra_of(capture: Histogram) -> list[tuple[int, int | bytes]]:
    """What of a capture its bins do not say, as fields for an event file."""
    return [
        (NONFINITE, capture.nonfinite),
        (SKETCH, capture.sketch.to_bytes() if capture.sketch else b""),
        (CAPTURES, capture.captures if capture.captures > 1 else 0),
        (FIRST_STEP, capture.first_step or 0),
    ]


def with_zeros(capture: Histogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts (k,) and edges (k + 1,) that hold the zeros, too, as readers expect that know no others."""
    counts, edges = capture.counts, capture.edges
    if not capture.zeros:
        return counts, edges
    if edges[0] > 0:
        counts, edges = np.insert(counts, 0, 0.0), np.insert(edges, 0, 0.0)
    elif edges[-1] < 0:
        counts, edges = np.append(counts, 0.0), np.append(edges, 0.0)
    bin_of_zero = min(int(np.searchsorted(edges, 0.0, side="right")) - 1, len(counts) - 1)
    counts = counts.copy()
    counts[bin_of_zero] += capture.zeros
    return counts, edges


def _from_histo(source: Source) -> tuple[Histogram, str]:
    single = dict.fromkeys((_MIN, _MAX, _NUM, _SUM), 0.0)
    columns: dict[int, list[bytes]] = {_BUCKET_LIMIT: [], _BUCKET: []}
    for key, start, stop in fields(source.data, source.start, source.stop):
        if key in single:
            single[key] = float(np.frombuffer(source.data, "<f8", 1, start)[0])
        elif key >> 3 in columns:  # packed, or single in old files
            columns[key >> 3].append(source.data[start:stop])
    limits, counts = (_doubles(b"".join(columns[number])) for number in (_BUCKET_LIMIT, _BUCKET))
    total, (counts, edges) = counts.sum(), from_limits(limits, counts, single[_MIN], single[_MAX])
    missing = single[_NUM] - total
    nonfinite, problem = 0, ""
    if 0.5 < missing < 2**53:
        if math.isfinite(single[_SUM]):
            problem = "some values of a histogram lie in none of its bins; its bins were kept"
        else:
            nonfinite = round(missing)
    return Histogram(source.step, source.wall_time, counts, edges, nonfinite), problem


def _doubles(content: bytes) -> NDArray[np.float64]:
    if len(content) % 8:
        raise MalformedError("a histogram is not well-formed, so it was left out")
    return np.frombuffer(content, "<f8")
