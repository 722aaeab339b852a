"""A sketch as few bytes. Little-endian, all but the first byte compressed by zlib::

uint8    version of this format, 1
uint8    mantissa bits
float64  pivot, sum, sum of squares, smallest, largest: five of them
LEB128   zeros, NaN, +Inf, -Inf
...      counts of the finite bins, as `nbviz.formats.sparse` has them
"""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.floatbits import bins_of, infinity_of
from nbviz.formats.sparse import decode_counts, decode_numbers, encode_counts, encode_numbers
from nbviz.formats.statistics import Statistics

Counts = NDArray[np.int64]

VERSION = 1
_NUMBERS = struct.Struct("<B5d")
_APART = 4
_LIMIT = 1 << 23
"""No sketch is larger before it is compressed: with 10 mantissa bits there are half a million bins."""


def pack(mantissa_bits: int, pivot: float, bins: Counts, statistics: Statistics) -> bytes:
    """The bytes of a sketch, of whose ``bins`` only the finite ones are filled."""
    apart = (
        statistics.zeros,
        statistics.nans,
        statistics.positive_infinities,
        statistics.negative_infinities,
    )
    floats = (pivot, statistics.sum, statistics.squares, statistics.minimum, statistics.maximum)
    numbers = encode_numbers(np.concatenate([np.array(apart, np.int64), encode_counts(bins)]))
    return bytes([VERSION]) + zlib.compress(_NUMBERS.pack(mantissa_bits, *floats) + numbers)


def unpack(data: bytes) -> tuple[int, float, Counts, Statistics]:
    """Mantissa bits, pivot, bins and statistics of what `pack` made.

    Raises
    ------
    ValueError
        If it was not made so.
    """
    if data[:1] != bytes([VERSION]):
        raise ValueError(f"it begins with {data[:1]!r} instead of the version, {VERSION}")
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(data[1:], _LIMIT)
        mantissa_bits, pivot, total, squares, minimum, maximum = _NUMBERS.unpack_from(content)
    except (zlib.error, struct.error) as error:
        raise ValueError(str(error)) from error
    if not inflate.eof or inflate.unused_data:
        raise ValueError("it is cut short, or goes on behind its end")
    if not 1 <= mantissa_bits <= 10:
        raise ValueError(f"it has {mantissa_bits} mantissa bits")
    numbers = decode_numbers(content[_NUMBERS.size :])
    if len(numbers) < _APART:
        raise ValueError("it is cut short")
    bins = decode_counts(numbers[_APART:], bins_of(mantissa_bits))
    if bins.reshape(2, -1)[:, infinity_of(mantissa_bits) :].any():
        raise ValueError("it counts what is not finite among what is")
    statistics = Statistics()
    statistics.zeros, statistics.nans = int(numbers[0]), int(numbers[1])
    statistics.positive_infinities, statistics.negative_infinities = int(numbers[2]), int(numbers[3])
    statistics.finite = int(bins.sum())
    statistics.sum, statistics.squares = total, squares
    statistics.minimum, statistics.maximum = minimum, maximum
    if statistics.finite and not (math.isfinite(minimum) and minimum <= maximum and math.isfinite(maximum)):
        raise ValueError(f"its values are from {minimum} to {maximum}")
    return mantissa_bits, pivot, bins, statistics
