"""Every value of tensors on a CUDA device, counted there by one kernel and brought here when it has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from nbviz.arrival import Arrival
from nbviz.capture.cuda.device import Device
from nbviz.capture.cuda.table import (
    ADJUSTED,
    ENTRY,
    LOOKED_AT,
    PLAIN,
    ROW_WORDS,
    UNITS,
    alive_of,
    saturated_of,
    sketches_of,
    words_of,
)
from nbviz.capture.layer import Layer
from nbviz.capture.sampled import CAPTURED
from nbviz.capture.samples import COUNTED, SAMPLES, UnreadableError
from nbviz.capture.sketchers import Counted, Wanted, attempted
from nbviz.capture.tensors import in_order, local, values_of
from nbviz.formats.sketch import Sketch

KINDS = {torch.float32: 0, torch.bfloat16: 1, torch.float16: 2, torch.float64: 3}
"""What the kernel reads as it is; samples of anything else are made floats."""
PLAIN_TYPES = (Tensor, torch.nn.Parameter)
EVERY = 9
"""Of large outputs one tile in nine is read: an odd number, as the lengths of rows are mostly even."""
LARGE = 1 << 20
"""Bytes of an output that is large."""
SIZE_WORDS = 2
"""In which the size of a tensor lies that only the device knows."""
ROOM = 64 * ROW_WORDS
"""Words of the least memory that is taken."""


class Row(NamedTuple):
    """Where what is found of a tensor lies, and what it is.

    Attributes
    ----------
    key
    at : int
        The first word.
    pivot : float
    size : int or None
        How many values the tensor has; ``None`` where that lies behind what was found.
    units : int
        That were looked at, 0 where none were.
    others : int
        Units that are alive unless there are zeros: of those nobody looked which.
    ends : bool
        Whether the values have ends.
    """

    key: Any
    at: int
    pivot: float
    size: int | None
    units: int
    others: int
    ends: bool


Reading = tuple[tuple[Any, ...], tuple[Any, ...], tuple[Tensor, ...]]
"""How to read a tensor: its row behind ``at``, its entry in the table, and what must live until the kernel is told."""


class Slab:
    """Memory of the device for what is found, and what it is for."""

    def __init__(self, words: Tensor, stream: Any) -> None:
        self.words, self.stream = words, stream
        self.used = 0
        self.rows: list[tuple[int, list[Row]]] = []
        """Those that one launch fills, and where they begin."""

    def take(self, words: int) -> int:
        at, self.used = self.used, self.used + words
        return at


class CudaSketcher:
    """Counts on the device, in the order in which it works.

    The kernel is told at once to read a tensor, on the stream that goes on to use it: whatever changes the tensor comes
    later, and whoever frees it does so no sooner than the training itself could bear. What it finds is copied when it
    is next asked for, on a stream of its own.

    Raises
    ------
    RuntimeError
        By `collect`, if the device does not count what it should.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._open: list[Slab] = []
        self._sent: deque[tuple[list[tuple[int, list[Row]]], Arrival]] = deque()
        self._failed: list[Counted] = []
        self._room = ROOM
        self._checked: Tensor | None = None

    def start(self, wanted: Sequence[Wanted]) -> None:
        if self._device.capturing():
            self._failed += [(each.key, CAPTURED) for each in wanted]
            return
        with self._device.current():
            if self._checked is None:
                self._check()
            self._start(wanted)

    def _check(self) -> None:
        """Have what is known counted before anything else."""
        self._checked = self._device.upload(known())
        self._start([Wanted(self, self._checked, pivot=PIVOT, units=0, ends=(-1.0, 1.0))])

    def _start(self, wanted: Sequence[Wanted]) -> None:
        rows, entries, keeps, sizes = [], [], [], []
        words = 0
        for each in wanted:
            reading = attempted(each, reading_of)
            if reading.__class__ is str:
                self._failed.append((each.key, reading))
                continue
            what, entry, kept = reading
            rows.append(Row(each.key, words, *what))
            entries.append(entry)
            keeps.append(kept)
            words += words_of(rows[-1].units)
            if each.size is not None:
                sizes.append((words, each.size))
                words += SIZE_WORDS
        if not rows:
            return
        slab = self._slab(words)
        begin = slab.take(words)
        for at, size in sizes:
            slab.words[begin + at : begin + at + SIZE_WORDS].view(torch.int64).copy_(size)
        table = np.array(entries, ENTRY)
        table["row"] = slab.words.data_ptr() + 4 * (begin + np.array([row.at for row in rows]))
        self._device.launch(table)
        slab.rows.append((begin, rows))

    def _slab(self, words: int) -> Slab:
        stream = self._device.stream()
        for slab in self._open:
            if slab.stream == stream and slab.used + words <= len(slab.words):
                return slab
        # As much as last time is likely to be needed again: one copy brings it all.
        slab = Slab(self._device.zeros(max(words, self._room)), stream)
        self._open.append(slab)
        return slab

    def collect(self, wait: bool = False) -> list[Counted]:
        if self._device.capturing():
            return []
        if self._open:
            opened, self._open = self._open, []
            self._room = max(ROOM, sum(slab.used for slab in opened))
            with self._device.current():
                for slab in opened:
                    self._sent.append((slab.rows, self._device.send(slab.words[: slab.used], slab.stream)))
        ready, self._failed = self._failed, []
        while self._sent and (wait or self._sent[0][1].ready()):
            launches, arrival = self._sent.popleft()
            words = arrival.array().view(np.uint32)
            for begin, rows in launches:
                ready += self._counted(rows, words[begin:])
        return ready

    def _counted(self, rows: Sequence[Row], words: Any) -> list[Counted]:
        sketches = sketches_of(words, [row.at for row in rows], [row.pivot for row in rows])
        found: list[Counted] = []
        for row, sketch in zip(rows, sketches, strict=True):
            layer = layer_of(row, sketch, words)
            if row.key is not self:
                found.append((row.key, layer))
            elif not is_known(layer):
                raise RuntimeError("its kernel miscounts")
        return found


def layer_of(row: Row, sketch: Sketch, words: Any) -> Layer:
    behind = row.at + words_of(row.units)
    size = int(words[behind : behind + SIZE_WORDS].view(np.int64)[0]) if row.size is None else row.size
    layer = Layer(sketch, size, saturated=saturated_of(words, row.at) if row.ends else None)
    if row.units:
        layer.alive = alive_of(words, row.at, row.units)
    elif row.others and not sketch.zeros:
        layer.alive = np.ones(row.others, bool)
    return layer


def reading_of(wanted: Wanted) -> Reading:
    """How to read a tensor.

    Raises
    ------
    UnreadableError
        If there is nothing to read, or not without waiting for the device.
    """
    tensor = wanted.tensor
    if tensor.__class__ not in PLAIN_TYPES:
        tensor = local(tensor)
    kind = KINDS.get(tensor.dtype)
    if kind is not None and tensor.is_contiguous() and tensor.numel() and not tensor.is_neg():
        values, whole = tensor, True
    else:
        values, whole = _values(tensor)
        kind = KINDS[values.dtype]
    address, size = values.data_ptr(), values.numel()
    if not address or address % values.itemsize:
        raise UnreadableError("keeps its values where they cannot be read")
    step = max(EVERY if wanted.sampled and size * values.itemsize >= LARGE else 1, size >> 31 | 1)
    whole = whole and step == 1
    units, inner = _units(tensor, wanted.units, whole)
    pivot, scale = wanted.pivot or 0.0, 0
    keeps: tuple[Tensor, ...] = (values,)
    if wanted.scale is not None:
        keeps += (wanted.scale.detach().to(values.device, torch.float32, non_blocking=True),)
        scale = keeps[-1].data_ptr()
    low, high = wanted.ends or (np.nan, np.nan)
    mode = LOOKED_AT if units or wanted.ends else ADJUSTED if pivot or scale or kind == 3 else PLAIN
    others = 0 if units or wanted.units is None else tensor.size(wanted.units)
    known_size = None if wanted.size is not None else tensor.numel()
    what = (pivot, known_size, units, others, wanted.ends is not None)
    return what, (address, size, 0, 0, scale, kind, mode, step, inner, units, pivot, low, high), keeps


def _values(tensor: Tensor) -> tuple[Tensor, bool]:
    """The values side by side, of a dtype that the kernel reads, and whether they are the tensor's own memory."""
    if tensor.layout == torch.sparse_coo and not tensor.is_coalesced():
        # To sum what is stored twice takes waiting for how much that is; to add it to zeros does not.
        if tensor.numel() > COUNTED:
            raise UnreadableError("is sparse, and too large to be read without waiting for the device")
        tensor = tensor.detach().to_dense()
    if tensor.dtype in KINDS and tensor.layout == torch.strided and tensor.numel() and not tensor.is_neg():
        ordered = in_order(tensor.detach())
        if ordered.is_contiguous():
            return ordered, True
    values, zeros = values_of(tensor, SAMPLES)
    values = values.resolve_neg()
    values = (values if values.dtype in KINDS else values.float()).contiguous()
    return torch.cat([values, values.new_zeros(zeros)]) if zeros else values, False


def _units(tensor: Tensor, dim: int | None, whole: bool) -> tuple[int, int]:
    """How many units to look at, and how many neighbours in memory belong to one."""
    if dim is None or not whole or tensor.numel() >= 1 << 32 or tensor.size(dim) > UNITS:
        return 0, 1
    units = tensor.size(dim)
    return units, tensor.numel() if units == 1 else tensor.stride(dim)


PIVOT = 0.25


def known() -> Tensor:
    """Numbers of every kind, whose sums are exact in any order: they would not be if these were near zero."""
    line = torch.arange(-700, 901, dtype=torch.float32) / 8
    odd = torch.tensor([0.0, -0.0, torch.nan, torch.inf, -torch.inf, -torch.inf, 2.0**-140, -(2.0**-126)])
    return torch.cat([line, odd, torch.zeros(3)])


def is_known(layer: Layer) -> bool:
    """Whether this is what numpy finds of them."""
    values = known().numpy()
    ends = np.count_nonzero((values <= -1) | (values >= 1))
    alive = layer.alive is not None and (layer.alive == (values != 0)).all()
    return bool(layer.sketch == Sketch.of(values, pivot=PIVOT) and layer.saturated == ends and alive)
