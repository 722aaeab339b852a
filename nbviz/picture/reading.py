"""How the charts of a picture are read: zoom, limits, logarithmic axes, outliers, marks, and runs drawn as groups.

js/src/vertical.ts and js/src/projection.ts choose axes by the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbviz.picture.axes import Floats, ticks, value_ends, value_ticks
from nbviz.picture.groups import Spread
from nbviz.picture.lines import Chart, Line
from nbviz.picture.numbers import Format, magnitude_text
from nbviz.run import Run

OUTLYING = 0.05
NICE = (1, 2, 5, 10)
ROUND = ((1, 2, 5), (1, 3), (1,))
"""What of a decade is a round number, from many to few."""


class ValueAxis(NamedTuple):
    """A value axis, its ends in values."""

    ends: tuple[float, float]
    percent: bool
    log: bool = False

    def ticks(self, count: int) -> tuple[list[float], Format]:
        if not self.log:
            return value_ticks(self.ends, count, self.percent)
        text: Format = lambda value: f"{magnitude_text(100 * value)}\u00a0%" if self.percent else magnitude_text(value)  # noqa: E731
        return log_ticks(self.ends, count), text


class Reading(NamedTuple):
    zoom: tuple[float, float] | None
    limits: Mapping[str, tuple[float, float]]
    logx: bool
    logy: Collection[str]
    outliers: bool
    marks: Sequence[tuple[int, str]]
    spreads: Mapping[tuple[str, str], Spread]

    @classmethod
    def of(cls, knobs: Mapping[str, Any], runs: Sequence[Run], spreads: Mapping[tuple[str, str], Spread]) -> Reading:
        marks = {(mark.step, mark.note) for run in runs for mark in run.marks}
        known = {name: knobs.get(name) for name in ("zoom", "limits", "logx", "logy")}
        log = bool(known["logx"]) and knobs.get("x", "step") == "step"
        wide = knobs.get("outliers", True) is not False
        return cls(known["zoom"], known["limits"] or {}, log, known["logy"] or (), wide, sorted(marks), spreads)

    def spread(self, line: Line) -> Spread | None:
        return self.spreads.get((line.run, line.tag))

    def steps(self, all_steps: tuple[float, float]) -> tuple[float, float]:
        """The ends of the step axis."""
        low, high = self.zoom or all_steps
        return (max(1.0, low), max(2.0, high)) if self.logx else (low, high)

    def fits(self, chart: Chart) -> bool:
        """Whether everything of a chart lies within its axes."""
        return self.zoom is None and self.outliers and chart.title not in self.limits

    def axis(self, chart: Chart, right: bool = False) -> ValueAxis:
        """The value axis on one side of a chart: by hand, or for what is visible."""
        lines = [line for line in chart.lines if line.right is right]
        percent = chart.right_percent if right else chart.percent
        log = chart.title in self.logy and not right
        values = np.concatenate([*(self._visible(line) for line in lines), np.empty(0)])
        values = values[values > 0] if log else values
        low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 0.0)
        if not self.outliers and len(values) > 2:
            low, high = (float(each) for each in np.quantile(values, [OUTLYING, 1 - OUTLYING]))
        given = None if right else self.limits.get(chart.title)
        if given and not log:
            return ValueAxis((float(given[0]), float(given[1])), percent)
        if not log:
            return ValueAxis(value_ends(low, high, percent), percent)
        if given and given[1] > 0:
            return ValueAxis((given[0] if given[0] > 0 else min(low, given[1] / 10), given[1]), percent, log)
        return ValueAxis(log_ends(low, high), percent, log)

    def unseen(self, chart: Chart, axis: ValueAxis) -> str:
        """In words what of a chart its axes cannot show, as it must not be missing unsaid."""
        lines = [line for line in chart.lines if not line.right]
        values = np.concatenate([*(self._visible(line) for line in lines), np.empty(0)])
        said = []
        if axis.log and (values <= 0).any():
            said.append("values ≤ 0 cannot be shown")
        if self.logx and any((line.steps <= 0).any() for line in lines):
            said.append("steps ≤ 0 cannot be shown")
        if ((values > axis.ends[1]) | ((values < axis.ends[0]) & ((values > 0) | (not axis.log)))).any():
            said.append("some points lie outside")
        return ", ".join(said)

    def _visible(self, line: Line) -> Floats:
        spread = self.spread(line)
        columns = [(line.steps, line.values), (line.past_steps, line.past)]
        if spread:
            columns += [(steps, values) for steps, values in spread.outlines]
        low, high = self.zoom or (-math.inf, math.inf)
        found = [values[(steps >= low) & (steps <= high) & np.isfinite(values)] for steps, values in columns]
        return np.concatenate(found)


def log_ends(low: float, high: float) -> tuple[float, float]:
    """Round ends of positive values, never one and the same."""
    if not (low > 0 and high >= low):
        return 0.1, 1.0
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high))
    start = next((each for each in reversed(NICE) if each * 10.0**first <= low * (1 + 1e-9)), 1)
    end = next((each for each in NICE if each * 10.0**last >= high * (1 - 1e-9)), 10)
    ends = start * 10.0**first, end * 10.0**last
    return ends if ends[1] > ends[0] else (ends[0] / 2, ends[1] * 2)


def log_ticks(ends: tuple[float, float], count: int) -> list[float]:
    """Round values between the ends, about ``count`` of them."""
    low, high = (math.log10(end) for end in ends)
    decades = range(math.floor(low + 1e-9), math.floor(high + 1e-9) + 1)
    for each in ROUND if len(decades) - 1 < 2 * count else ():
        found = [float(f"{part}e{decade}") for decade in decades for part in each]
        found = [value for value in found if low - 1e-9 <= math.log10(value) <= high + 1e-9]
        if len(found) <= count + 2:
            return found if len(found) > 2 else [value for value in ticks(*ends, max(2, count)) if value > 0]
    powers = [power for power in ticks(decades[0], decades[-1], max(1, count)) if float(power).is_integer()]
    return [10.0**power for power in powers if low - 1e-9 <= power <= high + 1e-9]
