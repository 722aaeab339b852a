"""A table of what runs hold: one row for each run and tag."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, overload

import numpy as np

from nbviz.run import Run
from nbviz.series import ItemSeries, ScalarSeries, Series

SHOWN = 60
"""Rows that a table's ``repr`` and its HTML show; ``str`` gives all."""

ALWAYS = ("run", "tag", "kind", "count", "first_step", "last_step", "seconds")
"""Columns that are shown even if they are empty."""

TEXTS = ("run", "tag", "kind", "plugin")


class Row(NamedTuple):
    """One series of one run.

    Attributes
    ----------
    run, tag, kind, plugin : str
    count : int
        Rows of the series.
    first_step, last_step : int or None
        The smallest and the largest step; None without rows.
    seconds : float or None
        From the earliest to the latest wall time.
    bytes : int or None
        What the items take in their files; None where it is not known, as for scalars.
    superseded : int
        Rows that a restarted run logged anew.
    nonfinite : int or None
        Values that are NaN or infinite; None for what is no scalar.
    problems : int
        Problems of the run, whatever the tag.
    """

    run: str
    tag: str
    kind: str
    plugin: str
    count: int  # type: ignore[assignment]  # a tuple's own count() is not missed
    first_step: int | None
    last_step: int | None
    seconds: float | None
    bytes: int | None
    superseded: int
    nonfinite: int | None
    problems: int


class Table(Sequence[Row]):
    """Rows that print as a table, as text and in a notebook. A slice is a table again."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Table: ...
    def __getitem__(self, index: int | slice) -> Row | Table:
        return Table(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __str__(self) -> str:
        return "\n".join(_lines(self._rows))

    def __repr__(self) -> str:
        return "\n".join([*_lines(self._rows[:SHOWN]), *self._left_out()])

    def _repr_html_(self) -> str:
        names = _columns(self._rows)
        head = "".join(f"<th>{_heading(name)}</th>" for name in names)
        body = "".join(f"<tr>{''.join(_cell(row, name) for name in names)}</tr>" for row in self._rows[:SHOWN])
        left_out = "".join(f"<p>{sentence}</p>" for sentence in self._left_out())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{left_out}"

    def to_pandas(self) -> Any:
        """Return the table as a `pandas.DataFrame`, one column for each field of `Row`; ImportError without pandas."""
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "to_pandas() needs pandas, which is not installed: pip install 'nbviz[pandas]'."
            ) from error
        return pandas.DataFrame(self._rows, columns=list(Row._fields))

    def _left_out(self) -> list[str]:
        left_out = len(self) - SHOWN
        return [f"… and {left_out:,} more rows; print() shows them all."] if left_out > 0 else []


def table(runs: Mapping[str, Run]) -> Table:
    """Tabulate the series of runs, in order of appearance."""
    return Table(_row(name, run, run[tag]) for name, run in runs.items() for tag in run.tags())


def printable(text: str) -> str:
    """Return text with its control characters, line ends and lone surrogates escaped, as a terminal may have it."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _row(name: str, run: Run, series: Series) -> Row:
    steps, walls, superseded = series.steps, series.wall_times, series.superseded
    count = len(walls)
    walls = walls[np.isfinite(walls)]
    return Row(
        run=name,
        tag=series.tag,
        kind=series.kind,
        plugin=series.plugin,
        count=count,
        first_step=int(steps[:count].min()) if count else None,
        last_step=int(steps[:count].max()) if count else None,
        seconds=float(walls.max() - walls.min()) if len(walls) else None,
        bytes=series.nbytes if isinstance(series, ItemSeries) else None,
        superseded=int(superseded.sum()),
        nonfinite=int((~np.isfinite(series.values)).sum()) if isinstance(series, ScalarSeries) else None,
        problems=len(run.problems),
    )


def _columns(rows: Sequence[Row]) -> list[str]:
    """The columns that have something to say."""
    return [name for name in Row._fields if name in ALWAYS or any(getattr(row, name) for row in rows)]


def _heading(name: str) -> str:
    return {"nonfinite": "not finite"}.get(name, name.replace("_", " "))


def _text(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return printable(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _cell(row: Row, name: str) -> str:
    align = "left" if name in TEXTS else "right"
    return f'<td style="text-align: {align}">{html.escape(_text(getattr(row, name)))}</td>'


def _lines(rows: Sequence[Row]) -> list[str]:
    names = _columns(rows)
    columns = [[_heading(name), *(_text(getattr(row, name)) for row in rows)] for name in names]
    padded = [_padded(cells, name in TEXTS) for name, cells in zip(names, columns, strict=True)]
    return ["  ".join(cells).rstrip() for cells in zip(*padded, strict=True)]


def _padded(cells: list[str], left: bool) -> list[str]:
    widths = [_width(cell) for cell in cells]
    spaces = [" " * (max(widths) - width) for width in widths]
    return [cell + space if left else space + cell for cell, space in zip(cells, spaces, strict=True)]


def _width(text: str) -> int:
    """Columns that a terminal gives the text."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(bool(unicodedata.combining(char)) for char in text)
