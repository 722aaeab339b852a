"""A table of what runs hold: one row for each run and tag."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, overload

import numpy as np

from nbviz.run import Run
from nbviz.series import ItemSeries, ScalarSeries

SHOWN = 60
"""Rows that a table's ``repr`` and its HTML show; ``str`` gives all."""

ALWAYS = ("run", "tag", "kind", "count", "first_step", "last_step", "seconds")
"""Columns that are shown even if they are empty."""

TEXTS = ("run", "tag", "kind", "plugin")

IF_ANY = ("superseded", "nonfinite", "problems")
"""Columns in which zero is no news, and is left blank."""

DISPENSABLE = ("problems", "seconds", "bytes", "first_step", "nonfinite", "superseded")
"""Columns that a narrow terminal goes without, in this order."""


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
        What the rows take in their event files; None where there are no files.
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
        return self.text()

    def __repr__(self) -> str:
        return "\n".join([*_lines(self._rows[:SHOWN]), *self._left_out()])

    def text(self, width: int | None = None) -> str:
        """All rows; in a terminal of that width without the columns that have no room, which a last line names."""
        return "\n".join(_lines(self._rows, width))

    def _repr_html_(self) -> str:
        names = _columns(self._rows)
        head = "".join(f'<th style="{_style(name)}">{_heading(name)}</th>' for name in names)
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


def _row(name: str, run: Run, series: ScalarSeries | ItemSeries) -> Row:
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
        bytes=series.nbytes or None,
        superseded=int(superseded.sum()),
        nonfinite=int((~np.isfinite(series.values)).sum()) if isinstance(series, ScalarSeries) else None,
        problems=len(run.problems),
    )


def _columns(rows: Sequence[Row]) -> list[str]:
    """The columns that have something to say."""
    return [name for name in Row._fields if name in ALWAYS or any(_value(row, name) for row in rows)]


def _value(row: Row, name: str) -> str | float | None:
    """What is shown: the plugin only of tensors, as any other kind tells it."""
    value: str | float | None = getattr(row, name)
    return None if (name in IF_ANY and not value) or (name == "plugin" and row.kind != "tensor") else value


def _style(name: str) -> str:
    return f"text-align: {'left' if name in TEXTS else 'right'}; white-space: nowrap"


def _heading(name: str) -> str:
    return {"nonfinite": "not finite"}.get(name, name.replace("_", " "))


def _text(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return printable(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _cell(row: Row, name: str) -> str:
    return f'<td style="{_style(name)}">{html.escape(_text(_value(row, name)))}</td>'


def _lines(rows: Sequence[Row], width: int | None = None) -> list[str]:
    columns = {
        name: _padded([_heading(name), *(_text(_value(row, name)) for row in rows)], name in TEXTS)
        for name in _columns(rows)
    }
    spare = [name for name in DISPENSABLE if name in columns] if width is not None else []
    left_out = []
    while spare and sum(_width(cells[0]) + 2 for cells in columns.values()) - 2 > (width or 0):
        left_out.append(spare.pop(0))
        del columns[left_out[-1]]
    lines = ["  ".join(cells).rstrip() for cells in zip(*columns.values(), strict=True)]
    names = ", ".join(_heading(name) for name in Row._fields if name in left_out)
    return [*lines, f"No room here for the columns: {names}."] if left_out else lines


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
