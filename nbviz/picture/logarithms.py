"""Logarithmic axes of the static picture, as js/src/projection.ts chooses them."""

from __future__ import annotations

import math

from nbviz.picture.axes import ticks

NICE = (1, 2, 5, 10)
ROUND = ((1, 2, 5), (1, 3), (1,))
"""What of a decade is a round number, from many to few."""


def log_ends(low: float, high: float) -> tuple[float, float]:
    """Round ends of positive values, never one and the same."""
    if not (low > 0 and high >= low):
        return 0.1, 1.0
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high))
    start = next((each for each in reversed(NICE) if each * 10.0**first <= low * (1 + 1e-9)), 1)
    end = next((each for each in NICE if each * 10.0**last >= high * (1 - 1e-9)), 10)
    ends = start * 10.0**first, end * 10.0**last
    return ends if ends[1] > ends[0] else (ends[0] / 2, ends[1] * 2)


def log_ticks(ends: tuple[float, float], count: int) -> list[float]:
    """Round values between the ends, about ``count`` of them."""
    low, high = (math.log10(end) for end in ends)
    decades = range(math.floor(low + 1e-9), math.floor(high + 1e-9) + 1)
    for each in ROUND if len(decades) - 1 < 2 * count else ():
        found = [float(f"{part}e{decade}") for decade in decades for part in each]
        found = [value for value in found if low - 1e-9 <= math.log10(value) <= high + 1e-9]
        if len(found) <= count + 2:
            return found if len(found) > 2 else [value for value in ticks(*ends, max(2, count)) if value > 0]
    powers = [power for power in ticks(decades[0], decades[-1], max(1, count)) if float(power).is_integer()]
    return [10.0**power for power in powers if low - 1e-9 <= power <= high + 1e-9]
