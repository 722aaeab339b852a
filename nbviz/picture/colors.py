"""Colours of the static picture: those of the page, light and dark (js/src/theme.ts, to which tests hold them).

A picture is drawn in the light ones. `themed` makes it dark, or one that goes by its reader's page.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

Theme = Literal["light", "dark", "host"]

LIGHT = ("#0072b2", "#c65102", "#1b5742", "#782c76", "#57480f", "#5a14da", "#747281")
DARK = ("#56b4e9", "#ff9552", "#66f2b0", "#c6879f", "#fbde64", "#9784fd", "#cbe3f0")
HUES = LIGHT
DEPTHS = {"light": ("#0072b2", "#45579a", "#8e3374"), "dark": ("#56b4e9", "#9a98d6", "#da74b0")}
TEXT, WARNING = "#646c78", "#b84a00"
GROUND = {"light": "#ffffff", "dark": "#14171d"}
INK = {"light": "#1b2028", "dark": "#eef0f3"}
SHADES = 255


def _mixed(depths: tuple[str, ...], depth: float) -> str:
    parts = [[int(color[at : at + 2], 16) for color in depths] for at in (1, 3, 5)]
    return "#" + "".join(f"{round(float(np.interp(2 * depth, range(3), part))):02x}" for part in parts)


def depth_color(depth: float) -> str:
    """A layer's, from the first to the last of its net."""
    return _mixed(DEPTHS["light"], round(min(1.0, max(0.0, depth)) * SHADES) / SHADES)


IN_DARK = {
    **{_mixed(DEPTHS["light"], i / SHADES): _mixed(DEPTHS["dark"], i / SHADES) for i in range(SHADES + 1)},
    **dict(zip(LIGHT, DARK, strict=True)),
    TEXT: "#98a1ae",
    WARNING: "#ff9d5e",
    GROUND["light"]: GROUND["dark"],
}
"""What each colour is on a dark ground."""

STRONG = 'text:not([fill])[font-weight="650"],text:not([fill])>[font-weight="650"]'
"""Strong words that have no colour of their own."""
_PAINTED = re.compile(r'\b(fill|stroke|stop-color)="(#[0-9a-f]{6})"')


def theme_of(ink: str, background: str) -> Theme:
    """The theme for a picture whose colours of texts and ground are these: dark where one of them says so."""
    if background:
        return "dark" if _lightness(background, 1.0) < 0.22 else "light"
    return "dark" if _lightness(ink, 0.0) > 0.5 else "light"


def _lightness(color: str, otherwise: float) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance of a colour that is written in hexadecimal digits."""
    found = re.fullmatch("#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", {"black": "#000", "white": "#fff"}.get(color, color))
    if not found:
        return otherwise
    digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def themed(parts: str, theme: Theme) -> str:
    """Markup that was drawn in the colours of the light theme, in those of another; of the host, with rules for it."""
    if theme == "light":
        return parts
    if theme == "dark":
        return _PAINTED.sub(lambda found: f'{found[1]}="{IN_DARK.get(found[2], found[2])}"', parts)
    used = sorted({(found[1], found[2]) for found in _PAINTED.finditer(parts) if found[2] in IN_DARK})
    rules = "".join(f'[{name}="{color}"]{{{name}:{IN_DARK[color]}}}' for name, color in used)
    light, dark = (f"{STRONG}{{fill:{INK[each]}}}" for each in ("light", "dark"))
    return f"<style>{light}@media (prefers-color-scheme:dark){{{rules}{dark}}}</style>{parts}"
