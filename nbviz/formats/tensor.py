"""TensorProto: the elements of a tensor, in whichever of its fields a writer put them.

Source of the format: ``tensor.proto``, ``tensor_shape.proto`` and ``types.proto`` in ``tensorboard/compat/proto`` of
tensorflow/tensorboard.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.protobuf import BYTES, VARINT, MalformedError, fields, packed, signed

#     TensorProto       dtype 1: DataType, tensor_shape 2: TensorShapeProto, tensor_content 4: bytes (little-endian),
#                       or one of the lists float_val 5, double_val 6, int_val 7, string_val 8, scomplex_val 9 (pairs),
#                       int64_val 10, bool_val 11, dcomplex_val 12 (pairs), half_val 13 (16 bits of a half or bfloat16
#                       each), uint32_val 16, uint64_val 17
#     TensorShapeProto  dim 2: repeated Dim
#     Dim               size 1: int64
DTYPE, SHAPE, CONTENT = 1 << 3 | VARINT, 2 << 3 | BYTES, 4 << 3 | BYTES
DIM, SIZE = 2 << 3 | BYTES, 1 << 3 | VARINT

Array: TypeAlias = NDArray[Any]
_Parts: TypeAlias = "list[tuple[int, int, int]]"

_STRING, _BFLOAT16, _BITS16 = 7, 14, 13
_DTYPES = {
    1: ("<f4", 5),
    2: ("<f8", 6),
    3: ("<i4", 7),
    4: ("u1", 7),
    5: ("<i2", 7),
    6: ("i1", 7),
    8: ("<c8", 9),
    9: ("<i8", 10),
    10: ("?", 11),
    11: ("i1", 7),  # this one and 12, 13, 15, 16 are the quantized integers
    12: ("u1", 7),
    13: ("<i4", 7),
    _BFLOAT16: ("<u2", _BITS16),
    15: ("<i2", 7),
    16: ("<u2", 7),
    17: ("<u2", 7),
    18: ("<c16", 12),
    19: ("<f2", _BITS16),
    22: ("<u4", 16),
    23: ("<u8", 17),
}
"""DataType -> numpy dtype of tensor_content, and the number of the list field."""
_STRINGS, _UINT32 = 8, 16
_LISTS = {number for _, number in _DTYPES.values()} | {_STRINGS}
_FIXED = (5, 6, 9, 12)

LARGEST = 1 << 20
"""The most elements that a tensor may claim beyond those it holds: its shape is only a claim, and costs memory."""


def decode_tensor(data: bytes, at: int, end: int) -> Array:
    """Decode the TensorProto in ``data[at:end]``.

    As in TensorFlow, a list that is shorter than the shape says is filled up with its last element, or with zeros.

    Returns
    -------
    ndarray
        Of the tensor's own shape and dtype; bfloat16 as float32, strings as an object array of bytes.

    Raises
    ------
    MalformedError
        If the tensor holds no numbers and no strings, or other ones than it says.
    """
    kind, content = 0, b""
    shape: list[int] = []
    lists: dict[int, _Parts] = {}
    for key, start, stop in fields(data, at, end):
        if key == DTYPE:
            kind = start
        elif key == SHAPE:
            shape += [_size(data, *dim) for number, *dim in fields(data, start, stop) if number == DIM]
        elif key == CONTENT:
            content = data[start:stop]
        elif key >> 3 in _LISTS:
            lists.setdefault(key >> 3, []).append((key & 7, start, stop))
    if kind == _STRING:
        flat = _strings([data[start:stop] for wire, start, stop in lists.get(_STRINGS, ()) if wire == BYTES])
    else:
        flat = _numbers(data, kind, content, lists)
    try:
        return _filled(flat, math.prod(shape)).reshape(shape)
    except MalformedError:
        raise
    except ValueError:  # more than 32 dimensions, or an empty one beside some of 2**60
        raise MalformedError("a tensor has a shape that numpy cannot hold, so it was left out") from None


def _size(data: bytes, at: int, end: int) -> int:
    size = 0
    for key, value, _ in fields(data, at, end):
        if key == SIZE:
            size = signed(value)
    if size < 0:
        raise MalformedError("a tensor has an unknown shape, so it was left out")
    return size


def _numbers(data: bytes, kind: int, content: bytes, lists: dict[int, _Parts]) -> Array:
    if kind not in _DTYPES:
        raise MalformedError("a tensor holds neither numbers nor strings, so it was left out")
    dtype, number = _DTYPES[kind]
    if content or number in _FIXED:
        content = content or b"".join(data[start:stop] for _, start, stop in lists.get(number, ()))
        if len(content) % np.dtype(dtype).itemsize:
            raise MalformedError("a tensor holds another number of elements than its shape says, so it was left out")
        flat: Array = np.frombuffer(content, dtype)
    else:
        parts = lists.get(number) or lists.get(_UINT32, [])  # where torch puts uint8
        integers = [value for part in parts for value in packed(data, *part)]
        whole = np.array(integers, np.uint64)
        if number == _BITS16 and (whole > 0xFFFF).any():  # torch writes the bits of a float32 (half_to_int)
            return whole.astype("<u4").view("<f4").astype("<f4" if kind == _BFLOAT16 else dtype)
        flat = whole.astype("<u2" if number == _BITS16 else dtype).view(dtype)
    return (flat.astype(np.uint32) << 16).view(np.float32) if kind == _BFLOAT16 else flat


def _strings(parts: list[bytes]) -> Array:
    flat = np.empty(len(parts), object)
    flat[:] = parts
    return flat


def _filled(flat: Array, size: int) -> Array:
    if len(flat) > size or size > max(len(flat), LARGEST):
        raise MalformedError("a tensor holds another number of elements than its shape says, so it was left out")
    if len(flat) == size:
        return flat
    filled = np.full(size, flat[-1] if len(flat) else b"" if flat.dtype == object else 0, flat.dtype)
    filled[: len(flat)] = flat
    return filled
