"""CRC-32C of many records at once.

A CRC is linear over GF(2). Without its initial and final inversion, that of two pieces joined is that of the first,
moved on by as many zero bytes as the second is long, xor that of the second. So the checksums that are stored behind
the records of a group say what one CRC over the whole group must be, and one call in C checks them all.

Sources: https://en.wikipedia.org/wiki/Computation_of_cyclic_redundancy_checks, and ``crc32_combine`` in zlib.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

Words = NDArray[np.uint32]

_POLYNOMIAL = 0x82F63B78
MASK = 0xA282EAD8
ONES = 0xFFFFFFFF
_ONE = np.uint32(1)
_BITS = np.arange(32, dtype=np.uint32)


def masked_crc(data: bytes | bytearray | memoryview) -> int:
    """CRC-32C of ``data``, rotated and offset, so that a CRC of data that holds CRCs stays a good one."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK) & ONES


def unmasked(masked: Words) -> Words:
    """The CRCs behind masked ones."""
    rotated = masked - np.uint32(MASK)
    crcs: Words = (rotated << np.uint32(15)) | (rotated >> np.uint32(17))
    return crcs


def plain(data: bytes | memoryview) -> int:
    """The CRC of ``data`` without inversions: zero for zeros, and linear."""
    return int(crc32c(data) ^ ONES ^ moved(ONES, memoryview(data).nbytes))


def _times(matrix: Words, values: Words) -> Words:
    """A 32 x 32 matrix over GF(2), given by its columns, times each of some vectors."""
    bits = (values[:, None] >> _BITS) & 1
    product: Words = np.bitwise_xor.reduce(np.where(bits, matrix, np.uint32(0)), axis=1)
    return product


def _one_byte() -> Words:
    columns: Words = _ONE << _BITS
    for _ in range(8):
        columns = columns >> _ONE ^ np.where(columns & _ONE, np.uint32(_POLYNOMIAL), np.uint32(0))
    return columns


@lru_cache(maxsize=4096)
def _matrix(size: int) -> Words:
    """How ``size`` zero bytes, at least one, move a CRC on."""
    if size == 1:
        return _one_byte()
    half = _matrix(size // 2)
    return _times(_matrix(1), _times(half, half)) if size % 2 else _times(half, half)


def moved(value: int, size: int) -> int:
    """A CRC without inversions, moved on by ``size`` zero bytes."""
    return int(_times(_matrix(size), np.array([value], np.uint32))[0]) if size else value


@lru_cache(maxsize=4096)
def _table(size: int) -> Words:
    """`moved` for each value of each of the four bytes, shape (4, 256)."""
    columns = _matrix(size).reshape(4, 8, 1)
    table = np.zeros((4, 256), np.uint32)
    for bit in range(8):
        table[:, 1 << bit : 2 << bit] = table[:, : 1 << bit] ^ columns[:, bit]
    return table


def all_moved(values: Words, size: int) -> Words:
    """`moved` for an array; the result is new."""
    table, digits = _table(size), np.ascontiguousarray(values).view(np.uint8)
    result: Words = table[0].take(digits[0::4])
    for byte in (1, 2, 3):
        result ^= table[byte].take(digits[byte::4])
    return result


def masked_crc_of_lengths(lengths: Words) -> Words:
    """`masked_crc` of each number as eight little-endian bytes, which is how records begin."""
    crcs = all_moved(lengths, 8) ^ np.uint32(moved(ONES, 8) ^ ONES)
    masked: Words = ((crcs >> np.uint32(15)) | (crcs << np.uint32(17))) + np.uint32(MASK)
    return masked


def folded(values: Words, size: int) -> int:
    """The CRC, without inversions, of blocks of ``size`` bytes whose own ones are ``values``, one after the other."""
    while len(values) > 1:
        if len(values) % 2:
            values = np.concatenate((np.zeros(1, np.uint32), values))
        values = all_moved(values[0::2], size) ^ values[1::2]
        size *= 2
    return int(values[0]) if len(values) else 0


@lru_cache(maxsize=65536)
def record_constant(header: bytes, size: int) -> int:
    """What the header and the length of a record put into its CRC: see `records`."""
    return moved(plain(header), size) ^ ONES ^ moved(ONES, size)


def records(footers: Words, header: bytes, size: int) -> Words:
    """What the CRCs without inversions of whole records, footer included, must be, before 4 more zero bytes.

    Parameters
    ----------
    footers : ndarray of uint32, shape (n,)
        The masked CRCs stored behind the payloads.
    header : bytes
        The 12 bytes before each payload: records of one length have the same.
    size : int
        Length of the payloads in bytes.
    """
    # payload = crc ^ ~0 ^ moved(~0), header + payload = moved(header) ^ payload, and footer bytes enter by xor.
    expected: Words = unmasked(footers) ^ footers ^ np.uint32(record_constant(header, size))
    return expected
