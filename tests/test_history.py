"""A bounded history: old neighbours are added up, exactly; the newest and what was marked stay whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbviz
from nbviz import NbvizWarning, Run, Sketch
from nbviz.formats.items.sketched import Sketched
from nbviz.history import bound, marked
from nbviz.sender import Sender
from tests.page import Page

quick = settings(max_examples=100, deadline=None)


def values_at(step: int) -> Any:
    return np.arange(-abs(step), 3 * abs(step), dtype=np.float32)


def captured(steps: range | list[int], history: int = 16, marks: tuple[int, ...] = ()) -> Run:
    run = Run("run", history=history, clock=lambda: 1.0)
    for mark in marks:
        run.mark(step=mark)
    for step in steps:
        run.log_histogram("weights", values_at(step), step=step)
        run.commit()
    return run


def sum_of(series: Any) -> Sketch:
    total = Sketch()
    for capture in series:
        total.merge(capture.sketch)
    return total


# What is merged


@quick
@given(
    st.lists(st.integers(1, 9), max_size=40),
    st.integers(1, 30),
    st.lists(st.integers(0, 200), max_size=4),
    st.sets(st.integers(0, 38)),
)
def test_every_value_is_counted_once_whatever_is_merged(
    sizes: list[int], budget: int, marks: list[int], parted: set[int]
) -> None:
    steps = np.cumsum(sizes, dtype=np.int64)
    captures = [
        Sketched(step, 1.0, Sketch.of([step, 0]).to_bytes(), size)
        for step, size in zip(steps.tolist(), sizes, strict=True)
    ]
    whole = marked(steps, sorted(marks))
    apart = np.isin(np.arange(max(0, len(sizes) - 1)), list(parted))
    held, rows = bound(captures, np.array(sizes, np.int64), budget, whole, apart)
    assert [capture.step for capture in held] == steps[rows].tolist()
    assert sum(capture.captures for capture in held) == sum(sizes)
    total = sum((Sketch.from_bytes(capture.data) for capture in held), Sketch())
    assert total == Sketch.of(np.concatenate([steps, 0 * steps]))
    starts = [0, *(rows[:-1] + 1).tolist()] if len(rows) else []
    for start, end, capture in zip(starts, rows.tolist(), held, strict=True):
        assert capture.first == steps[start] and capture.captures == sum(sizes[start : end + 1])
        assert start == end or not (whole[start : end + 1].any() or apart[start:end].any())
        assert start == end or end < len(sizes) - budget // 4
    merged = len(held) < len(captures)
    assert not merged or len(held) >= min(budget, len(captures))
    if not parted and not whole.any() and budget >= 4:
        assert len(held) <= max(budget, 1)


@pytest.mark.parametrize(
    ("steps", "marks", "expected"),
    [
        ([0, 10, 20], [10], [False, True, False]),
        ([0, 10, 20], [11], [False, False, True]),
        ([0, 10, 20], [-5, 99], [True, False, False]),
        ([0, 10, 20, 5, 15], [10], [False, True, False, False, True]),  # after a restart the mark is passed anew
        ([10, 10], [10], [True, True]),
        ([], [3], []),
        ([3, 4], [], [False, False]),
    ],
)
def test_a_mark_names_the_first_capture_at_it_or_after_it(
    steps: list[int], marks: list[int], expected: list[bool]
) -> None:
    assert marked(np.array(steps, np.int64), marks).tolist() == expected


# In a run


def test_beyond_the_budget_old_captures_are_added_up_and_the_newest_stay() -> None:
    run = captured(range(100))
    series = run["weights"]
    assert (len(series), series.captured, series.sizes.sum()) == (16, 100, 100)
    assert series.steps[-4:].tolist() == [96, 97, 98, 99] and series.sizes[-4:].tolist() == [1, 1, 1, 1]
    assert sum_of(series) == sum((Sketch.of(values_at(step), pivot=0.0) for step in range(100)), Sketch())
    assert series[-1].sketch == Sketch.of(values_at(99))
    assert series.generation == 0
    assert series.sizes.max() <= 4 * np.median(series.sizes[:-4])  # no part of the history is much coarser


def test_a_merged_capture_says_of_how_many_captures_and_which_steps_it_is() -> None:
    series = captured(range(0, 200, 2))["weights"]
    first = series[0]
    assert (first.first_step, first.step, first.captures) == (0, 2 * (series.sizes[0] - 1), series.sizes[0])
    assert f"sum of {first.captures} captures from step 0 on" in repr(first)
    assert (series[-1].captures, series[-1].first_step) == (1, None)
    assert repr(series) == "<HistogramSeries 'weights': 16 of kind histogram, which hold 100>"


def test_marked_steps_are_kept_whole() -> None:
    series = captured(range(0, 300, 3), marks=(30, 100))["weights"]
    assert len(series) == 16
    for step in (30, 102):
        (row,) = np.flatnonzero(series.steps == step)
        assert series[row].sketch == Sketch.of(values_at(step)) and series.sizes[row] == 1


def test_a_mark_without_a_step_is_at_the_latest() -> None:
    run = Run(history=8)
    for step in range(50):
        run.log(loss=1.0)
        run.log_histogram("weights", [1.0, step])
        if step == 20:
            run.mark()
    assert run.marks == [(20, "")] and 20 in run["weights"].steps


def test_a_mark_that_is_no_step_is_reported() -> None:
    run = Run()
    with pytest.warns(NbvizWarning, match=r"mark\(\) ignored a step of type str"):
        run.mark(step="now")  # type: ignore[arg-type]
    assert run.marks == []


@pytest.mark.parametrize("history", [0, 7, -1])
def test_a_history_of_nothing_is_refused(history: int) -> None:
    with pytest.raises(ValueError, match=f"a history of at least 8 captures, got {history}"):
        Run(history=history)


def test_nothing_is_added_up_across_a_restart() -> None:
    run = captured([*range(30), *range(20, 60)])
    series = run["weights"]
    assert len(series) == 16 and series.captured == 70
    ends = np.cumsum(series.sizes)
    assert 30 in ends  # the restart lies between two rows
    assert 20 in ends  # and so does where what it superseded begins
    assert series.superseded.tolist() == [20 < end <= 30 for end in ends.tolist()]
    assert series.stairs() == ((30, 20),)


def test_a_run_that_goes_back_to_a_step_that_was_added_up_restarts_there() -> None:
    run = captured(range(100))
    assert 5 not in run["weights"].steps
    run.log_histogram("weights", [1.0], step=5)
    assert run["weights"].superseded[-2]


def test_a_rewind_forgets_sums_that_end_at_the_step_or_after_it_and_counting_goes_on() -> None:
    run = captured(range(100))
    series = run["weights"]
    kept = [(step, size) for step, size in zip(series.steps.tolist(), series.sizes.tolist(), strict=True) if step < 50]
    run.rewind(50)
    assert list(zip(series.steps.tolist(), series.sizes.tolist(), strict=True)) == kept
    assert [capture.captures for capture in series] == [size for _, size in kept]
    for step in range(50, 90):
        run.log_histogram("weights", values_at(step), step=step)
    assert len(run["weights"]) == 16 and series.captured == sum(size for _, size in kept) + 40


def test_histograms_of_edges_of_their_own_are_left_as_they_are() -> None:
    run = Run(history=8)
    for step in range(30):
        run.log_histogram("weights", counts=[step], edges=[0, 1], step=step)
    assert len(run["weights"]) == 30


def test_an_iteration_goes_on_with_what_it_began_with() -> None:
    run = captured(range(16))
    found = []
    for capture in run["weights"]:
        found.append(capture.step)
        run.log_histogram("weights", [1.0], step=100 + len(found))
        run.commit()
    assert found == list(range(16))


# On disk


def test_a_recorded_run_has_every_capture_in_its_file(tmp_path: Path) -> None:
    run = Run(logdir=tmp_path, history=8)
    for step in range(40):
        run.log_histogram("weights", values_at(step), step=step)
        if step % 7 == 0:
            run.commit()
        if step == 20:
            run._recorder.flush(final=True)  # type: ignore[union-attr]
    run.finish()
    (found,) = nbviz.read(tmp_path).values()
    assert found["weights"].steps.tolist() == list(range(40))
    assert len(run["weights"]) == 8
    assert all(capture.sketch == Sketch.of(values_at(capture.step)) for capture in found["weights"])


def test_a_saved_sum_says_of_what_it_is_the_sum(tmp_path: Path) -> None:
    run = captured(range(-20, 40))
    series = run["weights"]
    (found,) = nbviz.read(run.save(tmp_path)).values()
    assert [(each.step, each.first_step, each.captures) for each in found["weights"]] == [
        (each.step, each.first_step, each.captures) for each in series
    ]
    assert sum_of(found["weights"]) == sum_of(series) and series[0].first_step == -20
    frame = Sender(found).take()  # which has a row for each, whatever it says of itself
    assert (frame.splices[0].rows, len(frame.splices[0].columns.walls)) == (16, 16)


# On its way to a page


def test_a_page_goes_on_with_the_rows_it_has_while_the_kernel_merges(page: Page) -> None:
    run = Run("run", history=16, clock=lambda: 1.0)
    sender = Sender(run)
    page.reload()
    for step in range(60):
        run.log_histogram("weights", values_at(step), step=step)
        frame = sender.take()
        (splice,) = frame.splices
        assert (splice.generation, splice.start, splice.rows) == (0, step, 1)
        assert page.apply(frame) == {}
    (held,) = page.dump()["series"]
    assert (len(run["weights"]), held["rows"], held["length"]) == (16, 60, 60)


def test_a_page_that_opens_late_sees_the_sums(page: Page) -> None:
    run = captured(range(60))
    sender = Sender(run)
    sender.skip()
    page.reload()
    assert page.apply(sender.snapshot()) == {}
    run.log_histogram("weights", values_at(60), step=60)
    assert page.apply(sender.take()) == {}
    (held,) = page.dump()["series"]
    assert (held["rows"], held["length"]) == (61, 17)
    total = sum(capture["total"] + capture["zeros"] for capture in held["captures"])
    assert total == sum(4 * step for step in range(61))
