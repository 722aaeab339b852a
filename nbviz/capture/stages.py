"""Which part of a model a process has, where a pipeline divides it."""

from __future__ import annotations

import gc
import hashlib
import sys
import weakref
from collections.abc import Sequence
from typing import Any

from torch import nn

from nbviz.capture.parameters import Named
from nbviz.capture.tensors import is_lazy

Stages = list[weakref.ref[Any]]


def stages_of(model: nn.Module) -> Stages:
    """The stages of `torch.distributed.pipelining` that run a model, or modules of it.

    They know their module, but no module knows its stages: these are looked for among all objects, which takes some
    milliseconds and is done once.
    """
    pipelining = sys.modules.get("torch.distributed.pipelining.stage")
    base = getattr(pipelining, "_PipelineStageBase", None)
    if base is None:
        return []
    own = set(model.modules())
    stages = [each for each in gc.get_objects() if issubclass(type(each), base)]
    found = [each for each in stages if each.submod in own or model in set(each.submod.modules())]
    return [weakref.ref(each) for each in sorted(found, key=lambda each: int(each.stage_index))]


def are_tried_out(stages: Stages) -> bool:
    """Whether what runs is made up, as torch does once to learn the shapes of what the stages give."""
    metas = [getattr(stage(), "_stage_meta", None) for stage in stages]
    return any(meta is not None and getattr(meta, "outputs", ()) is None for meta in metas)


def part_of(stages: Stages, slots: Sequence[Named]) -> str:
    """What tells the part of a model that a process has from those of others; the same where they have the same.

    ``"stage2"``, or where no pipeline is known a digest of the names and shapes of its parameters.
    """
    numbers = [str(stage.stage_index) for each in stages if (stage := each()) is not None]
    if numbers:
        return f"stage{'+'.join(numbers)}"
    digest = hashlib.sha256()
    for slot in slots:
        parameter = slot.parameter()
        shape = None  # of what FSDP1 leaves each process with of a parameter, too
        if parameter is not None and slot.counted is None and not is_lazy(parameter):
            shape = tuple(parameter.shape)
        digest.update(f"{slot.name} {shape}\n".encode())
    return digest.hexdigest()
