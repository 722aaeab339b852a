"""Long logs are read as EventAccumulator reads them, bit for bit: long enough that no loop over records reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard import data_compat
from tensorboard.compat.proto import summary_pb2
from tensorboard.summary._output import DirectoryOutput
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter as SummaryWriterX

from benchmarks import logs
from nbviz.run import Run
from nbviz.sources.events import read
from tests.tfevents import VERSION, accumulated, framed

NAME = "events.out.tfevents.{}.host"
COUNT = 10_500
STARTS = {
    "0": 0,
    "128": 128 - COUNT // 10,
    "16384": 2**14 - COUNT // 10,
    "2^21": 2**21 - COUNT // 10,
    "2^40": 2**40,
    "2^63": 2**63 - COUNT,
    "-2^63": -(2**63),
    "from below 0": -COUNT // 10,
}
"""First steps: on the wire a step grows by a byte at each of these, and is left out at 0."""
ODD = [np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4e38, 1.0]
WRITERS: dict[str, Callable[[Iterator[logs.Row]], Iterator[bytes]]] = {
    "torch": logs.torch_scalars,
    "TF2": logs.tf2_scalars,
}


def write(path: Path, *payloads: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(framed(VERSION, *payloads))


def assert_equal(path: Path) -> Run:
    """Compare steps, wall times, values and buckets of everything that either of the two has."""
    (run,) = read(path).values()
    peer = accumulated(path)
    tags = peer.Tags()
    assert run.problems == []
    assert sorted(run.tags()) == sorted([*tags["scalars"], *tags["histograms"], *tags["tensors"]])
    for tag in tags["scalars"]:
        compare(run[tag], peer.Scalars(tag), [event.value for event in peer.Scalars(tag)])
    for tag in tags["tensors"]:
        compare_tensors(run[tag], peer.Tensors(tag))
    for tag in tags["histograms"]:
        compare_histograms(run[tag], peer.Histograms(tag))
    return run


def compare(series: Any, events: Sequence[Any], values: Any) -> None:
    assert series.kind == "scalar"
    assert_rows(series, events)
    assert series.values.tobytes() == np.array(values, float).tobytes()


def assert_rows(series: Any, events: Sequence[Any]) -> None:
    assert series.steps.tobytes() == np.array([event.step for event in events], np.int64).tobytes()
    assert series.wall_times.tobytes() == np.array([event.wall_time for event in events]).tobytes()


def compare_tensors(series: Any, events: Sequence[Any]) -> None:
    arrays = [tensor_util.make_ndarray(event.tensor_proto) for event in events]
    if series.kind == "scalar":
        compare(series, events, [array.item() for array in arrays])
        return
    assert_rows(series, events)
    for ours, theirs in zip(series, arrays, strict=True):
        assert ours.edges.tobytes() == np.append(theirs[:, 0], theirs[-1, 1]).tobytes()
        assert ours.counts.tobytes() == theirs[:, 2].tobytes()


def compare_histograms(series: Any, events: Sequence[Any]) -> None:
    assert_rows(series, events)
    for ours, event in zip(series, events, strict=True):
        content = summary_pb2.HistogramProto(**vars(event.histogram_value))
        value = data_compat.migrate_value(summary_pb2.Summary.Value(tag=series.tag, histo=content))
        triples = np.stack([ours.edges[:-1], ours.edges[1:], ours.counts], axis=1)
        np.testing.assert_array_equal(triples.astype(np.float32), tensor_util.make_ndarray(value.tensor))


def periodic(start: int, count: int = COUNT, tags: Sequence[str] = logs.METRICS) -> Iterator[logs.Row]:
    """Every tag at every step, now and then with an odd value."""
    for row, (tag, step, wall, value) in enumerate(logs.rows(tags, count, np.random.default_rng(0))):
        yield tag, start + step, wall, value if row % 97 else ODD[row // 97 % len(ODD)]


def irregular(steps: Sequence[int], count: int = COUNT) -> Iterator[logs.Row]:
    """Tags, steps and wall times in no order at all."""
    rng = np.random.default_rng(1)
    walls = rng.uniform(-1e9, 2e9, count).tolist()
    chosen = rng.integers(len(steps), size=count)
    shuffled = logs.shuffled(logs.RANDOM, count, rng)
    for choice, wall, (tag, _, _, value) in zip(chosen, walls, shuffled, strict=True):
        yield tag, steps[choice], wall, value


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_periodic_log(tmp_path: Path, writer: Callable[..., Iterator[bytes]], start: int) -> None:
    write(tmp_path / NAME.format(1), *writer(periodic(start)))
    run = assert_equal(tmp_path)
    assert sum(len(run[tag]) for tag in run.tags()) == COUNT


@pytest.mark.parametrize(
    "steps",
    [[0], range(300), range(16_300, 16_500), [-1, 0, 1, 127, 128, 16383, 16384, 2**31, 2**40, 2**63 - 1, -(2**63)]],
    ids=["all at 0", "to 300", "about 16384", "of any length"],
)
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_an_irregular_log(tmp_path: Path, writer: Callable[..., Iterator[bytes]], steps: Sequence[int]) -> None:
    write(tmp_path / NAME.format(1), *writer(irregular(steps)))
    assert_equal(tmp_path)


def test_a_log_of_a_thousand_tags(tmp_path: Path) -> None:
    tags = [f"{'x' * (tag % 40)}layer{tag}" for tag in range(1000)]
    write(tmp_path / NAME.format(1), *logs.torch_scalars(periodic(0, 12_000, tags)))
    assert len(assert_equal(tmp_path).tags()) == 1000


def test_tags_of_many_lengths_and_scripts(tmp_path: Path) -> None:
    tags = ["a", "β" * 50, "損失", "x" * 127, "x" * 128, "x" * 300, "train/loss", "train/lost"]
    write(tmp_path / NAME.format(1), *logs.torch_scalars(periodic(0, tags=tags)))
    assert sorted(assert_equal(tmp_path).tags()) == sorted(tags)


def test_a_log_that_changes_its_order_half_way(tmp_path: Path) -> None:
    halves = [*logs.torch_scalars(periodic(0)), *logs.torch_scalars(irregular(range(5000, 6000)))]
    write(tmp_path / NAME.format(1), *halves, *logs.tf2_scalars(periodic(7000, tags=["new", "newer"])))
    assert_equal(tmp_path)


def test_a_periodic_log_of_which_some_records_are_missing(tmp_path: Path) -> None:
    payloads = list(logs.torch_scalars(periodic(100)))
    for row in (9000, 8999, 7003, 4000, 3, 0):
        del payloads[row]
    write(tmp_path / NAME.format(1), *payloads)
    assert_equal(tmp_path)


@pytest.mark.parametrize("every", [7, 1000])
def test_scalars_among_other_events(tmp_path: Path, every: int) -> None:
    """Several values in one event, histograms, events that say nothing, fields that nobody knows."""
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    others = logs.torch_histograms(COUNT, rng)
    payloads: list[bytes] = []
    for row, payload in enumerate(logs.torch_scalars(periodic(0))):
        payloads.append(payload)
        if row % every == 0:
            summary = summary_pb2.Summary(value=[{"tag": "a", "simple_value": row}, {"tag": "b", "simple_value": 1}])
            payloads += [next(others)] if row % 21 == 0 else []
            payloads += [payload + b"\x2a" + bytes([summary.ByteSize()]) + summary.SerializeToString()]
            payloads += [b"", payload + b"\xa2\x06\x03abc"]
    write(tmp_path / NAME.format(1), *payloads)
    assert_equal(tmp_path)


def test_histograms_of_tf2(tmp_path: Path) -> None:
    write(tmp_path / NAME.format(1), *logs.tf2_histograms(6000, np.random.default_rng(0)))
    run = assert_equal(tmp_path)
    assert {run[tag].kind for tag in run.tags()} == {"histogram"}


def test_histograms_of_torch(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    histograms = logs.torch_histograms(400, np.random.default_rng(0))
    write(tmp_path / NAME.format(1), *logs.torch_scalars(periodic(0)), *histograms)
    assert len(assert_equal(tmp_path).tags("histogram")) == 10


def test_the_files_of_a_run(tmp_path: Path) -> None:
    """The second goes on where the first ends; the third starts anew, as after a crash, with another writer."""
    first, second = periodic(0, 2 * COUNT), irregular(range(4200, 5000))
    write(tmp_path / NAME.format(1), *logs.torch_scalars(islice(first, COUNT)))
    write(tmp_path / NAME.format(2), *logs.torch_scalars(first))
    write(tmp_path / NAME.format(3), *logs.torch_scalars(second))
    run = assert_equal(tmp_path)
    assert sum(len(run[tag]) for tag in run.tags()) == 3 * COUNT


def test_a_run_of_the_writer_of_torch(tmp_path: Path) -> None:
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    with tensorboard.SummaryWriter(str(tmp_path)) as writer:
        for tag, step, wall_time, value in periodic(0):
            writer.add_scalar(tag, value, step, walltime=wall_time)
            if step % 10 == 0:
                writer.add_scalar(
                    f"double/{tag}", value, step, walltime=wall_time, new_style=True, double_precision=True
                )
    assert_equal(tmp_path)


def test_a_run_of_the_writer_of_tensorboardx(tmp_path: Path) -> None:
    with SummaryWriterX(str(tmp_path)) as writer:
        for tag, step, wall_time, value in irregular(range(20_000)):
            writer.add_scalar(tag, value, step, walltime=wall_time)
    assert_equal(tmp_path)


def test_a_run_of_the_writer_of_tensorboard(tmp_path: Path) -> None:
    output = DirectoryOutput(str(tmp_path))
    for tag, step, wall_time, value in periodic(0):
        output.emit_scalar(
            plugin_name="scalars", tag=tag, data=np.float32(value), step=step, wall_time=wall_time, tag_metadata=b""
        )
    output.close()
    assert_equal(tmp_path)
