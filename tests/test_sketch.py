"""Sketches: nothing is lost, merging is exact, and what is read off them is close to what numpy finds."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from nbviz import Sketch
from nbviz.formats.floatbits import CHUNK
from nbviz.formats.statistics import Statistics

quick = settings(max_examples=150, deadline=None)
few = st.integers(0, 40)
arrays = st.one_of(
    hnp.arrays(np.float64, few),
    hnp.arrays(np.float64, few, elements=st.floats(-1, 1)),
    hnp.arrays(np.float32, few),
    hnp.arrays(np.float16, few),
    hnp.arrays(np.int64, few),
    hnp.arrays(np.bool_, few),
    # Far from zero next to their spread, down to neighbouring floats.
    st.builds(
        lambda center, spread, shares: center * (1 + spread * shares),
        st.floats(1e-300, 1e300),
        st.sampled_from([0.0, 1e-16, 1e-9, 1e-3, 0.2]),
        hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1, 1)),
    ),
)
bits = st.integers(1, 6)
near_pivots = st.sampled_from([None, 0.0, 1.0, -0.3])
pivots = near_pivots | st.just(1e30)
EXACT = ("finite", "zeros", "nans", "positive_infinities", "negative_infinities", "minimum", "maximum")
FRACTIONS = np.array([0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999])


def assert_equal_counts(one: Sketch, two: Sketch) -> None:
    assert np.array_equal(one.bins, two.bins)
    assert (one.mantissa_bits, one.pivot) == (two.mantissa_bits, two.pivot)
    for name in EXACT:
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True), name


def assert_sound(sketch: Sketch) -> None:
    assert sketch.bins.dtype == np.int64 and (sketch.bins >= 0).all()
    assert sketch.bins.sum() == sketch.count == sketch.finite + sketch.nonfinite
    infinity = 255 << sketch.mantissa_bits
    beyond = [half[infinity:].sum() for half in np.split(sketch.bins, 2)]
    assert beyond == [sketch.positive_infinities + sketch.nans, sketch.negative_infinities]


# Counting


@quick
@given(arrays, bits, pivots)
def test_every_value_is_counted_once_and_statistics_are_those_of_numpy(
    values: NDArray[Any], mantissa_bits: int, pivot: float | None
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sketch = Sketch.of(values, mantissa_bits, pivot)
    assert_sound(sketch)
    numbers = values.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    with np.errstate(all="ignore"):
        assert (sketch.count, sketch.zeros) == (len(numbers), int((numbers == 0).sum()))
        assert sketch.nans == np.isnan(numbers).sum()
        assert (sketch.positive_infinities, sketch.negative_infinities) == (
            (numbers == np.inf).sum(),
            (numbers == -np.inf).sum(),
        )
        assert sketch.sum == pytest.approx(finite.sum(), rel=1e-12, abs=1e-12 * np.abs(finite).sum(), nan_ok=True)
        assert sketch.squares == pytest.approx(np.square(finite).sum(), rel=1e-12)
    assert np.array_equal(
        [sketch.minimum, sketch.maximum],
        [finite.min(), finite.max()] if len(finite) else [math.nan] * 2,
        equal_nan=True,
    )


@quick
@given(hnp.arrays(np.float32, few), bits)
def test_the_bins_are_the_first_bits_of_a_float32(values: NDArray[Any], mantissa_bits: int) -> None:
    finite = values[np.isfinite(values)]
    bins = Sketch.of(finite, mantissa_bits, pivot=0.0).bins
    expected = np.bincount(finite.view(np.uint32) >> (23 - mantissa_bits), minlength=len(bins))
    assert bins.tolist() == expected.tolist()


def test_large_arrays_are_counted_in_chunks_and_no_element_is_left_out() -> None:
    values = np.random.default_rng(0).normal(size=2 * CHUNK + 77).astype(np.float32)
    values[[0, CHUNK - 1, CHUNK, 2 * CHUNK + 76]] = np.nan, np.inf, 0.0, -np.inf
    sketch = Sketch.of(values)
    assert_sound(sketch)
    assert (sketch.count, sketch.finite, sketch.zeros, sketch.nans) == (len(values), len(values) - 3, 1, 1)
    assert (sketch.positive_infinities, sketch.negative_infinities) == (1, 1)
    finite = values[np.isfinite(values)].astype(np.float64)
    assert sketch.sum == pytest.approx(finite.sum(), rel=1e-12)
    assert (sketch.minimum, sketch.maximum) == (finite.min(), finite.max())


@pytest.mark.parametrize("pivot", [0.0, 1.0])
@pytest.mark.parametrize(
    "laid_out",
    [
        lambda values: values.T,
        lambda values: values[::-1, ::2].repeat(2, axis=1)[:, ::2].reshape(30, 2, -1),
        np.asfortranarray,
        lambda values: values.astype(">f4"),
        lambda values: np.broadcast_to(values[None], (1, 30, 40)),
        lambda values: np.frombuffer(b"x" + values.tobytes(), np.uint8)[1:].view(np.float32),
    ],
    ids=["transposed", "strided", "fortran", "big-endian", "broadcast", "unaligned"],
)
def test_layout_does_not_matter(laid_out: Callable[[NDArray[Any]], NDArray[Any]], pivot: float) -> None:
    values = np.random.default_rng(0).normal(1, 1, (30, 40)).astype(np.float32)
    found = laid_out(values)
    assert_equal_counts(Sketch.of(found, pivot=pivot), Sketch.of(np.array(found, np.float32), pivot=pivot))


@pytest.mark.parametrize("dtype", ["f2", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?", "g"])
def test_small_numbers_are_counted_alike_whatever_their_type(dtype: str) -> None:
    values = np.array([0, 1, 1, 0, 1]) if dtype == "?" else np.array([0, 1, 2, 3, 100, 100, 127])
    assert_equal_counts(Sketch.of(values.astype(dtype)), Sketch.of(values.astype(np.float32)))


def test_bfloat16_is_taken_as_codes_or_as_an_array_of_ml_dtypes() -> None:
    values = np.random.default_rng(0).normal(0, 1e-9, (50, 7)).astype(ml_dtypes.bfloat16)
    values[0, :3] = np.nan, np.inf, 1e38
    expected = Sketch.of(values.astype(np.float32))
    assert expected.nonfinite == 2
    for found in (
        Sketch.of(values),
        Sketch.of_bfloat16(values.view(np.uint16)),
        Sketch.of_bfloat16(values.T.view(np.uint16)),
    ):
        assert_equal_counts(found, expected)


@pytest.mark.parametrize("values", [["a"], [1j], object(), np.array(["2020"], "M8[D]"), [None]])
def test_what_are_no_numbers_is_refused(values: Any) -> None:
    with pytest.raises(TypeError, match="needs real numbers, got an array of"):
        Sketch.of(values)


def test_codes_of_another_type_are_refused() -> None:
    with pytest.raises(TypeError, match="an array of uint16, got one of int16"):
        Sketch.of_bfloat16(np.zeros(3, np.int16))


def test_what_no_float32_holds_is_counted_in_the_outermost_bins_and_known_by_the_extremes() -> None:
    sketch = Sketch.of([1e300, -1e200, 1e39, 1.0, 1e-300])
    outermost, half = (255 << 3) - 1, len(sketch.bins) // 2
    assert (sketch.bins[outermost], sketch.bins[half + outermost], sketch.bins[0], sketch.zeros) == (2, 1, 1, 0)
    assert (sketch.nonfinite, sketch.minimum, sketch.maximum) == (0, -1e200, 1e300)
    assert sketch.quantile([0, 1]).tolist() == [-1e200, 1e300]
    assert sketch.rebin([-1e201, -1e30, 1e30, 1e301]).tolist() == [1, 2, 2]


@pytest.mark.parametrize(("mantissa_bits", "pivot"), [(0, 0.0), (11, 0.0), (3, math.nan), (3, math.inf), (3, -1e39)])
def test_an_impossible_sketch_is_refused(mantissa_bits: int, pivot: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        Sketch(mantissa_bits, pivot)


# Pivots


@pytest.mark.parametrize(
    ("values", "pivot"),
    [
        (np.random.default_rng(0).normal(1, 0.02, 5000), 1.0),
        (np.random.default_rng(0).normal(-40, 1, 5000).astype(np.float32), -40.0),
        (np.ones(7), 1.0),
        (np.full(7, 0.1, np.float32), float(np.float32(0.1))),
        (np.random.default_rng(0).normal(1, 0.3, 5000), 0.0),  # a mean of less than four standard deviations
        (np.append(np.ones(500), 0.0), 0.0),  # a zero
        (np.zeros(5), 0.0),
        ([], 0.0),
        ([math.nan], 0.0),
        (np.full(5, 1e300), 0.0),
        (np.random.default_rng(0).normal(1e60, 1e58, 50), 0.0),  # beyond float32
        (np.full(5, 3e38), 3e38),
        ([3.4e38, 2.8e38, 3.4e38, 3.4e38], float(np.finfo(np.float32).max)),
        ([-1.3407807929942597e154], 0.0),  # of which the square is finite, and that of the mean is not
        (np.full(5, 1e-300), 0.0),
    ],
)  # fmt: skip
def test_a_pivot_is_near_the_mean_where_that_is_far_from_zero_and_nothing_is_zero(values: Any, pivot: float) -> None:
    assert Sketch.of(values).pivot == pivot


def test_captures_of_a_layer_that_drifts_a_little_share_a_pivot() -> None:
    rng = np.random.default_rng(0)
    assert {Sketch.of(rng.normal(1 + drift, 0.02, 2000)).pivot for drift in np.linspace(-0.01, 0.01, 9)} == {1.0}


def test_zeros_that_come_after_a_pivot_was_chosen_are_told_apart() -> None:
    sketch = Sketch.of(np.array([1.0, 1.01, 0.99] * 5, np.float32))
    sketch.add(np.zeros(5, np.float32))
    assert (sketch.pivot, sketch.zeros, sketch.rebin([-1, 0, 0.5, 2]).tolist()) == (1.0, 5, [0, 5, 15])
    assert sketch.quantile(0.1) == 0.0


# Merging


@quick
@given(st.lists(arrays, min_size=1, max_size=4), bits, st.sampled_from([0.0, 1.0, -3e-5]))
def test_the_sketch_of_all_is_the_sum_of_the_sketches_bit_for_bit(
    parts: list[NDArray[Any]], mantissa_bits: int, pivot: float
) -> None:
    together, one_by_one = Sketch(mantissa_bits, pivot), Sketch(mantissa_bits, pivot)
    for part in parts:
        together.merge(Sketch.of(part, mantissa_bits, pivot))
        one_by_one.add(part)
    assert_equal_counts(together, one_by_one)
    with np.errstate(all="ignore"):
        whole = Sketch.of(np.concatenate([part.astype(np.float64) for part in parts]), mantissa_bits, pivot)
    assert all(getattr(whole, name) == getattr(together, name) for name in EXACT[:5])
    if not pivot:  # of another type, what is left of a value less the pivot may round otherwise
        assert_equal_counts(together, whole)


@quick
@given(hnp.arrays(np.float32, st.integers(0, 200), elements=st.integers(-1000, 1000)), st.integers(0, 200))
def test_sums_of_integers_are_the_same_in_any_order(values: NDArray[Any], cut: int) -> None:
    assert Sketch.of(values, pivot=0.0) == Sketch.of(values[:cut], pivot=0.0) + Sketch.of(values[cut:], pivot=0.0)


@quick
@given(arrays, bits, bits, pivots)
def test_a_folded_sketch_is_the_sketch_of_fewer_bits(
    values: NDArray[Any], one: int, two: int, pivot: float | None
) -> None:
    coarse, fine = sorted((one, two))
    assert Sketch.of(values, fine, pivot).fold(coarse) == Sketch.of(values, coarse, pivot)


def test_four_bits_fold_to_three() -> None:
    values = np.random.default_rng(0).standard_cauchy(10_000).astype(np.float32)
    assert Sketch.of(values, 4).fold(3) == Sketch.of(values, 3)
    with pytest.raises(ValueError, match="of 3 mantissa bits cannot be folded to 4"):
        Sketch.of(values).fold(4)


def test_of_different_bits_the_finer_is_folded() -> None:
    values = np.arange(100, dtype=np.float32)
    for one, two in ((3, 5), (5, 3)):
        assert Sketch.of(values[:50], one, 0.0) + Sketch.of(values[50:], two, 0.0) == Sketch.of(values)


@quick
@given(arrays, arrays, pivots, pivots)
def test_of_different_pivots_no_count_is_lost_and_the_order_does_not_matter(
    one: NDArray[Any], two: NDArray[Any], first: float | None, second: float | None
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        left, right = Sketch.of(one, pivot=first), Sketch.of(two, pivot=second)
        both = left + right
    assert_sound(both)
    assert both == right + left
    assert both.count == len(one) + len(two) and both.pivot in (left.pivot, right.pivot, 0.0)


def test_of_different_pivots_the_one_nearer_to_the_mean_of_all_is_kept() -> None:
    rng = np.random.default_rng(0)
    early, late = rng.normal(1, 0.02, 9000), rng.normal(1.1, 0.02, 1000)
    one, two = Sketch.of(early), Sketch.of(late)
    assert (one.pivot, two.pivot) == (1.0, 1.09375)
    both, values = one + two, np.concatenate([early, late])
    assert both.pivot == 1.0
    assert np.abs(both.quantile(FRACTIONS) - np.quantile(values, FRACTIONS)).max() < 0.02 / 8
    assert (one + Sketch()).pivot == (Sketch() + one).pivot == 1.0
    assert (one + Sketch.of(-early)).pivot == 0.0


def test_sketches_stay_as_they_were_when_others_are_made_of_them() -> None:
    one, two = Sketch.of([1.0, 2.0]), Sketch.of([3.0])
    both, folded = one + two, one.fold(3)
    both.add([5.0])
    folded.add([6.0])
    assert (one.count, two.count) == (2, 1)


# Reading

SHAPES: dict[str, Callable[[np.random.Generator], NDArray[Any]]] = {
    "normal": lambda rng: rng.normal(0, 1, 200_000).astype(np.float32),
    "small": lambda rng: rng.normal(1e-9, 1e-7, 200_000).astype(np.float32),
    "laplace": lambda rng: rng.laplace(0, 3e-4, 200_000),
    "lognormal": lambda rng: rng.lognormal(0, 2, 200_000),
    "heavy": lambda rng: rng.standard_t(2, 200_000),
    "uniform": lambda rng: rng.uniform(-0.05, 0.05, 200_000),
    "relu": lambda rng: np.maximum(rng.normal(0, 1, 200_000), 0),
    "shifted": lambda rng: rng.normal(2, 1, 200_000),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_quantiles_are_close_to_those_of_numpy(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(1))
    expected = np.quantile(values.astype(np.float64), FRACTIONS)
    wanted = expected != 0
    off = np.abs(Sketch.of(values).quantile(FRACTIONS) - expected)
    assert (off[~wanted] == 0).all()
    relative = off[wanted] / np.abs(expected[wanted])
    assert np.median(relative) <= 0.005 and relative.max() <= 0.02


def smoothed(counts: NDArray[Any]) -> NDArray[np.float64]:
    """A row of a ridgeline, as shares."""
    padded = np.concatenate([counts[:1], counts, counts[-1:]])
    ridge: NDArray[np.float64] = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return ridge / ridge.sum()


def variation(sketch: Sketch, values: NDArray[Any]) -> float:
    edges = np.linspace(*np.quantile(values, [0.001, 0.999]), 65)
    expected = smoothed(np.histogram(values.astype(np.float64), edges)[0])
    return float(np.abs(smoothed(sketch.rebin(edges)) - expected).sum() / 2)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_ridge_differs_by_little_from_that_of_numpy(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(1))
    assert variation(Sketch.of(values), values) <= (0.005 if shape == "shifted" else 0.003)


@pytest.mark.parametrize("size", [4096, 200_000])
@pytest.mark.parametrize(("center", "spread"), [(1, 0.02), (1.207, 0.02), (-0.7, 0.1), (1, 1e-4)])
def test_the_ridge_of_a_layer_norm_is_true_with_a_pivot_and_not_without(
    size: int, center: float, spread: float
) -> None:
    values = np.random.default_rng(1).normal(center, spread, size).astype(np.float32)
    sketch = Sketch.of(values)
    assert sketch.pivot and variation(sketch, values) <= 0.015
    assert variation(Sketch.of(values, pivot=0.0), values) > 0.03
    off = np.abs(sketch.quantile(FRACTIONS) - np.quantile(values.astype(np.float64), FRACTIONS))
    assert off.max() <= 0.2 * spread


@quick
@given(arrays, near_pivots, hnp.arrays(np.float64, st.integers(1, 9), elements=st.floats(0, 1)))
def test_quantiles_lie_within_the_values_and_in_order(
    values: NDArray[Any], pivot: float | None, fractions: NDArray[Any]
) -> None:
    sketch = Sketch.of(values, pivot=pivot)
    if not sketch.finite:
        assert np.isnan(sketch.quantile(fractions)).all()
        return
    assert sketch.quantile([0.0, 1.0]).tolist() == [sketch.minimum, sketch.maximum]
    found = sketch.quantile(np.sort(fractions))
    assert found.shape == fractions.shape and (np.diff(found) >= -1e-15 * (np.abs(found[1:]) + abs(sketch.pivot))).all()
    assert found.min() >= sketch.minimum and found.max() <= sketch.maximum


@quick
@given(arrays, pivots, st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9, unique=True))
@example(np.array([1.0, -1.62407341e-156, 0.0]), None, [0.0, 1.0, -7.715001733711951e-226])
def test_rebinning_loses_nothing_between_its_edges(
    values: NDArray[Any], pivot: float | None, edges: list[float]
) -> None:
    sketch = Sketch.of(values, pivot=pivot)
    counts = sketch.rebin(sorted(edges))
    assert (counts >= 0).all() and counts.sum() <= sketch.finite + 1e-6
    if sketch.finite:
        with np.errstate(over="ignore"):
            outside = [np.nextafter(sketch.minimum, -np.inf), np.nextafter(sketch.maximum, np.inf)]
        assert sketch.rebin([*outside]).sum() == pytest.approx(sketch.finite)


def test_zeros_and_equal_values_are_where_they_are() -> None:
    sketch = Sketch.of([0.0, 0.0, -0.0, 1.0, 2.0], pivot=0.0)
    assert sketch.rebin([-1.0, 0.0, 0.5]).tolist() == [0, 3]
    assert sketch.rebin([-1.0, 0.0]).tolist() == [3]
    assert Sketch.of([7.0] * 4).rebin([0, 7, 8]).tolist() == [0, 4]
    assert Sketch.of([7.0] * 4).quantile(0.3) == 7.0


@pytest.mark.parametrize("edges", [[1.0], [[0, 1]], [1, 1], [0, math.nan], [2, 1]])
def test_edges_that_are_none_are_refused(edges: Any) -> None:
    with pytest.raises(ValueError, match="expected two edges or more, increasing"):
        Sketch.of([1.0]).rebin(edges)


def test_fractions_beyond_one_are_refused() -> None:
    with pytest.raises(ValueError, match="expected fractions from 0 to 1, got 50"):
        Sketch.of([1.0]).quantile(50)


@quick
@given(arrays, pivots)
def test_what_is_drawn_are_sound_bins_that_hold_all_but_zeros(values: NDArray[Any], pivot: float | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sketch = Sketch.of(values, pivot=pivot)
        drawn = sketch.histogram(7, 1.5)
    assert np.isfinite(drawn.edges).all() and (np.diff(drawn.edges) > 0).all()
    assert drawn.edges.shape == (len(drawn.counts) + 1,) and drawn.counts.dtype == drawn.edges.dtype == np.float64
    assert (drawn.counts >= 0).all() and drawn.counts.sum() + drawn.zeros == sketch.finite
    assert (drawn.step, drawn.wall_time, drawn.zeros, drawn.nonfinite) == (7, 1.5, sketch.zeros, sketch.nonfinite)
    if drawn.counts.any() and not drawn.zeros:  # as far as a float32 tells
        tolerance = 2.0**-23 * max(abs(sketch.minimum), abs(sketch.maximum), abs(sketch.pivot))
        assert drawn.edges[0] <= sketch.minimum + tolerance and drawn.edges[-1] >= sketch.maximum - tolerance


@pytest.mark.parametrize(
    "values", [[-1.3407807929942597e154], [1e39], [1e60, 1.1e60], [-1e300, 1.7976931348623157e308], [3.4e38]]
)
def test_what_lies_beyond_float32_is_drawn_where_it_lies(values: list[float]) -> None:
    drawn = Sketch.of(values, pivot=0.0).histogram(0, 0)
    assert drawn.counts.sum() == len(values) and (np.diff(drawn.edges) > 0).all()
    assert drawn.edges[0] <= min(values) and drawn.edges[-1] >= max(values)


@pytest.mark.parametrize("center", [0, 1])
def test_drawn_bins_agree_between_captures(center: float) -> None:
    rng = np.random.default_rng(0)
    one, two = (Sketch.of(rng.normal(center, spread, 5000)).histogram(0, 0).edges for spread in (0.02, 0.01))
    within = np.abs(two - center) > np.abs(one - center).min() * 1.01
    assert within.sum() > 60 and set(two[within]) <= set(one)


def test_both_the_bulk_and_the_smallest_magnitudes_are_drawn() -> None:
    drawn = Sketch.of(np.repeat([1e-6, 1.0, 0.0, -1e-4], [5, 7, 3, 2])).histogram(0, 0)
    assert drawn.counts[drawn.counts > 0].tolist() == [2, 5, 7] and drawn.zeros == 3
    assert drawn.edges[0] <= -1e-4 and drawn.edges[-1] >= 1.0 and len(drawn.counts) < 2 * 24 * 8 + 2


# Bytes


@quick
@given(arrays, bits, pivots)
def test_bytes_and_back(values: NDArray[Any], mantissa_bits: int, pivot: float | None) -> None:
    sketch = Sketch.of(values, mantissa_bits, pivot)
    found = Sketch.from_bytes(sketch.to_bytes())
    assert_equal_counts(found, sketch)
    assert (found.sum, found.squares, found.to_bytes()) == (sketch.sum, sketch.squares, sketch.to_bytes())
    assert found == sketch and found != Sketch.of([*values.tolist(), 2.0], mantissa_bits, pivot)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sketch_takes_little_more_than_half_a_kilobyte(shape: str) -> None:
    assert len(Sketch.of(SHAPES[shape](np.random.default_rng(1))).to_bytes()) <= 800


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3), st.booleans())
def test_bytes_that_were_changed_are_refused_with_a_sentence_or_are_a_sound_sketch(
    at: int, put: bytes, cut: bool
) -> None:
    import zlib

    data = Sketch.of(np.arange(-3.0, 40)).to_bytes()
    content = bytearray(zlib.decompress(data[1:]))
    at %= len(content)
    content[at : at + len(put)] = put
    try:
        sketch = Sketch.from_bytes(data[:1] + zlib.compress(bytes(content[:at] if cut else content)))
    except ValueError as error:
        assert str(error).startswith("this is no sketch: ")
    else:
        assert_sound(sketch)
        sketch.histogram(0, 0)


@pytest.mark.parametrize(
    "data", [b"", b"\x01", b"\x02abc", b"\x01abc", Sketch.of([1.0]).to_bytes()[:-1], Sketch.of([1.0]).to_bytes() + b"x"]
)
def test_what_is_no_sketch_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="this is no sketch"):
        Sketch.from_bytes(data)


# From elsewhere


def test_counts_of_all_bits_as_a_kernel_makes_them_become_a_sketch() -> None:
    values = np.array([1, -2, 0, -0.0, np.nan, np.inf, -np.inf, 3], np.float32)
    odd = np.array([0xFF800001, 0x7F800001, 0x7FC00000], np.uint32).view(
        np.float32
    )  # NaN in the bins of infinities, too
    values = np.concatenate([values, odd])
    bins = np.bincount(values.view(np.uint32) >> 20, minlength=4096)
    statistics = Statistics()
    statistics.take(values)
    assert_equal_counts(Sketch.of_counts(bins, statistics), Sketch.of(values))
    statistics.finite += 1
    with pytest.raises(ValueError, match="expected counts of 6 finite values, got 5"):
        Sketch.of_counts(bins, statistics)
    with pytest.raises(ValueError, match="bins, got shape"):
        Sketch.of_counts(bins[:-1], statistics)
