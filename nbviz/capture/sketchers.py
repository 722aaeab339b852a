"""Sketchers turn tensors into sketches, each kind of device in its own way: exactly on the CPU and, by a kernel of our
own (`nbviz.capture.cuda`), on CUDA devices, from samples elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nbviz.arrival import Arrival, capturing
from nbviz.capture.layer import Layer
from nbviz.capture.samples import COUNTED, SAMPLES, UnreadableError
from nbviz.capture.tensors import local, values_of
from nbviz.formats.sketch import Sketch
from nbviz.formats.statistics import Statistics

BINS = 4096
CAPTURED = "is computed in a CUDA graph, which no hook sees"


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


def sketcher_for(device: torch.device) -> Sketcher:
    """The sketcher of a device."""
    if device.type == "cpu":
        return HostSketcher()
    return FallingBack([*([partial(_cuda, device)] if device.type == "cuda" else []), SampledSketcher, HostSketcher])


def _cuda(device: torch.device) -> Sketcher:
    from nbviz.capture.cuda.device import CudaDevice
    from nbviz.capture.cuda.sketcher import CudaSketcher

    return CudaSketcher(CudaDevice(device))


class FallingBack:
    """The first of several sketchers that works.

    Attributes
    ----------
    works : Sketcher or None
        That one; ``None`` before anything was counted.
    failures : list of str
        Why those before it did not work.
    """

    def __init__(self, makers: Sequence[Callable[[], Sketcher]]) -> None:
        self._makers = list(makers)
        self._keys: dict[int, Any] = {}
        self._lost: list[Counted] = []
        self.works: Sketcher | None = None
        self.failures: list[str] = []

    def start(self, wanted: Sequence[Wanted]) -> None:
        while self.works is not None or self._makers:
            try:
                if self.works is None:
                    self.works = self._makers.pop(0)()
                self.works.start(wanted)
                self._keys.update((id(each.key), each.key) for each in wanted)
                return
            except Exception as error:
                self._give_up(error)
        self._lost += [(each.key, f"cannot be read on this device ({self.failures[-1]})") for each in wanted]

    def collect(self, wait: bool = False) -> list[Counted]:
        ready: list[Counted] = []
        if self.works is not None:
            try:
                ready = self.works.collect(wait)
                for key, _ in ready:
                    del self._keys[id(key)]
            except Exception as error:
                self._give_up(error)
        lost, self._lost = self._lost, []
        return lost + ready

    def limits(self, device: torch.device) -> str:
        """A sentence on what is not done as well as it could be, nothing where all is."""
        why = f", as its kernel does not work ({self.failures[0]})" if self.failures else ""
        if isinstance(self.works, SampledSketcher):
            return f"Layers on {device} are captured from {SAMPLES:,} values of each tensor, evenly spaced{why}."
        if isinstance(self.works, HostSketcher) and self.failures:
            return f"Layers on {device} are captured by waiting for it ({self.failures[-1]})."
        return ""

    def _give_up(self, error: Exception) -> None:
        """The next one counts from now on; what this one has not given back is lost."""
        self.failures.append(f"{type(error).__name__}: {error}")
        self.works = None
        self._lost += [(key, "was lost when the way to count it failed") for key in self._keys.values()]
        self._keys = {}


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


class Held(NamedTuple):
    """A tensor of which a sample lies in a block, with ``alive``, ``saturated`` and ``size`` where they are wanted."""

    key: Any
    numel: int
    zeros: int
    length: int
    alive: Tensor | None
    saturated: Tensor | None
    size: Tensor | None


class SampledSketcher:
    """At most ``SAMPLES`` values of each tensor, by torch alone: one copy to the host a capture, whatever it holds."""

    def __init__(self) -> None:
        self._held: list[Held] = []
        self._blocks: list[Tensor] = []
        self._failed: list[Counted] = []
        self._sent: deque[tuple[list[Held], Arrival]] = deque()

    def start(self, wanted: Sequence[Wanted]) -> None:
        samples = []
        for each in wanted:
            taken = CAPTURED if capturing() else attempted(each, _sample)
            if isinstance(taken, str):
                self._failed.append((each.key, taken))
            else:
                held, sample = taken
                self._held.append(held)
                samples.append(sample)
        if samples:
            self._blocks.append(torch.cat(samples).float())

    def collect(self, wait: bool = False) -> list[Counted]:
        if capturing():
            return []
        if self._held:
            numbers = torch.cat(_columns(self._held, torch.cat(self._blocks)))
            self._sent.append((self._held, Arrival(numbers)))
            self._held, self._blocks = [], []
        ready, self._failed = self._failed, []
        while self._sent and (wait or self._sent[0][1].ready()):
            held, arrival = self._sent.popleft()
            ready += zip((each.key for each in held), _layers(held, arrival.array()), strict=True)
        return ready


def _sample(wanted: Wanted) -> tuple[Held, Tensor]:
    tensor = local(wanted.tensor)
    values, zeros = values_of(tensor, SAMPLES)
    if wanted.scale is not None:
        values = values.float() / wanted.scale
    units = None if wanted.units is None else alive(tensor, wanted.units)
    ends = None if wanted.ends is None else saturated(values, wanted.ends)
    return Held(wanted.key, tensor.numel(), zeros, len(values), units, ends, wanted.size), values


def _columns(held: Sequence[Held], values: Tensor) -> list[Tensor]:
    """All that is found of tensors, as int32 whatever it is."""
    columns = _counted(values, [each.length for each in held])
    for each in held:
        columns += [part.to(torch.int32).reshape(-1) for part in (each.alive, each.saturated) if part is not None]
        if each.size is not None:
            columns.append(each.size.to(torch.int64).reshape(1).view(torch.int32))
    return columns


def _layers(held: Sequence[Held], numbers: NDArray[np.int32]) -> Iterator[Layer]:
    bins, statistics, rest = np.split(numbers, [BINS * len(held), (BINS + 8) * len(held)])
    table = statistics.reshape(8, len(held))

    def taken(count: int) -> NDArray[np.int32]:
        nonlocal rest
        part, rest = rest[:count], rest[count:]
        return part

    for row, each in enumerate(held):
        sketch = _sketch(bins[BINS * row : BINS * (row + 1)], table[:, row])
        if each.zeros:
            sketch.merge(zeros_sketch(each.zeros, sketch.pivot))
        layer = Layer(sketch, each.numel)
        if each.alive is not None:
            layer.alive = taken(len(each.alive)) > 0
        if each.saturated is not None:
            layer.saturated = int(taken(1)[0])
        if each.size is not None:
            layer.size = int(taken(2).copy().view(np.int64)[0])
        yield layer


def _counted(values: Tensor, counts: Sequence[int]) -> list[Tensor]:
    """Bins of each row and its four counts and four statistics, as int32 whatever they are."""
    device, rows = values.device, len(counts)
    # Nothing waits for the device, as it is told how many there will be and gets the lengths when it comes to them.
    lengths = torch.tensor(counts).to(device, non_blocking=True)
    row = torch.repeat_interleave(torch.arange(rows, device=device), lengths, output_size=len(values))
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
