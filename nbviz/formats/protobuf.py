"""The protobuf wire format, as much of it as reading needs: https://protobuf.dev/programming-guides/encoding/."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from
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


class Message:
    """A message of which several fields are wanted, each by its number. An absent field is zero or empty."""

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self._data = data
        self._places: dict[int, list[tuple[int, int]]] = {}
        for key, start, stop in fields(data, at, len(data) if end is None else end):
            self._places.setdefault(key, []).append((start, stop))

    def has(self, number: int) -> bool:
        """Whether there is a field of that number and of a type that its wire type allows."""
        return any((number << 3 | wire) in self._places for wire in (VARINT, FIXED64, BYTES, FIXED32))

    def blobs(self, number: int) -> list[bytes]:
        return [self._data[start:stop] for start, stop in self._places.get(number << 3 | BYTES, ())]

    def blob(self, number: int) -> bytes:
        return (self.blobs(number) or [b""])[-1]

    def texts(self, number: int) -> list[str]:
        return [text(data) for data in self.blobs(number)]

    def text(self, number: int) -> str:
        return text(self.blob(number))

    def messages(self, number: int) -> Iterator[Message]:
        return (Message(self._data, start, stop) for start, stop in self._places.get(number << 3 | BYTES, ()))

    def message(self, number: int) -> Message:
        start, stop = self._last(number << 3 | BYTES)
        return Message(self._data, start, stop)

    def integer(self, number: int) -> int:
        return signed(self._last(number << 3 | VARINT)[0])

    def integers(self, number: int) -> list[int]:
        """A repeated field, packed or not."""
        found = [(VARINT, *place) for place in self._places.get(number << 3 | VARINT, ())]
        found += [(BYTES, *place) for place in self._places.get(number << 3 | BYTES, ())]
        return [signed(value) for part in found for value in packed(self._data, *part)]

    def double(self, number: int) -> float:
        return self._real("<d", number << 3 | FIXED64)

    def single(self, number: int) -> float:
        return self._real("<f", number << 3 | FIXED32)

    def _last(self, key: int) -> tuple[int, int]:
        return self._places[key][-1] if key in self._places else (0, 0)

    def _real(self, form: str, key: int) -> float:
        return float(unpack_from(form, self._data, self._last(key)[0])[0]) if key in self._places else 0.0
