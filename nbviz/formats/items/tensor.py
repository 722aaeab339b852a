"""Tensors of plugins that nbviz does not know, kept as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from nbviz.formats.event import TENSOR
from nbviz.formats.items.item import Item, Source, counted, quoted
from nbviz.formats.tensor import decode_tensor


@dataclass(frozen=True, eq=False, repr=False)
class Tensor(Item):
    """A tensor of which nbviz knows no more than that.

    Attributes
    ----------
    plugin : str
        The plugin of TensorBoard that the tensor is for, as far as its writer said.
    plugin_content : bytes
        What the plugin keeps in the metadata.
    encoded : bytes
        The ``TensorProto``, or whatever else the value holds.
    """

    plugin: str
    plugin_content: bytes
    encoded: bytes
    _is_tensor: bool

    def _about(self) -> str:
        plugin = f" for the plugin {quoted(self.plugin)}" if self.plugin else ""
        return f"{counted(len(self.encoded), 'byte')} of {'a tensor' if self._is_tensor else 'no tensor'}{plugin}"

    @property
    def array(self) -> NDArray[Any]:
        """The elements, in their own dtype and shape; strings as an object array of bytes.

        Raises
        ------
        ValueError
            If the value is no tensor, or is malformed.
        """
        if not self._is_tensor:
            raise ValueError(
                "this value holds no tensor: use .encoded and .plugin_content, which are what it does hold"
            )
        return decode_tensor(self.encoded, 0, len(self.encoded))


def decode_tensor_item(source: Source) -> Tensor:
    """Keep a value as it is."""
    encoded = source.data[source.start : source.stop]
    is_tensor = source.content == TENSOR
    return Tensor(source.step, source.wall_time, source.plugin, source.plugin_content, encoded, is_tensor)
