"""Captures of a run: what is logged of a tensor, by its values, as a sketch or as a histogram made elsewhere."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

from nbviz import Histogram, NbvizWarning, Run, Sketch


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
    assert (capture.sketch.nans, capture.sketch.positive_infinities) == (1, 1)  # type: ignore[union-attr]


def test_zeros_are_counted_apart() -> None:
    capture = logged([0.0, -0.0, 1.0, 1e-30])
    assert (capture.counts.sum(), capture.zeros) == (2, 2)
    assert repr(capture) == "<Histogram at step 0: 2 values in 193 bins from -6.706e-08 to 1.125; 2 zeros>"


@pytest.mark.parametrize("values", [[], np.empty((0, 3)), [math.nan]])
def test_without_a_finite_value_there_is_one_empty_bin(values: Any) -> None:
    capture = logged(values)
    assert capture.counts.tolist() == [0] and capture.edges.tolist() == [-1, 1]


@pytest.mark.parametrize("value", [1.0, -3.5, 1e-5, 1e17, -1e300, 1.7976931348623157e308, 1e-40, 5e-324])
def test_equal_values_share_a_bin_around_them(value: float) -> None:
    capture = logged(np.full(9, value))
    (filled,) = np.flatnonzero(capture.counts)
    assert capture.counts[filled] == 9
    assert capture.edges[filled] <= value <= capture.edges[filled + 1]


def test_neighbouring_floats_are_binned() -> None:
    assert logged([1.0, np.nextafter(1.0, 2.0)]).counts.sum() == 2


def test_values_far_from_zero_have_fine_bins_around_their_mean() -> None:
    values = np.random.default_rng(0).normal(1, 0.02, 1000)
    capture = logged(values)
    assert np.count_nonzero(capture.counts) > 50
    assert (capture.edges[0], capture.edges[-1]) == pytest.approx((values.min(), values.max()), abs=0.01)


def test_a_capture_is_held_as_the_bytes_of_its_sketch_and_decoded_when_asked_for() -> None:
    run, values = Run(), np.random.default_rng(0).normal(size=10_000).astype(np.float32)
    run.log(loss=1.0, step=4)
    run.log_histogram("weights", values)
    run.log_sketch("weights", Sketch.of(values, 4), step=6)
    one, two = run["weights"]
    assert one.sketch == Sketch.of(values) and two.sketch == Sketch.of(values, 4)
    assert (one.step, two.step) == (4, 6) and len(two.counts) > 1.9 * len(one.counts)
    assert [capture.step for capture in run["weights"][:]] == [4, 6]
    run.rewind(6)
    run.log_histogram("weights", counts=[1], edges=[0, 1], step=7)
    assert [capture.sketch is None for capture in run["weights"]] == [False, True]


def test_a_sketch_is_kept_as_it_was_when_it_was_logged() -> None:
    run, sketch = Run(), Sketch.of([1.0, 2.0])
    run.log_sketch("weights", sketch)
    sketch.add([3.0])
    assert run["weights"][0].counts.sum() == 2


def test_what_is_no_sketch_is_left_out_with_one_sentence() -> None:
    run = Run()
    with pytest.warns(NbvizWarning, match=r"log_sketch\(\) ignored 'weights': expected a Sketch, got a list"):
        run.log_sketch("weights", [1.0])  # type: ignore[arg-type]
    assert run.tags() == []


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
    capture = logged(values)
    assert capture.counts.sum() + capture.zeros == 4


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
