"""How the charts of a picture are read: limits, logarithmic axes, outliers, marks, and runs drawn as groups.

js/src/vertical.ts chooses axes by the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbviz.picture.axes import Floats, value_ends, value_ticks
from nbviz.picture.groups import Spread
from nbviz.picture.horizontal import Ends, Horizontal
from nbviz.picture.lines import Chart, Curve, Line
from nbviz.picture.logarithms import log_ends, log_ticks
from nbviz.picture.numbers import Format, log_text, step_text
from nbviz.run import Run

OUTLYING = 0.05


class ValueAxis(NamedTuple):
    """A value axis, its ends in values."""

    ends: Ends
    percent: bool
    log: bool = False

    def ticks(self, count: int) -> tuple[list[float], Format]:
        if not self.log:
            return value_ticks(self.ends, count, self.percent)
        return log_ticks(self.ends, count), lambda value: log_text(value, self.percent)


class Reading(NamedTuple):
    horizontal: Horizontal
    limits: Mapping[str, Ends]
    logy: Collection[str]
    outliers: bool
    marks: Sequence[tuple[int, str]]
    spreads: Mapping[tuple[str, str], Spread]

    @classmethod
    def of(
        cls,
        knobs: Mapping[str, Any],
        runs: Sequence[Run],
        spreads: Mapping[tuple[str, str], Spread],
        horizontal: Horizontal,
    ) -> Reading:
        marks = {(mark.step, mark.note) for run in runs for mark in run.marks}
        wide = knobs.get("outliers", True) is not False
        return cls(horizontal, knobs.get("limits") or {}, knobs.get("logy") or (), wide, sorted(marks), spreads)

    def spread(self, line: Line) -> Spread | None:
        return self.spreads.get((line.run, line.tag))

    def ends(self, charts: Sequence[Chart], steps: Ends) -> Ends:
        """The ends of the horizontal axis, where ``steps`` are those of all steps."""
        return self.horizontal.ends([(line.steps, line.whole.x) for chart in charts for line in chart.lines], steps)

    def place(self, chart: Chart, step: int) -> float:
        """Where a step stands in a chart, NaN for nowhere."""
        return self.horizontal.place([(line.steps, line.whole.x) for line in chart.lines], step)

    def fits(self, chart: Chart) -> bool:
        """Whether everything of a chart lies within its axes."""
        return self.horizontal.zoom is None and self.outliers and chart.title not in self.limits

    def axis(self, chart: Chart, ends: Ends, right: bool = False) -> ValueAxis:
        """The value axis on one side of a chart: by hand, or for what is visible between the ends of the other."""
        lines = [line for line in chart.lines if line.right is right]
        percent = chart.right_percent if right else chart.percent
        log = chart.title in self.logy and not right
        values = np.concatenate([*(self._visible(line, ends) for line in lines), np.empty(0)])
        values = values[values > 0] if log else values
        low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 0.0)
        if not self.outliers and len(values) > 2:
            low, high = self._inner(values, log)
        given = None if right else self.limits.get(chart.title)
        if given and not log:
            return ValueAxis((float(given[0]), float(given[1])), percent)
        if not log:
            return ValueAxis(value_ends(low, high, percent), percent)
        if given and given[1] > 0:
            return ValueAxis((given[0] if given[0] > 0 else min(low, given[1] / 10), given[1]), percent, log)
        return ValueAxis(log_ends(low, high), percent, log)

    @staticmethod
    def _inner(values: Floats, log: bool) -> Ends:
        """Between the outliers, which a page finds on the axis as it is drawn."""
        found = np.quantile(np.log10(values) if log else values, [OUTLYING, 1 - OUTLYING])
        low, high = 10.0**found if log else found
        return float(low), float(high)

    def unseen(self, chart: Chart, axis: ValueAxis, ends: Ends) -> str:
        """In words how much of a chart its axes cannot show, as it must not be missing unsaid."""
        lines = [line for line in chart.lines if not line.right]
        below = sum(int(np.count_nonzero(line.whole.y <= 0)) for line in lines) if axis.log else 0
        lacking = [self.horizontal.unseen(line.whole.x) for line in chart.lines]
        found = [(below, "value", "≤ 0 cannot be shown")]
        found += [(sum(count for count, _ in lacking), "point", f"{lacking[0][1]} cannot be shown")] if lacking else []
        if not self.outliers or chart.title in self.limits:
            found.append((self._outside(lines, axis, ends), "point", "outside of what the axis spans"))
        said = [f"{step_text(count)} {what}{'s' if count > 1 else ''} {why}" for count, what, why in found if count]
        return ", ".join(said)

    def _outside(self, lines: Sequence[Line], axis: ValueAxis, ends: Ends) -> int:
        values = np.concatenate([self._within(each, ends) for line in lines for each in (line.whole, line.gone)])
        values = values[values > 0] if axis.log else values
        return int(np.count_nonzero((values < axis.ends[0]) | (values > axis.ends[1])))

    def _visible(self, line: Line, ends: Ends) -> Floats:
        """Values that the axis has to hold; reduced rows do where it goes by their extremes."""
        spread = self.spread(line)
        columns = [line.raw, line.past] if self.outliers else [line.whole, line.gone]
        columns += [Curve(*outline) for outline in spread.outlines] if spread else []
        return np.concatenate([self._within(curve, ends) for curve in columns])

    def _within(self, curve: Curve, ends: Ends) -> Floats:
        low, high = ends if self.horizontal.zoom else (-math.inf, math.inf)
        inside = self.horizontal.known(curve.x) & (curve.x >= low) & (curve.x <= high)
        return np.asarray(curve.y[inside & np.isfinite(curve.y)])
