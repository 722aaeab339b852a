"""Colours and scales: hues of our own views in mid-tones, as bqplot is not told whether a page is light or dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bqplot
import numpy as np

from nbviz.charts import Role
from nbviz.picture.labels import ROLES

HUES = ("#337ab5", "#c35500", "#008761", "#a46086", "#9a6e00", "#4773cc", "#767676")
GREY, TEXT = "#808080", "#767676"
DEPTHS = ["#337ab5", "#6973a6", "#a75d95"]
SHARES = ["#e8f0f7", HUES[0]]
ON_SHARES = {"fill": "#14171d", "font-size": "12px"}
STYLES = {"train": "solid", "validation": "dashed", "test": "dotted"}
MARGIN = {"top": 44, "bottom": 48, "left": 68, "right": 24}
TITLE = {"fill": GREY, "font-size": "13px", "font-weight": "650"}
"""bqplot's own titles and labels are orange on a dark page."""
LAYOUT = {"width": "100%", "height": "320px"}


def depth(share: float) -> str:
    """Between `DEPTHS`."""
    parts = [[int(color[at : at + 2], 16) for color in DEPTHS] for at in (1, 3, 5)]
    return "#" + "".join(f"{round(float(np.interp(2 * share, range(3), part))):02x}" for part in parts)


def hue(index: int) -> str:
    return HUES[index % len(HUES)]


def role_of(role: Role) -> dict[str, Any]:
    """Colour and dash of a line alone."""
    return {"colors": [HUES[ROLES.index(role)]], "line_style": STYLES[role]}


def axis(scale: Any, label: str = "", side: str = "bottom", **traits: Any) -> Any:
    """An axis, at the left or the right with faint lines across; of a scale for colours, a key to them."""
    color = isinstance(scale, bqplot.ColorScale)
    lines = "none" if side == "bottom" or color else "solid"
    own = {"grid_lines": lines, "grid_color": "#80808033", "label_color": GREY}
    made = (bqplot.ColorAxis if color else bqplot.Axis)(scale=scale, label=label, side=side, **{**own, **traits})
    # A trait of its own in some versions, and no trait in others, so that none takes it along with the traits.
    made.orientation = "horizontal" if side == "bottom" else "vertical"
    return made


def ticks(labels: Mapping[float, str]) -> dict[str, Any]:
    """Labels at values of an axis, found by what JavaScript writes for a number."""
    written = {repr(float(value)).removesuffix(".0"): label for value, label in labels.items()}
    return {"tick_values": np.array(list(labels), np.float64), "tick_labels": written}
