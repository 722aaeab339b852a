"""Events: from the payload of a record to scalars and histograms, with no protobuf library.

Source of the format: ``event.proto`` and ``summary.proto`` in ``tensorboard/compat/proto`` of tensorflow/tensorboard,
on the wire format of https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.protobuf import BYTES, FIXED32, FIXED64, VARINT, Malformed, fields, packed, signed
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
_PLUGIN_DATA, _PLUGIN_NAME = 1 << 3 | BYTES, 1 << 3 | BYTES
_MIN, _MAX, _NUM, _SUM = (number << 3 | FIXED64 for number in (1, 2, 3, 4))
_BUCKET_LIMIT, _BUCKET = 6, 7

_float = struct.Struct("<f").unpack_from
_double = struct.Struct("<d").unpack_from

_HUGE = 1e308
"""Beyond this a bucket's limit means 'no limit': writers put the largest double there."""


class Scalars(NamedTuple):
    """Scalars of one tag in file order: int steps, float wall times (seconds since the epoch), float values."""

    steps: list[int]
    wall_times: list[float]
    values: list[float]


class Capture(NamedTuple):
    """One histogram: ``counts`` float64 (k,), ``edges`` float64 (k + 1,), increasing; ``nonfinite`` values in no bin."""

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


class EventDecoder:
    """Decodes the events of one run.

    Writers say what a tag is (its *plugin*) in each of its events, or only in the first; so the decoder remembers it, and
    one decoder serves all the files of a run. As in TensorBoard, what was said first holds.
    """

    def __init__(self) -> None:
        self._plugins: dict[str, str] = {}

    def decode(self, payloads: Iterable[bytes]) -> Batch:
        """Decode the payloads of records. Never raises: what is malformed is left out and noted in ``problems``."""
        batch = Batch()
        for payload in payloads:
            try:
                self._event(payload, batch)
            except Malformed as problem:
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
                if key == _VALUE:
                    self._value(data, start, stop, step, wall_time, batch)

    def _value(self, data: bytes, at: int, end: int, step: int, wall_time: float, batch: Batch) -> None:
        tag, kind, start, stop = "", 0, 0, 0
        node_name = metadata = (0, 0)
        try:
            for key, first, last in fields(data, at, end):
                if key == _TAG:
                    tag = data[first:last].decode(errors="backslashreplace")
                elif key in (_SIMPLE_VALUE, _HISTO, _TENSOR):
                    kind, start, stop = key, first, last
                elif key == _METADATA:
                    metadata = (first, last)
                elif key == _NODE_NAME:
                    node_name = (first, last)
            if metadata[1] and tag not in self._plugins:
                self._remember_plugin(tag, data, *metadata)
            if kind == _SIMPLE_VALUE:
                _append(batch, tag, step, wall_time, _float(data, start)[0])
            elif kind == _HISTO:
                batch.histograms.append(Capture(tag, step, wall_time, *_histogram(data, start, stop)))
            elif kind == _TENSOR:
                plugin = self._plugins.get(tag)
                # Before TensorFlow 1.4 a tensor had no tag but the name of its graph node.
                self._tensor(data, start, stop, plugin, tag or data[slice(*node_name)].decode(errors="replace"))
        except Malformed as problem:
            batch.problems.setdefault(str(problem), tag)
