"""What a device has computed, brought to this process without waiting for it."""

from __future__ import annotations

from typing import Any

_sides: dict[Any, Any] = {}
"""A stream of each device on which nothing else is copied."""


class Arrival:
    """A tensor on its way to this process.

    Parameters
    ----------
    tensor : torch.Tensor
        It must not be changed until it has arrived.
    stream : torch.cuda.Stream, optional
        That computes it; by default the current one of its device. Only CUDA devices have any: from others a tensor is
        copied when it is asked for.
    """

    def __init__(self, tensor: Any, stream: Any = None) -> None:
        self._tensor = tensor.detach()
        self._done: Any = None
        if tensor.is_cuda:
            self._start(stream)

    def _start(self, stream: Any) -> None:
        cuda, source = _cuda(), self._tensor
        with cuda.device(source.device):
            side = _sides.get(source.device)
            if side is None:
                side = _sides[source.device] = cuda.Stream(source.device)
            side.wait_stream(stream or cuda.current_stream(source.device))
            with cuda.stream(side):
                # torch keeps page-locked memory, and hands none out again before the copy into it is over.
                self._tensor = _page_locked(source)
                self._tensor.copy_(source, non_blocking=True)
                # Nor is the memory of the source used anew before that, whoever drops it.
                source.record_stream(side)
                self._done = cuda.Event()
                self._done.record(side)

    def ready(self) -> bool:
        """Whether it is here."""
        return self._done is None or bool(self._done.query())

    def array(self) -> Any:
        """The numbers; waits for them where they are not here."""
        if self._done is not None:
            self._done.synchronize()
        return self._tensor.cpu().numpy()


def capturing() -> bool:
    """Whether this thread records a CUDA graph: nothing runs then, and to ask for what has arrived would end it."""
    cuda = _cuda()
    return bool(cuda.is_initialized() and cuda.is_current_stream_capturing())


def _cuda() -> Any:
    import torch

    return torch.cuda


def _page_locked(like: Any) -> Any:
    import torch

    return torch.empty(like.shape, dtype=like.dtype, pin_memory=True)
