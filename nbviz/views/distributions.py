"""Distributions: percentile bands of the histograms of layers, over the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nbviz.run import Run
from nbviz.views.layered import Layered


class Distributions(Layered):
    """How the values of every layer are spread over the steps: a small chart of percentile bands for each.

    Bands reach from the smallest to the largest value and from 7 to 93, 16 to 84 and 31 to 69 % of them, around the
    median, as in TensorBoard's distributions.

    Parameters
    ----------
    run : Run or mapping of str to Run
    tags : str or sequence of str, optional
        The histograms to show, by default all.
    **options
        ``filter`` and ``what``, as a `Ridgeline` has them, and traits of the widget such as ``layout``.

    See Also
    --------
    HistogramSeries.quantiles : the same numbers as an array.
    """

    PANELS: ClassVar[tuple[str, ...]] = ("distributions",)

    def __init__(self, run: Run | Mapping[str, Run], tags: str | Sequence[str] | None = None, **options: Any) -> None:
        shown = [tags] if isinstance(tags, str) else None if tags is None else list(tags)
        super().__init__(run, tags=shown, **options)
