"""Ticks and labels of what is counted in seconds, as js/src/timeticks.ts has them."""

from __future__ import annotations

import math
from datetime import datetime

from nbviz.picture.axes import tick_step, ticks

MINUTE, HOUR, DAY = 60, 3600, 86_400
ROUND = (1, 2, 5, 10, 15, 30)
NICE = (*ROUND, *(each * MINUTE for each in ROUND), *(each * HOUR for each in (1, 2, 3, 6, 12)), DAY, 2 * DAY, 7 * DAY)
"""Seconds that clocks and calendars count in."""


def time_step(ends: tuple[float, float], count: int) -> float:
    """Seconds between ticks, so that there are about ``count`` of them."""
    low, high = ends
    wanted = (high - low) / max(1, count)
    if wanted < 1:
        return tick_step(low, high, count)
    return next((each for each in NICE if each >= wanted), DAY * tick_step(low / DAY, high / DAY, count))


def time_ticks(ends: tuple[float, float], count: int, wall: bool) -> list[float]:
    low, high = ends
    step = time_step(ends, count)
    if step < 1:
        return ticks(low, high, count)
    # Seconds that a clock on the wall is ahead of UTC.
    shift = _clock(low).utcoffset().total_seconds() if wall else 0.0  # type: ignore[union-attr]
    first, last = math.ceil((low + shift) / step), math.floor((high + shift) / step)
    return [at * step - shift for at in range(first, last + 1)]


def elapsed_text(seconds: float, apart: float, largest: float) -> str:
    """0, 30 s, 12 min, 1:30 h, 3 d, as finely as ticks ``apart`` need it."""
    if seconds == 0:
        return "0"
    if apart >= DAY:
        return f"{seconds / DAY:.1f}".removesuffix(".0") + "\u00a0d"
    if largest >= 2 * HOUR or (largest >= HOUR and apart >= MINUTE):
        return "{}:{:02}\u00a0h".format(*divmod(_rounded(seconds / MINUTE), 60))
    if largest < 2 * MINUTE:
        text = f"{seconds:.{min(6, math.ceil(-math.log10(apart))) if apart < 1 else 0}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) + "\u00a0s"
    if apart >= MINUTE:
        return f"{_rounded(seconds / MINUTE)}\u00a0min"
    return f"{int(seconds // MINUTE)}:{_rounded(seconds % MINUTE):02}\u00a0min"


def clock_text(seconds: float, apart: float) -> str:
    """14:05, with seconds or as a date where ticks ``apart`` need it."""
    at = _clock(seconds)
    if apart >= DAY:
        return f"{at.day} {at:%b}"
    return f"{at:%H:%M}" if apart >= MINUTE else f"{at:%H:%M:%S}"


def _clock(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)
