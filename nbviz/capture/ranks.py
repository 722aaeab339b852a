"""Parts of a capture from all processes of a distributed training, brought together in the first.

They travel through the store that the processes of `torch.distributed` share anyway, not by collectives: nobody waits
for anybody, a process that does not watch holds up none, and neither the backend nor the device matters.
"""

from __future__ import annotations

import itertools
import json
import struct
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import torch.distributed as dist

from nbviz.capture.layer import Capture, Change, Key, Layer
from nbviz.capture.overhead import Meter
from nbviz.formats.sketch import Sketch

LATE = 4
"""Captures after which one is shown without the processes that have not sent their part."""
PATIENCE = timedelta(seconds=5)
"""How long the last parts may take to come when the first process stops watching."""

_numbers = itertools.count()


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


@dataclass
class _Open:
    """A capture of the first process, and whose parts it still lacks."""

    capture: Capture
    missing: set[int] = field(default_factory=set)


class Ranks:
    """The processes that watch the same model; the first of them shows what all have captured.

    Attributes
    ----------
    late : set of int
        Processes without which a capture was shown, as they had not sent their parts.

    Notes
    -----
    Watches are told apart by their order, so every process has to watch the same models in the same order.
    """

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), world()
        store = dist.distributed_c10d._get_default_store()
        # A connection of our own, where it can be had: another thread may be waiting at the one that all share.
        store = store.clone() if hasattr(store, "clone") else store
        self._store: Any = dist.distributed_c10d.PrefixStore(f"nbviz/{next(_numbers)}", store)
        self._open: list[_Open] = []
        self._asked: int | None = None
        self.late: set[int] = set()
        self._store.set(f"watching/{self.rank}", "1")

    def give(self, capture: Capture) -> None:
        """Hand over what this process captured."""
        if self.rank == 0:
            # Whoever watches has said so before its first step, and steps are made together.
            missing = {rank for rank in range(1, self.size) if self._watching(rank)}
            self._open.append(_Open(capture, missing))
        elif self._watching(0):
            self._store.set(f"{capture.number}/{self.rank}", pack(capture))

    def collect(self, wait: bool = False) -> list[Capture]:
        """The captures of which all parts have come, in their order: in the first process only.

        With ``wait`` also those that lack some, after they had ``PATIENCE`` to come.
        """
        whole = []
        for each in self._open:
            for rank in sorted(each.missing):
                key = f"{each.capture.number}/{rank}"
                if self._store.check([key]) or (wait and self._comes(key)):
                    merge(each.capture, self._store.get(key))
                    self._store.delete_key(key)
                    each.missing.discard(rank)
        while self._open and (not self._open[0].missing or wait or len(self._open) > LATE):
            first = self._open.pop(0)
            self.late |= first.missing
            whole.append(first.capture)
        return whole

    def _comes(self, key: str) -> bool:
        try:
            self._store.wait([key], PATIENCE)
        except Exception:  # of a kind that differs between stores
            return False
        return True

    def agree(self, meter: Meter, number: int) -> None:
        """Have the first process say which step is captured next, once a capture is over, and the others follow.

        It is the next but one at the earliest: no process begins that before all have made the one between, and so not
        before this was said.
        """
        if meter.captured == number:
            self._asked = number
            if self.rank == 0:
                meter.follow(max(meter.following, number + 2), max(meter.every, 2))
                self._store.set(f"next/{number}", json.dumps([meter.following, meter.every]))
        key = f"next/{self._asked}"
        if self.rank and self._asked is not None:
            if self._store.check([key]):
                meter.follow(*json.loads(self._store.get(key)))
                self._asked = None
            else:
                meter.follow(number + 2, meter.every)

    def _watching(self, rank: int) -> bool:
        return bool(self._store.check([f"watching/{rank}"]))


def pack(capture: Capture) -> bytes:
    """A capture as bytes: the length of a head, the head in JSON, and the sketches and units that it describes."""
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


def is_first_copy(tensor: Any) -> bool:
    """Whether what this process holds of a distributed tensor is to be counted, as copies of it are not."""
    mesh, placements = tensor.device_mesh, tensor.placements
    coordinate = mesh.get_coordinate()
    if coordinate is None:
        return False
    return all(at == 0 for at, placement in zip(coordinate, placements, strict=True) if placement.is_replicate())
