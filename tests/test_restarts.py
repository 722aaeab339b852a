"""Restarts: which rows a restarted run logged anew, by the rule in nbviz/restarts.py, spelled out here row by row."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbviz.restarts import Restarts
from nbviz.run import Run
from nbviz.series import ScalarSeries

Row = tuple[int, float, int]
"""Step, wall time, source."""


def series_of(*rows: Row, block: int = 1) -> ScalarSeries:
    """The rows in blocks of at most ``block`` rows, each of one source."""
    series = ScalarSeries("loss")
    at = 0
    while at < len(rows):
        size = next((i for i in range(1, block) if at + i == len(rows) or rows[at + i][2] != rows[at][2]), block)
        steps, walls, sources = zip(*rows[at : at + size], strict=True)
        series.extend(steps, walls, np.zeros(size), sources[0])
        at += size
    return series


def flags(*rows: Row) -> list[int]:
    """The numbers of the superseded rows."""
    return np.flatnonzero(series_of(*rows).superseded).tolist()


def in_turn(steps: Sequence[int], source: int = 0, wall: float = 0.0) -> list[Row]:
    return [(step, wall + i, source) for i, step in enumerate(steps)]


# The rule


def test_a_run_that_goes_on_has_no_superseded_rows() -> None:
    assert flags(*in_turn([0, 1, 2, 2, 5])) == []
    assert flags(*in_turn([0, 1, 2]), *in_turn([3, 4], source=1, wall=9)) == []


def test_a_further_source_is_measured_by_the_last_rows_of_the_others_though_their_clocks_went_back() -> None:
    others = [*in_turn([0, 1], wall=50), (2, 3.0, 0)]
    assert flags(*others, *in_turn([1, 2], source=1, wall=5)) == [1, 2]
    assert flags(*others, *in_turn([0], source=2, wall=40), *in_turn([1, 2], source=1, wall=5)) == [0, 1, 2]


def test_a_step_that_goes_back_to_one_logged_before_supersedes_all_from_there_on() -> None:
    assert flags(*in_turn([0, 1, 2, 3, 1, 2])) == [1, 2, 3]


def test_a_step_that_goes_back_to_one_never_logged_is_merely_out_of_order() -> None:
    assert flags(*in_turn([0, 10, 20, 30, 15, 40])) == []


def test_a_step_that_goes_back_with_the_wall_time_is_merely_out_of_order() -> None:
    assert flags((0, 0.0, 0), (1, 2.0, 0), (2, 3.0, 0), (1, 2.5, 0)) == []


def test_the_first_row_of_a_new_file_need_not_repeat_a_step() -> None:
    assert flags(*in_turn([0, 10, 20, 30]), *in_turn([15, 25], source=1, wall=9)) == [2, 3]


def test_a_new_file_that_repeats_the_last_step_supersedes_it() -> None:
    assert flags(*in_turn([0, 10, 20]), *in_turn([20, 30], source=1, wall=9)) == [2]


def test_two_files_written_at_the_same_time_are_no_restart() -> None:
    assert flags(*in_turn([0, 1, 2, 3]), *in_turn([0, 1, 2, 3], source=1, wall=0.5)) == []


def test_a_file_that_an_older_one_goes_on_after_is_told_apart_by_its_own_steps() -> None:
    assert flags((0, 0.0, 0), (5, 1.0, 0), (6, 9.0, 1), (6, 10.0, 0), (7, 11.0, 1), (7, 12.0, 0)) == []


def test_a_restart_at_an_earlier_step_covers_one_at_a_later() -> None:
    series = series_of(*in_turn([0, 1, 2, 3, 4, 3, 4, 1, 2]))
    assert np.flatnonzero(series.superseded).tolist() == [1, 2, 3, 4, 5, 6]
    assert series.restarts.staircase() == ((7, 1),)


def test_restarts_at_ever_later_steps_make_a_staircase() -> None:
    series = series_of(*in_turn([0, 1, 2, 1, 2, 3, 4, 3, 4]))
    assert np.flatnonzero(series.superseded).tolist() == [1, 2, 5, 6]
    assert series.restarts.staircase() == ((3, 1), (7, 3))


def test_a_wall_time_that_is_no_number_is_neither_earlier_nor_later() -> None:
    nan = float("nan")
    assert flags((0, nan, 0), (1, nan, 0), (0, 5.0, 0)) == [0, 1]
    assert flags((0, 1.0, 0), (1, 2.0, 0), (0, nan, 0)) == [0, 1]
    assert flags((0, 1.0, 0), (1, nan, 0), (0, nan, 1)) == [0, 1]


def test_a_declared_restart_supersedes_what_is_there_and_nothing_that_follows() -> None:
    run = Run("run")
    run.extend("loss", [0, 1, 2], [0, 1, 2], [0, 0, 0])
    run.extend("accuracy", [0, 2], [0, 2], [0, 0])
    run.restart(np.int64(1))  # type: ignore[arg-type]
    run.extend("loss", [1, 2], [3, 4], [0, 0])
    assert run["loss"].superseded.tolist() == [False, True, True, False, False]
    assert run["accuracy"].superseded.tolist() == [False, True]
    assert run["accuracy"].restarts.staircase() == ((2, 1),) and type(run["accuracy"].restarts.staircase()[0][1]) is int


def test_a_declared_restart_beyond_the_last_step_changes_nothing() -> None:
    run = Run("run")
    run.restart(0)
    run.extend("loss", [0, 1, 2], [0, 1, 2], [0, 0, 0])
    run.restart(3)
    assert not run["loss"].restarts
    assert run["loss"].restarts.changes == 0


def test_a_live_run_that_logs_a_step_again_supersedes_the_rows_from_there_on() -> None:
    run = Run("run", clock=iter(range(99)).__next__)
    for step in (0, 1, 2, 1, 2):
        run.log(loss=1.0, step=step)
    assert run["loss"].superseded.tolist() == [False, True, True, False, False]


def test_the_last_step_of_a_run_is_none_that_was_superseded() -> None:
    run = Run("run")
    run.extend("loss", [0, 10, 20], [0, 1, 2], [0, 0, 0])
    run.extend("loss", [10], [3], [0])
    assert run.last_step == 10
    run.restart(5)
    assert run.last_step == 0
    run.extend("loss", [7], [4], [0])
    assert run.last_step == 7


def test_a_rewind_leaves_the_flags_of_the_rows_that_stay() -> None:
    series = series_of(*in_turn([0, 1, 2, 3, 4, 5]), *in_turn([2, 3], 1, 9), *in_turn([3, 4, 5], 2, 19))
    series.rewind(4)
    assert series.steps.tolist() == [0, 1, 2, 3, 2, 3, 3]
    assert series.superseded.tolist() == [False, False, True, True, False, True, False]
    series.extend([4, 5], [30, 31], [0, 0], 2)
    assert not series.superseded[-3:].any()
    series.extend([2], [32], [0], 2)
    assert np.flatnonzero(~series.superseded).tolist() == [0, 1, 9]


def test_what_a_rewind_takes_back_was_not_logged_before() -> None:
    series = series_of(*in_turn([0, 1, 2, 3]))
    series.rewind(2)
    series.extend([2, 3], [9, 10], [0, 0])
    assert not series.superseded.any()
    series.rewind(0)
    series.extend([0, 1], [11, 12], [0, 0])
    assert not series.superseded.any()


# The rule, row by row


def oracle(rows: Sequence[Row]) -> list[bool]:
    superseded: list[bool] = []
    ends: dict[int, tuple[int, float]] = {}
    for i, (step, wall, source) in enumerate(rows):
        before = [row[0] for row in rows[:i]]
        if source in ends:
            restarted = step < ends[source][0] and not wall < ends[source][1] and step in before
        else:
            restarted = i > 0 and step <= max(before) and not any(wall < end for _, end in ends.values())
        if restarted:
            superseded = [flag or other >= step for flag, other in zip(superseded, before, strict=True)]
        superseded.append(False)
        ends[source] = (step, wall)
    return superseded


walls = st.one_of(st.floats(0, 20), st.just(float("nan")))
histories = st.one_of(
    st.lists(st.tuples(st.integers(-3, 8), walls, st.integers(0, 2)), max_size=40),
    # Wall times that go on, as they nearly always do.
    st.lists(st.tuples(st.integers(-3, 8), st.integers(0, 2)), max_size=60).map(
        lambda rows: [(step, float(i), source) for i, (step, source) in enumerate(rows)]
    ),
)


@given(histories, st.integers(1, 60))
@example([(0, 0.0, 0), (1, 1.0, 1), (0, 2.0, 1), (2, 3.0, 1), (1, 4.0, 1)], 4)
def test_blocks_of_any_size_give_what_the_rule_says_of_each_row(rows: list[Row], block: int) -> None:
    assert series_of(*rows, block=block).superseded.tolist() == oracle(rows)


@given(histories)
def test_the_staircase_says_what_the_flags_say(rows: list[Row]) -> None:
    series = series_of(*rows)
    stairs = series.restarts.staircase()
    assert all(low[0] < high[0] and low[1] < high[1] for low, high in pairwise(stairs))
    said = [any(row < end and step >= start for end, start in stairs) for row, (step, *_) in enumerate(rows)]
    assert said == series.superseded.tolist()


@given(st.lists(st.integers(1, 50), min_size=2, max_size=60), st.integers(1, 20))
def test_a_staircase_cut_short_shows_no_superseded_row(gains: list[int], limit: int) -> None:
    restarts = Restarts()
    steps = np.concatenate([np.arange(start, start + 100) for start in np.cumsum(gains).tolist()])
    for start in range(0, len(steps), 100):
        restarts.extend(steps, np.arange(float(len(steps))), start, start + 100, 0)
    stairs = restarts.staircase(limit)
    assert len(stairs) == min(limit, len(restarts.staircase(999)))
    hidden = [any(row < end and step >= start for end, start in stairs) for row, step in enumerate(steps.tolist())]
    assert (np.array(hidden) >= restarts.superseded(steps)).all()
    assert not any(hidden[-100:])


def test_a_long_staircase_is_cut_where_steps_lie_closest() -> None:
    series = series_of(*in_turn([0, 10, 0, 10, 20, 10, 11, 20, 11, 30, 40, 30]))
    assert series.restarts.staircase() == ((2, 0), (5, 10), (8, 11), (11, 30))
    assert series.restarts.staircase(3) == ((2, 0), (8, 10), (11, 30))
    assert series.restarts.staircase(1) == ((11, 0),)


@pytest.mark.parametrize("restarted", [False, True])
def test_restarts_are_found_without_masked_arrays(restarted: bool) -> None:
    code = (
        "import sys, numpy; from nbviz.series import ScalarSeries; before = 'numpy.ma' in sys.modules; "
        "series = ScalarSeries('a'); series.extend(range(9), range(9), range(9)); "
        f"series.extend([{3 if restarted else 9}], [9], [0]); series.superseded; "
        f"assert bool(series.restarts) is {restarted}; print('numpy.ma' in sys.modules and not before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
