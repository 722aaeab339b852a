"""Precision-recall curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.event import TENSOR
from nbviz.formats.items.item import Item, Source, counted
from nbviz.formats.protobuf import MalformedError
from nbviz.formats.tensor import decode_tensor

Floats: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class PRCurve(Item):
    """Precision and recall of a binary classifier over its threshold.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    values : ndarray of float, shape (6, n)
        The rows are what the properties below give.
    """

    values: Floats

    def _about(self) -> str:
        return counted(self.values.shape[1], "threshold")

    def _row(self, index: int) -> Floats:
        row: Floats = self.values[index]
        return row

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """Shape (n,), from 0 to 1 evenly, which is what TensorBoard takes for granted."""
        return np.linspace(0.0, 1.0, self.values.shape[1])

    @property
    def true_positives(self) -> Floats:
        """Shape (n,), weighted counts, as are the three that follow."""
        return self._row(0)

    @property
    def false_positives(self) -> Floats:
        return self._row(1)

    @property
    def true_negatives(self) -> Floats:
        return self._row(2)

    @property
    def false_negatives(self) -> Floats:
        return self._row(3)

    @property
    def precision(self) -> Floats:
        """Shape (n,); without a meaning where nothing was predicted to be positive, as at the last thresholds."""
        return self._row(4)

    @property
    def recall(self) -> Floats:
        """Shape (n,)."""
        return self._row(5)


def decode_pr_curve(source: Source) -> PRCurve:
    """Decode a tensor of shape [6, n]; its rows are told in ``tensorboard/plugins/pr_curve/metadata.py``."""
    if source.content != TENSOR:
        raise MalformedError("a PR curve is no tensor")
    values = decode_tensor(source.data, source.start, source.stop)
    if values.ndim != 2 or len(values) != 6 or values.dtype.kind not in "fiu":
        raise MalformedError("a PR curve is a tensor of another shape than [6, n]")
    return PRCurve(source.step, source.wall_time, values if values.dtype.kind == "f" else values.astype(np.float64))
