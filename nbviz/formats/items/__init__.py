"""Items: what event files hold beside scalars, decoded one at a time from their bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbviz.formats.event import parse_value, plugin_data
from nbviz.formats.items.audio import Audio, decode_audio
from nbviz.formats.items.confusion import Confusion, decode_confusion
from nbviz.formats.items.graph import Graph, decode_graph, decode_graph_field
from nbviz.formats.items.histogram import Histogram, decode_histogram
from nbviz.formats.items.hparams import HParams, decode_hparams
from nbviz.formats.items.image import Image, decode_image
from nbviz.formats.items.item import Source
from nbviz.formats.items.layout import Layout, decode_layout
from nbviz.formats.items.mesh import Mesh, decode_mesh
from nbviz.formats.items.pr_curve import PRCurve, decode_pr_curve
from nbviz.formats.items.tensor import Tensor, decode_tensor_item
from nbviz.formats.items.text import Text, decode_text
from nbviz.formats.protobuf import MalformedError

__all__ = [
    "MOVED",
    "Audio",
    "Confusion",
    "Graph",
    "HParams",
    "Histogram",
    "Image",
    "Layout",
    "Mesh",
    "PRCurve",
    "Tensor",
    "Text",
    "decode_item",
]

MOVED = "the file no longer holds it where it was found"

_DECODERS: dict[str, Callable[[Source], Any]] = {
    "image": decode_image,
    "audio": decode_audio,
    "text": decode_text,
    "pr_curve": decode_pr_curve,
    "mesh": decode_mesh,
    "hparams": decode_hparams,
    "graph": decode_graph,
    "layout": decode_layout,
    "confusion": decode_confusion,
}


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
    if kind == "graph" and (found := decode_graph_field(data, step, wall_time)):
        name, graph = found
        if name not in ("", tag):
            raise MalformedError(MOVED)
        return graph, ""
    source = _source(data, step, wall_time, tag, metadata)
    if kind == "histogram":
        return decode_histogram(source)
    return _DECODERS.get(kind, decode_tensor_item)(source), ""


def _source(data: bytes, step: int, wall_time: float, tag: str, metadata: bytes) -> Source:
    try:
        value = parse_value(data, 0, len(data))
    except MalformedError:
        raise MalformedError(MOVED) from None
    if value.tag != tag:
        raise MalformedError(MOVED)
    plugin, first = plugin_data(metadata)
    own = plugin_data(data[slice(*value.metadata)])[1] if value.metadata else b""
    return Source(step, wall_time, data, value.content, value.start, value.stop, plugin, own or first)
