"""From rows in file order to batches of columns by tag, with the records among them that were decoded one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.columns import Name, Rows
from nbviz.formats.crc import masked_crc
from nbviz.formats.event import TENSOR, Batch, EventDecoder, Items, Scalars
from nbviz.formats.frame import FOOTER, HEADER

Offsets = NDArray[np.int64]


LONG = 1024
"""Bytes of a payload beyond which it is worth while not to copy it."""


class Records(NamedTuple):
    """Records in a buffer.

    Attributes
    ----------
    view : memoryview
    starts, sizes : ndarray of int64
        Where the records begin in the buffer, and the lengths of their payloads.
    shift : int
        What is added to a place in the buffer to get that in the file.
    """

    view: memoryview
    starts: Offsets
    sizes: Offsets
    shift: int

    def payloads(self, rows: Iterable[int], broken: list[int]) -> Iterator[tuple[int, bytes | memoryview]]:
        """The payloads of some rows with their offsets in the file. Rows that fail their checksum go to ``broken``."""
        for row in rows:
            start, size = int(self.starts[row]) + HEADER.size, int(self.sizes[row])
            payload: bytes | memoryview = self.view[start : start + size]
            if size <= LONG:
                payload = bytes(payload)
            if masked_crc(payload) == FOOTER.unpack_from(self.view, start + size)[0]:
                yield self.shift + start, payload
            else:
                broken.append(row)

    def damage(self, row: int) -> tuple[int, str]:
        sentence = f"a record of {self.sizes[row]} bytes fails its checksum, so it was left out"
        return self.shift + int(self.starts[row]), sentence


class _Columns(NamedTuple):
    """What was found of one tag and kind, and in which rows."""

    rows: Sequence[int] | Offsets
    columns: Scalars | Items


class _Span(NamedTuple):
    """Rows of one name.

    Attributes
    ----------
    name : int
    unsaid : bool
        They stand before what the tensors of their tag are said to be, so that they are tensors and nothing more.
    first, last : int
        Where they are in rows that are sorted by name; ``last`` is behind them.
    """

    name: int
    unsaid: bool
    first: int
    last: int


_Found = dict[tuple[str, str], list[_Columns]]


class Table:
    """The rows of one file.

    Parameters
    ----------
    names : list of Name
        What ``rows.names`` stand for.
    rows : Rows
    records : Records
    decoder : EventDecoder
    """

    def __init__(self, names: Sequence[Name], rows: Rows, records: Records, decoder: EventDecoder) -> None:
        self._names, self._rows, self._records, self._decoder = names, rows, records, decoder
        self._said: dict[str, int] = {}
        self._known = len(decoder.plugins)

    def batches(self, start: int, stop: int, others: Sequence[int], broken: list[int]) -> list[Batch]:
        """Make batches of the rows from ``start`` to ``stop``, a new one after each restart.

        Parameters
        ----------
        others : sequence of int
            Rows that are to be decoded one by one.
        broken : list of int
            Takes those of them that fail their checksum.
        """
        batches: list[Batch] = []
        found: _Found = {}
        current = Batch()
        leading = not others or others[-1] - start < len(others)
        first = [] if leading else self._first_rows(start, stop)
        for row in others:
            while first and first[-1][0] < row:  # what a tag was said to be first holds
                at, name = first.pop()
                self._decoder.kind_of(*self._names[name].template, self._names[name].has_number)
                self._note_said(at)
            for payload in self._records.payloads([row], broken):
                for index, batch in enumerate(self._decoder.decode([payload])):
                    if index:
                        batches.append(self._filled(current, start, row, found))
                        start, current, found = row, Batch(restart=batch.restart), {}
                    _add(found, row, batch, current)
                self._note_said(row)
        batches.append(self._filled(current, start, stop, found))
        return batches

    def _note_said(self, row: int) -> None:
        """Note the row in which it was said for which plugin a tag is."""
        plugins = self._decoder.plugins
        if len(plugins) > self._known:
            self._said.update(dict.fromkeys(list(plugins)[self._known :], row))
            self._known = len(plugins)

    def _first_rows(self, start: int, stop: int) -> list[tuple[int, int]]:
        """The first row of each name, and the name; the last one first."""
        names = self._rows.names[start:stop]
        first = np.full(len(self._names) + 1, -1)  # a row without a name falls to the one beyond
        first[names[::-1]] = np.arange(stop, start, -1) - 1
        return sorted(((row, name) for name, row in enumerate(first[:-1].tolist()) if row >= 0), reverse=True)

    def _filled(self, batch: Batch, start: int, stop: int, found: _Found) -> Batch:
        """Put the rows from ``start`` to ``stop``, and what else was found, into the batch."""
        ordered = not found
        columns, spans = self._by_name(start, stop)
        for number, unsaid, first, last in self._as_said(spans, columns[0]):
            name = self._names[number]
            kind = "tensor" if unsaid else self._decoder.kind_of(*name.template, name.has_number)
            rows, steps, wall_times, values = [column[first:last] for column in columns]
            key = name.template.tag, kind
            if not kind:
                for row in rows.tolist():
                    (single,) = self._decoder.decode(self._records.payloads([row], []))
                    _add(found, row, single, batch)
                ordered = False
                continue
            if kind == "scalar":
                batch.sizes[key[0]] += name.size * (last - first)
                part: Scalars | Items = Scalars(steps, wall_times, values)
            else:
                offsets = self._rows.starts[rows] + self._records.shift
                part = Items(steps, wall_times, offsets, self._rows.sizes[rows])
            ordered = ordered and key not in found
            found.setdefault(key, []).append(_Columns(rows, part))
        if not ordered:
            found = dict(sorted(found.items(), key=lambda item: min(part.rows[0] for part in item[1])))
        for key, parts in found.items():
            batch.columns[key] = parts[0].columns if len(parts) == 1 else _merged(parts)
        return batch

    def _as_said(self, spans: list[_Span], rows: Offsets) -> list[_Span]:
        """The spans of `_by_name`, parted where a record says what the tensors of a tag are that do not say it."""
        said = dict(self._said)
        for number, _, first, _ in spans:
            template = self._names[number].template
            if template.plugin and template.tag not in self._decoder.plugins:
                said.setdefault(template.tag, int(rows[first]))
        if not said:
            return spans
        parted: list[_Span] = []
        for number, _, first, last in spans:
            template = self._names[number].template
            silent = template.content == TENSOR and not template.plugin and template.tag in said
            cut = first + (int(np.searchsorted(rows[first:last], said[template.tag])) if silent else 0)
            parted += [_Span(number, True, first, cut)] * (cut > first)
            parted += [_Span(number, False, cut, last)] * (cut < last)
        return sorted(parted, key=lambda span: int(rows[span.first]))

    def _by_name(self, start: int, stop: int) -> tuple[list[NDArray[Any]], list[_Span]]:
        """Rows, steps, wall times and values, name by name, and the spans of the names in order of their first rows."""
        rows, names = self._rows, self._rows.names[start:stop]
        order = np.argsort(names.astype(np.uint16) if len(self._names) < 65535 else names, kind="stable")
        grouped = names[order]
        order += start
        columns = [order, *(column.take(order) for column in (rows.steps, rows.wall_times, rows.values))]
        firsts = np.flatnonzero(np.diff(grouped, prepend=-2))
        by_row = np.argsort(order[firsts])
        lasts = np.append(firsts[1:], len(names))[by_row].tolist()
        numbers = grouped[firsts][by_row].tolist()
        found = zip(numbers, firsts[by_row].tolist(), lasts, strict=True)
        return columns, [_Span(number, False, first, last) for number, first, last in found if number >= 0]


def _add(found: _Found, row: int, batch: Batch, current: Batch) -> None:
    """Take what a single record held."""
    current.problems = {**batch.problems, **current.problems}
    for tag, size in batch.sizes.items():
        current.sizes[tag] += size
    for key, columns in batch.columns.items():
        found.setdefault(key, []).append(_Columns([row] * len(columns.steps), columns))


def _merged(parts: list[_Columns]) -> Scalars | Items:
    """The columns of all parts, in the order of their rows."""
    order = np.argsort(np.concatenate([part.rows for part in parts]), kind="stable")
    columns = zip(*(part.columns for part in parts), strict=True)
    return type(parts[0].columns)(*(np.concatenate(each)[order] for each in columns))
