"""The CUDA kernel compiled for the host, and a device that runs it there, on tensors in the memory of this process."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nbviz.capture.cuda import program
from nbviz.capture.cuda.table import FEW, begin, table_of

HERE = Path(__file__).parent
OPTIONS = ["-std=c++20", "-O1", "-g", "-fno-strict-aliasing", "-ffp-contract=off", "-fPIC", "-shared", "-pthread"]


@cache
def kernel() -> ctypes.CDLL:
    """NBVIZ_KERNEL_OPTIONS adds options, such as those of sanitizers."""
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    if compiler is None:
        raise RuntimeError("The CUDA kernel is tested on the host, which takes a C++ compiler: apt-get install g++.")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "kernel.so"
        options = [*OPTIONS, *os.environ.get("NBVIZ_KERNEL_OPTIONS", "").split()]
        sources = ["-I", str(Path(program.__file__).parent), str(HERE / "kernel_on_host.cpp")]
        subprocess.run([compiler, *options, "-o", str(library), *sources], check=True)
        return ctypes.CDLL(str(library))


def launch(table: Any, blocks: int) -> None:
    kernel().launch(ctypes.c_void_p(table.ctypes.data), blocks)


class Sent:
    """What is on its way, until the device is told that it has arrived."""

    def __init__(self, device: HostDevice, words: torch.Tensor) -> None:
        self._device, self._words = device, words.clone()

    def ready(self) -> bool:
        return self._device.arrives

    def array(self) -> Any:
        return self._words.numpy()


class HostDevice:
    """A device of three blocks.

    Attributes
    ----------
    calls : list of str
        What it was told to do.
    arrives : bool
        Whether what is sent has arrived.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.arrives = True
        self.captures = False
        self.current_stream = "main"
        self.fails = False
        self.miscounts = False

    def current(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def stream(self) -> Any:
        return self.current_stream

    def capturing(self) -> bool:
        return self.captures

    def zeros(self, words: int) -> torch.Tensor:
        self.calls.append("zeros")
        return torch.zeros(words, dtype=torch.int32)

    def upload(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.clone()

    def launch(self, entries: np.ndarray[Any, Any]) -> None:
        if self.fails:
            raise RuntimeError("CUDA says no")
        self.calls.append(f"launch {len(entries)}")
        tiles = begin(entries, kernel().threads())
        table = table_of(entries, tiles, entries.ctypes.data if len(entries) > FEW else 0)
        if not self.miscounts:
            launch(table, min(3, tiles))

    def send(self, words: torch.Tensor, stream: Any) -> Any:
        self.calls.append(f"send from {stream}")
        return Sent(self, words)
