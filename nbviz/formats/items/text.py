"""Text: plain characters, of which nothing is ever taken for markup."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.event import TENSOR
from nbviz.formats.items.item import Item, Source, counted, quoted
from nbviz.formats.protobuf import MalformedError
from nbviz.formats.tensor import decode_tensor

SHOWN_CHARACTERS = 10_000
"""What a notebook shows of a text."""


@dataclass(frozen=True, eq=False, repr=False)
class Text(Item):
    """Text, or a table of texts.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    texts : ndarray of object
        One str an element, in the shape that was logged. Bytes that are no UTF-8 became U+FFFD.
    """

    texts: NDArray[np.object_]

    @property
    def text(self) -> str:
        """The text; several are joined by line feeds."""
        return "\n".join(self.texts.ravel())

    def _about(self) -> str:
        several = f"{counted(self.texts.size, 'text')}, " if self.texts.size != 1 else ""
        return several + quoted(self.text)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """The text itself in a notebook, as plain text; control characters are escaped, as they could move a cursor."""
        shown = self.text[:SHOWN_CHARACTERS]
        plain = "".join(char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in shown)
        if not shown:
            return {"text/plain": repr(self)}
        left_out = len(self.text) - len(shown)
        return {"text/plain": f"{plain}\n… and {left_out:,} more characters; .text has all" if left_out else plain}


def decode_text(source: Source) -> Text:
    """Decode a tensor of strings."""
    if source.content != TENSOR:
        raise MalformedError("a text is no tensor")
    strings = decode_tensor(source.data, source.start, source.stop)
    if strings.dtype != object:
        raise MalformedError("a text is a tensor of something other than strings")
    texts = np.empty(strings.shape, object)
    texts.ravel()[:] = [data.decode(errors="replace") for data in strings.ravel()]
    return Text(source.step, source.wall_time, texts)
