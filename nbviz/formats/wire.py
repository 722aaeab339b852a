"""Wire frames: splices of columns as one block of bytes. The protocol is written down in docs/wire.md.

Layout, little-endian throughout::

    uint32  length of the header in bytes
    uint32  number of the frame
    bytes   header, JSON in UTF-8, padded with spaces so that what follows is 8-aligned
    bytes   the columns of each splice in the header's order, each padded with zeros to 8 bytes
    bytes   the columns of what has grown, likewise
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.drawn import Drawn
from nbviz.formats.edgecodes import decode_edges, encode_edges
from nbviz.formats.splice import Frame, Grown, HistogramColumns, ScalarColumns, Splice

PREFIX = struct.Struct("<II")
ALIGNMENT = 8
LEVELS = {"u2": 65535, "u1": 255}
FEW_STEPS = 2
"""Rows whose steps take less as a column than in the header."""

_as_json = json.JSONEncoder(separators=(",", ":")).encode


def encode(frame: Frame) -> bytes:
    """One block of bytes for a frame."""
    heads: list[dict[str, Any]] = []
    parts: list[NDArray[Any]] = []
    bins = _bins([splice.columns for splice in frame.splices if isinstance(splice.columns, HistogramColumns)])
    for splice in frame.splices:
        head: dict[str, Any] = {"tag": splice.tag}
        if splice.kind != "scalar":
            head["kind"] = splice.kind
        if splice.generation:
            head["generation"] = splice.generation
        head["start"] = splice.start
        if splice.rows != 1:
            head["rows"] = splice.rows
        if splice.place is not None:
            head["place"] = splice.place
            if splice.series is not None:
                head["series"] = splice.series
        if splice.restarts:
            head["restarts"] = splice.restarts
        if splice.of is not None:
            head["of"] = splice.of
        columns = splice.columns
        if isinstance(columns, ScalarColumns):
            parts.extend(_scalar_parts(columns, head))
        else:
            parts.extend(_histogram_parts(columns, next(bins), head))
        heads.append(head)
    header: dict[str, Any] = {}
    if frame.state != "live":
        header["state"] = frame.state
    if heads:
        header["splices"] = heads
    if frame.grown:
        header["grown"] = [_grown_head(grown, parts) for grown in frame.grown]
    if frame.totals:
        header["totals"] = frame.totals
    if frame.marks is not None:
        header["marks"] = frame.marks
        header["planned"] = frame.planned
    if frame.detail is not None:
        header["detail"] = frame.detail
    text = _as_json(header).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return b"".join([PREFIX.pack(len(text), frame.number), text, *map(_padded, parts)])


def decode(block: bytes | memoryview) -> Frame:
    """The frame that `encode` made the block of.

    Raises
    ------
    ValueError
        If the block is cut short or is no frame.
    """
    try:
        length, number = PREFIX.unpack_from(block)
        header = json.loads(bytes(block[PREFIX.size : PREFIX.size + length]))
        reader = _Reader(memoryview(block), PREFIX.size + length)
        splices = [_splice(head, reader) for head in header.get("splices", ())]
        grown = [_grown(*head, reader=reader) for head in header.get("grown", ())]
        totals = {tag: (generation, rows) for tag, (generation, rows) in header.get("totals", {}).items()}
        marks = [(step, note) for step, note in header["marks"]] if "marks" in header else None
        detail = tuple(header["detail"]) if "detail" in header else None
        state, planned = header.get("state", "live"), header.get("planned")
        return Frame(number, state, splices, totals, marks, planned, detail, grown)
    except (struct.error, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"this is no nbviz frame: {error}") from error


def _padded(column: NDArray[Any]) -> bytes:
    data = column.tobytes()
    return data + bytes(-len(data) % ALIGNMENT) if len(data) % ALIGNMENT else data


def _steps(
    steps: NDArray[np.float64], head: dict[str, Any], rows: NDArray[np.int64] | None = None
) -> list[NDArray[Any]]:
    """Steps that are even over the ``rows`` travel as [first, stride] in the header, others as a column."""
    even = _even(steps, rows)
    if even is None:
        return [steps]
    head["steps"] = even
    return []


def _even(steps: NDArray[np.float64], rows: NDArray[np.int64] | None = None) -> list[int] | None:
    if len(steps) <= FEW_STEPS:
        return None
    rows = np.arange(len(steps)) if rows is None else rows
    stride = (steps[1] - steps[0]) // (rows[1] - rows[0])
    first = steps[0] - stride * rows[0]
    even = (steps == first + stride * rows).all()
    return [int(first), int(stride)] if even else None


def _grown_head(grown: Grown, parts: list[NDArray[Any]]) -> list[Any]:
    """Its head; its columns are added to the parts."""
    even = _even(grown.steps)
    parts += [*([] if even else [grown.steps]), grown.walls, *grown.values]
    head = [grown.generation, grown.start, len(grown.walls), grown.series]
    return [*head, even] if even else head


def _grown(
    generation: int, start: int, rows: int, series: list[int], even: list[int] | None = None, *, reader: _Reader
) -> Grown:
    steps = _spaced(even, np.arange(rows, dtype="<f8")) if even else reader.take("<f8", rows)
    walls = reader.take("<f8", rows)
    return Grown(generation, start, series, steps, walls, [reader.take("<f8", rows) for _ in series])


def _spaced(even: list[int], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    first, stride = even
    return first + stride * rows


def _scalar_parts(columns: ScalarColumns, head: dict[str, Any]) -> list[NDArray[Any]]:
    rows = None if columns.index is None else columns.index.astype(np.int64) - head["start"]
    parts = [*_steps(columns.steps, head, rows), columns.walls, columns.values]
    if columns.index is not None:
        head["points"] = len(columns.index)
        parts.append(columns.index)
    return parts


class _Bins(NamedTuple):
    """The bins of some captures, one capture behind the other."""

    totals: NDArray[np.float64]
    lengths: NDArray[np.uint32]
    edges: NDArray[np.float64]
    ends: NDArray[np.float64]
    levels: NDArray[np.float64]
    uniform: bool
    narrow: bool
    coded: bool
    codes: NDArray[np.int64]
    rises: NDArray[np.int64]


def _bins(columns: Sequence[HistogramColumns]) -> Iterator[_Bins]:
    """Those of every splice of a frame, computed together: most of them have one capture."""
    counts = [each for some in columns for each in some.counts]
    if not counts:
        nothing = np.empty(0)
        none, codes = nothing.astype("<u4"), nothing.astype(np.int64)
        yield from [_Bins(nothing, none, nothing, nothing, nothing, True, True, True, codes, codes)] * len(columns)
        return
    drawn = Drawn.of(counts, [each for some in columns for each in some.edges])
    tops = np.repeat([LEVELS[some.depth] for some in columns], [len(some.counts) for some in columns])
    levels, totals = _levels(drawn, tops)
    uniform, narrow, ends = _spacing(drawn)
    coded, codes, rises = encode_edges(drawn)
    capture, stops = 0, np.append(0, np.cumsum(drawn.lengths)).tolist()
    for some in columns:
        first, capture = capture, capture + len(some.counts)
        which = slice(first, capture)
        yield _Bins(
            totals[which],
            drawn.lengths[which].astype("<u4"),
            drawn.edges[stops[first] + first : stops[capture] + capture],
            ends[which].ravel(),
            levels[stops[first] : stops[capture]],
            bool(uniform[which].all()),
            bool(narrow[which].all()),
            bool(coded[which].all()),
            codes[which],
            rises[stops[first] : stops[capture]],
        )


def _levels(drawn: Drawn, tops: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts as shares of the largest one of their capture, and the sum of each capture."""
    starts = np.cumsum(drawn.lengths) - drawn.lengths
    peaks = np.maximum.reduceat(drawn.counts, starts)
    scales = np.divide(tops, peaks, where=peaks > 0, out=np.zeros(len(peaks)))
    return np.rint(drawn.counts * np.repeat(scales, drawn.lengths)), np.add.reduceat(drawn.counts, starts)


def _spacing(drawn: Drawn) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Of each capture, whether its bins have equal widths, whether float32 tells its edges apart, and the outermost."""
    _, edges, lengths = drawn
    starts = np.cumsum(lengths) - lengths
    first = starts + np.arange(len(lengths))
    ends = np.stack([edges[first], edges[first + lengths]], axis=1)
    left = np.delete(np.arange(len(edges)), first + lengths)
    mean = (ends[:, 1] - ends[:, 0]) / lengths
    off = np.abs(edges[left + 1] - edges[left] - np.repeat(mean, lengths))
    with np.errstate(over="ignore"):
        single, outer = edges.astype(np.float32), ends.astype(np.float32)
    apart = np.logical_and.reduceat(single[left + 1] > single[left], starts) & np.isfinite(outer).all(axis=1)
    return np.maximum.reduceat(off, starts) <= 1e-6 * mean, apart, ends


def _histogram_parts(columns: HistogramColumns, bins: _Bins, head: dict[str, Any]) -> list[NDArray[Any]]:
    head["points"], head["depth"] = len(columns.walls), columns.depth
    edges: list[NDArray[Any]]
    if bins.uniform:
        head["uniform"] = True
        edges = [bins.ends]
    elif bins.coded:
        head["coded"] = True
        edges = [bins.codes.astype("<i2"), bins.rises.astype("<u1")]
    else:
        head |= {} if bins.narrow else {"wide": True}
        edges = [bins.edges.astype("<f4" if bins.narrow else "<f8", copy=False)]
    merged = [] if columns.index is None else [columns.index]
    apart = {"nonfinite": columns.nonfinite, "zeros": columns.zeros}
    some = {name: column for name, column in apart.items() if column is not None and column.any()}
    head |= dict.fromkeys(some, True)
    extremes = [] if columns.extremes is None or np.isnan(columns.extremes).all() else [columns.extremes]
    if extremes:
        head["extremes"] = True
    return [
        *_steps(columns.steps, head),
        columns.walls,
        *some.values(),
        *extremes,
        bins.totals,
        bins.lengths,
        *edges,
        bins.levels.astype(f"<{columns.depth}"),
        *merged,
    ]


class _Reader:
    """Takes 8-aligned columns off a block, one after the other."""

    def __init__(self, block: memoryview, offset: int) -> None:
        self._block, self._offset = block, offset

    def take(self, dtype: str, count: int) -> NDArray[Any]:
        if count < 0:  # for numpy all that is left
            raise ValueError(f"expected a number of rows, got {count}")
        column: NDArray[Any] = np.frombuffer(self._block, dtype, count, self._offset)
        self._offset += column.nbytes + (-column.nbytes % ALIGNMENT)
        return column


def _splice(head: dict[str, Any], reader: _Reader) -> Splice:
    kind = head.get("kind", "scalar")
    rows = head.get("rows", 1)
    points = head.get("points", rows)
    even = head.get("steps")
    steps = _spaced(even, np.arange(points, dtype="<f8")) if even else reader.take("<f8", points)
    walls = reader.take("<f8", points)
    columns: ScalarColumns | HistogramColumns
    if kind == "scalar":
        values = reader.take("<f8", points)
        index = reader.take("<u4", points) if "points" in head else None
        if even and index is not None:
            steps = _spaced(even, index.astype(np.float64) - head["start"])
        columns = ScalarColumns(steps, walls, values, index)
    else:
        columns = _histograms(head, reader, steps, walls)
    place = tuple(head["place"]) if "place" in head else None
    restarts = tuple((row, step) for row, step in head.get("restarts", ()))
    generation, of = head.get("generation", 0), head.get("of")
    series = head.get("series")
    return Splice(head["tag"], kind, generation, head["start"], rows, columns, place, restarts, of, series)


def _histograms(
    head: dict[str, Any], reader: _Reader, steps: NDArray[np.float64], walls: NDArray[np.float64]
) -> HistogramColumns:
    points, depth = len(walls), head["depth"]
    nonfinite = reader.take("<f8", points) if head.get("nonfinite") else np.zeros(points)
    zeros = reader.take("<f8", points) if head.get("zeros") else None
    extremes = reader.take("<f4", 2 * points).reshape(-1, 2) if head.get("extremes") else None
    totals = reader.take("<f8", points)
    lengths = reader.take("<u4", points).astype(int)
    if head.get("uniform"):
        ends = reader.take("<f8", 2 * points).reshape(-1, 2)
        edges = [np.linspace(low, high, length + 1) for (low, high), length in zip(ends, lengths, strict=True)]
    elif head.get("coded"):
        codes, flat = reader.take("<i2", points).tolist(), reader.take("<u1", int(lengths.sum()))
        rises = np.split(flat, np.cumsum(lengths)[:-1])
        edges = [decode_edges(*each) for each in zip(codes, rises, strict=True)]
    else:
        flat = reader.take("<f8" if head.get("wide") else "<f4", int((lengths + 1).sum())).astype(np.float64)
        edges = np.split(flat, np.cumsum(lengths + 1)[:-1]) if points else []
    flat = reader.take(f"<{depth}", int(lengths.sum())).astype(np.float64)
    counts = np.split(flat, np.cumsum(lengths)[:-1]) if points else []
    # The sum travels exactly and scales the levels back to counts.
    counts = [
        levels * (total / levels.sum()) if levels.any() else levels
        for levels, total in zip(counts, totals, strict=True)
    ]
    index = reader.take("<u4", points) if points < head.get("rows", 1) else None
    return HistogramColumns(steps, walls, counts, edges, nonfinite, zeros, depth, index, extremes)
