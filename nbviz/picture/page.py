"""The static picture as a whole: an SVG, and the bundle that carries it into a notebook."""

from __future__ import annotations

import base64
import re

import numpy as np

from nbviz.picture import layermap
from nbviz.picture.axes import GRID, step_ends
from nbviz.picture.bands import draw_distributions
from nbviz.picture.chart import Layout, draw_chart
from nbviz.picture.colors import GROUND, HUES, TEXT, WARNING, Theme, theme_of, themed
from nbviz.picture.compare import draw_compare
from nbviz.picture.horizontal import WORDS
from nbviz.picture.layers import histograms_of
from nbviz.picture.numbers import step_text
from nbviz.picture.ridges import draw_ridges
from nbviz.picture.rows import shown_rows
from nbviz.picture.scene import NO_LAYERS, Scene
from nbviz.picture.words import clean, escape, shorten, strong, width_of, write, write_markup

SIZE = 12.5
MARGIN = 8.0
"""Around a picture that has a ground of its own."""
BELOW = 4
SHORTEST, LONGEST = 0.35, 8.0
"""How much lower and higher than they are by themselves plots are made."""
BESIDE = 3
"""Charts that fit into a column beside the ridges."""
GAP = 32
NARROW = 700
"""Below this width there is one column."""
FONT = (
    "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans',Arial,'Liberation Sans','DejaVu Sans',"
    "sans-serif"
)
GENERIC = ("serif", "sans-serif", "monospace", "system-ui")
DOTS = {"failed": WARNING, "interrupted": WARNING, "finished": TEXT}
WORST_FIRST = ("live", "following", "failed", "interrupted", "finished")


def picture_html(scene: Scene, identifier: str) -> dict[str, str]:
    """The picture as a bundle by MIME type, for an output of its own beside the widget's.

    Parameters
    ----------
    scene : Scene
    identifier : str
        Goes into a class, by which a page where the widget lives finds the picture and hides it.

    Returns
    -------
    bundle : dict of str to str
        ``text/html`` and ``text/plain``.

    Notes
    -----
    An ``<img>`` with a ``data:`` address inside HTML is the one form that shows everywhere: of a notebook it does not
    trust, JupyterLab strips an inline ``<svg>`` and leaves ``image/svg+xml`` out. Its sanitizer keeps ``class``,
    ``style`` and ``alt``, and drops ``data-*`` and ``aria-*``; GitHub keeps the image and its ``alt`` alone.
    """
    words = scene.sentence()
    address = base64.b64encode(picture_svg(scene, margin=MARGIN, theme="host").encode()).decode()
    name = re.sub(r"[^\w-]", "", identifier, flags=re.ASCII)
    image = f'<img alt="{escape(words)}" style="max-width:100%" src="data:image/svg+xml;base64,{address}">'
    return {
        "text/html": f'<div class="nbviz-picture nbviz-picture-{name}">{image}</div>',
        "text/plain": words,
    }


def picture_svg(
    scene: Scene,
    width: float = 900,
    height: float | None = None,
    font: str = "",
    size: float = SIZE,
    ink: str = TEXT,
    background: str = "",
    margin: float = 0.0,
    theme: Theme | None = None,
) -> str:
    """The picture as an SVG document, which says in words what it shows.

    Parameters
    ----------
    scene : Scene
    width : float
        In pixels, of which an inch has 96.
    height : float, optional
        By default what the panels ask for. Plots are made higher or lower, texts are not.
    font : str
        Comes before the usual ones.
    size : float
        Of the text, in pixels; lines are as much thinner or thicker.
    ink, background : str
        Colours of the text and of the ground, by default none.
    margin : float
        Pixels left free on either side, and above and below.
    theme : {"light", "dark", "host"}, optional
        Whose colours lines have, by default what suits the ground or the ink. That of the host has a ground of its own
        too, and is dark where the page around it is.
    """
    scale = size / SIZE
    room = (width - 2 * margin) / scale
    with np.errstate(all="ignore"):
        parts, needed = _page(scene, room)
        if height is not None:
            # What is drawn is as high as its plots, and something that does not depend on them.
            parts, needed = _page(scene, room, _stretch(scene, room, needed, (height - 2 * margin) / scale - BELOW))
    edge = margin / scale
    box = (0 - edge, 0 - edge, room + 2 * edge, needed + BELOW + 2 * edge)
    place = 'x="{:g}" y="{:g}" width="{:g}" height="{:g}"'.format(*box)
    theme, background = theme or theme_of(ink, background), GROUND["light"] if theme == "host" else background
    ground = f'<rect {place} fill="{escape(background)}"/>' if background else ""
    if theme == "host":
        # The rules for the dark are found with what they are for.
        parts, ground = themed(f'<g fill="{ink}">{ground}{parts}</g>', theme), ""
    else:
        parts = themed(parts, theme)
    view = " ".join(f"{each:g}" for each in box)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" height="{box[3] * scale:.0f}"'
        f' viewBox="{view}" font-family="{families(font)}" font-size="{SIZE}" fill="{escape(ink)}"'
        f' style="font-variant-numeric:tabular-nums"><title>{escape(scene.title)}</title>'
        f"<desc>{escape(scene.sentence())}</desc>{ground}{parts}</svg>"
    )


def families(font: str = "") -> str:
    """The families that texts are in, first those asked for, such as ``"Source Sans 3, serif"``."""
    names = [name for name in (part.strip(" '\"\\") for part in clean(font).split(",")) if name]
    return ",".join([*(name if name in GENERIC else f"'{escape(name)}'" for name in names), FONT])


def _stretch(scene: Scene, room: float, needed: float, wanted: float) -> float:
    plots = _page(scene, room, 2.0)[1] - needed
    return min(LONGEST, max(SHORTEST, 1 + (wanted - needed) / plots)) if plots > 0 else 1.0


def _page(scene: Scene, width: float, stretch: float = 1.0) -> tuple[str, float]:
    page, panels = _Page(4), scene.panels
    if "header" in panels:
        page.add(*_header(scene, width))
    steps = _steps(scene)
    if steps is None:
        page.add(write(0, 16, "Nothing logged yet."), 24)
        return page.finished()
    charts = scene.charts if "charts" in panels else []
    ridges = "ridges" in panels and bool(histograms_of(scene.runs, scene.tags))
    if ridges and 0 < len(charts) <= BESIDE and width >= NARROW:
        _add_beside(page, scene, steps, (width - GAP) / 2, stretch)
    else:
        if charts:
            _add_charts(page, scene, steps, width, stretch)
        if ridges:
            page.add(
                *draw_ridges(scene.runs, scene.tags, scene.step, width, 480 * stretch, scene.superseded, scene.knobs)
            )
        elif "ridges" in panels and not charts:
            page.add(write(0, 16, "No histograms yet."), 24)
    if "compare" in panels:
        page.add(*draw_compare(scene.runs, scene.tags, scene.step, width, scene.superseded, scene.knobs))
    _add_layers(page, scene, width, stretch)
    if "scrubber" in panels:
        page.add(*_scrubber(scene.step, steps, width))
    return page.finished()


def _add_layers(page: _Page, scene: Scene, width: float, stretch: float) -> None:
    if "map" in scene.panels:
        layers = scene.layers
        page.add(
            *(layermap.draw_map(layers, scene.step, width, 460 * stretch) if layers else _sentence(f"{NO_LAYERS}."))
        )
    if "distributions" in scene.panels:
        known = histograms_of(scene.runs, scene.tags, scene.knobs)
        none = "no layer matches" if histograms_of(scene.runs, scene.tags) else "no histograms yet"
        where = (scene.runs, scene.tags, scene.step, width, scene.knobs)
        page.add(*(draw_distributions(*where) if known else _sentence(f"{none}.")))


def _sentence(words: str) -> tuple[str, float]:
    return write(0, 16, words[0].upper() + words[1:]), 24


def _add_beside(page: _Page, scene: Scene, steps: tuple[float, float], column: float, stretch: float) -> None:
    tall = (230 if len(scene.charts) < BESIDE else 180) * stretch
    layout = Layout.of(scene.charts, (column, tall), steps, scene.step, scene.reading)
    stack = _Page(0)
    for chart in scene.charts:
        stack.add(*draw_chart(chart, layout))
    left, height = stack.finished()
    right, other = draw_ridges(
        scene.runs,
        scene.tags,
        scene.step,
        column,
        max(300, height),
        scene.superseded,
        {name: knob for name, knob in scene.knobs.items() if name != "mode"},
    )
    page.add(f'{left}<g transform="translate({column + GAP:g},0)">{right}</g>', max(height, other))


def _add_charts(page: _Page, scene: Scene, steps: tuple[float, float], width: float, stretch: float) -> None:
    charts = scene.charts
    columns = 2 if width >= NARROW and len(charts) > 1 else 1
    column = (width - GAP * (columns - 1)) / columns
    tall = (240 if len(charts) == 1 else 200) * stretch
    layout = Layout.of(charts, (column, tall), steps, scene.step, scene.reading)
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
    said = [WORDS[scene.reading.horizontal.axis] if "charts" in scene.panels else ""]
    said += [f"smoothing {scene.smoothing:.2f}"] if scene.smoothing > 0 else []
    if any(said):
        parts.append(write(width, 15, " · ".join(filter(None, said)), anchor="end"))
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
