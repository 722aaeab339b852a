"""The tags of what is captured of a model's layers.

A captured histogram is ``weights/<parameter>``, ``gradients/<parameter>`` or ``activations/<module>``. What is derived
from it at the capture is a scalar ``<what>/<statistic>/<name>``, of a closed set of statistics, so that a reader can
tell these thousands of series from what a person logged.
"""

from __future__ import annotations

from typing import NamedTuple

STATISTICS: dict[str, tuple[str, ...]] = {
    "weights": ("norm", "zeros", "nonfinite"),
    "gradients": ("norm", "ratio", "zeros", "nonfinite"),
    "activations": ("norm", "zeros", "dead", "saturated", "nonfinite"),
    "updates": ("ratio",),
}
"""What can be derived: the Euclidean norm; the norm over that of the weights (``ratio``); the shares of exact zeros, of
units that are zero over the whole batch (``dead``) and of values near an end of their range (``saturated``); and the
number of values that are NaN or infinite."""


class Statistic(NamedTuple):
    """What the tag of a derived scalar says.

    Attributes
    ----------
    what : {"weights", "gradients", "activations", "updates"}
    statistic : str
        One of ``STATISTICS[what]``.
    name : str
        Of the parameter or the module.
    """

    what: str
    statistic: str
    name: str

    @property
    def tag(self) -> str:
        return "/".join(self)


def statistic_of(tag: str) -> Statistic | None:
    """What a scalar is derived from, ``None`` where it is of another kind."""
    what, _, rest = tag.partition("/")
    statistic, _, name = rest.partition("/")
    known = name and statistic in STATISTICS.get(what, ())
    return Statistic(what, statistic, name) if known else None
