"""A process that reads logs when told to: so each peer has its own memory, its own imports and its own warm caches.

``python -m benchmarks.worker`` takes one JSON line ``[function, arguments]`` at a time and answers with one.
"""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter
from typing import Any

ROOT = Path(__file__).parent.parent
CACHE = tempfile.TemporaryDirectory(prefix="nbviz-compiled-")
# An editable install was never compiled, as an installed wheel is; PYTHONDONTWRITEBYTECODE would keep it so.
ENVIRONMENT = {**os.environ, "PYTHONPYCACHEPREFIX": CACHE.name, "PYTHONDONTWRITEBYTECODE": ""}
EVERYTHING = dict.fromkeys(("scalars", "histograms", "compressedHistograms", "tensors", "images", "audio", "graph"), 0)
UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


class Worker:
    """One such process, as the benchmark sees it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        print(json.dumps([function.__name__, arguments]), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def nbviz_seconds(path: str) -> list[float]:
    """Seconds of one ``nbviz.read``, and the rows it gave."""
    import nbviz

    gc.collect()
    start = perf_counter()
    runs = nbviz.read(path)
    taken = perf_counter() - start
    return [taken, sum(len(run[tag]) for run in runs.values() for tag in run.tags())]


def accumulator_seconds(path: str) -> list[float]:
    """Seconds of one ``EventAccumulator.Reload()`` for each run, which keeps every point; and the rows it gave."""
    runs = sorted({str(file.parent) for file in Path(path).rglob("*tfevents*")})
    gc.collect()
    start = perf_counter()
    accumulators = [_accumulator(run).Reload() for run in runs]
    taken = perf_counter() - start
    return [taken, sum(_rows(accumulator) for accumulator in accumulators)]


def _accumulator(path: str) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(path, size_guidance=EVERYTHING)


def _rows(accumulator: Any) -> int:
    tags = accumulator.Tags()
    got = {"scalars": accumulator.Scalars, "histograms": accumulator.Histograms, "tensors": accumulator.Tensors}
    return sum(len(get(tag)) for kind, get in got.items() for tag in tags[kind])


def peak(pid: int | str = "self") -> int:
    """The most memory a process has held so far, in bytes (``VmHWM`` of Linux)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return 1024 * int(found[1])


def nbviz_memory(path: str) -> list[int]:
    """The peak of an idle interpreter with the same imports, and what reading the log adds to it, both in bytes."""
    import numpy.ma  # noqa: F401 - np.unique brings it

    import nbviz

    return _added(lambda: nbviz.read(path))


def accumulator_memory(path: str) -> list[int]:
    from tensorboard.backend.event_processing import event_accumulator  # noqa: F401

    return _added(lambda: _accumulator(path).Reload())


def _added(read: Callable[[], Any]) -> list[int]:
    idle = peak()
    held = read()
    after = peak()
    del held
    return [idle, after - idle]


def nbviz_growing(directory: str, appended: list[str], read: bool) -> float:
    """The median of one poll that finds the records appended, each of ``appended`` in hexadecimal digits.

    With ``read``, every series is read after each poll, too.
    """
    from nbviz.sources.events import Following

    following = Following(Path(directory))
    while following.poll():
        pass
    (run,) = following.values()

    def poll() -> None:
        following.poll(walk=False)
        if read:
            for tag in run.tags():
                run[tag].values[-1]

    return _polled(directory, appended, poll)


def accumulator_growing(directory: str, appended: list[str], read: bool) -> float:
    accumulator = _accumulator(directory)
    accumulator.Reload()

    def poll() -> None:
        accumulator.Reload()
        if read:
            for tag in accumulator.Tags()["scalars"]:
                accumulator.Scalars(tag)[-1]

    return _polled(directory, appended, poll)


def _polled(directory: str, appended: list[str], poll: Callable[[], Any]) -> float:
    (path,) = Path(directory).iterdir()
    taken = []
    with path.open("ab", buffering=0) as file:
        for records in appended:
            file.write(bytes.fromhex(records))
            start = perf_counter()
            poll()
            taken.append(perf_counter() - start)
    return median(taken)


def nbviz_idle(directory: str, polls: int) -> float:
    """Seconds a file of a poll that finds nothing new in any file."""
    from nbviz.sources.events import Following

    following = Following(Path(directory))
    while following.poll():
        pass
    files = sum(1 for _ in Path(directory).rglob("*tfevents*"))
    return median(_timed(lambda: following.poll(walk=False)) for _ in range(polls)) / files


def accumulator_idle(directory: str, polls: int) -> float:
    accumulators = [_accumulator(str(file.parent)).Reload() for file in Path(directory).rglob("*tfevents*")]

    def poll() -> None:
        for accumulator in accumulators:
            accumulator.Reload()

    return median(_timed(poll) for _ in range(polls)) / len(accumulators)


def _timed(call: Callable[[], Any]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


FRESH = """
import time
start = time.monotonic()
import numpy
numpy_seconds = time.monotonic() - start
{read}
print(time.monotonic(), numpy_seconds)
"""
FRESH_NBVIZ = "import nbviz\nnbviz.read({path!r})"
FRESH_ACCUMULATOR = """
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
EventAccumulator({path!r}, size_guidance={everything!r}).Reload()
"""


def fresh_seconds(code: str, path: str) -> float:
    """Seconds from the start of a Python process until the log is read, without those of importing numpy."""
    script = FRESH.format(read=code.format(path=path, everything=EVERYTHING))
    start = monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True, text=True
    )
    end, numpy_seconds = map(float, done.stdout.split())
    return end - start - numpy_seconds


def server_load(path: str, cores: int = 0) -> tuple[float, int]:
    """Seconds of the first load cycle of TensorBoard's data server, as it states them, and its peak memory in bytes.

    It checks every checksum and keeps every point. Neither its start nor sending the data to anyone is counted. It
    reads several runs at once, on as many cores as there are unless told to stay on fewer.
    """
    import tensorboard_data_server

    kinds = ("scalars", "histograms", "images", "audio", "text")
    command = [
        tensorboard_data_server.server_binary(),
        f"--logdir={path}",
        "--reload=once",
        "--port=0",
        "--checksum",
        "--samples-per-plugin=" + ",".join(f"{kind}=all" for kind in kinds),
        "--verbose",
        "--die-after-stdin",
    ]
    allowed = sorted(os.sched_getaffinity(0))[: cores or None]
    with subprocess.Popen(
        ["taskset", "--cpu-list", ",".join(map(str, allowed)), *command],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin and server.stderr
        for line in server.stderr:
            found = re.search(r"Finished load cycle \(([\d.]+)(\w+)\)", line)
            if found:
                break
        else:
            raise RuntimeError("TensorBoard's data server ended before it had loaded the log")
        memory = peak(server.pid)
        server.kill()
    return float(found[1]) * UNITS[found[2]], memory


def main() -> None:
    for line in sys.stdin:
        function, arguments = json.loads(line)
        print(json.dumps(globals()[function](*arguments)), flush=True)


if __name__ == "__main__":
    main()
