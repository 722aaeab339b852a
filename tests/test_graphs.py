"""Graphs, Keras models and run metadata; TensorBoard is the oracle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tensorboard.compat.proto import config_pb2, event_pb2, graph_pb2, step_stats_pb2
from tensorboard.plugins.graph import keras_util

from tests.items import (
    NAME,
    closed,
    plugin,
    reading,
    strings,
    torch_writer,
    written,
)
from tests.tfevents import VERSION, framed

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")


def assert_same_nodes(ours: list[Any], theirs: Any) -> None:
    assert len(ours) == len(theirs)
    for node, expected in zip(ours, theirs, strict=True):
        assert node[:4] == (expected.name, expected.op, tuple(expected.input), expected.device)
        assert sorted(node.attributes) == sorted(expected.attr)


def test_a_graph_of_torch_is_what_tensorboard_reads(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    writer = torch_writer(tmp_path)
    writer.add_graph(torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU()), torch.rand(2, 3))
    run, peer = closed(writer)
    graph = run["__run_graph__"][0]
    assert (graph.form, run["__run_graph__"].plugin) == ("graph", "graphs")
    assert len(graph.nodes) > 5
    assert_same_nodes(graph.nodes, peer.Graph().node)
    (tag,) = peer.Tags()["run_metadata"]
    theirs = peer.RunMetadata(tag)
    assert run[tag].plugin == "graph_tagged_run_metadata"
    assert config_pb2.RunMetadata.FromString(run[tag][0].encoded) == theirs
    assert [node.name for node in run[tag][0].nodes] == [
        stats.node_name for device in theirs.step_stats.dev_stats for stats in device.node_stats
    ]


def test_a_meta_graph_is_the_graph_in_it(tmp_path: Path) -> None:
    from tensorboard.compat.proto import meta_graph_pb2

    graph = graph_pb2.GraphDef()
    graph.node.add(name="a", op="Const", input=["b:1", "^c"], device="/gpu:0").attr["dtype"].i = 1
    meta = meta_graph_pb2.MetaGraphDef(graph_def=graph).SerializeToString()
    payload = event_pb2.Event(step=3, wall_time=1.5, meta_graph_def=meta).SerializeToString()
    (tmp_path / NAME).write_bytes(framed(VERSION, payload))
    (item,) = reading(tmp_path)["__meta_graph__"]
    assert (item.form, item.encoded, item.step) == ("meta graph", meta, 3)
    assert_same_nodes(item.nodes, graph.node)


def test_run_metadata_has_the_nodes_of_its_graphs_or_those_that_ran(tmp_path: Path) -> None:
    before, after = (graph_pb2.GraphDef() for _ in range(2))
    before.node.add(name="before", op="Mul")
    after.node.add(name="after", op="Add")
    functions = config_pb2.RunMetadata.FunctionGraphs(pre_optimization_graph=before, post_optimization_graph=after)
    stats = step_stats_pb2.DeviceStepStats(device="/cpu:0", node_stats=[step_stats_pb2.NodeExecStats(node_name="ran")])
    ran = step_stats_pb2.StepStats(dev_stats=[stats])
    values = [
        strings("x", [config_pb2.RunMetadata(**parts).SerializeToString()], plugin("graph_run_metadata_graph"))
        for parts in ({"function_graphs": [functions]}, {"partition_graphs": [after]}, {"step_stats": ran})
    ]
    nodes = [item.nodes[0][:4] for item in written(tmp_path, *values)["x"]]
    assert nodes == [("before", "Mul", (), ""), ("after", "Add", (), ""), ("ran", "", (), "/cpu:0")]


def keras_layer(name: str, *inbound: str, kind: str = "Dense", version: int = 3, **config: Any) -> dict[str, Any]:
    if version == 3:
        nodes: Any = [
            {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}], "kwargs": {}}
            for source in inbound
        ]
    else:
        nodes = [[[source, 0, 0, {}] for source in inbound]] if inbound else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}


@pytest.mark.parametrize("version", [2, 3])
def test_a_keras_model_is_the_graph_that_tensorboard_makes_of_it(tmp_path: Path, version: int) -> None:
    layers = [
        keras_layer("in", kind="InputLayer", version=version),
        keras_layer("left", "in", version=version),
        keras_layer("right", "in", version=version),
        keras_layer("sum", "left", "right", kind="Add", version=version),
    ]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["sum", 0, 0]]}
    model = {"class_name": "Functional", "config": {"name": "model", "layers": layers, **ends}}
    item = written(tmp_path, strings("keras", json.dumps(model), plugin("graph_keras_model")))["keras"][0]
    assert (item.form, json.loads(item.encoded)) == ("keras", model)
    assert [(node.name, node.op, node.inputs) for node in item.nodes] == [
        ("in", "InputLayer", ()),
        ("left", "Dense", ("in",)),
        ("right", "Dense", ("in",)),
        ("sum", "Add", ("left", "right")),
    ]
    if version == 3:
        theirs = keras_util.keras_model_to_graph_def(model)
        assert [(f"model/{node.name}", node.inputs) for node in item.nodes] == [
            (node.name, tuple(name.removeprefix("model/") for name in node.input)) for node in theirs.node
        ]


def test_a_sequential_keras_model_is_a_chain(tmp_path: Path) -> None:
    layers = [{"class_name": "Dense", "config": {"name": name}} for name in ("a", "b", "c")]
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    (item,) = written(tmp_path, strings("keras", json.dumps(model), plugin("graph_keras_model")))["keras"]
    assert [(node.name, node.inputs) for node in item.nodes] == [("a", ()), ("b", ("a",)), ("c", ("b",))]


NO_HISTORY = '{"config": {"layers": [{"inbound_nodes": {"keras_history": []}}]}}'


@pytest.mark.parametrize(
    "model", ["", "[]", '{"config": {"layers": [3]}}', '{"config":' * 50_000, "[" * 100_000, NO_HISTORY]
)
def test_a_malformed_keras_model_is_one_sentence(tmp_path: Path, model: str) -> None:
    (item,) = written(tmp_path, strings("keras", model, plugin("graph_keras_model")))["keras"]
    with pytest.raises(ValueError, match=r"the Keras model is (malformed|nested too deeply)"):
        _ = item.nodes
