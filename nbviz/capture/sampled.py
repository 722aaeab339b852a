"""A sample of every tensor, counted by torch alone: on any device that has no kernel of ours."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nbviz.arrival import Arrival, capturing
from nbviz.capture.layer import Layer
from nbviz.capture.samples import SAMPLES
from nbviz.capture.sketchers import Counted, Wanted, alive, attempted, saturated, zeros_sketch
from nbviz.capture.tensors import local, values_of
from nbviz.formats.sketch import Sketch
from nbviz.formats.statistics import Statistics

BINS = 4096
CAPTURED = "is computed in a CUDA graph, which no hook sees"


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
