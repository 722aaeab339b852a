"""Variables of Keras: their names, and how those whose values are arrays are read before and after a step."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nbviz.capture.arrays import change_of, count, is_jax, sample_of
from nbviz.capture.choice import Chosen
from nbviz.capture.layer import Capture, Key
from nbviz.capture.overhead import Meter
from nbviz.capture.processes import Meeting, first_says, is_shared, meeting, owners_of
from nbviz.capture.samples import UnreadableError
from nbviz.capture.writer import Writer

_readers = itertools.count()


class Variable(NamedTuple):
    """A variable of Keras, by its path."""

    name: str
    variable: Any
    counted: bool | None = None

    def parameter(self) -> Any:
        """What the backend keeps its values in, now."""
        return self.variable.value


def variables_of(model: Any, chosen: Chosen) -> list[Variable]:
    """The weights of a model, trainable or not; of several with one path each but the first has a number."""
    seen: Counter[str] = Counter()
    found = []
    for variable in model.weights:
        path = str(getattr(variable, "path", None) or variable.name)
        seen[path] += 1
        name = path if seen[path] == 1 else f"{path} ({seen[path]})"
        if chosen(name):
            found.append(Variable(name, variable))
    return found


class Reader(Protocol):
    """Reads variables around a step of training, as the backend has them."""

    has_gradients: bool

    def settle(self, variables: Sequence[Variable]) -> None:
        """Wait for what the device computes anyway, where reading would: this is no cost of capturing."""

    def before(self, capture: Capture, variables: Sequence[Variable], optimizer: Any) -> None:
        """The step comes."""

    def run(self, model: Callable[[], Any]) -> None:
        """Run the model once for its outputs alone."""

    def output(
        self, capture: Capture, key: Key, output: Any, units: int | None, ends: tuple[float, float] | None
    ) -> None:
        """A layer gave an output, whose units lie along one dimension and which is saturated near the ends."""

    def after(self, capture: Capture) -> None:
        """It was made."""

    def finish(self, capture: Capture | None, every: int, wait: bool) -> None:
        """Log what is whole; with ``wait`` everything."""

    def agree(self, meter: Meter, number: int) -> None:
        """All processes capture the same steps."""


class ArrayReader:
    """Reads JAX and numpy arrays, and what else numpy reads."""

    has_gradients = False

    def __init__(self, writer: Writer, what: Sequence[str]) -> None:
        self._writer, self._what = writer, what
        self._pivots: dict[Key, float] = {}
        self._samples: list[tuple[Variable, NDArray[np.float64]]] = []
        self._together: Meeting | None = None
        self._reader = next(_readers)

    def settle(self, variables: Sequence[Variable]) -> None:
        if (jax := sys.modules.get("jax")) is not None:
            jax.block_until_ready([each.parameter() for each in variables])

    def before(self, capture: Capture, variables: Sequence[Variable], optimizer: Any) -> None:
        self._samples.clear()
        if "weights" not in self._what:
            return
        tagged = [(f"weights/{each.name}", each.parameter()) for each in variables]
        together = self._together = meeting(tagged, capture.number)
        for each in variables:
            if together is not None and not together.counts(each.parameter()):
                continue
            count(capture, Key("weights", each.name), each.parameter(), self._pivots, self._writer)
            if each.variable.trainable and Key("weights", each.name) in capture.layers:
                self._samples.append((each, sample_of(each.parameter())))

    def run(self, model: Callable[[], Any]) -> None:
        model()

    def output(
        self, capture: Capture, key: Key, output: Any, units: int | None, ends: tuple[float, float] | None
    ) -> None:
        array = output if is_jax(output) else np.asarray(output)
        if is_shared(array) and owners_of(array) != {0}:
            self._writer.miss(key, "is in several processes")
            return
        count(capture, key, array, self._pivots, self._writer, units, ends)

    def after(self, capture: Capture) -> None:
        samples, self._samples = self._samples, []
        for each, before in samples:
            try:
                after = sample_of(each.parameter())
            except UnreadableError:
                continue
            if after.shape == before.shape:
                capture.changes[each.name] = change_of(before, after)

    def finish(self, capture: Capture | None, every: int, wait: bool) -> None:
        if capture is not None:
            shown = self._together is None or self._together.bring(capture, self._writer.notice)
            if shown and capture.layers:
                self._writer.write(capture, every)
        self._writer.report_missing()

    def agree(self, meter: Meter, number: int) -> None:
        if self._together is not None and meter.auto and meter.captured == number:
            every = first_says(f"every/{self._reader}/{number}", meter.every)
            meter.follow(number + every, every)
