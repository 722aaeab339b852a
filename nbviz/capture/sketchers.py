"""Sketchers turn tensors into sketches, each kind of device in its own way; here exactly, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from nbviz.capture.layer import Layer
from nbviz.capture.samples import COUNTED, SAMPLES, UnreadableError
from nbviz.capture.tensors import local, values_of
from nbviz.formats.sketch import Sketch
from nbviz.formats.statistics import Statistics


class Wanted(NamedTuple):
    """A tensor to be counted.

    Attributes
    ----------
    key
        Given back with the result.
    tensor : Tensor
    scale : Tensor or None
        What the values are to be divided by: the scale of a `torch.amp.GradScaler`.
    pivot : float or None
        Of the sketch; ``None`` leaves the choice to the sketcher.
    units : int or None
        The dimension along which units lie that may be dead.
    ends : (float, float) or None
        Values at these and beyond them are saturated.
    size : Tensor or None
        How many values there were, where the tensor is a sample of them.
    sampled : bool
        Whether a device may read a part of the values.
    """

    key: Any
    tensor: Tensor
    scale: Tensor | None = None
    pivot: float | None = 0.0
    units: int | None = None
    ends: tuple[float, float] | None = None
    size: Tensor | None = None
    sampled: bool = False


Counted = tuple[Any, "Layer | str"]
"""A key, and the layer or why there is none."""


class Sketcher(Protocol):
    def start(self, wanted: Sequence[Wanted]) -> None:
        """Take what is needed of tensors: whatever the training does to them next must not change the result.

        It must neither raise because of a tensor nor wait for a device. What a device was told to read it may read
        later, if it works in order; whoever tells it later must look at ``Tensor._version`` for outputs changed in
        place.
        """

    def collect(self, wait: bool = False) -> list[Counted]:
        """What is ready of what was started, each once and in its order; with ``wait`` all of it."""


def attempted(wanted: Wanted, make: Any) -> Any:
    """What ``make`` makes of a tensor, or why there is nothing."""
    try:
        return make(wanted)
    except UnreadableError as error:
        return str(error)
    except Exception as error:
        return f"could not be read ({type(error).__name__}: {error})"


class HostSketcher:
    """Every value, in numpy, at once."""

    def __init__(self) -> None:
        self._ready: list[Counted] = []

    def start(self, wanted: Sequence[Wanted]) -> None:
        self._ready += [(each.key, attempted(each, count)) for each in wanted]

    def collect(self, wait: bool = False) -> list[Counted]:
        ready, self._ready = self._ready, []
        return ready


def count(wanted: Wanted) -> Layer:
    """The layer of a tensor in the memory of this process."""
    tensor = local(wanted.tensor)
    values, zeros = values_of(tensor, COUNTED if tensor.device.type == "cpu" else SAMPLES)
    values = values.cpu()
    if wanted.scale is not None:
        values = values.float() / wanted.scale.item()
    sketch = sketch_of(values, wanted.pivot)
    if zeros:
        sketch.merge(zeros_sketch(zeros, sketch.pivot))
    layer = Layer(sketch, tensor.numel() if wanted.size is None else int(wanted.size))
    if wanted.ends is not None:
        layer.saturated = int(saturated(values, wanted.ends))
    if wanted.units is not None:
        units = tensor.size(wanted.units)
        # Without as many zeros as one unit has values, none is dead, and there is no need to look.
        some_dead = sketch.zeros * units >= sketch.count
        layer.alive = alive(tensor, wanted.units).cpu().numpy() if some_dead else np.ones(units, bool)
    return layer


def sketch_of(values: Tensor, pivot: float | None) -> Sketch:
    values = values.resolve_neg()
    if values.dtype == torch.bfloat16:
        return Sketch.of_bfloat16(values.view(torch.int16).numpy().view(np.uint16), pivot=pivot)
    if values.is_floating_point() and values.itemsize == 1:
        values = values.float()
    return Sketch.of(values.numpy(), pivot=pivot)


def zeros_sketch(zeros: int, pivot: float) -> Sketch:
    """The sketch of nothing but zeros, however many."""
    one, statistics = Sketch.of(np.zeros(1), pivot=pivot), Statistics()
    statistics.finite = statistics.zeros = zeros
    statistics.minimum = statistics.maximum = 0.0
    return Sketch.of_counts(one.bins * zeros, statistics, pivot)


def alive(tensor: Tensor, units: int) -> Tensor:
    """Which units of a tensor are not zero everywhere, shape (units,)."""
    others = [dim for dim in range(tensor.dim()) if dim != units]
    tensor = tensor.detach()
    # To be counted along no dimension is to be counted along all.
    return (tensor.count_nonzero(others) if others else tensor) != 0


def saturated(values: Tensor, ends: tuple[float, float]) -> Tensor:
    low, high = ends
    return ((values <= low) | (values >= high)).sum()
