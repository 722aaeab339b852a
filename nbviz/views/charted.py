"""Charted: which charts a view has, whose lines are in them, and how they are read."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import traitlets

from nbviz.charts import Choice, choices, family
from nbviz.hparams import hparams_of
from nbviz.picture.layers import matcher
from nbviz.run import Run
from nbviz.values import STEP_LIMIT
from nbviz.views.search import Group, Search
from nbviz.views.view import View, named
from nbviz.widget import of_page


def _is_range(value: Any, limit: float = sys.float_info.max) -> bool:
    """Whether something is two increasing finite numbers."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return False
    numbers = all(type(each) in (int, float) and abs(each) <= limit for each in value)
    return bool(numbers and value[0] < value[1])


class _Range(traitlets.TraitType):  # type: ignore[type-arg]  # traitlets 5.9 cannot be subscripted
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


class _Charts(traitlets.TraitType):  # type: ignore[type-arg]
    """Charts as `nbviz.charts.choices` takes them, held as it makes them."""

    allow_none = True

    def validate(self, _obj: Any, value: Any) -> list[Choice] | None:
        try:
            return None if value is None else choices(value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None


def _charts_to_page(charts: list[Choice] | None, _view: Any) -> list[dict[str, Any]] | None:
    return None if charts is None else [choice._asdict() for choice in charts]


class Charted(View):
    """A view with charts.

    Parameters
    ----------
    runs : Run or mapping of str to Run
    hparams : DataFrame or mapping of str to mapping, optional
        Hyper-parameters by the name of the run, beside those that the runs have in their event files.
    **options
        The attributes below, and traits of the widget such as ``layout``.

    Attributes
    ----------
    charts : list or None
        The charts to show in their order, by default all by the rule of `nbviz.charts`. Each is a tag, a list of tags
        that share it, or a dict with ``left``, ``right`` and ``title``, whose values on the right have an axis of their
        own: ``["lr", ["loss", "val_loss"], {"left": "loss", "right": "lr"}]``. A tag may be a ``/regular expression/``.
    search : str
        Shows the runs whose name contains this text, whatever its case, or that this ``/regular expression/`` finds.
    hidden : list of str
        Runs that are not shown, by name.
    pinned : list of str
        Runs that are shown whatever is searched or selected.
    group : str
        A hyper-parameter, or a regular expression whose first group is found in the names of runs; those that have the
        same are drawn as one, by their mean: ``group="lr"``, ``group=r"(.*)-seed\\d+"``.
    spread : {"std", "range", "runs"}
        What is drawn around such a mean: its standard deviation, everything from the smallest to the largest value, or
        every run, faint.
    top : list of str
        Charts that come first, by title.
    folded : list of str, or None
        Headings whose charts are folded away; by default, where there are very many charts, all but the first.
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

    KNOBS: ClassVar[tuple[str, ...]] = (
        *("charts", "search", "hidden", "pinned", "group", "spread", "hparams", "top", "folded"),
        *("zoom", "limits", "logx", "logy", "x", "outliers", "order"),
    )

    charts = _Charts(None).tag(sync=True, to_json=_charts_to_page)
    search = of_page(Search(""))
    hidden = of_page(traitlets.List(traitlets.Unicode()))
    pinned = of_page(traitlets.List(traitlets.Unicode()))
    group = of_page(Group(""))
    spread = of_page(traitlets.Enum(["std", "range", "runs"], "std"))
    hparams = traitlets.Dict().tag(sync=True)
    top = of_page(traitlets.List(traitlets.Unicode()))
    folded = of_page(traitlets.List(traitlets.Unicode(), None, allow_none=True))

    zoom = of_page(_Range())
    limits = of_page(_Limits())
    logx = of_page(traitlets.Bool(False))
    logy = of_page(traitlets.List(traitlets.Unicode()))
    x = of_page(traitlets.Enum(["step", "epoch", "relative", "wall"], "step"))
    outliers = of_page(traitlets.Bool(True))
    order = of_page(traitlets.Enum(["nearest", "value", "name"], "nearest"))

    def __init__(self, runs: Run | Mapping[str, Run], hparams: Any = None, **options: Any) -> None:
        # Before the options: a group may be named like one of them.
        known = hparams_of(dict(named(runs, type(self).__name__)), hparams)
        super().__init__(runs, **{"hparams": known, **options})

    def _is_shown(self, name: str) -> bool:
        wanted = (name, family(name))
        found = super()._is_shown(name) and any(map(matcher(self.search), wanted))
        return (found or not {*self.pinned}.isdisjoint(wanted)) and {*self.hidden}.isdisjoint(wanted)
