"""Metrics of one or several runs in one figure of bqplot, with the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import bqplot
import numpy as np
from numpy.typing import NDArray

from nbviz.bq import look
from nbviz.bq.follower import Changes, Follower, accepted
from nbviz.bq.marks import new_line, points
from nbviz.bq.reduction import Reduction
from nbviz.charts import place
from nbviz.picture.rows import row_at
from nbviz.run import Run
from nbviz.series import ScalarSeries


class _Line(NamedTuple):
    run: Run
    label: str
    series: ScalarSeries
    reduction: Reduction
    mark: Any


def figure(run: Run | Mapping[str, Run], tags: str | Iterable[str], **traits: Any) -> bqplot.Figure:
    """Metrics over the steps, with a line at the cursor that all views of the run share.

    Parameters
    ----------
    run : Run or mapping of str to Run
        Of several runs each has a hue. What a run did not log is left out.
    tags : str or iterable of str
    **traits
        Of `bqplot.Figure`, such as ``title`` or ``layout``.

    Returns
    -------
    bqplot.Figure
        Its lines are as `nbviz.bq.line` makes them, its legend says the values at the cursor. It follows the runs until
        ``close()``.

    Raises
    ------
    TypeError
        If something else than runs and tags of scalars is given.
    KeyError
        If no run has any of the tags.
    """
    runs = dict(run) if isinstance(run, Mapping) else {"": run}
    for each in runs.values():
        if not isinstance(each, Run):
            raise TypeError(f"bq.figure() shows a Run or a mapping of runs, not a {type(each).__name__}.")
    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
    lines = _lines(runs, [tags] if isinstance(tags, str) else list(tags), scales)
    cursor = bqplot.Lines(
        scales={"x": scales["x"], "y": bqplot.LinearScale(min=0.0, max=1.0)},
        colors=[look.GREY],
        stroke_width=1.0,
        preserve_domain={"x": True},
    )
    own = {
        "axes": [look.axis(scales["x"], "step"), look.axis(scales["y"], side="left")],
        "fig_margin": look.MARGIN,
        "layout": look.LAYOUT,
        "legend_location": "top-right",
        "legend_style": {"stroke": "transparent", "fill-opacity": "0.6"},
        "title_style": look.TITLE,
    }
    given = accepted(bqplot.Figure, traits, "figure")
    drawn = bqplot.Figure(**{"marks": [*(line.mark for line in lines), cursor], **own, **given})
    for at, each in enumerate(runs.values()):
        mine = [line for line in lines if line.run is each]
        Follower(each, drawn, _reader(mine, cursor if at == 0 else None))
    return drawn


def _lines(runs: Mapping[str, Run], tags: list[str], scales: dict[str, Any]) -> list[_Line]:
    found = [(i, name, runs[name][tag]) for tag in tags for i, name in enumerate(runs) if tag in runs[name]]
    if not found:
        some = next(iter(runs.values()), None)
        known = ", ".join(map(repr, some.tags("scalar")[:8])) if some else ""
        raise KeyError(f"bq.figure() found none of the tags {tags}; there are: {known or 'none so far'}.")
    lines: list[_Line] = []
    roles: list[str] = []
    for i, name, series in found:
        label = f"{name} {series.tag}".strip() if len(tags) > 1 or not name else name
        mark = new_line(series, {"scales": scales, "labels": [label], "display_legend": True})
        role = place(series.tag, runs[name].name).role
        if len(runs) > 1:
            mark.colors = [look.hue(i)]
        elif role in roles:  # a hue each, as in our own charts
            mark.colors = [look.hue(len(roles))]
        roles.append(role)
        lines.append(_Line(runs[name], label, series, Reduction(series), mark))
    return lines


def _reader(lines: list[_Line], cursor: Any) -> Any:
    def read(step: int) -> Changes:
        changes: Changes = []
        for line in lines:
            rows = line.reduction.rows()
            value = _value_at(line.series, rows, step)
            said = "" if value is None else f"  {value:.4g}"
            changes.append((line.mark, {**points(line.series, rows), "labels": [line.label + said]}))
        if cursor is not None:
            changes.append((cursor, {"x": [float(step)] * 2, "y": [0.0, 1.0]}))
        return changes

    return read


def _value_at(series: ScalarSeries, rows: NDArray[np.intp], step: int) -> float | None:
    """The value at the cursor, as it was logged, looked for between two of the rows that are drawn."""
    at = row_at(series.steps[rows], step)
    if at is None:
        return None
    between = np.arange(rows[at], rows[at + 1] if at + 1 < len(rows) else rows[at] + 1)
    if series.restarts:
        between = between[~series.superseded[between]]
    found = row_at(series.steps[between], step)
    return None if found is None else float(series.values[between[found]])
