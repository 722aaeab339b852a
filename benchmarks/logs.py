"""Event files for the benchmarks of reading, byte for byte what the writers make, in a tenth of their time.

The writers' own messages are filled and framed here; a test compares them with files of the writers themselves. What
was made is kept in the machine's temporary directory.
"""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from crc32c import crc32c
from numpy.random import Generator
from numpy.typing import NDArray

HOME = Path(tempfile.gettempdir()) / "nbviz-benchmark-logs-1"
NAME = "events.out.tfevents.1700000000.host.1.0"
METRICS = ("loss", "accuracy", "val_loss", "val_accuracy", "rate")
RANDOM = (
    *METRICS,
    "gradient/norm",
    "a/rather/long/tag/of/some/layer/weight",
    "lr",
    "x",
    "time/step",
    "time/data",
    "mem",
)
BLOCK = 1 << 22

_header, _checksum = struct.Struct("<QI").pack, struct.Struct("<I").pack


def masked(data: bytes) -> int:
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def framed(payloads: Iterator[bytes], file: io.BufferedIOBase) -> None:
    """Write the payloads as records."""
    headers: dict[int, bytes] = {}
    parts: list[bytes] = []
    size = 0
    for payload in payloads:
        length = len(payload)
        header = headers.get(length)
        if header is None:
            header = headers[length] = _header(length, masked(struct.pack("<Q", length)))
        parts += (header, payload, _checksum(masked(payload)))
        size += length + 16
        if size > BLOCK:
            file.write(b"".join(parts))
            parts, size = [], 0
    file.write(b"".join(parts))


def records(payloads: Iterator[bytes]) -> bytes:
    file = io.BytesIO()
    framed(payloads, file)
    return file.getvalue()


def version_event(wall_time: float = 1.7e9) -> bytes:
    from tensorboard.compat.proto import event_pb2

    event = event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2")
    event.source_metadata.writer = "tensorboard.summary.writer.event_file_writer"
    return bytes(event.SerializeToString())


Row = tuple[str, int, float, float]
"""Tag, step, wall time and value."""


def rows(tags: Sequence[str], count: int, rng: Generator) -> Iterator[Row]:
    """Every tag once a step, in the same order."""
    walls = 1.7e9 + np.cumsum(rng.exponential(1e-3, count))
    values = rng.standard_normal(count).astype(np.float32)
    each = len(tags)
    for row, (wall, value) in enumerate(zip(walls.tolist(), values.tolist(), strict=True)):
        yield tags[row % each], row // each, wall, value


def shuffled(tags: Sequence[str], count: int, rng: Generator) -> Iterator[Row]:
    """One tag a step, chosen at random."""
    chosen = rng.integers(len(tags), size=count).tolist()
    for step, (choice, (_, _, wall, value)) in enumerate(zip(chosen, rows(("",), count, rng), strict=True)):
        yield tags[choice], step, wall, value


def torch_scalars(source: Iterator[Row]) -> Iterator[bytes]:
    """Payloads as ``SummaryWriter.add_scalar`` of torch and tensorboardX makes them."""
    from tensorboard.compat.proto import event_pb2

    event = event_pb2.Event()
    value = event.summary.value.add()
    for value.tag, event.step, event.wall_time, value.simple_value in source:
        yield event.SerializeToString()


def tf2_scalars(source: Iterator[Row]) -> Iterator[bytes]:
    """Payloads as ``tf.summary.scalar`` makes them: a tensor's content, and what the tag is in every event.

    So it is in ``WriteTensor`` of ``tensorflow/core/summary/summary_file_writer.cc`` (``AsProtoTensorContent``).
    """
    from tensorboard.compat.proto import event_pb2, types_pb2
    from tensorboard.plugins.scalar.metadata import create_summary_metadata

    event = event_pb2.Event()
    value = event.summary.value.add()
    value.metadata.CopyFrom(create_summary_metadata("", ""))
    value.tensor.dtype = types_pb2.DT_FLOAT
    value.tensor.tensor_shape.SetInParent()
    pack = struct.Struct("<f").pack
    for value.tag, event.step, event.wall_time, number in source:
        value.tensor.tensor_content = pack(number)
        yield event.SerializeToString()


def tf2_histograms(count: int, rng: Generator) -> Iterator[bytes]:
    """Payloads as ``tf.summary.histogram`` makes them: 30 buckets in a tensor of doubles [30, 3]; ten layers."""
    from tensorboard.compat.proto import event_pb2, types_pb2
    from tensorboard.plugins.histogram.metadata import create_summary_metadata

    event = event_pb2.Event()
    value = event.summary.value.add()
    value.metadata.CopyFrom(create_summary_metadata("", ""))
    value.tensor.dtype = types_pb2.DT_DOUBLE
    for size in (30, 3):
        value.tensor.tensor_shape.dim.add(size=size)
    tags = [f"dense_{layer}/kernel_0" for layer in range(10)]
    counts = rng.poisson(100, (64, 30)).astype(float)
    for value.tag, event.step, event.wall_time, number in rows(tags, count, rng):
        edges = np.linspace(-1 - abs(number), 1 + abs(number), 31)
        triples = np.stack([edges[:-1], edges[1:], counts[event.step % 64]], axis=1)
        value.tensor.tensor_content = triples.tobytes()
        yield event.SerializeToString()


def torch_histograms(count: int, rng: Generator) -> Iterator[bytes]:
    """Payloads as torch's ``add_histogram`` makes them, about 10 kB each and of many lengths; ten layers."""
    from tensorboard.compat.proto import event_pb2
    from torch.utils.tensorboard.summary import histogram

    bins = _torch_bins()
    made: dict[int, Any] = {}
    event = event_pb2.Event()
    for tag, event.step, event.wall_time, content in histogram_rows(count, rng):
        if id(content) not in made:
            made[id(content)] = histogram(tag, content, bins)
        event.summary.CopyFrom(made[id(content)])
        event.summary.value[0].tag = tag
        yield event.SerializeToString()


def histogram_rows(count: int, rng: Generator) -> Iterator[tuple[str, int, float, NDArray[np.float64]]]:
    """Tag, step, wall time and numbers of each histogram; of two hundred different ones, again and again."""
    contents = [rng.standard_normal(4000) * np.exp(size * rng.standard_normal(4000)) for size in rng.uniform(1, 5, 200)]
    tags = [f"layer{layer}/weight" for layer in range(10)]
    for row, (tag, step, wall, _) in enumerate(rows(tags, count, rng)):
        yield tag, step, wall, contents[row % len(contents)]


def _torch_bins() -> list[float]:
    """The limits that a ``SummaryWriter`` gives to its histograms."""
    positive = [1e-12]
    while positive[-1] * 1.1 < 1e20:
        positive.append(positive[-1] * 1.1)
    return [*(-limit for limit in reversed(positive)), 0, *positive]


def _kept(name: str, make: Callable[[Path], None]) -> Path:
    """The directory of that name, made if it is not there yet."""
    home = HOME / name
    if not home.exists():
        HOME.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=HOME) as unfinished:
            make(Path(unfinished) / "log")
            (Path(unfinished) / "log").rename(home)
    return home


def _one_file(name: str, payloads: Callable[[Generator], Iterator[bytes]]) -> Path:
    def make(home: Path) -> None:
        home.mkdir()
        with (home / NAME).open("wb") as file:
            framed(iter([version_event()]), file)
            framed(payloads(np.random.default_rng(0)), file)

    return _kept(name, make)


def periodic(count: int) -> Path:
    return _one_file(f"periodic-{count}", lambda rng: torch_scalars(rows(METRICS, count, rng)))


def periodic_tf2(count: int) -> Path:
    return _one_file(f"tf2-{count}", lambda rng: tf2_scalars(rows([f"epoch_{tag}" for tag in METRICS], count, rng)))


def irregular(count: int) -> Path:
    return _one_file(f"irregular-{count}", lambda rng: torch_scalars(shuffled(RANDOM, count, rng)))


def many_tags(count: int) -> Path:
    tags = [f"layer{tag}/{'weight' if tag % 3 else 'bias'}/norm" for tag in range(1000)]
    return _one_file(f"tags-{count}", lambda rng: torch_scalars(rows(tags, count, rng)))


def histograms_tf2(count: int) -> Path:
    return _one_file(f"histograms-tf2-{count}", lambda rng: tf2_histograms(count, rng))


def histograms(count: int) -> Path:
    return _one_file(f"histograms-{count}", lambda rng: torch_histograms(count, rng))


def many_runs(count: int, runs: int = 500) -> Path:
    """``count`` scalars over all the runs, which have two or three tags each."""

    def make(home: Path) -> None:
        rng = np.random.default_rng(0)
        for run in range(runs):
            (home / f"lr={run:03d}").mkdir(parents=True)
            with (home / f"lr={run:03d}" / NAME).open("wb") as file:
                framed(iter([version_event()]), file)
                framed(torch_scalars(rows(METRICS[: 2 + run % 2], count // runs, rng)), file)

    return _kept(f"runs-{runs}-{count}", make)
