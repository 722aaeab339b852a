"""Many runs by their hyper-parameters, as figures of bqplot whose brush selects runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bqplot
import numpy as np
import traitlets
from bqplot.interacts import BrushSelector
from ipywidgets import VBox, Widget
from numpy.typing import NDArray

from nbviz.bq import look, still
from nbviz.bq.experiments import Column, columns_of, table_of
from nbviz.bq.follower import accepted
from nbviz.run import Run

Flags = NDArray[np.bool_]
FAINT = 0.12
ROOM = 0.05
"""Of the width and the height beyond the outermost values, so that a brush can be drawn around them."""
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
ENDS = (0.0, 1.0)


def scatter(
    runs: Any, x: str, y: str, color: str | None = None, *, hparams: Any = None, **traits: Any
) -> bqplot.Figure:
    """One point a run, of two hyper-parameters or metrics.

    Parameters
    ----------
    runs : mapping of str to Run, DataFrame, or mapping of str to mapping
        Runs, as `nbviz.read` gives them, with the hyper-parameters in their event files and the latest value of each
        metric; or a table of your own with a row for each run.
    x, y : str
        Names of columns. Positive ones that span two decades have a logarithmic axis.
    color : str, optional
        A column for the colour.
    hparams : DataFrame or mapping of str to mapping, optional
        Hyper-parameters by the name of the run, beside what the runs have.
    **traits
        Of `bqplot.Figure`.

    Returns
    -------
    bqplot.Figure
        Its trait ``selected`` has the names of the runs within the brush: read it, set it, observe it. Runs that lack
        one of the columns are left out.

    Raises
    ------
    KeyError, ValueError, TypeError
        If there is no such column, no run that has them all, or ``runs`` is no table.
    """
    names, columns = columns_of(table_of(runs, hparams), [x, y, *([color] if color else [])])
    across, up = columns[:2]
    scales = {"x": _scale(across), "y": _scale(up)}
    axes = [_axis(across, scales["x"]), _axis(up, scales["y"], side="left")]
    hues: dict[str, Any] = {"colors": [look.hue(0)]}
    if color:
        scales["color"] = bqplot.ColorScale(colors=look.DEPTHS, min=0.0, max=1.0)
        axes.append(look.axis(scales["color"], color, side="right", **_share_ticks(columns[2], ENDS)))
        hues = {"color": columns[2].shares}
    mark = bqplot.Scatter(
        x=across.values, y=up.values, names=np.array(names), display_names=False, scales=scales,
        tooltip=bqplot.Tooltip(fields=["name", "x", "y"], labels=["run", x, y]), **hues,
    )  # fmt: skip

    def within(box: tuple[float, float, float, float]) -> Flags:
        left, right, low, high = box
        inside: Flags = (left <= mark.x) & (mark.x <= right) & (low <= mark.y) & (mark.y <= high)
        return inside

    def show(flags: Flags | None) -> None:
        mark.opacities = [1.0] if flags is None else np.where(flags, 1.0, FAINT).tolist()

    room = {"padding_x": ROOM, "padding_y": ROOM, "fig_margin": {**look.MARGIN, "right": 96 if color else 24}}
    own = {"marks": [mark], "axes": axes, **room}
    return _selecting(names, scales, within, show, {**own, **accepted(bqplot.Figure, traits, "scatter")})


def parallel(runs: Any, columns: Sequence[str], *, hparams: Any = None, **traits: Any) -> bqplot.Figure:
    """One line a run over several hyper-parameters and metrics, each with an axis of its own.

    Parameters
    ----------
    runs, hparams, **traits
        As in `scatter`.
    columns : sequence of str
        At least two; the last one gives the lines their colours.

    Returns
    -------
    bqplot.Figure
        As `scatter` gives it: a brush selects the lines that pass through it on every axis that it covers.

    Raises
    ------
    KeyError, ValueError, TypeError
        As in `scatter`.
    """
    if isinstance(columns, str) or len(columns) < 2:
        raise ValueError(f"bq.parallel() needs two columns or more, got {columns!r}.")
    names, found = columns_of(table_of(runs, hparams), list(columns))
    heights = np.stack([column.shares for column in found], axis=1)
    places = np.arange(len(found), dtype=np.float64)
    scales = {
        "x": bqplot.LinearScale(min=-ROOM * places[-1], max=(1 + ROOM) * places[-1]),
        "y": bqplot.LinearScale(min=-ROOM, max=1 + ROOM),
    }
    mark = bqplot.Lines(
        x=places, y=heights, scales=scales, stroke_width=1.5,
        colors=[look.depth(float(share)) for share in found[-1].shares],
    )  # fmt: skip
    axes = [look.axis(scales["x"], **look.ticks({at: column.name for at, column in enumerate(found)}))]
    axes += [_upright(at, column, scales) for at, column in enumerate(found)]

    def within(box: tuple[float, float, float, float]) -> Flags:
        left, right, low, high = box
        passed = heights[:, (left <= places) & (places <= right)]
        inside: Flags = np.asarray(((low <= passed) & (passed <= high)).all(axis=1), bool)
        return inside if passed.shape[1] else np.zeros(len(names), bool)

    def show(flags: Flags | None) -> None:
        mark.opacities = [1.0] * len(names) if flags is None else np.where(flags, 1.0, FAINT).tolist()

    own = {"marks": [mark], "axes": axes, "fig_margin": {**look.MARGIN, "right": 68}}
    return _selecting(names, scales, within, show, {**own, **accepted(bqplot.Figure, traits, "parallel")})


def view(figure: bqplot.Figure, runs: Mapping[str, Run], make: Callable[[Mapping[str, Run]], Widget]) -> VBox:
    """A view that shows the runs that a figure's brush selects, all of them while it selects none.

    Parameters
    ----------
    figure : bqplot.Figure
        As `scatter` or `parallel` gives it.
    runs : mapping of str to Run
    make : callable
        Makes the view of the runs, as `nbviz.Inspector` does. What it makes follows by its trait ``selected`` where it
        has one; else it is made anew, of the runs selected, when a selection is complete.

    Returns
    -------
    VBox
        It holds the view, and follows until ``close()``.
    """
    if not hasattr(figure, "selected"):
        raise TypeError("bq.view() follows what bq.scatter() or bq.parallel() made.")
    box = VBox((make(dict(runs)),))

    def renew(_change: Any = None) -> None:
        (before,) = box.children
        if before.has_trait("selected"):
            before.selected = list(figure.selected)
            return
        chosen = {name: run for name, run in runs.items() if name in figure.selected} or dict(runs)
        if figure.interaction.brushing or list(chosen) == shown:
            return
        shown[:] = chosen
        box.children = (make(chosen),)
        before.close()

    def closed(change: Any) -> None:
        if change["new"] is None:
            figure.unobserve(renew, "selected")
            figure.interaction.unobserve(renew, "brushing")

    shown = list(runs)
    renew()
    figure.observe(renew, "selected")
    figure.interaction.observe(renew, "brushing")
    box.observe(closed, "comm")
    return box


def _selecting(
    names: list[str],
    scales: Mapping[str, Any],
    within: Callable[[tuple[float, float, float, float]], Flags],
    show: Callable[[Flags | None], None],
    traits: Mapping[str, Any],
) -> bqplot.Figure:
    """A figure with a brush and the trait ``selected``, whose marks ``show`` what is."""
    brush = BrushSelector(x_scale=scales["x"], y_scale=scales["y"], color=look.hue(0))
    figure = still.adopt(
        bqplot.Figure(**{"interaction": brush, "layout": look.LAYOUT, "title_style": look.TITLE, **traits})
    )
    figure.add_traits(selected=traitlets.List(traitlets.Unicode()))

    def brushed(_change: Any) -> None:
        box = brush.selected
        flags = np.zeros(len(names), bool) if box is None else within((box[0][0], box[1][0], box[0][1], box[1][1]))
        figure.selected = [name for name, flag in zip(names, flags, strict=True) if flag]

    def shown(_change: Any) -> None:
        show(np.isin(names, figure.selected) if figure.selected else None)

    brush.observe(brushed, "selected")
    figure.observe(shown, "selected")
    return figure


def _scale(column: Column) -> Any:
    return bqplot.LogScale() if column.is_log else bqplot.LinearScale()


def _ticks(column: Column) -> dict[str, Any]:
    """Names instead of numbers along the axis of a category."""
    return look.ticks(dict(enumerate(column.names))) if column.names else {}


def _axis(column: Column, scale: Any, **traits: Any) -> Any:
    return look.axis(scale, column.name, **_ticks(column), **traits)


def _upright(at: int, column: Column, scales: Mapping[str, Any]) -> Any:
    place: dict[str, Any] = {"side": "left", "offset": {"scale": scales["x"], "value": float(at)}}
    return look.axis(scales["y"], grid_lines="none", **place, **_share_ticks(column))


def _share_ticks(column: Column, ticks: Sequence[float] = SHARES) -> dict[str, Any]:
    """Values along an axis that goes from 0 to 1."""
    shares = sorted(set(column.shares.tolist())) if column.names or column.is_single else ticks
    return look.ticks({share: column.at(share) for share in shares})
