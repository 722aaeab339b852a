"""TensorProto: the numbers of a small tensor, in whichever of its fields a writer put them.

Source of the format: ``tensor.proto``, ``tensor_shape.proto`` and ``types.proto`` in ``tensorboard/compat/proto`` of
tensorflow/tensorboard.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.protobuf import BYTES, VARINT, MalformedError, fields, packed, signed

#     TensorProto       dtype 1: DataType, tensor_shape 2: TensorShapeProto, tensor_content 4: bytes (little-endian),
#                       or one of the lists float_val 5, double_val 6, int_val 7, int64_val 10, bool_val 11, half_val 13
#                       (16 bits of a half or bfloat16 each), uint32_val 16, uint64_val 17
#     TensorShapeProto  dim 2: repeated Dim
#     Dim               size 1: int64
_DTYPE, _SHAPE, _CONTENT = 1 << 3 | VARINT, 2 << 3 | BYTES, 4 << 3 | BYTES
_DIM, _SIZE = 2 << 3 | BYTES, 1 << 3 | VARINT

_BFLOAT16 = 14
_DTYPES = {
    1: ("<f4", 5),
    2: ("<f8", 6),
    3: ("<i4", 7),
    4: ("u1", 7),
    5: ("<i2", 7),
    6: ("i1", 7),
    9: ("<i8", 10),
    10: ("?", 11),
    _BFLOAT16: ("<u2", 13),
    17: ("<u2", 7),
    19: ("<f2", 13),
    22: ("<u4", 16),
    23: ("<u8", 17),
}
"""DataType -> numpy dtype of tensor_content, and the number of the list field."""
_LISTS = {number for _, number in _DTYPES.values()}
_FLOATS = (5, 6)

LARGEST = 1 << 20
"""The most elements that a tensor may claim beyond those it holds: its shape is only a claim, and costs memory."""


def decode_tensor(data: bytes, at: int, end: int) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Decode the TensorProto in ``data[at:end]``.

    As in TensorFlow, a list that is shorter than the shape says is filled up with its last element, or with zeros.

    Returns
    -------
    values : ndarray of float64, shape (n,)
        The elements in row-major order.
    shape : tuple of int
        Their product is ``n``; ``()`` for a scalar.

    Raises
    ------
    MalformedError
        If the tensor holds no numbers, or other ones than it says.
    """
    kind, content = 0, b""
    shape: list[int] = []
    lists: dict[int, list[tuple[int, int, int]]] = {}
    for key, start, stop in fields(data, at, end):
        if key == _DTYPE:
            kind = start
        elif key == _SHAPE:
            shape += [_size(data, *dim) for number, *dim in fields(data, start, stop) if number == _DIM]
        elif key == _CONTENT:
            content = data[start:stop]
        elif key >> 3 in _LISTS:
            lists.setdefault(key >> 3, []).append((key & 7, start, stop))
    if kind not in _DTYPES:
        raise MalformedError("a tensor holds something other than numbers, so it was left out")
    dtype, number = _DTYPES[kind]
    if content or number in _FLOATS:
        content = content or b"".join(data[start:stop] for _, start, stop in lists.get(number, ()))
        flat = _from_bytes(content, dtype)
    else:
        integers = [signed(value) for part in lists.get(number, ()) for value in packed(data, *part)]
        flat = np.array(integers, np.int64).astype("<u2" if number == 13 else dtype).view(dtype)
    if kind == _BFLOAT16:
        flat = (flat.astype(np.uint32) << 16).view(np.float32)
    return _filled(flat.astype(np.float64), math.prod(shape)), tuple(shape)


def _size(data: bytes, at: int, end: int) -> int:
    size = 0
    for key, value, _ in fields(data, at, end):
        if key == _SIZE:
            size = signed(value)
    if size < 0:
        raise MalformedError("a tensor has an unknown shape, so it was left out")
    return size


def _from_bytes(content: bytes, dtype: str) -> NDArray[np.generic]:
    if len(content) % np.dtype(dtype).itemsize:
        raise MalformedError("a tensor holds another number of elements than its shape says, so it was left out")
    return np.frombuffer(content, dtype)


def _filled(flat: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    if len(flat) > size or size > max(len(flat), LARGEST):
        raise MalformedError("a tensor holds another number of elements than its shape says, so it was left out")
    if len(flat) == size:
        return flat
    filled = np.full(size, flat[-1] if len(flat) else 0.0)
    filled[: len(flat)] = flat
    return filled
