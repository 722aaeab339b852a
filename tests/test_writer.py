"""Writing events: the bytes are those of TensorBoard's own messages and of its record writer."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.scalar import metadata as scalar_metadata
from tensorboard.util import tensor_util

from nbviz.formats.extra import CAPTURES, NONFINITE, SKETCH
from nbviz.formats.writer import histogram_value, restart_event, scalar_events, value_event, version_event
from tests.tfevents import framed, unhurried

STEPS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 127, 128, 2**14 - 1, 2**14, 2**53])
TAGS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)


def columns(rows: list[tuple[int, float, float]]) -> tuple[Any, Any, Any]:
    steps, wall_times, values = zip(*rows, strict=True)
    return np.array(steps, np.int64), np.array(wall_times, float), np.array(values, float)


def message(tag: str, step: int, wall_time: float, value: float) -> Any:
    event = event_pb2.Event(step=step, wall_time=wall_time)
    event.summary.value.add(tag=tag, simple_value=value)
    return event


@unhurried
@given(TAGS, st.lists(st.tuples(STEPS, st.floats(), st.floats(width=32)), min_size=1, max_size=20))
def test_scalars_that_are_floats_are_the_bytes_that_protobuf_writes(tag: str, rows: Any) -> None:
    # Protobuf leaves out a wall time of zero, and may write any NaN.
    rows = [(step, wall_time or 1.0, value) for step, wall_time, value in rows if wall_time == wall_time]
    rows = [row for row in rows if row[2] == row[2]]
    if rows:
        expected = [framed(message(tag, *row).SerializeToString()) for row in rows]
        assert scalar_events(tag, *columns(rows)) == expected


@unhurried
@given(TAGS, st.lists(st.tuples(STEPS, st.floats(), st.floats(-1e30, 1e30)), min_size=1, max_size=20))
def test_other_scalars_are_the_nearest_floats_to_protobuf(tag: str, rows: Any) -> None:
    for record, (step, wall_time, value) in zip(scalar_events(tag, *columns(rows)), rows, strict=True):
        payload = record[12:-4]
        assert framed(payload) == record
        event = event_pb2.Event.FromString(payload)
        assert (event.step, np.float64(event.wall_time).tobytes()) == (step, np.float64(wall_time).tobytes())
        (found,) = event.summary.value
        assert (found.tag, np.float32(found.simple_value)) == (tag, np.float32(value))


def test_metadata_stand_where_protobuf_puts_them() -> None:
    metadata = scalar_metadata.create_summary_metadata("name", "description")
    event = message("loss", 7, 1.5, 0.5)
    event.summary.value[0].metadata.CopyFrom(metadata)
    records = scalar_events("loss", *columns([(7, 1.5, 0.5)]), metadata.SerializeToString())
    assert records == [framed(event.SerializeToString())]


@pytest.mark.parametrize("size", [1, 20, 2000])
def test_a_histogram_is_a_tensor_of_edges_and_counts(size: int) -> None:
    edges, counts = np.linspace(-1, 1e9, size + 1), np.arange(float(size))
    record = value_event(3, 1.5, histogram_value("layer", counts, edges))
    (value,) = event_pb2.Event.FromString(record[12:-4]).summary.value
    assert value.tag == "layer"
    assert value.metadata.plugin_data.plugin_name == histogram_metadata.PLUGIN_NAME
    assert value.metadata.data_class == 2  # DATA_CLASS_TENSOR
    expected = np.column_stack((edges[:-1], edges[1:], counts))
    np.testing.assert_array_equal(tensor_util.make_ndarray(value.tensor), expected)


def test_what_tensorboard_does_not_know_of_a_histogram_is_stepped_over_by_protobuf() -> None:
    plain = histogram_value("layer", np.ones(1), np.arange(2.0))
    counted = histogram_value("layer", np.ones(1), np.arange(2.0), [(NONFINITE, 300), (SKETCH, b"\0\1"), (CAPTURES, 0)])
    (one,) = event_pb2.Event.FromString(value_event(0, 1.0, plain)[12:-4]).summary.value
    (two,) = event_pb2.Event.FromString(value_event(0, 1.0, counted)[12:-4]).summary.value
    assert len(counted) == len(plain) + 4 + 5
    two.DiscardUnknownFields()
    assert one == two


def test_a_file_begins_and_a_run_restarts_as_tensorboard_says_it() -> None:
    version = event_pb2.Event(wall_time=1.5, file_version="brain.Event:2")
    assert version_event(1.5) == framed(version.SerializeToString())
    restart = event_pb2.Event(wall_time=1.5, step=300)
    restart.session_log.status = 1
    assert restart_event(300, 1.5) == framed(restart.SerializeToString())


def test_half_a_surrogate_pair_in_a_tag_is_spelled_out() -> None:
    (record,) = scalar_events("a\ud800", *columns([(1, 1.5, 0.5)]))
    assert event_pb2.Event.FromString(record[12:-4]).summary.value[0].tag == "a\\ud800"
