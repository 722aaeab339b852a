"""Arrays that numpy can read, those of JAX among them, as layers."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviz.capture.layer import Capture, Change, Key, Layer
from nbviz.capture.processes import is_shared, own_pieces, owners_of
from nbviz.capture.samples import COUNTED, MOVED, SAMPLES, UnreadableError, spacing
from nbviz.capture.writer import Writer
from nbviz.formats.sketch import Sketch

_NUMBERS = "fiubc"


def count(
    capture: Capture,
    key: Key,
    array: Any,
    pivots: MutableMapping[Key, float],
    writer: Writer,
    units: int | None = None,
    ends: tuple[float, float] | None = None,
) -> None:
    """Put an array into a capture, or tell the writer why there is nothing.

    ``pivots`` has those of the weights counted so far, as sketches of one pivot add up exactly. The units of an output
    lie along its last dimension unless ``units`` says another; at ``ends`` and beyond them it is saturated.
    """
    try:
        layer = layer_of(array, pivots.get(key) if key.what == "weights" else 0.0)
        if key.what == "activations":
            layer.alive = alive(array, units)
            layer.saturated = None if ends is None else saturated(array, ends)
    except UnreadableError as error:
        writer.miss(key, str(error))
        return
    except Exception as error:
        writer.miss(key, f"could not be read ({type(error).__name__}: {error})")
        return
    if (elsewhere := platform(array)) != "cpu" and layer.size > layer.sketch.count:
        writer.notice(f"Layers on {elsewhere} are captured from {SAMPLES:,} values of each tensor, evenly spaced.")
    writer.have(key)
    capture.add(key, layer)
    if key.what == "weights" and not layer.sketch.zeros:
        pivots.setdefault(key, layer.sketch.pivot)


def layer_of(array: Any, pivot: float | None = None) -> Layer:
    """An array, counted: every value in this process's memory, evenly spaced ones of large arrays and elsewhere.

    An array of which other processes count parts has no pivot, as parts are added up.

    Raises
    ------
    UnreadableError
        If there is nothing to read.
    """
    pieces, size = values_of(array, COUNTED if platform(array) == "cpu" else SAMPLES)
    alone = not is_shared(array) or len(owners_of(array)) == 1
    sketch = Sketch.of(pieces[0], pivot=pivot if alone else 0.0)
    for piece in pieces[1:]:
        sketch.add(piece)
    return Layer(sketch, size)


def sample_of(array: Any) -> NDArray[np.float64]:
    """A copy of some evenly spaced values, shape (n,)."""
    pieces, _ = values_of(array, MOVED)
    return np.concatenate([piece.astype(np.float64) for piece in pieces])


def change_of(before: NDArray[np.float64], after: NDArray[np.float64]) -> Change:
    """How far a step moved weights, by samples of them."""
    with np.errstate(all="ignore"):
        return Change(float(np.square(after - before).sum()), float(np.square(before).sum()))


def alive(array: Any, units: int | None = None) -> NDArray[np.bool_] | None:
    """Which units of an output are not zero everywhere; ``None`` where there is no batch of them."""
    if array.ndim < 2:
        return None
    units = array.ndim - 1 if units is None else units
    pieces = own_pieces(array) if is_shared(array) else [array]
    if any(piece.shape[units] != array.shape[units] for piece in pieces):
        return None
    others = tuple(dim for dim in range(array.ndim) if dim != units)
    return np.asarray(np.logical_or.reduce([np.asarray((piece != 0).any(axis=others)) for piece in pieces]))


def saturated(array: Any, ends: tuple[float, float]) -> int:
    """How many of the values that are counted lie at the ends or beyond them."""
    pieces, _ = values_of(array, COUNTED if platform(array) == "cpu" else SAMPLES)
    return sum(int(np.count_nonzero((piece <= ends[0]) | (piece >= ends[1]))) for piece in pieces)


def platform(array: Any) -> str:
    """Where an array's values lie: ``"cpu"``, ``"gpu"``, ``"tpu"``, …"""
    sharding = getattr(array, "sharding", None)
    devices = getattr(sharding, "device_set", ())
    return next((str(device.platform) for device in devices), "cpu")


def values_of(array: Any, limit: int) -> tuple[list[NDArray[Any]], int]:
    """What this process counts of an array, in pieces, and how many values it stands for.

    Of a whole array these are ``limit`` values at most, evenly spaced.

    Raises
    ------
    UnreadableError
        If there is nothing to read.
    """
    pieces = _pieces(array)
    size = sum(piece.size for piece in pieces)
    if not size:
        raise UnreadableError("has no values")
    every = spacing(array.size if is_shared(array) else size, limit)
    # Thinned where it lies, so that no more than the sample travels.
    here = platform(array) == "cpu"
    return [numbers((np.asarray(piece) if here else piece).reshape(-1)[::every]) for piece in pieces], size


def is_jax(array: Any) -> bool:
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(array, jax.Array)


def _pieces(array: Any) -> list[Any]:
    """The distinct parts of a sharded array that this process counts; any other array as it is."""
    if not is_jax(array):
        return [np.asarray(array)]
    if isinstance(array, sys.modules["jax"].core.Tracer):
        raise UnreadableError("is a tracer: its values are known outside of jax.jit only")
    if array.is_deleted():
        raise UnreadableError("was deleted, or donated to a jax.jit function")
    if is_shared(array):
        return own_pieces(array)
    if len(array.sharding.device_set) == 1:
        return [array]
    # Copies have the same index.
    return list({str(shard.index): shard.data for shard in array.addressable_shards}.values())


def numbers(array: Any) -> NDArray[Any]:
    """Real numbers that a sketch takes."""
    values = np.asarray(array)
    if values.dtype.kind == "c":
        return np.ascontiguousarray(values).view(values.real.dtype)
    if values.dtype.kind in _NUMBERS or values.dtype.name == "bfloat16":
        return values
    try:
        if values.dtype.kind != "V" or values.dtype.names is not None:
            raise TypeError
        return values.astype(np.float32)  # the small types of ml_dtypes: float8, int4
    except (TypeError, ValueError):
        raise UnreadableError("holds no numbers") from None
