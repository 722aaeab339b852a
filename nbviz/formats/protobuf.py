"""The protobuf wire format, as much of it as reading needs: https://protobuf.dev/programming-guides/encoding/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

# A message is a row of fields, each led by its key: a varint that holds `number << 3 | wire type`.
VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5


class MalformedError(ValueError):
    """Bytes that are not what they should be. The sentence is one of a few, so that it can be reported once a kind."""


def fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Walk the fields of the message in ``data[at:end]``.

    Yields
    ------
    key : int
        ``number << 3 | wire type``. A field whose wire type is not the expected one is thus an unknown field, as in
        every protobuf reader.
    start, stop : int
        Where the field's contents lie; of a varint, its value (unsigned) and where it ends.

    Raises
    ------
    MalformedError
        If the bytes are not a message.
    """
    try:
        while at < end:
            key = data[at]
            at += 1
            if key > 127:
                key, at = varint(data, at - 1)
            kind = key & 7
            if kind == VARINT:
                value, at = varint(data, at)
                if at <= end:
                    yield key, value, at
                continue
            start = at
            if kind == BYTES:
                size = data[at]
                start = at + 1
                if size > 127:
                    size, start = varint(data, at)
                at = start + size
            elif kind == FIXED64:
                at += 8
            elif kind == FIXED32:
                at += 4
            else:
                break
            if at <= end:
                yield key, start, at
    except IndexError:
        at = end + 1
    if at != end:
        raise MalformedError("an event is not a well-formed protobuf message, so it was left out")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned number in base 128, lowest digit first, that starts at ``at``, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift > 63:
            raise MalformedError("an event is not a well-formed protobuf message, so it was left out")


def signed(value: int) -> int:
    """A varint read as an int64."""
    return value - (1 << 64) if value >> 63 else value


def packed(data: bytes, kind: int, start: int, stop: int) -> list[int]:
    """The varints of one repeated field, which may be packed or single."""
    if kind == VARINT:
        return [start]
    values = []
    try:
        while start < stop:
            value, start = varint(data, start)
            values.append(value)
    except IndexError:
        start = stop + 1
    if start != stop:
        raise MalformedError("an event is not a well-formed protobuf message, so it was left out")
    return values


def text(data: bytes) -> str:
    """A tag or another name: bytes that are not UTF-8 stay apart from one another, and are shown as ``\\xff``."""
    return data.decode(errors="backslashreplace")
