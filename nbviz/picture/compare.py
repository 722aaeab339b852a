"""A comparison of two histograms for the static picture: over each other, their difference, their distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbviz.picture.axes import GRID, Floats, step_ends, step_ticks, ticks, trace, value_ends
from nbviz.picture.colors import LIGHT, depth_color
from nbviz.picture.layers import ALL_ALONG, Capture, sound
from nbviz.picture.numbers import magnitude_text, step_text
from nbviz.picture.rows import row_at, shown_rows
from nbviz.picture.valueaxis import SMALL, choose_axis, draw_grid, heights_of, outline
from nbviz.picture.words import shorten, strong, width_of, write, write_markup
from nbviz.run import Run
from nbviz.series import HistogramSeries

HUES = LIGHT[:2]
DISTANCE = depth_color(1.0)
CAPTURES = 128
"""Distances of so many captures are as many as a picture can show."""
LEFT = 56


class Side(NamedTuple):
    label: str
    series: HistogramSeries
    rows: list[int]
    held: int | None
    """The step it is held at; None where it goes with the cursor."""

    @property
    def all_along(self) -> list[Capture]:
        """Some of the whole run, for which the axis is chosen."""
        some = np.unique(np.linspace(0, len(self.rows) - 1, ALL_ALONG).round().astype(int))
        return [sound(self.series[self.rows[i]]) for i in some.tolist()]

    def at(self, step: int) -> Capture:
        steps = self.series.steps[self.rows]
        return sound(self.series[self.rows[row_at(steps, step) or 0]])


def distance(a: Capture, b: Capture) -> float:
    """The Wasserstein-1 distance, as in js/src/distance.ts: the area between the cumulative distributions."""
    points = np.union1d(np.union1d(a.edges, b.edges), [0.0] if a.zeros or b.zeros else [])
    (below, up_to), (other_below, other_up_to) = _cumulated(a, points), _cumulated(b, points)
    start, end = (up_to - other_up_to)[:-1], (below - other_below)[1:]
    size = np.abs(start) + np.abs(end)
    # Where the curves cross, two triangles; elsewhere a trapezium.
    crossing = (start**2 + end**2) / (2 * np.where(size > 0, size, 1.0))
    return float((np.where(start * end < 0, crossing, size / 2) * np.diff(points)).sum())


def _cumulated(capture: Capture, points: Floats) -> tuple[Floats, Floats]:
    """Share of the values below each point, and up to it."""
    passed = np.concatenate([[0.0], np.cumsum(capture.counts)])
    total = passed[-1] + capture.zeros
    # Bins without a width hold their values at one point, below and above which interpolation finds different shares.
    below = np.interp(np.nextafter(points, -np.inf), capture.edges, passed) + capture.zeros * (points > 0)
    up_to = np.interp(np.nextafter(points, np.inf), capture.edges, passed) + capture.zeros * (points >= 0)
    with np.errstate(invalid="ignore"):  # of a capture without finite values nothing has a share
        return below / total, up_to / total


def sides_of(
    runs: Sequence[Run], knobs: Mapping[str, Any], tags: Sequence[str] | None, superseded: bool
) -> tuple[Side, Side] | None:
    """Both sides of the histogram that is asked for, or of the first that both have; None where there is none."""
    pair = (runs[0], runs[1] if len(runs) > 1 else runs[0])
    common = [tag for tag in pair[0].tags("histogram") if tag in pair[1].tags("histogram")]
    tag = knobs["tag"] or next((tag for tag in common if tags is None or tag in tags), None)
    if tag not in common:
        return None
    sides = []
    for i, run in enumerate(pair):
        rows = shown_rows(run[tag], superseded).tolist()
        if not rows:
            return None
        first = int(run[tag].steps[rows[0]]) if len(runs) == 1 and i == 0 else None
        held = knobs["steps"][i]
        sides.append(Side(run.name if len(runs) > 1 else "", run[tag], rows, first if held is None else held))
    return sides[0], sides[1]


def shown_of(sides: tuple[Side, Side], step: int) -> tuple[Capture, Capture]:
    first, second = (side.at(step if side.held is None else side.held) for side in sides)
    return first, second


def words_of(
    runs: Sequence[Run], tags: Sequence[str] | None, step: int, superseded: bool, knobs: Mapping[str, Any]
) -> str:
    """The comparison in a sentence."""
    sides = sides_of(runs, knobs, tags, superseded)
    if sides is None:
        return f"{knobs['tag']} is not there to be compared" if knobs["tag"] else "no histograms to compare yet"
    captures = shown_of(sides, step)
    first, second = (
        f"{side.label} step {step_text(each.step)}".strip() for side, each in zip(sides, captures, strict=True)
    )
    return f"{sides[0].series.tag}, {first} against {second}: distance {magnitude_text(distance(*captures))}"


def draw_compare(
    runs: Sequence[Run],
    tags: Sequence[str] | None,
    step: int,
    width: float,
    superseded: bool,
    knobs: Mapping[str, Any],
) -> tuple[str, float]:
    """The panel with its upper left corner at the origin, and its height."""
    sides = sides_of(runs, knobs, tags, superseded)
    if sides is None:
        words = words_of(runs, tags, step, superseded, knobs)
        return write(0, 16, f"{words[0].upper()}{words[1:]}." if not knobs["tag"] else f"{words}."), 24
    first, second = shown_of(sides, step)
    axis = choose_axis([side.all_along for side in sides], knobs["axis"])
    ends = (LEFT, width - 10.0)
    parts = [_head(sides, (first, second), width), draw_grid(axis, ends, 28, 300)]
    shapes = [heights_of(each, axis) for each in (first, second)]
    common = max(peak for _, peak in shapes) or 1.0
    for i, capture in enumerate((first, second)):
        dash = ' stroke-dasharray="6 4"' if i else ""
        data = outline(capture, axis, ends, 200, 164, common)
        parts.append(
            f'<path class="side" d="{data}" fill="{HUES[i]}" fill-opacity=".18" stroke="{HUES[i]}" '
            f'stroke-width="2"{dash}/>'
        )
    parts.append(_difference(shapes[1][0] * shapes[1][1] - shapes[0][0] * shapes[0][1], ends, 250, 40))
    parts.append(_over_time(sides, step, (LEFT, width - 10.0, 350, 450)))
    return "".join(parts), 476


def _head(sides: tuple[Side, Side], captures: tuple[Capture, Capture], width: float) -> str:
    names = [f"{side.label} step {step_text(each.step)}".strip() for side, each in zip(sides, captures, strict=True)]
    said = f"distance {magnitude_text(distance(*captures))}"
    room = width - sum(map(width_of, names)) - width_of(said) - 110
    parts = [write_markup(0, 14, strong(shorten(sides[0].series.tag, room, 13, 650)), size=13)]
    x = width
    parts.append(write(x, 14, said, anchor="end"))
    for name, hue in zip(reversed(names), reversed(HUES), strict=True):
        x -= width_of(said if hue == HUES[1] else names[1]) + 28
        parts.append(write(x, 14, name, anchor="end", fill=hue, weight=650))
    return "".join(parts)


def _difference(shares: Floats, ends: tuple[float, float], centre: float, room: float) -> str:
    """What the second side has more of above the line, less of below."""
    most = float(np.abs(shares).max()) or 1.0
    column = (ends[1] - ends[0]) / len(shares)
    parts = [f'<path d="M{ends[0]:g},{centre:g}H{ends[1]:g}" {GRID}/>']
    for i, hue in enumerate(HUES):
        bars = [
            f"M{ends[0] + j * column:.1f},{centre:g}h{column - 0.5:.1f}v{-share / most * room:.1f}h{0.5 - column:.1f}z"
            for j, share in enumerate(shares.tolist())
            if (share > 0) == bool(i) and abs(share) > most / room / 4
        ]
        parts.append(f'<path class="more" d="{"".join(bars)}" fill="{hue}" fill-opacity=".65"/>')
    return "".join(parts)


def _over_time(sides: tuple[Side, Side], step: int, box: tuple[float, float, float, float]) -> str:
    left, right, top, bottom = box
    steps, values = distances(*sides)
    span = step_ends(float(steps[0]), float(steps[-1]))
    low, high = value_ends(0.0, float(np.nanmax(values)) if np.isfinite(values).any() else 1.0, percent=False)
    x = left + (steps - span[0]) / (span[1] - span[0]) * (right - left)
    y = bottom - (values - low) / (high - low) * (bottom - top)
    line, dots = trace(x, y)
    ink = f'fill="none" stroke="{DISTANCE}" stroke-width="2" stroke-linecap="round"'
    parts = [write(0, top - 14, "Wasserstein-1 distance", weight=650)]
    for value in ticks(low, high, 2):
        at = bottom - (value - low) / (high - low) * (bottom - top)
        parts.append(f'<path d="M{left:g},{at:.1f}H{right:g}" {GRID}/>')
        parts.append(write(left - 8, at + 4, magnitude_text(value), size=SMALL, anchor="end"))
    places, text = step_ticks(span, right - left)
    for place in places:
        at = left + (place - span[0]) / (span[1] - span[0]) * (right - left)
        parts.append(write(at, bottom + 17, text(place), size=SMALL, anchor="middle"))
    cursor = left + (min(max(step, span[0]), span[1]) - span[0]) / (span[1] - span[0]) * (right - left)
    parts.append(f'<path d="M{cursor:.1f},{top:g}V{bottom:g}" {GRID} stroke-width="2"/>')
    return "".join(parts) + f'<path class="distance" d="{line}{dots}" {ink}/>'


def distances(first: Side, second: Side) -> tuple[Floats, Floats]:
    """Steps, and the distance at each; of two sides that are held the second moves all the same."""
    moving = [first] if first.held is None else []
    if second.held is None or not moving:
        moving.append(second)
    steps = np.unique(np.concatenate([side.series.steps[side.rows] for side in moving]))
    stride = -(-len(steps) // CAPTURES)
    steps = steps[::-stride][::-1]

    def at(side: Side, step: int) -> Capture:
        return side.at(step if any(side is each for each in moving) else side.held or 0)

    values = [distance(at(first, step), at(second, step)) for step in steps.tolist()]
    return steps.astype(np.float64), np.array(values)
