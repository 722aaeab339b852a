"""A table of runs: their hyper-parameters and the latest value of each metric, and columns of it as numbers to draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.hparams import Row, logged_hparams, rows_of
from nbviz.picture.rows import shown_rows
from nbviz.run import Run

DECADES = 2.0
"""Positive numbers that span so many are drawn on a logarithmic axis."""


class Column(NamedTuple):
    """A column as numbers: those of a category are its places in ``names``."""

    name: str
    values: NDArray[np.float64]
    names: tuple[str, ...]

    @property
    def is_log(self) -> bool:
        """Whether a logarithmic axis suits it."""
        values = self.values
        return not self.names and values.min() > 0 and math.log10(values.max()) - math.log10(values.min()) >= DECADES

    @property
    def is_single(self) -> bool:
        """Whether all runs have one value."""
        return float(self.values.min()) == float(self.values.max())

    @property
    def shares(self) -> NDArray[np.float64]:
        """Where on its axis each value lies, from 0 to 1."""
        values = np.log(self.values) if self.is_log else self.values
        low, high = values.min(), values.max()
        return np.full(len(values), 0.5) if self.is_single else (values - low) / (high - low)

    def at(self, share: float) -> str:
        """The value at a place on the axis, as its axis says it."""
        low, high = float(self.values.min()), float(self.values.max())
        value = low * (high / low) ** share if self.is_log else low + (high - low) * share
        return self.names[round(value)] if self.names else f"{value:.3g}"


def table_of(runs: Any, hparams: Any) -> dict[str, Row]:
    """Rows by the name of the run.

    Raises
    ------
    TypeError
        If ``runs`` is neither a mapping of runs nor a table.
    """
    if isinstance(runs, Mapping) and all(isinstance(run, Run) for run in runs.values()):
        logged = logged_hparams(runs)
        table = {str(name): {**logged[str(name)], **_latest(run)} for name, run in runs.items()}
    else:
        table = rows_of(runs)
    given = {} if hparams is None else rows_of(hparams)
    return {name: {**row, **given.get(name, {})} for name, row in table.items()}


def columns_of(table: Mapping[str, Row], wanted: Sequence[str]) -> tuple[list[str], list[Column]]:
    """The names of the runs that have all the columns, and these columns of them.

    Raises
    ------
    KeyError
        If no run has a column; the message names the closest ones.
    ValueError
        If no run has all of them.
    """
    known = list(dict.fromkeys(name for row in table.values() for name in row))
    for name in wanted:
        if name not in known:
            close = get_close_matches(name, known, 3) or known[:8]
            raise KeyError(f"no run has {name!r}; there are: {', '.join(map(repr, close)) or 'none'}.")
    names = [name for name, row in table.items() if all(_is_there(row.get(each)) for each in wanted)]
    if not names:
        raise ValueError(f"no run has all of {', '.join(map(repr, wanted))}, so there is nothing to show.")
    return names, [_column(each, [table[name][each] for name in names]) for each in wanted]


def _column(name: str, values: list[Any]) -> Column:
    if all(isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_)) for value in values):
        return Column(name, np.array(values, np.float64), ())
    texts = [str(value) for value in values]
    names = tuple(sorted(set(texts)))
    return Column(name, np.array([names.index(text) for text in texts], np.float64), names)


def _is_there(value: Any) -> bool:
    return value is not None and not (isinstance(value, (float, np.floating)) and not math.isfinite(value))


def _latest(run: Run) -> Row:
    """The last value of each metric that no restart superseded."""
    found: Row = {}
    for tag in run.tags("scalar"):
        series = run[tag]
        rows = shown_rows(series, superseded=False)
        if len(rows):
            found[tag] = float(series.values[rows[-1]])
    return found
