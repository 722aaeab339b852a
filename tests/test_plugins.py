"""Texts, PR curves, meshes, hyper-parameters and layouts; TensorBoard's own protos are the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.plugins.hparams import plugin_data_pb2 as hparams_pb2
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.mesh import metadata as mesh_metadata
from tensorboard.plugins.mesh import plugin_data_pb2 as mesh_pb2
from tensorboard.plugins.text import summary_v2 as text_summary
from tensorboard.util import tensor_util

from nbviz.sources.events import read
from tests.items import (
    RNG,
    closed,
    layout_value,
    plugin,
    strings,
    written,
)

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")


def test_texts_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    for step, text in enumerate(["plain", "<script>alert(1)</script>", "größer\n| a | b |", ""]):
        writer.add_text("note", text, step)
    run, peer = closed(writer)
    assert run.tags("text") == ["note/text_summary"]
    series = run["note/text_summary"]
    for ours, theirs in zip(series, peer.Tensors("note/text_summary"), strict=True):
        assert (ours.step, ours.wall_time) == (theirs.step, theirs.wall_time)
        expected = np.vectorize(bytes.decode, [object])(tensor_util.make_ndarray(theirs.tensor_proto))
        assert (ours.texts.shape, ours.texts.tolist()) == (expected.shape, expected.tolist())
    assert series[1].text == "<script>alert(1)</script>"
    assert series.plugin == "text"
    assert series.metadata == peer.summary_metadata["note/text_summary"].SerializeToString()


def test_tables_of_texts_keep_their_shape_and_bad_utf8_is_replaced(tmp_path: Path) -> None:
    table = text_summary.text_pb("table", [["a", "b"], ["c", "d"]]).value[0]
    single = text_summary.text_pb("single", "one").value[0]
    bad = strings("bad", b"l\xffss", plugin("text"))
    run = written(tmp_path, table, single, bad)
    assert run["table"][0].texts.tolist() == [["a", "b"], ["c", "d"]]
    assert run["table"][0].text == "a\nb\nc\nd"
    assert (run["single"][0].texts.shape, run["single"][0].text) == ((), "one")
    assert run["bad"][0].text == "l\ufffdss"


ROWS = ("true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall")


def test_pr_curves_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    for step in range(2):
        writer.add_pr_curve("pr", RNG.integers(0, 2, 100), RNG.uniform(size=100), step, num_thresholds=31)
    run, peer = closed(writer)
    assert run.tags("pr_curve") == ["pr"]
    for ours, theirs in zip(run["pr"], peer.Tensors("pr"), strict=True):
        expected = tensor_util.make_ndarray(theirs.tensor_proto)
        assert (ours.step, ours.wall_time, ours.values.dtype) == (theirs.step, theirs.wall_time, expected.dtype)
        for row, name in enumerate(ROWS):
            np.testing.assert_array_equal(getattr(ours, name), expected[row])
        assert ours.thresholds.tolist() == np.linspace(0.0, 1.0, 31).tolist()


def test_meshes_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    torch = pytest.importorskip("torch")
    vertices, faces = torch.rand(1, 8, 3), torch.randint(0, 8, (1, 4, 3))
    writer.add_mesh("ball", vertices, torch.randint(0, 256, (1, 8, 3)), faces, {"camera": {"cls": "X"}}, 3)
    run, peer = closed(writer)
    assert len(run.tags("mesh")) == 3
    kinds = {"VERTEX": "vertices", "FACE": "faces", "COLOR": "colors"}
    for tag in run.tags("mesh"):
        (theirs,) = peer.Tensors(tag)
        about = mesh_metadata.parse_plugin_metadata(peer.summary_metadata[tag].plugin_data.content)
        ours = run[tag][0]
        np.testing.assert_array_equal(ours.values, tensor_util.make_ndarray(theirs.tensor_proto))
        assert list(ours.shape) == list(about.shape)
        assert (ours.name, ours.config) == (about.name, about.json_config)
        assert ours.content_type == kinds[mesh_pb2.MeshPluginData.ContentType.Name(about.content_type)]


def hparams_items(path: Path) -> list[Any]:
    items = []
    for run in read(path).values():
        items += [item for tag in run.tags("hparams") for item in run[tag]]
    return items


def parsed(item: Any) -> Any:
    return hparams_pb2.HParamsPluginData.FromString(item.encoded)


def test_hparams_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    settings = {"lr": 0.1, "layers": 3, "name": "größer", "bias": True}
    writer.add_hparams(settings, {"accuracy": 0.5, "loss": 1.0})
    writer.close()
    path = Path(writer.log_dir if hasattr(writer, "log_dir") else writer.logdir)
    experiment, start, end = hparams_items(path)
    theirs = parsed(experiment).experiment
    assert [info.name for info in experiment.infos] == [info.name for info in theirs.hparam_infos]
    assert [info.type for info in experiment.infos] == [
        {1: "string", 2: "bool", 3: "float"}[info.type] for info in theirs.hparam_infos
    ]
    assert [metric.tag for metric in experiment.metrics] == ["accuracy", "loss"]
    assert (start.kind, start.hparams) == ("session start", settings)
    assert set(start.hparams) == set(parsed(start).session_start_info.hparams)
    assert (end.kind, end.status) == ("session end", "success")
    assert (experiment.kind, end.time) == ("experiment", parsed(end).session_end_info.end_time_secs)


def test_hparams_of_keras_are_what_tensorboard_reads(tmp_path: Path) -> None:
    lr, act = hparams_summary.HParam("lr", hparams_summary.RealInterval(0.1, 0.5)), "activation"
    choice = hparams_summary.HParam(
        act, hparams_summary.Discrete(["relu", "tanh"]), display_name="act", description="f"
    )
    metric = hparams_summary.Metric("loss", "validation", "Loss", "low is good", hparams_summary.Metric.VALIDATION)
    config = hparams_summary.hparams_config_pb([lr, choice], [metric], time_created_secs=12.5).value[0]
    start = hparams_summary.hparams_pb({lr: 0.2, choice: "relu"}, trial_id="group", start_time_secs=13.5).value[0]
    ended = hparams_pb2.HParamsPluginData(session_end_info=hparams_pb2.SessionEndInfo(status=2, end_time_secs=14.5))
    end = summary_pb2.Summary.Value(tag=hparams_metadata.SESSION_END_INFO_TAG)
    end.metadata.CopyFrom(hparams_metadata.create_summary_metadata(ended))
    written(tmp_path, config, start, end)
    experiment, started, over = hparams_items(tmp_path)
    assert (experiment.time, [info.interval for info in experiment.infos]) == (12.5, [(0.1, 0.5), None])
    assert experiment.infos[1] == (act, "act", "f", "string", ("relu", "tanh"), None)
    assert experiment.metrics == (("loss", "validation", "Loss", "low is good", "validation"),)
    assert (started.hparams, started.group_name, started.time) == ({"lr": 0.2, act: "relu"}, "group", 13.5)
    assert (over.status, over.time, over.step) == ("failure", 14.5, 2)


def test_each_event_of_hparams_is_an_item_of_its_own(tmp_path: Path) -> None:
    values = [hparams_summary.hparams_pb({"lr": rate}, start_time_secs=1.0).value[0] for rate in (0.1, 0.2)]
    run = written(tmp_path, *values)
    assert [item.hparams for item in run[values[0].tag]] == [{"lr": 0.1}, {"lr": 0.2}]


def test_layouts_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    charts = {"both": ["Multiline", ["loss/.*", "acc"]], "band": ["Margin", ["value", "low", "high"]]}
    writer.add_custom_scalars({"first": charts, "second": {"one": ["Multiline", ["x"]]}})
    run, peer = closed(writer)
    assert run.tags("layout") == ["custom_scalars__config__"]
    (theirs,) = peer.Tensors("custom_scalars__config__")
    (layout,) = run["custom_scalars__config__"]
    assert layout.encoded == tensor_util.make_ndarray(theirs.tensor_proto).item()
    expected = layout_pb2.Layout.FromString(layout.encoded)
    assert [category.title for category in layout.categories] == [category.title for category in expected.category]
    assert [chart[:2] for chart in layout.categories[0].charts] == [("both", ("loss/.*", "acc")), ("band", ())]
    assert layout.categories[0].charts[1].margins == (("value", "low", "high"),)


def test_a_layout_of_tensorboard_itself_is_read(tmp_path: Path) -> None:
    proto = layout_pb2.Layout(category=[layout_pb2.Category(title="closed", closed=True)])
    run = written(tmp_path, layout_value(proto))
    ((category,),) = (item.categories for item in run["custom_scalars__config__"])
    assert category == ("closed", (), True)
