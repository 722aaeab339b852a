"""The five fields that nbviz adds to a ``Summary.Value``, for what TensorBoard's own fields cannot hold.

Readers of protobuf step over fields that they do not know, so TensorBoard shows what it would show without them.
"""

from __future__ import annotations

from typing import Final

from nbviz.formats.protobuf import BYTES, FIXED64, VARINT

EXACT: Final = 64 << 3 | FIXED64
"""A scalar's value as a double. It stands beside ``simple_value``, a float, where that is not the same number."""

NONFINITE: Final = 65 << 3 | VARINT
"""How many values of a histogram were NaN or infinite, and so lie in none of the rows of its [k, 3] tensor."""

SKETCH: Final = 66 << 3 | BYTES
"""A histogram's sketch, as `nbviz.formats.sketchbytes` has it: finer than the [k, 3] tensor, with zeros apart."""

CAPTURES: Final = 67 << 3 | VARINT
"""How many captures a histogram is the sum of, where it is that of several."""

FIRST_STEP: Final = 68 << 3 | VARINT
"""The step of the first of them; the event has that of the last."""
