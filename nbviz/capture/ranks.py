"""Parts of a capture from all processes of a distributed training, brought together in the first.

They travel through the store that the processes of `torch.distributed` share anyway, not by collectives: nobody waits
for anybody, a process that does not watch holds up none, and neither the backend nor the device matters.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch.distributed as dist

from nbviz.capture.layer import Capture
from nbviz.capture.overhead import Meter
from nbviz.capture.parts import collide, joined, merge, pack

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
    """What the processes captured in one step, by the parts of the model that they have, and who has not sent his."""

    parts: dict[str, Capture]
    missing: set[int] = field(default_factory=set)


class Ranks:
    """The processes that watch the same model; the first of them shows what all have captured.

    Attributes
    ----------
    late : set of int
        Processes without which a capture was shown, as they had not sent their parts.
    unseen : int
        How many captures of this process nobody showed, as the first one does not watch.

    Notes
    -----
    Watches are told apart by their order, so every process has to watch the same models in the same order. Where each
    has a stage of a pipeline, these count as one model, and their names begin with the stage if they are not unique.
    """

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), world()
        store = dist.distributed_c10d._get_default_store()
        # A connection of our own, where it can be had: another thread may be waiting at the one that all share.
        store = store.clone() if hasattr(store, "clone") else store
        self._store: Any = dist.distributed_c10d.PrefixStore(f"nbviz/{next(_numbers)}", store)
        self._open: list[_Open] = []
        self._asked: int | None = None
        self._part: str | None = None
        self._parts: dict[int, str] = {}
        self._is_first: bool | None = None
        self._prefixed = False
        self.late: set[int] = set()
        self.unseen = 0
        self._store.set(f"watching/{self.rank}", "1")

    def have(self, part: str) -> None:
        """Tell the others which part of a model this process has, before anything of it is read."""
        if self._part is None:
            self._part = part
            self._store.set(f"part/{self.rank}", part)

    @property
    def copies(self) -> bool:
        """Whether another process captures what every process with the same part has whole."""
        if self.rank and self._is_first is None and self._store.check(["part/0"]):
            alike = self._part_of(0) == self._part
            # The first to come stands for all that have this part.
            first = b"" if alike else self._store.compare_set(f"first/{self._part}", "", str(self.rank))
            self._is_first = first == str(self.rank).encode()
        return bool(self.rank) and not self._is_first

    def give(self, capture: Capture) -> None:
        """Hand over what this process captured."""
        if self.rank == 0:
            # Whoever watches has said so before its first step, and steps are made together.
            missing = {rank for rank in range(1, self.size) if self._watching(rank)}
            self._open.append(_Open({self._part or "": capture}, missing))
        elif self._watching(0):
            self._store.set(f"{capture.number}/{self.rank}", pack(capture))
        else:
            self.unseen += 1

    def collect(self, wait: bool = False) -> list[Capture]:
        """The captures of which all parts have come, in their order: in the first process only.

        With ``wait`` also those that lack some, after they had ``PATIENCE`` to come.
        """
        whole = []
        for each in self._open:
            own = next(iter(each.parts.values()))
            for rank in sorted(each.missing):
                key = f"{own.number}/{rank}"
                if self._store.check([key]) or (wait and self._comes(key)):
                    part = each.parts.setdefault(self._part_of(rank), Capture(own.number, own.step))
                    merge(part, self._store.get(key))
                    self._store.delete_key(key)
                    each.missing.discard(rank)
        while self._open and (not self._open[0].missing or wait or len(self._open) > LATE):
            first = self._open.pop(0)
            self.late |= first.missing
            whole.append(self._whole(first.parts))
        return whole

    def _whole(self, parts: dict[str, Capture]) -> Capture:
        ranks: dict[str, int] = {}
        for rank in range(self.size):
            ranks.setdefault(self._part_of(rank), rank)
        # A pipeline knows its stages by number; what else divides a model is told apart by its first process.
        names = {part: part if part.startswith("stage") else f"rank{rank}" for part, rank in ranks.items()}
        # Once so, always so: a layer keeps its name.
        self._prefixed |= collide(parts)
        return joined({names[part]: parts[part] for part in ranks if part in parts}, self._prefixed)

    def _part_of(self, rank: int) -> str:
        key = f"part/{rank}"
        if rank not in self._parts and self._store.check([key]):
            self._parts[rank] = self._store.get(key).decode()
        return self._parts.get(rank, "")

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


def is_first_copy(tensor: Any) -> bool:
    """Whether what this process holds of a distributed tensor is to be counted, as copies of it are not."""
    mesh, placements = tensor.device_mesh, tensor.placements
    coordinate = mesh.get_coordinate()
    if coordinate is None:
        return False
    return all(at == 0 for at, placement in zip(coordinate, placements, strict=True) if placement.is_replicate())
