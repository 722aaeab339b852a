"""One chart of the static picture: its title line, which is the legend and the readout, its axes and its lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nbviz.picture.axes import GRID, Box, trace
from nbviz.picture.colors import TEXT
from nbviz.picture.groups import Spread
from nbviz.picture.labels import ROLES
from nbviz.picture.lines import Chart, Curve, Line
from nbviz.picture.numbers import Format, step_text, value_format
from nbviz.picture.reading import Reading, ValueAxis
from nbviz.picture.words import escape, shorten, strong, width_of, write, write_markup

DASHES = ("", "6 4", "1.5 4")
TICKS = 4
ROW, GAP, RIGHT = 20, 12, 10.0
LEGEND_ROWS = 5
FAR, FEWEST = 20, 8
"""As in js/src/strokes.ts."""
LEGIBLE = 6
"""Characters of a note; of fewer nobody could tell what it is."""
SMALL = 11.5


class Sides(NamedTuple):
    """The value axes of a chart."""

    left: ValueAxis
    right: ValueAxis


class Layout(NamedTuple):
    """What the charts of a picture have in common, so that their steps and titles line up."""

    width: float
    height: float
    """Of the plot with its labels, without the title line."""
    left: float
    right: float
    """Room for the labels of an axis on the right, where any chart has one."""
    ends: tuple[float, float]
    """Of the horizontal axis."""
    cursor: int
    one_line: bool
    """Whether every legend has room between the title and the best value."""
    reading: Reading
    axes: Mapping[str, Sides]

    @classmethod
    def of(
        cls, charts: list[Chart], size: tuple[float, float], steps: tuple[float, float], cursor: int, reading: Reading
    ) -> Layout:
        ends = reading.ends(charts, steps)
        axes = {chart.title: Sides(*(reading.axis(chart, ends, right) for right in (False, True))) for chart in charts}
        room = [max([40.0, *(_label_room(axes[chart.title].left) for chart in charts)])]
        room.append(max([RIGHT, *(_label_room(axes[chart.title].right) for chart in charts if chart.right)]))
        one_line = all(_Legend(chart, size[0], axes[chart.title]).fits for chart in charts)
        return cls(*size, math.ceil(room[0]), math.ceil(room[1]), ends, cursor, one_line, reading, axes)


def _label_room(axis: ValueAxis) -> float:
    values, text = axis.ticks(TICKS)
    return max((width_of(text(value), SMALL) + 12 for value in values), default=0.0)


def draw_chart(chart: Chart, layout: Layout) -> tuple[str, float]:
    """The chart with its upper left corner at the origin, and its height."""
    reading, axis = layout.reading, layout.axes[chart.title].left
    legend, top = _Legend(chart, layout.width, layout.axes[chart.title]).draw(layout.one_line)
    sides = (layout.left, top + 10, layout.width - layout.right, top + layout.height - 24)
    box = Box(*sides, layout.ends, axis.ends, reading.horizontal.log, axis.log)
    across = reading.horizontal.ticks(layout.ends, box.right - box.left)
    marks = [(reading.place(chart, step), note) for step, note in reading.marks]
    parts = [legend, _axes(box, axis.ticks(TICKS), across), *_flags(box, marks)]
    boxes = [box] * len(chart.lines)
    if chart.right:
        right = layout.axes[chart.title].right
        other = box._replace(values=right.ends, log_y=False)
        boxes = [other if line.right else box for line in chart.lines]
        parts.append(_right_labels(other, *right.ticks(TICKS)))
    at = reading.place(chart, layout.cursor)
    lines = _lines(chart, boxes, reading)
    if layout.ends[0] <= at < layout.ends[1]:
        parts.append(_cursor(box, at))
        lines += [_point(*each) for each in zip(boxes, chart.lines, chart.colors, strict=True)]
    parts += lines if reading.fits(chart) else [_within(box, lines)]
    unseen = reading.unseen(chart, axis, layout.ends)
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
        if len(line.past.x):
            past = _path(box, line.past, f'stroke="{color}" stroke-width="1"')
            parts.append(f'<g class="superseded" opacity=".5">{past}</g>')
        if line.is_smoothed:
            parts.append(_path(box, line.raw, f'stroke="{color}" stroke-opacity=".3"'))
    for line, color, box in zip(chart.lines, chart.colors, boxes, strict=True):
        parts.append(_path(box, line.strong, _ink(line, color, box)) + _marks(box, line, color))
    return parts


def _spread(box: Box, spread: Spread, color: str) -> str:
    """A band around a mean, or the runs that it is the mean of."""
    if not spread.is_band:
        ink = f'stroke="{color}" stroke-opacity=".3"'
        return "".join(_path(box, Curve(*outline), ink) for outline in spread.outlines)
    (across, low), (_, high) = spread.outlines
    bottom, top = box.y(low), box.y(high)
    x = box.x(across)
    known = np.isfinite(x) & np.isfinite(bottom) & np.isfinite(top)
    there, back = (zip(x[known].tolist(), each[known].tolist(), strict=True) for each in (top, bottom))
    points = [f"{right:.1f},{down:.1f}" for right, down in [*there, *reversed(list(back))]]
    return f'<path class="band" d="M{" ".join(points)}z" fill="{color}" fill-opacity=".18"/>' if points else ""


def _flags(box: Box, marks: Sequence[tuple[float, str]]) -> list[str]:
    """Marks on the time axis, each with as much of its note as has room."""
    parts, free = [], -math.inf
    for at, note in marks:
        if not box.across[0] <= at <= box.across[1]:
            continue
        x = float(box.x(np.float64(at)))
        line = f"M{x:.1f},{box.top:.1f}V{box.bottom:.1f}"
        parts.append(f'<path class="flag" d="{line}" stroke="{TEXT}" stroke-dasharray="2 3"/>')
        said = shorten(note, min(160.0, box.right - x - 6), SMALL) if note and box.right - x > 30 else ""
        if x > free and len(said) > (LEGIBLE if said.startswith("…") else 0):
            parts.append(write(x + 4, box.top + 9, said, size=SMALL))
            free = x + 8 + width_of(said, SMALL)
    return parts


def _ink(line: Line, color: str, box: Box) -> str:
    # Dashes along the zigzag of a dense line would read as noise; a thick one would hide its own spikes.
    dense = len(line.steps) >= 2 * (box.right - box.left)
    return _stroke(color, "" if dense else DASHES[ROLES.index(line.place.role)], 1.5 if dense else 2)


def _stroke(color: str, dash: str, thickness: float = 2) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    cap = ' stroke-linecap="round"' if dash.startswith("1.5") else ""
    return f'stroke="{color}" stroke-width="{thickness:g}"{dashed}{cap}'


def _path(box: Box, curve: Curve, ink: str) -> str:
    line, dots = trace(box.x(curve.x), box.y(curve.y))
    drawn = f'<path class="line" d="{line}" fill="none" {ink} stroke-linejoin="round"/>' if line else ""
    color = ink.partition(" ")[0]
    return drawn + (f'<path d="{dots}" {color} stroke-width="5" stroke-linecap="round"/>' if dots else "")


def _marks(box: Box, line: Line, color: str) -> str:
    """Triangles: NaN at the height of the last good value, the infinities at the edge they left by."""
    x, values = box.x(line.raw.x), line.raw.y
    broken = np.flatnonzero(~np.isfinite(values) & np.isfinite(x))
    good = np.maximum.accumulate(np.where(np.isfinite(box.y(values)), np.arange(len(values)), -1))
    paths, seen = [], dict[str, float]()
    for row in broken.tolist():
        value, kind = float(values[row]), str(values[row])
        if abs(x[row] - seen.get(kind, -math.inf)) < 5:
            continue
        seen[kind] = float(x[row])
        up = value != value or value > 0
        level = box.bottom - 5 if value < 0 or good[row] < 0 else float(box.y(values[good[row]]))
        level = box.top + 4 if value > 0 else level
        paths.append(f"M{x[row]:.1f},{level + (-4.5 if up else 4.5):.1f}l4.5,{8 if up else -8}h-9z")
    return f'<path class="mark" d="{"".join(paths)}" fill="{color}"/>' if paths else ""


def _axes(box: Box, upwards: tuple[list[float], Format], across: tuple[list[float], Format]) -> str:
    values, text = upwards
    heights = [float(box.y(np.float64(value))) for value in values]
    lines = "".join(f"M{box.left:.1f},{round(y) + 0.5:g}H{box.right:.1f}" for y in heights)
    grid = f'<path class="grid" d="{lines}" {GRID}/>'
    words = [
        write(box.left - 8, y + 4, text(value), size=SMALL, anchor="end")
        for y, value in zip(heights, values, strict=True)
    ]
    places, text = across
    for place in places:
        word = text(place)
        x = min(float(box.x(np.float64(place))), box.right + 10 - width_of(word, SMALL) / 2)
        words.append(write(x, box.bottom + 17, word, size=SMALL, anchor="middle"))
    return grid + "".join(words)


def _right_labels(box: Box, values: list[float], tick_text: Format) -> str:
    """Ticks of their own and no grid, which is the left axis's."""
    levels = [(value, round(float(box.y(np.float64(value))))) for value in values]
    ticks = "".join(f"M{box.right:.1f},{y + 0.5:g}h4" for _, y in levels)
    words = [write(box.right + 8, y + 4, tick_text(value), size=SMALL) for value, y in levels]
    return f'<path class="right" d="{ticks}" stroke="{TEXT}" fill="none"/>' + "".join(words)


def _cursor(box: Box, at: float) -> str:
    x = round(float(box.x(np.float64(at))))
    return f'<path class="cursor" d="M{x},{box.top - 4:.1f}V{box.bottom:.1f}" stroke="{TEXT}" stroke-width="2"/>'


def _point(box: Box, line: Line, color: str) -> str:
    """The row that is read, where it stands."""
    if line.at is None or line.shown is None:
        return ""
    x, y = float(box.x(np.float64(line.whole.x[line.at]))), float(box.y(np.float64(line.shown)))
    if not (math.isfinite(x) and math.isfinite(y)):
        return ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"/>'


def _text_of(line: Line, chart: Chart, axis: ValueAxis) -> Format:
    """As the axis has it; whole numbers for what counts, digits of its own for a line far below the others."""
    beside = [other for other in chart.lines if other.right is line.right]
    own = float(np.abs(line.finite).max(initial=0.0))
    far = 0 < own * FAR < max(map(abs, axis.ends))
    text = value_format(*((0.0, own) if far else axis.ends), axis.percent)
    if axis.percent or not all(map(_is_whole, beside)):
        return text
    return lambda value: step_text(value) if abs(value) < 1e6 and float(value).is_integer() else text(value)


def _is_whole(line: Line) -> bool:
    """Whether a line counts something; what has a good end, as a loss, measures."""
    values = line.raw.y
    many = len(line.steps) >= FEWEST and not line.place.best and not line.is_smoothed
    return many and bool((values == np.rint(values)).all())


class _Legend:
    """The title line of a chart: it names the lines in their own colour and dash, and reads their values."""

    def __init__(self, chart: Chart, width: float, axes: Sides) -> None:
        self._chart = chart
        self._end = width - RIGHT
        self._texts = [_text_of(line, chart, axes.right if line.right else axes.left) for line in chart.lines]
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
