"""What the kernel is given and what it gives back, byte for byte as `sketch.cu` lays it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.sketch import Sketch
from nbviz.formats.statistics import Statistics

BINS = 4096
NONFINITE = 255 << 3
"""The first of the bins that are not finite, in either half."""
FEW = 8
"""Entries that travel with the launch; more of them lie in the device's memory."""
UNITS = 1 << 15
"""Of more units nobody looks which are alive."""
PLAIN, ADJUSTED, LOOKED_AT = range(3)
SIZES = (4, 2, 2, 8)
"""Bytes of a value of each kind: float32, bfloat16, float16, float64."""

ROW = np.dtype([
    ("sum", "f8"), ("squares", "f8"), ("lowest", "u8"), ("highest", "u8"),
    ("zeros", "u8"), ("positive", "u8"), ("negative", "u8"), ("saturated", "u8"),
])  # fmt: skip
ENTRY = np.dtype([
    ("address", "u8"), ("size", "u8"), ("begin", "u8"), ("row", "u8"), ("scale", "u8"),
    ("kind", "u4"), ("mode", "u4"), ("step", "u4"), ("inner", "u4"), ("units", "u4"),
    ("pivot", "f4"), ("low", "f4"), ("high", "f4"),
])  # fmt: skip
TABLE = np.dtype([("few", ENTRY, FEW), ("many", "u8"), ("tiles", "u8"), ("entries", "u4"), ("unused", "u4")])
ROW_WORDS = ROW.itemsize // 4 + BINS
"""Words of four bytes that are found of a tensor, without those that say which units are alive."""

Words = NDArray[np.uint32]


def words_of(units: int) -> int:
    """Words for a tensor of so many units, an even number of them."""
    return ROW_WORDS + (units + 63) // 64 * 2


def begin(entries: NDArray[Any], threads: int) -> int:
    """Say where the tiles of each tensor begin, as `parts_of` in the kernel counts them; returns how many there are.

    A tile is left free after each tensor, which is about what it costs a block to end one.
    """
    sizes = np.array(SIZES, np.uint64)[entries["kind"]]
    heads = np.minimum((-entries["address"].astype(np.int64) % 16).astype(np.uint64) // sizes, entries["size"])
    vectors = (entries["size"] - heads) * sizes // np.uint64(16)
    step = entries["step"].astype(np.uint64)
    tiles = np.maximum(_up(_up(vectors, np.uint64(threads)), step), 1) + np.uint64(1)
    ends = np.cumsum(tiles, dtype=np.uint64)
    entries["begin"] = ends - tiles
    return int(ends[-1])


def _up(number: Any, parts: Any) -> Any:
    return (number + parts - np.uint64(1)) // parts


def table_of(entries: NDArray[Any], tiles: int, many: int = 0) -> NDArray[Any]:
    """The argument of the launch: with the entries themselves, or with where they lie in the device's memory."""
    table = np.zeros(1, TABLE)
    table["tiles"], table["entries"], table["many"] = tiles, len(entries), many
    if not many:
        table["few"][0, : len(entries)] = entries
    return table


def sketches_of(words: Words, places: Sequence[int], pivots: Sequence[float]) -> list[Sketch]:
    """The sketches whose rows begin at places among the words that came back."""
    rows = np.stack([words[at : at + ROW_WORDS] for at in places])
    statistics = rows[:, : ROW_WORDS - BINS].copy().view(ROW)[:, 0]
    bins = rows[:, ROW_WORDS - BINS :].astype(np.int64)
    nonfinite = bins.reshape(len(rows), 2, -1)[:, :, NONFINITE:].sum(axis=(1, 2))
    finite = bins.sum(axis=1) - nonfinite
    ends = _extremes(statistics)
    return [
        Sketch.of_counts(each, _statistics(row, *counts), pivot)
        for each, row, counts, pivot in zip(
            bins, statistics.tolist(), zip(finite.tolist(), nonfinite.tolist(), *ends, strict=True), pivots, strict=True
        )
    ]


def _extremes(statistics: NDArray[Any]) -> tuple[list[float], list[float]]:
    top = np.uint64(1 << 63)
    keys = np.stack([~statistics["lowest"], statistics["highest"]])
    ends = np.where(keys & top, keys & ~top, ~keys).view(np.float64) + 0.0  # which makes -0.0 a 0.0
    return ends[0].tolist(), ends[1].tolist()


def _statistics(row: tuple[Any, ...], finite: int, nonfinite: int, lowest: float, highest: float) -> Statistics:
    total, squares, _, _, zeros, positive, negative, _ = row
    statistics = Statistics()
    statistics.finite, statistics.zeros = finite, zeros
    statistics.positive_infinities, statistics.negative_infinities = positive, negative
    statistics.nans = nonfinite - positive - negative
    if finite:
        statistics.sum, statistics.squares, statistics.minimum, statistics.maximum = total, squares, lowest, highest
    return statistics


def saturated_of(words: Words, at: int) -> int:
    """How many values lay at an end of their range or beyond it."""
    return int(words[at : at + ROW.itemsize // 4].view(ROW)["saturated"][0])


def alive_of(words: Words, at: int, units: int) -> NDArray[np.bool_]:
    """Which units were not zero everywhere."""
    bits = words[at + ROW_WORDS : at + words_of(units)].astype("<u4").view(np.uint8)
    return np.unpackbits(bits, count=units, bitorder="little").astype(bool)
