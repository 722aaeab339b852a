"""The bytes of a frame: the golden ones stay as they are, and both languages read them alike (js/wire.test.ts)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviz.formats.sketch import Sketch
from nbviz.formats.splice import Frame, HistogramColumns, Splice
from nbviz.formats.wire import decode, encode
from nbviz.rebin import fold, merge
from nbviz.run import Run
from nbviz.sender import Sender
from nbviz.series import Histogram
from tests.golden.frames import FOLDER, described, frames


@pytest.mark.parametrize("name", frames())
def test_a_frame_is_encoded_as_the_golden_bytes(name: str) -> None:
    assert encode(frames()[name]) == (FOLDER / f"{name}.bin").read_bytes()


@pytest.mark.parametrize("name", frames())
def test_the_golden_bytes_are_decoded_as_described(name: str) -> None:
    decoded = decode((FOLDER / f"{name}.bin").read_bytes())
    assert described(decoded) == json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", frames())
def test_every_column_of_a_frame_is_aligned(name: str) -> None:
    block = (FOLDER / f"{name}.bin").read_bytes()
    assert len(block) % 8 == 0
    assert int.from_bytes(block[:4], "little") % 8 == 0


@pytest.mark.parametrize("rows", [1, 2, 3, 50])
@pytest.mark.parametrize("tags", [1, 2, 5, 40])
@pytest.mark.parametrize("restarts", [0, 100])
def test_a_flush_takes_sixteen_bytes_a_value_and_little_more(restarts: int, tags: int, rows: int) -> None:
    """Jupyter adds some 640 bytes to a message."""
    run = Run()
    for tag in range(tags):
        run.extend(f"metric{tag}", np.arange(100_000), np.ones(100_000), np.ones(100_000))
    sender = Sender(run)
    sender.number = 99_999
    for restart in range(restarts):
        run.restart(restart * 900)
    run.log({f"metric{tag}": 0.5 for tag in range(tags)})
    sender.take()
    for _ in range(rows):
        run.log({f"metric{tag}": 0.5 for tag in range(tags)})
    assert len(encode(sender.take())) <= 60 + 16 * rows * tags


HEADS = [
    3,
    [1],
    [0, 5, 1, 3],
    [0, 5, "x", [1]],
    [0, 5, -2, [1]],
    [0, 5, 10**30, [1]],
    [0, 5, 1, None],
]


@pytest.mark.parametrize("grown", [3, *([head] for head in HEADS), [[0, 5, 1, [0], [1]]]], ids=str)
def test_nonsense_about_what_has_grown_is_refused(grown: Any) -> None:
    header = json.dumps({"grown": grown}).encode()
    header += b" " * (-len(header) % 8)
    with pytest.raises(ValueError, match="no nbviz frame"):
        decode(len(header).to_bytes(4, "little") + bytes(4) + header + bytes(64))


shapes = st.lists(
    st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=200), min_size=1, max_size=6
)


def columns_of(captures: Sequence[Histogram]) -> HistogramColumns:
    steps = np.arange(len(captures), dtype=np.float64)
    counts, edges = [each.counts for each in captures], [each.edges for each in captures]
    return HistogramColumns(steps, steps, counts, edges, np.zeros(len(captures)))


@given(shapes, st.integers(2, 96))
def test_edges_of_sketches_come_back_bit_for_bit(found: list[list[float]], limit: int) -> None:
    captures = [fold(Sketch.of(values, pivot=0.0).histogram(0, 0.0), limit) for values in found]
    captures.append(merge(captures[0], captures[-1]))
    uneven = Histogram(0, 0.0, np.ones(2), np.array([-2.0, 0.5, 1.0]))
    captures.append(uneven)  # bins of equal widths travel as two numbers
    rows = len(captures)
    (splice,) = decode(encode(Frame(1, "live", [Splice("w", "histogram", 0, 0, rows, columns_of(captures))]))).splices
    assert isinstance(splice.columns, HistogramColumns)
    assert [edges.tolist() for edges in splice.columns.edges] == [capture.edges.tolist() for capture in captures]


def test_an_edge_of_a_sketch_costs_one_byte() -> None:
    values = np.random.default_rng(0).normal(size=100_000)
    capture = fold(Sketch.of(values).histogram(0, 0.0))
    block = encode(Frame(1, "live", [Splice("w", "histogram", 0, 0, 1, columns_of([capture]))]))
    assert len(capture.counts) > 60
    assert len(block) <= 3 * len(capture.counts) + 200


def test_the_smallest_and_the_largest_value_of_a_capture_are_exact_in_the_page() -> None:
    run, values = Run(), np.random.default_rng(0).normal(size=1000).astype(np.float32)
    run.log_histogram("w", values)
    run.log_histogram("w", counts=[1, 2], edges=[0, 1, 2])
    (splice,) = decode(encode(Sender(run).take())).splices
    assert isinstance(splice.columns, HistogramColumns) and splice.columns.extremes is not None
    low, high = values.min(), values.max()
    np.testing.assert_array_equal(splice.columns.extremes, np.array([[low, high], [np.nan, np.nan]], np.float32))
    assert run["w"].quantiles([0, 1])[0].tolist() == [low, high]
