"""The benchmarks run and say what they compare. How fast anything is depends on the machine and is not tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.histogram import summary_v2 as histogram_summary
from tensorboard.plugins.scalar import summary_v2 as scalar_summary
from tensorboard.util import tensor_util

from benchmarks import logs, sketch, watch
from benchmarks.measure import Row, interleaved

ROOT = Path(__file__).parent.parent


def test_a_row_says_whether_its_bound_is_met() -> None:
    assert str(Row("faster", "1 s", "50 s", 50.0, 40)).endswith("50 x    >= 40  met")
    assert str(Row("faster", "1 s", "39 s", 39.0, 40)).endswith("39 x    >= 40  MISSED")
    assert str(Row("short", "0.6 s", "", 0.6, 0.5, at_most=True, unit="s")).endswith("0.6 s   <= 0.5  MISSED")


def test_every_measure_takes_its_turn_before_any_takes_its_next() -> None:
    order: list[str] = []
    values = iter([1.0, 10.0, 3.0, 30.0, 2.0, 20.0])

    def measure(name: str) -> float:
        order.append(name)
        return next(values)

    found = interleaved({"a": lambda: measure("a"), "b": lambda: measure("b")}, rounds=3)
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert found == {"a": 2.0, "b": 20.0}


def test_a_quick_benchmark_prints_a_ratio_for_each_bound() -> None:
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.log", "--quick"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    judged = [line for line in done.stdout.splitlines() if line.endswith(("met", "MISSED"))]
    assert len(judged) == 2
    assert all(" x " in line for line in judged)


def test_the_logs_of_the_reader_are_byte_for_byte_those_of_torch(tmp_path: Path) -> None:
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    writer = tensorboard.SummaryWriter(str(tmp_path))
    rows = list(logs.rows(logs.METRICS, 1000, np.random.default_rng(0)))
    for tag, step, wall_time, value in rows:
        writer.add_scalar(tag, value, step, walltime=wall_time)
    rng = np.random.default_rng(1)
    for tag, step, wall_time, content in logs.histogram_rows(30, rng):
        writer.add_histogram(tag, content, step, walltime=wall_time)
    writer.close()
    (path,) = tmp_path.iterdir()
    ours = logs.records(logs.torch_scalars(iter(rows))) + logs.records(
        logs.torch_histograms(30, np.random.default_rng(1))
    )
    assert path.read_bytes()[len(logs.records(iter([logs.version_event()]))) :] == ours


def test_the_logs_of_the_reader_mean_what_tensorboard_writes() -> None:
    """TensorFlow writes a tensor as its bytes where TensorBoard lists its numbers, so only the meaning is compared."""
    (row,) = logs.rows(["loss"], 1, np.random.default_rng(0))
    (payload,) = logs.tf2_scalars(iter([row]))
    assert_means(payload, scalar_summary.scalar_pb("loss", row[3]))
    (payload,) = logs.tf2_histograms(1, np.random.default_rng(0))
    assert_means(payload, histogram_summary.histogram_pb("dense_0/kernel_0", np.arange(100.0)), shape_only=True)


def assert_means(payload: bytes, summary: Any, shape_only: bool = False) -> None:
    ours, theirs = event_pb2.Event.FromString(payload).summary.value[0], summary.value[0]
    assert (ours.tag, ours.metadata) == (theirs.tag, theirs.metadata)
    left, right = (tensor_util.make_ndarray(value.tensor) for value in (ours, theirs))
    assert (left.dtype, left.shape) == (right.dtype, right.shape)
    assert shape_only or left == right


def test_the_buckets_of_the_sketch_s_peer_are_those_of_torch(tmp_path: Path) -> None:
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    with tensorboard.SummaryWriter(str(tmp_path)) as writer:
        assert sketch.default_bins() == writer.default_bins


def test_the_watch_benchmark_captures_the_same_tensors_on_both_sides(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    monkeypatch.setattr(sys, "argv", ["watch", "--quick"])
    for name, value in {"WIDTH": 8, "BLOCKS": 1, "TOKENS": 4, "BATCH": 2, "WORDS": 10}.items():
        monkeypatch.setattr(watch, name, value)
    watch.main()
    torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    assert "a transformer of 1,042 parameters" in printed
    assert "weights, gradients and activations, every 10 steps" in printed
