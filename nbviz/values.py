"""What users hand over, as numbers: scalars and tensors of any library, without importing any."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from nbviz.formats.items.confusion import Confusion, confusion_of
from nbviz.formats.items.histogram import Histogram
from nbviz.formats.sketch import Sketch
from nbviz.notice import Problems
from nbviz.ondevice import Unread, is_away, scalar_of

STEP_LIMIT = 2**53
"""Steps up to here are exact in a page's float64."""


def number(value: Any) -> float | None:
    """One number, or ``None`` where the value is none."""
    try:
        # item() of numpy, torch, jax: one element of any shape, and on any device.
        item = getattr(value, "item", None)
        element = value if item is None else item()
        return None if isinstance(element, (str, bytes, bytearray)) else float(element)
    except Exception:
        return None


def _as_array(tensor: Any) -> Any:
    """The numbers of a torch tensor, off the graph and off the device."""
    tensor = tensor.detach().cpu()
    try:
        return tensor.numpy()
    except TypeError:  # bfloat16 and the eight-bit floats have no numpy dtype
        return tensor.float().numpy()


def capture(values: Any, counts: Any, edges: Any) -> Sketch | Histogram:
    """What to keep of values, or of a histogram made elsewhere, whose step and wall time are not known yet.

    Raises
    ------
    ValueError
        If neither or both are given, or the histogram is none.
    TypeError
        If the values are not real numbers.
    """
    if (values is None) == (counts is None) or (counts is None) != (edges is None):
        raise ValueError("expected either values, or counts= and edges= together.")
    if values is not None:
        return Sketch.of(_as_array(values) if hasattr(values, "detach") else values)
    # Copies: the caller may go on filling its arrays.
    counts, edges = np.array(counts, np.float64), np.array(edges, np.float64)
    if counts.ndim != 1 or edges.shape != (len(counts) + 1,) or not len(counts):
        raise ValueError(f"expected counts (k,) and edges (k + 1,), got shapes {counts.shape} and {edges.shape}.")
    if not (np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        raise ValueError("expected finite, increasing edges.")
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise ValueError("expected finite counts that are not negative.")
    return Histogram(0, 0.0, counts, edges)


def confusion(matrix: Any, labels: Sequence[Any] | None) -> Confusion:
    """What to keep of a confusion matrix, whose step and wall time are not known yet; errors as of `confusion_of`."""
    return confusion_of(_as_array(matrix) if hasattr(matrix, "detach") else matrix, labels)


def merged(values: Any, metrics: dict[str, Any], problems: Problems) -> dict[str, Any]:
    """Metrics of a mapping and of keywords together."""
    try:
        return {**{str(tag): value for tag, value in values.items()}, **metrics}
    except Exception:
        kind = type(values).__name__
        sentence = f"log() takes metrics by name, as in log(loss=0.3) or log({{'loss': 0.3}}), not a {kind}."
        problems.report(sentence, ("values", kind))
        return metrics


def numbers(metrics: dict[str, Any], problems: Problems) -> dict[str, float]:
    """Those metrics that are numbers, or going to be: `Unread` then."""
    found: dict[str, float] = {}
    for tag, value in metrics.items():
        if value.__class__ is not float and is_away(value) and (scalar := scalar_of(value)) is not None:
            if not isinstance(found, Unread):
                found = Unread(found)
                found.scalars = {}
            found[tag], found.scalars[tag] = math.nan, scalar
            continue
        taken = value if value.__class__ is float else number(value)
        if taken is not None:
            found[tag] = taken
            continue
        kind = type(value).__name__
        sentence = (
            f"log() ignored {tag!r}: expected one number that fits a float (Python, numpy or torch), got a value "
            f"of type {kind}; the other metrics of the call were kept."
        )
        problems.report(sentence, ("number", tag, kind))
    return found


def checked_step(
    step: Any, problems: Problems, instead: str = "log() counted on instead of taking a step"
) -> int | None:
    """A step, or ``None`` where it is none."""
    try:
        whole = isinstance(step, float) and step.is_integer()
        checked = int(step) if whole else operator.index(step)
        if -STEP_LIMIT <= checked <= STEP_LIMIT:
            return checked
    except Exception:
        pass
    kind = type(step).__name__
    sentence = f"{instead} of type {kind}: expected an integer between -2**53 and 2**53."
    problems.report(sentence, ("step", instead, kind))
    return None
