"""Variables of Keras on torch: parameters, whose gradients stay with them until the next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from nbviz.capture.collector import Collector
from nbviz.capture.layer import Capture, Key
from nbviz.capture.overhead import Meter
from nbviz.capture.parameters import Moves, wanted_of
from nbviz.capture.sketchers import Wanted
from nbviz.capture.stages import part_of
from nbviz.capture.variables import Variable
from nbviz.capture.writer import Writer


class TensorReader:
    """Reads torch parameters as `nbviz.watch` does."""

    has_gradients = True

    def __init__(self, writer: Writer, what: Sequence[str]) -> None:
        self._writer, self._what = writer, what
        self._collector, self._moves = Collector(writer), Moves()
        self._variables: Sequence[Variable] = ()
        self._optimizer: Any = None
        self._scale: Tensor | None = None
        self._made = 0

    def settle(self, variables: Sequence[Variable]) -> None:
        """torch tells its devices what to do later."""

    @torch.no_grad()
    def before(self, capture: Capture, variables: Sequence[Variable], optimizer: Any) -> None:
        self._collector.meet()
        if self._collector.ranks is not None:
            self._collector.ranks.have(part_of([], variables))
        self._variables = variables
        self._optimizer = optimizer
        if "gradients" in self._what:
            # After the step it may be another one already.
            self._scale = scale_of(optimizer)
            self._made = self._steps()
        if "weights" in self._what:
            self._read(capture, "weights")
            self._moves.before(variables, self._collector.copies)

    @torch.no_grad()
    def after(self, capture: Capture) -> None:
        # At a scale that proves too large the optimizer makes no step: such gradients are never used.
        if "gradients" in self._what and (self._scale is None or self._steps() > self._made):
            self._read(capture, "gradients")
        for names, squares in self._moves.after():
            self._collector.moved(capture, names, squares)

    @torch.no_grad()
    def run(self, model: Callable[[], Any]) -> None:
        model()

    @torch.no_grad()
    def output(
        self, capture: Capture, key: Key, output: Any, units: int | None, ends: tuple[float, float] | None
    ) -> None:
        self._collector.start(capture, [Wanted(key, output, units=units, ends=ends)])

    def _steps(self) -> int:
        """How many steps the optimizer has made, where that can tell anything: the device is waited for."""
        return 0 if self._scale is None else int(self._optimizer.iterations.value)

    def _read(self, capture: Capture, what: str) -> None:
        collector = self._collector
        wanted = wanted_of(self._variables, [what], collector.pivots, self._scale, collector.copies, self._writer.miss)
        collector.start(capture, list(wanted))

    def finish(self, capture: Capture | None, every: int, wait: bool) -> None:
        self._collector.finish(capture, every, wait)

    def agree(self, meter: Meter, number: int) -> None:
        self._collector.agree(meter, number)


def scale_of(optimizer: Any) -> Tensor | None:
    """What the optimizer multiplies the loss by, to be taken off the gradients again."""
    if optimizer is None:
        return None
    one = torch.ones(())
    scaled = optimizer.scale_loss(one)
    return None if scaled is one else torch.as_tensor(scaled).detach().clone()
