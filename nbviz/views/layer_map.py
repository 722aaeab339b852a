"""LayerMap: one statistic of every layer over the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

import traitlets

from nbviz.layers import STATISTICS
from nbviz.run import Run
from nbviz.views.search import Search
from nbviz.views.view import View
from nbviz.widget import of_page

# Of histograms whose tags do not say what they are of.
KNOWN = [f"{what}/{statistic}" for what, statistics in STATISTICS.items() for statistic in statistics] + [
    f"values/{statistic}" for statistic in ("norm", "zeros", "nonfinite")
]


class _Statistic(traitlets.Unicode):  # type: ignore[type-arg]  # traitlets 5.9 cannot be subscripted
    def validate(self, obj: Any, value: Any) -> Any:
        if value not in KNOWN:
            close = get_close_matches(str(value), KNOWN, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(KNOWN)}."
            raise traitlets.TraitError(f"there is no statistic {value!r:.200}; {hint}")
        return value


class LayerMap(View):
    """Depth times steps: a strip of cells for each layer, coloured by a statistic such as the norm of its gradients.

    Gradients that vanish or explode, layers that died and the first NaN are seen in one look. A click on a cell takes
    the step cursor there and chooses the layer, which opens in the ridgelines of the run.

    Parameters
    ----------
    run : Run or mapping of str to Run
    statistic : str
        ``what/statistic`` of `nbviz.layers.STATISTICS`, such as ``gradients/norm``, ``updates/ratio``,
        ``activations/dead`` or ``weights/nonfinite``. Where the run has none, the first that it has is shown.
    tags : str or sequence of str, optional
        The scalars and histograms to look at, by default all.
    **options
        ``filter``, and traits of the widget such as ``layout``.

    Attributes
    ----------
    filter : str
        Shows the layers whose tag contains this text, whatever its case, or that this ``/regular expression/`` finds.
    layer : str or None
        The layer that was chosen, by the tag that its histograms have or would have.

    Notes
    -----
    Where a layer has histograms but no such scalars, its norm, share of zeros and count of NaN and infinities are
    computed from the bins, and the view says so.
    """

    PANELS: ClassVar[tuple[str, ...]] = ("map",)

    KNOBS: ClassVar[tuple[str, ...]] = ("statistic", "filter")

    filter = of_page(Search(""))
    statistic = of_page(_Statistic("gradients/norm"))

    def __init__(
        self,
        run: Run | Mapping[str, Run],
        statistic: str = "gradients/norm",
        tags: str | Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        shown = [tags] if isinstance(tags, str) else None if tags is None else list(tags)
        super().__init__(run, statistic=statistic, tags=shown, **options)
