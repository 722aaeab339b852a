"""A confusion matrix at the cursor, as a figure of bqplot."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from nbviz.bq import look
from nbviz.bq.follower import Changes, accepted, checked, follow
from nbviz.bq.marks import item_at
from nbviz.series import Confusion, ItemSeries

CLASSES = 100
"""Every cell is an element of the page, and of more classes none could be read."""
WRITTEN = 12
"""Up to so many classes the shares are written into their cells."""


def confusion(series: ItemSeries, **traits: Any) -> bqplot.Figure:
    """The confusion matrix at the cursor: of each true class, the shares of what it was taken for.

    Parameters
    ----------
    series : ItemSeries
        As ``run["confusion"]`` gives what `Run.log_confusion` logged.
    **traits
        Of `bqplot.Figure`, such as ``layout``.

    Returns
    -------
    bqplot.Figure
        Its one mark is a `bqplot.GridHeatMap`. It follows until ``close()``.

    Raises
    ------
    ValueError
        If there are more than 100 classes.
    """
    checked(series, "confusion", "confusion")
    first = item_at(series, 0)
    if first is not None and len(first.labels) > CLASSES:
        raise ValueError(f"bq.confusion() shows at most {CLASSES} classes, and {series.tag!r} has {len(first.labels)}.")
    mark = _grid()
    own = {
        "axes": [
            look.axis(mark.scales["column"], "taken for", label_offset="36px"),
            look.axis(mark.scales["row"], "class", label_offset="76px", side="left", grid_lines="none"),
        ],
        "fig_margin": {**look.MARGIN, "left": 96},
        "layout": {"width": "480px", "height": "420px"},
        "padding_y": 0.0,
        "title_style": look.TITLE,
    }
    drawn = bqplot.Figure(**{"marks": [mark], **own, **accepted(bqplot.Figure, traits, "confusion")})

    def read(step: int) -> Changes:
        item = item_at(series, step)
        if item is None or len(item.labels) > CLASSES:
            return []
        return [(mark, cells(item)), (drawn, {"title": _title(item)})]

    follow(series, drawn, read)
    return drawn


def _grid() -> Any:
    scales = {
        "row": bqplot.OrdinalScale(reverse=True),
        "column": bqplot.OrdinalScale(),
        "color": bqplot.ColorScale(colors=look.SHARES, min=0.0, max=1.0),
    }
    return bqplot.GridHeatMap(
        color=np.zeros((2, 2)), scales=scales, stroke="transparent", null_color=None, font_style=look.ON_SHARES
    )


def cells(item: Confusion) -> dict[str, Any]:
    """Rows that add up to one, or hold nothing where a class has no examples."""
    totals = item.matrix.sum(axis=1, keepdims=True)
    shares = np.divide(item.matrix, totals, out=np.zeros_like(item.matrix), where=totals > 0)
    labels = np.array(item.labels)
    written = ".0%" if len(labels) <= WRITTEN else None
    return {"color": shares, "row": labels, "column": labels, "display_format": written}


def _title(item: Confusion) -> str:
    return f"step {item.step:,}: {item.accuracy:.1%} of {item.matrix.sum():,.0f} right"
