"""The hyper-parameters of runs: those in their event files, and those of a table beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nbviz.run import Run

Row = dict[str, Any]


def hparams_of(runs: Mapping[str, Run], given: Any = None) -> dict[str, Row]:
    """Hyper-parameters by the name of the run, as a page can be told of them; runs without any are left out.

    Raises
    ------
    TypeError
        If ``given`` is no table.
    """
    table = {} if given is None else rows_of(given)
    rows = {name: {**row, **table.get(name, {})} for name, row in logged_hparams(runs).items()}
    return {name: {key: _plain(value) for key, value in row.items()} for name, row in rows.items() if row}


def rows_of(table: Any) -> dict[str, Row]:
    """A DataFrame with one row a run, or a mapping of names to mappings, as rows by name."""
    if hasattr(table, "to_dict") and hasattr(table, "index"):
        table = dict(zip(table.index, table.to_dict("records"), strict=True))
    if not isinstance(table, Mapping) or not all(isinstance(row, Mapping) for row in table.values()):
        raise TypeError(
            "expected runs by name, a DataFrame with a row for each, or a mapping of names to mappings, not a "
            f"{type(table).__name__}."
        )
    return {str(name): {str(key): value for key, value in row.items()} for name, row in table.items()}


def logged_hparams(runs: Mapping[Any, Run]) -> dict[str, Row]:
    """What the event files say, by the name of the run."""
    settings = {str(name): _settings(run) for name, run in runs.items()}
    return {name: _inherited(name, settings) for name in settings}


def _settings(run: Run) -> Row:
    found: Row = {}
    try:
        for tag in run.tags("hparams"):
            for item in run[tag]:
                found.update(item.hparams or {})
    except (ValueError, OSError) as error:
        run.report(f"{error} Its hyper-parameters are left out.")
    return found


def _inherited(name: str, settings: Mapping[str, Row]) -> Row:
    """The hyper-parameters of a run, or else those of the nearest one above: Keras logs below its session."""
    while not settings.get(name) and "/" in name:
        name = name.rpartition("/")[0]
    return settings.get(name, {})


def _plain(value: Any) -> Any:
    """What JSON holds; other things by their text."""
    if isinstance(value, (bool, str)) or value is None:
        return value
    number = value.item() if hasattr(value, "item") else value
    sound = isinstance(number, (bool, int, float)) and math.isfinite(number)
    return number if sound else str(value)[:200]
