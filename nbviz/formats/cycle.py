"""Periodic logs: a training loop logs the same tags step after step, so cycles of records are one matrix in place.

Nothing is gathered or sorted: a column of the matrix is a column of a series. Where the log stops being periodic, as
when the steps grow by a byte, the other ways take over until it is periodic again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.columns import varints
from nbviz.formats.crc import all_moved, folded, moved, plain, records
from nbviz.formats.event import Batch, EventDecoder, Items, Scalars
from nbviz.formats.frame import FOOTER, FRAME, HEADER, header, leading
from nbviz.formats.layout import Layout, Template, UnusualError

Bytes = NDArray[np.uint8]

PROBED = 400
"""Records that are looked at for a period."""
LONGEST_PERIOD = 128
FEWEST_CYCLES = 8
_BLOCK = 1 << 18
"""Bytes that are compared, decoded and checked while they are in the processor's cache."""
_ROW = 4096
"""Bytes compared in one stretch, as numpy is slow on short rows."""


class _Slot(NamedTuple):
    """One record of the cycle: where it starts in it, its length, and what its bytes are."""

    start: int
    size: int
    layout: Layout
    template: Template


class _Cycle:
    """The records of one cycle.

    Parameters
    ----------
    data : bytes
        The first cycle.
    sizes : list of int
        Lengths of the records, with headers and footers.

    Raises
    ------
    UnusualError
        If one of the records is unusual, or its header wrong.
    """

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.size = len(data)
        self.slots: list[_Slot] = []
        mask, start = np.zeros(self.size, np.uint8), 0
        for size in sizes:
            record = data[start : start + size]
            if record[: HEADER.size] != header(size - FRAME):
                raise UnusualError
            layout = Layout(record)
            self.slots.append(_Slot(start, size, layout, layout.template()))
            mask[start : start + size] = layout.fixed.view(np.uint8)[:size]
            start += size
        self._many = max(1, _ROW // self.size)
        self._mask = np.tile(mask, self._many)
        self._fixed = np.tile(np.frombuffer(data, np.uint8) & mask, self._many)

    def count(self, data: Bytes, most: int) -> int:
        """How many cycles ``data`` begins with, at most ``most``."""
        done, many = 0, self._many
        while most - done >= many:
            rows = min((most - done) // many, max(1, _BLOCK // len(self._mask)))
            stop = (done + rows * many) * self.size
            different = data[done * self.size : stop].reshape(rows, -1) & self._mask
            different ^= self._fixed
            if different.any():
                cycles = different.reshape(-1, self.size).any(axis=1)
                return done + int(np.argmax(cycles))
            done += rows * many
        while done < most:
            cycle = data[done * self.size : (done + 1) * self.size]
            if ((cycle & self._mask[: self.size]) ^ self._fixed[: self.size]).any():
                break
            done += 1
        return done

    def is_sound(self, data: Bytes, count: int) -> bool:
        """Whether ``count`` cycles at the start of ``data`` pass all their checksums."""
        expected = np.zeros(count, np.uint32)
        for start, size, _, _ in self.slots:
            at = start + size - FOOTER.size
            footers = np.ndarray(count, "<u4", data, at, (self.size,))
            expected = all_moved(expected, size) ^ records(footers, header(size - FRAME), size - FRAME)
        return moved(folded(expected, self.size), 4) == plain(data[: count * self.size].data)

    def batch(self, data: Bytes, count: int, offset: int, decoder: EventDecoder) -> Batch | None:
        """The columns of ``count`` cycles that begin at ``offset`` in the file; ``None`` if records must be decoded."""
        batch = Batch()
        found: dict[tuple[str, str], list[list[NDArray[np.generic]]]] = {}
        for start, _, layout, template in self.slots:
            kind = decoder.kind_of(*template, layout.number is not None)
            if not kind:
                return None
            walls = np.ndarray(count, "<f8", data, start + layout.wall_time.start, (self.size,)).copy()
            places = start + layout.step.start, start + layout.step.stop
            steps = varints(data, *places, self.size, count)
            if kind == "scalar" and layout.number:
                at, dtype = layout.number
                with np.errstate(invalid="ignore"):  # a float32 may be a signalling NaN
                    values = np.ndarray(count, dtype, data, start + at, (self.size,)).astype(np.float64)
                columns = [steps, walls, values]
                batch.sizes[template.tag] += count * (layout.item.stop - layout.item.start)
            else:
                item = offset + start + layout.item.start
                offsets = np.arange(item, item + count * self.size, self.size)
                columns = [steps, walls, offsets, np.full(count, layout.item.stop - layout.item.start)]
            found.setdefault((template.tag, kind), []).append(columns)
        for (tag, kind), parts in found.items():
            # A tag that is logged twice in a cycle has its rows in turn.
            whole = parts[0] if len(parts) == 1 else [np.stack(part, 1).ravel() for part in zip(*parts, strict=True)]
            batch.columns[tag, kind] = Scalars(*whole) if kind == "scalar" else Items(*whole)
        return batch


class Cycles:
    """Finds and decodes periodic stretches; remembers the last cycle."""

    def __init__(self) -> None:
        self._cycle: _Cycle | None = None

    @property
    def size(self) -> int:
        """Bytes of the last cycle, 0 if there was none."""
        return self._cycle.size if self._cycle else 0

    def decode(self, data: Bytes, offset: int, decoder: EventDecoder) -> tuple[Batch, int, int] | None:
        """Decode the cycles that ``data`` begins with, if it does.

        Parameters
        ----------
        data : ndarray of uint8
        offset : int
            In the file, of its first byte.
        decoder : EventDecoder
            The one of the file's run.

        Returns
        -------
        batch : Batch
        records : int
        size : int
            Of the cycles, in bytes.
        """
        cycle = self._cycle
        count = cycle.count(data, len(data) // cycle.size) if cycle else 0
        if cycle is None or count < FEWEST_CYCLES:
            cycle = self._cycle = _find(data)
            count = cycle.count(data, len(data) // cycle.size) if cycle else 0
        if cycle is None or count < FEWEST_CYCLES or not cycle.is_sound(data, count):
            return None
        batch = cycle.batch(data, count, offset, decoder)
        return None if batch is None else (batch, count * len(cycle.slots), count * cycle.size)


def _find(data: Bytes) -> _Cycle | None:
    """The cycle that ``data`` seems to begin with: the lengths repeat, and the tag of the first record returns."""
    starts, stop = leading(data, PROBED)
    sizes = np.diff([*starts, stop]).tolist()
    periods = [p for p in range(1, min(LONGEST_PERIOD, len(sizes) // 3) + 1) if sizes[p:] == sizes[:-p]]
    try:
        if periods:
            one = _Cycle(data[: sizes[0]].tobytes(), sizes[:1])
            for period in periods:
                if one.count(data[starts[period] :], 1):
                    return _Cycle(data[: starts[period]].tobytes(), sizes[:period])
    except UnusualError:
        pass
    return None
