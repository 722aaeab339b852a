"""Meshes and point clouds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from nbviz.formats.event import TENSOR
from nbviz.formats.items.item import Item, Source, quoted
from nbviz.formats.protobuf import MalformedError, Message
from nbviz.formats.tensor import decode_tensor

#     MeshPluginData  version 1: int32, name 2: string, content_type 3: enum, json_config 5: string,
#                     shape 6: repeated int32, components 7: uint32 (tensorboard/plugins/mesh/plugin_data.proto)
_CONTENT_TYPES = {1: "vertices", 2: "faces", 3: "colors"}


@dataclass(frozen=True, eq=False, repr=False)
class Mesh(Item):
    """One part of a mesh: TensorBoard logs its vertices, faces and colors under tags of their own.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    name : str
        The mesh that this is a part of.
    content_type : str
        "vertices", "faces" or "colors"; empty if the writer does not say.
    values : ndarray, shape (batch, n, 3)
    config : str
        Settings of the writer for three.js, as JSON text.
    """

    name: str
    content_type: str
    values: NDArray[Any]
    config: str

    def _about(self) -> str:
        part = f"{self.content_type} of " if self.content_type else ""
        return f"{part}{quoted(self.name)}, {self.values.dtype} of shape {self.values.shape}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of ``values``."""
        return self.values.shape


def decode_mesh(source: Source) -> Mesh:
    """Decode one part of a mesh."""
    if source.content != TENSOR:
        raise MalformedError("a mesh is no tensor")
    values = decode_tensor(source.data, source.start, source.stop)
    if values.dtype == object:
        raise MalformedError("a mesh is a tensor of something other than numbers")
    about = Message(source.plugin_content)
    content_type = _CONTENT_TYPES.get(about.integer(3), "")
    return Mesh(source.step, source.wall_time, about.text(2), content_type, values, about.text(5))
