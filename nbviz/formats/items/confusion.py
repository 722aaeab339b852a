"""Confusion matrices: what a classifier took each class for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.event import TENSOR
from nbviz.formats.items.item import Item, Source, counted, quoted
from nbviz.formats.protobuf import MalformedError
from nbviz.formats.tensor import decode_tensor

#     tensor of "nbviz_confusion"  doubles of shape [k, k]; the plugin's content has the labels, a JSON list of texts
PLUGIN = "nbviz_confusion"


@dataclass(frozen=True, eq=False, repr=False)
class Confusion(Item):
    """One confusion matrix.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    matrix : ndarray of float64, shape (k, k)
        ``matrix[i, j]`` is how many of class ``i`` were taken for class ``j``, as in scikit-learn.
    labels : tuple of str
        Names of the k classes, no two alike.
    """

    matrix: NDArray[np.float64]
    labels: tuple[str, ...]

    def _about(self) -> str:
        return f"{counted(len(self.labels), 'class', 'classes')}, {self.accuracy:.1%} of {self.matrix.sum():,.0f} right"

    @property
    def accuracy(self) -> float:
        """The share of the diagonal; NaN of an empty matrix."""
        total = self.matrix.sum()
        return float(np.trace(self.matrix) / total) if total else float("nan")


def confusion_of(matrix: Any, labels: Sequence[Any] | None, step: int = 0, wall_time: float = 0.0) -> Confusion:
    """A matrix as a user or a file gives it, copied.

    Raises
    ------
    ValueError
        If it is no square matrix of counts, or the labels do not name its classes.
    """
    counts = np.array(matrix, np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or len(counts) < 2:
        raise ValueError(f"expected a square matrix of two classes or more, got one of shape {counts.shape}.")
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise ValueError("expected counts that are finite and not negative.")
    names = tuple(str(label) for label in (range(len(counts)) if labels is None else labels))
    if len(names) != len(counts) or len(set(names)) != len(names):
        raise ValueError(f"expected {len(counts)} labels, no two alike, got {quoted(str(names))}.")
    return Confusion(step, wall_time, counts, names)


def decode_confusion(source: Source) -> Confusion:
    """Decode a tensor of shape [k, k], with its labels in the metadata."""
    if source.content != TENSOR:
        raise MalformedError("a confusion matrix is no tensor")
    values = decode_tensor(source.data, source.start, source.stop)
    try:
        labels = json.loads(source.plugin_content) if source.plugin_content else None
        if values.dtype.kind not in "fiu" or not isinstance(labels, (list, type(None))):
            raise ValueError("expected numbers, and labels as a list.")
        return confusion_of(values, labels, source.step, source.wall_time)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"a confusion matrix is malformed ({error})") from None


def labels_of(item: Confusion) -> bytes:
    """The labels as an event file holds them."""
    return json.dumps(item.labels).encode()
