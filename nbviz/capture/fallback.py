"""Which sketcher a device gets: our own kernel (`nbviz.capture.cuda`) on CUDA devices, samples on most others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from nbviz.capture.sampled import SampledSketcher
from nbviz.capture.samples import SAMPLES
from nbviz.capture.sketchers import Counted, HostSketcher, Sketcher, Wanted


def sketcher_for(device: torch.device) -> Sketcher:
    """The sketcher of a device."""
    if device.type == "cpu":
        return HostSketcher()
    return FallingBack([*([partial(_cuda, device)] if device.type == "cuda" else []), SampledSketcher, HostSketcher])


def _cuda(device: torch.device) -> Sketcher:
    from nbviz.capture.cuda.device import CudaDevice
    from nbviz.capture.cuda.sketcher import CudaSketcher

    return CudaSketcher(CudaDevice(device))


class FallingBack:
    """The first of several sketchers that works.

    Attributes
    ----------
    works : Sketcher or None
        That one; ``None`` before anything was counted.
    failures : list of str
        Why those before it did not work.
    """

    def __init__(self, makers: Sequence[Callable[[], Sketcher]]) -> None:
        self._makers = list(makers)
        self._keys: dict[int, Any] = {}
        self._lost: list[Counted] = []
        self.works: Sketcher | None = None
        self.failures: list[str] = []

    def start(self, wanted: Sequence[Wanted]) -> None:
        while self.works is not None or self._makers:
            try:
                if self.works is None:
                    self.works = self._makers.pop(0)()
                self.works.start(wanted)
                self._keys.update((id(each.key), each.key) for each in wanted)
                return
            except Exception as error:
                self._give_up(error)
        self._lost += [(each.key, f"cannot be read on this device ({self.failures[-1]})") for each in wanted]

    def collect(self, wait: bool = False) -> list[Counted]:
        ready: list[Counted] = []
        if self.works is not None:
            try:
                ready = self.works.collect(wait)
                for key, _ in ready:
                    del self._keys[id(key)]
            except Exception as error:
                self._give_up(error)
        lost, self._lost = self._lost, []
        return lost + ready

    def limits(self, device: torch.device) -> str:
        """A sentence on what is not done as well as it could be, nothing where all is."""
        why = f", as its kernel does not work ({self.failures[0]})" if self.failures else ""
        if isinstance(self.works, SampledSketcher):
            return f"Layers on {device} are captured from {SAMPLES:,} values of each tensor, evenly spaced{why}."
        if isinstance(self.works, HostSketcher) and self.failures:
            return f"Layers on {device} are captured by waiting for it ({self.failures[-1]})."
        return ""

    def _give_up(self, error: Exception) -> None:
        """The next one counts from now on; what this one has not given back is lost."""
        self.failures.append(f"{type(error).__name__}: {error}")
        self.works = None
        self._lost += [(key, "was lost when the way to count it failed") for key in self._keys.values()]
        self._keys = {}
