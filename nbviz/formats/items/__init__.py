"""Items: what event files hold beside scalars, decoded one at a time from their bytes."""

from __future__ import annotations

from typing import Any

from nbviz.formats.event import parse_value, plugin_data
from nbviz.formats.items.histogram import decode_histogram
from nbviz.formats.items.item import Source
from nbviz.formats.items.tensor import decode_tensor_item
from nbviz.formats.protobuf import MalformedError

MOVED = "the file no longer holds it where it was found"


def decode_item(kind: str, data: bytes, step: int, wall_time: float, tag: str, metadata: bytes) -> tuple[Any, str]:
    """Decode an item from the bytes that an `nbviz.formats.event.Items` points at.

    Parameters
    ----------
    kind, tag : str
    data : bytes
    step : int
    wall_time : float
    metadata : bytes
        The first ``SummaryMetadata`` of the tag.

    Returns
    -------
    item
        Of the class for the kind.
    problem : str
        A sentence about what was left out of the item; mostly empty.

    Raises
    ------
    MalformedError
        If the bytes are not such an item of that tag.
    """
    value = parse_value(data, 0, len(data))
    if value.tag != tag:
        raise MalformedError(MOVED)
    first, first_content = plugin_data(metadata)
    own, own_content = plugin_data(data[slice(*value.metadata)]) if value.metadata else ("", b"")
    source = Source(
        step, wall_time, data, value.content, value.start, value.stop, first or own, own_content or first_content
    )
    if kind == "histogram":
        return decode_histogram(source)
    return decode_tensor_item(source), ""
