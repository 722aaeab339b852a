"""Reading and following log directories; TensorBoard's EventAccumulator is the oracle."""

from __future__ import annotations

import os
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard import data_compat
from tensorboard.compat.proto import summary_pb2, tensor_pb2, types_pb2
from tensorboard.plugins.histogram import summary as histogram_summary
from tensorboard.plugins.scalar import summary_v2 as scalar_summary
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter as SummaryWriterX

from nbviz.sources.events import Following, Runs, follow, read
from nbviz.sources.runs import SHOWN
from nbviz.sources.storage import LocalStorage, Status
from tests.tfevents import VERSION, accumulated, event, framed, losses, simple, unhurried

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")

NAME = "events.out.tfevents.1.host"


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def values(runs: Runs, name: str, tag: str = "loss") -> list[float]:
    if name not in runs or tag not in runs[name]:
        return []
    return [float(value) for value in runs[name][tag].values]


def half(start: int, stop: int) -> list[float]:
    """Return the values that `losses` writes."""
    return [step / 2 for step in range(start, stop)]


def assert_same_bits(series: Any, events: list[Any], theirs: list[float]) -> None:
    assert series.steps.tobytes() == np.array([event.step for event in events], np.int64).tobytes()
    assert series.wall_times.tobytes() == np.array([event.wall_time for event in events]).tobytes()
    assert series.values.tobytes() == np.array(theirs).tobytes()


def assert_reads_as_tensorboard(path: Path) -> None:
    """Compare every scalar, every step and every wall time, bit for bit, and the buckets of every histogram."""
    (run,) = read(path).values()
    peer = accumulated(path)
    assert run.problems == []
    assert sorted(run.tags("scalar")) == sorted(peer.Tags()["scalars"])
    assert sorted(run.tags("histogram")) == sorted(peer.Tags()["histograms"])
    for tag in run.tags("scalar"):
        events = peer.Scalars(tag)
        assert_same_bits(run[tag], events, [event.value for event in events])
    for tag in run.tags("histogram"):
        assert len(run[tag]) == len(peer.Histograms(tag))
        for index, logged in enumerate(peer.Histograms(tag)):
            ours, popo = run[tag][index], logged.histogram_value
            value = summary_pb2.Summary.Value(tag=tag, histo=summary_pb2.HistogramProto(**vars(popo)))
            theirs = tensor_util.make_ndarray(data_compat.migrate_value(value).tensor)
            triples = np.stack([ours.edges[:-1], ours.edges[1:], ours.counts], axis=1)
            assert (ours.step, ours.wall_time) == (logged.step, logged.wall_time)
            np.testing.assert_array_equal(triples.astype(np.float32), theirs)


def log_everything(writer: Any) -> None:
    rng = np.random.default_rng(0)
    for step in [0, 1, 2, 300, 70000, 2**40, 5, 5]:
        writer.add_scalar("loss", rng.normal(), step)
        writer.add_scalar("β/größe", rng.normal(), step, walltime=12.25)
    for step, value in enumerate([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3e38]):
        writer.add_scalar("odd", value, step)
    for step in range(3):
        writer.add_histogram("weights", rng.normal(size=1000) * 10.0**step, step)
        writer.add_histogram("auto", rng.normal(size=100), step, bins="auto")
    writer.add_text("note", "of another kind", 0)
    writer.close()


def test_a_run_of_torch_is_what_tensorboard_reads(tmp_path: Path) -> None:
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    log_everything(tensorboard.SummaryWriter(str(tmp_path)))
    assert_reads_as_tensorboard(tmp_path)


def test_a_run_of_tensorboardx_is_what_tensorboard_reads(tmp_path: Path) -> None:
    log_everything(SummaryWriterX(str(tmp_path)))
    assert_reads_as_tensorboard(tmp_path)


def test_new_style_scalars_of_torch_are_what_tensorboard_reads(tmp_path: Path) -> None:
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    writer = tensorboard.SummaryWriter(str(tmp_path))
    for step in range(5):
        writer.add_scalar("single", step / 7, step, new_style=True)
        writer.add_scalar("double", step / 7, step, new_style=True, double_precision=True)
    writer.close()
    run, peer = read(tmp_path)[tmp_path.name], accumulated(tmp_path)
    for tag in ("single", "double"):
        events = peer.Tensors(tag)
        assert_same_bits(run[tag], events, [float(tensor_util.make_ndarray(event.tensor_proto)) for event in events])
    assert run["double"].values[1] == 1 / 7


@pytest.mark.parametrize("metadata_once", [False, True], ids=["metadata in each event", "metadata in the first event"])
def test_a_run_of_tf2_is_what_tensorboard_reads(tmp_path: Path, metadata_once: bool) -> None:
    rng, payloads = np.random.default_rng(1), [VERSION]
    for step in range(6):
        scalar = scalar_summary.scalar_pb("epoch_loss", rng.normal()).value[0]
        histogram = histogram_summary.histogram_pb("kernel", rng.normal(size=500)).value[0]
        if metadata_once and step:
            scalar.ClearField("metadata")
            histogram.ClearField("metadata")
        payloads += [event(scalar, step=step, wall_time=step + 0.5), event(histogram, step=step, wall_time=step + 0.5)]
    write(tmp_path / (NAME + ".v2"), framed(*payloads))
    run, peer = read(tmp_path)[tmp_path.name], accumulated(tmp_path)
    assert run.problems == []
    events = peer.Tensors("epoch_loss")
    assert_same_bits(run["epoch_loss"], events, [float(tensor_util.make_ndarray(e.tensor_proto)) for e in events])
    assert len(run["kernel"]) == 6
    for index, theirs in enumerate(peer.Tensors("kernel")):
        left, right, counts = tensor_util.make_ndarray(theirs.tensor_proto).T
        assert run["kernel"][index].edges.tobytes() == np.append(left, right[-1]).tobytes()
        assert run["kernel"][index].counts.tobytes() == counts.tobytes()
        assert (run["kernel"][index].step, run["kernel"][index].wall_time) == (theirs.step, theirs.wall_time)


def test_the_files_of_a_run_are_read_in_order_each_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbviz.sources.reading.CHUNK", 100)
    write(tmp_path / "tfevents.1", losses(0, 30))
    write(tmp_path / "tfevents.2", losses(30, 60))
    assert values(read(tmp_path), tmp_path.name) == half(0, 60)


def test_runs_are_named_by_their_directories(tmp_path: Path) -> None:
    for where in ("b/train", "b/validation", "a", "."):
        write(tmp_path / where / NAME, losses(0, 3))
    write(tmp_path / "c" / "notes.txt", b"no events")
    runs = read(tmp_path)
    assert list(runs) == [tmp_path.name, "a", "b/train", "b/validation"]
    assert [run.name for run in runs.values()] == list(runs)
    assert [run.state for run in runs.values()] == ["finished"] * 4
    assert repr(runs).splitlines()[1:3] == [f"  {tmp_path.name}: 1 series, 3 rows", "  a: 1 series, 3 rows"]


def test_of_many_runs_some_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    for number in range(SHOWN + 2):
        write(tmp_path / f"run{number:04}" / NAME, losses(0, 1))
    lines = repr(read(tmp_path)).splitlines()
    assert lines[0] == f"{SHOWN + 2} runs in {tmp_path}"
    assert lines[SHOWN:] == [f"  run{SHOWN - 1:04}: 1 series, 1 row", "  … and 2 more; list() has all names"]


def test_files_in_the_path_itself_are_a_run_named_dot_if_its_name_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "logs" / NAME, losses(0, 3))
    write(tmp_path / "logs" / "logs" / NAME, losses(3, 6))
    runs = read(tmp_path / "logs")
    assert (values(runs, "."), values(runs, "logs")) == (half(0, 3), half(3, 6))


def test_one_event_file_is_a_run_named_by_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "lr=0.1" / NAME, losses(0, 3))
    write(tmp_path / "lr=0.1" / "tfevents.other", losses(3, 6))
    assert values(read(path), "lr=0.1") == half(0, 3)
    monkeypatch.chdir(path.parent)
    assert list(read(NAME)) == list(read(".")) == ["lr=0.1"]
    (path.parent / "deeper").mkdir()
    monkeypatch.chdir("deeper")
    assert list(read("..")) == ["lr=0.1"]


def test_a_run_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    write(tmp_path / "train" / NAME, losses(0, 1))
    with pytest.raises(KeyError, match=r"no run 'trian' in .*; there are: 'train'"):
        read(tmp_path)["trian"]


def test_links_in_circles_end_and_a_link_to_a_run_shows_it_once(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "run1" / NAME, losses(0, 3))
    write(tmp_path / "elsewhere" / NAME, losses(3, 6))
    (tmp_path / "logs" / "a-latest").symlink_to("run1")
    (tmp_path / "logs" / "run1" / "up").symlink_to("..")
    (tmp_path / "logs" / "outside").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "logs" / "broken").symlink_to("nowhere")
    assert list(read(tmp_path / "logs")) == ["outside", "run1"]


def test_a_path_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    for function in (read, follow):
        with pytest.raises(
            FileNotFoundError, match=r"nowhere does not exist: expected a log directory or an event file"
        ):
            function(tmp_path / "nowhere")


def test_a_directory_without_event_files_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no event files: expected files with 'tfevents' in their names"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["notes.txt", NAME])
def test_a_file_that_is_no_event_file_is_said_to_be_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"is no event file: expected a file of TFRecords"):
        read(write(tmp_path / name, b"dear diary, today I trained a network"))


def test_a_file_that_is_no_event_file_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "run" / NAME, losses(0, 3))
    bad = write(tmp_path / "run" / "tfevents.zip", b"PK this is a zip file, not an event file")
    runs = read(tmp_path)
    assert values(runs, "run") == half(0, 3)
    assert runs["run"].problems == [f"{bad} is no event file (it does not start with a record), so it was skipped."]


def test_a_directory_that_cannot_be_read_is_reported_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "good" / NAME, losses(0, 3))
    bad = write(tmp_path / "bad" / NAME, losses(0, 3)).parent
    good_scandir = os.scandir

    def scandir(path: str) -> Any:
        if path == str(bad):
            raise PermissionError(13, "Permission denied")
        return good_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    runs = read(tmp_path)
    assert list(runs) == ["good"]
    assert runs.problems == [f"the directory {bad} cannot be read (Permission denied), so its runs are left out."]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_does_not_hang_the_reader(tmp_path: Path) -> None:
    write(tmp_path / NAME, losses(0, 3))
    os.mkfifo(tmp_path / "tfevents.pipe")
    assert values(read(tmp_path), tmp_path.name) == half(0, 3)


def test_a_corrupt_record_is_reported_with_file_and_offset_and_the_rest_is_kept(tmp_path: Path) -> None:
    data = bytearray(losses(0, 10))
    at = len(losses(0, 4))
    data[at + 20] ^= 1
    path = write(tmp_path / NAME, bytes(data))
    run = read(tmp_path)[tmp_path.name]
    assert run["loss"].steps.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    size = len(losses(4, 5)) - 16
    assert run.problems == [f"{path}, byte {at}: a record of {size} bytes fails its checksum, so it was left out."]


def test_much_damage_is_counted_rather_than_listed(tmp_path: Path) -> None:
    data = bytearray(losses(1, 31))
    for step in range(1, 31):
        data[len(losses(1, step)) + 15] ^= 1
    path = write(tmp_path / NAME, framed(VERSION) + bytes(data))
    problems = read(tmp_path)[tmp_path.name].problems
    assert len(problems) == 11
    assert problems[-1] == f"{path}: 30 places are damaged; the first 10 were reported."


def test_a_kind_of_malformed_value_is_reported_once_a_file(tmp_path: Path) -> None:
    text = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[b"text"])
    bad = scalar_summary.scalar_pb("bad", 1.0).value[0]
    bad.tensor.CopyFrom(text)
    path = write(tmp_path / NAME, framed(event(bad), event(bad, simple("loss", 2.0))))
    run = read(tmp_path)[tmp_path.name]
    assert values(read(tmp_path), tmp_path.name) == [2.0]
    sentence = "a scalar is not one number, so it was kept as a tensor (first seen at tag 'bad')."
    assert run.problems == [f"{path}: {sentence}"]


def test_a_tag_that_changes_its_kind_is_reported_and_nothing_raises(tmp_path: Path) -> None:
    histogram = histogram_summary.histogram_pb("loss", [1.0, 2.0]).value[0]
    write(tmp_path / NAME, losses(0, 3) + framed(event(histogram)) + losses(3, 5))
    run = read(tmp_path)[tmp_path.name]
    assert values(read(tmp_path), tmp_path.name) == half(0, 5)
    assert len(run.problems) == 1


def test_a_file_cut_anywhere_gives_its_whole_records_and_no_problem(tmp_path: Path) -> None:
    data = losses(0, 4)
    ends = [len(losses(0, stop)) for stop in range(5)]
    for cut in range(len(data)):
        path = write(tmp_path / NAME, data[:cut])
        whole = sum(end <= cut for end in ends) - 1
        (run,) = read(path).values()
        assert values(read(tmp_path), tmp_path.name) == half(0, whole)
        assert run.problems == []


@settings(unhurried, max_examples=50)
@given(st.data())
def test_wrong_bytes_never_deliver_a_wrong_value(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    contents = bytearray(losses(0, 20))
    places = data.draw(st.lists(st.integers(0, len(contents) - 1), min_size=1, max_size=3, unique=True))
    for at in places:
        contents[at] ^= data.draw(st.integers(1, 255))
    path = write(tmp_path_factory.mktemp("flipped") / NAME, framed(VERSION) + bytes(contents))
    (run,) = read(path).values()
    steps = run["loss"].steps.tolist()
    assert len(steps) >= 20 - len(places)
    assert steps == sorted(steps)
    assert run["loss"].values.tolist() == [step / 2 for step in steps]
    assert 1 <= len(run.problems) <= len(places)


def test_following_appends_what_lands_and_waits_for_the_rest_of_a_record(tmp_path: Path) -> None:
    path = write(tmp_path / "run" / NAME, losses(0, 2))
    runs = Following(tmp_path)
    runs.poll()
    run = runs["run"]
    assert (run.state, values(runs, "run")) == ("following", half(0, 2))
    data = losses(2, 5)
    for at in range(len(data)):
        append(path, data[at : at + 1])
        runs.poll(walk=False)
        assert values(runs, "run") == half(0, 2 + sum(len(losses(2, stop)) <= at + 1 for stop in (3, 4, 5)))
    runs.stop()
    assert runs["run"] is run
    assert (run.state, run.problems) == ("finished", [])


def test_following_sees_new_files_new_runs_and_late_writes_to_older_files(tmp_path: Path) -> None:
    runs = Following(tmp_path)
    runs.poll()
    assert list(runs) == []
    older = write(tmp_path / "run" / "tfevents.1", losses(0, 2))
    runs.poll()
    newer = write(tmp_path / "run" / "tfevents.2", losses(2, 4))
    write(tmp_path / "another" / NAME, losses(0, 1))
    runs.poll()
    assert values(runs, "run") == half(0, 4)
    assert values(runs, "another") == half(0, 1)
    append(older, losses(4, 5))
    append(newer, losses(5, 6))
    runs.poll()
    assert values(runs, "run") == half(0, 6)
    assert list(runs) == ["run", "another"]


@pytest.mark.parametrize("stop", [3, 10, 20], ids=["shorter", "as long", "longer"])
@pytest.mark.parametrize("in_place", [False, True], ids=["another inode", "the same inode"])
def test_a_replaced_file_is_read_from_its_start_and_appended(tmp_path: Path, stop: int, in_place: bool) -> None:
    path = write(tmp_path / NAME, losses(100, 110))
    runs = Following(tmp_path)
    runs.poll()
    if not in_place:
        path.rename(tmp_path / "old")
    path.write_bytes(losses(200, 200 + stop))
    os.utime(path, (1, 1))  # a clock too coarse to tell the two apart is not what is tested
    runs.poll()
    assert values(runs, tmp_path.name) == half(100, 110) + half(200, 200 + stop)


def test_a_file_replaced_between_the_look_and_the_reading_is_read_from_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / NAME, losses(0, 10))
    runs = Following(tmp_path)
    runs.poll()
    append(path, losses(10, 12))
    good_readinto, new = LocalStorage.readinto, write(tmp_path / "new", losses(100, 130))

    def readinto(storage: LocalStorage, path: str, offset: int, buffer: memoryview) -> int:
        if offset and new.exists():
            new.replace(path)
        return good_readinto(storage, path, offset, buffer)

    monkeypatch.setattr(LocalStorage, "readinto", readinto)
    while runs.poll():
        pass
    assert values(runs, tmp_path.name) == half(0, 10) + half(100, 130)
    assert runs[tmp_path.name].problems == []


def test_a_file_that_is_gone_keeps_what_it_gave(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, losses(0, 3))
    runs = Following(tmp_path)
    runs.poll()
    path.unlink()
    runs.poll()
    path.write_bytes(losses(3, 5))
    runs.poll()
    assert values(runs, tmp_path.name) == half(0, 5)
    assert runs[tmp_path.name].problems == []


def test_a_later_run_with_the_name_of_the_root_gets_another(tmp_path: Path) -> None:
    write(tmp_path / "logs" / NAME, losses(0, 1))
    runs = Following(tmp_path / "logs")
    runs.poll()
    write(tmp_path / "logs" / "logs" / NAME, losses(1, 2))
    runs.poll()
    assert list(runs) == ["logs", "./logs"]


def test_a_poll_reads_a_bounded_amount_and_says_that_there_is_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbviz.sources.reading.CHUNK", len(losses(1, 4)))
    write(tmp_path / NAME, losses(1, 10))
    runs = Following(tmp_path)
    counts = []
    while runs.poll():
        counts.append(len(values(runs, tmp_path.name)))
    assert counts == [3, 6]
    assert values(runs, tmp_path.name) == half(1, 10)


def test_stop_reads_what_is_there_and_recovers_what_a_wrong_length_hid(tmp_path: Path) -> None:
    data = bytearray(losses(1, 3))
    hidden = framed(bytes(10_000))[:12] + losses(3, 6)
    write(tmp_path / NAME, bytes(data) + hidden)
    runs = Following(tmp_path)
    runs.poll()
    assert values(runs, tmp_path.name) == half(1, 3)
    runs.stop()
    runs.stop()
    assert values(runs, tmp_path.name) == half(1, 6)
    assert len(runs[tmp_path.name].problems) == 1
    append(tmp_path / NAME, losses(6, 7))
    assert runs.poll() is False
    assert values(runs, tmp_path.name) == half(1, 6)


def test_whatever_goes_wrong_with_one_file_is_reported_once_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = write(tmp_path / "run" / "tfevents.1", losses(0, 1))
    write(tmp_path / "run" / "tfevents.2", losses(1, 2))
    good_status = LocalStorage.status

    def status(storage: LocalStorage, path: str) -> Status:
        if path == str(bad):
            raise PermissionError(13, "Permission denied")
        return good_status(storage, path)

    monkeypatch.setattr(LocalStorage, "status", status)
    runs = Following(tmp_path)
    runs.poll()
    runs.poll()
    assert values(runs, "run") == half(1, 2)
    assert runs["run"].problems == [
        f"{bad} cannot be read ([Errno 13] Permission denied), so what is new in it is missing."
    ]


def test_a_file_that_keeps_failing_is_reported_once_however_the_words_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "run" / NAME, losses(0, 2))
    good_status, failures = LocalStorage.status, iter(["timed out after 1 s", "timed out after 2 s", "reset"])

    def status(storage: LocalStorage, path: str) -> Status:
        for failure in failures:
            raise OSError(failure)
        return good_status(storage, path)

    monkeypatch.setattr(LocalStorage, "status", status)
    runs = Following(tmp_path)
    for _ in range(4):
        runs.poll()
    assert values(runs, "run") == half(0, 2)
    assert len(runs["run"].problems) == 1


def wait_until(condition: Any, seconds: float = 10.0) -> None:
    """Wait for another thread, with a deadline that only a failure meets."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "not within the deadline"
        pause.wait(0.005)


def test_follow_reads_in_a_thread_of_its_own_until_the_with_block_ends(tmp_path: Path) -> None:
    path, threads = write(tmp_path / "run" / NAME, losses(0, 2)), set(threading.enumerate())
    with follow(tmp_path) as runs:
        assert values(runs, "run") == half(0, 2)
        append(path, losses(2, 4))
        wait_until(lambda: values(runs, "run") == half(0, 4))
        write(tmp_path / "later" / NAME, losses(0, 1))
        wait_until(lambda: values(runs, "later") == half(0, 1))
        append(path, losses(4, 5))
    assert values(runs, "run") == half(0, 5)
    assert [run.state for run in runs.values()] == ["finished", "finished"]
    assert set(threading.enumerate()) <= threads


def test_an_error_in_the_thread_is_reported_once_and_following_goes_on(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, losses(0, 1))
    with warnings.catch_warnings(record=True), follow(tmp_path) as runs:
        polls = []

        def failing_poll(walk: bool = True) -> bool:
            polls.append(walk)
            if len(polls) < 3:
                raise RuntimeError("no luck")
            return Following.poll(runs, walk)

        runs.poll = failing_poll  # type: ignore[method-assign]
        append(path, losses(1, 2))
        wait_until(lambda: values(runs, tmp_path.name) == half(0, 2))
    assert runs.problems == [f"following {tmp_path} met an error and goes on: RuntimeError('no luck')."]


def test_a_cut_file_gives_its_rows_wherever_its_chunks_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / NAME, losses(0, 10)[:-9])
    for chunk in range(1, len(losses(0, 10))):
        monkeypatch.setattr("nbviz.sources.reading.CHUNK", chunk)
        assert values(read(tmp_path), tmp_path.name) == half(0, 9), chunk
