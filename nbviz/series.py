"""Series of each kind: numbers, histograms and other items."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbviz.column import Column
from nbviz.formats.items.confusion import Confusion
from nbviz.formats.items.histogram import Histogram
from nbviz.formats.items.sketched import Sketched, SketchedItems
from nbviz.formats.sketch import Sketch
from nbviz.history import bound, marked
from nbviz.restarts import Staircase
from nbviz.rows import Kind, Series

__all__ = ["Confusion", "Histogram", "HistogramSeries", "ItemSeries", "Kind", "ScalarSeries", "Series", "Sketch"]

DISTRIBUTION = (0.0, 0.0668, 0.1587, 0.3085, 0.5, 0.6915, 0.8413, 0.9332, 1.0)
"""The fractions of TensorBoard's distributions, ``NORMAL_HISTOGRAM_BPS`` in its compressor."""


class ScalarSeries(Series):
    """A metric: one number a row."""

    kind: Kind = "scalar"

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.nbytes = 0
        """Bytes that the rows take in the event files that they were read from."""
        self._values = Column(np.float64)

    @property
    def values(self) -> NDArray[np.float64]:
        """Value of each row, shape (n,), float64, NaN and infinities included, read-only."""
        return self._column(self._values)

    def since(self, start: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Steps, wall times and values of the committed rows from ``start`` on."""
        rows = slice(start, self._rows)
        return self._steps.data[rows], self._walls.data[rows], self._values.data[rows]

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with the columns step, wall_time, value and superseded.

        Wall times are float64 seconds since the epoch, which lose nothing. ImportError without pandas.
        """
        from nbviz.tables import series_to_pandas

        return series_to_pandas(self)

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self._values.keep(mask)
        super()._keep(mask)

    def reserve(self, rows: int) -> None:
        """Expect so many rows in all: columns that never grow are written once."""
        for column in (self._steps, self._walls, self._values):
            column.reserve(rows)

    def extend(self, steps: ArrayLike, wall_times: ArrayLike, values: ArrayLike, source: int = 0) -> None:
        """Append rows; each argument has shape (n,). ``source`` tells the event files of a run apart."""
        end = self._values.write(self._rows, values)
        self._write_rows(steps, wall_times, end)
        if end > self._rows:
            self._finish_rows(end, source)


class ItemSeries(Series, Sequence[Any]):
    """Histograms, images, audio, text and all else that is no number: one item a row, decoded when asked for."""

    def __init__(self, tag: str, kind: Kind) -> None:
        super().__init__(tag)
        self.kind = kind
        self._parts: list[Sequence[Any]] = []
        self._starts: list[int] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.tag!r}: {len(self):,} of kind {self.kind}>"

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        try:
            rows = range(len(self))[index]
        except IndexError:
            raise IndexError(f"{self.tag!r} has {len(self):,} {self.kind}s, so there is none at {index}") from None
        if isinstance(rows, range):
            return [self[row] for row in rows]
        part, row = _place(self._parts, self._starts, rows)
        return part[row]

    def encoded(self, index: int) -> bytes:
        """The bytes of an item as its event file holds them; none for an item that comes from elsewhere.

        They are a ``Summary.Value``, or a field of the ``Event``, as `nbviz.formats.event.Items` has it.
        """
        return _encoded(*_place(self._parts, self._starts, range(len(self))[index]))

    def chosen(self, rows: NDArray[np.int64]) -> Chosen:
        """Some of the items, which stay the same whatever becomes of the series."""
        return Chosen(self._parts, self._starts, rows)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.chosen(np.arange(len(self))))

    def extend(self, steps: ArrayLike, wall_times: ArrayLike, items: Sequence[Any], source: int = 0) -> None:
        """Append rows.

        Parameters
        ----------
        steps, wall_times : array_like, shape (n,)
        items : sequence of length n
            May decode an item when it is indexed; it is kept, not copied.
        source : int
            Tells the event files of a run apart.
        """
        end = self._rows + len(items)
        self._write_rows(steps, wall_times, end)
        if end == self._rows:
            return
        while self._starts and self._starts[-1] >= self._rows:  # what an interrupt left half-written
            del self._starts[-1], self._parts[-1]
        if not (self._parts and _join(self._parts[-1], self._rows - self._starts[-1], items)):
            self._parts.append(items)
            self._starts.append(self._rows)
        self._finish_rows(end, source)

    def append(self, step: int, wall_time: float, item: Any) -> None:
        """Append one item, as of that step and wall time."""
        self.extend([step], [wall_time], [replace(item, step=step, wall_time=wall_time)])

    @property
    def nbytes(self) -> int | None:
        """Bytes that the items take in their files; None if there are some that come from no file."""
        sizes = [getattr(part, "nbytes", None) for part in self._parts]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self._parts = [Chosen(self._parts, self._starts, np.flatnonzero(mask))]
        self._starts = [0]
        super()._keep(mask)


def _join(part: Sequence[Any], row: int, items: Sequence[Any]) -> bool:
    """Append ``items`` to a part that holds ``row`` whole rows, if the two are of a kind that allows it."""
    if isinstance(part, list) and isinstance(items, list):
        part[row:] = items
        return True
    join = getattr(part, "join", None)
    return join is not None and bool(join(row, items))


def _place(parts: list[Sequence[Any]], starts: list[int], row: int) -> tuple[Sequence[Any], int]:
    part = bisect_right(starts, row) - 1
    return parts[part], row - starts[part]


def _encoded(part: Sequence[Any], row: int) -> bytes:
    encoded = getattr(part, "encoded", None)
    return b"" if encoded is None else encoded(row)


class Chosen(Sequence[Any]):
    """The items of some rows, as a rewind leaves them."""

    def __init__(self, parts: list[Sequence[Any]], starts: list[int], rows: NDArray[np.int64]) -> None:
        self._parts, self._starts, self._rows = parts, starts, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        part, row = _place(self._parts, self._starts, int(self._rows[index]))
        return part[row]

    def encoded(self, index: int) -> bytes:
        return _encoded(*_place(self._parts, self._starts, int(self._rows[index])))


class HistogramSeries(ItemSeries):
    """Captures of a tensor's distribution: one `Histogram` a row, or the sum of some neighbours."""

    def __init__(self, tag: str, kind: Kind = "histogram") -> None:
        super().__init__(tag, kind)
        self._sizes = np.ones(0, np.int64)
        """Of the first rows, how many captures each is the sum of; those after them are one each."""

    def __repr__(self) -> str:
        merged = f", which hold {self.captured:,}>" if self.captured > len(self) else ">"
        return super().__repr__().removesuffix(">") + merged

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many captures each row is the sum of, shape (n,), int64."""
        return np.concatenate([self._sizes, np.ones(len(self) - len(self._sizes), np.int64)])

    @property
    def captured(self) -> int:
        """How many captures there were in this generation."""
        return self._rows - len(self._sizes) + int(self._sizes.sum()) if len(self._sizes) else self._rows

    def held(self, row: int) -> Histogram | Sketched:
        """A capture as it is held: undrawn, where it is a sketch."""
        part, at = _place(self._parts, self._starts, row)
        capture: Histogram | Sketched = part.captures[at] if isinstance(part, SketchedItems) else part[at]
        return capture

    def stairs(self) -> Staircase:
        if not self.restarts:
            return ()
        ends = np.append(0, np.cumsum(self.sizes))
        return tuple((int(ends[row]), step) for row, step in self.restarts.staircase())

    def _holds_within(self, step: int) -> bool:
        """Whether a sum that ends later begins at the step or before it."""
        held = self._parts[0]
        if not len(self._sizes) or not isinstance(held, SketchedItems):
            return False
        return any(each.first <= step < each.step for each in held.captures[: len(self._sizes)])

    def bound(self, budget: int, marks: Sequence[int]) -> None:
        """Add up neighbouring sketches until no more than ``budget`` rows are left; see `nbviz.history.bound`.

        Of the ``marks``, increasing steps, the first capture at each or after it stays whole, and nothing is added up
        across a restart. A series of which some captures are no sketches stays as it is.
        """
        if len(self) <= budget or not isinstance(self._parts[0], SketchedItems) or len(self._parts) > 1:
            return
        superseded = self.superseded
        apart = superseded[1:] != superseded[:-1]
        apart[[row - 1 for row, _ in self.restarts.staircase(len(self)) if 0 < row < len(self)]] = True
        whole = marked(self.steps, marks)
        held, rows = bound(self._parts[0].captures[: len(self)], self.sizes, budget, whole, apart)
        # A new part: what reads the old one, such as a recorder, goes on with what it had.
        self._parts, self._starts = [SketchedItems(held)], [0]
        self.restarts.join(rows)
        self._sizes = np.array([capture.captures for capture in held], np.int64)
        kept = np.zeros(len(self), bool)
        kept[rows] = True
        Series._keep(self, kept)

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self._sizes = self.sizes[mask]
        sketched = self._parts[0] if len(self._parts) == 1 else None
        super()._keep(mask)
        if isinstance(sketched, SketchedItems):
            self._parts = [SketchedItems([sketched.captures[row] for row in np.flatnonzero(mask).tolist()])]

    def append(self, step: int, wall_time: float, item: Histogram | bytes) -> None:
        """Append one capture, given as a histogram or as the bytes of a sketch."""
        if len(self) and step < self.latest_step and self._holds_within(step):
            self.restart(step)  # as its own row would have told
        items: Sequence[Histogram]
        if isinstance(item, bytes):
            items = SketchedItems([Sketched(step, wall_time, item)])
        else:
            items = [replace(item, step=step, wall_time=wall_time)]
        self.extend([step], [wall_time], items)

    def quantiles(self, fractions: ArrayLike = DISTRIBUTION) -> NDArray[np.float64]:
        """The values below which given fractions of each capture's values lie, evenly spread within their bins.

        Parameters
        ----------
        fractions : array_like, shape (k,)
            From 0 to 1. By default those of the lines of TensorBoard's distributions, half a standard deviation of a
            normal distribution apart.

        Returns
        -------
        ndarray of float64, shape (n, k)
            Of a capture without values, zeros.
        """
        wanted = np.asarray(fractions, np.float64)
        return np.array([_quantiles(capture, wanted) for capture in self]).reshape(len(self), len(wanted))


def _quantiles(capture: Histogram, fractions: NDArray[np.float64]) -> NDArray[np.float64]:
    """As in ``tensorboard/plugins/distribution/compressor.py``, with its scale so that sums round alike."""
    counts, edges = _with_zeros(capture) if capture.zeros else (capture.counts, capture.edges)
    total = counts.sum()
    if not total:
        return np.zeros(len(fractions))
    points = fractions * 10000
    weights = (counts * 10000 / total).cumsum()
    index = np.searchsorted(weights, points, side="right")
    beyond = index == len(weights)
    index[beyond] = len(weights) - 1
    before = np.where(index > 0, weights[index - 1], 0.0)
    left = np.where(before > 0, edges[index], edges[0])
    with np.errstate(all="ignore"):
        values = left + (points - before) * (edges[index + 1] - left) / (weights[index] - before)
    reached: NDArray[np.float64] = np.where(beyond, edges[-1], values)
    return reached if capture.extremes is None else reached.clip(*capture.extremes)


def _with_zeros(capture: Histogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts and edges with the zeros that were counted apart in a bin of their own, which has no width."""
    counts, edges, zeros = capture.counts, capture.edges, capture.zeros
    if not counts.sum():
        return np.array([zeros], np.float64), np.zeros(2)
    at = int(np.searchsorted(edges, 0.0))
    if at == 0:
        return np.concatenate([[zeros, 0.0], counts]), np.concatenate([[0.0, 0.0], edges])
    if at == len(edges):
        return np.concatenate([counts, [0.0, zeros]]), np.concatenate([edges, [0.0, 0.0]])
    below = counts[at - 1] * -edges[at - 1] / (edges[at] - edges[at - 1])
    split = [below, zeros, counts[at - 1] - below]
    return np.concatenate([counts[: at - 1], split, counts[at:]]), np.insert(edges, at, [0.0, 0.0])


def new_series(tag: str, kind: Kind) -> Series:
    if kind == "scalar":
        return ScalarSeries(tag)
    return HistogramSeries(tag) if kind == "histogram" else ItemSeries(tag, kind)
