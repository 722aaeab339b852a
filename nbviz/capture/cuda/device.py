"""A CUDA device, as the sketcher uses it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor

from nbviz import arrival
from nbviz.arrival import Arrival
from nbviz.capture.cuda.program import THREADS, Program, blocks_for
from nbviz.capture.cuda.table import FEW, begin, table_of


class Device(Protocol):
    """Works in the order in which it is told to, and nobody waits for it."""

    def current(self) -> AbstractContextManager[Any]:
        """Within, what is allocated and launched is on this device."""

    def stream(self) -> Any:
        """The stream that this thread's work goes to."""

    def capturing(self) -> bool:
        """Whether that work is recorded for a CUDA graph rather than done."""

    def zeros(self, words: int) -> Tensor:
        """So many words of four bytes, all zero."""

    def upload(self, tensor: Tensor) -> Tensor:
        """A copy of what is in the memory of this process."""

    def launch(self, entries: NDArray[Any]) -> None:
        """Have tensors counted."""

    def send(self, words: Tensor, stream: Any) -> Arrival:
        """Bring here what a stream has written."""


class CudaDevice:
    """A device of NVIDIA's, as torch drives it. Raises whatever is in the way of using the kernel."""

    def __init__(self, device: torch.device) -> None:
        if torch.version.hip:
            raise RuntimeError("it is written for NVIDIA's devices")
        try:
            from cuda.bindings import driver, nvrtc
        except ImportError as error:
            raise RuntimeError("cuda-bindings cannot be imported: pip install nbviz[cuda]") from error
        self._device = device
        properties = torch.cuda.get_device_properties(device)
        self._processors = properties.multi_processor_count
        with self.current():
            torch.cuda.current_stream().query()  # which makes the context that the program is loaded into
            self._program = Program(f"sm_{properties.major}{properties.minor}", driver, nvrtc)

    def current(self) -> AbstractContextManager[Any]:
        return torch.cuda.device(self._device)

    def stream(self) -> Any:
        return torch.cuda.current_stream(self._device)

    def capturing(self) -> bool:
        return arrival.capturing()

    def zeros(self, words: int) -> Tensor:
        return torch.zeros(words, dtype=torch.int32, device=self._device)

    def upload(self, tensor: Tensor) -> Tensor:
        # Neither copy need be kept: torch uses the memory of neither anew before the stream is through with it.
        return tensor.pin_memory().to(self._device, non_blocking=True)

    def launch(self, entries: NDArray[Any]) -> None:
        tiles = begin(entries, THREADS)
        many = self.upload(torch.from_numpy(entries.view("u1"))) if len(entries) > FEW else None
        table = table_of(entries, tiles, 0 if many is None else many.data_ptr())
        self._program.launch(table, blocks_for(tiles, self._processors), self.stream().cuda_stream)

    def send(self, words: Tensor, stream: Any) -> Arrival:
        return Arrival(words, stream)
