"""Words of the static picture: colours, widths and markup of its texts.

Tags, names and titles come from anywhere, so none of them reaches the markup as it is.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Literal

from nbviz.picture.colors import TEXT

LONGEST = 240
"""Characters of a name that are looked at."""

# XML 1.0 has no way to write control characters and lone surrogates (https://www.w3.org/TR/xml/#charsets), and the
# overrides of writing direction would turn the words after them around.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_NARROW, _WIDE = set("ijlftrI.,:;|!'`()[]{}/\\ -\u00a0·"), set("mwMW@%—…<>=+~#&")


def clean(text: object) -> str:
    """One line of writable characters, cut in its middle where it is very long."""
    words = str(text)
    if len(words) > LONGEST:
        words = f"{words[: LONGEST // 2]}…{words[-LONGEST // 2 :]}"
    return re.sub("[ \t\r\n]+", " ", _UNWRITABLE.sub("\ufffd", words)).strip()


def escape(text: object) -> str:
    return html.escape(clean(text))


def width_of(text: str, size: float = 12.5, weight: int = 400) -> float:
    """About how wide a text is in pixels, in the wider of the fonts that readers have: no font can be asked here."""
    return sum(map(_em, text)) * size * (1.1 if weight > 400 else 1.0)


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.95
    if character.isascii():
        return 0.7 if character.isupper() else 0.61
    if unicodedata.combining(character):
        return 0.0
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.7


def shorten(text: str, room: float, size: float = 12.5, weight: int = 400) -> str:
    """Cuts a name to the room it has. Its end says most, so the parts between slashes and dots go from the left."""
    text = clean(text)
    if width_of(text, size, weight) <= room:
        return text
    parts = re.split(r"(?<=[/.])", text)
    for gone in range(1, len(parts) - 1):
        shorter = f"{parts[0]}…{''.join(parts[gone + 1 :])}"
        if width_of(shorter, size, weight) <= room:
            return shorter
    end = text
    while end and width_of("…" + end, size, weight) > room:
        end = end[1:]
    return "…" + end


def strong(text: object) -> str:
    return f'<tspan font-weight="650">{escape(text)}</tspan>'


def write(
    x: float,
    y: float,
    text: object,
    *,
    size: float = 12.5,
    weight: int = 400,
    fill: str = TEXT,
    anchor: Literal["start", "middle", "end"] = "start",
) -> str:
    """A ``<text>``; what the picture's root sets already is left out."""
    return write_markup(x, y, escape(text), size=size, weight=weight, fill=fill, anchor=anchor)


def write_markup(
    x: float, y: float, markup: str, *, size: float = 12.5, weight: int = 400, fill: str = TEXT, anchor: str = "start"
) -> str:
    """`write` for words that are escaped already, in ``<tspan>`` perhaps."""
    marks = [f' font-size="{size:g}"' if size != 12.5 else "", f' font-weight="{weight}"' if weight != 400 else ""]
    marks += [f' fill="{fill}"' if fill != TEXT else "", f' text-anchor="{anchor}"' if anchor != "start" else ""]
    return f'<text x="{x:.1f}" y="{y:.1f}"{"".join(marks)}>{markup}</text>'
