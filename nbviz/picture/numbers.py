"""Numbers of the static picture, in the notation of the front end (js/src/axes.ts, js/src/valueaxis.ts)."""

from __future__ import annotations

import math
from collections.abc import Callable

Format = Callable[[float], str]


def step_text(step: float) -> str:
    return _minus(f"{int(step):,}")


def value_format(low: float, high: float, percent: bool) -> Format:
    """How values beside an axis from ``low`` to ``high`` are written: so that a thousandth of it can be told apart."""
    largest = max(abs(low), abs(high))
    decimals = min(6, max(0, math.ceil(3 - math.log10(largest) - 1e-9))) if largest > 0 else 3
    digits = max(3, decimals) if largest < 10 else decimals

    def text(value: float) -> str:
        if not math.isfinite(value):
            return _not_finite(value)
        if percent:
            return _minus(f"{100 * value:.1f}\u00a0%")
        size = abs(value)
        if value and (largest < 1e-3 or size >= 1e7 or size < 0.5 * 10**-decimals):
            return _power(f"{value:.1e}")
        return _minus(f"{value:,.{digits}f}")

    return text


def tick_format(low: float, high: float, step: float, percent: bool) -> Format:
    """How the ticks of an axis are written: all with the digits that their distance needs."""
    largest = max(abs(low), abs(high))
    if percent:
        decimals = _decimals(100 * step)
        return lambda value: _minus(f"{100 * value:.{decimals}f}\u00a0%")
    if 1e5 <= largest < 1e15:
        return short
    if largest >= 1e15 or largest < 1e-3:
        return lambda value: _power(f"{value:.2e}") if value else "0"
    decimals = _decimals(step)
    return lambda value: _minus(f"{value:,.{decimals}f}")


def short(value: float) -> str:
    """100k, 2.5M."""
    for letter, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return _minus(f"{value / size:.3g}{letter}")
    return _minus(f"{value:.3g}")


def magnitude_text(value: float) -> str:
    """A value to three digits: 0.05, −1.2, 12,000, 3.4×10⁻⁷."""
    if not math.isfinite(value):
        return _not_finite(value)
    value = float(f"{value:.2e}")
    if value == 0 or 0.01 <= abs(value) < 1e5:
        return _minus(f"{value:,.10g}")
    digits, _, power = f"{value:.2e}".partition("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    front = digits.rstrip("0").rstrip(".")
    return _minus(f"{front[:-1]}10{raised}" if front in ("1", "-1") else f"{front}×10{raised}")


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"


def _decimals(step: float) -> int:
    return min(12, max(0, -math.floor(math.log10(step) + 1e-9)))


def _power(text: str) -> str:
    """3e−4 for 3.00e-04."""
    digits, _, power = text.partition("e")
    return _minus(f"{digits.rstrip('0').rstrip('.')}e{int(power)}")


def _minus(text: str) -> str:
    return text.replace("-", "−")
