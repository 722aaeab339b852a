"""What the rows of a picture are laid out by: their step, an epoch, or a time, as js/src/horizontal.ts has it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviz.picture.axes import Floats, step_ends, step_format, ticks, whole_ticks
from nbviz.picture.epochs import Epochs, epoch_series
from nbviz.picture.logarithms import log_ticks
from nbviz.picture.numbers import Format, log_text, significant
from nbviz.picture.rows import Column, row_at, shown_rows
from nbviz.picture.times import clock_text, elapsed_text, time_step, time_ticks
from nbviz.picture.words import width_of
from nbviz.run import Run

Ends = tuple[float, float]
WORDS = {"step": "", "epoch": "by epoch", "relative": "by time since the start", "wall": "by time of day"}


class Horizontal:
    """Takes rows to where they stand, and has the axis that they stand on.

    Parameters
    ----------
    runs : sequence of Run
        Those that are shown.
    knobs : mapping of str to any
        ``x``, ``logx`` and ``zoom`` of the view.
    """

    def __init__(self, runs: Sequence[Run] = (), knobs: Mapping[str, Any] = {}) -> None:
        asked = knobs.get("x") or "step"
        known = asked in WORDS and (asked != "epoch" or any(epoch_series(run) is not None for run in runs))
        self.axis = asked if known else "step"
        self.log = bool(knobs.get("logx")) and asked != "wall"
        self.zoom: Ends | None = knobs.get("zoom")
        self._epochs: dict[Run, Epochs | None] = {}

    def places(self, run: Run, steps: Column, walls: Floats) -> Column:
        """Where rows of a run stand; NaN for those without an epoch or a time."""
        if self.axis == "wall":
            return walls
        if self.axis == "relative":
            return walls - _begin(run)
        if self.axis == "step":
            return steps
        if run not in self._epochs:
            series = epoch_series(run)
            self._epochs[run] = None if series is None else Epochs(series)
        epochs = self._epochs[run]
        return np.full(len(steps), np.nan) if epochs is None else epochs.at(steps)

    def known(self, x: Column | np.number[Any]) -> Any:
        """Which of these places the axis can show."""
        return x > 0 if self.log else np.isfinite(x)

    def ends(self, lines: Sequence[tuple[Column, Column]], steps: Ends) -> Ends:
        """The ends of the axis, of lines by their steps and places, where ``steps`` are the ends of all steps."""
        if self.axis == "step" and not self.log:
            return self.zoom or steps
        whole = _span([x[self.known(x)] for _, x in lines]) or (1.0, 1.0)
        low, high = self._zoomed(lines, whole) or (whole if self.log else step_ends(*whole))
        return (low, high) if high > low else (low, 10 * low if self.log else low + 1)

    def _zoomed(self, lines: Sequence[tuple[Column, Column]], whole: Ends) -> Ends | None:
        if self.zoom is None:
            return None
        low, high = self.zoom
        inside = [x[self.known(x) & (steps >= low) & (steps <= high)] for steps, x in lines]
        span = self.zoom if self.axis == "step" else _span(inside)
        found = span and (max(span[0], whole[0]), span[1])
        return found if found and found[0] < found[1] else None

    def place(self, lines: Sequence[tuple[NDArray[np.int64], Column]], step: int) -> float:
        """Where a step stands: that of the row nearest to it, where rows are not laid out by steps; NaN for nowhere."""
        if self.axis == "step":
            return math.nan if self.log and step <= 0 else float(step)
        place, distance = math.nan, math.inf
        for steps, x in lines:
            row = row_at(steps, step)
            for each in (0,) if row is None else (row, row + 1):
                if each < len(steps) and self.known(x[each]) and abs(int(steps[each]) - step) < distance:
                    place, distance = float(x[each]), abs(int(steps[each]) - step)
        return place

    def ticks(self, ends: Ends, room: float) -> tuple[list[float], Format]:
        """Values at which the axis is labelled, and how, in so many pixels."""
        widest = width_of(self._text(ends, 8)(ends[1]), 11.5)
        count = min(8, max(3 if room > 3 * (widest + 16) else 1, int(room / max(88, widest + 48))))
        return self.ticks_of(ends, count)

    def ticks_of(self, ends: Ends, count: int) -> tuple[list[float], Format]:
        """About so many of them."""
        if self.log:
            found = log_ticks(ends, count)
        elif self.axis == "step":
            found = whole_ticks(ends, count)
        elif self.axis == "epoch":
            found = ticks(*ends, count)
        else:
            found = time_ticks(ends, count, self.axis == "wall")
        return found, self._text(ends, count)

    def _text(self, ends: Ends, count: int) -> Format:
        if self.log:
            elapsed: Format = lambda value: elapsed_text(value, min(1.0, value), value)  # noqa: E731
            return elapsed if self.axis == "relative" else log_text
        if self.axis in ("step", "epoch"):
            return step_format(ends) if self.axis == "step" else significant
        apart = time_step(ends, count)
        if self.axis == "wall":
            return lambda value: clock_text(value, apart)
        return lambda value: elapsed_text(value, apart, ends[1])

    def unseen(self, x: Column) -> tuple[int, str]:
        """How many rows the axis cannot show, and why."""
        unit = {"epoch": "epoch", "step": "step"}.get(self.axis, "time")
        why = ("at the start" if self.axis == "relative" else f"at {self.axis} ≤ 0") if self.log else f"without {unit}"
        return int(len(x) - np.count_nonzero(self.known(x))), why


def _begin(run: Run) -> float:
    """When the first row of a run was logged."""
    series = [(run[tag], shown_rows(run[tag], superseded=False)) for tag in run.tags("scalar")]
    return min((float(each.wall_times[rows[0]]) for each, rows in series if len(rows)), default=math.inf)


def _span(columns: Sequence[Column]) -> Ends | None:
    filled = [column for column in columns if len(column)]
    return (float(min(each.min() for each in filled)), float(max(each.max() for each in filled))) if filled else None
