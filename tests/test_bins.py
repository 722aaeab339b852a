"""Values to bins: nothing is lost, the bins are sound, and quantiles read off them are close."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from nbviz import Histogram, NbvizWarning, Run
from nbviz.formats.bins import UNIFORM_BINS, bin_values

quick = settings(max_examples=150, deadline=None)
arrays = st.one_of(
    hnp.arrays(np.float64, st.integers(0, 40)),
    hnp.arrays(np.float64, st.integers(0, 40), elements=st.floats(-1, 1)),
    hnp.arrays(np.float32, st.integers(0, 40)),
    hnp.arrays(np.float16, st.integers(0, 40)),
    hnp.arrays(np.int64, st.integers(0, 40)),
    # Far from zero next to their spread, down to neighbouring floats.
    st.builds(
        lambda center, spread, shares: center * (1 + spread * shares),
        st.floats(1e-300, 1e300),
        st.sampled_from([0.0, 1e-16, 1e-9, 1e-3, 0.2]),
        hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1, 1)),
    ),
)


@quick
@given(arrays)
def test_counts_are_those_of_numpy_between_the_same_edges(values: NDArray[Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        counts, edges, nonfinite = bin_values(values)
    numbers = values.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    assert np.array_equal(counts, np.histogram(finite, edges)[0])
    assert counts.sum() == len(finite) and nonfinite == len(numbers) - len(finite)


@quick
@given(arrays)
def test_edges_are_finite_and_increasing(values: NDArray[Any]) -> None:
    counts, edges, _ = bin_values(values)
    assert np.isfinite(edges).all() and (np.diff(edges) > 0).all()
    assert edges.shape == (len(counts) + 1,)
    assert counts.dtype == edges.dtype == np.float64


def quantiles(counts: NDArray[Any], edges: NDArray[Any], shares: NDArray[Any]) -> NDArray[Any]:
    below = np.concatenate([[0], np.cumsum(counts)])
    found: NDArray[Any] = np.interp(shares * counts.sum(), below, edges)
    return found


@pytest.mark.parametrize(("center", "spread"), [(0, 1), (0, 1e-7), (0, 3e30), (1, 0.02), (-40, 1), (0.5, 1)])
def test_quantiles_read_off_the_bins_are_close_to_those_of_the_values(center: float, spread: float) -> None:
    values = np.random.default_rng(0).normal(center, spread, 20_000)
    counts, edges, _ = bin_values(values)
    shares = np.array([0.01, 0.1, 0.25, 0.4, 0.6, 0.75, 0.9, 0.99])
    assert np.abs(quantiles(counts, edges, shares) - np.quantile(values, shares)).max() < 0.05 * spread


def test_both_the_bulk_and_the_smallest_magnitudes_are_resolved() -> None:
    values = np.concatenate([np.full(5, 1e-6), np.full(7, 1.0), np.zeros(3), np.full(2, -1e-4)])
    counts, edges, _ = bin_values(values)
    assert list(counts[counts > 0]) == [2, 3, 5, 7]
    assert len(counts) < 2 * 24 * 8 + 2
    assert edges[0] <= -1e-4 and edges[-1] >= 1.0


def logged(values: Any) -> Histogram:
    run = Run()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.log_histogram("weights", values)
    assert run.problems == []
    capture: Histogram = run["weights"][0]
    return capture


def test_values_that_are_not_finite_are_counted_apart() -> None:
    capture = logged([1.0, math.nan, math.inf, -math.inf, 2.0])
    assert (capture.counts.sum(), capture.nonfinite) == (2, 3)


@pytest.mark.parametrize("values", [[], np.empty((0, 3)), [math.nan]])
def test_without_a_finite_value_there_is_one_empty_bin(values: Any) -> None:
    capture = logged(values)
    assert capture.counts.tolist() == [0] and capture.edges.tolist() == [-1, 1]


@pytest.mark.parametrize("value", [1.0, -3.5, 1e-5, 1e17, -1e300, 1.7976931348623157e308, 1e-40, 5e-324, 0.0])
def test_equal_values_share_a_bin_around_them(value: float) -> None:
    capture = logged(np.full(9, value))
    (filled,) = np.flatnonzero(capture.counts)
    assert capture.counts[filled] == 9
    assert capture.edges[filled] <= value <= capture.edges[filled + 1]


def test_neighbouring_floats_are_binned() -> None:
    assert logged([1.0, np.nextafter(1.0, 2.0)]).counts.sum() == 2


def test_values_far_from_zero_are_spread_over_equal_bins() -> None:
    capture = logged(np.random.default_rng(0).normal(1, 0.02, 1000))
    assert len(capture.counts) == UNIFORM_BINS
    assert np.ptp(np.diff(capture.edges)) < 1e-12


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3, 4],
        np.array([True, False, True, False]),
        np.ones(4, np.float16),
        np.ones((2, 2)),
        np.arange(4, dtype=np.uint8),
        range(4),
    ],
)
def test_numbers_of_any_type_and_shape_are_binned(values: Any) -> None:
    assert logged(values).counts.sum() == 4


def test_torch_tensors_are_binned_as_they_are() -> None:
    torch = pytest.importorskip("torch")
    assert logged(torch.ones(2, 3, dtype=torch.bfloat16, requires_grad=True)).counts.sum() == 6
    large = logged(torch.tensor([1e300, -1e300], dtype=torch.float64))
    assert (large.counts.sum(), large.nonfinite) == (2, 0)


def test_a_histogram_made_elsewhere_keeps_its_edges_and_is_copied() -> None:
    run, counts, edges = Run(), np.array([1.0, 2.0]), np.array([0.0, 1.0, 4.0])
    run.log_histogram("weights", counts=counts, edges=edges, step=4)
    counts[:] = edges[:] = 9.0
    capture = run["weights"][0]
    assert (capture.counts.tolist(), capture.edges.tolist(), capture.step) == ([1, 2], [0, 1, 4], 4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "either values, or counts= and edges= together"),
        ({"counts": [1]}, "either values, or counts= and edges= together"),
        ({"values": [1.0], "counts": [1], "edges": [0, 1]}, "either values, or counts="),
        ({"counts": [1, 2], "edges": [0, 1]}, r"counts \(k,\) and edges \(k \+ 1,\), got shapes \(2,\) and \(2,\)"),
        ({"counts": [], "edges": [0]}, "got shapes"),
        ({"counts": [[1]], "edges": [0, 1]}, "got shapes"),
        ({"counts": [1], "edges": [1, 1]}, "finite, increasing edges"),
        ({"counts": [1], "edges": [0, math.inf]}, "finite, increasing edges"),
        ({"counts": [-1], "edges": [0, 1]}, "counts that are not negative"),
        ({"values": ["a", "b"]}, "needs real numbers"),
        ({"values": [1j]}, "needs real numbers"),
        ({"values": [[1.0], [1.0, 2.0]]}, "ignored 'weights'"),
        ({"values": object()}, "needs real numbers"),
    ],
)
def test_what_is_no_histogram_is_left_out_with_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    run = Run()
    with pytest.warns(NbvizWarning, match=sentence) as seen:
        run.log_histogram("weights", **arguments)
        run.log_histogram("weights", **arguments)
    assert len(seen) == 1 and run.tags() == []


def test_a_histogram_without_a_step_belongs_to_the_latest_log() -> None:
    run = Run()
    run.log_histogram("weights", [1.0])
    run.log(loss=1.0, step=10)
    run.log_histogram("weights", [1.0])
    run.log(loss=1.0, step=3)
    run.log_histogram("weights", [1.0])
    run.log_histogram("weights", [1.0], step=50)
    run.log(loss=1.0)
    assert run["weights"].steps.tolist() == [0, 10, 3, 50]
    assert run["loss"].steps.tolist() == [10, 3, 11]
