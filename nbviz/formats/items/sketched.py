"""Histograms held as the bytes of their sketches, which take half a kilobyte, and decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.items.histogram import Histogram
from nbviz.formats.sketch import Sketch
from nbviz.formats.statistics import Statistics

Floats = NDArray[np.float64]


class Sketched(NamedTuple):
    """One capture, or the sum of several, of which the last was at ``step``.

    ``data`` is what `Sketch.to_bytes` made.
    """

    step: int
    wall_time: float
    data: bytes
    captures: int = 1
    first_step: int | None = None

    @property
    def first(self) -> int:
        """The step of the first capture."""
        return self.step if self.first_step is None else self.first_step

    def histogram(self) -> Histogram:
        drawn = Sketch.from_bytes(self.data).histogram(self.step, self.wall_time)
        if self.captures == 1:
            return drawn
        return replace(drawn, captures=self.captures, first_step=self.first_step)

    def drawn(self, counts: Floats, edges: Floats, statistics: Statistics) -> Histogram:
        """The capture in bins that were made of it."""
        about = statistics.nonfinite, statistics.zeros, None, self.captures, self.first_step, statistics.extremes
        return Histogram(self.step, self.wall_time, counts, edges, *about)


class SketchedItems(Sequence[Histogram]):
    """Captures of one tag, in the order they were logged."""

    def __init__(self, captures: list[Sketched]) -> None:
        self.captures = captures

    def __len__(self) -> int:
        return len(self.captures)

    @overload
    def __getitem__(self, index: int) -> Histogram: ...
    @overload
    def __getitem__(self, index: slice) -> list[Histogram]: ...
    def __getitem__(self, index: int | slice) -> Histogram | list[Histogram]:
        if isinstance(index, slice):
            return [capture.histogram() for capture in self.captures[index]]
        return self.captures[index].histogram()

    def join(self, row: int, others: Sequence[Any]) -> bool:
        """Take others in from ``row`` on, so that a series has them in one place; False if they are none."""
        if not isinstance(others, SketchedItems):
            return False
        self.captures[row:] = others.captures
        return True
