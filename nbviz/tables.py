"""Scalars as tables of other libraries, in long form: one row for each value."""

from __future__ import annotations

import csv
import importlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

CSV_COLUMNS = ("run", "tag", "step", "wall_time", "value", "superseded")
CSV_ROWS = 100_000
"""Rows written at a time: bounds memory."""


class Scalars(Protocol):
    """What is needed of a `nbviz.ScalarSeries`."""

    @property
    def tag(self) -> str: ...
    @property
    def steps(self) -> NDArray[np.int64]: ...
    @property
    def wall_times(self) -> NDArray[np.float64]: ...
    @property
    def values(self) -> NDArray[np.float64]: ...
    @property
    def superseded(self) -> NDArray[np.bool_]: ...


class Tagged(Protocol):
    """What is needed of a `nbviz.Run`."""

    def tags(self, kind: Any = None) -> list[str]: ...
    def __getitem__(self, tag: str) -> Any: ...


class _Part(NamedTuple):
    """The rows of one tag of one run."""

    run: int
    tag: int
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.columns["step"])


def series_to_pandas(series: Scalars) -> Any:
    """See `nbviz.ScalarSeries.to_pandas`."""
    pandas = _needed("pandas", "to_pandas", "pandas")
    return pandas.DataFrame(_columns(series))


def to_pandas(runs: Mapping[str, Tagged], tags: str | re.Pattern[str] | None = None) -> Any:
    """Scalars as a `pandas.DataFrame`.

    Parameters
    ----------
    runs : mapping of str to Run
    tags : str or compiled pattern, optional
        A regular expression that is found in the tags wanted, as in TensorBoard; by default all of them.

    Returns
    -------
    pandas.DataFrame
        Columns ``run`` and ``tag`` (categories), ``step`` (int64), ``wall_time`` (float64 seconds since the epoch,
        which lose nothing; ``pandas.to_datetime(frame.wall_time, unit="s", utc=True)`` makes dates of them), ``value``
        (float64) and ``superseded`` (bool). Rows are ordered by run, then by tag, then as they were logged.

    Raises
    ------
    ImportError
        If pandas is not installed.
    ValueError
        If ``tags`` is no regular expression.
    """
    pandas = _needed("pandas", "to_pandas", "pandas")
    names, labels, parts = _parts(runs, tags)
    lengths = [len(part) for part in parts]
    frame = {}
    for name, categories, codes in (
        ("run", names, [part.run for part in parts]),
        ("tag", labels, [part.tag for part in parts]),
    ):
        indices = np.repeat(np.array(codes, np.int32), lengths)
        frame[name] = pandas.Categorical.from_codes(indices, categories=pandas.Index(categories, dtype=object))
    for name, empty in _EMPTY.items():
        frame[name] = np.concatenate([empty, *(part.columns[name] for part in parts)])
    return pandas.DataFrame(frame)


def to_arrow(runs: Mapping[str, Tagged], tags: str | re.Pattern[str] | None = None) -> Any:
    """Scalars as a `pyarrow.Table`, with the columns of `to_pandas`.

    Each tag of each run is a chunk. ``step``, ``wall_time`` and ``value`` are not copied; ``run`` and ``tag`` are
    dictionary-encoded.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If ``tags`` is no regular expression.
    """
    arrow = _needed("pyarrow", "to_arrow", "arrow")
    names, labels, parts = _parts(runs, tags)

    def encoded(codes: Iterable[int], dictionary: list[str]) -> Any:
        words = arrow.array([_sound(word) for word in dictionary], arrow.string())
        chunks = [
            arrow.DictionaryArray.from_arrays(arrow.array(np.full(len(part), code, np.int32)), words)
            for code, part in zip(codes, parts, strict=True)
        ]
        return arrow.chunked_array(chunks, arrow.dictionary(arrow.int32(), arrow.string()))

    columns = {
        "run": encoded([part.run for part in parts], names),
        "tag": encoded([part.tag for part in parts], labels),
    }
    for name, empty in _EMPTY.items():
        chunks = [arrow.array(part.columns[name]) for part in parts]
        columns[name] = arrow.chunked_array(chunks, arrow.from_numpy_dtype(empty.dtype))
    return arrow.table(columns)


def write_csv(
    file: TextIO, scalars: Sequence[tuple[str, Scalars]], show: Callable[[float, float], None] = lambda *_: None
) -> int:
    """Scalars as text, one row for each value with every digit; returns the number of rows.

    Parameters
    ----------
    file : text file
        Opened with ``newline=""``.
    scalars : sequence of (str, ScalarSeries)
        With the name of its run before each.
    show : callable, optional
        Called with the rows done and all of them.

    Notes
    -----
    A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a return for a formula, which the
    tag of a stranger's log must not be: such names have an apostrophe before them
    (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    csv.writer(file).writerow(CSV_COLUMNS)
    total, done = sum(len(series.wall_times) for _, series in scalars), 0
    for run, series in scalars:
        names = _quoted([_harmless(run), _harmless(series.tag)])
        columns = list(_columns(series).values())
        rows = len(columns[0])
        for start in range(0, rows, CSV_ROWS):
            parts = [column[start : start + CSV_ROWS].tolist() for column in columns]
            # Half of what a csv.writer takes, which looks for quotes in numbers; the rest is the digits of two floats.
            rows_of = zip(*parts, strict=True)
            lines = [f"{names},{step},{wall!r},{value!r},{gone}\r\n" for step, wall, value, gone in rows_of]
            file.write("".join(lines))
            show(done + start, total)
        done += rows
    return done


def _quoted(names: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(names)
    return text.getvalue().removesuffix("\r\n")


def _harmless(name: str) -> str:
    name = _sound(name)
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


_EMPTY: dict[str, NDArray[Any]] = {
    "step": np.empty(0, np.int64),
    "wall_time": np.empty(0, np.float64),
    "value": np.empty(0, np.float64),
    "superseded": np.empty(0, np.bool_),
}


def _columns(series: Scalars) -> dict[str, NDArray[Any]]:
    """Columns of one length, whatever is appended meanwhile."""
    walls = series.wall_times
    columns = {
        "step": series.steps,
        "wall_time": walls,
        "value": series.values,
        "superseded": series.superseded,
    }
    return {name: column[: len(walls)] for name, column in columns.items()}


def _parts(runs: Mapping[str, Tagged], tags: str | re.Pattern[str] | None) -> tuple[list[str], list[str], list[_Part]]:
    """Names of runs, tags, and the rows of each pair."""
    try:
        wanted = re.compile(tags or "")
    except re.error as error:
        raise ValueError(f"expected a regular expression for the tags, but {tags!r} is none: {error}.") from None
    labels: dict[str, int] = {}
    runs = dict(runs)  # a copy, as follow() may add runs meanwhile
    parts = [
        _Part(index, labels.setdefault(tag, len(labels)), _columns(run[tag]))
        for index, run in enumerate(runs.values())
        for tag in run.tags("scalar")
        if wanted.search(tag)
    ]
    return list(runs), list(labels), parts


def _sound(text: str) -> str:
    """Text that can be encoded: half a surrogate pair, as a strange file name brings one, is spelled out."""
    return text.encode(errors="backslashreplace").decode()


def _needed(module: str, method: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{method}() needs {module}, which is not installed: pip install 'nbviz[{extra}]'."
        ) from error
