"""What is captured of one layer at one step, how parts of it add up, and what is derived from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.sketch import Sketch
from nbviz.iterations import Iteration
from nbviz.layers import Statistic

What = Literal["weights", "gradients", "activations"]


class Key(NamedTuple):
    """Which tensor of a model.

    Attributes
    ----------
    what : {"weights", "gradients", "activations"}
    name : str
        Of the parameter or the module.
    """

    what: What
    name: str

    @property
    def tag(self) -> str:
        return f"{self.what}/{self.name}"


class Change(NamedTuple):
    """How far a step moved weights: sums of squares, over a sample of them, of the moves and of the weights."""

    moved: float
    weights: float

    @property
    def ratio(self) -> float | None:
        return math.sqrt(self.moved / self.weights) if self.weights > 0 else None


@dataclass
class Layer:
    """One tensor, counted.

    Attributes
    ----------
    sketch : Sketch
    size : int
        How many values the tensor has, of which the sketch may count a sample.
    alive : ndarray of bool, shape (units,), or None
        Which units were not zero everywhere; ``None`` where that is not known.
    saturated : int or None
        How many of the values counted lie near an end of their range; ``None`` for layers without such ends.
    """

    sketch: Sketch
    size: int
    alive: NDArray[np.bool_] | None = None
    saturated: int | None = None

    def merge(self, other: Layer) -> None:
        """Add another part of the same tensor: another call of the layer, another batch, another process."""
        self.sketch.merge(other.sketch)
        self.size += other.size
        same = self.alive is not None and other.alive is not None and self.alive.shape == other.alive.shape
        self.alive = self.alive | other.alive if same else None  # type: ignore[operator]
        if self.saturated is not None and other.saturated is not None:
            self.saturated += other.saturated

    @property
    def norm(self) -> float:
        """The Euclidean norm of the finite values, estimated where they are a sample; NaN where there are none."""
        sketch = self.sketch
        return math.sqrt(sketch.squares / sketch.finite * self.size) if sketch.finite else math.nan


@dataclass
class Capture:
    """Everything captured in one step of training.

    Attributes
    ----------
    number : int
        Counts the optimizer's steps, by which the processes of a distributed training agree.
    step : int or Iteration
        Of the run; an iteration whose step it is where only its log() tells.
    layers : dict of Key to Layer
        Activations in the order in which the layers ran, weights and gradients in that of the parameters.
    changes : dict of str to Change
        Of weights, by the parameter's name.
    awaited : dict of Key to int
        What was read, but not counted yet, and how often.
    measured : int
        How many times changes were measured that are not known yet.
    """

    number: int
    step: int | Iteration
    layers: dict[Key, Layer] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    awaited: dict[Key, int] = field(default_factory=dict)
    measured: int = 0

    @property
    def whole(self) -> bool:
        """Whether all that was read is known."""
        return not (self.awaited or self.measured)

    def add(self, key: Key, layer: Layer) -> None:
        """Add a layer, or a part of one that is there."""
        if key in self.layers:
            self.layers[key].merge(layer)
        else:
            self.layers[key] = layer

    def has(self, parameter: str) -> bool:
        """Whether a parameter was read, or its gradient."""
        keys = (Key("weights", parameter), Key("gradients", parameter))
        return any(key in self.layers or key in self.awaited for key in keys)

    def add_change(self, name: str, change: Change) -> None:
        old = self.changes.get(name, Change(0.0, 0.0))
        self.changes[name] = Change(old.moved + change.moved, old.weights + change.weights)


def derived(capture: Capture) -> Iterator[tuple[Statistic, float]]:
    """The scalars that a capture gives."""
    layers = capture.layers
    for (what, name), layer in layers.items():
        sketch = layer.sketch
        yield Statistic(what, "norm", name), layer.norm
        yield Statistic(what, "zeros", name), sketch.zeros / sketch.count
        yield Statistic(what, "nonfinite", name), float(round(sketch.nonfinite * layer.size / sketch.count))
        weights = layers.get(Key("weights", name)) if what == "gradients" else None
        if weights is not None and weights.norm > 0:
            yield Statistic("gradients", "ratio", name), layer.norm / weights.norm
        if layer.alive is not None and len(layer.alive):
            yield Statistic("activations", "dead", name), 1 - float(layer.alive.mean())
        if layer.saturated is not None:
            yield Statistic("activations", "saturated", name), layer.saturated / sketch.count
    for name, change in capture.changes.items():
        if change.ratio is not None:
            yield Statistic("updates", "ratio", name), change.ratio


def first_nonfinite(layers: dict[Key, Layer]) -> Key | None:
    """Where NaN or infinities came up first: the first output with them, else the last gradient, else the first weight.

    Gradients are computed from the last layer to the first.
    """
    found = [key for key, layer in layers.items() if layer.sketch.nonfinite]
    forward, backward = (_of(found, what) for what in ("activations", "gradients"))
    return next(iter([*forward, *reversed(list(backward)), *_of(found, "weights")]), None)


def _of(keys: Iterable[Key], what: str) -> Iterable[Key]:
    return [key for key in keys if key.what == what]
