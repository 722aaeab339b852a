"""What the tests of watch() share: a run that keeps the sketches it is given, and loops that train."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from nbviz.formats.sketch import Sketch
from nbviz.iterations import Iteration
from nbviz.run import Run
from nbviz.stage import At


class Kept(Run):
    """A run that keeps sketches as they were logged, with their steps, instead of showing them."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 1.0)
        self.sketches: dict[str, list[tuple[At, Sketch]]] = defaultdict(list)

    def log_sketch(self, tag: str, sketch: Sketch, step: At = None) -> None:
        self.sketches[tag].append((step, sketch))

    def steps(self, tag: str) -> list[int | None]:
        self.commit()
        return [step.step if isinstance(step, Iteration) else step for step, _ in self.sketches[tag]]

    def last(self, tag: str) -> Sketch:
        return self.sketches[tag][-1][1]

    def values(self, tag: str) -> list[float]:
        return [round(value, 6) for value in self[tag].values.tolist()]


def same_counts(sketch: Sketch, values: Any, pivot: float = 0.0) -> bool:
    """Whether a sketch counts exactly these values."""
    array = values.detach().float().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
    wanted = Sketch.of(array, pivot=pivot)
    exact = ("zeros", "nans", "positive_infinities", "negative_infinities", "count")
    return bool((sketch.bins == wanted.bins).all()) and all(
        getattr(sketch, name) == getattr(wanted, name) for name in exact
    ) and ends(sketch) == ends(wanted)  # fmt: skip


def ends(sketch: Sketch) -> tuple[str, str]:
    """The extremes, as text: NaN is like NaN."""
    return repr(float(sketch.minimum)), repr(float(sketch.maximum))


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))


def train(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    run: Run,
    steps: int = 1,
    batch: Callable[[], torch.Tensor] = lambda: torch.ones(4, 3),
) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(batch()).square().mean()
        loss.backward()
        optimizer.step()
        run.log(loss=float(loss.detach()))
