"""From tensors to the run: every device's sketcher, and what they have ready, capture by capture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nbviz.arrival import Arrival, capturing
from nbviz.capture.fallback import FallingBack, sketcher_for
from nbviz.capture.layer import Capture, Change, Key, Layer
from nbviz.capture.overhead import Meter
from nbviz.capture.ranks import Ranks, world
from nbviz.capture.sketchers import Sketcher, Wanted
from nbviz.capture.writer import Writer


class Collector:
    """Has tensors counted and writes captures that are whole.

    Attributes
    ----------
    pivots : dict of Key to float
        Of the weights counted so far.
    with_zeros : set of Key
        Outputs that had zeros, and so perhaps units that are dead: of a sample nobody could tell.
    ranks : Ranks or None
        The processes of a distributed training.
    """

    def __init__(self, writer: Writer) -> None:
        self.pivots: dict[Key, float] = {}
        self.with_zeros: set[Key] = set()
        self.ranks: Ranks | None = None
        self._writer = writer
        self._sketchers: dict[torch.device, Sketcher] = {}
        self._open: list[Capture] = []
        self._moves: list[tuple[Capture, list[str], Arrival]] = []

    def meet(self) -> None:
        """Join the other processes, where there are some by now."""
        if self.ranks is None and world() > 1:
            self.ranks = Ranks()

    @property
    def copies(self) -> bool:
        """Whether another process captures what this one has whole, too."""
        return self.ranks is not None and self.ranks.copies

    def agree(self, meter: Meter, number: int) -> None:
        """All processes capture the same steps: where the interval is measured, the first of them says it."""
        if self.ranks is not None and meter.auto:
            self.ranks.agree(meter, number)

    def start(self, capture: Capture, wanted: Sequence[Wanted]) -> None:
        """Have tensors counted; their keys are those of the capture's layers."""
        by_device: dict[torch.device, list[Wanted]] = {}
        for each in wanted:
            capture.awaited[each.key] = capture.awaited.get(each.key, 0) + 1
            by_device.setdefault(each.tensor.device, []).append(each._replace(key=(capture, each.key)))
        for device, same in by_device.items():
            self._sketcher(device).start(same)

    def _sketcher(self, device: torch.device) -> Sketcher:
        # A parameter that is not initialised, or on no device, tells so when it is read.
        device = torch.device("cpu") if device.type == "meta" else device
        if device not in self._sketchers:
            self._sketchers[device] = sketcher_for(device)
        return self._sketchers[device]

    def finish(self, capture: Capture | None, every: int, wait: bool = False) -> None:
        """A capture gets no more tensors; with ``wait`` everything is written before this returns."""
        if capture is not None:
            self._open.append(capture)
        for device, sketcher in self._sketchers.items():
            for (whose, key), found in sketcher.collect(wait):
                self._take(whose, key, found)
            if isinstance(sketcher, FallingBack) and (limits := sketcher.limits(device)):
                self._writer.notice(limits, ("device", device))
        self._measure(wait)
        while self._open and (wait or self._open[0].whole):
            self._write(self._open.pop(0), every)
        if self.ranks is not None:
            for whole in self.ranks.collect(wait):
                self._writer.write(whole, every)
            for rank in sorted(self.ranks.late):
                self._writer.notice(f"Process {rank} has sent no part of a capture, which is shown without it.")
            if self.ranks.unseen > 1:
                self._writer.notice(
                    "What this process captures is shown nowhere: process 0 shows the captures of all, and watches "
                    "no model."
                )
        self._writer.report_missing()

    def moved(self, capture: Capture, names: list[str], squares: Tensor) -> None:
        """How far weights of a capture were moved: sums of squares of the moves, and then of the weights."""
        if capturing():
            return  # to copy them would become a part of the graph
        capture.measured += 1
        self._moves.append((capture, names, Arrival(squares)))

    def _measure(self, wait: bool) -> None:
        if capturing():
            return
        waiting = []
        for capture, names, arrival in self._moves:
            if not (wait or arrival.ready()):
                waiting.append((capture, names, arrival))
                continue
            moves, weights = arrival.array().reshape(2, -1).tolist()
            for name, change in zip(names, map(Change, moves, weights), strict=True):
                capture.add_change(name, change)
            capture.measured -= 1
        self._moves = waiting

    def _take(self, capture: Capture, key: Key, found: Layer | str) -> None:
        left = capture.awaited.pop(key) - 1
        if left:
            capture.awaited[key] = left
        if isinstance(found, str):
            self._writer.miss(key, found)
            return
        self._writer.have(key)
        capture.add(key, found)
        if key.what == "weights" and not found.sketch.zeros:
            # A device that works on its own is told of the pivot the next time only.
            self.pivots.setdefault(key, found.sketch.near_mean())
        if key.what == "activations" and found.sketch.zeros:
            self.with_zeros.add(key)

    def _write(self, capture: Capture, every: int) -> None:
        if self.ranks is not None:
            self.ranks.give(capture)
        elif capture.layers:
            self._writer.write(capture, every)
