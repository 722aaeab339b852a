"""Tables: the scalars of runs in pandas, in Arrow and as CSV."""

from __future__ import annotations

import csv
import io
import sys
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbviz
from nbviz.series import ScalarSeries
from nbviz.tables import to_arrow, to_pandas, write_csv

COLUMNS = ["run", "tag", "step", "wall_time", "value", "superseded"]


@pytest.fixture
def runs() -> dict[str, nbviz.Run]:
    runs = {name: nbviz.Run(name) for name in ("a", "β")}
    for number, run in enumerate(runs.values()):
        run.extend("loss", [0, 1, 2], [1.5, 2.5, 3.5], [0.1, np.nan, number])
        run.extend("val/loss", [0, 2**53], [1.25, 3.25], [-0.0, np.inf])
        run.log_histogram("layer", [1.0, 2.0])
    runs["β"].restart(2)
    return runs


def columns(frame: Any) -> dict[str, list[Any]]:
    return {name: frame[name].tolist() for name in frame}


def test_a_series_is_a_frame_of_its_columns(runs: dict[str, nbviz.Run]) -> None:
    frame = runs["β"]["loss"].to_pandas()
    assert [str(kind) for kind in frame.dtypes] == ["int64", "float64", "float64", "bool"]
    assert frame.step.tolist() == [0, 1, 2]
    assert frame.wall_time.tolist() == [1.5, 2.5, 3.5]
    np.testing.assert_array_equal(frame.value, [0.1, np.nan, 1])
    assert frame.superseded.tolist() == [False, False, True]


def test_runs_are_one_long_frame(runs: dict[str, nbviz.Run]) -> None:
    frame = to_pandas(runs)
    assert list(frame) == COLUMNS
    assert [str(kind) for kind in frame.dtypes] == ["category", "category", "int64", "float64", "float64", "bool"]
    assert frame.run.tolist() == ["a"] * 5 + ["β"] * 5
    assert frame.tag.tolist() == (["loss"] * 3 + ["val/loss"] * 2) * 2
    assert frame.step.tolist() == [0, 1, 2, 0, 2**53] * 2
    assert frame.wall_time.tolist() == [1.5, 2.5, 3.5, 1.25, 3.25] * 2
    np.testing.assert_array_equal(frame.value, [0.1, np.nan, 0, -0.0, np.inf, 0.1, np.nan, 1, -0.0, np.inf])
    assert np.signbit(frame.value[3])
    assert frame.superseded.tolist() == [False] * 7 + [True, False, True]


def test_tags_are_chosen_by_a_regular_expression_found_in_them(runs: dict[str, nbviz.Run]) -> None:
    assert set(to_pandas(runs, tags="^val/").tag) == {"val/loss"}
    assert len(runs["a"].to_pandas(tags="los.$")) == 5
    assert to_arrow(runs, tags="^loss").num_rows == 6


def test_an_expression_that_is_none_is_refused_in_a_sentence(runs: dict[str, nbviz.Run]) -> None:
    with pytest.raises(ValueError, match=r"expected a regular expression for the tags, but '\(' is none"):
        to_pandas(runs, tags="(")


def test_arrow_has_the_same_rows_as_pandas(runs: dict[str, nbviz.Run]) -> None:
    pd.testing.assert_frame_equal(to_arrow(runs).to_pandas(), to_pandas(runs), check_categorical=False)


def test_arrow_encodes_names_and_keeps_nan_a_number(runs: dict[str, nbviz.Run]) -> None:
    table = to_arrow(runs)
    names = pa.dictionary(pa.int32(), pa.string())
    assert table.schema.types == [names, names, pa.int64(), pa.float64(), pa.float64(), pa.bool_()]
    assert table["value"].null_count == 0


def test_arrow_does_not_copy_numbers(runs: dict[str, nbviz.Run]) -> None:
    table = runs["a"].to_arrow("^loss")
    for name, column in (("step", "steps"), ("wall_time", "wall_times"), ("value", "values")):
        (chunk,) = table[name].chunks
        assert chunk.buffers()[1].address == getattr(runs["a"]["loss"], column).ctypes.data


@pytest.mark.parametrize("convert", [to_pandas, to_arrow])
def test_what_has_no_rows_has_columns_all_the_same(convert: Any) -> None:
    for runs in ({}, {"a": nbviz.Run()}):
        table = convert(runs)
        frame = table if convert is to_pandas else table.to_pandas()
        assert (list(frame), len(frame)) == (COLUMNS, 0)


def test_half_a_surrogate_pair_in_a_tag_is_spelled_out_for_arrow() -> None:
    run = nbviz.Run()
    run.extend("\ud800", [0], [0.0], [1.0])
    assert run.to_arrow()["tag"].to_pylist() == ["\\ud800"]


def test_what_is_read_has_tables_too(runs: dict[str, nbviz.Run], tmp_path: Any) -> None:
    for name, run in runs.items():
        run.save(tmp_path / name)
    found = nbviz.read(tmp_path)
    pd.testing.assert_frame_equal(found.to_pandas(), to_pandas(runs))
    assert found.to_arrow("val").num_rows == 4


@pytest.mark.parametrize(("module", "method"), [("pandas", "to_pandas"), ("pyarrow", "to_arrow")])
def test_a_missing_library_is_named(
    module: str, method: str, runs: dict[str, nbviz.Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ImportError, match=rf"{method}\(\) needs {module}, which is not installed: pip install 'nbviz\["
    ):
        getattr(runs["a"], method)()


@given(
    st.lists(st.tuples(st.integers(-(2**53), 2**53), st.floats(allow_nan=False), st.floats()), min_size=1, max_size=40),
    st.text(st.characters(codec="utf-8"), max_size=8),
)
def test_a_csv_is_what_the_csv_module_writes_and_every_number_comes_back(
    rows: list[tuple[int, float, float]], name: str
) -> None:
    series = ScalarSeries('a,"b"\n')
    series.extend(*zip(*rows, strict=True))
    ours, theirs = io.StringIO(newline=""), io.StringIO(newline="")
    assert write_csv(ours, [(f"run {name}", series)]) == len(rows)
    writer = csv.writer(theirs)
    gone = series.superseded.tolist()
    writer.writerow(["run", "tag", "step", "wall_time", "value", "superseded"])
    writer.writerows([f"run {name}", series.tag, *row, flag] for row, flag in zip(rows, gone, strict=True))
    assert ours.getvalue() == theirs.getvalue()
    _, *read = csv.reader(io.StringIO(ours.getvalue(), newline=""))
    for column, kept in ((3, series.wall_times), (4, series.values)):
        found = np.array([float(row[column]) for row in read])
        np.testing.assert_array_equal(found, kept)
        np.testing.assert_array_equal(np.signbit(found[kept == 0]), np.signbit(kept[kept == 0]))
