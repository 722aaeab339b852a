"""Tensors that nbviz does not know, and distributions of histograms; TensorBoard is the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.distribution import compressor
from tensorboard.plugins.histogram import summary as histogram_summary
from tensorboard.util import tensor_util

import nbviz
from tests.items import (
    NAME,
    RNG,
    closed,
    plugin,
    strings,
    torch_writer,
    written,
)

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.float32(0.5),
        np.array([1 + 2j, 3], np.complex64),
        np.array([], np.float64),
        np.array([[b"a", b"bc"]], object),
        np.array([True, False]),
    ],
    ids=lambda array: str(np.asarray(array).dtype),
)
@pytest.mark.parametrize("name", ["of_somebody", ""])
def test_tensors_of_unknown_plugins_are_what_tensorboard_reads(tmp_path: Path, array: Any, name: str) -> None:
    proto = tensor_util.make_tensor_proto(array)
    value = summary_pb2.Summary.Value(tag="x", tensor=proto, metadata=plugin(name, b"\1\2") if name else None)
    series = written(tmp_path, value)["x"]
    expected = tensor_util.make_ndarray(proto)
    assert (series.kind, series.plugin, series[0].plugin) == ("tensor", name, name)
    assert series[0].encoded == proto.SerializeToString()
    assert series[0].plugin_content == (b"\1\2" if name else b"")
    assert (series[0].array.dtype, series[0].array.shape) == (expected.dtype, expected.shape)
    assert series[0].array.tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["half", "bfloat16", "float32", "float64", "uint8", "int16", "int64", "complex64"])
def test_tensors_of_torch_are_what_was_logged(tmp_path: Path, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    tensor = (
        torch.tensor([[0.5, -2.0, 3.0]]).to(getattr(torch, dtype)) if dtype != "uint8" else torch.arange(3)[None].byte()
    )
    writer = torch_writer(tmp_path)
    writer.add_tensor("x", tensor, 1)
    run, _ = closed(writer)
    assert run["x"][0].array.tolist() == tensor.tolist()


def test_a_value_of_metadata_alone_is_kept(tmp_path: Path) -> None:
    (item,) = written(tmp_path, summary_pb2.Summary.Value(tag="x", metadata=plugin("mine", b"data")))["x"]
    assert (item.plugin, item.plugin_content, item.encoded) == ("mine", b"data", b"")
    with pytest.raises(ValueError, match="this value holds no tensor"):
        _ = item.array


def test_distributions_are_those_of_tensorboard(tmp_path: Path) -> None:
    values = [histogram_summary.histogram_pb("h", RNG.normal(size=size) * size).value[0] for size in (3, 50, 5000)]
    series = written(tmp_path, *values, histogram_summary.histogram_pb("h", []).value[0])["h"]
    expected = [
        [value for _, value in compressor.compress_histogram(tensor_util.make_ndarray(value.tensor))]
        for value in values
    ]
    assert series.quantiles().shape == (4, 9)
    assert series.quantiles()[:3].tolist() == expected
    assert series.quantiles()[3].tolist() == [0.0] * 9
    assert series.quantiles([0.5])[:, 0].tolist() == series.quantiles()[:, 4].tolist()


def test_quantiles_count_the_exact_zeros() -> None:
    values = np.maximum(RNG.normal(size=10_000), 0)
    run = nbviz.Run("net")
    for step, logged in enumerate((values, -values, np.zeros(9))):
        run.log_histogram("activations/relu", logged, step=step)
    found = run["activations/relu"].quantiles([0.25, 0.45, 0.75, 0.9])
    np.testing.assert_allclose(found[0], np.quantile(values, [0.25, 0.45, 0.75, 0.9]), rtol=0.05)
    np.testing.assert_allclose(found[1], np.quantile(-values, [0.25, 0.45, 0.75, 0.9]), rtol=0.05)
    assert found[2].tolist() == [0.0] * 4


def test_distributions_of_torch_are_those_of_tensorboard(writer: Any) -> None:
    for step in range(3):
        writer.add_histogram("h", RNG.normal(size=500) * step, step)
    run, peer = closed(writer)
    for index, logged in enumerate(peer.CompressedHistograms("h")):
        theirs = [value for _, value in logged.compressed_histogram_values]
        np.testing.assert_allclose(run["h"].quantiles()[index], theirs, rtol=1e-6, atol=1e-30)


def test_a_bad_histogram_is_empty_and_told_once(tmp_path: Path) -> None:
    bad = strings("h", [1.0, 2.0], plugin("histograms"))
    run = written(tmp_path, bad, bad)
    assert [item.counts.tolist() for item in run["h"]] == [[0.0], [0.0]]
    assert run["h"][-1].step == 1
    sentence = "a histogram is a tensor of another shape than [k, 3], so it was left out (first seen at tag 'h')."
    assert run.problems == [f"{tmp_path / NAME}: {sentence}"]
