"""Smoothing, as js/src/smooth.ts does it."""

from __future__ import annotations

import math

import numpy as np

from nbviz.picture.axes import Floats

BLOCK = 64


def line_of(values: Floats, weight: float) -> Floats:
    """Return what the strong line shows: the values smoothed, or themselves where there is nothing to smooth."""
    return values if weight <= 0 or is_staircase(values) else smooth(values, weight)


def is_staircase(values: Floats) -> bool:
    """Whether values stay for a while and then change, as a learning rate or an epoch does.

    Every level lasts for more than one row, except perhaps the first and the one that has just begun.
    """
    changed = values[1:] != values[:-1]
    return not (changed[1:] & changed[:-1]).any() and 2 * int(changed.sum()) < len(values)


def smooth(values: Floats, weight: float) -> Floats:
    """Return the exponential mean that TensorBoard draws: corrected for its start at zero, past what is not finite."""
    good = np.isfinite(values)
    finite = values if good.all() else values[good]
    means = _decaying_sums(finite * (1 - weight), weight)
    # Past this row the correction is lost in rounding.
    start = min(len(means), math.ceil(-40 / math.log(weight)))
    means[:start] /= -np.expm1(np.arange(1, start + 1) * math.log(weight))
    if finite is values:
        return means
    smoothed: Floats = values.copy()
    smoothed[good] = means
    return smoothed


def _decaying_sums(values: Floats, weight: float) -> Floats:
    """``sums[i] = weight * sums[i - 1] + values[i]``: within all blocks of rows at once, then from block to block."""
    count = -(-len(values) // BLOCK)
    blocks = np.zeros((count, BLOCK))
    blocks.ravel()[: len(values)] = values
    lag = np.arange(BLOCK) - np.arange(BLOCK)[:, None]
    sums: Floats = blocks @ np.where(lag >= 0, weight ** np.maximum(lag, 0), 0.0)
    if count > 1:
        before = _decaying_sums(sums[:-1, -1], weight**BLOCK)
        sums[1:] += before[:, None] * weight ** np.arange(1, BLOCK + 1)
    return sums.ravel()[: len(values)]
