"""One chart of the static picture: its title line, which is the legend and the readout, its axes and its lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nbviz.picture.axes import GRID, Box, Floats, step_ticks, trace
from nbviz.picture.groups import Spread
from nbviz.picture.lines import ROLES, Chart, Line
from nbviz.picture.numbers import Format, step_text, value_format
from nbviz.picture.reading import Reading, log_ticks
from nbviz.picture.words import TEXT, escape, shorten, strong, width_of, write, write_markup

DASHES = ("", "6 4", "1.5 4")
TICKS = 4
ROW, GAP, RIGHT = 20, 12, 10
LEGEND_ROWS = 5
SMALL = 11.5


class Layout(NamedTuple):
    """What the charts of a picture have in common, so that their steps and titles line up."""

    width: float
    height: float
    """Of the plot with its labels, without the title line."""
    left: float
    right: float
    """Room for the labels of an axis on the right, where any chart has one."""
    steps: tuple[float, float]
    cursor: int
    one_line: bool
    """Whether every legend has room between the title and the best value."""
    reading: Reading

    @classmethod
    def of(
        cls, charts: list[Chart], size: tuple[float, float], steps: tuple[float, float], cursor: int, reading: Reading
    ) -> Layout:
        width, height = size
        widths = [40.0]
        for chart in charts:
            values, text = reading.axis(chart).ticks(TICKS)
            widths += [width_of(text(value), SMALL) + 12 for value in values]
        rights = [float(RIGHT)]
        for chart in charts:
            if chart.right:
                values, text = reading.axis(chart, right=True).ticks(TICKS)
                rights += [width_of(text(value), SMALL) + 12 for value in values]
        one_line = all(_Legend(chart, width, reading).fits for chart in charts)
        left, right = math.ceil(max(widths)), math.ceil(max(rights))
        return cls(width, height, left, right, reading.steps(steps), cursor, one_line, reading)


def draw_chart(chart: Chart, layout: Layout) -> tuple[str, float]:
    """The chart with its upper left corner at the origin, and its height."""
    reading, axis, (low, high) = layout.reading, layout.reading.axis(chart), layout.steps
    legend, top = _Legend(chart, layout.width, reading).draw(layout.one_line)
    sides = (layout.left, top + 10, layout.width - layout.right, top + layout.height - 24)
    box = Box(*sides, layout.steps, axis.ends, reading.logx, axis.log)
    parts = [legend, _axes(box, *axis.ticks(TICKS)), *_flags(box, reading.marks)]
    boxes = [box] * len(chart.lines)
    if chart.right:
        right = reading.axis(chart, right=True)
        other = box._replace(values=right.ends, log_y=False)
        boxes = [other if line.right else box for line in chart.lines]
        parts.append(_right_labels(other, *right.ticks(TICKS)))
    cursor = layout.cursor if low <= layout.cursor < high else None
    if cursor is not None:
        parts.append(_cursor(box, cursor))
    lines = _lines(chart, boxes, reading)
    if cursor is not None:
        lines += [_point(*each) for each in zip(boxes, [cursor] * len(boxes), chart.lines, chart.colors, strict=True)]
    parts += lines if reading.fits(chart) else [_within(box, lines)]
    unseen = reading.unseen(chart, axis)
    if unseen:
        parts.append(write(box.right, box.top - 6, unseen, size=SMALL, anchor="end"))
    return "".join(parts), top + layout.height


def _within(box: Box, lines: list[str]) -> str:
    """What lies beyond the axes is cut off, as the inner document's edges do."""
    place = (box.left - 4, box.top - 4, box.right - box.left + 8, box.bottom - box.top + 8)
    view = " ".join(f"{each:.1f}" for each in place)
    at = 'x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"'.format(*place)
    return f'<svg {at} viewBox="{view}" overflow="hidden">{"".join(lines)}</svg>'


def _lines(chart: Chart, boxes: list[Box], reading: Reading) -> list[str]:
    parts = []
    for line, color, box in zip(chart.lines, chart.colors, boxes, strict=True):
        spread = reading.spread(line)
        if spread:
            parts.append(_spread(box, spread, color))
        if len(line.past):
            past = _path(box, line.past_steps, line.past, f'stroke="{color}" stroke-width="1"')
            parts.append(f'<g class="superseded" opacity=".5">{past}</g>')
        if line.is_smoothed:
            parts.append(_path(box, line.steps, line.values, f'stroke="{color}" stroke-opacity=".3"'))
    for line, color, box in zip(chart.lines, chart.colors, boxes, strict=True):
        parts.append(_path(box, line.smooth_steps, line.smooth, _ink(line, color, box)) + _marks(box, line, color))
    return parts


def _spread(box: Box, spread: Spread, color: str) -> str:
    """A band around a mean, or the runs that it is the mean of."""
    if not spread.is_band:
        ink = f'stroke="{color}" stroke-opacity=".3"'
        return "".join(_path(box, steps, values, ink) for steps, values in spread.outlines)
    (steps, low), (_, high) = spread.outlines
    bottom, top = box.y(low), box.y(high)
    x = box.x(steps)
    known = np.isfinite(x) & np.isfinite(bottom) & np.isfinite(top)
    there, back = (zip(x[known].tolist(), each[known].tolist(), strict=True) for each in (top, bottom))
    points = [f"{across:.1f},{down:.1f}" for across, down in [*there, *reversed(list(back))]]
    return f'<path class="band" d="M{" ".join(points)}z" fill="{color}" fill-opacity=".18"/>' if points else ""


def _flags(box: Box, marks: Sequence[tuple[int, str]]) -> list[str]:
    """Marks on the time axis, each with as much of its note as has room."""
    parts, free = [], -math.inf
    for step, note in marks:
        if not box.steps[0] <= step <= box.steps[1]:
            continue
        x = float(box.x(np.float64(step)))
        line = f"M{x:.1f},{box.top:.1f}V{box.bottom:.1f}"
        parts.append(f'<path class="flag" d="{line}" stroke="{TEXT}" stroke-dasharray="2 3"/>')
        said = shorten(note, min(160.0, box.right - x - 6), SMALL) if note and box.right - x > 30 else ""
        if said and x > free:
            parts.append(write(x + 4, box.top + 9, said, size=SMALL))
            free = x + 8 + width_of(said, SMALL)
    return parts


def _ink(line: Line, color: str, box: Box) -> str:
    # Dashes along the zigzag of a dense line would read as noise; a thick one would hide its own spikes.
    dense = line.rows >= 2 * (box.right - box.left)
    return _stroke(color, "" if dense else DASHES[ROLES.index(line.place.role)], 1.5 if dense else 2)


def _stroke(color: str, dash: str, thickness: float = 2) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    cap = ' stroke-linecap="round"' if dash.startswith("1.5") else ""
    return f'stroke="{color}" stroke-width="{thickness:g}"{dashed}{cap}'


def _path(box: Box, steps: Floats, values: Floats, ink: str) -> str:
    y = box.y(values)
    line, dots = trace(box.x(steps), y)
    drawn = f'<path class="line" d="{line}" fill="none" {ink} stroke-linejoin="round"/>' if line else ""
    color = ink.partition(" ")[0]
    return drawn + (f'<path d="{dots}" {color} stroke-width="5" stroke-linecap="round"/>' if dots else "")


def _marks(box: Box, line: Line, color: str) -> str:
    """Triangles: NaN at the height of the last good value, the infinities at the edge they left by."""
    x = box.x(line.steps)
    broken = np.flatnonzero(~np.isfinite(line.values) & np.isfinite(x))
    good = np.maximum.accumulate(np.where(np.isfinite(box.y(line.values)), np.arange(len(line.values)), -1))
    paths, seen = [], dict[str, float]()
    for row in broken.tolist():
        value, kind = float(line.values[row]), str(line.values[row])
        if abs(x[row] - seen.get(kind, -math.inf)) < 5:
            continue
        seen[kind] = float(x[row])
        up = value != value or value > 0
        level = box.bottom - 5 if value < 0 or good[row] < 0 else float(box.y(line.values[good[row]]))
        level = box.top + 4 if value > 0 else level
        paths.append(f"M{x[row]:.1f},{level + (-4.5 if up else 4.5):.1f}l4.5,{8 if up else -8}h-9z")
    return f'<path class="mark" d="{"".join(paths)}" fill="{color}"/>' if paths else ""


def _axes(box: Box, values: list[float], tick_text: Format) -> str:
    parts = []
    for value in values:
        y = round(float(box.y(np.float64(value)))) + 0.5
        parts.append(f"M{box.left:.1f},{y:g}H{box.right:.1f}")
    grid = f'<path class="grid" d="{"".join(parts)}" {GRID}/>'
    words = [
        write(box.left - 8, float(box.y(np.float64(value))) + 4, tick_text(value), size=SMALL, anchor="end")
        for value in values
    ]
    steps, step_words = step_ticks(box.steps, box.right - box.left)
    for step in log_ticks(box.steps, 6) if box.log_x else steps:
        x, text = float(box.x(np.float64(step))), step_words(step)
        x = min(x, box.right + 10 - width_of(text, SMALL) / 2)
        words.append(write(x, box.bottom + 17, text, size=SMALL, anchor="middle"))
    return grid + "".join(words)


def _right_labels(box: Box, values: list[float], tick_text: Format) -> str:
    """Ticks of their own and no grid, which is the left axis's."""
    levels = [(value, round(float(box.y(np.float64(value))))) for value in values]
    ticks = "".join(f"M{box.right:.1f},{y + 0.5:g}h4" for _, y in levels)
    words = [write(box.right + 8, y + 4, tick_text(value), size=SMALL) for value, y in levels]
    return f'<path class="right" d="{ticks}" stroke="{TEXT}" fill="none"/>' + "".join(words)


def _cursor(box: Box, cursor: int) -> str:
    x = round(float(box.x(np.float64(cursor))))
    return f'<path class="cursor" d="M{x},{box.top - 4:.1f}V{box.bottom:.1f}" stroke="{TEXT}" stroke-width="2"/>'


def _point(box: Box, cursor: int, line: Line, color: str) -> str:
    if line.shown is None or not math.isfinite(line.shown):
        return ""
    x, y = float(box.x(np.float64(cursor))), float(box.y(np.float64(line.shown)))
    if not math.isfinite(y):
        return ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"/>'


class _Legend:
    """The title line of a chart: it names the lines in their own colour and dash, and reads their values."""

    def __init__(self, chart: Chart, width: float, reading: Reading) -> None:
        self._chart = chart
        self._end = width - RIGHT
        axes = reading.axis(chart), reading.axis(chart, right=True)
        left, right = (value_format(*axis.ends, axis.percent) for axis in axes)
        self._texts = [right if line.right else left for line in chart.lines]
        self._items = [self._item(i) for i in range(len(chart.lines))]
        best, room = self._best()
        taken = sum(each + GAP for _, each in self._items)
        beside = taken if chart.labels == [""] else 0
        self._title = shorten(chart.title, max(60, self._end - room - beside - GAP), 13, 650)
        self._head = write(0, 14, self._title, size=13, weight=650) + best
        self._start = width_of(self._title, 13, 650) + GAP
        self.fits = self._start + taken + room <= self._end

    def draw(self, one_line: bool) -> tuple[str, float]:
        parts, x, row = [self._head], self._start, 0
        if not one_line and self._chart.labels != [""]:
            x, row = 0.0, 1
        for i, (item, taken) in enumerate(self._items):
            if x > 0 and row and x + taken > self._end:
                x, row = 0.0, row + 1
            if row > LEGEND_ROWS:
                parts.append(write(0, 14 + row * ROW, f"and {len(self._items) - i:,} more"))
                break
            parts.append(f'<g transform="translate({x:.1f},{row * ROW})">{item}</g>')
            x += taken + GAP
        # Where the legends of other charts take a line of their own, this one leaves it free.
        return "".join(parts), ROW * (max(row, 0 if one_line else 1) + 1) + 2

    def _best(self) -> tuple[str, float]:
        best = self._chart.best()
        if not best:
            return "", 0.0
        value, step, line = best
        several = len({line.family for line in self._chart.lines}) > 1
        whose = f"{shorten(self._chart.labels[line], 110)} " if several else ""
        after = f"{whose}at {step_text(step)}"
        text = self._texts[line](value)
        markup = f"best {strong(text)} {escape(after)}"
        return write_markup(self._end, 14, markup, anchor="end"), width_of(f"best {text} {after}") + GAP

    def _item(self, i: int) -> tuple[str, float]:
        line, color = self._chart.lines[i], self._chart.colors[i]
        label = shorten(self._chart.labels[i], 150)
        value = "–" if line.shown is None else self._texts[i](line.shown)
        swatch = f'<path class="swatch" d="M0,9.5h20" {_stroke(color, DASHES[ROLES.index(line.place.role)])}/>'
        words = write_markup(26, 14, f"{escape(label)} {strong(value)}" if label else strong(value), fill=color)
        return swatch + words, 26 + width_of(label + " ") + width_of(value, 12.5, 650)
