"""Axes of the static picture: where they reach, their ticks, and paths between them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.picture.numbers import Format, digits_for, short, step_text, tick_format

Floats = NDArray[np.float64]

GRID = 'stroke="#808080" stroke-opacity=".26"'
LARGEST = 1e307
"""Beyond this a span no longer fits into a float64."""
SMALLEST = 1e-290
"""Below this neither the powers of ten that ticks are made of do."""


class Box(NamedTuple):
    """Where a plot lies, in pixels, and what stands at its edges: steps, epochs or times, and values."""

    left: float
    top: float
    right: float
    bottom: float
    across: tuple[float, float]
    values: tuple[float, float]
    log_x: bool = False
    log_y: bool = False

    def x(self, places: NDArray[np.number[Any]] | np.number[Any]) -> Floats:
        return self.left + _shares(places, self.across, self.log_x) * (self.right - self.left)

    def y(self, values: Floats) -> Floats:
        return self.bottom - _shares(values, self.values, self.log_y) * (self.bottom - self.top)


BEYOND = 9.0
"""Lengths of an axis beyond its ends at which nothing can be seen any more, however steep."""


def _shares(values: NDArray[np.number[Any]] | np.number[Any], ends: tuple[float, float], log: bool) -> Floats:
    """Where values lie between two ends; NaN where they are not finite, or have no logarithm."""
    with np.errstate(all="ignore"):
        low, high = np.log10(ends) if log else np.asarray(ends, np.float64)
        values = np.asarray(values, np.float64)
        values = np.where(values > 0, np.log10(values), np.nan) if log else values
        return np.where(np.isfinite(values), np.clip((values - low) / (high - low), -BEYOND, 1 + BEYOND), np.nan)


def tick_step(low: float, high: float, count: int) -> float:
    """One, two or five times a power of ten, which fits about ``count`` times between the ends (as in d3-array)."""
    raw = (high - low) / max(1, count)
    decade = 10.0 ** math.floor(math.log10(raw))
    share = raw / decade
    return decade * (10 if share >= 50**0.5 else 5 if share >= 10**0.5 else 2 if share >= 2**0.5 else 1)


def ticks(low: float, high: float, count: int) -> list[float]:
    """The multiples of `tick_step` between two ends."""
    step = tick_step(low, high, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [_multiple(i, step) for i in range(first, last + 1)]


def _multiple(i: int, step: float) -> float:
    # Dividing by a whole number gives 0.3 where multiplying by 0.1 gives 0.30000000000000004.
    whole = 1 / step if step < 1 else 0
    return i / round(whole) if whole and whole < 1e15 else i * step


def value_ends(low: float, high: float, percent: bool) -> tuple[float, float]:
    """The ends of a value axis: nice numbers, zero where it is near, and never one and the same."""
    if not low <= high:
        return 0.0, 1.0
    low, high = max(low, -LARGEST), min(high, LARGEST)
    largest = max(abs(low), abs(high))
    if high - low <= max(1e-9 * largest, SMALLEST):
        if percent or largest <= SMALLEST:
            return 0.0, 1.0
        return (0.0, 2 * high) if high > 0 else (2 * low, 0.0)
    if 0 < low <= 0.3 * high:
        low = 0.0
    if 0.3 * low <= high < 0:
        high = 0.0
    for _ in range(2):
        step = tick_step(low, high, 8)
        low, high = _multiple(math.floor(low / step + 1e-9), step), _multiple(math.ceil(high / step - 1e-9), step)
    return low, high


def step_ends(low: float, high: float) -> tuple[float, float]:
    start = 0.0 if 0 <= low <= 0.03 * high else low
    return (start, high) if high > start else (start, start + max(1.0, abs(start) * 1e-12))


def value_ticks(ends: tuple[float, float], count: int, percent: bool) -> tuple[list[float], Format]:
    """A whole is divided into quarters, everything else as d3-array does."""
    whole = percent and ends == (0.0, 1.0) and count >= 4
    values = [0.0, 0.25, 0.5, 0.75, 1.0] if whole else ticks(*ends, count)
    return values, tick_format(*ends, tick_step(*ends, count), percent)


def step_ticks(ends: tuple[float, float], room: float) -> tuple[list[float], Format]:
    text = step_format(ends)
    return whole_ticks(ends, max(1, min(8, int(room / max(72, 9 * len(text(ends[1]))))))), text


def step_format(ends: tuple[float, float]) -> Format:
    digits = max(3, digits_for((ends[1] - ends[0]) / 8, ends[1]))
    return (lambda step: short(step, digits)) if ends[1] >= 1e7 else step_text


def whole_ticks(ends: tuple[float, float], count: int) -> list[float]:
    return [tick for tick in ticks(*ends, count) if float(tick).is_integer()]


def trace(x: Floats, y: Floats) -> tuple[str, str]:
    """Path data through the points, with a gap where one of them is not finite.

    Returns
    -------
    line, dots : str
        Points without a neighbour to be joined to are the dots: they have no length, and show with round caps.

    Notes
    -----
    Relative coordinates in tenths of a pixel, differences of rounded ones so that no error adds up.
    """
    good = np.isfinite(x) & np.isfinite(y)
    # What does not move within a tenth of a pixel need not be written.
    across, down = (np.rint(np.where(good, each, 0) * 10) for each in (x, y))
    same = np.zeros(len(x), bool)
    same[1:] = good[1:] & good[:-1] & (np.diff(across) == 0) & (np.diff(down) == 0)
    good, across, down = good[~same], across[~same], down[~same]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
    line, dots = [], []
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        start = f"M{across[begin] / 10:g},{down[begin] / 10:g}"
        if end - begin == 1:
            dots.append(start + "h0")
            continue
        moves = np.column_stack([np.diff(across[begin:end]), np.diff(down[begin:end])]) / 10
        line.append(start + "l" + " ".join([f"{right:g},{below:g}" for right, below in moves.tolist()]))
    return "".join(line), "".join(dots)
