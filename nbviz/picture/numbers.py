"""Numbers of the static picture, in the notation of the front end (js/src/axes.ts, js/src/numbers.ts)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

Format = Callable[[float], str]

PREFIXES = "yzafpnµm kMBTPEZY"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def step_text(step: float) -> str:
    return _minus(f"{int(step):,}")


def value_format(low: float, high: float, percent: bool) -> Format:
    """How values beside an axis from ``low`` to ``high`` are written: so that a thousandth of it can be told apart."""
    largest = max(abs(low), abs(high))
    decimals = min(6, max(0, math.floor(3.5 - math.log10(largest)))) if largest > 0 else 6
    digits = max(3, decimals) if largest < 10 else decimals

    def text(value: float) -> str:
        if not math.isfinite(value):
            return _not_finite(value)
        if percent:
            return _minus(f"{100 * value:.1f}\u00a0%")
        if 1e6 <= largest < 1e15:
            return prefixed(value, 3)
        if largest < 1e-3 or largest >= 1e15 or 0 < abs(value) < 0.5 * 10**-decimals:
            return scientific(value, 2)
        return _minus(f"{value:,.{digits}f}")

    return text


def tick_format(low: float, high: float, step: float, percent: bool) -> Format:
    """How the ticks of an axis are written: all with the digits that their distance needs."""
    largest = max(abs(low), abs(high))
    if percent:
        decimals = _decimals(100 * step)
        return lambda value: _minus(f"{100 * value:.{decimals}f}\u00a0%")
    digits = digits_for(step, largest)
    if 1e5 <= largest < 1e15:
        return lambda value: short(value, max(3, digits))
    if largest >= 1e15 or largest < 1e-3:
        return lambda value: powered(value, max(2, digits - 1))
    decimals = _decimals(step)
    return lambda value: _minus(f"{value:,.{decimals}f}")


def digits_for(step: float, largest: float) -> int:
    """How many digits tell apart numbers that lie ``step`` apart, where the largest is ``largest``."""
    below = abs(largest - step)
    return 1 + (max(0, math.floor(math.log10(below) + 1e-12) - math.floor(math.log10(step) + 1e-12)) if below else 0)


def short(value: float, digits: int = 3) -> str:
    """100k, 2.5M."""
    text = prefixed(value, digits)
    number, letter = (text[:-1], text[-1]) if text[-1] in PREFIXES else (text, "")
    return (number.rstrip("0").rstrip(".") if "." in number else number) + letter


def prefixed(value: float, digits: int) -> str:
    """With an SI prefix, but B for 10⁹: 7.00B."""
    rounded = float(f"{value:.{digits - 1}e}")
    thousands = min(8, max(-8, math.floor(math.log10(abs(rounded)) + 1e-12) // 3)) if rounded else 0
    text = f"{rounded / 1000.0**thousands:#.{digits}g}".rstrip(".")
    return _minus(text) + PREFIXES[8 + thousands].strip()


def scientific(value: float, decimals: int) -> str:
    """1.5×10⁻³"""
    if not value:
        return f"{0:.{decimals}f}"
    digits, _, power = f"{value:.{decimals}e}".partition("e")
    return _minus(digits) + "×10" + str(int(power)).translate(RAISED)


def powered(value: float, decimals: int) -> str:
    """`scientific` without what says nothing: 2×10⁻³ and 10⁻³."""
    if not value:
        return "0"
    digits, times, power = scientific(value, decimals).partition("×")
    front = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return front[:-1] + power if front in ("1", "−1") else front + times + power


def magnitude_text(value: float) -> str:
    """A value to three digits: 0.05, −1.2, 12,000, 3.4×10⁻⁷."""
    if not math.isfinite(value):
        return _not_finite(value)
    rounded = float(f"{value:.2e}")
    return _minus(f"{rounded:,.10g}") if rounded == 0 or 0.01 <= abs(rounded) < 1e5 else powered(value, 2)


def log_text(value: float, percent: bool = False) -> str:
    """A tick of a logarithmic axis: each by itself, as no digits are common to all."""
    shown = 100 * value if percent else value
    plain = f"{float(f'{shown:.3g}' if shown < 1e3 else f'{shown:.6g}'):,.10g}"
    text = plain if 1e-3 <= shown < 1e5 else powered(shown, 2)
    return f"{text}\u00a0%" if percent else text


def significant(value: float) -> str:
    """A number to six digits."""
    return _minus(f"{value:,.6g}")


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"


def _decimals(step: float) -> int:
    return min(12, max(0, -math.floor(math.log10(step) + 1e-9)))


def _minus(text: str) -> str:
    """With a true minus sign, and none before what was rounded to zero."""
    return text.replace("-", "−" if re.search("[1-9]", text) else "")
