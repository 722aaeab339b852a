"""Graphs: a TensorFlow graph, a Keras model, or what a profiled step ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from nbviz.formats.event import GRAPH_DEF, META_GRAPH, RUN_METADATA
from nbviz.formats.items.item import Item, Source, counted, decode_strings
from nbviz.formats.items.keras import Layer, keras_layers
from nbviz.formats.protobuf import MalformedError, Message, fields

# From graph.proto, node_def.proto, config.proto, step_stats.proto and meta_graph.proto in tensorboard/compat/proto:
#
#     GraphDef         node 1: repeated NodeDef
#     NodeDef          name 1, op 2: string, input 3: repeated string, device 4: string, attr 5: map of string to value
#     MetaGraphDef     graph_def 2
#     RunMetadata      step_stats 1: StepStats, partition_graphs 3: repeated GraphDef, function_graphs 4: repeated
#     FunctionGraphs   partition_graphs 1: repeated GraphDef, pre_optimization_graph 2: GraphDef
#     StepStats        dev_stats 1: repeated DeviceStepStats
#     DeviceStepStats  device 1: string, node_stats 2: repeated NodeExecStats
#     NodeExecStats    node_name 1: string
Form = Literal["graph", "meta graph", "run metadata", "keras"]
_FIELDS: dict[int, Form] = {GRAPH_DEF: "graph", META_GRAPH: "meta graph", RUN_METADATA: "run metadata"}
_PLUGINS: dict[str, Form] = {"graphs": "graph", "graph_keras_model": "keras"}


class Node(NamedTuple):
    """A node of a graph.

    Attributes
    ----------
    name : str
    op : str
        What it does; of a Keras layer, its class.
    inputs : tuple of str
        Names of the nodes that feed it, as written: "name:1" is an output, "^name" a node that only has to go before.
    device : str
    attributes : tuple of str
        Names of the attributes.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    device: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Graph(Item):
    """A graph.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    form : str
        "graph" (a ``GraphDef``), "meta graph" (a ``MetaGraphDef``), "run metadata" (a ``RunMetadata``) or "keras"
        (a model as JSON).
    encoded : bytes
        What ``form`` says.
    """

    form: Form
    encoded: bytes

    def _about(self) -> str:
        return f"{self.form}, {counted(len(self.encoded), 'byte')}"

    @property
    def nodes(self) -> list[Node]:
        """The nodes in the order in which they were written; those of functions in the graph's library are left out.

        Raises
        ------
        ValueError
            If the graph is malformed.
        """
        if self.form == "keras":
            return [_layer_node(layer) for layer in keras_layers(self.encoded)]
        if self.form == "run metadata":
            return list(_run_nodes(Message(self.encoded)))
        graph = Message(self.encoded)
        return list(_graph_nodes(graph.messages(2) if self.form == "meta graph" else [graph]))


def decode_graph_field(data: bytes, step: int, wall_time: float) -> tuple[str, Graph] | None:
    """Decode a graph that is a field of its event: the tag that it says, and the graph. None if it is no such field."""
    try:
        parts = list(fields(data, 0, len(data)))
    except MalformedError:
        return None
    if len(parts) != 1 or parts[0][0] not in _FIELDS:
        return None
    ((key, start, stop),) = parts
    if key != RUN_METADATA:
        return "", Graph(step, wall_time, _FIELDS[key], data[start:stop])
    tagged = Message(data, start, stop)
    return tagged.text(1), Graph(step, wall_time, "run metadata", tagged.blob(2))


def decode_graph(source: Source) -> Graph:
    """Decode a tensor of one string."""
    strings = decode_strings(source)
    if not strings:
        raise MalformedError("a graph is no tensor of strings")
    return Graph(source.step, source.wall_time, _PLUGINS.get(source.plugin, "run metadata"), strings[0])


def _graph_nodes(graphs: Iterable[Message]) -> Iterator[Node]:
    for graph in graphs:
        for node in graph.messages(1):
            attributes = tuple(entry.text(1) for entry in node.messages(5))
            yield Node(node.text(1), node.text(2), tuple(node.texts(3)), node.text(4), attributes)


def _run_nodes(run: Message) -> Iterator[Node]:
    """The nodes of the graph if there is one, as TensorBoard has it, or else those that ran."""
    before = [graph for functions in run.messages(4) for graph in functions.messages(2)]
    graphs = before or list(run.messages(3))
    if graphs:
        yield from _graph_nodes(graphs)
        return
    for device in run.message(1).messages(1):
        for stats in device.messages(2):
            yield Node(stats.text(1), "", (), device.text(1), ())


def _layer_node(layer: Layer) -> Node:
    return Node(layer.name, layer.kind, layer.inputs, "", layer.settings)
