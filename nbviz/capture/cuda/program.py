"""The kernel as a program of a device: compiled once, kept on disk, launched.

By NVIDIA's `cuda.bindings`, which torch brings along on Linux since 2.11 and the extra ``nbviz[cuda]`` elsewhere. The
compiler is NVRTC, which torch has loaded.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPTIONS = ("--std=c++17", "--fmad=false")
"""Products are not to be fused with sums where the source does not say so: numpy's are not."""
THREADS = 512
BLOCKS = 2
"""On a multiprocessor, as the source wants it."""


def source() -> str:
    return files("nbviz.capture.cuda").joinpath("sketch.cu").read_text("utf-8")


def folder() -> Path:
    """Where programs are kept."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "nbviz"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nbviz"


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """The bytes kept under a name, made and kept where there are none; a folder that cannot be used is gone without."""
    path = folder() / name
    try:
        return path.read_bytes()
    except OSError:
        found = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(found)
        # At once, as other processes of the same training do so too.
        Path(file.name).replace(path)
    except OSError:
        pass
    return found


def compiled(architecture: str, nvrtc: Any) -> bytes:
    """The kernel for an architecture such as ``sm_90``."""
    text, options = source(), (f"--gpu-architecture={architecture}", f"-DTHREADS={THREADS}", *OPTIONS)
    version = _checked(nvrtc.nvrtcVersion())
    key = hashlib.sha256(repr((text, options, version)).encode()).hexdigest()
    return kept(f"sketch-{architecture}-{key[:32]}.cubin", lambda: _compile(text, options, nvrtc))


def _compile(text: str, options: tuple[str, ...], nvrtc: Any) -> bytes:
    (program,) = _checked(nvrtc.nvrtcCreateProgram(text.encode(), b"sketch.cu", 0, [], []))
    try:
        (result,) = nvrtc.nvrtcCompileProgram(program, len(options), [option.encode() for option in options])
        if result:
            log = bytearray(_checked(nvrtc.nvrtcGetProgramLogSize(program))[0])
            _checked(nvrtc.nvrtcGetProgramLog(program, log))
            raise RuntimeError(f"NVRTC: {log.decode(errors='replace').strip()[:500]}")
        binary = bytearray(_checked(nvrtc.nvrtcGetCUBINSize(program))[0])
        _checked(nvrtc.nvrtcGetCUBIN(program, binary))
        return bytes(binary)
    finally:
        nvrtc.nvrtcDestroyProgram(program)


class Program:
    """The kernel on the current device.

    Parameters
    ----------
    architecture : str
    driver, nvrtc : modules of cuda.bindings
    """

    def __init__(self, architecture: str, driver: Any, nvrtc: Any) -> None:
        self._driver = driver
        (self._module,) = _checked(driver.cuModuleLoadData(compiled(architecture, nvrtc)))
        (self._kernel,) = _checked(driver.cuModuleGetFunction(self._module, b"sketch"))

    def launch(self, table: NDArray[Any], blocks: int, stream: int) -> None:
        """Start the kernel; ``table`` is copied before this returns."""
        arguments = (ctypes.c_void_p * 1)(table.ctypes.data)
        found = self._driver.cuLaunchKernel(
            self._kernel, blocks, 1, 1, THREADS, 1, 1, 0, stream, ctypes.addressof(arguments), 0
        )
        _checked(found)


def _checked(found: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a call gave, without the first of it, which says whether it failed."""
    result, *rest = found
    if result:
        raise RuntimeError(f"CUDA says {getattr(result, 'name', result)}")
    return tuple(rest)


def blocks_for(tiles: int, processors: int) -> int:
    return int(np.clip(tiles, 1, BLOCKS * processors))
