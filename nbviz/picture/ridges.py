"""Ridges of the static picture: every layer's distribution at one step, or one layer's over all its captures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbviz.picture.axes import GRID
from nbviz.picture.colors import WARNING, depth_color
from nbviz.picture.history import draw_history
from nbviz.picture.layers import ROWS, Capture, Layer, distinct, histograms_of, layers_of
from nbviz.picture.numbers import step_text
from nbviz.picture.valueaxis import SMALL, Axis, choose_axis, draw_grid, heights_of, outline, zero_bins
from nbviz.picture.words import escape, shorten, strong, width_of, write, write_markup
from nbviz.run import Run

HEAD, FOOT = 22, 24


def draw_ridges(
    runs: Sequence[Run],
    tags: Sequence[str] | None,
    step: int,
    width: float,
    height: float,
    superseded: bool = False,
    knobs: Mapping[str, Any] = {},
) -> tuple[str, float]:
    """The panel with its upper left corner at the origin, and its height, which is about ``height`` if it can be."""
    found = histograms_of(runs, tags, knobs)
    if not found:
        return write(0, 16, f"No layer matches {knobs['filter']}"), 24
    if len(found) == 1 and "mode" in knobs and not knobs["filter"]:
        return draw_history(found[0][1], step, (width, height), superseded, knobs)
    layers, title = layers_of(found[:ROWS], len({id(run) for run, _ in found}) > 1, step, superseded)
    shown = [layer.captures[-1] for layer in layers]
    wish = knobs.get("axis", "auto")
    axis = choose_axis([layer.all_along for layer in layers], wish)
    # Of densities the highest is cut where few reach, as a narrow layer would flatten the others.
    common = float(np.quantile([heights_of(each, axis)[1] for each in shown], 0.75)) if wish == "density" else None
    pitch = min(76.0, max(20.0, (height - HEAD - FOOT - 4) / len(layers)))
    left = min(180.0, width * 0.27, max(width_of(layer.label) for layer in layers)) + 12
    names = distinct([layer.label for layer in layers], left - 12)
    notes = [warning_of(capture) for capture in shown]
    right = width - max(10.0, *(width_of(note, SMALL) + 14 for note in notes))
    bottom = HEAD + 4 + pitch * len(layers)
    kind = wish if common is not None else "symlog" if axis.threshold else "linear"
    parts = [_head(title, layers, kind, width), draw_grid(axis, (left, right), HEAD, bottom)]
    for i, (layer, note) in enumerate(zip(layers, notes, strict=True)):
        base = HEAD + 4 + round(pitch * (i + 1)) - 0.5
        parts.append(_row(layer, axis, common, (left, right), base, pitch * 0.88))
        parts.append(write(0, base - 4, names[i]))
        if note:
            parts.append(write(right + 8, base - 4, note, size=SMALL, fill=WARNING))
    if len(found) > ROWS:
        bottom += 20
        parts.append(write(0, bottom + FOOT, f"and {len(found) - ROWS:,} more"))
    return "".join(parts), bottom + FOOT + 4


def warning_of(capture: Capture) -> str:
    """What of a capture is worth a look and cannot be seen in its shape; empty where there is nothing."""
    total = float(capture.counts.sum()) + capture.zeros
    zeros = capture.zeros + float(capture.counts[zero_bins(capture)].sum())
    parts = [f"{capture.nonfinite:,} NaN/Inf"] if capture.nonfinite > 0 else []
    if total > 0 and zeros / total >= 1 / 3 - 0.005:
        parts.append(f"{100 * zeros / total:.0f}\u00a0%\u00a0{'=' if capture.zeros else '≈'}\u00a00")
    return " · ".join(parts)


def _row(layer: Layer, axis: Axis, common: float | None, sides: tuple[float, float], base: float, rise: float) -> str:
    color = depth_color(layer.depth)
    faint = "".join(outline(capture, axis, sides, base, rise, common) for capture in layer.captures[:-1])
    ridge = outline(layer.captures[-1], axis, sides, base, rise, common)
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


def _head(title: str, layers: list[Layer], kind: str, width: float) -> str:
    steps = {layer.captures[-1].step for layer in layers}
    at = f"at step {step_text(max(steps))}"
    past = max(len(layer.captures) for layer in layers) - 1
    note = kind + (f" · past {past} faint" if past else "")
    name = shorten(title, width - width_of(at + note) - 28, 13, 650)
    words = f'{strong(name)} <tspan dx="10" font-size="12.5">{escape(at)}</tspan>'
    return write_markup(0, 14, words, size=13) + write(width, 14, note, anchor="end")
