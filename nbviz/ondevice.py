"""Scalars that a device has yet to compute: taken by `log` as they are, read many at a time, waited for by nobody."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from nbviz.arrival import Arrival, capturing
from nbviz.notice import Problems

SECONDS = 0.05
"""How far apart scalars are asked for."""


Scalar = tuple[Any, Any]
"""A tensor of one number, and the stream that computes it, None where that is the usual one."""


class Unread(dict[str, float]):
    """Metrics of which some are not known yet; those stand as NaN until they are."""

    __slots__ = ("scalars",)

    scalars: dict[str, Scalar]


def is_away(value: Any) -> bool:
    """Whether to read a value would take waiting for a device."""
    return getattr(value, "is_cuda", False) is True


def scalar_of(value: Any) -> Scalar | None:
    """A tensor as it is now; ``None`` where it cannot be taken."""
    try:
        # Off the graph, which would be kept along with all that it needs.
        tensor = value.detach() if value.requires_grad else value
        # What was changed in place before may be again, like a running sum: a copy is made on the device at once.
        return (tensor.clone() if _version(tensor) else tensor), _stream(value)
    except Exception:
        return None


def _version(tensor: Any) -> int:
    """How often a tensor was changed in place; of one made for inference nobody counts."""
    try:
        version: int = tensor._version
    except RuntimeError:
        return -1
    return version


class Scalars:
    """Those of a run that are not known yet.

    CUDA is asked by the thread that logs, and never while that records a graph, which such a question would end.
    """

    def __init__(self, problems: Problems) -> None:
        self.used = False
        """Whether there ever were any."""
        self._problems, self._lock = problems, threading.Lock()
        self._new: list[Unread] = []
        self._coming: deque[tuple[list[tuple[Unread, str]], Arrival, list[Unread]]] = deque()
        self._asked = -SECONDS

    def add(self, metrics: Unread, now: float) -> None:
        """Metrics were logged."""
        self.used = True
        self._new.append(metrics)
        if not 0 <= now - self._asked < SECONDS:
            self._asked = now
            self.read()

    def read(self, wait: bool = False) -> None:
        """Take in what has come, and have what is new sent; with ``wait`` all of it is known afterwards."""
        # A thread that reads the run may be at it just now, and another at its log().
        if capturing() or not self._lock.acquire(blocking=wait):
            return
        try:
            self._send()
            while self._coming and (wait or self._coming[0][1].ready()):
                places, arrival, done = self._coming.popleft()
                for (metrics, tag), value in zip(places, arrival.array().tolist(), strict=True):
                    metrics[tag] = value
                for metrics in done:
                    metrics.scalars = {}
        except Exception as error:
            self._give_up(error)
        finally:
            self._lock.release()

    def _send(self) -> None:
        new = self._new[:]
        groups: dict[Any, list[tuple[Unread, str, Any]]] = {}
        for metrics in new:
            for tag, (tensor, stream) in metrics.scalars.items():
                if why := _unread(tensor):
                    del metrics[tag]
                    self._report(tag, why)
                else:
                    groups.setdefault((tensor.device, tensor.dtype, stream), []).append((metrics, tag, tensor))
        for i, ((device, _, stream), group) in enumerate(groups.items()):
            with _on(device, stream):
                numbers = _stacked([tensor for _, _, tensor in group])
                arrival = Arrival(numbers, stream)
            # They come in their order, so with the last group all are known.
            done = new if i == len(groups) - 1 else []
            self._coming.append(([(metrics, tag) for metrics, tag, _ in group], arrival, done))
        if not groups:
            for metrics in new:
                metrics.scalars = {}
        del self._new[: len(new)]

    def _give_up(self, error: Exception) -> None:
        """What was logged without a number stands as NaN."""
        for _, _, done in self._coming:
            self._new += done
        for metrics in self._new:
            metrics.scalars = {}
        self._coming.clear()
        self._new = []
        self._report("a CUDA tensor", f"could not be read ({type(error).__name__}: {error})")

    def _report(self, what: str, why: str) -> None:
        self._problems.report(f"log() has no value of {what!r}, which {why}; training goes on.", ("away", what))


def _unread(tensor: Any) -> str:
    """Why a tensor that was logged gives no number."""
    if tensor.numel() != 1 or tensor.is_complex():
        return f"is no real number but a tensor of shape {tuple(tensor.shape)}"
    return "was changed in place before it could be read: log a clone() of it" if _version(tensor) > 0 else ""


def _stacked(tensors: list[Any]) -> Any:
    import torch

    return torch.stack([tensor.reshape(()) for tensor in tensors]).double()


def _stream(value: Any) -> Any:
    # An object of the usual stream takes as long as all the rest.
    return _current_stream(value.device) if _raw_stream()(value.get_device()) else None


@cache
def _raw_stream() -> Callable[[int], int]:
    import torch

    found: Callable[[int], int] = torch._C._cuda_getCurrentRawStream
    return found


def _current_stream(device: Any) -> Any:
    import torch

    return torch.cuda.current_stream(device)


def _on(device: Any, stream: Any) -> AbstractContextManager[Any]:
    import torch

    context: AbstractContextManager[Any] = torch.cuda.stream(stream or torch.cuda.default_stream(device))
    return context
