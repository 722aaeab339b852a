"""The layer map of the static picture: depth times steps, one statistic of every layer as a strip of cells.

js/src/heat.ts and js/src/strip.ts choose the colours and the cells by the same rules.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.picture.axes import Floats, step_ticks
from nbviz.picture.colors import TEXT, WARNING
from nbviz.picture.layers import names_of
from nbviz.picture.numbers import magnitude_text, step_text
from nbviz.picture.statistics import CAPTURES, find_layers, title_of, values_of
from nbviz.picture.words import clean, shorten, strong, width_of, write, write_markup
from nbviz.run import Run
from nbviz.series import HistogramSeries

ROWS, COLUMNS = 32, 160
HEAD, FOOT, SMALL = 24, 22, 11.5
# In OKLab, as in js/src/heat.ts, but between the darkest and the palest of it: the ground may be white or black.
ANCHORS = ((0.88, -0.05, 0.005), (0.68, -0.07, -0.08), (0.49, -0.01, -0.145), (0.32, 0.06, -0.11))
REACH = 2

Reading = Literal["log", "share", "count"]


class Map(NamedTuple):
    title: str
    labels: list[str]
    cells: Floats
    """A row for each layer: values on the scale, NaN where there is none, ∞ for what is not finite, -∞ for zeros."""
    steps: tuple[float, float]
    ends: tuple[float, float]
    reading: Reading
    approximate: bool
    total: int
    """How many layers there are, of which some rows are shown."""
    first: str
    """Where what is not finite was first seen, in words."""

    @classmethod
    def of(cls, runs: Sequence[Run], tags: Sequence[str] | None, wanted: str, search: str = "") -> Map | None:
        found = find_layers(runs, tags, wanted, search)
        if not found.layers:
            return None
        rows = np.unique(np.linspace(0, len(found.layers) - 1, ROWS).round().astype(int))
        shown = [found.layers[row] for row in rows.tolist()]
        values = [values_of(layer, found.statistic) for layer in shown]
        filled = [each for each in values if len(each[0])]
        if not filled:
            return None
        kind = found.statistic.split("/")[1]
        reading: Reading = "count" if kind == "nonfinite" else "log" if kind in ("norm", "ratio") else "share"
        stride = max((steps[-1] - steps[0]) / max(1, len(steps) - 1) for steps, _ in filled) or 1.0
        steps = (min(each[0][0] for each in filled), max(each[0][-1] for each in filled) + stride)
        scaled = [(at, _scaled(reading, each)) for at, each in values]
        cells = np.array([_cells(at, each, steps) for at, each in scaled])
        labels, _ = names_of([layer.name for layer in shown])
        if len({id(layer.run) for layer in shown}) > 1:
            labels = [f"{layer.run.name} {label}" for layer, label in zip(shown, labels, strict=True)]
        ends = _ends(cells) if reading == "log" else (0.0, 1.0)
        sampled = len(shown) < len(found.layers) or any(
            isinstance(each.series, HistogramSeries) and len(each.series) > CAPTURES for each in shown
        )
        title, first = title_of(found.statistic), _first(scaled, labels, sampled)
        return cls(title, labels, cells, steps, ends, reading, found.approximate, len(found.layers), first)

    def words(self) -> str:
        low, high = (_end_text(self.reading, end) for end in self.ends)
        said = f"{self.title} of {self.total:,} layer{'s' if self.total > 1 else ''}"
        said += "" if self.reading == "count" else f" on a scale from {low} to {high}"
        return f"{said}; {self.first}" if self.first else said


def _scaled(reading: Reading, values: Floats) -> Floats:
    with np.errstate(all="ignore"):
        scaled = np.log10(values) if reading == "log" else np.where((reading == "count") & (values > 0), np.inf, values)
    return np.where(np.isfinite(values) & ((reading != "log") | (values >= 0)), scaled, np.inf)


def _cells(steps: Floats, values: Floats, ends: tuple[float, float]) -> Floats:
    """The largest value of each pixel, or the one that holds there; none where the layer was not captured."""
    edges = np.linspace(*ends, COLUMNS + 1)
    inside = np.searchsorted(steps, edges)
    stride = float(np.median(np.diff(steps))) if len(steps) > 1 else math.inf
    cells = np.full(COLUMNS, np.nan)
    for i, (begin, end) in enumerate(zip(inside[:-1].tolist(), inside[1:].tolist(), strict=True)):
        reach = stride if begin == len(steps) else REACH * stride
        if end > begin:
            cells[i] = values[begin:end].max()
        elif begin and edges[i] < steps[begin - 1] + reach:
            cells[i] = values[begin - 1]
    return cells


def _ends(cells: Floats) -> tuple[float, float]:
    """Whole decades around all but half a percent of the cells at each end, three at least.

    They reach beyond all but a tenth at each end by as much as those span: an odd layer does not set the scale.
    """
    finite = cells[np.isfinite(cells)]
    if not len(finite):
        return -2.0, 1.0
    low, first, last, high = np.quantile(finite, [0.005, 0.1, 0.9, 0.995])
    room = max(3.0, last - first)
    low, high = np.floor(max(low, first - room)), np.ceil(min(high, last + room))
    while high - low < 3:
        low, high = (low, high + 1) if (high - low) % 2 else (low - 1, high)
    return float(low), float(high)


def _first(values: list[tuple[Floats, Floats]], labels: list[str], sampled: bool) -> str:
    """``sampled`` where others than those looked at may have been broken before."""
    when = [float(steps[broken][0]) if (broken := scaled == np.inf).any() else math.inf for steps, scaled in values]
    step = min(when)
    if step == math.inf:
        return ""
    words = f"NaN/Inf {'by' if sampled else 'from'} step {step_text(step)}: {clean(labels[when.index(step)])}"
    return f"{words} and others" if when.count(step) > 1 else words


def _end_text(reading: Reading, end: float) -> str:
    return magnitude_text(10.0 ** max(-300.0, min(300.0, end))) if reading == "log" else f"{100 * end:.0f}\u00a0%"


def heat_colors(shares: Floats) -> NDArray[np.uint8]:
    """Colours of shares of the scale, shape (..., 3): a larger value is darker."""
    at = np.clip(shares, 0, 1) * (len(ANCHORS) - 1)
    lightness, a, b = (np.interp(at, range(len(ANCHORS)), part) for part in zip(*ANCHORS, strict=True))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    parts = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
    )
    linear = np.stack(parts, -1).clip(0, 1)
    gamma = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray((255 * gamma).round(), np.uint8)


def draw_map(shown: Map, step: int, width: float, height: float) -> tuple[str, float]:
    """The panel with its upper left corner at the origin, and its height."""
    rows = len(shown.labels)
    pitch = max(8.0, min(26.0, (height - HEAD - FOOT) / rows))
    names = [shorten(label, min(180.0, width * 0.27)) for label in shown.labels]
    left = max(map(width_of, names)) + 12
    bottom = HEAD + pitch * rows
    box = (left, width - 8, bottom, pitch)
    every = max(1, math.ceil(14 / pitch))
    words = [write(0, HEAD + pitch * (i + 0.5) + 4, name) for i, name in enumerate(names) if i % every == 0]
    parts = [_head(shown, width), *words, _image(shown, box), _marks(shown, box), _steps(shown, step, box)]
    said = [f"{rows} of {shown.total:,} layers, evenly spread"] if shown.total > rows else []
    said += ["grey: exactly zero"] if (shown.cells == -np.inf).any() else []
    if said:
        bottom += 20
        parts.append(write(0, bottom + FOOT - 4, " · ".join(said)))
    return "".join(parts), bottom + FOOT


Box = tuple[float, float, float, float]
"""Left and right end, bottom and height of a row, in pixels."""


def _image(shown: Map, box: Box) -> str:
    """The cells as a tiny picture that browsers enlarge without smoothing: thousands of rectangles would weigh more."""
    low, high = shown.ends
    with np.errstate(all="ignore"):
        colors = heat_colors((shown.cells - low) / (high - low))
    pixels = np.concatenate([colors, np.full((*colors.shape[:2], 1), 255, np.uint8)], -1)
    pixels[shown.cells == np.inf] = (*bytes.fromhex(WARNING[1:]), 255)
    pixels[shown.cells == -np.inf] = (0x80, 0x80, 0x80, 0x60)
    pixels[np.isnan(shown.cells)] = 0
    left, right, bottom, _ = box
    place = f'x="{left:.1f}" y="{HEAD}" width="{right - left:.1f}" height="{bottom - HEAD:.1f}"'
    address = base64.b64encode(_png(pixels)).decode()
    style = 'preserveAspectRatio="none" style="image-rendering:pixelated"'
    return f'<image class="cells" {place} {style} href="data:image/png;base64,{address}"/>'


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """https://www.w3.org/TR/png-3/: eight bits a part, four parts, no filter."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    height, width = pixels.shape[:2]
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")


def _marks(shown: Map, box: Box) -> str:
    """Stripes over what is not finite, so that not only the colour tells it."""
    left, right, _, pitch = box
    scale, parts = (right - left) / COLUMNS, []
    for row, cells in enumerate(shown.cells == np.inf):
        bounds = np.flatnonzero(np.diff(np.concatenate([[0], cells.astype(np.int8), [0]])))
        for begin, end in zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True):
            across = f"M{left + begin * scale:.1f},{HEAD + row * pitch:.1f}h{(end - begin) * scale:.1f}"
            parts.append(f"{across}v{pitch:.1f}h{(begin - end) * scale:.1f}z")
    if not parts:
        return ""
    stripes = (
        '<pattern id="stripes" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path d="M0,0V5" stroke="#fff" stroke-width="3" stroke-opacity=".7"/></pattern>'
    )
    return f'{stripes}<path class="broken" d="{"".join(parts)}" fill="url(#stripes)"/>'


def _steps(shown: Map, step: int, box: Box) -> str:
    left, right, bottom, _ = box
    low, high = shown.steps
    ticks, text = step_ticks(shown.steps, right - left)
    parts = []
    for tick in ticks:
        x = min(left + (tick - low) / (high - low) * (right - left), right + 8 - width_of(text(tick), SMALL) / 2)
        parts.append(write(x, bottom + 16, text(tick), size=SMALL, anchor="middle"))
    if low <= step < high:
        x = round(left + (step - low) / (high - low) * (right - left))
        parts.append(f'<path class="cursor" d="M{x},{HEAD - 4}V{bottom:.1f}" stroke="{TEXT}" stroke-width="2"/>')
    return "".join(parts)


def _head(shown: Map, width: float) -> str:
    note = ' <tspan dx="10" font-size="12.5">≈ from histograms</tspan>' if shown.approximate else ""
    x = width - 8
    parts = [write_markup(0, 14, strong(shown.title) + note, size=13)]
    if shown.reading != "count":
        low, high = (_end_text(shown.reading, end) for end in shown.ends)
        stops = "".join(
            f'<stop offset="{share:g}" stop-color="#{bytes(heat_colors(np.array(share)).tolist()).hex()}"/>'
            for share in np.linspace(0, 1, 9).tolist()
        )
        start = x - width_of(high, SMALL) - 106
        bar = f'<rect x="{start:.1f}" y="5" width="100" height="10" rx="2" fill="url(#heat)"/>'
        parts.append(f'<linearGradient id="heat">{stops}</linearGradient>{bar}')
        parts += [write(x, 14, high, size=SMALL, anchor="end"), write(start - 6, 14, low, size=SMALL, anchor="end")]
        x = start - width_of(low, SMALL) - 22
    if shown.first:
        room = x - width_of(shown.title + ("≈ from histograms" if note else ""), 13, 650) - 30
        parts.append(write(x, 14, shorten(shown.first, max(120.0, room)), fill=WARNING, anchor="end"))
    return "".join(parts)
