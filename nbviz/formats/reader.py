"""Event files to batches of columns: the fast ways for the records that are many, the plain one for the others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.columns import Columns, Rows
from nbviz.formats.crc import masked_crc
from nbviz.formats.cycle import Cycles
from nbviz.formats.event import Batch, EventDecoder
from nbviz.formats.foretold import Guess, read_on
from nbviz.formats.frame import CUT, FOOTER, FRAME, HEADER, LONGEST, Stretch, frame, length_checksum, sound_length
from nbviz.formats.glance import Glances
from nbviz.formats.table import Records, Table

Bytes = NDArray[np.uint8]

MARGIN = 4096
"""Bytes by which a buffer must be longer than what it holds."""
FEW_PARTS = 4
SHORT = 1 << 13
"""Bytes of a part whose records are decoded in one go over them."""
LONG = 1 << 16
"""Bytes of a stretch that is looked at for cycles, and after which they are looked for again; more if that was vain."""
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
    more : bool
        The file goes on, so that the rest of a cycle may be left to the next part.
    """

    stretch: Stretch
    offset: int
    decoder: EventDecoder
    more: bool = False


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
    cut : int or None
        As in `nbviz.formats.frame.Framed`, in the file.
    periodic : bool
        The part ended in cycles.
    """

    batches: list[Batch]
    used: int
    needed: int
    lost: bool
    records: int
    problems: list[tuple[int, str]]
    cut: int | None = None
    periodic: bool = False


class EventReader:
    """Reads event files, several at a time; remembers nothing of them but what their records look like."""

    def __init__(self) -> None:
        self._columns = Columns()
        self._cycles = Cycles()
        self._glances = Glances()
        self._last: Guess | None = None
        self._length = LONG

    def decode(self, data: Bytes, parts: Sequence[Part]) -> list[Decoded]:
        """Decode what is complete.

        Parameters
        ----------
        data : ndarray of uint8
            By `MARGIN` longer than the last part.
        parts : sequence of Part
            In the order of the buffer.
        """
        if len(parts) > FEW_PARTS:
            return self._decode_all(data, parts)
        return [self._decode_part(data, part) for part in parts]

    def _decode_part(self, data: Bytes, part: Part) -> Decoded:
        start, stop, lost, end = part.stretch
        if stop - start > LONG:
            return self._decode_long(data, part)
        few = None if lost or end or stop - start > SHORT else self._decode_few(data.data, part)
        return few or self._decode_all(data, [part])[0]

    def _decode_few(self, view: memoryview, part: Part) -> Decoded | None:
        """Decode a few records, as they come while a file is followed; None if something is wrong."""
        (start, stop, *_), offset, decoder, _ = part
        data, batches = bytes(view[start:stop]), [Batch()]
        at = records = length = 0
        last = self._last
        while True:
            if last is not None:
                at, foretold, last = read_on(data, at, last, batches[-1], decoder)
                records += foretold
            if len(data) - at < FRAME:
                break
            length, checksum = HEADER.unpack_from(data, at)
            after = at + FRAME + length
            if checksum != length_checksum(length) or length > LONGEST:
                return None
            if after > len(data):
                break
            payload = data[at + HEADER.size : after - FOOTER.size]
            if masked_crc(payload) != FOOTER.unpack_from(data, after - FOOTER.size)[0]:
                return None
            decoder.decode([(offset + at + HEADER.size, payload)], self._glances, batches)
            if last is not None and records:
                last.following = self._glances.met
            at, records, length, last = after, records + 1, 0, self._glances.met
        self._last = last
        return Decoded(batches, at, FRAME + length, False, records, [])

    def _decode_long(self, data: Bytes, part: Part) -> Decoded:
        """Decode cycles as long as there are any, and a stretch by the other ways whenever there are none."""
        (at, stop, lost, end), whole = part.stretch, _NOTHING
        start = at
        while True:
            offset = part.offset + at - start
            found = None if lost else self._cycles.decode(data[at:stop], offset, part.decoder)
            if found:
                batch, records, size = found
                whole = _joined(whole, Decoded([batch], size, FRAME, False, records, [], periodic=True))
                at, self._length = at + size, LONG
            if at == stop or (found and part.more and stop - at < self._cycles.size):
                return whole
            stretch = Stretch(at, min(stop, at + self._length), lost, end)
            (decoded,) = self._decode_all(data, [part._replace(stretch=stretch, offset=part.offset + at - start)])
            if stretch.stop < stop and at + decoded.needed > stretch.stop and not decoded.used:
                self._length = decoded.needed
                continue
            whole = _joined(whole, decoded)
            at, lost = at + decoded.used, decoded.lost
            self._length = min(self._length * 4, LONGEST)
            if stretch.stop == stop:
                return whole

    def _decode_all(self, data: Bytes, parts: Sequence[Part]) -> list[Decoded]:
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
            cut = None if each.cut is None else records.shift + each.cut
            sound = stop - first - len(bad)
            decoded.append(Decoded(batches, used, needed, each.lost, sound, sorted(problems), cut))
            first = stop
        return decoded


_NOTHING = Decoded([], 0, FRAME, False, 0, [])


def _joined(first: Decoded, second: Decoded) -> Decoded:
    """What two stretches held, one after the other."""
    hid = [(first.cut, CUT)] if first.cut is not None and second.records else []
    return Decoded(
        first.batches + second.batches,
        first.used + second.used,
        second.needed,
        second.lost,
        first.records + second.records,
        first.problems + hid + second.problems,
        second.cut if hid or first.cut is None else first.cut,
        second.periodic,
    )


def _size_of_next(view: memoryview, at: int, stop: int) -> int:
    """The size of the record that begins at ``at``, with its header and footer."""
    length = sound_length(view, at) if stop - at >= HEADER.size else 0
    return (length or 0) + FRAME
