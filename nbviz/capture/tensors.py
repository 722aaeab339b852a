"""torch tensors of every kind, as flat tensors of their values."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from nbviz.capture.samples import UnreadableError, spacing

OUTPUTS = 16_384
"""Values kept of an output inside a compiled graph."""


class Values(NamedTuple):
    """The values that a tensor holds, shape (n,), off the graph, and how many zeros it has beside them."""

    flat: Tensor
    zeros: int = 0


def values_of(tensor: Tensor, limit: int | None = None) -> Values:
    """What this process holds of a tensor, evenly spaced values of it where there are more than ``limit``.

    Raises
    ------
    UnreadableError
        If there is nothing to read.
    """
    tensor = local(tensor)
    if is_lazy(tensor):
        raise UnreadableError("is not initialised yet")
    if tensor.is_meta:
        raise UnreadableError("is on the meta device, which holds no values")
    zeros = 0
    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        size = tensor.numel()
        tensor = _stored(tensor)
        zeros = size - tensor.numel()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    if not tensor.numel() + zeros:
        raise UnreadableError("has no values")
    if limit is not None:
        zeros = -(-zeros // spacing(tensor.numel(), limit))
    return Values(flat(tensor, limit), zeros)


def local(tensor: Tensor) -> Tensor:
    """The part of a distributed tensor that this process holds; any other tensor itself."""
    held: Any = tensor
    return held.to_local().detach() if is_distributed(tensor) else tensor


def is_lazy(tensor: Any) -> bool:
    """Whether it is a parameter that has no shape yet."""
    return isinstance(tensor, (UninitializedParameter, UninitializedBuffer))


def is_distributed(tensor: Any) -> bool:
    """Whether it is a DTensor, without importing what defines them."""
    return hasattr(tensor, "to_local") and hasattr(tensor, "placements")


def _stored(tensor: Tensor) -> Tensor:
    """The values that a tensor without strides stores, each once."""
    if tensor.layout == torch.sparse_coo:
        # Rows of an embedding that were looked up twice are stored twice until they are summed.
        return tensor.coalesce().values()
    if tensor.layout in (torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc):
        return tensor.values()
    return tensor.to_dense()


def flat(tensor: Tensor, limit: int | None = None) -> Tensor:
    """A dense tensor's values in the order of its memory, so that nothing is copied where it can be helped."""
    tensor = in_order(tensor)
    while limit is not None and not tensor.is_contiguous() and tensor.numel() > limit and tensor.dim() > 1:
        # Not to be flattened without a copy of it all: thinned along one dimension after the other.
        longest = max(range(tensor.dim()), key=tensor.size)
        tensor = tensor.select(longest, 0) if tensor.size(longest) == 1 else _every_third(tensor, longest)
    line = tensor.reshape(-1)
    size = line.numel()
    return line if limit is None or size <= limit else line[:: spacing(size, limit)]


def in_order(tensor: Tensor) -> Tensor:
    """A dense tensor with its dimensions in the order in which they lie in memory."""
    if tensor.is_contiguous():
        return tensor
    strides = tensor.stride()
    return tensor.permute(sorted(range(tensor.dim()), key=lambda dim: -strides[dim]))


def _every_third(tensor: Tensor, dim: int) -> Tensor:
    return tensor[(slice(None),) * dim + (slice(None, None, 3),)]


def first_floats(output: Any) -> Tensor | None:
    """The first tensor of floats in what a layer gave: tensors, tuples, lists and dicts, nested."""
    if isinstance(output, Tensor):
        return output if output.is_floating_point() or output.is_complex() else None
    if isinstance(output, dict):
        output = tuple(output.values())
    if isinstance(output, (tuple, list)):
        for each in output:
            found = first_floats(each)
            if found is not None:
                return found
    return None
