"""The rule by which LiveLoss and the Inspector chart themselves.

A tag is a metric and a role. The role is written as a path component (``val/loss``, ``loss/train``), a prefix
(``val_loss``) or a suffix (``loss_val``), or it is the run's own last component (Keras logs to ``train/`` and
``validation/``); without one it is training. Series of one metric share a chart whatever their role, all accuracy-like
metrics share the chart ``accuracy``, and any further metric has a chart of its own. What is derived from the layers of
a model (`nbviz.layers`) would be thousands of charts, so it stands in none unless it is asked for by its tag.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

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


def family(run: str) -> str:
    """The run's name without its role: ``exp/train`` and ``exp/validation`` are one family."""
    parent, _, last = run.rpartition("/")
    return parent if last.lower() in ROLES else run
