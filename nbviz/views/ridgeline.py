"""Ridgeline: the histograms of layers, one above the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nbviz.run import Run
from nbviz.views.layered import Ridged


class Ridgeline(Ridged):
    """The distribution of every layer at the step under the cursor, stacked by depth, its past as a faint trail.

    A click on a layer shows it over all its captures; so does naming a single tag.

    Parameters
    ----------
    run : Run or mapping of str to Run
    tags : str or sequence of str, optional
        The histograms to show, by default all. A single one is shown over all its captures.
    **options
        The attributes of `Ridged`: ``mode``, ``axis``, ``filter``, ``what`` and ``selection``; and traits of the widget
        such as ``layout``.

    Examples
    --------
    >>> ridge = nbviz.Ridgeline(run, filter="/layer[34]/", mode="heatmap")  # doctest: +SKIP
    >>> ridge.observe(lambda change: print(change.new), "selection")  # doctest: +SKIP
    """

    PANELS: ClassVar[tuple[str, ...]] = ("ridges",)

    def __init__(self, run: Run | Mapping[str, Run], tags: str | Sequence[str] | None = None, **options: Any) -> None:
        shown = [tags] if isinstance(tags, str) else None if tags is None else list(tags)
        super().__init__(run, tags=shown, **options)
