"""The static picture as a whole: an SVG, and the bundle that carries it into a notebook."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import numpy as np

from nbviz.picture.axes import GRID, step_ends
from nbviz.picture.chart import Layout, draw_chart
from nbviz.picture.lines import Chart, charts_of
from nbviz.picture.numbers import step_text, value_format
from nbviz.picture.ridges import draw_ridges, histogram_count
from nbviz.picture.words import TEXT, clean, escape, shorten, strong, width_of, write, write_markup
from nbviz.run import Run

CHARTS = 12
GAP = 32
NARROW = 700
"""Below this width there is one column."""
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans',Arial,sans-serif"
DOTS = {"failed": "#d1443f", "interrupted": "#b85d00", "finished": TEXT}
WORST_FIRST = ("live", "following", "failed", "interrupted", "finished")


def picture_html(
    runs: Sequence[Run],
    panels: Sequence[str],
    identifier: str,
    step: int,
    smoothing: float,
    title: str,
    tags: Sequence[str] | None = None,
) -> dict[str, str]:
    """The picture as a bundle by MIME type, for an output of its own beside the widget's.

    Parameters
    ----------
    runs : sequence of Run
    panels : sequence of {"header", "charts", "ridges", "scrubber"}
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
    words = picture_text(runs, step, title, tags)
    svg = picture_svg(runs, panels, step, smoothing, title, tags=tags)
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
) -> str:
    """The picture as an SVG document on a transparent ground, ``width`` pixels wide; see `picture_html`."""
    with np.errstate(all="ignore"):
        parts, height = _page(runs, panels, step, smoothing, title, width, tags)
    size = f'width="{width}" height="{height + 4:.0f}" viewBox="0 0 {width} {height + 4:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}'
        f' font-family="{FONT}" font-size="12.5" fill="{TEXT}" style="font-variant-numeric:tabular-nums">{parts}</svg>'
    )


def picture_text(runs: Sequence[Run], step: int, title: str, tags: Sequence[str] | None = None) -> str:
    """One sentence: the values as logged, not smoothed, at the step, and how many histograms there are."""
    charts, total = charts_of(runs, tags, step, 0.0, CHARTS)
    parts = [_reading(chart) for chart in charts[:4]]
    if total > 4:
        parts.append(f"{total - 4:,} more metrics")
    known = [line for chart in charts for line in chart.lines if line.shown is not None]
    after = f" after step {step_text(step)}" if known else ""
    said = [", ".join(parts) + after] if parts else []
    histograms = histogram_count(runs, tags)
    if histograms:
        said.append(f"{histograms:,} histogram{'s' if histograms > 1 else ''}")
    return f"{_title(runs, title)}: {'; '.join(said) or 'nothing logged yet'}"


def _reading(chart: Chart) -> str:
    text = value_format(*chart.ends, chart.percent)
    values = []
    for line, label in zip(chart.lines[:6], chart.labels, strict=False):
        value = "–" if line.logged is None else text(line.logged)
        values.append(f"{value} ({clean(label)})" if label else value)
    more = f", and {len(chart.lines) - 6} more" if len(chart.lines) > 6 else ""
    return f"{clean(chart.title)} {', '.join(values)}{more}"


def _title(runs: Sequence[Run], title: str) -> str:
    return clean(title or (runs[0].name if len(runs) == 1 else f"{len(runs)} runs"))


def _page(
    runs: Sequence[Run],
    panels: Sequence[str],
    step: int,
    smoothing: float,
    title: str,
    width: int,
    tags: Sequence[str] | None,
) -> tuple[str, float]:
    charts, total = charts_of(runs, tags, step, smoothing, CHARTS) if "charts" in panels else ([], 0)
    ridges = "ridges" in panels and histogram_count(runs, tags) > 0
    page = _Page(4)
    if "header" in panels:
        page.add(*_header(runs, title, smoothing, width))
    steps = _steps(runs)
    if steps is None:
        page.add(write(0, 16, "Nothing logged yet."), 24)
        return page.finished()
    beside = ridges and 0 < len(charts) <= 3 and width >= NARROW
    columns = 2 if width >= NARROW and (beside or len(charts) > 1) else 1
    column = (width - GAP * (columns - 1)) / columns
    if beside:
        layout = Layout.of(charts, column, 230 if len(charts) < 3 else 180, steps, step)
        stack = _Page(0)
        for chart in charts:
            stack.add(*draw_chart(chart, layout))
        left, height = stack.finished()
        right, other = draw_ridges(runs, tags, step, column, max(300, height))
        page.add(f'{left}<g transform="translate({column + GAP:g},0)">{right}</g>', max(height, other))
        return _with_scrubber(page, panels, steps, step, width)
    layout = Layout.of(charts, column, 240 if len(charts) == 1 else 200, steps, step)
    for i in range(0, len(charts), columns):
        drawn = [draw_chart(chart, layout) for chart in charts[i : i + columns]]
        moved = [f'<g transform="translate({j * (column + GAP):g},0)">{each}</g>' for j, (each, _) in enumerate(drawn)]
        page.add("".join(moved), max(height for _, height in drawn))
    if total > len(charts):
        page.add(write(0, 14, f"and {total - len(charts):,} more metrics"), 20)
    if ridges:
        page.add(*draw_ridges(runs, tags, step, width, 480))
    elif "ridges" in panels and not charts:
        page.add(write(0, 16, "No histograms yet."), 24)
    return _with_scrubber(page, panels, steps, step, width)


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


def _steps(runs: Sequence[Run]) -> tuple[float, float] | None:
    """The ends of the step axis that all charts share; None while there is nothing."""
    columns = [run[tag].steps for run in runs for tag in run.tags()]
    filled = [column for column in columns if len(column)]
    if not filled:
        return None
    return step_ends(float(min(column.min() for column in filled)), float(max(column.max() for column in filled)))


def _header(runs: Sequence[Run], title: str, smoothing: float, width: float) -> tuple[str, float]:
    state = next((each for each in WORST_FIRST if any(run.state == each for run in runs)), "finished")
    name = shorten(_title(runs, title), width * 0.5, 14, 650)
    dot = f'<circle cx="5" cy="10" r="4" fill="{DOTS.get(state, TEXT)}"/>'
    # A picture does not know whether a run goes on.
    word = state if state in DOTS else ""
    step = f"step {strong(step_text(max((run.last_step for run in runs), default=0)))}"
    words = [f'<tspan dx="14" font-size="12.5">{each}</tspan>' for each in (word, step) if each]
    parts = [dot, write_markup(18, 15, strong(name) + "".join(words), size=14)]
    if smoothing > 0:
        parts.append(write(width, 15, f"smoothing {smoothing:.2f}", anchor="end"))
    return "".join(parts), 22


def _with_scrubber(
    page: _Page, panels: Sequence[str], steps: tuple[float, float], step: int, width: float
) -> tuple[str, float]:
    """A picture cannot be scrubbed; the track says how far along the run it was taken."""
    if "scrubber" in panels:
        said = f"step {step_text(step)}"
        end = width - width_of(said) - 20
        x = 8 + (min(max(step, steps[0]), steps[1]) - steps[0]) / (steps[1] - steps[0]) * (end - 16)
        track = f'<path d="M8,12H{end - 8:.1f}" {GRID} stroke-width="4" stroke-linecap="round"/>'
        done = f'<path d="M8,12H{x:.1f}" stroke="#337ab5" stroke-width="4" stroke-linecap="round"/>'
        knob = f'<circle class="knob" cx="{x:.1f}" cy="12" r="6" fill="#337ab5"/>'
        page.add(track + done + knob + write(width, 16.5, said, anchor="end"), 24)
    return page.finished()
