"""Damaged and cut logs of every kind: nothing raises, nothing hangs, no wrong value comes out, and little is lost."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto

from benchmarks import logs as writers
from nbviz.run import Run
from nbviz.sources.events import Following, read
from tests.tfevents import VERSION, event, framed, simple, unhurried
from tests.written import Value, Written, columns, logs, scalars, write

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")

NAME = "events.out.tfevents.1.host"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "run" / NAME


def run_of(path: Path, data: bytes) -> Run:
    (run,) = read(write(path, data)).values()
    return run


def damages(run: Run) -> list[str]:
    return [problem for problem in run.problems if ", byte " in problem or "no event file" in problem]


def offsets(run: Run) -> list[int]:
    return [int(problem.split(", byte ")[1].split(":")[0]) for problem in damages(run)]


def delivered(run: Run, written: Written) -> set[int]:
    """Return which records have all their scalars in the run, of which every one must have been written."""
    found = set(scalars(run))
    assert found <= set(chain(*written.rows))
    return {record for record, rows in enumerate(written.rows) if found.issuperset(rows)}


SIZES = {"periodic": 6000, "tf2": 5500, "irregular": 6000, "tags": 7000, "histograms": 5200}
"""More records than a plain loop is used for."""


def payloads(kind: str, count: int) -> Iterator[bytes]:
    rng = np.random.default_rng(count)
    if kind == "periodic":
        return writers.torch_scalars(writers.rows(writers.METRICS, count, rng))
    if kind == "tf2":
        return writers.tf2_scalars(writers.rows(writers.METRICS, count, rng))
    if kind == "irregular":
        return writers.torch_scalars(writers.shuffled(writers.RANDOM, count, rng))
    if kind == "tags":
        return writers.torch_scalars(writers.rows([f"layer{tag}/norm" for tag in range(1000)], count, rng))
    return writers.tf2_histograms(count, rng)


MADE: dict[tuple[str, int], Written] = {}


def made(kind: str, count: int) -> Written:
    if (kind, count) not in MADE:
        MADE[kind, count] = Written([VERSION, *payloads(kind, count)])
    return MADE[kind, count]


# Sound logs


@settings(unhurried, max_examples=60)
@given(written=logs())
def test_a_sound_log_is_delivered_whole(path: Path, written: Written) -> None:
    run = run_of(path, written.data)
    assert damages(run) == []
    assert sorted(scalars(run)) == sorted(chain(*written.rows))
    columns(run)


@pytest.mark.parametrize("kind", SIZES)
def test_a_long_log_is_delivered_whole(path: Path, kind: str) -> None:
    written = made(kind, SIZES[kind])
    run = run_of(path, written.data)
    assert run.problems == []
    assert delivered(run, written) == set(range(len(written.rows)))


# Reading in parts


@settings(unhurried, max_examples=60)
@given(written=logs(), parts=st.integers(2, 100), damaged=st.booleans(), data=st.data())
def test_chunks_of_any_size_give_the_same_columns(
    path: Path, written: Written, parts: int, damaged: bool, data: st.DataObject
) -> None:
    contents = bytearray(written.data)
    if damaged:
        contents[data.draw(st.integers(0, len(contents) - 1))] ^= data.draw(st.integers(1, 255))
    whole = columns(run_of(path, contents))
    with mock.patch("nbviz.sources.reading.CHUNK", len(contents) // parts + 1):
        assert columns(run_of(path, contents)) == whole


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
@pytest.mark.parametrize("kind", SIZES)
def test_a_long_log_gives_the_same_columns_in_chunks_of_any_size(path: Path, kind: str, damaged: bool) -> None:
    contents = bytearray(made(kind, SIZES[kind]).data)
    draw = random.Random(f"{kind}{damaged}")
    for _ in range(3 * damaged):
        contents[draw.randrange(len(contents))] ^= 1 << draw.randrange(8)
    whole = quick_columns(run_of(path, contents))
    for chunk in (draw.randrange(1000, len(contents)) for _ in range(6)):
        with mock.patch("nbviz.sources.reading.CHUNK", chunk):
            assert quick_columns(run_of(path, contents)) == whole, f"in chunks of {chunk} bytes"


def quick_columns(run: Run) -> dict[str, Any]:
    """Return as `columns` does, but of each series only the last three items."""
    few = dict.fromkeys(run.tags())
    for tag in few:
        series = run[tag]
        if series.kind == "scalar":
            few[tag] = (series.values.tobytes(), series.steps.tobytes(), series.wall_times.tobytes())
        else:
            last = [(item.step, item.counts.tobytes(), item.edges.tobytes()) for item in (series[-1], series[0])]
            few[tag] = (last, series.steps.tobytes(), series.wall_times.tobytes())
    return few


def followed(path: Path, data: bytes, sizes: Iterator[int]) -> Run:
    """Return the run of a file that grows in pieces of these sizes, as it is when following has stopped."""
    write(path, b"")
    runs = Following(path.parent)
    at = 0
    while at < len(data):
        size = next(sizes)
        with path.open("ab") as file:
            file.write(data[at : at + size])
        at += size
        while runs.poll(walk=not runs):
            pass
    runs.stop()
    (run,) = runs.values()
    return run


@settings(unhurried, max_examples=12)
@given(written=logs(max_size=6), damaged=st.booleans(), data=st.data())
def test_following_byte_by_byte_gives_the_same_columns(
    path: Path, written: Written, damaged: bool, data: st.DataObject
) -> None:
    contents = bytearray(written.data)
    if damaged:
        contents[data.draw(st.integers(len(framed(VERSION)), len(contents) - 1))] ^= data.draw(st.integers(1, 255))
    whole = columns(run_of(path, contents))
    assert columns(followed(path, contents, iter(lambda: 1, None))) == whole


def test_which_kind_of_a_tag_keeps_its_name_does_not_depend_on_chunks(path: Path) -> None:
    histogram = Value(tag="x", histo=HistogramProto(min=0, max=1, num=1, bucket_limit=[1], bucket=[1]))
    contents = framed(VERSION, event(histogram), event(simple("x", 1.0), step=1))
    assert run_of(path, contents).tags() == followed(path, contents, iter(lambda: 1, None)).tags()


@pytest.mark.parametrize("kind", SIZES)
def test_following_a_long_log_gives_the_same_columns(path: Path, kind: str) -> None:
    contents = made(kind, SIZES[kind]).data
    draw = random.Random(kind)
    sizes = iter(lambda: int(10 ** draw.uniform(1, 5.5)), None)
    whole = quick_columns(run_of(path, contents))
    assert quick_columns(followed(path, contents, sizes)) == whole


# Damage


@settings(unhurried, max_examples=6)
@given(written=logs(max_size=5))
def test_a_log_cut_at_any_byte_gives_its_whole_records(path: Path, written: Written) -> None:
    for cut in range(1, min(len(written.data), 1500)):
        run = run_of(path, written.data[:cut])
        assert sorted(scalars(run)) == sorted(chain(*written.rows[: written.record_at(cut)]))
        assert damages(run) == []


@pytest.mark.parametrize("kind", SIZES)
def test_a_long_log_cut_anywhere_gives_its_whole_records(path: Path, kind: str) -> None:
    written = made(kind, SIZES[kind])
    draw = random.Random(kind)
    for _ in range(5):
        cut = draw.randrange(1, len(written.data))
        run = run_of(path, written.data[:cut])
        assert sorted(scalars(run)) == sorted(chain(*written.rows[: written.record_at(cut)]))
        assert run.problems == []


@pytest.mark.parametrize(
    ("kind", "count", "seeds"),
    [
        *((kind, 300, range(40)) for kind in SIZES),
        *((kind, SIZES[kind], range(40, 50)) for kind in SIZES),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, range) else str(value),
)
def test_one_flipped_bit_costs_one_record_and_is_reported_with_its_place(
    path: Path, kind: str, count: int, seeds: range
) -> None:
    written = made(kind, count)
    for seed in seeds:
        draw = random.Random(f"{kind}{seed}")
        at = draw.randrange(written.starts[1], len(written.data))
        contents = bytearray(written.data)
        contents[at] ^= 1 << draw.randrange(8)
        run = run_of(path, contents)
        hit = written.record_at(at)
        if kind == "histograms":
            kept = sum(len(run[tag]) for tag in run.tags())
            assert kept == count - 1, f"seed {seed}, byte {at}"
        else:
            assert set(range(len(written.rows))) - delivered(run, written) == {hit}, f"seed {seed}, byte {at}"
        assert offsets(run) == [written.starts[hit]], f"seed {seed}, byte {at}"


@pytest.mark.parametrize("kind", SIZES)
def test_a_flipped_bit_in_the_first_record_costs_that_record(path: Path, kind: str) -> None:
    written = made(kind, 300)
    for at in range(written.starts[1]):
        contents = bytearray(written.data)
        contents[at] ^= 16
        run = run_of(path, contents)
        assert sum(len(run[tag]) for tag in run.tags()) == 300
        assert offsets(run) == [0]


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Return the data with bytes flipped, zeroed, inserted, deleted and repeated in several places."""
    contents = bytearray(data)
    for _ in range(draw.randrange(1, 5)):
        at = draw.randrange(len(contents) + 1)
        size = int(10 ** draw.uniform(0, 3))
        piece = contents[at : at + size]
        way = draw.choice(["flip", "zero", "insert", "delete", "repeat"])
        if way == "flip":
            contents[at : at + size] = bytes(byte ^ draw.randrange(256) for byte in piece)
        elif way == "zero":
            contents[at : at + size] = bytes(len(piece))
        elif way == "insert":
            contents[at:at] = draw.randbytes(size)
        elif way == "delete":
            del contents[at : at + size]
        else:
            contents[at:at] = piece
    return bytes(contents)


@settings(unhurried, max_examples=150)
@given(written=logs(), seed=st.integers(0, 2**32))
def test_whatever_is_damaged_no_wrong_value_comes_out(path: Path, written: Written, seed: int) -> None:
    write(path, damaged(written.data, random.Random(seed)))
    for run in read(path.parent).values():
        delivered(run, written)
        columns(run)


@pytest.mark.parametrize("kind", SIZES)
def test_whatever_is_damaged_in_a_long_log_most_comes_out_and_nothing_wrong(path: Path, kind: str) -> None:
    written = made(kind, SIZES[kind])
    for seed in range(12):
        run = run_of(path, damaged(written.data, random.Random(seed)))
        assert len(delivered(run, written)) > 0.9 * SIZES[kind], f"seed {seed}"
        assert all(0 <= offset <= len(written.data) + 5000 for offset in offsets(run))


@pytest.mark.parametrize("kind", SIZES)
def test_memory_is_bounded_by_the_size_of_the_file(path: Path, kind: str) -> None:
    written = made(kind, SIZES[kind])
    run_of(path, written.data)
    for seed in range(3):
        contents = damaged(written.data, random.Random(seed))
        tracemalloc.start()
        run_of(path, contents)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 25 * len(contents) + 2**22


# Malformed events under good checksums


@settings(unhurried, max_examples=200)
@given(written=logs(max_size=8), seed=st.integers(0, 2**32))
def test_events_that_are_malformed_under_good_checksums_raise_nothing(path: Path, written: Written, seed: int) -> None:
    draw = random.Random(seed)
    parts = [
        written.data[start + 12 : stop - 4] for start, stop in zip(written.starts, written.starts[1:], strict=False)
    ]
    tracemalloc.start()
    forged = framed(VERSION, *(damaged(part, draw) for part in parts))
    run = run_of(path, forged)
    columns(run)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * len(forged) + 2**24


def test_a_sound_event_after_a_malformed_one_is_delivered(path: Path) -> None:
    sound = Event(step=7, wall_time=9.0)
    sound.summary.value.add(tag="loss", simple_value=0.5)
    for byte in range(256):
        run = run_of(path, framed(VERSION, bytes([byte]) * 9, sound.SerializeToString()))
        assert run["loss"].values[-1] == 0.5
