"""One layer over all its captures, for the static picture: in one of the three modes of js/src/history.ts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from nbviz.picture.axes import GRID, Floats
from nbviz.picture.colors import HUES, TEXT
from nbviz.picture.layers import Capture, sound
from nbviz.picture.numbers import step_text
from nbviz.picture.rows import row_at, shown_rows
from nbviz.picture.valueaxis import BINS, SMALL, Axis, choose_axis, draw_grid, heights_of, outline, zero_bins
from nbviz.picture.words import escape, shorten, strong, width_of, write, write_markup
from nbviz.series import HistogramSeries

CAPTURES = 32
"""As many as a picture can show apart."""
LEVELS = 10
COLOR = HUES[0]
HEAD, FOOT, STEPS = 22, 28, 56


class History(NamedTuple):
    captures: list[Capture]
    at: int
    """Which of them is at the cursor."""
    axis: Axis
    sides: tuple[float, float]
    top: float
    bottom: float


def draw_history(
    series: HistogramSeries, step: int, size: tuple[float, float], superseded: bool, knobs: Mapping[str, Any]
) -> tuple[str, float]:
    """The panel with its upper left corner at the origin, and its height."""
    width, height = size
    rows = shown_rows(series, superseded)
    at = row_at(series.steps[rows], step) or 0
    # Evenly spread, the one at the cursor among them.
    stride = max(1, -(-len(rows) // CAPTURES))
    kept = range(at % stride, len(rows), stride)
    captures = [sound(series[row]) for row in rows[list(kept)].tolist()]
    axis = choose_axis([captures], knobs["axis"])
    bottom = height - FOOT
    history = History(captures, at // stride, axis, (0.0, width - STEPS), HEAD + 4.0, bottom)
    mode = knobs["mode"]
    kind = "density" if knobs["axis"] == "density" else "symlog" if axis.threshold else "linear"
    note = f"{len(rows):,} captures · {mode if mode != 'heatmap' else 'heat map'} · {kind}"
    said = f"at step {step_text(captures[history.at].step)}"
    name = shorten(series.tag, width - width_of(said + note) - 40, 13, 650)
    head = write_markup(0, 14, f'{strong(name)} <tspan dx="10" font-size="12.5">{escape(said)}</tspan>', size=13)
    body = {"offset": _offset, "overlay": _overlay, "heatmap": _heatmap}[mode](history)
    grid = draw_grid(axis, history.sides, HEAD, bottom)
    return head + write(width, 14, note, anchor="end") + grid + body, height


def _common(captures: list[Capture], axis: Axis) -> float:
    """The share that most shapes stay below: one spike must not flatten the others."""
    peaks = [heights_of(each, axis)[1] for each in captures if each.counts[~zero_bins(each)].any()]
    return float(np.quantile(peaks or [1.0], 0.9)) or 1.0


def _path(data: str, weight: float, opacity: float, fill: str = "none", color: str = COLOR) -> str:
    return (
        f'<path class="ridge" d="{data}" fill="{fill}" fill-opacity=".25" stroke="{color}" '
        f'stroke-width="{weight:g}" stroke-opacity="{opacity:.2f}"/>'
    )


def _offset(history: History) -> str:
    captures, at, axis, sides, top, bottom = history
    rise = (bottom - top) * 0.3
    pitch = (bottom - top - rise) / len(captures)
    common, parts = _common(captures, axis), []
    for i, capture in enumerate(captures):
        base = top + rise + (i + 1) * pitch
        data = outline(capture, axis, sides, base, rise / 1.15, common)
        parts.append(_path(data, 1, 0.6, color=TEXT) if i != at else _path(data, 2, 1, COLOR))
    return "".join(parts) + _steps(history, [top + rise + (i + 1) * pitch for i in range(len(captures))])


def _overlay(history: History) -> str:
    captures, at, axis, sides, top, bottom = history
    rise = (bottom - top) / 1.15
    common = _common(captures, axis)
    lines = [outline(capture, axis, sides, bottom, rise, common) for capture in captures]
    faint = [_path(data, 1, 0.1 + 0.5 * (i / len(lines)) ** 2) for i, data in enumerate(lines) if i != at]
    return "".join(faint) + _path(lines[at], 2, 1, COLOR)


def _heatmap(history: History) -> str:
    captures, at, axis, sides, top, bottom = history
    pitch = (bottom - top) / len(captures)
    shapes = [heights_of(capture, axis) for capture in captures]
    common = _common(captures, axis)
    shares = np.array([heights * (peak / common) for heights, peak in shapes])
    # Ink grows slower than the share, because tails are what one looks for.
    levels = np.ceil(np.clip(shares, 0, 1) ** 0.65 * LEVELS - 1e-3).astype(int)
    column = (sides[1] - sides[0]) / BINS
    parts = []
    for level in range(1, LEVELS + 1):
        runs = [_runs(row == level, i, pitch, (sides[0], column), top) for i, row in enumerate(levels)]
        if any(runs):
            parts.append(f'<path class="heat" d="{"".join(runs)}" fill="{COLOR}" fill-opacity="{level / LEVELS:g}"/>')
    middles = [top + (i + 0.5) * pitch for i in range(len(captures))]
    line = f'<path d="M{sides[0]:.1f},{middles[at]:.1f}H{sides[1]:.1f}" stroke="{TEXT}"/>'
    return "".join(parts) + line + _steps(history, middles)


def _runs(wanted: Floats, row: int, pitch: float, columns: tuple[float, float], top: float) -> str:
    """Path data of the neighbouring cells of one row, joined."""
    left, width = columns
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted.astype(np.int8), [0]])))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    y = top + row * pitch
    return "".join(
        f"M{left + begin * width:.1f},{y:.1f}h{(end - begin) * width:.1f}v{pitch:.1f}h{(begin - end) * width:.1f}z"
        for begin, end in pairs
    )


def _steps(history: History, places: list[float]) -> str:
    """The step at the cursor, and those at the ends where they keep clear of it."""
    captures, at, sides = history.captures, history.at, history.sides
    parts = [write(sides[1] + 10, places[at] + 4, step_text(captures[at].step), weight=650, fill=COLOR)]
    for i in {0, len(captures) - 1} - {at}:
        if abs(places[i] - places[at]) >= 16:
            parts.append(write(sides[1] + 10, places[i] + 4, step_text(captures[i].step), size=SMALL))
    mark = f'<path d="M{sides[1]:.1f},{places[at]:.1f}h6" {GRID}/>'
    return mark + "".join(parts)
