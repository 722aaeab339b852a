"""Decoding of events; protobuf, and TensorBoard's own conversions, are the oracles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard import data_compat
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.graph import metadata as graph_metadata
from tensorboard.plugins.histogram import summary as histogram_summary
from tensorboard.plugins.scalar import summary_v2 as scalar_summary
from tensorboard.util import tensor_util

from nbviz.formats.event import Batch, EventDecoder, Items
from nbviz.formats.items import decode_item
from nbviz.formats.items.histogram import Histogram
from nbviz.formats.protobuf import MalformedError
from tests.tfevents import VERSION, event, simple, unhurried


def decode(*payloads: bytes) -> Batch:
    (batch,) = EventDecoder().decode((0, payload) for payload in payloads)
    return batch


def histogram(payload: bytes) -> tuple[Histogram, str]:
    """Decode the only item of an event, and what is said of it."""
    decoder = EventDecoder()
    (batch,) = decoder.decode([(100, payload)])
    assert batch.problems == {}
    (((tag, kind), items),) = batch.columns.items()
    ((step, wall_time, offset, size),) = zip(*items, strict=True)
    data = payload[offset - 100 : offset - 100 + size]
    return decode_item(kind, data, step, wall_time, tag, decoder.metadata.get(tag, b""))


def metadata(plugin: str) -> Any:
    return summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=plugin))


def tensor_value(tag: str, tensor: Any, plugin: str | None = "scalars") -> Any:
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=metadata(plugin) if plugin else None)


def histo(limits: list[float], counts: list[float], low: float, high: float, **rest: float) -> Any:
    rest = {"num": sum(counts), **rest}
    proto = summary_pb2.HistogramProto(min=low, max=high, bucket_limit=limits, bucket=counts, **rest)
    return summary_pb2.Summary.Value(tag="h", histo=proto)


def triples(rows: list[list[float]]) -> Any:
    return tensor_value("h", tensor_util.make_tensor_proto(np.reshape(rows, (-1, 3)), np.float64), "histograms")


def only_capture(payload: bytes) -> Histogram:
    capture, problem = histogram(payload)
    assert problem == ""
    return capture


floats = st.floats(width=32)
tags = st.text(max_size=8)


@settings(unhurried, max_examples=50)
@given(
    st.lists(st.tuples(st.floats(), st.integers(-(2**63), 2**63 - 1), st.lists(st.tuples(tags, floats), max_size=3)))
)
def test_scalars_are_what_protobuf_reads(events: list[tuple[float, int, list[tuple[str, float]]]]) -> None:
    payloads = [
        event(*(simple(*value) for value in values), step=step, wall_time=wall) for wall, step, values in events
    ]
    rows: dict[str, list[tuple[int, float, float]]] = {}
    for message in map(event_pb2.Event.FromString, payloads):
        for value in message.summary.value:
            rows.setdefault(value.tag, []).append((message.step, message.wall_time, value.simple_value))
    batch = decode(VERSION, *payloads)
    assert batch.problems == {}
    assert list(batch.columns) == [(tag, "scalar") for tag in rows]
    for (tag, _), scalars in batch.columns.items():
        for ours, theirs in zip(scalars, zip(*rows[tag], strict=True), strict=True):
            assert np.array(ours).tobytes() == np.array(theirs).tobytes()


def test_step_zero_which_is_not_on_the_wire_is_zero() -> None:
    assert decode(event(simple("loss", 0.0))).columns["loss", "scalar"] == ([0], [1.5], [0.0])


@unhurried
@given(st.binary(max_size=80))
def test_random_bytes_never_raise(data: bytes) -> None:
    decode(data)


KITCHEN_SINK = event(
    simple("loss", 0.5),
    tensor_value("keras", tensor_util.make_tensor_proto(np.float32(0.25))),
    triples([[0, 1, 2], [1, 2, 3]]),
    histo([0.0, 1.0, 2.0], [0, 2, 1], 0.5, 1.5),
    tensor_value("ints", tensor_pb2.TensorProto(dtype=types_pb2.DT_INT64, int64_val=[-7])),
    step=300,
)


@unhurried
@given(st.lists(st.tuples(st.integers(0, len(KITCHEN_SINK) - 1), st.integers(0, 255)), max_size=3), st.integers(0, 400))
def test_mangled_events_never_raise(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(KITCHEN_SINK)
    for at, byte in changes:
        data[at] = byte
    decode(bytes(data[:length]))


def test_a_malformed_event_is_one_problem_and_the_others_are_kept() -> None:
    batch = decode(event(simple("loss", 1.0)), b"\xff", event(simple("loss", 2.0))[:-1], event(simple("loss", 3.0)))
    assert batch.columns["loss", "scalar"].values == [1.0, 3.0]
    assert batch.problems == {"an event is not a well-formed protobuf message, so it was left out": ""}


def test_good_values_of_an_event_survive_a_bad_one() -> None:
    bad = tensor_value("bad", tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[b"text"]))
    batch = decode(event(simple("before", 1.0), bad, simple("after", 2.0)))
    assert list(batch.columns) == [("before", "scalar"), ("bad", "tensor"), ("after", "scalar")]
    assert [batch.columns[tag, "scalar"].values for tag in ("before", "after")] == [[1.0], [2.0]]
    assert batch.problems == {"a scalar is not one number, so it was kept as a tensor": "bad"}


def test_a_tag_that_is_not_utf8_keeps_its_points() -> None:
    payload = event(simple("loss", 1.0)).replace(b"loss", b"l\xffss")
    assert decode(payload).columns == {("l\\xffss", "scalar"): ([0], [1.5], [1.0])}


DTYPES = {
    types_pb2.DT_FLOAT: ("float_val", [0.1]),
    types_pb2.DT_DOUBLE: ("double_val", [0.1]),
    types_pb2.DT_HALF: ("half_val", [0x2E66]),
    types_pb2.DT_INT8: ("int_val", [-3]),
    types_pb2.DT_UINT8: ("int_val", [200]),
    types_pb2.DT_INT16: ("int_val", [-300]),
    types_pb2.DT_UINT16: ("int_val", [60000]),
    types_pb2.DT_INT32: ("int_val", [-70000]),
    types_pb2.DT_INT64: ("int64_val", [-(2**53)]),
    types_pb2.DT_BOOL: ("bool_val", [True]),
}


@pytest.mark.parametrize("dtype", DTYPES, ids=types_pb2.DataType.Name)
@pytest.mark.parametrize("as_content", [False, True], ids=["list", "content"])
def test_scalar_tensors_of_every_type_are_what_tensorboard_reads(dtype: int, as_content: bool) -> None:
    field, values = DTYPES[dtype]
    proto = tensor_pb2.TensorProto(dtype=dtype, **{field: values})
    expected = tensor_util.make_ndarray(proto)
    if as_content:
        proto = tensor_pb2.TensorProto(dtype=dtype, tensor_content=expected.tobytes())
    batch = decode(event(tensor_value("x", proto)))
    assert batch.problems == {}
    assert batch.columns["x", "scalar"].values == [float(expected)]


def test_bfloat16_which_tensorboard_cannot_read_is_the_upper_half_of_a_float32() -> None:
    for rest in ({"half_val": [0xBDCD]}, {"tensor_content": b"\xcd\xbd"}):
        proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_BFLOAT16, **rest)
        assert decode(event(tensor_value("x", proto))).columns["x", "scalar"].values == [-0.10009765625]


@pytest.mark.parametrize(("dtype", "field"), [(types_pb2.DT_UINT32, "uint32_val"), (types_pb2.DT_UINT64, "uint64_val")])
def test_unsigned_scalars_which_tensorboard_cannot_read_are_read(dtype: int, field: str) -> None:
    proto = tensor_pb2.TensorProto(dtype=dtype, **{field: [2**32 - 1]})
    assert decode(event(tensor_value("x", proto))).columns["x", "scalar"].values == [2.0**32 - 1]


def test_a_tensor_whose_list_is_short_is_filled_up_as_in_tensorflow() -> None:
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in (2, 3)])
    proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE, tensor_shape=shape, double_val=[0.0])
    assert only_capture(event(tensor_value("h", proto, "histograms"))).counts.sum() == 0
    empty = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT)
    assert decode(event(tensor_value("x", empty))).columns["x", "scalar"].values == [0.0]


def test_a_forged_shape_costs_no_memory() -> None:
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=2**40)] * 2)
    proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE, tensor_shape=shape, double_val=[0.0])
    problem = "a tensor holds another number of elements than its shape says, so it was left out"
    assert decode(event(tensor_value("x", proto))).problems == {problem: "x"}


@pytest.mark.parametrize("sizes", [[2**62, 0], [2**40, 2**40, 0], [1] * 70])
def test_a_shape_that_no_array_can_have_is_a_problem(sizes: list[int]) -> None:
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in sizes])
    proto = tensor_pb2.TensorProto(dtype=types_pb2.DT_INT64, tensor_shape=shape)
    problem = "a tensor has a shape that numpy cannot hold, so it was left out"
    assert decode(event(tensor_value("x", proto), simple("y", 1.0))).problems == {problem: "x"}


def test_what_a_tag_is_may_be_said_in_its_first_event_only() -> None:
    proto = tensor_util.make_tensor_proto(np.float32(0.5))
    decoder = EventDecoder()
    decoder.decode([(0, event(tensor_value("x", proto)))])
    (batch,) = decoder.decode([(0, event(tensor_value("x", proto, plugin=None), step=1))])
    assert batch.columns["x", "scalar"] == ([1], [1.5], [0.5])


def test_what_was_said_first_of_a_tag_holds() -> None:
    proto = tensor_util.make_tensor_proto(np.float32(0.5))
    decoder = EventDecoder()
    first, second = tensor_value("x", proto), tensor_value("x", proto, plugin="text")
    (batch,) = decoder.decode([(0, event(first)), (0, event(second))])
    assert batch.columns["x", "scalar"].values == [0.5, 0.5]
    assert decoder.plugins == {"x": "scalars"}
    assert decoder.metadata == {"x": first.metadata.SerializeToString()}


def placed(payload: bytes, value: Any) -> Items:
    """Where a value lies in the payload of its event, as a decoder has it that got the payload at offset 1000."""
    data = value.SerializeToString()
    return Items([7], [1.5], [1000 + payload.index(data)], [len(data)])


def test_what_is_no_scalar_is_indexed_by_its_kind() -> None:
    tensor, part = tensor_util.make_tensor_proto([1.0, 2.0]), summary_pb2.Summary
    values = {(plugin, kind): tensor_value(plugin, tensor, plugin) for plugin, kind in PLUGINS.items()}
    values["none", "tensor"] = tensor_value("none", tensor, plugin=None)
    values["i", "image"] = part.Value(tag="i", image=part.Image(height=1, width=1))
    values["a", "audio"] = part.Value(tag="a", audio=part.Audio(sample_rate=8000))
    values["h", "histogram"] = histo([0.0], [1.0], 0.0, 0.0)
    values["old", "tensor"] = part.Value(tag="old", obsolete_old_style_histogram=b"old")
    values["said", "tensor"] = part.Value(tag="said", metadata=metadata("mine"))
    values["hp", "hparams"] = part.Value(tag="hp", metadata=metadata("hparams"))
    payload = event(*values.values(), step=7)
    decoder = EventDecoder()
    (batch,) = decoder.decode([(1000, payload)])
    assert batch == Batch(columns={key: placed(payload, value) for key, value in values.items()})
    assert decoder.plugins == {**{plugin: plugin for plugin in PLUGINS}, "said": "mine", "hp": "hparams"}


PLUGINS = {
    "histograms": "histogram",
    "images": "image",
    "audio": "audio",
    "text": "text",
    "pr_curves": "pr_curve",
    "mesh": "mesh",
    "hparams": "hparams",
    "custom_scalars": "layout",
    "nbviz_confusion": "confusion",
    "graph_keras_model": "graph",
    "graph_run_metadata": "graph",
    "graph_run_metadata_graph": "graph",
    "of_somebody": "tensor",
}


def test_a_value_that_holds_nothing_at_all_is_nothing() -> None:
    assert decode(event(summary_pb2.Summary.Value(tag="x"))) == Batch()


def test_graphs_that_are_no_summaries_go_by_the_tags_of_tensorboard() -> None:
    tagged = event_pb2.TaggedRunMetadata(tag="step 5", run_metadata=b"stats")
    events = [
        event_pb2.Event(step=1, wall_time=2.5, graph_def=b"graph"),
        event_pb2.Event(step=2, wall_time=2.5, meta_graph_def=b"meta"),
        event_pb2.Event(step=3, wall_time=2.5, tagged_run_metadata=tagged),
    ]
    payloads = [bytes(message.SerializeToString()) for message in events]
    decoder = EventDecoder()
    (batch,) = decoder.decode((100 * row, payload) for row, payload in enumerate(payloads))
    assert list(batch.columns) == [
        (graph_metadata.RUN_GRAPH_NAME, "graph"),
        ("__meta_graph__", "graph"),
        ("step 5", "graph"),
    ]
    for row, (items, key) in enumerate(zip(batch.columns.values(), (4, 9, 8), strict=True)):
        (offset,), (size,) = items.offsets, items.sizes
        field = payloads[row][offset - 100 * row :][:size]
        assert (items.steps, items.wall_times) == ([row + 1], [2.5])
        assert event_pb2.Event.FromString(field).ListFields()[0][0].number == key
    assert decoder.plugins["step 5"] == graph_metadata.PLUGIN_NAME_TAGGED_RUN_METADATA


def test_a_session_that_starts_begins_a_batch() -> None:
    start, stop = event_pb2.SessionLog.START, event_pb2.SessionLog.STOP
    logs = [event_pb2.Event(step=3, session_log=event_pb2.SessionLog(status=status)) for status in (stop, start)]
    stopped, started = (bytes(log.SerializeToString()) for log in logs)
    payloads = [
        event(simple("a", 1.0), step=4),
        stopped,
        event(simple("a", 2.0), step=5),
        started,
        event(simple("a", 3.0)),
    ]
    batches = EventDecoder().decode((0, payload) for payload in payloads)
    assert [(batch.restart, batch.columns["a", "scalar"].values) for batch in batches] == [
        (None, [1.0, 2.0]),
        (3, [3.0]),
    ]


def test_a_tensor_without_a_tag_goes_by_the_name_of_its_node() -> None:
    value = tensor_value("", tensor_util.make_tensor_proto(np.float32(0.5)))
    value.node_name = "node"
    assert list(decode(event(value)).columns) == [("node", "scalar")]


def test_scalar_summaries_of_tf2_are_read() -> None:
    summary = scalar_summary.scalar_pb("accuracy", 0.1)
    assert decode(event(*summary.value)).columns["accuracy", "scalar"].values == [float(np.float32(0.1))]


bucket_counts = st.lists(st.integers(0, 2**24), min_size=1, max_size=12)


@unhurried
@given(bucket_counts, st.floats(0.0, 0.4), st.floats(0.6, 0.9))
def test_bucket_limits_become_the_buckets_of_tensorboard(
    counts: list[int], into_first: float, into_last: float
) -> None:
    limits = [float(limit) for limit in range(len(counts) - 1)] + [1.7976931348623157e308]
    filled = np.flatnonzero(counts)
    first, last = (filled[0], filled[-1]) if len(filled) else (0, 0)
    value = histo(limits, [float(count) for count in counts], first - 1 + into_first, last - 1 + into_last)
    capture = only_capture(event(value, step=4))
    theirs = tensor_util.make_ndarray(data_compat.migrate_value(value).tensor)
    assert capture.step == 4
    assert capture.edges.dtype == capture.counts.dtype == np.float64
    if not len(filled):
        assert theirs.shape == (0, 3)
        assert capture.counts.tolist() == [0.0]
        return
    ours = np.stack([capture.edges[:-1], capture.edges[1:], capture.counts], axis=1)
    np.testing.assert_array_equal(ours.astype(np.float32), theirs)


@unhurried
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50, unique=True), st.integers(1, 40))
def test_triples_of_tf2_are_kept_as_they_are(data: list[float], buckets: int) -> None:
    value = histogram_summary.histogram_pb("h", data, buckets=buckets).value[0]
    left, right, counts = tensor_util.make_ndarray(value.tensor).T
    if not (left < right).all():
        return  # a range too small for so many buckets
    capture = only_capture(event(value))
    assert capture.edges.tobytes() == np.append(left, right[-1]).tobytes()
    assert capture.counts.tobytes() == counts.tobytes()


@pytest.mark.parametrize("value", [0.0, 1.0, -3.25, 1e-30])
def test_equal_values_lie_in_one_bin_that_starts_at_them_and_has_a_width(value: float) -> None:
    for payload in (
        event(histogram_summary.histogram_pb("h", [value] * 7).value[0]),
        event(histo([value - 1, value + 1], [0, 7], value, value)),
    ):
        capture = only_capture(payload)
        assert capture.counts.tolist() == [7.0]
        assert capture.edges[0] == value
        assert value < capture.edges[1] <= value + max(abs(value) / 2**22, 1e-37)


@pytest.mark.parametrize("value", [triples([]), triples([[0, 0, 0]] * 30), histo([1.0], [0.0], 0.0, 0.0)])
def test_a_histogram_of_nothing_is_one_empty_bin(value: Any) -> None:
    capture = only_capture(event(value))
    assert capture.counts.tolist() == [0.0]
    assert capture.edges[0] < capture.edges[1]


def test_a_gap_between_buckets_becomes_an_empty_bin() -> None:
    capture = only_capture(event(triples([[0, 1, 5], [3, 4, 6], [4, 5, 7], [6, 7, 8]])))
    assert capture.edges.tolist() == [0, 1, 3, 4, 5, 6, 7]
    assert capture.counts.tolist() == [5, 0, 6, 7, 0, 8]


@pytest.mark.parametrize(("low", "high"), [(math.nan, math.nan), (-math.inf, math.inf), (1.0, math.inf)])
def test_nan_and_infinities_in_the_data_are_counted_beside_the_bins(low: float, high: float) -> None:
    capture = only_capture(event(histo([1.0, 2.0, 3.0], [0, 2, 1], low, high, num=5, sum=math.nan)))
    assert (capture.edges.tolist(), capture.counts.tolist(), capture.nonfinite) == ([1.0, 2.0, 3.0], [2.0, 1.0], 2)


def test_unlimited_outermost_buckets_never_become_edges() -> None:
    largest = 1.7976931348623157e308
    capture = only_capture(event(histo([-largest, 1.0, largest], [0, 2, 3], math.nan, math.nan, num=5, sum=math.nan)))
    assert capture.counts.tolist() == [2.0, 3.0]
    np.testing.assert_allclose(capture.edges, 1.0, rtol=1e-6)


def test_values_outside_all_bins_are_a_problem_and_stretch_no_bin() -> None:
    capture, problem = histogram(event(histo([1.0, 2.0, 3.0], [0, 2, 1], -1e30, 1e30, num=5, sum=1.0)))
    assert capture.edges.tolist() == [1.0, 2.0, 3.0]
    assert problem == "some values of a histogram lie in none of its bins; its bins were kept"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (triples([[0, 2, 1], [1, 3, 1]]), "the buckets of a histogram overlap, so it was left out"),
        (triples([[2, 1, 1]]), "the edges of a histogram are not in order, so it was left out"),
        (
            triples([[0, math.inf, 1]]),
            "the edges of a histogram are NaN or infinite, as its data were, so it was left out",
        ),
        (triples([[0, 1, -1]]), "a histogram is not well-formed, so it was left out"),
        (histo([1.0], [1.0, 2.0], 0.0, 1.0), "a histogram is not well-formed, so it was left out"),
        (
            tensor_value("h", tensor_util.make_tensor_proto([1.0, 2.0]), "histograms"),
            "a histogram is a tensor of another shape than [k, 3], so it was left out",
        ),
    ],
)
def test_a_bad_histogram_is_a_problem_that_says_why(value: Any, problem: str) -> None:
    with pytest.raises(MalformedError) as error:
        histogram(event(value))
    assert str(error.value) == problem
