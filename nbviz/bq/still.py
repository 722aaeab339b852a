"""The static picture of a figure of bqplot, for readers of a notebook where the widget itself does not live.

Drawn from the figure's own marks, whatever else was put among them: lines, points, bars and grids.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import bqplot
import numpy as np

from nbviz.bq.look import HUES, TEXT
from nbviz.display import show, show_by
from nbviz.picture import families
from nbviz.picture.axes import GRID, Box, Floats, trace, value_ends
from nbviz.picture.logarithms import log_ends
from nbviz.picture.numbers import magnitude_text
from nbviz.picture.reading import ValueAxis
from nbviz.picture.words import clean, escape, shorten, width_of, write

WIDTH, HEIGHT = 640.0, 360.0
SIDES = (72.0, 36.0, WIDTH - 24.0, HEIGHT - 48.0)
SMALL = 11.5
TICKS = 5

ours: WeakSet[Any] = WeakSet()
"""Marks and figures that nbviz made."""
shown: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""Displays of the pictures of figures."""


class Still:
    """The picture of a figure, to be displayed beside it."""

    def __init__(self, figure: bqplot.Figure) -> None:
        self._figure = figure

    def show_picture(self) -> None:
        from IPython import display as ipython

        display: Any = ipython.display  # untyped upstream
        name = f"nbviz-still-{self._figure.model_id}"
        shown[self._figure] = display(picture(self._figure), raw=True, display_id=name) or shown.get(self._figure)


def adopt(owner: Any) -> Any:
    """Have a figure, or those that a mark is put into, leave a picture where they are displayed."""
    ours.add(owner)
    show_by(bqplot.Figure, _show_figure)
    if isinstance(owner, bqplot.Figure):
        owner.show_picture = Still(owner).show_picture
    return owner


def _show_figure(figure: bqplot.Figure) -> None:
    if not is_ours(figure):
        raise NotImplementedError
    show(figure, [Still(figure)])


def is_ours(figure: bqplot.Figure) -> bool:
    return figure in ours or any(mark in ours for mark in figure.marks)


def is_shown(owner: Any) -> bool:
    """Whether a picture of it was displayed."""
    return any(figure is owner or owner in figure.marks for figure in list(shown))


def renew(owner: Any) -> None:
    """Renew the pictures of the figures that a mark is in, or of that figure."""
    for figure, display in [each for each in shown.items() if each[1] is not None]:
        if figure is owner or owner in figure.marks:
            display.update(picture(figure), raw=True)


def picture(figure: bqplot.Figure) -> dict[str, str]:
    """The bundle by MIME type. A page that shows the figure hides the picture by the style in it, others drop that."""
    words = _words(figure)
    name = f"nbviz-still-{figure.model_id or uuid.uuid4().hex}"
    address = base64.b64encode(draw(figure, words).encode()).decode()
    hidden = f".jp-OutputArea-child:has(.bqplot) ~ .jp-OutputArea-child:has(.{name}) {{ display: none; }}"
    image = f'<img alt="{escape(words)}" style="max-width:100%" src="data:image/svg+xml;base64,{address}">'
    return {
        "text/html": f'<style>{hidden}</style><div class="nbviz-picture {name}">{image}</div>',
        "text/plain": words,
    }


def _words(figure: bqplot.Figure) -> str:
    labels = [str(label) for mark in figure.marks for label in getattr(mark, "labels", None) or ()]
    axes = [str(axis.label) for axis in figure.axes if axis.label]
    return clean(": ".join(filter(None, [str(figure.title or ""), "; ".join(labels) or ", ".join(axes)]))) or "figure"


def draw(figure: bqplot.Figure, words: str) -> str:
    """The figure as an SVG document."""
    grids = [mark for mark in figure.marks if isinstance(mark, bqplot.GridHeatMap)]
    body = _grid(grids[0]) if grids else _plot(figure)
    title = _legend(figure) + write(
        SIDES[0], 20, shorten(str(figure.title or ""), WIDTH / 2, 13, 650), size=13, weight=650
    )
    labels = [str(axis.label) for axis in figure.axes[:2]]
    below, beside = [*labels, "", ""][:2]
    named = write((SIDES[0] + SIDES[2]) / 2, HEIGHT - 8, below, size=SMALL, anchor="middle")
    upright = write(0, 0, beside, size=SMALL, anchor="middle")
    named += f'<g transform="translate(14,{HEIGHT / 2:g}) rotate(-90)">{upright}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH:g}" height="{HEIGHT:g}" font-size="12.5"'
        f' viewBox="0 0 {WIDTH:g} {HEIGHT:g}" font-family="{families()}" fill="{TEXT}">'
        f"<title>{escape(words)}</title>{title}{named}{body}</svg>"
    )


def _legend(figure: bqplot.Figure) -> str:
    """What the lines are, from the right, as far as there is room."""
    parts, x = [], SIDES[2]
    for mark in reversed(figure.marks):
        label = shorten(str((list(getattr(mark, "labels", None) or ()) or [""])[0]), 160, SMALL)
        if not getattr(mark, "display_legend", False) or not label or x < WIDTH / 2:
            continue
        parts.append(write(x, 20, label, size=SMALL, fill=escape((list(mark.colors) or [TEXT])[0]), anchor="end"))
        x -= width_of(label, SMALL) + 16
    return "".join(parts)


def _plot(figure: bqplot.Figure) -> str:
    drawn = [
        mark
        for mark in figure.marks
        if isinstance(mark, (bqplot.Lines, bqplot.Scatter, bqplot.Bars)) and len(_rows(mark))
    ]
    if not drawn:
        return ""
    scales = drawn[0].scales
    across, up = (_axis(drawn, scales, key) for key in "xy")
    box = Box(*SIDES, across.ends, up.ends, across.log, up.log)
    parts, first = [], drawn[0].scales
    for axis, at in ((up, box.y), (across, box.x)):
        values, text = axis.ticks(TICKS)
        for value in values:
            place = float(at(np.float64(value)))
            if axis is up:
                parts.append(f'<path d="M{box.left:g},{place:.1f}H{box.right:g}" {GRID}/>')
                parts.append(write(box.left - 8, place + 4, text(value), size=SMALL, anchor="end"))
            else:
                parts.append(write(place, box.bottom + 17, text(value), size=SMALL, anchor="middle"))
    for mark in drawn:
        # A mark with a scale of its own, as the cursor's, has the whole height.
        own = box if mark.scales["y"] is first["y"] else box._replace(values=(0.0, 1.0), log_y=False)
        parts += _mark(mark, own)
    return "".join(parts)


def _axis(marks: Sequence[Any], scales: Any, key: str) -> ValueAxis:
    scale = scales[key]
    columns = [np.ravel(getattr(mark, key)).astype(np.float64) for mark in marks if mark.scales[key] is scale]
    columns += [np.zeros(1)] if key == "y" and any(isinstance(mark, bqplot.Bars) for mark in marks) else []
    values = np.concatenate(columns)
    log = isinstance(scale, bqplot.LogScale)
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 0.0)
    low = low if scale.min is None else float(scale.min)
    high = high if scale.max is None else float(scale.max)
    return ValueAxis(log_ends(low, high) if log else value_ends(low, high, percent=False), False, log)


def _rows(mark: Any) -> list[tuple[Floats, Floats]]:
    """The lines of a mark: a y of two dimensions has several."""
    x, y = np.asarray(mark.x, np.float64), np.atleast_2d(np.asarray(mark.y, np.float64))
    return [(x[i] if x.ndim > 1 else x, row) for i, row in enumerate(y) if row.size]


def _mark(mark: Any, box: Box) -> list[str]:
    colors, opacities = list(mark.colors) or [TEXT], list(getattr(mark, "opacities", ())) or [1.0]
    parts = []
    for i, (x, y) in enumerate(_rows(mark)):
        ink, faint = escape(colors[i % len(colors)]), opacities[i % len(opacities)]
        across, down = box.x(x), box.y(y)
        if isinstance(mark, bqplot.Lines):
            line, _ = trace(across, down)
            dash = ' stroke-dasharray="6 4"' if mark.line_style == "dashed" else ""
            weight = f'stroke-width="{mark.stroke_width:g}" stroke-opacity="{faint:g}"'
            parts.append(f'<path class="line" d="{line}" fill="none" stroke="{ink}" {weight}{dash}/>')
            continue
        bars = isinstance(mark, bqplot.Bars)
        wide = 0.9 * (box.right - box.left) / max(1, len(x)) if bars else 0.0
        floor = float(box.y(np.float64(0.0))) if bars else 0.0
        for j, (left, top) in enumerate(zip(across.tolist(), down.tolist(), strict=True)):
            if not np.isfinite([left, top]).all():
                continue
            faint = opacities[j % len(opacities)]
            if bars:
                size = f'width="{wide:.1f}" height="{max(0.0, floor - top):.1f}"'
                parts.append(f'<rect x="{left - wide / 2:.1f}" y="{top:.1f}" {size} fill="{ink}"/>')
            else:
                parts.append(f'<circle cx="{left:.1f}" cy="{top:.1f}" r="4" fill="{ink}" fill-opacity="{faint:g}"/>')
    return parts


def _grid(mark: Any) -> str:
    """Shares as squares of one hue, with their numbers where there are few."""
    cells = np.atleast_2d(np.asarray(mark.color, np.float64))
    rows, columns = cells.shape
    left, top, right, bottom = SIDES
    wide, high = (right - left) / columns, (bottom - top) / rows
    names = [[str(each) for each in np.ravel(labels)] for labels in (mark.row, mark.column)]
    parts = []
    for (i, j), share in np.ndenumerate(cells):
        x, y, known = left + j * wide, top + i * high, np.isfinite(share)
        fill = f'fill="{HUES[0]}" fill-opacity="{share if known else 0:.2f}"'
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" {fill}/>')
        if known and max(rows, columns) <= 12:
            said, ink = f"{magnitude_text(100 * share)} %", "#fff" if share > 0.5 else TEXT
            parts.append(write(x + wide / 2, y + high / 2 + 4, said, size=SMALL, fill=ink, anchor="middle"))
    for i, name in enumerate(names[0][:rows]):
        parts.append(
            write(left - 6, top + (i + 0.5) * high + 4, shorten(name, left - 22, SMALL), size=SMALL, anchor="end")
        )
    for j, name in enumerate(names[1][:columns]):
        parts.append(
            write(left + (j + 0.5) * wide, bottom + 17, shorten(name, wide, SMALL), size=SMALL, anchor="middle")
        )
    return "".join(parts)
