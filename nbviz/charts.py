"""The rule by which LiveLoss and the Inspector chart themselves.

A tag is a metric and a role. The role is written as a path component (``val/loss``, ``loss/train``), a prefix
(``val_loss``) or a suffix (``loss_val``), or it is the run's own last component (Keras logs to ``train/`` and
``validation/``); without one it is training. Series of one metric share a chart whatever their role, all accuracy-like
metrics share the chart ``accuracy``, and any further metric has a chart of its own. What is derived from the layers of
a model (`nbviz.layers`) would be thousands of charts, so it stands in none unless it is asked for by its tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple

from nbviz.layers import statistic_of

Role = Literal["train", "validation", "test"]

ROLES: dict[str, Role] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "eval", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
SHARES = {"accuracy", "acc", "precision", "recall", "f1", "auc", "top1", "top5", "iou", "dice"}
ERRORS = {"loss", "error", "perplexity", "ppl", "mae", "mse", "rmse", "nll", "bce"}


class Place(NamedTuple):
    """Where a series is shown.

    Attributes
    ----------
    chart : str
        Series with the same chart share one, titled by it.
    role : {"train", "validation", "test"}
        Solid, dashed or dotted.
    unit : {"", "percent"}
        Percent for shares, which is shown while all values lie between 0 and 1.
    best : {"", "min", "max"}
        Which end of the values is the good one.
    panel : {"charts", "layers"}
        What shows it: the charts, or only the views of layers, so that a chart has to name its tag.
    """

    chart: str
    role: Role
    unit: Literal["", "percent"] = ""
    best: Literal["", "min", "max"] = ""
    panel: Literal["charts", "layers"] = "charts"


def place(tag: str, run: str = "") -> Place:
    """Where the series ``tag`` of the run named ``run`` is shown."""
    if statistic_of(tag):
        return Place(tag, "train", panel="layers")
    metric, role = split_role(tag)
    role = role or ROLES.get(run.rpartition("/")[2].lower()) or "train"
    words = set(re.split(r"[^a-z0-9]+", metric.rpartition("/")[2].lower()))
    if words & SHARES and not words & ERRORS:
        return Place("accuracy", role, "percent", "max")
    return Place(metric, role, "", "min" if words & ERRORS else "")


def split_role(tag: str) -> tuple[str, Role | None]:
    """The metric and the role that a tag names, ``None`` where it names none."""
    parts = tag.split("/")
    for end in (0, -1):
        role = ROLES.get(parts[end].lower())
        if role and len(parts) > 1:
            del parts[end]
            return "/".join(parts), role
    # Keras writes epoch_loss beside batch-level tags; the metric is the loss.
    name = parts[-1].removeprefix("epoch_")
    for pattern in (r"(?P<role>[a-zA-Z]+)[_\-. ](?P<metric>.+)", r"(?P<metric>.+)[_\-. ](?P<role>[a-zA-Z]+)"):
        match = re.fullmatch(pattern, name)
        # std_dev is a deviation
        role = ROLES.get(match["role"].lower()) if match and match["role"] != "dev" else None
        if match and role:
            return "/".join([*parts[:-1], match["metric"]]), role
    return "/".join([*parts[:-1], name]), None


class Choice(NamedTuple):
    """A chart that was asked for.

    Attributes
    ----------
    title : str
        Its title.
    left, right : list of str
        The tags at either axis: their names, or ``/regular expressions/`` that find them.
    """

    title: str
    left: list[str]
    right: list[str]

    def sides(self, tag: str) -> list[bool]:
        """For each axis that shows the tag, whether it is the right one."""
        sides = ((False, self.left), (True, self.right))
        return [right for right, names in sides if tag in names or _finds(names, tag)]


def choices(charts: Iterable[Any]) -> list[Choice]:
    """Charts as they may be written: a tag, several tags, or ``{"left": …, "right": …, "title": …}``.

    Raises
    ------
    TypeError, ValueError
        If what is given says no charts; the message shows how.
    """
    if isinstance(charts, (str, bytes, Mapping)) or not isinstance(charts, Iterable):
        raise TypeError(f"charts is a list of charts{_HOW}, not {charts!r:.200}")
    made: dict[str, Choice] = {}
    for chart in charts:
        title, left, right = _choice(chart)
        again = next(name for name in _numbered(title) if name not in made)
        made[again] = Choice(again, left, right)
    return list(made.values())


_HOW = ", each a tag, a list of tags or a dict: ['lr', ['loss', 'val_loss'], {'left': 'loss', 'right': 'lr'}]"


def _choice(chart: Any) -> Choice:
    if isinstance(chart, Choice):
        return chart
    if not isinstance(chart, Mapping):
        chart = {"left": chart}
    elif not chart or not set(chart) <= {"left", "right", "title"}:
        raise ValueError(f"a chart has 'left', 'right' and 'title'{_HOW}; not {chart!r:.200}")
    left, right = (_names(chart.get(side, ()), chart) for side in ("left", "right"))
    names = [*left, *right]
    title = chart.get("title", "") or ", ".join(dict.fromkeys(place(name).chart for name in names))
    if not names or not isinstance(title, str):
        raise ValueError(f"a chart has one tag or more, and its title is a text{_HOW}; not {chart!r:.200}")
    return Choice(names[0] if len(names) == 1 and not chart.get("title") else title, left, right)


def _names(names: Any, chart: Any) -> list[str]:
    listed: list[Any] = [names] if isinstance(names, str) else list(names) if isinstance(names, Sequence) else [None]
    if not all(isinstance(name, str) for name in listed):
        raise TypeError(f"a chart names its tags{_HOW}; not {chart!r:.200}")
    for name in listed:
        if written := _WRITTEN.fullmatch(name):
            try:
                re.compile(written[1])
            except (re.error, RecursionError, OverflowError) as error:
                raise ValueError(f"{name!r} is no regular expression: {error}") from None
    return listed


_WRITTEN = re.compile("/(.+)/(i?)", re.DOTALL)


def _finds(names: Sequence[str], tag: str) -> bool:
    found = (_WRITTEN.fullmatch(name) for name in names)
    return any(re.search(each[1], tag, re.IGNORECASE if each[2] else 0) for each in found if each)


def _numbered(title: str) -> Iterator[str]:
    yield title
    yield from (f"{title} ({number})" for number in count(2))


def family(run: str) -> str:
    """The run's name without its role: ``exp/train`` and ``exp/validation`` are one family."""
    parent, _, last = run.rpartition("/")
    return parent if last.lower() in ROLES else run
