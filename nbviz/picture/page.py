"""The static picture as a whole: an SVG, and the bundle that carries it into a notebook."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbviz.picture import layermap
from nbviz.picture.axes import GRID, step_ends, value_ends
from nbviz.picture.bands import draw_distributions
from nbviz.picture.chart import Layout, draw_chart
from nbviz.picture.compare import draw_compare, words_of
from nbviz.picture.layers import histograms_of
from nbviz.picture.lines import HUES, Chart, charts_of, shown_rows
from nbviz.picture.numbers import step_text, value_format
from nbviz.picture.ridges import draw_ridges
from nbviz.picture.words import TEXT, clean, escape, shorten, strong, width_of, write, write_markup
from nbviz.run import Run

CHARTS = 12
BESIDE = 3
"""Charts that fit into a column beside the ridges."""
GAP = 32
NARROW = 700
"""Below this width there is one column."""
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans',Arial,sans-serif"
DOTS = {"failed": "#d1443f", "interrupted": "#b85d00", "finished": TEXT}
WORST_FIRST = ("live", "following", "failed", "interrupted", "finished")


NO_LAYERS = "no statistics and no histograms of layers yet"


class Scene(NamedTuple):
    """What is shown, read once."""

    runs: Sequence[Run]
    tags: Sequence[str] | None
    charts: list[Chart]
    total: int
    """How many charts there are; the first are in ``charts``."""
    step: int
    smoothing: float
    title: str
    superseded: bool
    knobs: Mapping[str, Any]
    """Those that only this kind of view has."""
    layers: layermap.Map | None
    """What a layer map shows; None where there is no such panel, or nothing for it."""

    @classmethod
    def of(
        cls,
        runs: Sequence[Run],
        step: int,
        smoothing: float,
        title: str,
        tags: Sequence[str] | None,
        superseded: bool,
        knobs: Mapping[str, Any],
    ) -> Scene:
        smoothing = min(0.999, max(0.0, smoothing)) if smoothing == smoothing else 0.0
        with np.errstate(all="ignore"):
            layers = layermap.Map.of(runs, tags, knobs["statistic"]) if "statistic" in knobs else None
            charts, total = charts_of(
                runs, tags, step, smoothing, CHARTS, superseded, knobs.get("charts"), knobs.get("families")
            )
        name = clean(title) or (clean(runs[0].name) if len(runs) == 1 else f"{len(runs)} runs")
        return cls(runs, tags, charts, total, step, smoothing, name, superseded, knobs, layers)


def picture_html(
    runs: Sequence[Run],
    panels: Sequence[str],
    identifier: str,
    step: int,
    smoothing: float,
    title: str,
    tags: Sequence[str] | None = None,
    superseded: bool = False,
    knobs: Mapping[str, Any] = {},
) -> dict[str, str]:
    """The picture as a bundle by MIME type, for an output of its own beside the widget's.

    Parameters
    ----------
    runs : sequence of Run
    panels : sequence of {"header", "charts", "ridges", "compare", "map", "distributions", "scrubber"}
    identifier : str
        Goes into a class, by which a page where the widget lives finds the picture and hides it.
    step : int
        Step under the cursor.
    smoothing : float
        Weight of the mean, 0 to 0.999.
    title : str
        Shown in the header; by default the run's name.
    tags : sequence of str, optional
        Only these series, by default all.
    superseded : bool
        Whether rows that a restarted run logged anew are shown, faint.
    knobs : mapping of str to any
        What only this kind of view can be told, by the names of its traits.

    Returns
    -------
    bundle : dict of str to str
        ``text/html`` and ``text/plain``.

    Notes
    -----
    An ``<img>`` with a ``data:`` address inside HTML is the one form that shows everywhere: of a notebook it does not
    trust, JupyterLab strips an inline ``<svg>`` and leaves ``image/svg+xml`` out. Its sanitizer keeps ``class``,
    ``style`` and ``alt``, and drops ``data-*`` and ``aria-*``.
    """
    scene = Scene.of(runs, step, smoothing, title, tags, superseded, knobs)
    words, svg = _text(scene, panels), _svg(scene, panels, 900)
    address = base64.b64encode(svg.encode()).decode()
    name = re.sub(r"[^\w-]", "", identifier, flags=re.ASCII)
    image = f'<img alt="{escape(words)}" style="max-width:100%" src="data:image/svg+xml;base64,{address}">'
    return {
        "text/html": f'<div class="nbviz-picture nbviz-picture-{name}">{image}</div>',
        "text/plain": words,
    }


def picture_svg(
    runs: Sequence[Run],
    panels: Sequence[str],
    step: int,
    smoothing: float,
    title: str,
    width: int = 900,
    tags: Sequence[str] | None = None,
    superseded: bool = False,
    knobs: Mapping[str, Any] = {},
) -> str:
    """The picture as an SVG document on a transparent ground, ``width`` pixels wide; see `picture_html`."""
    return _svg(Scene.of(runs, step, smoothing, title, tags, superseded, knobs), panels, width)


def _svg(scene: Scene, panels: Sequence[str], width: int) -> str:
    with np.errstate(all="ignore"):
        parts, height = _page(scene, panels, width)
    size = f'width="{width}" height="{height + 4:.0f}" viewBox="0 0 {width} {height + 4:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}'
        f' font-family="{FONT}" font-size="12.5" fill="{TEXT}" style="font-variant-numeric:tabular-nums">{parts}</svg>'
    )


def _text(scene: Scene, panels: Sequence[str]) -> str:
    """One sentence: the values as logged, not smoothed, at the step, and how many histograms there are."""
    if "compare" in panels:
        words = words_of(scene.runs, scene.tags, scene.step, scene.superseded, scene.knobs)
        return f"{scene.title}: {clean(words)}"
    if "map" in panels:
        return f"{scene.title}: {scene.layers.words() if scene.layers else NO_LAYERS}"
    parts = [_reading(chart) for chart in scene.charts[:4]]
    if scene.total > 4:
        parts.append(f"{scene.total - 4:,} more metrics")
    known = any(line.logged is not None for chart in scene.charts for line in chart.lines)
    said = ["; ".join(parts) + (f" after step {step_text(scene.step)}" if known else "")] if parts else []
    histograms = len(histograms_of(scene.runs, scene.tags, scene.knobs.get("filter", "")))
    if histograms:
        said.append(f"{histograms:,} histogram{'s' if histograms > 1 else ''}")
    return f"{scene.title}: {'; '.join(said) or 'nothing logged yet'}"


def _reading(chart: Chart) -> str:
    text = value_format(*value_ends(*chart.ends, chart.percent), chart.percent)
    values = []
    for line, label in zip(chart.lines[:6], chart.labels, strict=False):
        value = "–" if line.logged is None else text(line.logged)
        values.append(f"{value} ({clean(label)})" if label else value)
    more = f", and {len(chart.lines) - 6} more" if len(chart.lines) > 6 else ""
    return f"{clean(chart.title)} {', '.join(values)}{more}"


def _page(scene: Scene, panels: Sequence[str], width: int) -> tuple[str, float]:
    page = _Page(4)
    if "header" in panels:
        page.add(*_header(scene, width))
    steps = _steps(scene)
    if steps is None:
        page.add(write(0, 16, "Nothing logged yet."), 24)
        return page.finished()
    charts = scene.charts if "charts" in panels else []
    ridges = "ridges" in panels and bool(histograms_of(scene.runs, scene.tags))
    if ridges and 0 < len(charts) <= BESIDE and width >= NARROW:
        _add_beside(page, scene, steps, (width - GAP) / 2)
    else:
        if charts:
            _add_charts(page, scene, steps, width)
        if ridges:
            page.add(*draw_ridges(scene.runs, scene.tags, scene.step, width, 480, scene.superseded, scene.knobs))
        elif "ridges" in panels and not charts:
            page.add(write(0, 16, "No histograms yet."), 24)
    if "compare" in panels:
        page.add(*draw_compare(scene.runs, scene.tags, scene.step, width, scene.superseded, scene.knobs))
    _add_layers(page, scene, panels, width)
    if "scrubber" in panels:
        page.add(*_scrubber(scene.step, steps, width))
    return page.finished()


def _add_layers(page: _Page, scene: Scene, panels: Sequence[str], width: float) -> None:
    if "map" in panels:
        layers = scene.layers
        page.add(*(layermap.draw_map(layers, scene.step, width, 460) if layers else _sentence(f"{NO_LAYERS}.")))
    if "distributions" in panels:
        known = histograms_of(scene.runs, scene.tags)
        where = (scene.runs, scene.tags, scene.step, width)
        page.add(*(draw_distributions(*where) if known else _sentence("no histograms yet.")))


def _sentence(words: str) -> tuple[str, float]:
    return write(0, 16, words[0].upper() + words[1:]), 24


def _add_beside(page: _Page, scene: Scene, steps: tuple[float, float], column: float) -> None:
    layout = Layout.of(scene.charts, column, 230 if len(scene.charts) < BESIDE else 180, steps, scene.step)
    stack = _Page(0)
    for chart in scene.charts:
        stack.add(*draw_chart(chart, layout))
    left, height = stack.finished()
    right, other = draw_ridges(scene.runs, scene.tags, scene.step, column, max(300, height), scene.superseded)
    page.add(f'{left}<g transform="translate({column + GAP:g},0)">{right}</g>', max(height, other))


def _add_charts(page: _Page, scene: Scene, steps: tuple[float, float], width: float) -> None:
    charts = scene.charts
    columns = 2 if width >= NARROW and len(charts) > 1 else 1
    column = (width - GAP * (columns - 1)) / columns
    layout = Layout.of(charts, column, 240 if len(charts) == 1 else 200, steps, scene.step)
    for i in range(0, len(charts), columns):
        drawn = [draw_chart(chart, layout) for chart in charts[i : i + columns]]
        moved = [f'<g transform="translate({j * (column + GAP):g},0)">{each}</g>' for j, (each, _) in enumerate(drawn)]
        page.add("".join(moved), max(height for _, height in drawn))
    if scene.total > len(charts):
        page.add(write(0, 14, f"and {scene.total - len(charts):,} more metrics"), 20)


class _Page:
    """Panels one below the other."""

    def __init__(self, top: float) -> None:
        self._parts: list[str] = []
        self._height = top

    def add(self, part: str, height: float) -> None:
        top = self._height + (16 if self._parts else 0)
        self._parts.append(f'<g transform="translate(0,{top:.0f})">{part}</g>')
        self._height = round(top) + height

    def finished(self) -> tuple[str, float]:
        return "".join(self._parts), self._height


def _steps(scene: Scene) -> tuple[float, float] | None:
    """The ends of the step axis that all charts share; None while there is nothing."""
    found = [run[tag] for run in scene.runs for tag in run.tags() if scene.tags is None or tag in scene.tags]
    shown = [series.steps[shown_rows(series, scene.superseded)] for series in found]
    filled = [column for column in shown if len(column)]
    if not filled:
        return None
    return step_ends(float(min(column.min() for column in filled)), float(max(column.max() for column in filled)))


def _header(scene: Scene, width: float) -> tuple[str, float]:
    runs = scene.runs
    state = next((each for each in WORST_FIRST if any(run.state == each for run in runs)), "finished")
    name = shorten(scene.title, width * 0.5, 14, 650)
    dot = f'<circle cx="5" cy="10" r="4" fill="{DOTS.get(state, TEXT)}"/>'
    # A picture does not know whether a run goes on.
    word = state if state in DOTS else ""
    step = f"step {strong(step_text(max((run.last_step for run in runs), default=0)))}"
    words = [f' <tspan dx="10" font-size="12.5">{each}</tspan>' for each in (word, step) if each]
    parts = [dot, write_markup(18, 15, strong(name) + "".join(words), size=14)]
    if scene.smoothing > 0:
        parts.append(write(width, 15, f"smoothing {scene.smoothing:.2f}", anchor="end"))
    return "".join(parts), 22


def _scrubber(step: int, steps: tuple[float, float], width: float) -> tuple[str, float]:
    """A picture cannot be scrubbed; the track says how far along the run it was taken."""
    said = f"step {step_text(step)}"
    end = width - width_of(said) - 20
    x = 8 + (min(max(step, steps[0]), steps[1]) - steps[0]) / (steps[1] - steps[0]) * (end - 16)
    track = f'<path d="M8,12H{end - 8:.1f}" {GRID} stroke-width="4" stroke-linecap="round"/>'
    done = f'<path d="M8,12H{x:.1f}" stroke="{HUES[0]}" stroke-width="4" stroke-linecap="round"/>'
    knob = f'<circle class="knob" cx="{x:.1f}" cy="12" r="6" fill="{HUES[0]}"/>'
    return track + done + knob + write(width, 16.5, said, anchor="end"), 24
