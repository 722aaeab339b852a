"""Histograms with fewer bins and of several captures: every value stays counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbviz.formats.items.sketched import Sketched
from nbviz.formats.sketch import Sketch
from nbviz.rebin import BINS, Pyramid, fold, fold_sketched, merge
from nbviz.series import Histogram

quick = settings(max_examples=150, deadline=None)


def captured(values: list[float], step: int = 0) -> Histogram:
    return replace(Sketch.of(values).histogram(step, float(step)), sketch=None)


def with_edges(edges: list[float]) -> Histogram:
    ordered = np.unique(np.array(edges) + 0.0)
    return Histogram(0, 0.0, np.arange(1.0, len(ordered)), ordered)


values = st.lists(st.one_of(st.floats(-1e6, 1e6), st.floats()), max_size=60)
any_edges = st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=300, unique=True).map(with_edges)
# Edges that are neighbouring floats, among which a transform may not tell.
tight_edges = st.builds(
    lambda start, bins: with_edges((start + np.spacing(start) * np.arange(bins + 1)).tolist()),
    st.floats(1.0, 1.5),
    st.integers(1, 300),
)
captures = st.one_of(values.map(captured), any_edges, tight_edges)


@quick
@given(captures, st.integers(4, 120))
def test_a_fold_joins_neighbours_and_splits_no_count(capture: Histogram, limit: int) -> None:
    folded = fold(capture, limit)
    assert len(folded.counts) <= limit
    assert np.isin(folded.edges, capture.edges).all()
    assert folded.edges[[0, -1]].tolist() == capture.edges[[0, -1]].tolist()
    assert folded.counts.sum() == capture.counts.sum()
    below = np.concatenate([[0.0], np.cumsum(capture.counts)])
    kept = np.searchsorted(capture.edges, folded.edges)
    assert np.array_equal(folded.counts, np.diff(below[kept]))


@quick
@given(captures, st.integers(4, 120))
def test_a_fold_keeps_the_bin_that_holds_zero(capture: Histogram, limit: int) -> None:
    folded = fold(capture, limit)
    right = int(np.searchsorted(capture.edges, 0, side="right"))
    if 0 < right < len(capture.edges):
        place = int(np.searchsorted(folded.edges, 0, side="right"))
        assert folded.edges[place - 1 : place + 1].tolist() == capture.edges[right - 1 : right + 1].tolist()
        assert folded.counts[place - 1] == capture.counts[right - 1]


mixed_sketches = st.lists(
    st.builds(
        lambda values, bits, pivot: Sketched(3, 1.5, Sketch.of(values, bits, pivot).to_bytes(), 2, 1),
        values,
        st.integers(2, 5),
        st.sampled_from([None, 0.0, 1.0, -1e3]),
    ),
    max_size=8,
)


@quick
@given(mixed_sketches)
def test_sketches_are_drawn_and_folded_together_as_each_by_itself(sketched: list[Sketched]) -> None:
    for ours, one in zip(fold_sketched(sketched), map(Sketched.histogram, sketched), strict=True):
        theirs = fold(one)
        assert ours.counts.tolist() == theirs.counts.tolist()
        assert ours.edges.tolist() == theirs.edges.tolist()
        assert vars(ours).keys() == vars(theirs).keys()
        assert all(vars(ours)[name] == vars(theirs)[name] for name in vars(ours).keys() - {"counts", "edges"})


def test_a_capture_with_few_bins_is_left_alone() -> None:
    capture = captured([1.0, 2.0, -3.0])
    assert fold(capture, len(capture.counts)) is capture


def test_a_fold_says_when_and_of_what_it_was() -> None:
    capture = Histogram(7, 1.5, np.ones(200), np.linspace(-1, 1, 201), nonfinite=3, zeros=5)
    folded = fold(capture, 20)
    assert (folded.step, folded.wall_time, folded.nonfinite, folded.zeros) == (7, 1.5, 3, 5)


def test_a_fold_resolves_every_decade_of_both_signs() -> None:
    magnitudes = np.geomspace(1e-3, 1e3, 500)
    folded = fold(with_edges([*(-magnitudes), *magnitudes]))
    for decade in (1e-2, 1e-1, 1.0, 1e1, 1e2):
        for sign in (-1, 1):
            inside = (sign * folded.edges >= decade) & (sign * folded.edges <= 10 * decade)
            assert inside.sum() >= 4, f"around {sign * decade}"


@quick
@given(captures, captures)
def test_a_merge_counts_every_value_of_both(first: Histogram, second: Histogram) -> None:
    both = merge(first, second)
    total = first.counts.sum() + second.counts.sum()
    assert both.counts.sum() == pytest.approx(total, rel=1e-9)
    assert (both.counts >= -1e-9 * (1 + total)).all()
    assert both.nonfinite == first.nonfinite + second.nonfinite
    assert both.zeros == first.zeros + second.zeros
    assert len(both.counts) <= BINS
    assert (np.diff(both.edges) > 0).all()
    assert both.edges[0] <= min(first.edges[0], second.edges[0])
    assert both.edges[-1] >= max(first.edges[-1], second.edges[-1])


def test_captures_with_the_same_edges_add_up_exactly_at_the_later_step() -> None:
    first = Histogram(1, 10.0, np.array([1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
    second = Histogram(2, 20.0, np.array([10.0, 20.0]), np.array([0.0, 1.0, 2.0]))
    both = merge(first, second)
    assert (both.step, both.wall_time, both.counts.tolist()) == (2, 20.0, [11.0, 22.0])


def test_a_merge_leaves_the_bins_around_zero_whole() -> None:
    first = Histogram(0, 0.0, np.array([1.0, 90.0, 1.0]), np.array([-1.0, -0.1, 0.1, 1.0]))
    second = Histogram(1, 1.0, np.array([1.0, 80.0, 1.0]), np.array([-1.0, -0.2, 0.05, 1.0]))
    both = merge(first, second)
    assert both.edges.tolist() == [-1.0, -0.2, 0.1, 1.0]
    assert both.counts[1] == pytest.approx(170, abs=0.3)


def single(step: int) -> Histogram:
    return Histogram(step, float(step), np.array([1.0, 2.0]), np.array([0.0, 1.0, 2.0]))


@quick
@given(st.integers(0, 700), st.integers(1, 64))
def test_a_pyramid_is_read_within_its_bound_and_counts_everything_once(length: int, limit: int) -> None:
    pyramid = Pyramid(64)
    for step in range(length):
        pyramid.append(single(step))
    held = pyramid.at_most(limit)
    assert len(held) <= max(limit, length.bit_length())
    assert sum(capture.counts.sum() for capture in held) == 3 * length
    steps = [capture.step for capture in held]
    assert steps == sorted(set(steps))
    assert not length or steps[-1] == length - 1
    if length <= limit:
        assert steps == list(range(length))


def test_a_pyramid_that_grows_keeps_to_its_bound() -> None:
    pyramid = Pyramid(16)
    for step in range(2000):
        pyramid.append(single(step))
        if step % 7 == 0:
            assert len(pyramid.at_most(16)) <= 16
    assert sum(capture.counts.sum() for capture in pyramid.at_most(16)) == 6000


def test_a_pyramid_folds_what_it_takes_and_gives_the_new_ones() -> None:
    pyramid = Pyramid(16)
    for step in range(5):
        pyramid.append(Histogram(step, 0.0, np.ones(500), np.linspace(-1, 1, 501)))
    found = pyramid.since(3)
    assert found is not None
    assert [(capture.step, len(capture.counts) <= BINS) for capture in found] == [(3, True), (4, True)]


def held_by(pyramid: Pyramid) -> int:
    return sum(len(level._nodes) for level in pyramid._levels)


def test_a_long_history_takes_no_more_room_than_a_short_one() -> None:
    pyramid = Pyramid(16)
    most = 0
    for step in range(4000):
        pyramid.append(single(step))
        if step % 3 == 0:
            held = pyramid.at_most(16)
            assert sum(capture.captures for capture in held) == step + 1
            assert sum(capture.counts.sum() for capture in held) == 3 * (step + 1)
        most = max(most, held_by(pyramid))
    assert most < 200
    newest = pyramid.since(3984)
    assert newest is not None and [capture.step for capture in newest] == list(range(3984, 4000))
    assert pyramid.since(3900) is None


def test_captures_that_were_marked_stay_whole_and_the_others_count_everything() -> None:
    pyramid = Pyramid(32, marks=[100, 333])
    for step in range(0, 1000, 2):
        pyramid.append(single(step))
    held = pyramid.at_most(16)
    assert {capture.step: capture.captures for capture in held if capture.step in (100, 334)} == {100: 1, 334: 1}
    assert len(held) <= 16 + 2 * 2 and sum(capture.captures for capture in held) == 500
    assert [capture.step for capture in held] == sorted(capture.step for capture in held)


def test_a_merged_capture_says_of_how_many_captures_and_steps_it_is() -> None:
    first, second = replace(single(9), captures=4, first_step=2), single(12)
    both = merge(first, second)
    assert (both.captures, both.first_step, both.step) == (5, 2, 12)
    assert repr(both) == ("<Histogram at step 12: sum of 5 captures from step 2 on, 6 values in 2 bins from 0 to 2>")


def test_what_came_as_a_sum_is_not_given_one_by_one() -> None:
    pyramid = Pyramid(16)
    for capture in (replace(single(3), captures=3, first_step=1), single(4), single(5)):
        pyramid.append(capture)
    newest = pyramid.since(3)
    assert pyramid.captured == 5 and newest is not None and len(newest) == 2
    assert pyramid.since(0) is None and pyramid.since(2) is None
