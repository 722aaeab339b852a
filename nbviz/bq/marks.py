"""Series and histograms of a run as marks of bqplot, in step with the run and its cursor."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from nbviz.bq import look
from nbviz.bq.follower import accepted, checked, follow
from nbviz.bq.reduction import Reduction
from nbviz.charts import place
from nbviz.formats.items.histogram import with_zeros
from nbviz.picture.rows import row_at, shown_rows
from nbviz.run import run_of
from nbviz.series import Histogram, HistogramSeries, ItemSeries, ScalarSeries

BINS = 64
"""Bars of a histogram: those of bqplot are all of one width."""


def line(series: ScalarSeries, **traits: Any) -> bqplot.Lines:
    """A metric as a line that grows with its run.

    Parameters
    ----------
    series : ScalarSeries
        As ``run["loss"]`` gives it.
    **traits
        Of `bqplot.Lines`, such as ``scales`` or ``colors``.

    Returns
    -------
    bqplot.Lines
        Of 2,000 points at most: of more, first, smallest, largest and last of each stretch, so that no spike is lost.
        It is brought up to date at most four times a second, until ``close()``.
    """
    mark, reduction = new_line(series, traits), Reduction(series)
    follow(series, mark, lambda _step: [(mark, points(series, reduction.rows()))])
    return mark


def new_line(series: Any, traits: dict[str, Any]) -> Any:
    """A line without points, in the colour and the dash of its role."""
    checked(series, "scalar", "line")
    run = run_of(series)
    role = place(series.tag, run.name if run else "").role
    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
    given = accepted(bqplot.Lines, traits, "line")
    return bqplot.Lines(**{"scales": scales, "labels": [series.tag], **look.role_of(role), **given})


def points(series: ScalarSeries, rows: NDArray[np.intp]) -> dict[str, Any]:
    return {"x": series.steps[rows].astype(np.float64), "y": series.values[rows]}


def histogram(series: HistogramSeries, **traits: Any) -> bqplot.Bars:
    """The capture of a tensor at the cursor, as bars.

    Parameters
    ----------
    series : HistogramSeries
        As ``run["gradients/fc1.weight"]`` gives it.
    **traits
        Of `bqplot.Bars`, such as ``scales`` or ``colors``.

    Returns
    -------
    bqplot.Bars
        64 bars of one width and how many values lie in each; exact zeros are among them, what is not finite is not.
        It shows the last capture that is not past the cursor, of those before which the cursor stands the first, until
        ``close()``.
    """
    checked(series, "histogram", "histogram")
    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
    given = accepted(bqplot.Bars, traits, "histogram")
    own = {"labels": [series.tag], "colors": [look.hue(0)], "padding": 0.0}
    mark = bqplot.Bars(**{"scales": scales, **own, **given})

    def read(step: int) -> Any:
        capture = item_at(series, step)
        return [] if capture is None else [(mark, bars(capture))]

    follow(series, mark, read)
    return mark


def bars(capture: Histogram) -> dict[str, Any]:
    """Middles and counts of bins of one width, a count of the capture being spread evenly over its own bin."""
    counts, edges = with_zeros(capture)
    wanted = np.linspace(edges[0], edges[-1], BINS + 1)
    below = np.concatenate([[0.0], np.cumsum(counts)])
    return {"x": (wanted[1:] + wanted[:-1]) / 2, "y": np.diff(np.interp(wanted, edges, below))}


def item_at(series: ItemSeries, step: int) -> Any:
    """The last item that is not past ``step`` and not superseded, or else the first; ``None`` where there is none."""
    rows = shown_rows(series, superseded=False)
    if not len(rows):
        return None
    return series[int(rows[row_at(series.steps[rows], step) or 0])]
