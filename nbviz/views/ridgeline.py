"""Ridgeline: the histograms of layers, one above the other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import traitlets

from nbviz.run import Run
from nbviz.views.search import Search
from nbviz.views.view import View, from_page

MODES = ("offset", "overlay", "heatmap")
AXES = ("auto", "linear", "symlog", "density")


class _Selection(traitlets.TraitType):  # type: ignore[type-arg]
    """``{"tag": str, "values": (low, high), "steps": (first, last)}``."""

    def validate(self, _obj: Any, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, Mapping) or set(value) != {"tag", "values", "steps"}:
            expected = '{"tag": str, "values": (low, high), "steps": (first, last)} or None'
            raise traitlets.TraitError(f"a selection is {expected}, not {value!r:.200}")
        if not isinstance(value["tag"], str):
            raise traitlets.TraitError(f"the tag of a selection is a str, not {value['tag']!r:.200}")
        low, high = _range("values", value["values"], float)
        first, last = _range("steps", value["steps"], int)
        return {"tag": value["tag"], "values": (low, high), "steps": (first, last)}


def _range(name: str, ends: Any, kind: type) -> tuple[Any, Any]:
    try:
        low, high = map(kind, ends)
        if all(map(math.isfinite, (low, high))) and low <= high:
            return low, high
    except (TypeError, ValueError, OverflowError):
        pass
    raise traitlets.TraitError(f"the {name} of a selection are two finite numbers in their order, not {ends!r:.200}")


class Ridgeline(View):
    """The distribution of every layer at the step under the cursor, stacked by depth, its past as a faint trail.

    A click on a layer shows it over all its captures; so does naming a single tag.

    Parameters
    ----------
    run : Run or mapping of str to Run
    tags : str or sequence of str, optional
        The histograms to show, by default all. A single one is shown over all its captures.
    **options
        ``mode``, ``axis``, ``filter`` and ``selection``, and traits of the widget such as ``layout``.

    Attributes
    ----------
    mode : {"offset", "overlay", "heatmap"}
        How one layer's captures are shown: one behind the other, one over the other, or as a map of steps and values.
    axis : {"auto", "linear", "symlog", "density"}
        How values lie on the axis; ``"auto"`` chooses. With ``"density"`` heights are densities on one scale.
    filter : str
        Shows the layers whose tag contains this text, whatever its case, or that this ``/regular expression/`` finds;
        a compiled one may be given. The search field beside the axis is the same.
    selection : dict or None
        What is brushed: ``{"tag": str, "values": (low, high), "steps": (first, last)}``. Read it, set it, observe it.

    Examples
    --------
    >>> ridge = nbviz.Ridgeline(run, filter="/layer[34]/", mode="heatmap")  # doctest: +SKIP
    >>> ridge.observe(lambda change: print(change.new), "selection")  # doctest: +SKIP
    """

    PANELS: ClassVar[tuple[str, ...]] = ("ridges",)
    KNOBS: ClassVar[tuple[str, ...]] = ("mode", "axis", "filter", "selection")

    mode = traitlets.Enum(MODES, "offset").tag(sync=True, echo_update=False, from_json=from_page("mode"))
    axis = traitlets.Enum(AXES, "auto").tag(sync=True, echo_update=False, from_json=from_page("axis"))
    filter = Search("").tag(sync=True, echo_update=False, from_json=from_page("filter"))
    selection = _Selection(None, allow_none=True).tag(sync=True, echo_update=False, from_json=from_page("selection"))

    def __init__(self, run: Run | Mapping[str, Run], tags: str | Sequence[str] | None = None, **options: Any) -> None:
        shown = [tags] if isinstance(tags, str) else None if tags is None else list(tags)
        super().__init__(run, tags=shown, **options)
