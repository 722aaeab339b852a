"""Items are read from their file when they are asked for, whatever became of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, graph_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.histogram import summary as histogram_summary
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.text import summary_v2 as text_summary

from nbviz.formats.event import EventDecoder
from nbviz.formats.items import decode_item
from nbviz.formats.protobuf import MalformedError
from nbviz.sender import Sender
from nbviz.sources.events import Following
from tests.items import (
    NAME,
    audio_of,
    image_of,
    layout_value,
    noise,
    plugin,
    png,
    reading,
    strings,
    wav,
    written,
)
from tests.tfevents import VERSION, event, framed, simple, unhurried

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")


def broken(change: Callable[[Path], object], path: Path) -> str:
    """What an item says after a change of its file."""
    run = written(path, text_summary.text_pb("a", "first").value[0], text_summary.text_pb("b", "second").value[0])
    change(path / NAME)
    with pytest.raises(ValueError, match="cannot be read from") as error:
        _ = run["b"][0]
    start, _, why = str(error.value).partition(f" cannot be read from {path / NAME}: ")
    assert start == "the text 'b' at step 1"
    return why


def replaced(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[14] ^= 1  # of the first event's wall time
    other = path.with_name("other")
    other.write_bytes(data)
    other.replace(path)


def test_an_item_whose_file_changed_says_how(tmp_path: Path) -> None:
    assert broken(Path.unlink, tmp_path) == "the file is gone."
    assert broken(replaced, tmp_path) == "the file was replaced by another since it was read."
    assert broken(lambda path: path.write_bytes(path.read_bytes()[:-20]), tmp_path) == (
        "the file is shorter now than when it was read."
    )
    changed = broken(lambda path: path.write_bytes(path.read_bytes().replace(b"\n\1b", b"\n\1c")), tmp_path)
    assert changed == "the file no longer holds it where it was found."
    wiped = broken(lambda path: path.write_bytes(path.read_bytes()[:100] + bytes(path.stat().st_size - 100)), tmp_path)
    assert wiped == changed


def test_a_file_written_anew_in_its_place_is_another_though_it_looks_alike(tmp_path: Path) -> None:
    def log(wall_time: float, text: str) -> None:
        value = text_summary.text_pb("note", text).value[0]
        version = event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2").SerializeToString()
        (tmp_path / NAME).write_bytes(framed(version, event(value)))

    log(1.0, "before")
    run = reading(tmp_path)
    assert run["note"][0].text == "before"
    log(2.0, "behind")
    os.utime(tmp_path / NAME, (99, 99))
    with pytest.raises(ValueError, match="the file was replaced by another since it was read"):
        _ = run["note"][0]


def test_an_item_that_was_overwritten_while_its_file_was_followed_is_refused(tmp_path: Path) -> None:
    def log(wall_time: float, text: str, count: int) -> None:
        version = event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2").SerializeToString()
        value = text_summary.text_pb("note", text).value[0]
        (tmp_path / NAME).write_bytes(framed(version, *(event(value, step=step) for step in range(count))))

    log(1.0, "before", 1)
    runs = Following(tmp_path)
    runs.poll()
    log(2.0, "behind", 2)
    runs.poll()
    (run,) = runs.values()
    with pytest.raises(ValueError, match="the file was replaced by another since it was read"):
        _ = run["note"][0]
    assert [item.text for item in run["note"][1:]] == ["behind"] * 2


def test_a_view_goes_on_when_the_file_of_its_histograms_is_gone(tmp_path: Path) -> None:
    run = written(tmp_path, *(histogram_summary.histogram_pb("h", [1.0, 2.0]).value[0] for _ in range(3)))
    (tmp_path / NAME).unlink()
    Sender(run).snapshot()
    sentence = f"the histogram 'h' at step 0 cannot be read from {tmp_path / NAME}: the file is gone."
    assert run.problems == [f"{sentence} It is shown as empty, and so are others like it."]


def test_items_of_a_file_that_grows_are_one_sequence(tmp_path: Path) -> None:
    from nbviz.sources.events import Following

    texts = [event(text_summary.text_pb("a", str(step)).value[0], step=step) for step in range(20)]
    (tmp_path / NAME).write_bytes(framed(VERSION))
    runs = Following(str(tmp_path))
    for payload in texts:
        with (tmp_path / NAME).open("ab") as file:
            file.write(framed(payload))
        runs.poll()
    (run,) = runs.values()
    assert [item.text for item in run["a"]] == [str(step) for step in range(20)]
    assert len(run["a"]._parts) == 1
    runs.stop()


def test_a_series_is_a_sequence_and_gives_the_bytes_of_an_item_as_well(tmp_path: Path) -> None:
    value = text_summary.text_pb("a", "text").value[0]
    run = written(tmp_path, value, value)
    assert run["a"].encoded(1) == value.SerializeToString()
    assert [item.step for item in run["a"][::-1]] == [1, 0]
    run.rewind(1)
    assert run["a"].encoded(-1) == value.SerializeToString()
    run.log_histogram("h", [1.0])
    assert (run["h"].encoded(0), len(run["a"])) == (b"", 1)


def test_rows_that_a_restarted_session_supersedes_are_those_that_tensorboard_drops(tmp_path: Path) -> None:
    def session(first: int, last: int, start: int) -> list[bytes]:
        log = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        started = event_pb2.Event(step=first, wall_time=start, session_log=log).SerializeToString()
        rows = [
            event(simple("loss", start), image_of(str(start).encode()), step=step, wall_time=start + step)
            for step in range(first, last)
        ]
        return [started, *rows]

    payloads = session(0, 10, 1000) + session(6, 9, 2000) + session(8, 12, 3000) + session(20, 22, 4000)
    (tmp_path / NAME).write_bytes(framed(VERSION, *payloads))
    run = reading(tmp_path)
    peer = EventAccumulator(str(tmp_path), size_guidance=dict.fromkeys(("scalars", "images"), 0))
    peer.Reload()
    for series, theirs in ((run["loss"], peer.Scalars("loss")), (run["x"], peer.Images("x"))):
        kept = ~series.superseded
        assert len(series) == 10 + 3 + 4 + 2
        assert series.steps[kept].tolist() == [row.step for row in theirs]
        assert series.wall_times[kept].tolist() == [row.wall_time for row in theirs]


EVERYTHING = event(
    simple("loss", 0.5),
    image_of(png(noise(3, 3))),
    audio_of(wav(np.arange(9, dtype=np.int16))),
    text_summary.text_pb("t", [["a", "b"]]).value[0],
    hparams_summary.hparams_pb({"lr": 0.5, "act": "relu"}).value[0],
    layout_value(layout_pb2.Layout(category=[layout_pb2.Category(title="c")])),
    strings(
        "g", [graph_pb2.GraphDef(node=[{"name": "a", "op": "b"}]).SerializeToString()], plugin("graph_run_metadata")
    ),
    strings("k", '{"config": {"layers": []}}', plugin("graph_keras_model")),
    strings("p", np.ones((6, 3)), plugin("pr_curves")),
    strings("c", np.ones((2, 2)), plugin("nbviz_confusion", b'["a", "b"]')),
    strings("m", np.ones((1, 3, 3), np.float32), plugin("mesh")),
    step=300,
)
PROPERTIES = ("array", "arrays", "frames", "sample_rate", "text", "thresholds", "nodes", "shape")


@unhurried
@given(st.lists(st.tuples(st.integers(0, len(EVERYTHING) - 1), st.integers(0, 255)), max_size=4))
def test_mangled_items_raise_nothing_but_one_clear_error(changes: list[tuple[int, int]]) -> None:
    data = bytearray(EVERYTHING)
    for at, byte in changes:
        data[at] = byte
    decoder = EventDecoder()
    for batch in decoder.decode([(0, bytes(data))]):
        for (tag, kind), items in batch.columns.items():
            if kind == "scalar":
                continue
            metadata = decoder.metadata.get(tag, b"")
            for step, wall_time, offset, size in zip(*items, strict=True):
                try:
                    item, _ = decode_item(kind, bytes(data[offset : offset + size]), step, wall_time, tag, metadata)
                except MalformedError:
                    continue
                for name in PROPERTIES:
                    try:
                        getattr(item, name, None)
                    except ValueError:
                        continue
