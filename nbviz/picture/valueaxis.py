"""The value axis that ridges share, and the shapes of captures on it.

js/src/rebin.ts and js/src/valueaxis.ts choose the axis and the shapes by the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.picture.axes import GRID, Floats, ticks, trace
from nbviz.picture.layers import Capture
from nbviz.picture.numbers import magnitude_text
from nbviz.picture.words import write

BINS = 80
WIDE = 100
"""Magnitudes two decades apart no longer read on one linear axis."""
SMALL = 11.5


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


def choose_axis(layers: Sequence[Sequence[Capture]], wish: str = "auto") -> Axis:
    """As wished; else linear, or symlog where the ends are `WIDE` times the magnitude of the quietest tenth.

    As in the page it is for all captures of each layer, so that it stays while the cursor moves.
    """
    spans = [[_span(capture) for capture in captures if capture.counts.sum() > 0] for captures in layers]
    reaches = [_reach(each) for each in spans if each]
    low, high = min((reach[0] for reach in reaches), default=0.0), max((reach[1] for reach in reaches), default=0.0)
    far = max(-low, high)
    if not far > 1e-290:
        return Axis(-1.0, 1.0, 0.0)
    typical = sorted(span[2] for each in spans for span in each if span[2] > 0)
    smallest = typical[len(typical) // 10] if typical else far
    if wish != "symlog" and (wish != "auto" or far / smallest < WIDE):
        return Axis(*_linear_ends(low, high), 0.0)
    far = _round_up(far, (1, 2, 5, 10))
    threshold = 10.0 ** math.floor(math.log10(min(max(smallest / 10, far * 1e-8), far / 10)) + 1e-9)
    return Axis(-far if low < -far * 1e-3 else 0.0, far if high > far * 1e-3 else 0.0, threshold)


def _reach(spans: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Past 50 captures, the widest 2 % may run off the axis: one explosion must not flatten the rest."""
    kept = math.ceil(0.98 * (len(spans) - 1))
    return -sorted(-span[0] for span in spans)[kept], sorted(span[1] for span in spans)[kept]


def _span(capture: Capture) -> tuple[float, float, float]:
    """Ends of the central 99.9 % of the values, and the median magnitude of those that are not zero."""
    counts, edges = capture.counts, capture.edges
    below = np.concatenate([[0.0], np.cumsum(counts)])
    # Bins that hold something: interpolating over empty ones would put an end into the middle of nowhere.
    first, last = np.flatnonzero(counts)[[0, -1]]
    wanted = below[-1] * np.array([0.0005, 0.9995])
    low, high = np.interp(wanted, below[first : last + 2], edges[first : last + 2])
    middles = np.abs(edges[1:] / 2 + edges[:-1] / 2)
    order = np.argsort(middles)
    weights = np.where(zero_bins(capture), 0.0, counts)[order]
    passed = np.cumsum(weights)
    if not passed[-1] > 0:
        return float(low), float(high), 0.0
    return float(low), float(high), float(middles[order][np.searchsorted(passed, passed[-1] / 2)])


def _linear_ends(low: float, high: float) -> tuple[float, float]:
    """As far to both sides where they are alike, from zero where zero is near, otherwise around the values."""
    grain = (1, 1.5, 2, 3, 5, 7, 10)
    near, far = sorted((-low, high))
    if near > far / 4:
        return -_round_up(far, grain), _round_up(far, grain)
    if low < high / 2 and high > low / 2:
        return -_round_up(-low, grain), _round_up(high, grain)
    step = _round_up(max(high - low, 0.02 * abs(high)) / 2, grain) / 2
    return math.floor(low / step - 0.25) * step, math.ceil(high / step + 0.25) * step


def _round_up(value: float, steps: Sequence[float]) -> float:
    if not value > 1e-300:
        return 0.0
    decade = 10.0 ** math.floor(math.log10(value))
    return next((step * decade for step in steps if step * decade >= value * (1 - 1e-9)), 10 * decade)


# The shapes


def zero_bins(capture: Capture) -> NDArray[np.bool_]:
    """The bins that hold nothing but zeros, as far as they can tell; none where zeros were counted apart."""
    limit = max(1e-6 * float(np.abs(capture.edges[[0, -1]]).max()), 1e-12)
    return np.asarray((capture.edges[:-1] >= -limit) & (capture.edges[1:] <= limit) & (capture.zeros == 0))


def heights_of(capture: Capture, axis: Axis) -> tuple[Floats, float]:
    """0 to 1 per display bin, 1 at the highest that is not the peak of zeros; and the share of the values there."""
    near_zero = zero_bins(capture)
    zeros = float(capture.counts[near_zero].sum())
    below = np.concatenate([[0.0], np.cumsum(np.where(near_zero, 0.0, capture.counts))])
    display = axis.edges()
    passed = np.interp(display, capture.edges, below)
    # What lies beyond an end of the axis is counted in the bin at that end.
    passed[0], passed[-1] = 0.0, below[-1]
    masses = np.diff(passed)
    padded = np.concatenate([masses[:1], masses, masses[-1:]])
    masses = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    scale = float(masses.max()) or zeros or 1.0
    heights: Floats = masses / scale
    total = float(capture.counts.sum()) + capture.zeros
    if zeros > 0:
        right = int(np.searchsorted(display, 0.0, side="right"))
        # The zeros would dwarf everything else: they are drawn no higher than the rest, and said at the row's end.
        for i, share in ((right - 2, 0.5), (right - 1, 1.0), (right, 0.5)):
            if 0 <= i < BINS:
                heights[i] = min(1.0, heights[i] + share * min(1.0, zeros / 2 / scale))
    return heights, scale / total if total > 0 else 0.0


def outline(
    capture: Capture, axis: Axis, sides: tuple[float, float], base: float, rise: float, common: float | None = None
) -> str:
    """Path data of a shape; where there is a ``common`` share, it is as high as that is against its own."""
    heights, peak = heights_of(capture, axis)
    filled = np.flatnonzero(heights > 1e-4)
    if not len(filled):
        return ""
    scaled = heights if not common else np.minimum(1.15, heights * (peak / common))
    first, last = int(filled[0]), int(filled[-1])
    middles = np.arange(first, last + 1) + 0.5
    x = sides[0] + np.concatenate([[first], middles, [last + 1]]) / BINS * (sides[1] - sides[0])
    y = base - np.concatenate([[0.0], scaled[first : last + 1], [0.0]]) * rise
    return trace(x, y)[0]


def draw_grid(axis: Axis, sides: tuple[float, float], top: float, bottom: float) -> str:
    """Vertical hairlines at the ticks, their labels below."""
    room = sides[1] - sides[0]
    values = np.array(axis.ticks(max(2, min(6, int(room / 75)))))
    parts, words = [], []
    for value, share in zip(values.tolist(), axis.bend(values).tolist(), strict=True):
        x = sides[0] + share * room
        parts.append(f"M{round(x) + 0.5:g},{top:g}V{bottom:.1f}")
        words.append(write(x, bottom + 17, magnitude_text(value), size=SMALL, anchor="middle"))
    return f'<path class="grid" d="{"".join(parts)}" {GRID}/>' + "".join(words)
