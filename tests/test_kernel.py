"""The CUDA kernel, compiled for the host, counts as numpy does: bit for bit, whatever it is given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from nbviz.capture.cuda.sketcher import CudaSketcher  # noqa: E402
from nbviz.capture.cuda.table import ENTRY, ROW_WORDS, TABLE, begin, sketches_of, table_of  # noqa: E402
from nbviz.capture.layer import Layer  # noqa: E402
from nbviz.capture.sketchers import Wanted, count  # noqa: E402
from nbviz.formats.sketch import Sketch  # noqa: E402
from tests.kernel_on_host import HostDevice, kernel, launch  # noqa: E402
from tests.watched import ends  # noqa: E402

DTYPES = [torch.float32, torch.bfloat16, torch.float16, torch.float64]
BITS = {torch.float32: torch.int32, torch.bfloat16: torch.int16, torch.float16: torch.int16, torch.float64: torch.int64}
EXACT = ("finite", "zeros", "nans", "positive_infinities", "negative_infinities")


def counted(*wanted: Wanted) -> list[Layer]:
    sketcher = CudaSketcher(HostDevice())
    sketcher.start(wanted)
    found = dict(sketcher.collect(wait=True))
    return [found[each.key] for each in wanted]


def assert_same(found: Layer, wanted: Layer) -> None:
    assert (found.sketch.bins == wanted.sketch.bins).all()
    assert [getattr(found.sketch, name) for name in EXACT] == [getattr(wanted.sketch, name) for name in EXACT]
    assert ends(found.sketch) == ends(wanted.sketch)
    assert (found.size, found.saturated) == (wanted.size, wanted.saturated)
    assert (found.alive is None) == (wanted.alive is None)
    if found.alive is not None:
        assert found.alive.tolist() == wanted.alive.tolist()
    # Of sums the last digits depend on the order: neither is further off than floats of so many values may be.
    largest = max(abs(wanted.sketch.minimum), abs(wanted.sketch.maximum)) if wanted.sketch.finite else 0.0
    assert close(found.sketch.sum, wanted.sketch.sum, largest * wanted.sketch.finite)
    assert close(found.sketch.squares, wanted.sketch.squares, wanted.sketch.squares)


def close(one: float, two: float, scale: float) -> bool:
    return one == two or abs(one - two) <= 1e-6 * scale or not math.isfinite(scale)


@st.composite
def tensors(draw: Any) -> Any:
    """Of any bits, sizes around those of vectors and tiles, and at every alignment that a tensor may have."""
    dtype = draw(st.sampled_from(DTYPES))
    size = draw(st.one_of(st.integers(1, 40), st.sampled_from([255, 256, 257, 511, 513, 1025, 4099])))
    skipped = draw(st.integers(0, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["bits", "normal", "tiny", "relu", "far"]))
    if kind == "bits":
        bytes_each = torch.empty(0, dtype=dtype).itemsize
        integers = rng.integers(-(2 ** (8 * bytes_each - 1)), 2 ** (8 * bytes_each - 1), size + skipped, dtype=np.int64)
        return torch.from_numpy(integers).to(BITS[dtype]).view(dtype)[skipped:]
    values = rng.normal(0, 1, size + skipped)
    values = {"tiny": values * 1e-30, "relu": np.maximum(values, 0), "far": 5 + values / 100}.get(kind, values)
    return torch.from_numpy(values).to(dtype)[skipped:]


@given(st.lists(tensors(), min_size=1, max_size=12), st.sampled_from([0.0, 1.0, -0.37, 3e38]))
@settings(max_examples=40, deadline=None)
def test_any_tensors_are_counted_as_numpy_counts_them(many: list[Any], pivot: float) -> None:
    wanted = [Wanted(i, tensor, pivot=pivot) for i, tensor in enumerate(many)]
    for found, each in zip(counted(*wanted), wanted, strict=True):
        assert_same(found, count(each))


@given(tensors(), st.sampled_from([65536.0, 0.5, 3.0, 1000.0, 2.0**-20]))
@settings(max_examples=40, deadline=None)
def test_a_scale_is_divided_by_as_torch_divides(tensor: Any, scale: float) -> None:
    tensor = torch.where(tensor.abs() < 1e-25, torch.zeros_like(tensor), tensor)
    wanted = Wanted("a", tensor, scale=torch.tensor(scale))
    assert_same(counted(wanted)[0], count(wanted))


@given(
    st.lists(st.integers(1, 7), min_size=1, max_size=4),
    st.sampled_from(DTYPES),
    st.integers(0, 3),
    st.integers(0, 2**32),
)
@settings(max_examples=40, deadline=None)
def test_dead_and_saturated_units_are_those_that_numpy_finds(shape: list[int], dtype: Any, dim: int, seed: int) -> None:
    dim %= len(shape)
    rng = np.random.default_rng(seed)
    tensor = torch.from_numpy(rng.integers(-2, 3, shape).astype(float) * rng.integers(0, 2, shape[dim])[
        (slice(None),) + (None,) * (len(shape) - dim - 1)
    ]).to(dtype)  # fmt: skip
    order = tuple(rng.permutation(len(shape)).tolist())
    for each in (tensor, tensor.permute(order)):
        at = dim if each is tensor else order.index(dim)
        wanted = Wanted("a", each, units=at, ends=(-1.0, 2.0))
        assert_same(counted(wanted)[0], count(wanted))


def test_many_units_and_units_of_many_values_are_looked_at() -> None:
    wide = torch.randn(3, 1000).relu() * (torch.arange(1000) % 7 > 0)
    deep = torch.randn(2, 5, 700).relu() * torch.tensor([1.0, 0, 1, 0, 1])[:, None]
    for wanted in (Wanted("a", wide, units=1), Wanted("a", deep, units=1), Wanted("a", wide.bfloat16(), units=0)):
        assert_same(counted(wanted)[0], count(wanted))


def test_a_launch_of_any_number_of_blocks_finds_the_same() -> None:
    tensors = [torch.randn(size) for size in (1, 5000, 300, 0, 9000, 7, 2048, 100, 64, 3)]
    expected = [Sketch.of(tensor.numpy(), pivot=0.0).bins for tensor in tensors]
    entries, words = np.zeros(len(tensors), ENTRY), np.zeros(ROW_WORDS * len(tensors), np.uint32)
    for i, tensor in enumerate(tensors):
        row = words.ctypes.data + 4 * ROW_WORDS * i
        entries[i] = (tensor.data_ptr(), tensor.numel(), 0, row, 0, 0, 0, 1, 1, 0, 0, 0, 0)
    tiles = begin(entries, kernel().threads())
    for blocks in (1, 2, 3, 7, tiles, tiles + 5):
        words[:] = 0
        launch(table_of(entries, tiles, entries.ctypes.data), blocks)
        found = sketches_of(words, range(0, len(words), ROW_WORDS), [0.0] * len(tensors))
        assert all((one.bins == two).all() for one, two in zip(found, expected, strict=True)), blocks


def test_of_a_step_of_tiles_only_those_are_read() -> None:
    per_tile = kernel().threads() * 4
    tensor = torch.arange(10 * per_tile + 3, dtype=torch.float32)
    entries, words = np.zeros(1, ENTRY), np.zeros(ROW_WORDS, np.uint32)
    entries[0] = (tensor.data_ptr(), tensor.numel(), 0, words.ctypes.data, 0, 0, 0, 3, 1, 0, 0, 0, 0)
    tiles = begin(entries, kernel().threads())
    assert tiles == 5  # 0, 3, 6 and 9, and one that is left free
    launch(table_of(entries, tiles), 2)
    read = torch.cat([*(tensor[i * per_tile : (i + 1) * per_tile] for i in (0, 3, 6, 9)), tensor[-3:]])
    (found,) = sketches_of(words, [0], [0.0])
    assert (found.bins == Sketch.of(read.numpy(), pivot=0.0).bins).all()
    assert found.maximum == float(tensor[-1])


def test_what_is_passed_is_laid_out_as_the_kernel_has_it() -> None:
    assert kernel().sizes(0) == ENTRY.itemsize
    assert kernel().sizes(1) == TABLE.itemsize
    assert kernel().sizes(2) == 4 * (ROW_WORDS - 4096)
