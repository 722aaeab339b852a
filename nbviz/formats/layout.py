"""Layouts: where the parts lie of records that differ in nothing but wall time, step, tag and value.

A writer that logs the same tags over and over makes the same bytes over and over. One record is parsed; others of its
length are then proven to be like it by comparing every byte that must not differ. What is proven needs no parsing.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.event import (
    CONTENTS,
    METADATA,
    SIMPLE_VALUE,
    STEP,
    SUMMARY,
    TAG,
    TENSOR,
    VALUE,
    WALL_TIME,
    plugin_data,
)
from nbviz.formats.extra import EXACT
from nbviz.formats.frame import HEADER
from nbviz.formats.protobuf import BYTES, FIXED32, FIXED64, fields, text
from nbviz.formats.tensor import CONTENT, DIM, DTYPE, SHAPE, SIZE

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

_NUMBERS = {
    1: ("<f4", (CONTENT, 5 << 3 | BYTES, 5 << 3 | FIXED32)),
    2: ("<f8", (CONTENT, 6 << 3 | BYTES, 6 << 3 | FIXED64)),
    3: ("<i4", (CONTENT,)),
    9: ("<i8", (CONTENT,)),
}
"""DataType -> dtype of a number, and the fields that hold its bytes as they are; see `nbviz.formats.tensor`."""

_random = random.Random()
"""Our own: a training run draws its numbers from the one that all share."""

MOST_TEMPLATES = 4096
_BLOCK = 64
"""Rows that are compared in one stretch: numpy is slow on short rows."""


class UnusualError(ValueError):
    """A record that no layout describes; it is decoded by itself."""


class Template(NamedTuple):
    """What the fixed bytes of a record say; the plugin and the ``SummaryMetadata`` may be empty."""

    tag: str
    content: int
    plugin: str
    metadata: bytes


class Place(NamedTuple):
    """A part of a record: where it starts, counted from the record's first byte, and where it stops."""

    start: int
    stop: int


class Layout:
    """The places of one structure of records of one length, and the templates that were met of it.

    Parameters
    ----------
    record : bytes
        A whole record, header and footer included.

    Attributes
    ----------
    width : int
        Bytes of a row: the record's, rounded up to whole words.
    wall_time, step, item : Place
        Of the wall time (a double), the step (a varint; empty where it is not on the wire) and the ``Summary.Value``.
    number : (int, str) or None
        Start and dtype of the value, where it is a single number.
    is_scalar : bool
        It is a scalar whatever was said of its tag before.
    fixed : ndarray of uint64, shape (width / 8,)
        The bits of a record that must not differ.
    templates : list of Template
    names : ndarray of int32
        For whoever numbers the templates.
    """

    def __init__(self, record: bytes) -> None:
        self.width = -(-len(record) // 8) * 8
        self.step = Place(0, 0)
        self.number: tuple[int, str] | None = None
        self._content = 0
        self._metadata, self._plugin = b"", ""
        fixed = np.full(self.width, 255, np.uint8)
        fixed[len(record) - 4 :] = 0
        self._find_event(record, fixed)
        self.is_scalar = self._content == SIMPLE_VALUE
        self.fixed = fixed.view(np.uint64)
        structure = fixed.copy()
        structure[slice(*self._tag)] = 0
        self._structure = structure.view(np.uint64)
        self._row = np.frombuffer(record.ljust(self.width, b"\0"), np.uint64)
        self._tag_words = np.flatnonzero(self.fixed != self._structure).tolist()
        self.templates: list[Template] = []
        self.names = np.empty(0, np.int32)
        self._known = np.empty((0, len(self.fixed)), np.uint64)

    # Parsing one record

    def _find_event(self, record: bytes, fixed: Bytes) -> None:
        end, before, wall_time, summary = len(record) - 4, HEADER.size, 0, None
        try:
            for key, start, stop in fields(record, HEADER.size, end):
                if key == WALL_TIME and not wall_time:
                    wall_time = start
                elif key == STEP and record[before] == STEP and not self.step.stop:  # a key may be padded, too
                    self.step = Place(before + 1, stop)
                elif key == SUMMARY and summary is None:
                    summary = Place(start, stop)
                else:
                    raise UnusualError
                before = stop
            if not wall_time or summary is None:
                raise UnusualError
            ((key, *item),) = fields(record, *summary)
            if key != VALUE:
                raise UnusualError
            self.item = Place(*item)
            self._find_value(record, fixed)
        except ValueError as error:  # malformed, or more or fewer than one value
            raise UnusualError from error
        self.wall_time = Place(wall_time, wall_time + 8)
        fixed[slice(*self.wall_time)] = 0
        fixed[slice(*self.step)] = 128  # how many bytes a varint has is told by their highest bits

    def _find_value(self, record: bytes, fixed: Bytes) -> None:
        places: dict[int, Place] = {}
        for key, start, stop in fields(record, *self.item):
            if key in places or not (key in CONTENTS or key in (TAG, METADATA, EXACT)):
                raise UnusualError
            places[key] = Place(start, stop)
        contents = places.keys() & CONTENTS
        if TAG not in places or len(contents) != 1:
            raise UnusualError
        (self._content,) = contents
        self._tag, metadata = places[TAG], places.get(METADATA)
        self._metadata = record[slice(*metadata)] if metadata else b""
        self._plugin, _ = plugin_data(self._metadata)
        place = places[self._content]
        if self._content == SIMPLE_VALUE:
            self.number = place.start, "<f4"
        elif self._content == TENSOR:
            self.number = locate_number(record, *place)
            if self.number is None and self._plugin == "scalars":
                raise UnusualError
        if exact := places.get(EXACT):
            if self._content != SIMPLE_VALUE:
                raise UnusualError
            self.number = exact.start, "<f8"
            fixed[slice(*place)] = 0
        if self.number:
            start, dtype = self.number
            place = Place(start, start + np.dtype(dtype).itemsize)
        fixed[slice(*place)] = 0

    def _template(self, record: bytes) -> Template:
        return Template(text(record[slice(*self._tag)]), self._content, self._plugin, self._metadata)

    # Proving many

    def fits(self, row: Words) -> bool:
        """Whether a row has this structure, whatever its tag."""
        return not ((row ^ self._row) & self._structure).any()

    def template(self) -> Template:
        """The template of the record that the layout was made from."""
        return self._template(self._row.tobytes())

    def match(self, rows: Words) -> tuple[NDArray[np.int16], NDArray[np.bool_] | None]:
        """Find the template of each row, shape (n, width / 8).

        Returns
        -------
        templates : ndarray of int16, shape (n,)
        proven : ndarray of bool, shape (n,), or None
            Which rows equal their template in every fixed byte; None for all.
        """
        if len(self.templates) < 2:
            found = np.zeros(len(rows), np.int16)
            return found, self._are_fixed(rows, self._known[0]) if self.templates else np.zeros(len(rows), bool)
        found = self._slots.take((self._keys(rows) >> self._shift).view(np.int64))
        return found, self._are_fixed(rows, self._known.take(found, axis=0))

    def _are_fixed(self, rows: Words, others: Words) -> NDArray[np.bool_] | None:
        """Which rows equal the others, or the one other, in the fixed bytes; None for all."""
        many = len(rows) // _BLOCK * _BLOCK
        if others.ndim == 1:
            different = np.empty_like(rows)
            wide = different[:many].reshape(-1, _BLOCK * rows.shape[1])
            np.bitwise_xor(rows[:many].reshape(wide.shape), np.tile(others, _BLOCK), out=wide)
            different[many:] = rows[many:] ^ others
        else:
            different = others
            different ^= rows
            wide = different[:many].reshape(-1, _BLOCK * rows.shape[1])
        wide &= np.tile(self.fixed, _BLOCK)
        different[many:] &= self.fixed
        return np.logical_not(different.any(axis=1)) if different.any() else None

    def learn(self, rows: Words, size: int) -> bool:
        """Take in the templates of rows that are not proven yet, shape (n, width / 8); False if none came to know.

        Tags are told apart by a few bits made of the words that hold them. Where two get the same bits the later one is
        left to another layout.
        """
        fitting = rows[~((rows ^ self._row) & self._structure).any(axis=1)]
        if not len(fitting) or len(self.templates) >= MOST_TEMPLATES:
            return False
        self._draw(64)
        new = (fitting & self.fixed)[_first_of_each(self._keys(fitting))]
        known = np.concatenate((self._known, new))[:MOST_TEMPLATES]
        for _ in range(16):
            self._draw(max(6, min(20, 2 * len(known).bit_length() - 2)))
            slots = (self._keys(known) >> self._shift).view(np.int64)
            self._slots = np.zeros(1 << (64 - int(self._shift)), np.int16)
            self._slots[slots[::-1]] = np.arange(len(known))[::-1]
            kept = self._slots[slots] == np.arange(len(known))
            if kept.all():
                break
        self._slots = np.zeros_like(self._slots)
        self._slots[slots[kept]] = np.arange(np.count_nonzero(kept))
        before = set(self.templates)
        self._known = known[kept]
        self.templates = [self._template(row.tobytes()[:size]) for row in self._known]
        return not before.issuperset(self.templates)

    def _draw(self, bits: int) -> None:
        self._factors = [np.uint64(_random.getrandbits(64) | 1) for _ in self._tag_words]
        self._shift = np.uint64(64 - bits)

    def _keys(self, rows: Words) -> Words:
        keys = np.zeros(len(rows), np.uint64)
        for word, factor in zip(self._tag_words, self._factors, strict=True):
            keys += (rows[:, word] & self.fixed[word]) * factor
        return keys


def _first_of_each(keys: Words) -> NDArray[np.int64]:
    order = np.argsort(keys, kind="stable")
    return order[np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]))]


def locate_number(data: bytes, at: int, end: int) -> tuple[int, str] | None:
    """Start and dtype of the one number of a TensorProto in ``data[at:end]``; ``None`` unless it is plainly one."""
    seen: dict[int, Place] = {}
    for key, start, stop in fields(data, at, end):
        if key in seen:
            return None
        seen[key] = Place(start, stop)
    dtype = seen.pop(DTYPE, Place(0, 0)).start
    shape = seen.pop(SHAPE, None)
    if len(seen) != 1 or dtype not in _NUMBERS or (shape and not _is_one(data, shape)):
        return None
    ((key, place),) = seen.items()
    kind, keys = _NUMBERS[dtype]
    return (place.start, kind) if key in keys and place.stop - place.start == np.dtype(kind).itemsize else None


def _is_one(data: bytes, shape: Place) -> bool:
    """Whether the TensorShapeProto at ``shape`` is that of a single number."""
    for key, start, stop in fields(data, *shape):
        if key != DIM or [part[:2] for part in fields(data, start, stop)] != [(SIZE, 1)]:
            return False
    return True
