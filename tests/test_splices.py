"""The splice rule, both halves of it: nbviz/sender.py against js/src/store.ts over a channel that does its worst."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nbviz import sender as sender_module
from nbviz.formats.splice import Frame
from nbviz.formats.wire import decode, encode
from nbviz.run import Run
from nbviz.sender import Sender
from tests.page import Page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    page = Page(tmp_path_factory.mktemp("page"))
    yield page
    page.close()


def numbers(texts: list[str]) -> list[float]:
    return [math.nan if text == "NaN" else float(text.replace("Infinity", "inf")) for text in texts]


def same(first: Any, second: Any) -> bool:
    return np.array_equal(np.asarray(first, float), np.asarray(second, float), equal_nan=True)


def assert_page_shows(page: Page, run: Run) -> None:
    """The page holds a faithful, possibly reduced, copy of every series."""
    dumped = page.dump()
    assert dumped["marks"] == [list(mark) for mark in run.marks]
    shown = {series["tag"]: series for series in dumped["series"]}
    for tag in [*run.tags("scalar"), *run.tags("histogram")]:
        series = run[tag]
        if series.kind not in ("scalar", "histogram") or (not len(series) and tag not in shown):
            continue
        held = shown[tag]
        assert (held["rows"], held["generation"]) == (series.captured, series.generation)
        superseded = series.superseded
        if series.kind == "scalar":
            assert_faithful_scalars(held, series)
            assert held["superseded"] == superseded[[int(row) for row in held["index"]]].tolist()
        else:
            rows = [capture["row"] for capture in held["captures"]]
            assert rows == sorted(set(rows)) and rows[-1:] == list(range(series.captured))[-1:]
            # The kernel may have merged what the page holds one by one, and the other way round.
            ends = {end: row for row, end in enumerate((np.cumsum(series.sizes) - 1).tolist())}
            both = [capture for capture in held["captures"] if capture["row"] in ends]
            kept = [ends[capture["row"]] for capture in both]
            assert [capture["step"] for capture in both] == series.steps[kept].tolist()
            assert [capture["superseded"] for capture in both] == superseded[kept].tolist()
            total = sum(capture["total"] + capture["zeros"] for capture in held["captures"])
            assert total == pytest.approx(sum(capture.counts.sum() + capture.zeros for capture in series))
            if len(series):
                assert held["captures"][-1]["step"] == series[-1].step


def assert_faithful_scalars(held: dict[str, Any], series: Any) -> None:
    index = [int(row) for row in held["index"]]
    assert index == sorted(set(index))
    if held["length"] == held["rows"]:
        assert index == list(range(len(series)))
    assert same(numbers(held["steps"]), series.steps[index])
    assert same(numbers(held["walls"]), series.wall_times[index])
    values = numbers(held["values"])
    assert same(values, series.values[index])
    finite = series.values[np.isfinite(series.values)]
    kept = [value for value in values if math.isfinite(value)]
    if len(finite):
        assert (min(kept), max(kept)) == (finite.min(), finite.max())
    if len(series):
        assert index[0] == 0 and index[-1] == len(series) - 1


class Wire(RuleBasedStateMachine):
    """Frames and answers that are lost, repeated, late and out of order."""

    page: Page
    run: Run
    sender: Sender

    def begin(self, run: Run) -> None:
        self.run = run
        self.sender = Sender(run)
        self.page.reload()
        self.flying: list[bytes] = []
        self.old: list[bytes] = []
        self.flagged: dict[tuple[str, int], set[int]] = {}

    @rule()
    def flush(self) -> None:
        self.flying.append(encode(self.sender.take()))

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), fate=st.sampled_from(["arrive", "arrive", "arrive", "be lost", "arrive twice"]))
    def let_a_frame(self, data: st.DataObject, fate: str) -> None:
        block = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        self.old.append(block)
        if fate != "be lost":
            self.arrive(block)
        if fate == "arrive twice":
            self.arrive(block)

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def let_an_old_frame_arrive(self, data: st.DataObject) -> None:
        self.arrive(data.draw(st.sampled_from(self.old)))

    @rule(limit=st.sampled_from([200, 3000, 1_000_000]))
    def snapshot_arrives(self, limit: int) -> None:
        self.arrive(encode(self.sender.snapshot(limit)), snapshot=True)

    @rule(limit=st.sampled_from([200, 3000, 1_000_000]))
    def page_reloads(self, limit: int) -> None:
        self.page.reload()
        self.flagged = {}
        self.arrive(encode(self.sender.snapshot(limit)), snapshot=True)

    def arrive(self, block: bytes, snapshot: bool = False) -> None:
        missing = self.page.apply(block, snapshot)
        if missing:
            self.flying.append(encode(self.sender.answer(missing)))

    @invariant()
    def what_is_shown_was_logged(self) -> None:
        """Whatever happened, the page never holds a row that its generation did not have."""
        for held in self.page.dump()["series"]:
            series = self.run[held["tag"]]
            if held["kind"] == "scalar" and held["generation"] == series.generation:
                index = [int(row) for row in held["index"]]
                assert index == sorted(set(index))
                assert held["rows"] <= len(series)
                assert same(numbers(held["values"]), series.values[index])
                assert (np.array(held["superseded"], bool) <= series.superseded[index]).all()
                flagged = {row for row, flag in zip(index, held["superseded"], strict=True) if flag}
                # What the page once knew to be superseded stays so, whichever frame comes next.
                assert flagged >= self.flagged.get((held["tag"], held["generation"]), set()) & set(index)
                self.flagged[held["tag"], held["generation"]] = flagged

    def teardown(self) -> None:
        """Once the channel is good again, a heartbeat and one answer make the page whole."""
        self.page.apply(self.sender.take())
        missing = self.page.apply(self.sender.totals())
        if missing:
            assert self.page.apply(self.sender.answer(missing)) == {}
        assert self.page.apply(self.sender.totals()) == {}
        assert_page_shows(self.page, self.run)


class Splices(Wire):
    """A run is logged to and rewound, and the page reloads."""

    @initialize(history=st.sampled_from([8, 13, 2000]))
    def start(self, history: int) -> None:
        self.begin(Run("run", history=history, clock=lambda: 1.0))
        self.page.apply(self.sender.snapshot(), snapshot=True)

    @rule(tag=st.sampled_from(["loss", "val/loss"]), values=st.lists(st.floats(width=32), min_size=1, max_size=60))
    def log(self, tag: str, values: list[float]) -> None:
        for value in values:
            self.run.log({tag: value})

    @rule(step=st.integers(-5, 5), value=st.floats())
    def log_anywhere(self, step: int, value: float) -> None:
        self.run.log(loss=value, step=step)

    @rule(captures=st.integers(1, 9), size=st.integers(0, 40))
    def capture(self, captures: int, size: int) -> None:
        for scale in range(captures):
            self.run.log_histogram("weights", np.arange(size) * (scale + 1) - 7.0)

    @rule(step=st.integers(0, 80), captured=st.booleans())
    def log_again(self, step: int, captured: bool) -> None:
        """Training resumes from a checkpoint."""
        self.run.log(loss=0.5, step=step)
        if captured:
            self.run.log_histogram("weights", np.arange(9), step=step)

    @rule(step=st.integers(0, 80))
    def mark(self, step: int) -> None:
        self.run.mark(step=step)

    @rule(step=st.integers(0, 80))
    def restart(self, step: int) -> None:
        self.run.restart(step)

    @rule(step=st.integers(0, 80))
    def rewind(self, step: int) -> None:
        self.run.rewind(step)

    @rule()
    def answer_is_lost(self) -> None:
        self.sender.answer(self.page.apply(self.sender.totals()))


class Looks(Wire):
    """The page holds a reduced copy of long passes over the steps, and looks closer at ranges of it."""

    @initialize(rows=st.integers(40, 90))
    def start(self, rows: int) -> None:
        self.begin(Run("run", clock=lambda: 1.0))
        self.pass_over_steps(0, rows, 1, 1.0)
        self.sender.skip()
        self.page.apply(self.sender.snapshot(200), snapshot=True)
        self.last = (20, 40)

    @rule(first=st.integers(-5, 99), rows=st.integers(1, 60), stride=st.integers(1, 4), value=st.floats())
    def pass_over_steps(self, first: int, rows: int, stride: int, value: float) -> None:
        steps = first + stride * np.arange(rows)
        self.run.extend("loss", steps, np.ones(rows), np.append(np.sin(steps[1:]), value))

    @rule(step=st.integers(0, 120))
    def restart(self, step: int) -> None:
        self.run.restart(step)

    @rule(step=st.integers(10, 120))
    def rewind(self, step: int) -> None:
        self.run.rewind(step)

    @rule(first=st.integers(-9, 130), width=st.integers(0, 60), points=st.sampled_from([16, 1000]))
    def look_closer(self, first: int, width: int, points: int) -> None:
        self.last = (first, first + width)
        self.flying.append(encode(self.sender.detail(["loss", "nothing"], *self.last, points)))

    @invariant()
    def what_is_said_to_be_exact_is(self) -> None:
        for held in self.page.dump()["series"]:
            series = self.run["loss"]
            if held["generation"] == series.generation:
                for first, last in [(20, 40), self.last, (-99, 999)]:
                    rows, points = self.page.seen("loss", first, last)
                    assert points <= rows
                    if points == rows:
                        assert_exact(held, series, first, last)

    def teardown(self) -> None:
        super().teardown()
        for first, last in [(20, 40), (60, 61), self.last]:
            self.page.apply(self.sender.detail(["loss"], first, last, 1000))
            rows, points = self.page.seen("loss", first, last)
            assert rows == points
            self.what_is_said_to_be_exact_is()
        assert_page_shows(self.page, self.run)


def pieces(rows: list[int], steps: list[int], first: int, last: int) -> set[tuple[int, int]]:
    """The pieces of a line from row to row that touch a range of steps."""
    return {
        (a, b)
        for a, b in itertools.pairwise(rows)
        if min(steps[a], steps[b]) <= last and max(steps[a], steps[b]) >= first
    }


def assert_exact(held: dict[str, Any], series: Any, first: int, last: int) -> None:
    """Between two steps the line goes through every row that the page knows of, with and without superseded ones."""
    steps, held_rows = series.steps.tolist(), [int(row) for row in held["index"]]

    def current(row: int) -> bool:
        return steps[row] < next((step for at, step in held["restarts"] if at > row), math.inf)

    for shown in (lambda _row: True, current):
        everything = [row for row in range(held["rows"]) if shown(row)]
        drawn = [row for row in held_rows if shown(row)]
        assert pieces(drawn, steps, first, last) == pieces(everything, steps, first, last)


@pytest.mark.parametrize(("machine", "examples"), [(Splices, 150), (Looks, 100)])
def test_the_splice_rule_survives_lost_repeated_reordered_and_stale_frames(
    page: Page, monkeypatch: pytest.MonkeyPatch, machine: type[Wire], examples: int
) -> None:
    # Small bounds, so that reduction and merging take part in short histories.
    monkeypatch.setattr(sender_module, "POINTS", 16)
    monkeypatch.setattr(sender_module, "CAPTURES", 8)
    machine.page = page
    quick = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=quick)


def logged(rows: int) -> Run:
    run = Run("run", clock=lambda: 1.0)
    run.extend("loss", np.arange(rows), np.ones(rows), np.sin(np.arange(rows) / 50))
    return run


def test_a_million_rows_streamed_leave_a_bounded_faithful_copy(page: Page) -> None:
    run, sender = Run("run"), None
    sender = Sender(run)
    page.reload()
    generator = np.random.default_rng(0)
    for start in range(0, 1_000_000, 50_000):
        steps = np.arange(start, start + 50_000)
        values = generator.normal(size=50_000)
        if start == 500_000:
            values[1234] = 1e6
            values[4321] = np.nan
        run.extend("loss", steps, steps.astype(float), values)
        assert page.apply(sender.take()) == {}
    (held,) = page.dump()["series"]
    assert held["rows"] == 1_000_000
    assert held["length"] <= 32_768
    assert_faithful_scalars(held, run["loss"])
    assert 501_234 in map(int, held["index"]) and 504_321 in map(int, held["index"])


def test_a_page_that_opens_late_starts_from_the_snapshot_and_goes_on_with_frames(page: Page) -> None:
    run = logged(100)
    sender = Sender(run)
    sender.skip()
    page.reload()
    assert page.apply(sender.snapshot(), snapshot=True) == {}
    run.log(loss=0.5)
    assert page.apply(sender.take()) == {}
    assert_page_shows(page, run)


def test_a_frame_before_a_gap_is_not_joined_and_says_what_the_page_has(page: Page) -> None:
    run = logged(10)
    sender = Sender(run)
    page.reload()
    page.apply(sender.take())
    run.log(loss=1.0)
    sender.take()
    run.log(loss=2.0)
    assert page.apply(sender.take()) == {"loss": [0, 10]}
    assert page.apply(sender.answer({"loss": [0, 10]})) == {}
    assert_page_shows(page, run)


def test_rows_logged_while_a_frame_is_made_are_in_the_next_one(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    run = logged(10)
    sender = Sender(run)
    page.reload()
    splice = Sender._splice

    def logging_meanwhile(self: Sender, *arguments: Any) -> Any:
        run.log(loss=0.1, accuracy=0.2)
        return splice(self, *arguments)

    monkeypatch.setattr(Sender, "_splice", logging_meanwhile)
    for _ in range(5):
        assert page.apply(sender.take()) == {}
    monkeypatch.undo()
    assert page.apply(sender.take()) == {}
    assert_page_shows(page, run)


def test_a_snapshot_that_is_a_little_ahead_does_not_coarsen_what_the_page_holds(page: Page) -> None:
    run = logged(5000)
    sender = Sender(run)
    page.reload()
    page.apply(sender.take())
    run.log(loss=0.5)
    page.apply(sender.snapshot(4000), snapshot=True)
    (held,) = page.dump()["series"]
    assert (held["rows"], held["length"]) == (5001, 5001)
    page.apply(sender.take())
    assert_page_shows(page, run)


def test_nor_does_one_coarsen_the_captures_of_a_layer(page: Page) -> None:
    run = Run("run", clock=lambda: 1.0)
    sender = Sender(run)
    page.reload()
    for step in range(20):
        run.log_histogram("weights", np.arange(40.0), step=step)
    page.apply(sender.take())
    run.log_histogram("weights", np.arange(40.0), step=20)
    assert page.apply(sender.snapshot(1500), snapshot=True) == {}
    (held,) = page.dump()["series"]
    assert (held["rows"], held["length"]) == (20, 20)
    page.apply(sender.take())
    assert_page_shows(page, run)
    (held,) = page.dump()["series"]
    assert (held["rows"], held["length"]) == (21, 21)


def test_a_gap_is_told_until_it_is_filled(page: Page) -> None:
    run = Run("run", clock=lambda: 1.0)
    sender = Sender(run)
    page.reload()
    run.log(loss=1.0, accuracy=0.5)
    page.apply(sender.take())
    run.log(loss=2.0, accuracy=0.6)
    sender.take()
    run.log(loss=3.0)
    assert page.apply(sender.take()) == {"loss": [0, 1]}
    assert page.apply(sender.totals()) == {"loss": [0, 1], "accuracy": [0, 1]}
    assert page.apply(sender.answer({"loss": [0, 1]})) == {"accuracy": [0, 1]}
    assert page.apply(sender.answer({"accuracy": [0, 1]})) == {}
    assert_page_shows(page, run)


def test_a_restart_without_a_new_row_reaches_the_page(page: Page) -> None:
    run = logged(10)
    sender = Sender(run)
    page.reload()
    page.apply(sender.take())
    run.restart(8)
    assert page.apply(sender.take()) == {}
    assert_page_shows(page, run)
    run.restart(4)
    sender.take()
    assert page.dump()["series"][0]["superseded"] == [False] * 8 + [True] * 2
    assert page.apply(sender.totals()) == {}
    assert_page_shows(page, run)


def test_restarts_are_kept_whichever_frame_comes_first(page: Page) -> None:
    run = logged(10)
    sender = Sender(run)
    page.reload()
    page.apply(sender.take())
    run.log(loss=1.0, step=3)
    early = sender.take()
    run.log(loss=1.0, step=7)
    run.log(loss=1.0, step=5)
    late = sender.take()
    assert page.apply(late) == {"loss": [0, 10]}
    assert page.apply(early) == {"loss": [0, 11]}
    assert page.dump()["series"][0]["superseded"] == [False] * 3 + [True] * 7 + [False]
    assert page.apply(sender.answer({"loss": [0, 11]})) == {}
    assert_page_shows(page, run)


def test_merged_captures_know_their_rows(page: Page) -> None:
    run = Run("run", clock=lambda: 1.0)
    sender = Sender(run)
    page.reload()
    for step in [*range(700), *range(500, 1200)]:
        run.log_histogram("weights", [step, -1.0], step=step)
    page.apply(sender.take())
    assert_page_shows(page, run)
    (held,) = page.dump()["series"]
    assert (held["rows"], held["length"]) == (1400, 175)
    page.reload()
    page.apply(sender.snapshot(3000), snapshot=True)
    assert_page_shows(page, run)


def test_edges_that_float32_cannot_tell_apart_travel_whole(page: Page) -> None:
    run = Run("run", clock=lambda: 1.0)
    run.log_histogram("wide", counts=[1, 2, 3], edges=[1e9, 1e9 + 1, 1e9 + 2.5, 1e9 + 4])
    run.log_histogram("huge", counts=[1, 2], edges=[0, 1, 1e39])
    page.reload()
    page.apply(Sender(run).take())
    wide, huge = (series["captures"][0]["edges"] for series in page.dump()["series"])
    assert wide == [1e9, 1e9 + 1, 1e9 + 2.5, 1e9 + 4]
    assert huge == [0, 1, 1e39]


def test_totals_reveal_a_lost_tail(page: Page) -> None:
    run = logged(10)
    sender = Sender(run)
    page.reload()
    page.apply(sender.take())
    run.log(loss=1.0)
    sender.take()
    assert page.apply(sender.totals()) == {"loss": [0, 10]}


def test_an_answer_to_nonsense_starts_from_the_beginning(page: Page) -> None:
    run = logged(10)
    sender = Sender(run)
    for nonsense in ([0, -4], [0, 99], [7, 3], "x", None, [0, 1.5, 2], {}):
        (splice,) = sender.answer({"loss": nonsense, "no such tag": [0, 0]}).splices
        assert (splice.start, splice.rows) == (0, 10)


def test_detail_asked_for_anew_replaces_a_coarser_copy(page: Page) -> None:
    run = logged(5000)
    sender = Sender(run)
    page.reload()
    page.apply(sender.snapshot(4000), snapshot=True)
    coarse = page.dump()
    assert coarse["reduced"] == ["loss"]
    page.apply(sender.answer({"loss": [0, 0]}))
    assert page.dump()["series"][0]["length"] == 5000
    page.apply(sender.snapshot(4000), snapshot=True)
    assert page.dump()["series"][0]["length"] == 5000


def test_tags_of_any_script_travel_and_lone_surrogates_are_spelled_out(page: Page) -> None:
    run = Run("run", clock=lambda: 1.0)
    tags = ["損失", "<script>", "\ud800", "__proto__", "a\nb", "\u202eloss"]
    for tag in tags:
        run.log({tag: 1.0})
    sender = Sender(run)
    page.reload()
    page.apply(sender.take())
    assert page.apply(sender.totals()) == {}
    assert [series["tag"] for series in page.dump()["series"]] == [*tags[:2], "\\ud800", *tags[3:]]


def test_decode_is_the_inverse_of_encode() -> None:
    run = logged(50)
    run.log(loss=math.nan, step=7)
    run.log_histogram("weights", [1.0, 2.0, math.inf, -3.0])
    run.log_histogram("weights", counts=[1, 0, 3], edges=[0, 1, 2, 3], step=9)
    frame = decode(encode(Sender(run).take()))
    scalars, histograms = frame.splices
    assert same(scalars.columns.values, run["loss"].values)
    assert same(scalars.columns.steps, run["loss"].steps)
    assert [counts.sum() for counts in histograms.columns.counts] == [3.0, 4.0]  # type: ignore[union-attr]
    assert list(histograms.columns.nonfinite) == [1, 0]  # type: ignore[union-attr]
    assert scalars.place == ("loss", "train", "", "min", "charts")


def test_a_block_that_is_no_frame_is_refused_with_a_sentence() -> None:
    whole = encode(Frame(1, "live"))
    for block in (b"", whole[:7], b"\xff" * 16):
        with pytest.raises(ValueError, match="no nbviz frame"):
            decode(block)


def is_exact(page: Page, first: int, last: int) -> bool:
    rows, points = page.seen("loss", first, last)
    return points == rows


def looked(page: Page, rows: int = 5000) -> tuple[Run, Sender]:
    """A page that holds a reduced copy and has looked closer at steps 1,000 to 1,100."""
    run = logged(rows)
    sender = Sender(run)
    sender.skip()
    page.reload()
    page.apply(sender.snapshot(4000), snapshot=True)
    page.apply(sender.detail(["loss"], 1000, 1100))
    return run, sender


def test_a_closer_look_shows_every_row_of_its_range_and_the_rest_as_before(page: Page) -> None:
    run, _ = looked(page)
    assert is_exact(page, 1000, 1100)
    assert not is_exact(page, 900, 1100)
    (held,) = page.dump()["series"]
    assert {str(row) for row in range(999, 1102)} <= set(held["index"])
    assert_faithful_scalars(held, run["loss"])


def test_a_look_moves_no_send_mark(page: Page) -> None:
    run, sender = looked(page)
    run.log(loss=0.5)
    sender.detail(["loss"], 4990, 5100)
    assert [(splice.start, splice.rows) for splice in sender.take().splices] == [(5000, 1)]


def test_rows_of_a_look_that_no_frame_has_brought_yet_wait_for_theirs(page: Page) -> None:
    run, sender = looked(page)
    run.log(loss=0.5)
    page.apply(sender.detail(["loss"], 4900, 5100))
    (held,) = page.dump()["series"]
    assert (held["rows"], held["index"][-1]) == (5000, "4999")
    assert page.apply(sender.take()) == {}
    assert is_exact(page, 4900, 5100)
    assert_page_shows(page, run)


def test_an_answer_about_a_generation_that_has_ended_is_dropped(page: Page) -> None:
    run, sender = looked(page)
    late = sender.detail(["loss"], 3000, 3100)
    run.rewind(10)
    run.extend("loss", np.arange(10, 5000), np.ones(4990), np.full(4990, 7.0))
    page.apply(sender.snapshot(4000), snapshot=True)
    page.apply(late)
    assert_page_shows(page, run)


def test_after_a_restart_a_look_is_not_taken_for_exact(page: Page) -> None:
    run, sender = looked(page)
    late = sender.detail(["loss"], 2000, 2100)
    run.extend("loss", [1050], [2.0], [0.5])
    page.apply(sender.take())
    page.apply(late)
    assert not is_exact(page, 1000, 1100)
    assert not is_exact(page, 2000, 2100)
    page.apply(sender.detail(["loss"], 1000, 1100))
    assert is_exact(page, 1000, 1100)


def test_only_a_few_looks_are_kept(page: Page) -> None:
    _, sender = looked(page)
    (before,) = page.dump()["series"]
    for first in range(0, 4000, 200):
        page.apply(sender.detail(["loss"], first, first + 99))
    (held,) = page.dump()["series"]
    assert held["length"] <= before["length"] + 4 * 102
    assert is_exact(page, 3800, 3899)
    assert not is_exact(page, 0, 99)


def test_a_look_at_everything_replaces_the_copy(page: Page) -> None:
    run, sender = looked(page)
    page.apply(sender.detail(["loss"], -5, 6000))
    (held,) = page.dump()["series"]
    assert held["length"] == held["rows"] == 5000
    assert_page_shows(page, run)


def test_a_spike_among_ten_million_rows_is_seen_at_every_zoom(page: Page) -> None:
    spike = 7_654_321
    values = np.zeros(10_000_000)
    values[spike] = 1.0
    run = Run("run", clock=lambda: 1.0)
    run.extend("loss", np.arange(len(values)), np.arange(len(values)) * 1.0, values)
    sender = Sender(run)
    sender.skip()
    page.reload()
    page.apply(sender.snapshot(), snapshot=True)
    width = len(values)
    while width > 1:
        first, last = max(0, spike - width // 3), spike + width // 2
        for looking in (False, True):
            if looking:
                page.apply(sender.detail(["loss"], first, last))
            heights = page.drawn("loss", first, last, pixels=700)
            assert max(heights) == 1.0
            assert sum(height > 0 for height in heights) <= 3
        assert is_exact(page, first, last) == (last - first < 16_000)
        width //= 7
