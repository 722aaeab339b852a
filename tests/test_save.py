"""Saving: what nbviz and TensorBoard read back is what the run held."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter

import nbviz
from nbviz.formats.extra import SKETCH
from nbviz.formats.writer import histogram_value, value_event, version_event
from tests.data_server import served
from tests.tfevents import accumulated, event, framed, unhurried
from tests.written import Written, logs

STEPS = st.integers(-5, 20) | st.sampled_from([2**53, -(2**53), 2**7, 2**14, 2**35, 127])
VALUES = st.floats() | st.sampled_from([0.1, 0.5, -0.0, 5e-324, 1e-40, float("nan"), 1e300, float("-inf")])
ROW = st.tuples(st.sampled_from(["loss", "val/loss", "Верность", "w " * 99]), STEPS, st.floats(), VALUES)


@st.composite
def histograms(draw: st.DrawFn) -> tuple[Any, ...]:
    finite = st.floats(allow_nan=False, allow_infinity=False)
    edges = sorted(draw(st.sets(finite, min_size=2, max_size=5)))
    count = st.floats(0, 1e300) | st.just(0.0)
    counts = draw(st.lists(count, min_size=len(edges) - 1, max_size=len(edges) - 1))
    return draw(st.sampled_from(["layer", "b/weight"])), draw(STEPS), draw(st.floats()), counts, edges


def bits(values: Any) -> Any:
    return np.asarray(values, np.float64).view(np.int64).tolist()


def read(path: Path) -> nbviz.Run:
    (run,) = nbviz.read(path).values()
    return run


def assert_equal(found: nbviz.Run, run: nbviz.Run) -> None:
    assert set(found.tags()) == set(run.tags())
    for series in run.committed():
        other = found[series.tag]
        assert other.kind == series.kind
        assert other.steps.tolist() == series.steps.tolist()
        assert bits(other.wall_times) == bits(series.wall_times)
        assert other.superseded.tolist() == series.superseded.tolist()
        if isinstance(series, nbviz.ScalarSeries):
            assert bits(other.values) == bits(series.values)
        elif series.kind == "histogram":
            for one, two in zip(other, series, strict=True):
                assert (bits(one.counts), bits(one.edges)) == (bits(two.counts), bits(two.edges))
                assert (one.nonfinite, one.zeros, one.sketch) == (two.nonfinite, two.zeros, two.sketch)


def assert_peer_equal(peer: Any, run: nbviz.Run) -> None:
    for series in run.committed():
        if isinstance(series, nbviz.ScalarSeries):
            events = peer.Scalars(series.tag)
            with np.errstate(all="ignore"):
                assert bits([event.value for event in events]) == bits(series.values.astype(np.float32))
        else:
            events = peer.Tensors(series.tag)
            for event, item in zip(events, series, strict=True):
                left, right, counts = tensor_util.make_ndarray(event.tensor_proto).T
                assert (bits(left), bits(right)) == (bits(item.edges[:-1]), bits(item.edges[1:]))
                assert bits(counts) == bits(item.counts)
        assert [event.step for event in events] == series.steps.tolist()
        assert bits([event.wall_time for event in events]) == bits(series.wall_times)


@settings(unhurried, max_examples=50)
@given(st.lists(ROW | histograms(), max_size=30))
def test_any_run_is_read_back_bit_for_bit_and_tensorboard_reads_the_same(rows: list[tuple[Any, ...]]) -> None:
    run = nbviz.Run()
    for row in rows:
        if len(row) == 4:
            tag, step, wall_time, value = row
            run.extend(tag, [step], [wall_time], [value])
        else:
            run.append_histogram(*row)
    with tempfile.TemporaryDirectory() as directory:
        path = run.save(directory)
        found = read(path)
        assert_equal(found, run)
        assert found.tags("scalar") == run.tags("scalar")
        assert_peer_equal(accumulated(path), run)


@pytest.mark.filterwarnings("ignore:.*is kept under:nbviz.NbvizWarning")
@settings(unhurried, max_examples=50)
@given(logs())
def test_whatever_an_event_file_held_is_saved_byte_for_byte(log: Written) -> None:
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "x.tfevents"
        source.write_bytes(log.data)
        run = read(source)
        found = read(run.save(Path(directory) / "saved"))
        assert_equal(found, run)
        for tag in run.tags():
            if run[tag].kind != "scalar":
                encoded = [run[tag].encoded(row) for row in range(len(run[tag]))]
                assert [found[tag].encoded(row) for row in range(len(run[tag]))][1:] == encoded[1:]
                assert found[tag].encoded(0).startswith(encoded[0])  # with the metadata of the tag, if it had none
                assert (found[tag].plugin, found[tag].metadata) == (run[tag].plugin, run[tag].metadata)


@unhurried
@given(st.lists(st.tuples(st.integers(0, 9), st.lists(st.sampled_from("abc"), max_size=6)), max_size=5), st.booleans())
def test_rows_that_a_restart_superseded_stay_so(sessions: list[tuple[int, list[str]]], declared: bool) -> None:
    """Each session begins at a step and logs one of three tags a step."""
    run, wall_time = nbviz.Run(), 0.0
    for source, (step, tags) in enumerate(sessions):
        if declared:
            run.restart(step)
        for tag in tags:
            run.extend(tag, [step], [wall_time], [step], 0 if declared else source)
            step, wall_time = step + 1, wall_time + 1
    with tempfile.TemporaryDirectory() as directory:
        found = read(run.save(directory))
    assert not run.problems
    assert_equal(found, run)


def test_files_that_were_written_at_the_same_time_may_seem_restarted_and_that_is_said(tmp_path: Path) -> None:
    run = nbviz.Run()
    for source, step, wall_time in ((0, 0, 0.0), (1, 0, -1.0), (0, 1, 1.0), (0, 2, 2.0), (1, 1, 3.0)):
        run.extend("loss", [step], [wall_time], [0.5], source)
    assert not run["loss"].superseded.any()
    with pytest.warns(nbviz.NbvizWarning, match="superseded will differ"):
        run.save(tmp_path)


def test_the_file_is_named_and_begun_as_tensorboard_does_it(tmp_path: Path) -> None:
    run = nbviz.Run()
    run.log(loss=1.0)
    path = run.save(tmp_path / "new" / "directory")
    assert re.fullmatch(rf"events\.out\.tfevents\.\d{{10}}\..+\.{os.getpid()}\.\d+", path.name)
    assert accumulated(path).file_version == 2.0


def test_an_empty_run_is_saved_as_an_empty_run(tmp_path: Path) -> None:
    assert read(nbviz.Run().save(tmp_path)).tags() == []


def test_a_directory_that_holds_a_run_is_refused_and_left_alone(tmp_path: Path) -> None:
    run = nbviz.Run()
    run.log(loss=1.0)
    path = run.save(tmp_path)
    with pytest.raises(FileExistsError, match="holds an event file already"):
        run.save(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_url_is_refused() -> None:
    with pytest.raises(ValueError, match="local directories only"):
        nbviz.Run().save("s3://bucket/run")


def test_nothing_is_left_behind_by_a_write_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = nbviz.Run()
    run.log(loss=1.0)

    def write(file: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="No space"):
        run.save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_values_that_were_not_finite_are_counted_on(tmp_path: Path) -> None:
    run = nbviz.Run()
    run.log_histogram("layer", [1.0, 2.0, float("nan"), float("inf")])
    assert read(run.save(tmp_path))["layer"][0].nonfinite == 2


NUMBERS = [st.lists(st.floats(width=32)), st.lists(st.sampled_from([0.0, 1.0, -2.0])), st.lists(st.floats(1, 1.01))]


@settings(unhurried, max_examples=50)
@given(st.lists(st.one_of(NUMBERS), min_size=1, max_size=5))
def test_sketches_come_back_whole_and_tensorboard_counts_every_finite_value(captures: list[list[float]]) -> None:
    run = nbviz.Run()
    for values in captures:
        run.log_histogram("layer", values)
    with tempfile.TemporaryDirectory() as directory:
        path = run.save(directory)
        assert_equal(read(path), run)
        events = accumulated(path).Tensors("layer")
        for event, values in zip(events, captures, strict=True):
            left, right, counts = tensor_util.make_ndarray(event.tensor_proto).T
            finite = np.array(values)[np.isfinite(values)]
            assert counts.sum() == len(finite)
            assert (left[1:] == right[:-1]).all() and (left < right).all()
            assert counts[(left <= 0) & (right >= 0)].sum() >= (finite == 0).sum()


def test_a_damaged_sketch_leaves_the_bins_that_stand_beside_it(tmp_path: Path) -> None:
    data = nbviz.Sketch.of([0.0, 0.0, 1.0]).to_bytes()
    value = histogram_value("layer", np.array([2.0, 1.0]), np.array([0.0, 0.5, 1.0]), [(SKETCH, data[:-3])])
    (tmp_path / "x.tfevents").write_bytes(version_event(1.0) + value_event(3, 1.0, value))
    with pytest.warns(nbviz.NbvizWarning, match="the sketch of a histogram is damaged; its bins were kept"):
        capture = read(tmp_path)["layer"][0]
    assert (capture.counts.tolist(), capture.zeros, capture.sketch) == ([2, 1], 0, None)


def test_tensorboards_data_server_shows_scalars_and_histograms(tmp_path: Path) -> None:
    run = nbviz.Run()
    for step in range(5):
        run.log(loss=0.1 * step, exact=step / 4)
        run.log_histogram("layer", counts=[1, 2], edges=[0, 0.1, 0.7])
    run.save(tmp_path)
    scalars = served(tmp_path, "--checksum")
    assert scalars is not None
    for tag in ("loss", "exact"):
        expected = zip(run[tag].steps.tolist(), run[tag].wall_times.tolist(), run[tag].values, strict=True)
        assert scalars[tag] == [(step, wall_time, float(np.float32(value))) for step, wall_time, value in expected]


def test_scalars_of_tf2_keep_their_description(tmp_path: Path) -> None:
    (tmp_path / "tf").mkdir()
    value = scalar_pb("loss", 0.5, description="how far off").value[0]
    (tmp_path / "tf" / "x.tfevents").write_bytes(framed(event(value, step=7), event(value, step=8)))
    path = read(tmp_path / "tf").save(tmp_path / "saved")
    assert served(tmp_path / "saved") == served(tmp_path / "tf") == {"loss": [(7, 1.5, 0.5), (8, 1.5, 0.5)]}
    assert accumulated(path).SummaryMetadata("loss").summary_description == "how far off"


def test_what_can_no_longer_be_read_is_left_out_and_reported(tmp_path: Path) -> None:
    run = nbviz.Run()
    run.log(loss=0.5)
    run.log_histogram("layer", [1.0])
    path = run.save(tmp_path / "first")
    found = read(path)
    path.unlink()
    with pytest.warns(nbviz.NbvizWarning, match=r"the file is gone.*left out"):
        again = read(found.save(tmp_path / "second"))
    assert again.tags() == ["loss"]


def test_a_run_larger_than_a_block_keeps_the_order_of_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbviz.sinks.rows.BLOCK_ROWS", 64)
    monkeypatch.setattr("nbviz.sinks.rows.BLOCK_BYTES", 500)
    run, count = nbviz.Run(), 300
    walls = np.arange(count) * 1.0
    for number, tag in enumerate(("loss", "rate")):
        run.extend(tag, np.arange(count), walls + number / 2, np.arange(count) / 3)
    for step in range(200):
        run.append_histogram("layer", step, step + 0.75, [1, step], [0, 0.5, 1])
    path = run.save(tmp_path)
    assert_equal(read(path), run)
    times = [event.wall_time for event in EventFileLoader(str(path)).Load()][1:]
    assert times == sorted(times)


def test_tensorboards_histogram_plugin_shows_what_was_logged(tmp_path: Path) -> None:
    run = nbviz.Run()
    run.log_histogram("layer", counts=[0, 2, 0], edges=[0, 0.1, 0.7, 9])
    run.save(tmp_path)
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    (event,) = multiplexer.Tensors(".", "layer")
    assert tensor_util.make_ndarray(event.tensor_proto).tolist() == [[0, 0.1, 0], [0.1, 0.7, 2], [0.7, 9, 0]]
    assert multiplexer.SummaryMetadata(".", "layer").plugin_data.plugin_name == "histograms"


def test_the_log_of_a_summary_writer_is_the_same_to_tensorboard_when_saved(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "torch") as writer:
        for step in range(3):
            writer.add_scalar("loss", 0.1 * step, step)
            writer.add_histogram("weights", np.arange(9.0) * step, step)
            writer.add_text("text", f"*{step}*", step)
            writer.add_pr_curve("curve", np.array([0, 1, 1]), np.array([0.2, 0.5, 0.9]), step)
            writer.add_image("image", np.zeros((3, 2, 2), np.uint8), step)
    read(tmp_path / "torch").save(tmp_path / "saved")
    before, after = accumulated(tmp_path / "torch"), accumulated(tmp_path / "saved")
    assert before.Tags() == after.Tags()
    assert before.Scalars("loss") == after.Scalars("loss")
    assert before.Histograms("weights") == after.Histograms("weights")
    assert before.Images("image") == after.Images("image")
    for tag in before.Tags()["tensors"]:
        assert before.Tensors(tag) == after.Tensors(tag)
        assert before.SummaryMetadata(tag) == after.SummaryMetadata(tag)
