"""Scalars that come in the order in which they came before, as they do while a run is followed.

After a record of one tag the record of another tag comes, nearly always the same one. What it must look like is then
known before it is looked at: one comparison of two large numbers proves all its bytes that do not vary.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from crc32c import crc32c

from nbviz.formats.crc import MASK, ONES
from nbviz.formats.event import SIMPLE_VALUE, TENSOR, Batch, EventDecoder, Scalars
from nbviz.formats.frame import FOOTER, HEADER
from nbviz.formats.layout import Layout, Template
from nbviz.formats.protobuf import signed, varint

_PAYLOAD = slice(HEADER.size, -FOOTER.size)
CODES = {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q"}
"""The dtypes of a layout's numbers, as the struct module names them."""


class _Look(NamedTuple):
    """How many bytes a record has, the bits that must not vary and what they must be, and what unpacks all others."""

    size: int
    mask: int
    fixed: int
    unpack: Callable[[bytes], tuple[Any, ...]]


class Guess:
    """What the records of one tag look like, header and footer included, and what came after the last one of them."""

    __slots__ = ("following", "is_plain", "item_size", "look", "template")

    def __init__(self, look: _Look, template: Template, item_size: int) -> None:
        self.look, self.template, self.item_size = look, template, item_size
        self.is_plain = template.content == SIMPLE_VALUE and not template.metadata  # a scalar, and nothing to remember
        self.following: Guess | None = None


def guess(layout: Layout, record: bytes) -> Guess | None:
    """Make the guess of a record like this one; None if it is no scalar in the order of the fields that all write."""
    template, wall, step, number = layout.template(), layout.wall_time, layout.step, layout.number
    is_scalar = layout.is_scalar or (template.content == TENSOR and template.plugin == "scalars")
    if number is None or not is_scalar or not wall.stop <= step.start < step.stop <= number[0]:
        return None
    at, dtype = number
    size, code = len(record), CODES[dtype]
    gaps = wall.start, step.start - wall.stop, at - step.stop
    footer = size - FOOTER.size - at - struct.calcsize(f"<{code}")
    unpack = struct.Struct(f"<{gaps[0]}xd{gaps[1]}x{step.stop - step.start}s{gaps[2]}x{code}{footer}xI")
    mask = int.from_bytes(layout.fixed.tobytes()[:size], "little")
    look = _Look(size, mask, int.from_bytes(record, "little") & mask, unpack.unpack)
    return Guess(look, template, layout.item.stop - layout.item.start)


def read_on(data: bytes, at: int, last: Guess, batch: Batch, decoder: EventDecoder) -> tuple[int, int, Guess]:
    """Add scalars to the batch for as long as they come as foretold.

    Returns
    -------
    at : int
        Behind the last of them.
    records : int
    last : Guess
        What that one was.
    """
    found: dict[Guess, Scalars] = {}
    records, step, known, stop = 0, 0, b"", len(data)
    number_of, expected = int.from_bytes, last.following
    while expected is not None and at < stop:
        size, mask, fixed, unpack = expected.look
        record = data[at : at + size]
        if number_of(record, "little") & mask != fixed or len(record) != size:
            break
        wall_time, digits, value, checksum = unpack(record)
        crc = crc32c(record[_PAYLOAD])  # masked_crc, of which the call would cost more than the sum
        if ((crc >> 15 | crc << 17) + MASK) & ONES != checksum:
            break
        try:
            steps, wall_times, values = found[expected]
        except KeyError:
            if not expected.is_plain and decoder.kind_of(*expected.template, True) != "scalar":
                break
            steps, wall_times, values = found[expected] = Scalars([], [], [])
        if digits != known:  # the tags of one step follow each other
            step, known = signed(varint(digits, 0)[0]), digits
        steps.append(step)
        wall_times.append(wall_time)
        values.append(value)
        at += size
        records += 1
        last, expected = expected, expected.following
    for each, columns in found.items():
        batch.add_scalars(each.template.tag, columns, each.item_size)
    return at, records, last
