"""Events: from the payload of a record to scalars and histograms, with no protobuf library.

Source of the format: ``event.proto`` and ``summary.proto`` in ``tensorboard/compat/proto`` of tensorflow/tensorboard,
on the wire format of https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.buckets import from_limits, from_triples
from nbviz.formats.protobuf import BYTES, FIXED32, FIXED64, VARINT, MalformedError, fields, signed
from nbviz.formats.tensor import decode_tensor

# What is read of each message; all else is stepped over. Absent numbers are zero: step 0 is not on the wire.
#
#     Event            wall_time 1: double, step 2: int64, summary 5: Summary
#     Summary          value 1: repeated Value
#     Value            tag 1: string, node_name 7: string, metadata 9: SummaryMetadata,
#                      one of simple_value 2: float, histo 5: HistogramProto, tensor 8: TensorProto
#     SummaryMetadata  plugin_data 1: PluginData
#     PluginData       plugin_name 1: string
#     HistogramProto   min 1, max 2, num 3, sum 4: double, bucket_limit 6, bucket 7: repeated double
_WALL_TIME, _STEP, _SUMMARY = 1 << 3 | FIXED64, 2 << 3 | VARINT, 5 << 3 | BYTES
_VALUE = 1 << 3 | BYTES
_TAG, _NODE_NAME, _METADATA = 1 << 3 | BYTES, 7 << 3 | BYTES, 9 << 3 | BYTES
_SIMPLE_VALUE, _HISTO, _TENSOR = 2 << 3 | FIXED32, 5 << 3 | BYTES, 8 << 3 | BYTES
_CONTENTS = {_SIMPLE_VALUE, _HISTO, _TENSOR}
_PLUGIN_DATA, _PLUGIN_NAME = 1 << 3 | BYTES, 1 << 3 | BYTES
_MIN, _MAX, _NUM, _SUM = (number << 3 | FIXED64 for number in (1, 2, 3, 4))
_BUCKET_LIMIT, _BUCKET = 6, 7

_float = struct.Struct("<f").unpack_from
_double = struct.Struct("<d").unpack_from


class Scalars(NamedTuple):
    """Scalars of one tag in file order: int steps, float wall times (seconds since the epoch), float values."""

    steps: list[int]
    wall_times: list[float]
    values: list[float]


class Capture(NamedTuple):
    """One histogram: ``counts`` (k,), increasing ``edges`` (k + 1,), both float64; ``nonfinite`` values in no bin."""

    tag: str
    step: int
    wall_time: float
    counts: NDArray[np.float64]
    edges: NDArray[np.float64]
    nonfinite: int


@dataclass
class Batch:
    """What a number of events held.

    Attributes
    ----------
    scalars : dict of str to Scalars
        By tag.
    histograms : list of Capture
        In file order.
    problems : dict of str to str
        What could not be read: a sentence for each kind of problem, and the tag at which it was first seen.
    """

    scalars: dict[str, Scalars] = field(default_factory=dict)
    histograms: list[Capture] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def add_scalar(self, tag: str, step: int, wall_time: float, value: float) -> None:
        column = self.scalars.get(tag)
        if column is None:
            column = self.scalars[tag] = Scalars([], [], [])
        column.steps.append(step)
        column.wall_times.append(wall_time)
        column.values.append(value)


class EventDecoder:
    """Decodes the events of one run.

    Writers say what a tag is (its *plugin*) in each of its events, or only in the first. So the decoder remembers it,
    and one decoder serves all the files of a run. As in TensorBoard, what was said first holds.
    """

    def __init__(self) -> None:
        self._plugins: dict[str, str] = {}

    def decode(self, payloads: Iterable[bytes]) -> Batch:
        """Decode the payloads of records. Never raises: what is malformed is left out and noted in ``problems``."""
        batch = Batch()
        with np.errstate(all="ignore"):
            for payload in payloads:
                try:
                    self._event(payload, batch)
                except MalformedError as problem:
                    batch.problems.setdefault(str(problem), "")
        return batch

    def _event(self, data: bytes, batch: Batch) -> None:
        wall_time, step, summaries = 0.0, 0, []
        for key, start, stop in fields(data, 0, len(data)):
            if key == _WALL_TIME:
                wall_time = _double(data, start)[0]
            elif key == _STEP:
                step = signed(start)
            elif key == _SUMMARY:
                summaries.append((start, stop))
        for summary in summaries:
            for key, start, stop in fields(data, *summary):
                if key != _VALUE:
                    continue
                try:
                    self._value(data, start, stop, step, wall_time, batch)
                except MalformedError as problem:
                    batch.problems.setdefault(str(problem), "")

    def _value(self, data: bytes, at: int, end: int, step: int, wall_time: float, batch: Batch) -> None:
        name = node_name = b""
        kind, start, stop = 0, 0, 0
        metadata = None
        for key, first, last in fields(data, at, end):
            if key == _TAG:
                name = data[first:last]
            elif key in _CONTENTS:
                kind, start, stop = key, first, last
            elif key == _METADATA:
                metadata = (first, last)
            elif key == _NODE_NAME:
                node_name = data[first:last]
        # Early versions of TensorFlow wrote a tensor under the name of its graph node, without a tag.
        tag = (name or node_name).decode(errors="backslashreplace")
        if metadata and tag not in self._plugins:
            self._remember_plugin(tag, data, *metadata)
        if kind == _SIMPLE_VALUE:
            batch.add_scalar(tag, step, wall_time, _float(data, start)[0])
        elif kind:
            try:
                content = self._histo if kind == _HISTO else self._tensor
                content(data, start, stop, tag, step, wall_time, batch)
            except MalformedError as problem:
                batch.problems.setdefault(str(problem), tag)

    def _remember_plugin(self, tag: str, data: bytes, at: int, end: int) -> None:
        for key, start, stop in fields(data, at, end):
            if key == _PLUGIN_DATA:
                for key, first, last in fields(data, start, stop):
                    if key == _PLUGIN_NAME:
                        self._plugins[tag] = data[first:last].decode(errors="replace")

    def _tensor(self, data: bytes, at: int, end: int, tag: str, step: int, wall_time: float, batch: Batch) -> None:
        plugin = self._plugins.get(tag)
        if plugin == "scalars":
            values, _ = decode_tensor(data, at, end)
            if len(values) != 1:
                raise MalformedError("a scalar is a tensor of more or fewer than one element, so it was left out")
            batch.add_scalar(tag, step, wall_time, float(values[0]))
        elif plugin == "histograms":
            values, shape = decode_tensor(data, at, end)
            if len(shape) != 2 or shape[1] != 3:
                raise MalformedError("a histogram is a tensor of another shape than [k, 3], so it was left out")
            counts, edges = from_triples(values.reshape(shape))
            batch.histograms.append(Capture(tag, step, wall_time, counts, edges, 0))
        elif plugin is None:
            raise MalformedError("a tensor does not say what it is (its metadata names no plugin), so it was left out")

    def _histo(self, data: bytes, at: int, end: int, tag: str, step: int, wall_time: float, batch: Batch) -> None:
        single = dict.fromkeys((_MIN, _MAX, _NUM, _SUM), 0.0)
        columns: dict[int, list[bytes]] = {_BUCKET_LIMIT: [], _BUCKET: []}
        for key, start, stop in fields(data, at, end):
            if key in single:
                single[key] = _double(data, start)[0]
            elif key >> 3 in columns:  # packed, or single in old files
                columns[key >> 3].append(data[start:stop])
        limits, counts = (_doubles(b"".join(columns[number])) for number in (_BUCKET_LIMIT, _BUCKET))
        total, (counts, edges) = counts.sum(), from_limits(limits, counts, single[_MIN], single[_MAX])
        missing = single[_NUM] - total
        nonfinite = 0
        if 0.5 < missing < 2**53:
            if math.isfinite(single[_SUM]):
                batch.problems.setdefault("some values of a histogram lie in none of its bins; its bins were kept", tag)
            else:
                nonfinite = round(missing)
        batch.histograms.append(Capture(tag, step, wall_time, counts, edges, nonfinite))


def _doubles(content: bytes) -> NDArray[np.float64]:
    if len(content) % 8:
        raise MalformedError("a histogram is not well-formed, so it was left out")
    return np.frombuffer(content, "<f8")
