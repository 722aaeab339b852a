"""Colours and scales, as in our own views: hues that read on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bqplot
import numpy as np

from nbviz.charts import Role
from nbviz.picture.lines import HUES, ROLES
from nbviz.picture.ridges import depth_color

GREY = "#808080"
DEPTHS = [depth_color(share) for share in (0.0, 0.5, 1.0)]
SHARES = ["#e8f0f7", "#337ab5"]
ON_SHARES = {"fill": "#14171d", "font-size": "12px"}
STYLES = {"train": "solid", "validation": "dashed", "test": "dotted"}
MARGIN = {"top": 44, "bottom": 48, "left": 68, "right": 24}
TITLE = {"fill": GREY, "font-size": "13px", "font-weight": "650"}
"""bqplot's own titles and labels are orange on a dark page."""
LAYOUT = {"width": "100%", "height": "320px"}


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
