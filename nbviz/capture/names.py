"""Which parameters and modules of a torch model are watched, and by what names."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.parameter import Parameter

from nbviz.capture.choice import Chosen

WRAPPERS = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""Path components that torch.compile, FSDP and activation checkpointing put into names."""
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
"""Modules without an output of their own: that of a Sequential is its last module's."""
CHANNELS_FIRST = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.GroupNorm,
)
ENDS: dict[type[nn.Module], tuple[float, float]] = {nn.Sigmoid: (1 / 16, 15 / 16), nn.Tanh: (-15 / 16, 15 / 16)}
"""From where on the values of a layer count as saturated: its slope is a quarter of its steepest, or less."""


class Slot(NamedTuple):
    """Where a parameter lives, as sharding and loading may put another in its place: a module and the key there.

    ``counted`` is None where every process has the parameter whole; else each has a part, and says whether it is the
    first to have it.
    """

    name: str
    module: weakref.ref[nn.Module]
    key: str
    counted: bool | None = None

    def parameter(self) -> Parameter | None:
        module = self.module()
        return None if module is None else module._parameters.get(self.key)


def unwrapped(model: nn.Module) -> nn.Module:
    """The model within what torch.compile, DataParallel and DistributedDataParallel wrap around it."""
    while True:
        if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            model = model.module
        elif isinstance(inner := model._modules.get("_orig_mod"), nn.Module):
            model = inner
        else:
            return model


def plain(name: str) -> str:
    """A name without the components that wrappers put into it."""
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def slots_of(model: nn.Module) -> list[Slot]:
    """The parameters of a model, those that are tied once, under the name that ``named_parameters`` gives them."""
    seen: set[int] = set()
    parts = parts_of(model)
    slots = []
    for path, module in model.named_modules():
        for key, parameter in module._parameters.items():
            if parameter is None or id(parameter) in seen:
                continue
            seen.add(id(parameter))
            name = plain(f"{path}.{key}" if path else key)
            slots.append(Slot(name, weakref.ref(module), key, parts.get(id(parameter))))
    return slots


def parts_of(model: nn.Module) -> dict[int, bool]:
    """Of parameters that FSDP1 keeps in parts, by their ids, whether this process is the first with its part."""
    found = {}
    for module in model.modules():
        handle = getattr(module, "_handle", None)
        flat = getattr(handle, "flat_param", None)
        if flat is not None and getattr(handle, "uses_sharded_strategy", False):
            replicas = getattr(module, "_inter_node_pg", None)
            first = replicas is None or replicas.rank() == 0
            found.update({id(each): first for each in getattr(flat, "_params", None) or [flat]})
    return found


def modules_of(model: nn.Module, chosen: Chosen) -> Iterator[tuple[str, nn.Module]]:
    """The modules with an output of their own: neither the model itself nor containers."""
    for path, module in model.named_modules():
        name = plain(path)
        wrapper = any(key in WRAPPERS for key in module._modules)
        if name and not (isinstance(module, CONTAINERS) or wrapper) and chosen(name):
            yield name, module


def units_of(module: nn.Module, output: torch.Tensor) -> int | None:
    """The dimension of an output along which its units lie; ``None`` where there is no batch of them.

    Channels come second in images and volumes and after convolutions and their like, last in anything else.
    """
    dims = output.dim()
    if dims < 2:
        return None
    return 1 if dims > 3 or isinstance(module, CHANNELS_FIRST) else dims - 1
