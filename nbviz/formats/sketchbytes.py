"""A sketch as few bytes. Little-endian, all but the first byte compressed by zlib::

uint8    version of this format, 1
uint8    mantissa bits
float64  pivot, sum, sum of squares, smallest, largest: five of them
int64    zeros, NaN, +Inf, -Inf
uint32   of the finite bins that are filled: how far each is from the one before, the first from bin 0
int64    their counts

The bytes of each of these two columns are in the order of their significance, first the lowest one of every number:
most of the others are zero, which zlib makes next to nothing of.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.floatbits import bins_of, infinity_of
from nbviz.formats.statistics import Statistics

Counts = NDArray[np.int64]

VERSION = 1
_NUMBERS = struct.Struct("<B5d4q")
_FILLED = 4 + 8
_LEVEL = 1
"""Of zlib: by default it makes them 4 % smaller and takes twice as long."""
_LIMIT = 1 << 23
"""No sketch is larger before it is compressed: with 10 mantissa bits there are half a million bins."""


class Packed(NamedTuple):
    """What the bytes of a sketch hold.

    Attributes
    ----------
    mantissa_bits : int
    pivot : float
    numbers : ndarray of int64, shape (k,)
        Of the finite bins that are filled, increasing.
    counts : ndarray of int64, shape (k,)
    statistics : Statistics
    """

    mantissa_bits: int
    pivot: float
    numbers: Counts
    counts: Counts
    statistics: Statistics


def pack(packed: Packed) -> bytes:
    statistics = packed.statistics
    floats = packed.pivot, statistics.sum, statistics.squares, statistics.minimum, statistics.maximum
    apart = statistics.zeros, statistics.nans, statistics.positive_infinities, statistics.negative_infinities
    gaps = packed.numbers.astype("<u4")
    gaps[1:] -= gaps[:-1].copy()
    head = _NUMBERS.pack(packed.mantissa_bits, *floats, *apart)
    content = head + _planes(gaps) + _planes(packed.counts.astype("<i8", copy=False))
    return bytes([VERSION]) + zlib.compress(content, _LEVEL)


def _planes(column: NDArray[Any]) -> bytes:
    digits: NDArray[np.uint8] = column.view(np.uint8).reshape(-1, column.itemsize)
    return digits.tobytes("F")


def _column(dtype: str, planes: bytes) -> Counts:
    size = np.dtype(dtype).itemsize
    digits = np.frombuffer(planes, np.uint8).reshape(size, -1)
    return np.ascontiguousarray(digits.T).view(dtype).ravel().astype(np.int64, copy=False)


def unpack(data: bytes) -> Packed:
    """What `pack` made the bytes of; of bytes from elsewhere it must be `checked`.

    Raises
    ------
    ValueError
        If they are cut short or of another format.
    """
    if data[:1] != bytes([VERSION]):
        raise ValueError(f"it begins with {data[:1]!r} instead of the version, {VERSION}")
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(data[1:], _LIMIT)
        mantissa_bits, pivot, *found = _NUMBERS.unpack_from(content)
    except (zlib.error, struct.error) as error:
        raise ValueError(str(error)) from error
    filled, odd = divmod(len(content) - _NUMBERS.size, _FILLED)
    if odd or not inflate.eof or inflate.unused_data:
        raise ValueError("it is cut short, or goes on behind its end")
    if not 1 <= mantissa_bits <= 10:
        raise ValueError(f"it has {mantissa_bits} mantissa bits")
    middle = _NUMBERS.size + 4 * filled
    gaps, counts = _column("<u4", content[_NUMBERS.size : middle]), _column("<i8", content[middle:])
    return Packed(mantissa_bits, pivot, gaps.cumsum(), counts, _statistics(found, counts))


def _statistics(found: list[float], counts: Counts) -> Statistics:
    statistics = Statistics()
    statistics.finite = int(counts.sum())
    statistics.sum, statistics.squares, statistics.minimum, statistics.maximum = found[:4]
    apart = (int(each) for each in found[4:])
    statistics.zeros, statistics.nans, statistics.positive_infinities, statistics.negative_infinities = apart
    return statistics


def checked(packed: Packed) -> Packed:
    """The same, if a sketch can be so.

    Raises
    ------
    ValueError
        If none can.
    """
    numbers, counts, statistics = packed.numbers, packed.counts, packed.statistics
    half = bins_of(packed.mantissa_bits) // 2
    apart = statistics.zeros, statistics.nans, statistics.positive_infinities, statistics.negative_infinities
    if min(apart) < 0 or not (counts > 0).all():
        raise ValueError("it has a count that is none")
    if not (np.diff(numbers, append=2 * half) > 0).all():
        raise ValueError("it has more bins than there are")
    if ((numbers & half - 1) >= infinity_of(packed.mantissa_bits)).any():
        raise ValueError("it counts what is not finite among what is")
    low, high = statistics.minimum, statistics.maximum
    if statistics.finite and not (math.isfinite(low) and low <= high and math.isfinite(high)):
        raise ValueError(f"its values are from {low} to {high}")
    return packed
