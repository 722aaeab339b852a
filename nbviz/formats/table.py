"""From rows in file order to batches of columns by tag, with the records among them that were decoded one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.columns import Name, Rows
from nbviz.formats.crc import masked_crc
from nbviz.formats.event import Batch, EventDecoder, Items, Scalars
from nbviz.formats.frame import FOOTER, HEADER

Offsets = NDArray[np.int64]


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

    def payloads(self, rows: Iterable[int], broken: list[int]) -> Iterator[tuple[int, bytes]]:
        """The payloads of some rows with their offsets in the file. Rows that fail their checksum go to ``broken``."""
        for row in rows:
            start, size = int(self.starts[row]) + HEADER.size, int(self.sizes[row])
            payload = bytes(self.view[start : start + size])
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

    def batches(self, start: int, stop: int, others: Iterable[int], broken: list[int]) -> list[Batch]:
        """Make batches of the rows from ``start`` to ``stop``, a new one after each restart.

        Parameters
        ----------
        others : iterable of int
            Rows that are to be decoded one by one.
        broken : list of int
            Takes those of them that fail their checksum.
        """
        batches: list[Batch] = []
        found: _Found = {}
        current = Batch()
        for row in others:
            for payload in self._records.payloads([row], broken):
                for index, batch in enumerate(self._decoder.decode([payload])):
                    if index:
                        batches.append(self._filled(current, start, row, found))
                        start, current, found = row, Batch(restart=batch.restart), {}
                    _add(found, row, batch)
                    current.problems = {**batch.problems, **current.problems}
        batches.append(self._filled(current, start, stop, found))
        return batches

    def _filled(self, batch: Batch, start: int, stop: int, found: _Found) -> Batch:
        """Put the rows from ``start`` to ``stop``, and what else was found, into the batch."""
        for name, rows, steps, walls, values in self._by_name(start, stop):
            tag = name.template.tag
            kind = self._decoder.kind_of(*name.template, name.has_number)
            if kind == "scalar":
                found.setdefault((tag, kind), []).append(_Columns(rows, (steps, walls, values)))
            elif kind:
                places = self._rows.starts[rows] + self._records.shift, self._rows.sizes[rows]
                found.setdefault((tag, kind), []).append(_Columns(rows, (steps, walls, *places)))
            else:
                for row in rows.tolist():
                    (single,) = self._decoder.decode(self._records.payloads([row], []))
                    _add(found, row, single)
                    batch.problems = {**single.problems, **batch.problems}
        for (tag, kind), parts in sorted(found.items(), key=lambda item: min(part.rows[0] for part in item[1])):
            columns = parts[0].columns if len(parts) == 1 else _merged(parts)
            batch.columns[tag, kind] = Scalars(*columns) if kind == "scalar" else Items(*columns)
        return batch

    def _by_name(self, start: int, stop: int) -> Iterator[tuple[Name, Offsets, Any, Any, Any]]:
        """Rows, steps, wall times and values of each name, in order of their first rows."""
        if not len(self._rows):
            return
        rows, names = self._rows, self._rows.names[start:stop]
        order = np.argsort(names.astype(np.uint16) if len(self._names) < 65535 else names, kind="stable")
        grouped = names[order]
        order += start
        columns = [column.take(order) for column in (rows.steps, rows.wall_times, rows.values)]
        firsts = np.flatnonzero(np.diff(grouped, prepend=-2))
        lasts = np.append(firsts[1:], len(names))
        for index in np.argsort(order[firsts]).tolist():
            group, name = slice(firsts[index], lasts[index]), int(grouped[firsts[index]])
            if name >= 0:
                yield self._names[name], order[group], columns[0][group], columns[1][group], columns[2][group]


def _add(found: _Found, row: int, batch: Batch) -> None:
    for key, columns in batch.columns.items():
        found.setdefault(key, []).append(_Columns([row] * len(columns.steps), columns))


def _merged(parts: list[_Columns]) -> list[NDArray[Any]]:
    """The columns of all parts, in the order of their rows."""
    order = np.argsort(np.concatenate([part.rows for part in parts]), kind="stable")
    return [np.concatenate(columns)[order] for columns in zip(*(part.columns for part in parts), strict=True)]
