"""Records to columns: whole groups of like-shaped records are checked and decoded at once.

Records of one length are gathered into a matrix, a row each. One CRC checks the matrix, `nbviz.formats.layout` proves
which rows are alike, and then each part of them is a column of the matrix.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.crc import folded, masked_crc, moved, plain, records
from nbviz.formats.frame import FRAME, HEADER, header
from nbviz.formats.layout import Layout, Template, UnusualError, Words

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]

LONGEST_ROW = 4096
"""Bytes of a record that is gathered; longer ones are as fast one by one."""
SMALLEST_GROUP = 24
"""Records of one length that are worth a matrix."""
_BLOCK = 1 << 19
"""Bytes of a matrix, few enough to stay in the processor's cache."""
_MOST_LAYOUTS = 16
_MOST_UNUSUAL = 3


class Rows:
    """What records hold, a row for each in file order.

    Attributes
    ----------
    names : ndarray of int32, shape (n,)
        Index of the row's template in ``Columns.names``; -1 where the record was not decoded here.
    steps, wall_times, values : ndarray, shape (n,)
    starts, sizes : ndarray of int64, shape (n,)
        Where the ``Summary.Value`` lies in the buffer.
    """

    def __init__(self, count: int) -> None:
        self.names = np.full(count, -1, np.int32)
        self.steps = np.empty(count, np.int64)
        self.wall_times = np.empty(count)
        self.values = np.empty(count)
        self.starts = np.empty(count, np.int64)
        self.sizes = np.empty(count, np.int64)

    def __len__(self) -> int:
        return len(self.names)


class Name(NamedTuple):
    """A template without what differs between records that mean the same; the size is that of the ``Summary.Value``."""

    template: Template
    has_number: bool
    size: int


class Columns:
    """Decodes records in groups; remembers the layouts that it met, whatever file they come from."""

    def __init__(self) -> None:
        self.names: list[Name] = []
        self._numbers: dict[tuple[str, int, str, bool, int], int] = {}
        self._layouts: dict[int, list[Layout]] = defaultdict(list)

    def decode(self, data: Bytes, starts: Offsets, sizes: Offsets) -> tuple[Rows, list[int], list[int]]:
        """Decode records whose headers are sound.

        Parameters
        ----------
        data : ndarray of uint8
            Longer by 8 bytes than the last record's end.
        starts, sizes : ndarray of int64, shape (n,)
            Where the records begin, and the lengths of their payloads.

        Returns
        -------
        rows : Rows
        others : list of int
            Which records were not decoded, because they are too long, too few of a kind or unusual. Their checksums
            were not looked at.
        broken : list of int
            Which records fail their checksums.
        """
        rows = Rows(len(starts))
        others: list[Offsets] = []
        broken: list[Offsets] = []
        short = np.minimum(sizes, LONGEST_ROW).astype(np.uint16)
        order, stop = np.argsort(short, kind="stable"), 0
        for size, count in enumerate(np.bincount(short).tolist()):
            if not count:
                continue
            group, stop = order[stop : stop + count], stop + count
            if count < SMALLEST_GROUP or size == LONGEST_ROW:
                others.append(group)
                continue
            block = max(64, _BLOCK // (size + FRAME))
            for at in range(0, count, block):
                self._decode_block(data, starts, size, group[at : at + block], rows, others, broken)
        return rows, _sorted(others), _sorted(broken)

    def _decode_block(
        self,
        data: Bytes,
        starts: Offsets,
        size: int,
        group: Offsets,
        rows: Rows,
        others: list[Offsets],
        broken: list[Offsets],
    ) -> None:
        matrix = _gathered(data, starts[group], size + FRAME)
        failed = _failed(matrix, size)
        if len(failed):
            broken.append(group[failed])
            sound = np.ones(len(group), bool)
            sound[failed] = False
            group, matrix = group[sound], matrix[sound]
        left, layouts, used, unusual = np.arange(len(group)), self._layouts[size], set[int](), 0
        while len(left):
            row = matrix[left[0]]
            at = next((i for i, layout in enumerate(layouts) if i not in used and layout.fits(row)), len(layouts))
            if at == len(layouts):
                try:
                    if at == _MOST_LAYOUTS or unusual == _MOST_UNUSUAL:
                        break
                    layouts.append(Layout(row.tobytes()[: size + FRAME]))
                except UnusualError:
                    others.append(group[left[:1]])
                    left, unusual = left[1:], unusual + 1
                    continue
            used.add(at)
            chosen = matrix if len(left) == len(matrix) else matrix[left]
            found, proven = layouts[at].match(chosen)
            if proven is not None and layouts[at].learn(chosen[~proven], size + FRAME):
                found, proven = layouts[at].match(chosen)
            if proven is None:
                self._extract(layouts[at], chosen, found, group[left], starts, rows)
                return
            self._extract(layouts[at], chosen[proven], found[proven], group[left[proven]], starts, rows)
            left = left[~proven]
        others.append(group[left])

    def _extract(
        self, layout: Layout, matrix: Words, found: NDArray[np.int16], group: Offsets, starts: Offsets, rows: Rows
    ) -> None:
        count, stride = len(matrix), (layout.width,)
        if not count:
            return
        rows.names[group] = self._named(layout).take(found)
        rows.wall_times[group] = np.ndarray(count, "<f8", matrix, layout.wall_time.start, stride)
        rows.steps[group] = varints(matrix, layout.step.start, layout.step.stop, layout.width, count)
        if layout.number:
            at, dtype = layout.number
            with np.errstate(invalid="ignore"):  # a float32 may be a signalling NaN
                rows.values[group] = np.ndarray(count, dtype, matrix, at, stride)
        if not layout.is_scalar:
            rows.starts[group] = starts[group] + layout.item.start
            rows.sizes[group] = layout.item.stop - layout.item.start

    def _named(self, layout: Layout) -> NDArray[np.int32]:
        if len(layout.names) != len(layout.templates):
            layout.names = np.array([self._name(layout, template) for template in layout.templates], np.int32)
        return layout.names

    def _name(self, layout: Layout, template: Template) -> int:
        size = layout.item.stop - layout.item.start
        key = (template.tag, template.content, template.plugin, layout.number is not None, size)
        number = self._numbers.setdefault(key, len(self.names))
        if number == len(self.names):
            self.names.append(Name(template, layout.number is not None, size))
        return number


def varints(matrix: Words | Bytes, start: int, stop: int, width: int, count: int) -> Offsets:
    """The varints, all of ``stop - start`` bytes, at byte ``start`` of each row; zeros if they have none."""
    size = stop - start
    if not size:
        return np.zeros(count, np.int64)
    if start + 8 <= width and size <= 8:
        raw = np.ndarray(count, "<u8", matrix, start, (width,)).copy()
        digits = [raw >> np.uint64(digit) & np.uint64(127 << 7 * digit) for digit in range(size)]
    else:
        columns = [np.ndarray(count, np.uint8, matrix, start + digit, (width,)) for digit in range(size)]
        digits = [(column.astype(np.uint64) & 127) << np.uint64(7 * digit) for digit, column in enumerate(columns)]
    for digit in digits[1:]:
        digits[0] |= digit
    numbers: Offsets = digits[0].view(np.int64)
    return numbers


def _gathered(data: Bytes, starts: Offsets, size: int) -> Words:
    """A row for each record of ``size`` bytes, filled up with zeros to whole words."""
    width = -(-size // 8) * 8
    matrix = np.ndarray(len(data) - width + 1, f"V{width}", data, strides=(1,))[starts].view(np.uint8)
    matrix = matrix.reshape(len(starts), width)
    matrix[:, size:] = 0
    words: Words = matrix.view(np.uint64)
    return words


def _failed(matrix: Words, size: int) -> Offsets:
    """The rows that fail their checksum, although their headers are sound."""
    count, width = len(matrix), matrix.shape[1] * 8
    footers = np.ndarray(count, "<u4", matrix, size + HEADER.size, (width,))
    expected = moved(folded(records(footers, header(size), size), width), 4 + width - size - FRAME)
    if expected == plain(matrix.data):
        return np.empty(0, np.int64)
    stop = HEADER.size + size
    rows = [row[HEADER.size : stop].tobytes() for row in matrix.view(np.uint8)]
    return np.flatnonzero(footers != np.array([masked_crc(row) for row in rows], np.uint32))


def _sorted(groups: list[Offsets]) -> list[int]:
    return sorted(index for group in groups for index in group.tolist())
