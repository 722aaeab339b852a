"""What every item of an event file has."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nbviz.formats.event import TENSOR
from nbviz.formats.tensor import decode_tensor

SHOWN_BYTES = 1 << 24
"""What is larger is not put into a notebook as a picture or a player unasked."""

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80
_short.maxdict = 12


def quoted(value: str | Mapping[str, object]) -> str:
    """A text, or settings by name, as Python writes them, cut in the middle where they are long."""
    return _short.repr(value)


def counted(count: int, noun: str, many: str = "") -> str:
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


@dataclass(frozen=True, eq=False, repr=False)
class Item:
    """One row of a series that holds no numbers.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    """

    step: int
    wall_time: float

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at step {self.step:,}: {self._about()}>"

    def _about(self) -> str:
        """What it holds, on one line: never bytes, and texts from the file only as they are quoted in Python."""
        raise NotImplementedError


class Source(NamedTuple):
    """The bytes that an item is decoded from: the contents of a ``Summary.Value``.

    Attributes
    ----------
    data : bytes
        Of the whole ``Value``.
    content, start, stop : int
        Key of the content's field, 0 for none, and where in ``data`` it lies.
    plugin : str
    plugin_content : bytes
        What the plugin keeps in the metadata: those of this value, or else the first ones of the tag.
    """

    step: int
    wall_time: float
    data: bytes
    content: int
    start: int
    stop: int
    plugin: str
    plugin_content: bytes


def decode_strings(source: Source) -> list[bytes]:
    """The elements of a tensor of strings in row-major order; none if the value is no such tensor."""
    if source.content != TENSOR:
        return []
    strings = decode_tensor(source.data, source.start, source.stop)
    return strings.ravel().tolist() if strings.dtype == object else []
