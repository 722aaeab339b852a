"""Charted: how the charts of a view are read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import traitlets

from nbviz.values import STEP_LIMIT
from nbviz.views.view import View, from_page


def _is_range(value: Any, limit: float = math.inf) -> bool:
    """Whether something is two increasing finite numbers."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return False
    numbers = all(type(each) in (int, float) and math.isfinite(each) and abs(each) <= limit for each in value)
    return bool(numbers and value[0] < value[1])


class _Range(traitlets.TraitType[Any, Any]):
    """Two increasing numbers or ``None``; a page has them as a list."""

    default_value = None
    allow_none = True
    info_text = "two increasing finite numbers"

    def validate(self, obj: Any, value: Any) -> Any:
        if not (value is None or _is_range(value, STEP_LIMIT)):
            self.error(obj, value)
        return value and tuple(value)


class _Limits(traitlets.Dict):
    """Two increasing numbers by chart."""

    info_text = "charts with two increasing finite numbers each, such as {'loss': (0, 2)}"

    def validate(self, obj: Any, value: Any) -> Any:
        if not isinstance(value, Mapping) or not all(type(chart) is str and _is_range(value[chart]) for chart in value):
            self.error(obj, value)
        return {chart: tuple(ends) for chart, ends in value.items()}


def _knob(trait: Any, name: str) -> Any:
    return trait.tag(sync=True, echo_update=False, from_json=from_page(name))


class Charted(View):
    """A view with charts.

    Attributes
    ----------
    zoom : tuple of two int, or None
        The steps that its charts and the scrubber's window show; ``None`` for all.
    limits : dict of str to tuple of two float
        What the value axes of charts span, such as ``{"loss": (0, 2)}``. Others fit what is visible.
    logx : bool
        Whether the horizontal axis is logarithmic.
    logy : list of str
        Charts whose values are on a logarithmic axis.
    x : {"step", "epoch", "relative", "wall"}
        What rows are laid out by: their step, the run's own series called ``epoch``, seconds since the run began, or
        the time of day. The cursor is a step in any case.
    outliers : bool
        Whether value axes have room for outliers; if not, they span the 5th to the 95th percentile of what was logged.
    order : {"nearest", "value", "name"}
        What comes first in a tooltip.
    """

    KNOBS: ClassVar[tuple[str, ...]] = ("zoom", "limits", "logx", "logy", "x", "outliers", "order")

    zoom = _knob(_Range(), "zoom")
    limits = _knob(_Limits(), "limits")
    logx = _knob(traitlets.Bool(False), "logx")
    logy = _knob(traitlets.List(traitlets.Unicode()), "logy")
    x = _knob(traitlets.Enum(["step", "epoch", "relative", "wall"], "step"), "x")
    outliers = _knob(traitlets.Bool(True), "outliers")
    order = _knob(traitlets.Enum(["nearest", "value", "name"], "nearest"), "order")
