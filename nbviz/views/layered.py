"""Layered: what all views with the histograms of layers have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import traitlets

from nbviz.views.search import Search
from nbviz.views.view import View
from nbviz.widget import of_page

MODES = ("offset", "overlay", "heatmap")
AXES = ("auto", "linear", "symlog", "density")
WHATS = ("auto", "all", "weights", "gradients", "activations")


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


class Layered(View):
    """A view of layers, of which it shows those that are asked for.

    Attributes
    ----------
    filter : str
        Shows the layers whose tag contains this text, whatever its case, or that this ``/regular expression/`` finds;
        a compiled one may be given. The search field above more than twelve layers is the same.
    what : {"auto", "all", "weights", "gradients", "activations"}
        Shows what was captured of these; ``"auto"`` is one of them where all would be too many to be seen.
    """

    KNOBS: ClassVar[tuple[str, ...]] = ("filter", "what")

    filter = of_page(Search(""))
    what = of_page(traitlets.Enum(WHATS, "auto"))


class Ridged(Layered):
    """A view with ridgelines; beside the attributes below it has those of `Layered`.

    Attributes
    ----------
    mode : {"offset", "overlay", "heatmap"}
        How one layer's captures are shown: one behind the other, one over the other, or as a map of steps and values.
    axis : {"auto", "linear", "symlog", "density"}
        How values lie on the axis; ``"auto"`` chooses. With ``"density"`` heights are densities on one scale.
    selection : dict or None
        What is brushed: ``{"tag": str, "values": (low, high), "steps": (first, last)}``. Read it, set it, observe it.
    """

    KNOBS: ClassVar[tuple[str, ...]] = ("mode", "axis", "selection", *Layered.KNOBS)

    mode = of_page(traitlets.Enum(MODES, "offset"))
    axis = of_page(traitlets.Enum(AXES, "auto"))
    selection = of_page(_Selection(None, allow_none=True))
