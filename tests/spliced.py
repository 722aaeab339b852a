"""What the tests of the splice rule share: what a page must show, and a channel that does its worst."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from nbviz import budget
from nbviz.formats.wire import encode
from nbviz.run import Run
from nbviz.sender import Sender
from tests.page import Page


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
        if missing or self.page.strange:
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


def survives(machine: type[Wire], page: Page, examples: int) -> None:
    """Try histories of one kind, with bounds so small that reduction and merging take part in short ones."""
    machine.page = page
    quick = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "POINTS", 16)
        patch.setattr(budget, "CAPTURES", 8)
        run_state_machine_as_test(machine, settings=quick)


def logged(rows: int) -> Run:
    run = Run("run", clock=lambda: 1.0)
    run.extend("loss", np.arange(rows), np.ones(rows), np.sin(np.arange(rows) / 50))
    return run
