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
    """What was found of one tag and kind: the rows, and the columns of a `Scalars` or an `Items`."""

    rows: Sequence[int] | Offsets
    columns: Sequence[Any]


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
        for number, unsaid, rows, *columns in self._as_said(list(self._by_name(start, stop))):
            name = self._names[int(number)]
            kind = "tensor" if unsaid else self._decoder.kind_of(*name.template, name.has_number)
            key = name.template.tag, kind
            if not kind:
                for row in rows.tolist():
                    (single,) = self._decoder.decode(self._records.payloads([row], []))
                    _add(found, row, single, batch)
                ordered = False
                continue
            if kind == "scalar":
                batch.sizes[key[0]] += name.size * len(rows)
            else:
                columns[2:] = self._rows.starts[rows] + self._records.shift, self._rows.sizes[rows]
            ordered = ordered and key not in found
            found.setdefault(key, []).append(_Columns(rows, columns))
        if not ordered:
            found = dict(sorted(found.items(), key=lambda item: min(part.rows[0] for part in item[1])))
        for key, parts in found.items():
            merged = parts[0].columns if len(parts) == 1 else _merged(parts)
            batch.columns[key] = Scalars(*merged) if key[1] == "scalar" else Items(*merged)
        return batch

    def _as_said(self, groups: list[list[Any]]) -> list[list[Any]]:
        """The groups of `_by_name`, parted where a record says what the tensors of a tag are that do not say it.

        The second element of a group tells that its rows stand before that, so that they are tensors and nothing more.
        """
        said = dict(self._said)
        for number, _, rows, *_ in groups:
            template = self._names[int(number)].template
            if template.plugin and template.tag not in self._decoder.plugins:
                said.setdefault(template.tag, int(rows[0]))
        if not said:
            return groups
        parted = []
        for number, _, *columns in groups:
            template = self._names[int(number)].template
            silent = template.content == TENSOR and not template.plugin and template.tag in said
            cut = int(np.searchsorted(columns[0], said[template.tag])) if silent else 0
            if cut:
                parted.append([number, True, *[column[:cut] for column in columns]])
            if cut < len(columns[0]):
                parted.append([number, False, *[column[cut:] for column in columns]])
        return sorted(parted, key=lambda group: int(group[2][0]))

    def _by_name(self, start: int, stop: int) -> Iterator[list[Any]]:
        """The number, False, the rows, steps, wall times and values of each name, in order of their first rows."""
        if not len(self._rows):
            return
        rows, names = self._rows, self._rows.names[start:stop]
        order = np.argsort(names.astype(np.uint16) if len(self._names) < 65535 else names, kind="stable")
        grouped = names[order]
        order += start
        columns = [order, *(column.take(order) for column in (rows.steps, rows.wall_times, rows.values))]
        firsts = np.flatnonzero(np.diff(grouped, prepend=-2))
        by_row = np.argsort(order[firsts])
        lasts = np.append(firsts[1:], len(names))[by_row].tolist()
        numbers = grouped[firsts][by_row].tolist()
        for number, first, last in zip(numbers, firsts[by_row].tolist(), lasts, strict=True):
            if number >= 0:
                yield [number, False, *[column[first:last] for column in columns]]


def _add(found: _Found, row: int, batch: Batch, current: Batch) -> None:
    """Take what a single record held."""
    current.problems = {**batch.problems, **current.problems}
    for tag, size in batch.sizes.items():
        current.sizes[tag] += size
    for key, columns in batch.columns.items():
        found.setdefault(key, []).append(_Columns([row] * len(columns.steps), columns))


def _merged(parts: list[_Columns]) -> list[NDArray[Any]]:
    """The columns of all parts, in the order of their rows."""
    order = np.argsort(np.concatenate([part.rows for part in parts]), kind="stable")
    return [np.concatenate(columns)[order] for columns in zip(*(part.columns for part in parts), strict=True)]
