"""The splice rule, both halves of it: nbviz/sender.py against js/src/store.ts over a channel that does its worst."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from nbviz.formats.splice import Frame
from nbviz.formats.wire import decode, encode
from nbviz.run import Run
from nbviz.sender import Sender
from tests.page import Page
from tests.spliced import Wire, assert_faithful_scalars, assert_page_shows, logged, same, survives


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

    @rule(values=st.lists(st.floats(width=32), min_size=1, max_size=60))
    def log_together(self, values: list[float]) -> None:
        for value in values:
            self.run.log({"loss": value, "val/loss": -value, "lr": 0.1})

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


def test_the_splice_rule_survives_lost_repeated_reordered_and_stale_frames(page: Page) -> None:
    survives(Splices, page, examples=150)


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
