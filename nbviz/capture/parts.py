"""A part of a capture, as another process sends it.

The length of a head, the head in JSON, and the sketches and units that it describes.
"""

from __future__ import annotations

import json
import struct

import numpy as np

from nbviz.capture.layer import Capture, Change, Key, Layer
from nbviz.formats.sketch import Sketch


def pack(capture: Capture) -> bytes:
    """A capture as bytes."""
    layers, parts = [], []
    for key, layer in capture.layers.items():
        sketch = layer.sketch.to_bytes()
        units = None if layer.alive is None else len(layer.alive)
        parts += [sketch, b"" if layer.alive is None else np.packbits(layer.alive).tobytes()]
        layers.append([key, len(sketch), layer.size, units, layer.saturated])
    head = json.dumps({"layers": layers, "changes": capture.changes}).encode()
    return b"".join([struct.pack("<I", len(head)), head, *parts])


def merge(capture: Capture, data: bytes) -> None:
    """Add the part of another process to a capture."""
    (length,) = struct.unpack_from("<I", data)
    at = 4 + length
    head = json.loads(data[4:at])
    for key, size, values, units, saturated in head["layers"]:
        layer = Layer(Sketch.from_bytes(data[at : at + size]), values, saturated=saturated)
        at += size
        if units is not None:
            packed = -(-units // 8)
            layer.alive = np.unpackbits(np.frombuffer(data, np.uint8, packed, at), count=units).astype(bool)
            at += packed
        capture.add(Key(*key), layer)
    for name, change in head["changes"].items():
        capture.add_change(name, Change(*change))


def joined(parts: dict[str, Capture], prefixed: bool) -> Capture:
    """Captures of different parts of one model as one, their names with those of the parts where ``prefixed``."""
    first = next(iter(parts.values()))
    if len(parts) == 1 and not prefixed:
        return first
    whole = Capture(first.number, first.step)
    for part, capture in parts.items():
        before = f"{part}." if prefixed else ""
        for key, layer in capture.layers.items():
            whole.layers[Key(key.what, before + key.name)] = layer
        whole.changes.update({before + name: change for name, change in capture.changes.items()})
    return whole


def collide(parts: dict[str, Capture]) -> bool:
    """Whether different parts of one model have a name in common."""
    keys = [key for capture in parts.values() for key in capture.layers]
    return len(set(keys)) < len(keys)
