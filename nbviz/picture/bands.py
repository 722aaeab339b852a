"""Distributions of the static picture: percentile bands over the steps, a small chart for each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbviz.picture.axes import GRID, Box, Floats, step_ends, step_ticks, ticks, trace, value_ends
from nbviz.picture.colors import TEXT, WARNING, depth_color
from nbviz.picture.layers import histograms_of, names_of
from nbviz.picture.numbers import magnitude_text, step_text
from nbviz.picture.rows import row_at, shown_rows
from nbviz.picture.words import shorten, strong, width_of, write, write_markup
from nbviz.run import Run
from nbviz.series import HistogramSeries

TILES, CAPTURES = 12, 32
LEAST, GAP, LEFT = 250, 28, 52
HEIGHT, HEAD, TITLE, FOOT, SMALL = 132, 24, 22, 22, 11.5
OPACITIES = (0.16, 0.2, 0.24, 0.28)
MEDIAN = 4


class Tile(NamedTuple):
    label: str
    color: str
    steps: Floats
    quantiles: Floats
    """Shape (n, 9), NaN where a capture held no finite value."""
    nonfinite: Floats

    @classmethod
    def of(cls, label: str, depth: float, series: HistogramSeries) -> Tile:
        """Of some of the captures, the last among them, in the order of their steps."""
        rows = shown_rows(series, superseded=False)
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, CAPTURES).round().astype(int))]
        items = [series[row] for row in rows.tolist()]
        some = HistogramSeries(series.tag)
        some.extend(series.steps[rows], series.wall_times[rows], items)
        quantiles = some.quantiles()
        quantiles[[not item.counts.sum() + item.zeros > 0 for item in items]] = np.nan
        steps = series.steps[rows].astype(np.float64)
        order = np.argsort(steps, kind="stable")
        nonfinite = np.array([item.nonfinite for item in items], np.float64)
        return cls(label, depth_color(depth), steps[order], quantiles[order], nonfinite[order])


def draw_distributions(
    runs: Sequence[Run], tags: Sequence[str] | None, step: int, width: float, knobs: Mapping[str, Any] = {}
) -> tuple[str, float]:
    """The panel with its upper left corner at the origin, and its height."""
    found = histograms_of(runs, tags, knobs)
    names = list(dict.fromkeys(str(series.tag) for _, series in found))
    labels, title = names_of(names)
    several = len({id(run) for run, _ in found}) > 1
    tiles = []
    for run, series in found[:TILES]:
        at = names.index(str(series.tag))
        label = f"{run.name} {labels[at]}" if several else labels[at]
        tiles.append(Tile.of(label, at / max(1, len(names) - 1), series))
    ends = step_ends(min(tile.steps[0] for tile in tiles), max(tile.steps[-1] for tile in tiles))
    columns = max(1, min(len(tiles), int((width + GAP) // (LEAST + GAP))))
    room = (width - GAP * (columns - 1)) / columns
    parts = [write_markup(0, 14, strong(shorten(title, width / 2, 13, 650)), size=13)]
    for i, tile in enumerate(tiles):
        x, y = (i % columns) * (room + GAP), HEAD + (i // columns) * HEIGHT
        parts.append(f'<g transform="translate({x:.1f},{y})">{_tile(tile, ends, step, room)}</g>')
    bottom = HEAD + -(-len(tiles) // columns) * HEIGHT
    if len(found) > TILES:
        parts.append(write(0, bottom + 12, f"and {len(found) - TILES:,} more"))
        bottom += 18
    return "".join(parts), bottom


def _tile(tile: Tile, steps: tuple[float, float], step: int, width: float) -> str:
    finite = tile.quantiles[np.isfinite(tile.quantiles)]
    ends = value_ends(float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf)), percent=False)
    box = Box(LEFT, TITLE + 4, width - 8, HEIGHT - FOOT, steps, ends)
    return _axes(box) + _bands(tile, box) + _broken(tile, box) + _title(tile, step, width) + _cursor(box, step)


def _axes(box: Box) -> str:
    parts, words = [], []
    for value in ticks(*box.values, 3):
        y = round(float(box.y(np.float64(value)))) + 0.5
        parts.append(f"M{box.left:.1f},{y:g}H{box.right:.1f}")
        words.append(write(box.left - 6, y + 4, magnitude_text(value), size=SMALL, anchor="end"))
    marks, text = step_ticks(box.across, box.right - box.left)
    for mark in marks:
        x = min(float(box.x(np.float64(mark))), box.right + 8 - width_of(text(mark), SMALL) / 2)
        words.append(write(x, box.bottom + 15, text(mark), size=SMALL, anchor="middle"))
    return f'<path class="grid" d="{"".join(parts)}" {GRID}/>' + "".join(words)


def _bands(tile: Tile, box: Box) -> str:
    """From the widest to the narrowest, and the median, in stretches of captures that held finite values."""
    good = np.isfinite(tile.quantiles[:, 0]).astype(np.int8)
    bounds = np.flatnonzero(np.diff(np.concatenate([[0], good, [0]])))
    parts = []
    for begin, end in zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True):
        x, y = box.x(tile.steps[begin:end]), box.y(tile.quantiles[begin:end])
        if end - begin == 1:
            x, y = np.array([x[0] - 3, x[0] + 3]), np.repeat(y, 2, axis=0)
        for k, opacity in enumerate(OPACITIES):
            outline = trace(np.concatenate([x, x[::-1]]), np.concatenate([y[:, k], y[::-1, 8 - k]]))[0]
            parts.append(f'<path class="band" d="{outline}" fill="{tile.color}" fill-opacity="{opacity}"/>')
        line = trace(x, y[:, MEDIAN])[0]
        parts.append(f'<path class="median" d="{line}" fill="none" stroke="{tile.color}" stroke-width="1.75"/>')
    return "".join(parts)


def _broken(tile: Tile, box: Box) -> str:
    """A bar at the top wherever values were not finite."""
    x = box.x(tile.steps)
    bars = [f"M{at - 1.5:.1f},{box.top - 3:.1f}h3" for at in x[tile.nonfinite > 0].tolist()]
    return f'<path class="broken" d="{"".join(bars)}" stroke="{WARNING}" stroke-width="3"/>' if bars else ""


def _title(tile: Tile, step: int, width: float) -> str:
    at = row_at(tile.steps.astype(np.int64), step) or 0
    quantiles = tile.quantiles[at]
    if np.isfinite(quantiles).all():
        median, low, high = (magnitude_text(float(quantiles[i])) for i in (MEDIAN, 0, 8))
        small = abs(quantiles[MEDIAN]) < 1e-3 * np.abs(quantiles).max()
        middle, rest, fill = "≈ 0" if small and quantiles[MEDIAN] else median, f" {low} … {high}", TEXT
    else:
        middle, rest, fill = "", f"{step_text(tile.nonfinite[at])} NaN/Inf", WARNING
    words = write_markup(width - 8, 14, strong(middle) + rest, size=SMALL, fill=fill, anchor="end")
    room = width - 16 - width_of(middle + rest, SMALL, 650)
    return write(0, 14, shorten(tile.label, room, 12, 650), size=12, weight=650, fill=tile.color) + words


def _cursor(box: Box, step: int) -> str:
    if not box.across[0] <= step < box.across[1]:
        return ""
    x = round(float(box.x(np.float64(step))))
    return f'<path class="cursor" d="M{x},{box.top - 4:.1f}V{box.bottom:.1f}" stroke="{TEXT}" stroke-width="1.5"/>'
