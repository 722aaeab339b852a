"""Counts that are mostly zero, as few bytes: LEB128 of what changes from one filled bin to the next.

Neighbouring bins hold similar counts, so their differences are small, and of either sign: zig-zag numbers them
0, -1, 1, -2, 2, … A number takes a byte for every seven bits, of which the last one has its highest bit clear.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_DIGITS = 9
"""Bytes of the longest number: 63 bits."""


def encode_numbers(values: Integers) -> bytes:
    """Numbers that are not negative, one after the other."""
    longest = -(-int(values.max(initial=1)).bit_length() // 7)
    shifts = np.arange(longest, dtype=np.int64) * 7
    left = values[:, None] >> shifts
    digits = (left & 127 | np.where(left > 127, 128, 0)).astype(np.uint8)
    kept = left > 0
    kept[:, 0] = True
    return digits[kept].tobytes()


def decode_numbers(data: bytes | memoryview) -> Integers:
    """The numbers that `encode_numbers` made the bytes of.

    Raises
    ------
    ValueError
        If the last number is cut short, or one is longer than 63 bits.
    """
    digits = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(digits < 128)
    if not len(digits):
        return np.zeros(0, np.int64)
    if not len(ends) or ends[-1] != len(digits) - 1:
        raise ValueError("its last number is cut short")
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends + 1 - starts
    if lengths.max() > _DIGITS:
        raise ValueError("a number of it is longer than 63 bits")
    places = np.arange(len(digits)) - np.repeat(starts, lengths)
    numbers: Integers = np.add.reduceat((digits & 127).astype(np.int64) << 7 * places, starts)
    return numbers


def zigzag(values: Integers) -> Integers:
    return values << 1 ^ values >> 63


def unzigzag(values: Integers) -> Integers:
    return values >> 1 ^ -(values & 1)


def encode_counts(counts: Integers) -> Integers:
    """How many are filled, the gaps before them, and by how much each differs from the filled one before."""
    filled = np.flatnonzero(counts)
    changes = np.diff(counts[filled], prepend=0)
    return np.concatenate(([len(filled)], np.diff(filled, prepend=-1) - 1, zigzag(changes)))


def decode_counts(numbers: Integers, length: int) -> Integers:
    """The ``length`` counts that `encode_counts` made the numbers of.

    Raises
    ------
    ValueError
        If they are none of so many counts.
    """
    if not len(numbers) or len(numbers) != 1 + 2 * numbers[0]:
        raise ValueError("it holds fewer or more numbers than it says")
    gaps, changes = numbers[1 : 1 + numbers[0]], numbers[1 + numbers[0] :]
    if (gaps >= length).any():
        raise ValueError("it has more bins than there are")
    filled, held = np.cumsum(gaps + 1) - 1, np.cumsum(unzigzag(changes))
    if len(filled) and (filled[-1] >= length or held.min() <= 0):
        raise ValueError("it has more bins than there are, or a count that is none")
    counts = np.zeros(length, np.int64)
    counts[filled] = held
    return counts
