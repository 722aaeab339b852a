"""The channel of a run, its messages recorded instead of sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nbviz import Inspector, LiveLoss, NbvizWarning, Run
from nbviz.budget import FEW_BINS, SNAPSHOT_BYTES
from nbviz.channel import Channel, pump
from nbviz.formats.sketch import Sketch
from nbviz.formats.splice import Frame
from nbviz.formats.wire import decode, encode
from nbviz.pump import Pump
from nbviz.sender import Sender


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Frame]]:
    """The frames of every channel; the pump does nothing by itself."""
    frames: list[Frame] = []
    monkeypatch.setattr(Channel, "send", lambda _self, _content, buffers: frames.append(decode(buffers[0])))
    monkeypatch.setattr(pump, "wake", lambda _task: None)
    yield frames


def rows(frame: Frame, *tags: str) -> dict[str, tuple[int, int]]:
    """First row and number of rows of each series, of which ``tags`` are in the order of their numbers."""
    whole = {splice.tag: (splice.start, splice.rows) for splice in frame.splices}
    grown = {tags[number]: (each.start, len(each.walls)) for each in frame.grown for number in each.series}
    return whole | grown


def test_a_run_has_one_channel() -> None:
    run = Run("exp/train")
    channel = Channel.of(run)
    assert Channel.of(run) is channel
    assert (channel.run, channel.family, channel.cursor) == ("exp/train", "exp", None)


def test_a_frame_carries_exactly_the_rows_logged_since_the_last(sent: list[Frame]) -> None:
    run = Run()
    run.log(loss=9.0)
    channel = Channel.of(run)
    for loss in (1.0, 2.0):
        run.log(loss=loss)
    run.log_histogram("weights", [1.0])
    channel.flush()
    run.log(loss=3.0, accuracy=0.5)
    channel.flush()
    channel.flush()
    assert [rows(frame, "loss", "weights", "accuracy") for frame in sent] == [
        {"loss": (1, 2), "weights": (0, 1)},
        {"loss": (3, 1), "accuracy": (0, 1)},
        {},
    ]
    assert sent[0].grown[0].values[0].tolist() == [1.0, 2.0]
    assert [frame.state for frame in sent] == ["live"] * 3


def test_at_rest_the_page_learns_how_far_everything_was_sent(sent: list[Frame]) -> None:
    run = Run()
    channel = Channel.of(run)
    run.log(loss=1.0)
    channel.flush()
    channel.rest()
    assert sent[-1].splices == [] and sent[-1].totals == {"loss": (0, 1)}


def test_a_resync_is_answered_with_what_the_page_lacks(sent: list[Frame]) -> None:
    run = Run()
    for loss in range(5):
        run.log(loss=loss)
    Channel.of(run)._handle_custom_msg({"type": "resync", "have": {"loss": [0, 3]}}, [])
    assert [rows(frame) for frame in sent] == [{"loss": (3, 2)}]


@pytest.mark.parametrize(
    "message",
    [None, 3, "resync", [], {}, {"type": "ping"}, {"type": 5}, {"type": "resync"}, {"type": "resync", "have": [1]}],
)
def test_a_message_that_is_none_is_ignored(sent: list[Frame], message: Any) -> None:
    Channel.of(Run())._handle_custom_msg(message, [])
    assert sent == []


@pytest.mark.parametrize(
    "have", [None, 3, "ab", [], [0], [0, -1], [0, 10**30], [0, 1.5], ["0", "1"], {"a": 1}, [[], {}]]
)
def test_a_resync_of_nonsense_is_answered_from_a_row_that_exists(sent: list[Frame], have: Any) -> None:
    run = Run()
    for loss in range(5):
        run.log(loss=loss)
    Channel.of(run)._handle_custom_msg({"type": "resync", "have": {"loss": have, "no such tag": have}}, [])
    (splice,) = sent[0].splices
    assert splice.start in (0, 1) and splice.start + splice.rows == 5


def test_a_question_about_a_range_of_steps_is_answered_with_its_rows(sent: list[Frame]) -> None:
    run = Run()
    run.extend("loss", np.arange(0, 50_000, 10), np.ones(5000), np.ones(5000))
    channel = Channel.of(run)
    channel._handle_custom_msg({"type": "detail", "tags": ["loss", "nothing"], "steps": [95.5, 120]}, [])
    (splice,) = sent[0].splices
    assert sent[0].detail == (96, 120)
    assert splice.columns.steps.tolist() == [90, 100, 110, 120, 130]
    assert (splice.start, splice.rows, splice.of) == (9, 5, 5000)
    channel._handle_custom_msg({"type": "detail", "tags": ["loss"], "steps": [0, 40_000], "points": 500}, [])
    (splice,) = sent[1].splices
    assert (splice.start, splice.rows) == (0, 4002)
    assert len(splice.columns.walls) <= 500


NUMBERS = (None, "1", True, float("nan"), float("inf"), 10**30, [], {})
QUESTIONS = [
    *({"steps": [0, number]} for number in NUMBERS),
    *({"steps": steps} for steps in (None, 3, "ab", [], [1], [1, 2, 3], [2, 1], {"0": 1})),
    *({"tags": tags} for tags in (None, "loss", {"loss": 1}, [1], [["loss"]])),
    *({"points": points} for points in (None, "9", 1.5, True, [])),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_a_question_that_is_none_is_ignored(sent: list[Frame], question: dict[str, Any]) -> None:
    run = Run()
    run.log(loss=1.0)
    Channel.of(run)._handle_custom_msg({"type": "detail", "tags": ["loss"], "steps": [0, 1], **question}, [])
    assert sent == []


@pytest.mark.parametrize("points", [-5, 0, 10**30])
def test_whatever_room_a_page_claims_an_answer_is_bounded(sent: list[Frame], points: int) -> None:
    run = Run()
    run.extend("loss", np.arange(100_000), np.ones(100_000), np.sin(np.arange(100_000)))
    Channel.of(run)._handle_custom_msg({"type": "detail", "tags": ["loss"], "steps": [0, 1e6], "points": points}, [])
    assert 0 < len(sent[0].splices[0].columns.walls) <= 16_384


def test_the_snapshots_of_a_hundred_runs_in_one_view_take_four_megabytes() -> None:
    steps = np.arange(10_000)
    runs = {}
    for number in range(100):
        run = runs[f"run{number}"] = Run(f"run{number}")
        for tag in ("loss", "val_loss", "lr"):
            run.extend(tag, steps, steps, np.sin(steps * 12.9898))
    sizes = [len(channel.get_state("_snapshot")["_snapshot"]) for channel in Inspector(runs).channels]
    assert 1_500_000 < sum(sizes) < 4_400_000


@pytest.mark.parametrize("value", ["3", 2.5, True, 10**30, -(10**30), [], {}, float("nan"), b"3"])
def test_a_cursor_that_is_no_step_changes_nothing(value: Any) -> None:
    channel = Channel.of(Run())
    channel.cursor = 7
    channel.set_state({"cursor": value})
    assert channel.cursor == 7


@pytest.mark.parametrize("state", [{"run": 3}, {"run": "x"}, {"family": None}, {"_snapshot": "x"}, {"nonsense": 1}])
def test_what_the_kernel_sets_the_page_cannot(state: dict[str, Any]) -> None:
    channel = Channel.of(Run("mine"))
    channel.set_state(state)
    assert (channel.run, channel.family) == ("mine", "mine")
    assert decode(channel.get_state()["_snapshot"]).splices == []


def test_the_snapshot_is_of_the_moment_it_is_asked_for() -> None:
    run = Run()
    channel = Channel.of(run)
    for rows_logged in (1, 2):
        run.log(loss=1.0)
        assert rows(decode(channel.get_state("_snapshot")["_snapshot"])) == {"loss": (0, rows_logged)}


def filled(tags: int, scalars: int, layers: int, captures: int) -> Run:
    run = Run()
    steps = np.arange(scalars)
    for tag in range(tags):
        run.extend(f"metric{tag}", steps, steps, np.random.default_rng(tag).normal(size=scalars))
    edges = np.linspace(-1, 1, 97) ** 3
    for layer in range(layers):
        for step in range(captures):
            run.append_histogram(f"layer{layer}", step, 0.0, np.ones(96), edges)
    return run


@pytest.mark.parametrize(
    ("tags", "scalars", "layers", "captures"),
    [(4, 200_000, 0, 0), (400, 2000, 0, 0), (0, 0, 100, 127), (20, 5000, 50, 127)],
)
def test_a_snapshot_of_hundreds_of_series_stays_around_a_megabyte(
    tags: int, scalars: int, layers: int, captures: int
) -> None:
    """A megabyte holds 1,000 scalar series or 250 layers; each further one adds its 64 points or 2 captures."""
    channel = Channel(filled(tags, scalars, layers, captures))
    size = len(channel.get_state("_snapshot")["_snapshot"])
    assert 0.2 * SNAPSHOT_BYTES < size < 1.1 * SNAPSHOT_BYTES
    assert len(decode(channel.get_state("_snapshot")["_snapshot"]).splices) == tags + layers


def test_a_comm_that_fails_is_reported_and_training_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_keywords: object) -> None:
        raise ConnectionError("the comm is gone")

    pump = Pump(clock=lambda: 0.0)  # its thread is never started
    monkeypatch.setattr(pump, "start", lambda: None)
    monkeypatch.setattr("nbviz.channel.pump", pump)
    monkeypatch.setattr(Channel, "send", refuse)
    live = LiveLoss()
    with pytest.warns(NbvizWarning, match="ConnectionError: the comm is gone"):
        for loss in range(10):
            live.log(loss=loss)
        pump.settle()
        live.finish()
        pump.settle()
    assert live.run["loss"].values.tolist() == list(range(10))


def test_the_snapshot_of_a_young_run_is_renewed_often_for_pages_that_were_still_opening(
    sent: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, renewed = 50.0, []
    channel = Channel(Run(), clock=lambda: now)
    monkeypatch.setattr(channel, "send_state", lambda _key: renewed.append(now - 50))
    for _ in range(400):
        channel._run.log(loss=1.0)
        channel.flush()
        now += 0.25
    assert renewed == [0, 1, 2, 4, 8, 16, 32, 62, 92]


def test_a_snapshot_has_ten_captures_of_four_hundred_histograms() -> None:
    run = Run("run")
    shape = Sketch.of(np.random.default_rng(0).normal(size=2000))
    for step in range(40):
        for layer in range(400):
            run.log_sketch(f"weights/layer{layer}.weight", shape, step)
    frame = Sender(run).snapshot()
    assert len(encode(frame)) <= SNAPSHOT_BYTES
    assert min(len(splice.columns.walls) for splice in frame.splices) >= 10
    assert {len(splice.columns.counts[0]) for splice in frame.splices} == {FEW_BINS}
