"""Sketchers turn tensors into sketches, each kind of device in its own way: exactly on the CPU, from samples elsewhere.

A sketcher for another device (CUDA, with a kernel of its own) is a class with the two methods of `Sketcher` and a line
in `sketcher_for`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nbviz.capture.layer import Layer
from nbviz.capture.samples import COUNTED, SAMPLES, UnreadableError
from nbviz.capture.tensors import local, values_of
from nbviz.formats.sketch import Sketch
from nbviz.formats.statistics import Statistics

BINS = 4096


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
    """

    key: Any
    tensor: Tensor
    scale: Tensor | None = None
    pivot: float | None = 0.0
    units: int | None = None
    ends: tuple[float, float] | None = None
    size: Tensor | None = None


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


def sketcher_for(device: torch.device) -> Sketcher:
    """The sketcher of a device."""
    return HostSketcher() if device.type == "cpu" else SampledSketcher()


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
    values, zeros = values_of(tensor, COUNTED)
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
        layer.alive = alive(tensor, wanted.units).numpy() if some_dead else np.ones(units, bool)
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
    return tensor.detach().count_nonzero(others) > 0


def saturated(values: Tensor, ends: tuple[float, float]) -> Tensor:
    low, high = ends
    return ((values <= low) | (values >= high)).sum()


class Held(NamedTuple):
    """A tensor of which a sample lies in a block."""

    wanted: Wanted
    size: int
    zeros: int
    length: int
    alive: Tensor | None
    saturated: Tensor | None


class SampledSketcher:
    """At most ``SAMPLES`` values of each tensor, by torch alone: one copy to the host a capture, whatever it holds."""

    def __init__(self) -> None:
        self._held: list[Held] = []
        self._blocks: list[Tensor] = []
        self._failed: list[Counted] = []

    def start(self, wanted: Sequence[Wanted]) -> None:
        samples = []
        for each in wanted:
            taken = attempted(each, _sample)
            if isinstance(taken, str):
                self._failed.append((each.key, taken))
            else:
                held, sample = taken
                self._held.append(held)
                samples.append(sample)
        if samples:
            self._blocks.append(torch.cat(samples).float())

    def collect(self, wait: bool = False) -> list[Counted]:
        held, blocks, ready = self._held, self._blocks, self._failed
        self._held, self._blocks, self._failed = [], [], []
        if held:
            ready += zip((each.wanted.key for each in held), _layers(held, torch.cat(blocks)), strict=True)
        return ready


def _sample(wanted: Wanted) -> tuple[Held, Tensor]:
    tensor = local(wanted.tensor)
    values, zeros = values_of(tensor, SAMPLES)
    if wanted.scale is not None:
        values = values.float() / wanted.scale
    units = None if wanted.units is None else alive(tensor, wanted.units)
    ends = None if wanted.ends is None else saturated(values, wanted.ends)
    return Held(wanted, tensor.numel(), zeros, len(values), units, ends), values


def _layers(held: Sequence[Held], values: Tensor) -> Iterator[Layer]:
    """Count all samples at once: every statistic is one sum over rows, and all of them are one copy."""
    columns = _counted(values, [each.length for each in held])
    extras = [part for each in held for part in (each.alive, each.saturated) if part is not None]
    columns += [part.to(torch.int32).reshape(-1) for part in extras]
    numbers = torch.cat(columns).cpu().numpy()
    bins, numbers = np.split(numbers, [BINS * len(held)])
    statistics, looked_at = np.split(numbers, [8 * len(held)])
    table = statistics.reshape(8, len(held))
    at = 0
    for row, each in enumerate(held):
        sketch = _sketch(bins[BINS * row : BINS * (row + 1)], table[:, row])
        if each.zeros:
            sketch.merge(zeros_sketch(each.zeros, sketch.pivot))
        layer = Layer(sketch, each.size if each.wanted.size is None else int(each.wanted.size))
        if each.alive is not None:
            layer.alive = looked_at[at : at + len(each.alive)] > 0
            at += len(each.alive)
        if each.saturated is not None:
            layer.saturated = int(looked_at[at])
            at += 1
        yield layer


def _counted(values: Tensor, counts: Sequence[int]) -> list[Tensor]:
    """Bins of each row and its four counts and four statistics, as int32 whatever they are."""
    device, rows = values.device, len(counts)
    row = torch.repeat_interleave(torch.arange(rows, device=device), torch.tensor(counts, device=device))
    index = row * BINS + ((values.view(torch.int32) >> 20) & (BINS - 1))
    ones = torch.ones_like(index, dtype=torch.int32)
    bins = torch.zeros(rows * BINS, dtype=torch.int32, device=device).scatter_add_(0, index, ones)
    finite = values.isfinite()
    kept = torch.where(finite, values, torch.zeros_like(values))
    tallies = [values == 0, values.isnan(), values == torch.inf, values == -torch.inf]
    found = [torch.zeros(rows, dtype=torch.int32, device=device).index_add_(0, row, each.int()) for each in tallies]
    sums = [torch.zeros(rows, device=device).index_add_(0, row, each) for each in (kept, kept.square())]
    ends = [
        torch.full((rows,), -sign * torch.inf, device=device).scatter_reduce_(
            0, row, torch.where(finite, values, torch.full_like(values, -sign * torch.inf)), reduce
        )
        for sign, reduce in ((-1, "amin"), (1, "amax"))
    ]
    return [bins, *found, *(each.view(torch.int32) for each in (*sums, *ends))]


def _sketch(bins: NDArray[np.int32], numbers: NDArray[np.int32]) -> Sketch:
    statistics = Statistics()
    counts, sums = numbers[:4].tolist(), numbers[4:].copy().view(np.float32).tolist()
    statistics.zeros, statistics.nans, statistics.positive_infinities, statistics.negative_infinities = counts
    statistics.finite = int(bins.sum()) - sum(counts[1:])
    if statistics.finite:
        statistics.sum, statistics.squares, statistics.minimum, statistics.maximum = sums
    return Sketch.of_counts(bins, statistics)
