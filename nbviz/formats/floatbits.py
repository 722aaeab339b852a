"""Bins by the bits of a float32: its sign, its exponent and the first bits of its mantissa are the number of its bin.

There is no range to find first, the widths of the bins follow the magnitude (eight for every factor of two with three
bits of the mantissa), and the bins of any two captures are the same::

    sign, 1 bit | exponent, 8 bits | mantissa, 23 bits
    number of the bin, 9 + m bits ───────┤ the others are dropped

Places put the same bins in the order of their values: the magnitudes of the negative ones backwards, one bin around
zero, the positive ones. Infinities and NaN have bins, but no places.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

CHUNK = 1 << 17
"""Elements counted at a time: few calls, and what is made on the way stays in the caches."""
LARGEST = float(np.finfo(np.float32).max)
_BFLOAT16 = "bfloat16"
"""The name of the dtype that ml_dtypes, and so JAX, gives to arrays."""


def bins_of(mantissa_bits: int) -> int:
    return 1 << (9 + mantissa_bits)


def infinity_of(mantissa_bits: int) -> int:
    """The bin of +Inf, above those of the positive finite values; that of -Inf is half of all bins further on."""
    return 255 << mantissa_bits


def nan_of(mantissa_bits: int) -> int:
    """The one bin in which NaN are counted, whatever their bits: that of a NaN as computations make it."""
    return infinity_of(mantissa_bits) + (1 << (mantissa_bits - 1))


def bin_of(value: float, mantissa_bits: int) -> int:
    """The bin of one finite number."""
    bits = np.array([min(max(value, -LARGEST), LARGEST)], np.float32).view(np.uint32)
    return int(bits[0]) >> (23 - mantissa_bits)


def chunks(values: ArrayLike) -> Iterator[NDArray[Any]]:
    """The numbers of an array of any shape and layout, as contiguous float32 or float64 arrays of ``CHUNK`` at most.

    Raises
    ------
    TypeError
        If they are not real numbers.
    """
    array = np.asarray(values)
    # To ask for the name of a dtype takes nearly as long as to count a thousand numbers.
    if array.dtype.isbuiltin != 1 and array.dtype.name == _BFLOAT16:
        return bfloat16_chunks(array.view(np.uint16))
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a histogram needs real numbers, got an array of {array.dtype}")
    # The integers of two bytes are exact in a float32, and so is all that is as small.
    single = array.dtype.itemsize <= 2 or (array.dtype.kind == "f" and array.dtype.itemsize == 4)
    return _pieces(array, np.float32 if single else np.float64)


def bfloat16_chunks(codes: ArrayLike) -> Iterator[NDArray[Any]]:
    """The same for bfloat16 numbers, given as the 16 bits of each.

    Raises
    ------
    TypeError
        If the codes are not uint16.
    """
    array = np.asarray(codes)
    if array.dtype != np.uint16:
        raise TypeError(f"expected bfloat16 numbers as their codes, an array of uint16, got one of {array.dtype}")
    return ((piece << np.uint32(16)).view(np.float32) for piece in _pieces(array, np.uint32))


def _pieces(array: NDArray[Any], dtype: type[np.generic]) -> Iterator[NDArray[Any]]:
    if 0 < array.size <= CHUNK and array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned:
        # To make an iterator takes as long as to count a thousand numbers.
        yield array.reshape(-1)
        return
    options: Any = {  # numpy's stubs misspell "contig"
        "flags": ["external_loop", "buffered", "zerosize_ok"],
        "op_flags": [["readonly", "contig", "nbo", "aligned"]],
        "op_dtypes": [np.dtype(dtype)],
        "casting": "same_kind",
        "buffersize": CHUNK,
    }
    with np.nditer(array, **options) as pieces:
        for piece in cast("Iterator[NDArray[Any]]", pieces):
            if len(piece):
                yield piece


def count_bits(chunk: NDArray[Any], mantissa_bits: int, pivot: float, beyond: bool) -> NDArray[np.int64]:
    """Counts of finite numbers, less the pivot, by their bins.

    Parameters
    ----------
    chunk : ndarray of float32 or float64, shape (n,), contiguous
    mantissa_bits : int
    pivot : float
    beyond : bool
        Whether some are too large for a float32: those are counted as the largest there is.
    """
    if pivot:
        chunk = chunk - chunk.dtype.type(pivot)
    if beyond:
        chunk = np.clip(chunk, -LARGEST, LARGEST)
    bits = chunk.astype(np.float32, copy=False).view(np.uint32) >> np.uint32(23 - mantissa_bits)
    # As int32, which numpy's intp holds everywhere.
    return np.bincount(bits.view(np.int32), minlength=bins_of(mantissa_bits)).astype(np.int64, copy=False)


@lru_cache
def edges_of(mantissa_bits: int) -> NDArray[np.float64]:
    """Edges of the bins in the order of places, shape (k + 1,); the outermost is twice the largest power of two."""
    ids = np.arange(1, infinity_of(mantissa_bits) + 1, dtype=np.uint32)
    magnitudes = (ids << np.uint32(23 - mantissa_bits)).view(np.float32).astype(np.float64)
    magnitudes[-1] = 2.0**128
    edges: NDArray[np.float64] = np.concatenate([-magnitudes[::-1], magnitudes])
    edges.flags.writeable = False
    return edges


def to_places(bins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts of the finite bins in the order of their values, shape (k,)."""
    half = len(bins) // 2
    finite = infinity_of(_mantissa_bits(bins))
    around_zero = bins[:1] + bins[half : half + 1]
    return np.concatenate([bins[half + finite - 1 : half : -1], around_zero, bins[1:finite]])


def from_places(places: NDArray[np.int64], mantissa_bits: int) -> NDArray[np.int64]:
    """Counts by bin, of those in the order of their values; that around zero is the bin of +0."""
    finite = infinity_of(mantissa_bits)
    bins = np.zeros(bins_of(mantissa_bits), np.int64)
    bins[len(bins) // 2 + 1 : len(bins) // 2 + finite] = places[finite - 2 :: -1]
    bins[:finite] = places[finite - 1 :]
    return bins


def place_of(number: int, mantissa_bits: int) -> int:
    """The place of a finite bin."""
    middle, half = infinity_of(mantissa_bits) - 1, bins_of(mantissa_bits) // 2
    return middle + number if number < half else middle - (number - half)


@lru_cache(4096)
def bin_of_zero(pivot: float, mantissa_bits: int) -> int:
    """The bin that zeros are counted in."""
    return bin_of(0.0 - pivot, mantissa_bits)  # not of -0.0, which has another


def place_of_zero(pivot: float, mantissa_bits: int) -> int:
    return place_of(bin_of_zero(pivot, mantissa_bits), mantissa_bits)


def _mantissa_bits(bins: NDArray[np.int64]) -> int:
    return len(bins).bit_length() - 10
