"""Wire frames: splices of columns as one block of bytes. The protocol is written down in docs/wire.md.

Layout, little-endian throughout::

    uint32  length of the header in bytes
    bytes   header, JSON in UTF-8, padded with spaces so that what follows is 8-aligned
    bytes   the columns of each splice in the header's order, each padded with zeros to 8 bytes
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

PREFIX = 4
ALIGNMENT = 8
LEVELS = {"u2": 65535, "u1": 255}


@dataclass(frozen=True, eq=False)
class ScalarColumns:
    """Rows of a scalar series, or the ones kept of them.

    Attributes
    ----------
    steps, walls, values : ndarray of float64, shape (n,)
    index : ndarray of uint32, shape (n,), or None
        Which row each one is, counted from the start of the series; ``None`` when no row is left out.
    """

    steps: NDArray[np.float64]
    walls: NDArray[np.float64]
    values: NDArray[np.float64]
    index: NDArray[np.uint32] | None = None


@dataclass(frozen=True, eq=False)
class HistogramColumns:
    """Captures of a histogram series.

    Attributes
    ----------
    steps, walls : ndarray of float64, shape (n,)
    counts : sequence of n ndarrays of float64, shape (k,)
    edges : sequence of n ndarrays of float64, shape (k + 1,)
    nonfinite : ndarray of float64, shape (n,)
    zeros : ndarray of float64, shape (n,), or None
        How many values are zero and in no bin; ``None`` where no capture has such.
    depth : {"u2", "u1"}
        Counts travel as levels of each capture's largest one, 65,535 or 255 of them, and their sum as it is.
    index : ndarray of uint32, shape (n,), or None
        The last row of each capture, counted from the start of the series, where rows were merged; ``None`` where every
        capture is one row.
    """

    steps: NDArray[np.float64]
    walls: NDArray[np.float64]
    counts: Sequence[NDArray[np.float64]]
    edges: Sequence[NDArray[np.float64]]
    nonfinite: NDArray[np.float64]
    zeros: NDArray[np.float64] | None = None
    depth: Literal["u2", "u1"] = "u2"
    index: NDArray[np.uint32] | None = None


@dataclass(frozen=True, eq=False)
class Splice:
    """Rows ``[start, start + rows)`` of one series in one generation; see docs/wire.md for the rule that joins them.

    ``place`` (chart, role, unit, best, panel) goes with a splice from 0, as that is where a page may meet the series
    first. ``restarts`` are the series' rows and steps at which its run restarted, as `Restarts.staircase` has them.
    """

    tag: str
    kind: Literal["scalar", "histogram"]
    generation: int
    start: int
    rows: int
    columns: ScalarColumns | HistogramColumns
    place: tuple[str, ...] | None = None
    restarts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Frame:
    """What one message or one snapshot carries.

    Attributes
    ----------
    number : int
        Counts the frames of a channel.
    state : str
        The run's state.
    totals : dict of str to (generation, rows)
        How far series have been sent, by which a page notices what it missed.
    """

    number: int
    state: str
    splices: Sequence[Splice] = ()
    totals: dict[str, tuple[int, int]] = field(default_factory=dict)


def encode(frame: Frame) -> bytes:
    """One block of bytes for a frame."""
    heads, parts = [], []
    for splice in frame.splices:
        head: dict[str, Any] = {"tag": splice.tag}
        if splice.kind != "scalar":
            head["kind"] = splice.kind
        if splice.generation:
            head["generation"] = splice.generation
        head["start"], head["rows"] = splice.start, splice.rows
        if splice.place is not None:
            head["place"] = splice.place
        if splice.restarts:
            head["restarts"] = splice.restarts
        columns = splice.columns
        encoder = _scalar_parts if isinstance(columns, ScalarColumns) else _histogram_parts
        parts.extend(encoder(columns, head))  # type: ignore[arg-type]
        heads.append(head)
    header: dict[str, Any] = {"number": frame.number, "state": frame.state}
    if heads:
        header["splices"] = heads
    if frame.totals:
        header["totals"] = frame.totals
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(PREFIX + len(text)) % ALIGNMENT)
    return b"".join([struct.pack("<I", len(text)), text, *map(_padded, parts)])


def decode(block: bytes | memoryview) -> Frame:
    """The frame that `encode` made the block of.

    Raises
    ------
    ValueError
        If the block is cut short or is no frame.
    """
    try:
        (length,) = struct.unpack_from("<I", block)
        header = json.loads(bytes(block[PREFIX : PREFIX + length]))
        reader = _Reader(memoryview(block), PREFIX + length)
        splices = [_splice(head, reader) for head in header.get("splices", ())]
        totals = {tag: (generation, rows) for tag, (generation, rows) in header.get("totals", {}).items()}
        return Frame(header["number"], header["state"], splices, totals)
    except (struct.error, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is no nbviz frame: {error}") from error


def _padded(column: NDArray[Any]) -> bytes:
    data = column.tobytes()
    return data + bytes(-len(data) % ALIGNMENT)


def _steps(steps: NDArray[np.float64], head: dict[str, Any]) -> list[NDArray[Any]]:
    """Evenly spaced steps travel as [first, stride] in the header, others as a column."""
    stride = steps[1] - steps[0] if len(steps) > 1 else 1.0
    if len(steps) and np.array_equal(steps, steps[0] + stride * np.arange(len(steps))):
        head["steps"] = [int(steps[0]), int(stride)]
        return []
    return [steps]


def _scalar_parts(columns: ScalarColumns, head: dict[str, Any]) -> list[NDArray[Any]]:
    parts = [*_steps(columns.steps, head), columns.walls, columns.values]
    if columns.index is not None:
        head["points"] = len(columns.index)
        parts.append(columns.index)
    return parts


def _histogram_parts(columns: HistogramColumns, head: dict[str, Any]) -> list[NDArray[Any]]:
    head["points"], head["depth"] = len(columns.walls), columns.depth
    lengths = np.array([len(counts) for counts in columns.counts], "<u4")
    uniform = all(_is_uniform(edges) for edges in columns.edges)
    if uniform:
        head["uniform"] = True
    elif not all(_fits_float32(edges) for edges in columns.edges):
        head["wide"] = True
    edges = [edges[[0, -1]] if uniform else edges for edges in columns.edges]
    peaks = np.array([counts.max(initial=0) for counts in columns.counts])
    scales = [LEVELS[columns.depth] / peak if peak else 0.0 for peak in peaks]
    levels = [np.rint(counts * scale) for counts, scale in zip(columns.counts, scales, strict=True)]
    totals = np.array([counts.sum() for counts in columns.counts], "<f8")
    merged = [] if columns.index is None else [columns.index]
    zeros = [] if columns.zeros is None or not columns.zeros.any() else [columns.zeros]
    if zeros:
        head["zeros"] = True
    return [
        *_steps(columns.steps, head),
        columns.walls,
        columns.nonfinite,
        *zeros,
        totals,
        lengths,
        _joined(edges, "<f8" if uniform or "wide" in head else "<f4"),
        _joined(levels, f"<{columns.depth}"),
        *merged,
    ]


def _fits_float32(edges: NDArray[np.float64]) -> bool:
    with np.errstate(over="ignore"):
        narrow = edges.astype(np.float32)
    return bool(np.isfinite(narrow).all() and (np.diff(narrow) > 0).all())


def _is_uniform(edges: NDArray[np.float64]) -> bool:
    width = (edges[-1] - edges[0]) / (len(edges) - 1)
    return bool(np.abs(np.diff(edges) - width).max() <= 1e-6 * width)


def _joined(arrays: list[NDArray[Any]], dtype: str) -> NDArray[Any]:
    return np.concatenate(arrays).astype(dtype, copy=False) if arrays else np.empty(0, dtype)


class _Reader:
    """Takes 8-aligned columns off a block, one after the other."""

    def __init__(self, block: memoryview, offset: int) -> None:
        self._block, self._offset = block, offset

    def take(self, dtype: str, count: int) -> NDArray[Any]:
        column: NDArray[Any] = np.frombuffer(self._block, dtype, count, self._offset)
        self._offset += column.nbytes + (-column.nbytes % ALIGNMENT)
        return column


def _splice(head: dict[str, Any], reader: _Reader) -> Splice:
    kind = head.get("kind", "scalar")
    rows = head["rows"]
    points = head.get("points", rows)
    if "steps" in head:
        first, stride = head["steps"]
        steps = first + stride * np.arange(points, dtype="<f8")
    else:
        steps = reader.take("<f8", points)
    walls = reader.take("<f8", points)
    columns: ScalarColumns | HistogramColumns
    if kind == "scalar":
        values = reader.take("<f8", points)
        columns = ScalarColumns(steps, walls, values, reader.take("<u4", points) if "points" in head else None)
    else:
        columns = _histograms(head, reader, steps, walls)
    place = tuple(head["place"]) if "place" in head else None
    restarts = tuple((row, step) for row, step in head.get("restarts", ()))
    return Splice(head["tag"], kind, head.get("generation", 0), head["start"], rows, columns, place, restarts)


def _histograms(
    head: dict[str, Any], reader: _Reader, steps: NDArray[np.float64], walls: NDArray[np.float64]
) -> HistogramColumns:
    points, depth = len(walls), head["depth"]
    nonfinite = reader.take("<f8", points)
    zeros = reader.take("<f8", points) if head.get("zeros") else None
    totals = reader.take("<f8", points)
    lengths = reader.take("<u4", points).astype(int)
    if head.get("uniform"):
        ends = reader.take("<f8", 2 * points).reshape(-1, 2)
        edges = [np.linspace(low, high, length + 1) for (low, high), length in zip(ends, lengths, strict=True)]
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
    index = reader.take("<u4", points) if points < head["rows"] else None
    return HistogramColumns(steps, walls, counts, edges, nonfinite, zeros, depth, index)
