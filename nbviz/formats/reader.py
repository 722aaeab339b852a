"""Event files to batches of columns: the fast ways for the records that are many, the plain one for the others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.columns import Columns, Rows
from nbviz.formats.event import Batch, EventDecoder
from nbviz.formats.frame import FRAME, HEADER, Stretch, frame, sound_length
from nbviz.formats.glance import Glances
from nbviz.formats.table import Records, Table

Bytes = NDArray[np.uint8]

MARGIN = 4096
"""Bytes by which a buffer must be longer than what it holds."""
FEW = 1000
"""Records that are decoded one by one, as numpy is slow to start."""


class Part(NamedTuple):
    """A part of a buffer, which belongs to one file.

    Attributes
    ----------
    stretch : Stretch
    offset : int
        In the file, of the part's first byte.
    decoder : EventDecoder
        The one of the file's run.
    """

    stretch: Stretch
    offset: int
    decoder: EventDecoder


class Decoded(NamedTuple):
    """What a part held.

    Attributes
    ----------
    batches : list of Batch
        The offsets of their items are those in the file.
    used : int
        Bytes that are done with; what follows is a record that is not yet complete.
    needed : int
        Bytes of that record, as far as they are known.
    lost : bool
        Reading stands behind a damaged header.
    records : int
        How many records were sound.
    problems : list of (int, str)
        What was damaged: the offset in the file, and one sentence.
    """

    batches: list[Batch]
    used: int
    needed: int
    lost: bool
    records: int
    problems: list[tuple[int, str]]


class EventReader:
    """Reads event files, several at a time; remembers nothing of them but what their records look like."""

    def __init__(self) -> None:
        self._columns = Columns()
        self._glances = Glances()

    def decode(self, data: Bytes, parts: Sequence[Part]) -> list[Decoded]:
        """Decode what is complete.

        Parameters
        ----------
        data : ndarray of uint8
            By `MARGIN` longer than the last part.
        parts : sequence of Part
            In the order of the buffer.
        """
        if not parts:
            return []
        framed = frame(data, [part.stretch for part in parts])
        stops = np.cumsum([len(each.starts) for each in framed]).tolist()
        starts, sizes = (np.concatenate([each[field] for each in framed]) for field in (0, 1))
        rows, others, broken = Rows(0), list(range(len(starts))), list[int]()
        if len(starts) >= FEW:
            rows, others, broken = self._columns.decode(data, starts, sizes)
        decoded, first = [], 0
        for part, each, stop in zip(parts, framed, stops, strict=True):
            records = Records(data.data, starts, sizes, part.offset - part.stretch.start)
            slow = others[bisect_left(others, first) : bisect_left(others, stop)]
            bad = list(broken[bisect_left(broken, first) : bisect_left(broken, stop)])
            if len(slow) == stop - first:
                batches = part.decoder.decode(records.payloads(slow, bad), self._glances)
            else:
                table = Table(self._columns.names, rows, records, part.decoder)
                batches = table.batches(first, stop, slow, bad)
            problems = [(records.shift + at, sentence) for at, sentence in each.problems]
            problems += [records.damage(row) for row in bad]
            used = each.stop - part.stretch.start
            needed = _size_of_next(records.view, each.stop, part.stretch.stop)
            decoded.append(Decoded(batches, used, needed, each.lost, stop - first - len(bad), sorted(problems)))
            first = stop
        return decoded


def _size_of_next(view: memoryview, at: int, stop: int) -> int:
    """The size of the record that begins at ``at``, with its header and footer."""
    length = sound_length(view, at) if stop - at >= HEADER.size else 0
    return (length or 0) + FRAME
