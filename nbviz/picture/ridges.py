"""Ridges of the static picture: every layer's distribution at one step, on an axis they share.

js/src/rebin.ts and js/src/valueaxis.ts choose the axis and the shapes by the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.picture.axes import GRID, Floats, tick_step, ticks, trace
from nbviz.picture.lines import row_at, shown_rows
from nbviz.picture.numbers import magnitude_text, step_text
from nbviz.picture.words import WARNING, clean, escape, shorten, strong, width_of, write, write_markup
from nbviz.run import Run
from nbviz.series import Histogram, HistogramSeries

ROWS = 24
BINS = 80
WIDE = 100
"""Magnitudes two decades apart no longer read on one linear axis."""
LARGEST = 1e250
DEPTHS = ((0x33, 0x7A, 0xB5), (0x69, 0x73, 0xA6), (0xA7, 0x5D, 0x95))
HEAD, FOOT, SMALL = 22, 24, 11.5


class Layer(NamedTuple):
    label: str
    depth: float
    captures: list[Histogram]
    """The one shown, and before it the past ones that are drawn faint."""
    superseded: bool
    """Whether a restarted run made the one shown anew."""


class Axis(NamedTuple):
    low: float
    high: float
    threshold: float
    """Below this magnitude the axis is nearly linear; 0 where all of it is."""

    def bend(self, values: Floats) -> Floats:
        """Where values lie, 0 at the left end and 1 at the right."""
        ends = np.clip(np.append(values, [self.low, self.high]), self.low, self.high)
        if self.threshold:
            ends = np.arcsinh(ends / self.threshold)
        return np.asarray((ends[:-2] - ends[-2]) / (ends[-1] - ends[-2]))

    def edges(self) -> Floats:
        if not self.threshold:
            return np.linspace(self.low, self.high, BINS + 1)
        low, high = math.asinh(self.low / self.threshold), math.asinh(self.high / self.threshold)
        return np.asarray(np.sinh(np.linspace(low, high, BINS + 1)) * self.threshold)

    def ticks(self, count: int) -> list[float]:
        if not self.threshold:
            return ticks(self.low, self.high, count)
        far = max(-self.low, self.high)
        top, bottom = math.floor(math.log10(far) + 1e-9), math.log10(self.threshold)
        stride = max(1, math.ceil((top - bottom) * (2 if self.low < 0 < self.high else 1) / count))
        powers = [10.0**power for power in range(top, math.floor(bottom), -stride)]
        left = [-power for power in powers] if self.low < 0 else []
        return [*left, 0.0, *(reversed(powers) if self.high > 0 else [])]


def draw_ridges(
    runs: Sequence[Run], tags: Sequence[str] | None, step: int, width: float, height: float, superseded: bool = False
) -> tuple[str, float]:
    """The panel with its upper left corner at the origin, and its height, which is about ``height`` if it can be."""
    found = histograms_of(runs, tags)
    layers, title = _layers(found[:ROWS], len({id(run) for run, _ in found}) > 1, step, superseded)
    shown = [layer.captures[-1] for layer in layers]
    axis = choose_axis(shown)
    pitch = min(76.0, max(20.0, (height - HEAD - FOOT - 4) / len(layers)))
    left = min(180.0, width * 0.27, max(width_of(layer.label) for layer in layers)) + 12
    names = _distinct([layer.label for layer in layers], left - 12)
    notes = [warning_of(capture) for capture in shown]
    right = width - max(10.0, *(width_of(note, SMALL) + 14 for note in notes))
    bottom = HEAD + 4 + pitch * len(layers)
    parts = [_head(title, layers, axis, width), _grid(axis, (left, right), bottom)]
    for i, (layer, note) in enumerate(zip(layers, notes, strict=True)):
        base = HEAD + 4 + round(pitch * (i + 1)) - 0.5
        parts.append(_row(layer, axis, (left, right), base, pitch * 0.88))
        parts.append(write(0, base - 4, names[i]))
        if note:
            parts.append(write(right + 8, base - 4, note, size=SMALL, fill=WARNING))
    if len(found) > ROWS:
        bottom += 20
        parts.append(write(0, bottom + FOOT, f"and {len(found) - ROWS:,} more"))
    return "".join(parts), bottom + FOOT + 4


def histograms_of(runs: Sequence[Run], tags: Sequence[str] | None) -> list[tuple[Run, HistogramSeries]]:
    """By the order in which their tags first appear over the runs."""
    found = [(run, run[tag]) for run in runs for tag in run.tags("histogram") if tags is None or tag in tags]
    order = {tag: i for i, tag in enumerate(dict.fromkeys(series.tag for _, series in found))}
    return sorted(
        [each for each in found if len(shown_rows(each[1], superseded=False))], key=lambda each: order[each[1].tag]
    )


def _layers(
    found: list[tuple[Run, HistogramSeries]], several: bool, step: int, superseded: bool
) -> tuple[list[Layer], str]:
    tags = list(dict.fromkeys(str(series.tag) for _, series in found))
    labels, title = _names(tags)
    past = max(0, min(4, ROWS // len(found) - 1))
    layers = []
    for run, series in found:
        rows = shown_rows(series, superseded)
        at = row_at(series.steps[rows], step) or 0
        captures = [_sound(series[row]) for row in rows[max(0, at - past) : at + 1].tolist()]
        name = tags.index(str(series.tag))
        label = f"{run.name} {labels[name]}" if several else labels[name]
        layers.append(Layer(label, name / max(1, len(tags) - 1), captures, bool(series.superseded[rows[at]])))
    return layers, title


def _names(tags: list[str]) -> tuple[list[str], str]:
    """What of the tags tells them apart, and what they have in common: leading and trailing parts between slashes."""
    if len(tags) < 2:
        return tags, tags[0]
    split = [tag.split("/") for tag in tags]
    spare = min(map(len, split)) - 1
    lead = next((i for i in range(spare) if len({parts[i] for parts in split}) > 1), spare)
    spare -= lead
    trail = next((i for i in range(spare) if len({parts[-1 - i] for parts in split}) > 1), spare)
    common = "/".join(split[0][:lead] + split[0][len(split[0]) - trail :])
    labels = ["/".join(parts[lead : len(parts) - trail]) for parts in split]
    return labels, f"{common} by layer" if common else "layers"


def _distinct(labels: list[str], room: float) -> list[str]:
    """Labels cut to the room they have: at their end, where cutting them elsewhere would make them equal."""
    names = [shorten(label, room) for label in labels]
    if len(set(names)) == len(set(labels)):
        return names
    return [shorten(label[::-1], room)[::-1] if width_of(label) > room else label for label in map(clean, labels)]


def _sound(capture: Histogram) -> Histogram:
    """The capture with finite edges that do not decrease and finite counts, the highest 1."""
    counts, edges = np.ravel(capture.counts), np.ravel(capture.edges)
    if not len(counts) or len(edges) != len(counts) + 1 or not np.isfinite(edges).any():
        counts, edges = np.zeros(1), np.array([-1.0, 1.0])
    finite = edges[np.isfinite(edges)]
    edges = np.where(np.isnan(edges), finite[0], edges)
    edges = np.maximum.accumulate(edges.clip(finite.min(), finite.max()).clip(-LARGEST, LARGEST))
    counts = np.where(np.isfinite(counts) & (counts > 0), counts, 0.0)
    # As shares of the highest, without what rounding would lose of them, so that no slope between edges overflows.
    highest = float(counts.max()) or 1.0
    counts = counts / highest
    counts[counts < 1e-15] = 0.0
    return Histogram(capture.step, capture.wall_time, counts, edges, capture.nonfinite, capture.zeros / highest)


# The axis


def choose_axis(captures: Sequence[Histogram]) -> Axis:
    """Linear, or symlog where the ends are `WIDE` times the typical magnitude of the quietest tenth of the captures."""
    filled = [capture for capture in captures if capture.counts.sum() > 0]
    spans = [_span(capture) for capture in filled]
    low, high = min((span[0] for span in spans), default=0.0), max((span[1] for span in spans), default=0.0)
    far = max(-low, high)
    if not far > 1e-290:
        return Axis(-1.0, 1.0, 0.0)
    typical = sorted(span[2] for span in spans if span[2] > 0)
    smallest = typical[len(typical) // 10] if typical else far
    if far / smallest < WIDE:
        return Axis(*_linear_ends(low, high), 0.0)
    far = _round_up(far, (1, 2, 5, 10))
    threshold = 10.0 ** math.floor(math.log10(min(max(smallest / 10, far * 1e-8), far / 10)) + 1e-9)
    return Axis(-far if low < -far * 1e-3 else 0.0, far if high > far * 1e-3 else 0.0, threshold)


def _span(capture: Histogram) -> tuple[float, float, float]:
    """Ends of the central 99.9 % of the values, and the median magnitude of those that are not zero."""
    counts, edges = capture.counts, capture.edges
    below = np.concatenate([[0.0], np.cumsum(counts)])
    # Bins that hold something: interpolating over empty ones would put an end into the middle of nowhere.
    first, last = np.flatnonzero(counts)[[0, -1]]
    wanted = below[-1] * np.array([0.0005, 0.9995])
    low, high = np.interp(wanted, below[first : last + 2], edges[first : last + 2])
    middles = np.abs(edges[1:] / 2 + edges[:-1] / 2)
    order = np.argsort(middles)
    weights = np.where(_zero_bins(capture), 0.0, counts)[order]
    passed = np.cumsum(weights)
    if not passed[-1] > 0:
        return float(low), float(high), 0.0
    return float(low), float(high), float(middles[order][np.searchsorted(passed, passed[-1] / 2)])


def _linear_ends(low: float, high: float) -> tuple[float, float]:
    near, far = sorted((abs(low), abs(high)))
    grain = (1, 1.5, 2, 3, 5, 7, 10)
    if low < 0 < high and near > far / 4:
        return -_round_up(far, grain), _round_up(far, grain)
    if low < 0 < high or high - low > far / 2:
        return -_round_up(-low, grain), _round_up(high, grain)
    step = tick_step(low, high, 4) if high - low > far * 1e-6 else tick_step(0, far, 4)
    return math.floor(low / step - 0.1) * step, math.ceil(high / step + 0.1) * step


def _round_up(value: float, steps: Sequence[float]) -> float:
    if not value > 1e-300:
        return 0.0
    decade = 10.0 ** math.floor(math.log10(value))
    return next((step * decade for step in steps if step * decade >= value * (1 - 1e-9)), 10 * decade)


# The rows


def _zero_bins(capture: Histogram) -> NDArray[np.bool_]:
    """The bins that hold nothing but zeros, as far as they can tell."""
    limit = max(1e-6 * float(np.abs(capture.edges[[0, -1]]).max()), 1e-12)
    return np.asarray((capture.edges[:-1] >= -limit) & (capture.edges[1:] <= limit))


def warning_of(capture: Histogram) -> str:
    """What of a capture is worth a look and cannot be seen in its shape; empty where there is nothing."""
    total = float(capture.counts.sum()) + capture.zeros
    near_zero = float(capture.counts[_zero_bins(capture)].sum())
    zeros = (near_zero + capture.zeros) / total if total > 0 else 0.0
    parts = [f"{capture.nonfinite:,} NaN/Inf"] if capture.nonfinite > 0 else []
    if zeros >= 1 / 3 - 0.005:
        parts.append(f"{100 * zeros:.0f}\u00a0%\u00a0{'≈' if near_zero else '='}\u00a00")
    return " · ".join(parts)


def _heights(capture: Histogram, axis: Axis) -> Floats:
    """0 to 1 per display bin, 1 at the highest that is not the peak of zeros."""
    zero_bins = _zero_bins(capture)
    zeros = float(capture.counts[zero_bins].sum()) + capture.zeros
    below = np.concatenate([[0.0], np.cumsum(np.where(zero_bins, 0.0, capture.counts))])
    display = axis.edges()
    passed = np.interp(display, capture.edges, below)
    # What lies beyond an end of the axis is counted in the bin at that end.
    passed[0], passed[-1] = 0.0, below[-1]
    masses = np.diff(passed)
    padded = np.concatenate([masses[:1], masses, masses[-1:]])
    masses = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    scale = float(masses.max()) or zeros or 1.0
    heights: Floats = masses / scale
    if zeros > 0:
        right = int(np.searchsorted(display, 0.0, side="right"))
        # The zeros would dwarf everything else: they are drawn no higher than the rest, and said at the row's end.
        for i, share in ((right - 2, 0.5), (right - 1, 1.0), (right, 0.5)):
            if 0 <= i < BINS:
                heights[i] = min(1.0, heights[i] + share * min(1.0, zeros / 2 / scale))
    return heights


def _outline(capture: Histogram, axis: Axis, sides: tuple[float, float], base: float, rise: float) -> str:
    heights = _heights(capture, axis)
    filled = np.flatnonzero(heights > 1e-4)
    if not len(filled):
        return ""
    first, last = int(filled[0]), int(filled[-1])
    middles = np.arange(first, last + 1) + 0.5
    x = sides[0] + np.concatenate([[first], middles, [last + 1]]) / BINS * (sides[1] - sides[0])
    y = base - np.concatenate([[0.0], heights[first : last + 1], [0.0]]) * rise
    return trace(x, y)[0]


def _row(layer: Layer, axis: Axis, sides: tuple[float, float], base: float, rise: float) -> str:
    mixed = [round(float(np.interp(2 * layer.depth, range(3), part))) for part in zip(*DEPTHS, strict=True)]
    color = "#" + "".join(f"{part:02x}" for part in mixed)
    faint = "".join(_outline(capture, axis, sides, base, rise) for capture in layer.captures[:-1])
    ridge = _outline(layer.captures[-1], axis, sides, base, rise)
    parts = [f'<path d="M{sides[0]:.1f},{base:g}H{sides[1]:.1f}" {GRID}/>']
    if faint:
        ink = 'fill="none" stroke="#808080" stroke-opacity=".35" stroke-width=".8"'
        parts.append(f'<path class="past" d="{faint}" {ink}/>')
    if ridge:
        name = f"fade-{color[1:]}"
        faint_ink = ' opacity=".4"' if layer.superseded else ""
        parts.append(
            f'<linearGradient id="{name}" x2="0" y2="1"><stop stop-color="{color}" stop-opacity=".5"/>'
            f'<stop offset="1" stop-color="{color}" stop-opacity=".1"/></linearGradient>'
            f'<path class="ridge" d="{ridge}" fill="url(#{name})" stroke="{color}" stroke-width="1.75"{faint_ink}/>'
        )
    return "".join(parts)


def _head(title: str, layers: list[Layer], axis: Axis, width: float) -> str:
    steps = {layer.captures[-1].step for layer in layers}
    at = f"at step {step_text(max(steps))}"
    past = max(len(layer.captures) for layer in layers) - 1
    note = ("symlog" if axis.threshold else "linear") + (f" · past {past} faint" if past else "")
    name = shorten(title, width - width_of(at + note) - 28, 13, 650)
    words = f'{strong(name)} <tspan dx="10" font-size="12.5">{escape(at)}</tspan>'
    return write_markup(0, 14, words, size=13) + write(width, 14, note, anchor="end")


def _grid(axis: Axis, sides: tuple[float, float], bottom: float) -> str:
    room = sides[1] - sides[0]
    values = np.array(axis.ticks(max(2, min(6, int(room / 75)))))
    parts, words = [], []
    for value, share in zip(values.tolist(), axis.bend(values).tolist(), strict=True):
        x = sides[0] + share * room
        parts.append(f"M{round(x) + 0.5:g},{HEAD}V{bottom:.1f}")
        words.append(write(x, bottom + 17, magnitude_text(value), size=SMALL, anchor="middle"))
    return f'<path class="grid" d="{"".join(parts)}" {GRID}/>' + "".join(words)
