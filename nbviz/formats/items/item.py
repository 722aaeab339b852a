"""What every item of an event file has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nbviz.formats.event import TENSOR
from nbviz.formats.tensor import decode_tensor


@dataclass(frozen=True, eq=False)
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
