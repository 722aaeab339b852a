"""Events: from the payload of a record to scalars and an index of all else, with no protobuf library.

Source of the format: ``event.proto`` and ``summary.proto`` in ``tensorboard/compat/proto`` of tensorflow/tensorboard,
on the wire format of https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from nbviz.formats.extra import EXACT
from nbviz.formats.protobuf import BYTES, FIXED32, FIXED64, VARINT, MalformedError, fields, signed, text
from nbviz.formats.tensor import decode_tensor

# What is read of each message; all else is stepped over. Absent numbers are zero: step 0 is not on the wire.
#
#     Event              wall_time 1: double, step 2: int64, graph_def 4: bytes, summary 5: Summary,
#                        session_log 7: SessionLog, tagged_run_metadata 8: TaggedRunMetadata, meta_graph_def 9: bytes
#     SessionLog         status 1: enum (START is 1)
#     TaggedRunMetadata  tag 1: string, run_metadata 2: bytes
#     Summary            value 1: repeated Value
#     Value              tag 1: string, node_name 7: string, metadata 9: SummaryMetadata, one of simple_value 2: float,
#                        obsolete_old_style_histogram 3: bytes, image 4, histo 5, audio 6, tensor 8
#     SummaryMetadata    plugin_data 1: PluginData
#     PluginData         plugin_name 1: string, content 2: bytes
WALL_TIME, STEP, SUMMARY = 1 << 3 | FIXED64, 2 << 3 | VARINT, 5 << 3 | BYTES
_SESSION_LOG, _STATUS, _START = 7 << 3 | BYTES, 1 << 3 | VARINT, 1
GRAPH_DEF, RUN_METADATA, META_GRAPH = 4 << 3 | BYTES, 8 << 3 | BYTES, 9 << 3 | BYTES
VALUE = 1 << 3 | BYTES
_FIRST, _SECOND = 1 << 3 | BYTES, 2 << 3 | BYTES
TAG, _NODE_NAME, METADATA = 1 << 3 | BYTES, 7 << 3 | BYTES, 9 << 3 | BYTES
SIMPLE_VALUE = 2 << 3 | FIXED32
OBSOLETE, IMAGE, HISTO, AUDIO, TENSOR = (number << 3 | BYTES for number in (3, 4, 5, 6, 8))
CONTENTS = {SIMPLE_VALUE, OBSOLETE, IMAGE, HISTO, AUDIO, TENSOR}

_KINDS = {OBSOLETE: "tensor", IMAGE: "image", HISTO: "histogram", AUDIO: "audio"}
PLUGIN_KINDS = {
    "histograms": "histogram",
    "images": "image",
    "audio": "audio",
    "text": "text",
    "pr_curves": "pr_curve",
    "mesh": "mesh",
    "hparams": "hparams",
    "custom_scalars": "layout",
    "nbviz_confusion": "confusion",
    "graphs": "graph",
    "graph_keras_model": "graph",
    "graph_run_metadata": "graph",
    "graph_run_metadata_graph": "graph",
    "graph_tagged_run_metadata": "graph",
}
"""What the tensors of a plugin are; those of any other plugin, or of none, are of kind "tensor"."""

RUN_GRAPH, META_GRAPH_TAG = "__run_graph__", "__meta_graph__"
"""Tags of the graphs that are no summaries; the first one as in ``tensorboard/plugins/graph/metadata.py``."""

_float = struct.Struct("<f").unpack_from
_double = struct.Struct("<d").unpack_from


class Scalars(NamedTuple):
    """Scalars of one tag in file order, as lists or arrays: steps, wall times in seconds since the epoch, values."""

    steps: Any
    wall_times: Any
    values: Any


class Items(NamedTuple):
    """Where the items of one tag and kind lie, as lists or arrays: steps, wall times, offsets in the file, and sizes.

    The bytes are a ``Summary.Value``; of a graph that is no summary, they are its field of the ``Event``, key included.
    """

    steps: Any
    wall_times: Any
    offsets: Any
    sizes: Any


@dataclass
class Batch:
    """What a number of events held.

    Attributes
    ----------
    columns : dict of (str, str) to Scalars or Items
        By tag and kind, in order of first appearance.
    sizes : dict of str to int
        Bytes that the scalars of a tag take in the file, as ``Summary.Value`` messages.
    restart : int or None
        The run restarted at this step before it logged the rows of this batch.
    problems : dict of str to str
        What could not be read: a sentence for each kind of problem, and the tag at which it was first seen.
    """

    columns: dict[tuple[str, str], Scalars | Items] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    restart: int | None = None
    problems: dict[str, str] = field(default_factory=dict)

    def add_scalar(self, tag: str, step: int, wall_time: float, value: float, size: int) -> None:
        self.sizes[tag] += size
        columns = self.columns.get((tag, "scalar"))
        if columns is None:
            columns = self.columns[tag, "scalar"] = Scalars([], [], [])
        columns[0].append(step)
        columns[1].append(wall_time)
        columns[2].append(value)

    def add_scalars(self, tag: str, scalars: Scalars, size: int) -> None:
        """Add scalars of one tag, given as lists; ``size`` is that of each."""
        self.sizes[tag] += size * len(scalars.steps)
        columns = self.columns.setdefault((tag, "scalar"), scalars)
        if columns is not scalars:
            for column, added in zip(columns, scalars, strict=True):
                column.extend(added)

    def add_item(self, tag: str, kind: str, step: int, wall_time: float, offset: int, size: int) -> None:
        columns = self.columns.get((tag, kind))
        if columns is None:
            columns = self.columns[tag, kind] = Items([], [], [], [])
        for column, number in zip(columns, (step, wall_time, offset, size), strict=True):
            column.append(number)


class Value(NamedTuple):
    """The parts of a ``Summary.Value``: which content it has (0 for none) and where that and the metadata lie.

    ``exact`` is where a ``simple_value`` stands as a double as well, 0 for nowhere; see `nbviz.formats.extra`.
    """

    tag: str
    content: int
    start: int
    stop: int
    metadata: tuple[int, int] | None
    exact: int


def parse_value(data: bytes, at: int, end: int) -> Value:
    """Find the parts of the ``Summary.Value`` in ``data[at:end]``."""
    name = node_name = b""
    content, start, stop, exact = 0, 0, 0, 0
    metadata = None
    for key, first, last in fields(data, at, end):
        if key == TAG:
            name = data[first:last]
        elif key in CONTENTS:
            content, start, stop = key, first, last
        elif key == METADATA:
            metadata = (first, last)
        elif key == EXACT:
            exact = first
        elif key == _NODE_NAME:
            node_name = data[first:last]
    # Early versions of TensorFlow wrote a tensor under the name of its graph node, without a tag.
    return Value(text(name or node_name), content, start, stop, metadata, exact)


def plugin_data(metadata: bytes) -> tuple[str, bytes]:
    """Name and content of the plugin in a ``SummaryMetadata``."""
    name, content = "", b""
    for key, start, stop in fields(metadata, 0, len(metadata)):
        if key == _FIRST:
            for key, first, last in fields(metadata, start, stop):
                if key == _FIRST:
                    name = metadata[first:last].decode(errors="replace")
                elif key == _SECOND:
                    content = metadata[first:last]
    return name, content


class Known(Protocol):
    """Knows some payloads by sight."""

    def add(self, payload: bytes | memoryview, offset: int, batch: Batch, decoder: EventDecoder) -> bool:
        """Add what a payload holds to the batch; False if the payload must be parsed."""


class EventDecoder:
    """Decodes the events of one run.

    Writers say what a tag is (its *plugin*) in each of its events, or only in the first. So the decoder remembers it,
    and one decoder serves all the files of a run. As in TensorBoard, what was said first holds.

    Attributes
    ----------
    metadata : dict of str to bytes
        The first ``SummaryMetadata`` of each tag that has one.
    plugins : dict of str to str
        The name of the plugin of each tag that has one.
    """

    def __init__(self) -> None:
        self.metadata: dict[str, bytes] = {}
        self.plugins: dict[str, str] = {}

    def decode(
        self,
        payloads: Iterable[tuple[int, bytes | memoryview]],
        known: Known | None = None,
        batches: list[Batch] | None = None,
    ) -> list[Batch]:
        """Decode the payloads of records, each given with its offset in the file; ``known`` may do so without parsing.

        They are added to the last of ``batches``, which is returned. A new batch begins wherever the run says that it
        restarted. Never raises: what is malformed is left out and noted in ``problems``.
        """
        batches = batches or [Batch()]
        with np.errstate(all="ignore"):
            for offset, payload in payloads:
                if known is not None and known.add(payload, offset, batches[-1], self):
                    continue
                try:
                    self._event(bytes(payload), offset, batches)
                except MalformedError as problem:
                    batches[-1].problems.setdefault(str(problem), "")
        return batches

    def kind_of(self, tag: str, content: int, plugin: str, metadata: bytes, is_number: bool) -> str:
        """The kind of values of a tag that have this content and metadata; nothing if each must be decoded to tell."""
        if metadata and tag not in self.metadata:
            self._remember(tag, metadata)
        if content == SIMPLE_VALUE:
            return "scalar"
        if content != TENSOR:
            return _KINDS[content]
        plugin = self.plugins.get(tag, "")
        return ("scalar" if is_number else "") if plugin == "scalars" else PLUGIN_KINDS.get(plugin, "tensor")

    def _event(self, data: bytes, offset: int, batches: list[Batch]) -> None:
        wall_time, step, parts = 0.0, 0, []
        before = 0
        for key, start, stop in fields(data, 0, len(data)):
            if key == WALL_TIME:
                wall_time = _double(data, start)[0]
            elif key == STEP:
                step = signed(start)
            elif key & 7 == BYTES:
                parts.append((key, before, start, stop))
            before = stop
        for key, before, start, stop in parts:
            batch = batches[-1]
            if key == SUMMARY:
                self._summary(data, start, stop, offset, step, wall_time, batch)
            elif key == _SESSION_LOG:
                if (_STATUS, _START) in [(key, value) for key, value, _ in fields(data, start, stop)]:
                    batches.append(Batch(restart=step))
            elif tag := self._graph_tag(key, data, start, stop):
                batch.add_item(tag, "graph", step, wall_time, offset + before, stop - before)

    def _graph_tag(self, key: int, data: bytes, start: int, stop: int) -> str:
        if key == GRAPH_DEF:
            tag, plugin = RUN_GRAPH, "graphs"
        elif key == META_GRAPH:
            tag, plugin = META_GRAPH_TAG, "graphs"
        elif key == RUN_METADATA:
            names = [data[first:last] for key, first, last in fields(data, start, stop) if key == _FIRST]
            tag, plugin = text(names[-1] if names else b"") or "__run_metadata__", "graph_tagged_run_metadata"
        else:
            return ""
        self.plugins.setdefault(tag, plugin)
        return tag

    def _summary(self, data: bytes, at: int, end: int, offset: int, step: int, wall_time: float, batch: Batch) -> None:
        for key, start, stop in fields(data, at, end):
            if key != VALUE:
                continue
            tag = ""
            try:
                value = parse_value(data, start, stop)
                tag = value.tag
                if value.metadata and tag not in self.metadata:
                    self._remember(tag, data[slice(*value.metadata)])
                if value.content == SIMPLE_VALUE:
                    number = _double(data, value.exact)[0] if value.exact else _float(data, value.start)[0]
                    batch.add_scalar(tag, step, wall_time, number, stop - start)
                elif (number := self._scalar(data, value, batch)) is not None:
                    batch.add_scalar(tag, step, wall_time, number, stop - start)
                elif kind := self._kind(value):
                    batch.add_item(tag, kind, step, wall_time, offset + start, stop - start)
            except MalformedError as problem:
                batch.problems.setdefault(str(problem), tag)

    def _remember(self, tag: str, metadata: bytes) -> None:
        name, _ = plugin_data(metadata)
        self.metadata[tag] = metadata
        if name:
            self.plugins[tag] = name

    def _scalar(self, data: bytes, value: Value, batch: Batch) -> float | None:
        """The number of a scalar that is a tensor."""
        if value.content != TENSOR or self.plugins.get(value.tag) != "scalars":
            return None
        values = decode_tensor(data, value.start, value.stop)
        if values.size == 1 and values.dtype.kind in "fiub":
            return float(values.reshape(()))
        batch.problems.setdefault("a scalar is not one number, so it was kept as a tensor", value.tag)
        return None

    def _kind(self, value: Value) -> str:
        """What else a value is; nothing if it holds nothing."""
        plugin = self.plugins.get(value.tag, "")
        if value.content == TENSOR:
            return PLUGIN_KINDS.get(plugin, "tensor")
        if value.content:
            return _KINDS[value.content]
        # hparams have all their data in the metadata
        return "hparams" if plugin == "hparams" else "tensor" if value.metadata else ""
