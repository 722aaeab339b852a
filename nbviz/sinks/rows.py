"""Rows of a run on their way into an event file: in the order they were logged, and as records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.event import parse_value
from nbviz.formats.items.confusion import PLUGIN, Confusion, labels_of
from nbviz.formats.items.graph import decode_graph_field
from nbviz.formats.items.histogram import Histogram, extra_of, with_zeros
from nbviz.formats.items.text import Text
from nbviz.formats.writer import (
    METADATA,
    event,
    field,
    histogram_value,
    plugin_metadata,
    restart_event,
    scalar_events,
    tensor_value,
    text_value,
    value_event,
)
from nbviz.series import ItemSeries, Kind, ScalarSeries, Series

BLOCK_ROWS = 1 << 14
BLOCK_BYTES = 1 << 23
"""Records are made and written in blocks of so many, so that a large run costs no more memory than a small one."""

Columns = NDArray[np.float64]


class Rows(NamedTuple):
    """Some rows of one series, which no later change of the series alters.

    ``contents`` has a number for each row (an array), or an item (`nbviz.series.Chosen`).
    """

    tag: str
    kind: Kind
    metadata: bytes
    steps: NDArray[np.int64]
    wall_times: Columns
    contents: Any


class Segment(NamedTuple):
    """Rows of a run; where ``restart`` is given, as a step and a wall time, the run went on from there with them."""

    restart: tuple[int, float] | None
    rows: list[Rows]


def take(series: Series, start: int, stop: int) -> Rows:
    """Rows ``start`` to ``stop`` of a series."""
    contents: Any
    if isinstance(series, ScalarSeries):
        contents = series.values[start:stop]
    else:
        assert isinstance(series, ItemSeries)
        contents = series.chosen(np.arange(start, stop))
    steps, walls = series.steps[start:stop], series.wall_times[start:stop]
    return Rows(series.tag, series.kind, series.metadata, steps, walls, contents)


def moments(wall_times: Columns) -> Columns:
    """Wall times that never go back, by which the rows of several series are put in order."""
    latest = np.fmax.accumulate(wall_times) if len(wall_times) else wall_times
    return np.where(np.isnan(latest), -np.inf, latest)


class Encoder:
    """Makes the records of one file.

    Parameters
    ----------
    report : callable
        Told a sentence when an item cannot be written; the others are.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._introduced: set[str] = set()

    def blocks(self, segment: Segment) -> Iterator[bytes]:
        """Records of a segment: its restart first, then its rows in the order of their wall times.

        The order of the rows of one series is kept, whatever their wall times, and so is the order of the series.
        """
        if segment.restart is not None:
            yield restart_event(*segment.restart)
        if not segment.rows:
            return
        lengths = [len(rows.steps) for rows in segment.rows]
        keys, first = [], -np.inf
        for rows in segment.rows:
            keys.append(np.maximum(moments(rows.wall_times), first))
            first = keys[-1][0]
        order = np.argsort(np.concatenate(keys), kind="stable")
        which = np.repeat(np.arange(len(lengths)), lengths)[order]
        done = [0] * len(lengths)
        for at in range(0, len(order), BLOCK_ROWS):
            yield from self._block(segment.rows, which[at : at + BLOCK_ROWS], done)

    def _block(self, batch: list[Rows], which: NDArray[np.int64], done: list[int]) -> Iterator[bytes]:
        """Records of the next rows, of which ``which`` names the series; ``done`` counts those of each series."""
        records = np.empty(len(which), object)
        by_series = np.argsort(which, kind="stable")
        ends = np.flatnonzero(np.diff(which[by_series], append=-1)) + 1
        start, lazy = 0, False
        for end in ends.tolist():
            places = by_series[start:end]
            index, start = int(which[places[0]]), end
            first, done[index] = done[index], done[index] + len(places)
            rows = batch[index]
            if rows.kind == "scalar":
                records[places] = self._scalars(rows, first, done[index])
            else:
                lazy = True
                for place, row in zip(places.tolist(), range(first, done[index]), strict=True):
                    records[place] = (rows, row)
        yield from self._joined(records) if lazy else [b"".join(records.tolist())]

    def _joined(self, records: NDArray[Any]) -> Iterator[bytes]:
        parts: list[bytes] = []
        size = 0
        for record in records.tolist():
            parts.append(record if isinstance(record, bytes) else self._item(*record))
            size += len(parts[-1])
            if size > BLOCK_BYTES:
                yield b"".join(parts)
                parts, size = [], 0
        yield b"".join(parts)

    def _scalars(self, rows: Rows, start: int, stop: int) -> list[bytes]:
        records: list[bytes] = []
        if rows.metadata and self._is_new(rows.tag):
            cut = slice(start, start + 1)
            columns = rows.steps[cut], rows.wall_times[cut], rows.contents[cut]
            records = scalar_events(rows.tag, *columns, rows.metadata)
            start += 1
        cut = slice(start, stop)
        if start < stop:
            records += scalar_events(rows.tag, rows.steps[cut], rows.wall_times[cut], rows.contents[cut])
        return records

    def _item(self, rows: Rows, row: int) -> bytes:
        step, wall_time = int(rows.steps[row]), float(rows.wall_times[row])
        try:
            item = rows.contents.encoded(row) or rows.contents[row]
        except ValueError as error:
            self._report(f"{error} It was left out of what is written.")
            return b""
        if isinstance(item, Histogram):
            value = histogram_value(rows.tag, *with_zeros(item), extra_of(item), rows.metadata)
            return value_event(step, wall_time, value)
        if isinstance(item, Confusion):
            value = tensor_value(rows.tag, item.matrix, plugin_metadata(PLUGIN, labels_of(item)))
            return value_event(step, wall_time, value)
        if isinstance(item, Text) and item.texts.ndim == 0:
            return value_event(step, wall_time, text_value(rows.tag, item.text))
        if not isinstance(item, bytes):
            self._report(
                f"{rows.tag!r} holds items of type {type(item).__name__} that no event file held before; "
                "only scalars, histograms, confusion matrices and marks can be written anew, so they were left out."
            )
            return b""
        if rows.kind == "graph" and decode_graph_field(item, step, wall_time) is not None:
            return event(step, wall_time, item)
        if rows.metadata and self._is_new(rows.tag) and parse_value(item, 0, len(item)).metadata is None:
            item += field(METADATA, rows.metadata)
        return value_event(step, wall_time, item)

    def _is_new(self, tag: str) -> bool:
        new = tag not in self._introduced
        self._introduced.add(tag)
        return new
