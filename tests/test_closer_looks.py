"""Closer looks at a range of steps: what a page that holds a reduced copy asks for, and when it is exact."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from nbviz.formats.wire import encode
from nbviz.run import Run
from nbviz.sender import Sender
from tests.page import Page
from tests.spliced import Wire, assert_faithful_scalars, assert_page_shows, logged, survives


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


def test_closer_looks_survive_lost_repeated_reordered_and_stale_frames(page: Page) -> None:
    survives(Looks, page, examples=100)


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
    assert [(grown.start, len(grown.walls)) for grown in sender.take().grown] == [(5000, 1)]


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
