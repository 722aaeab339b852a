"""Runs that are drawn as one: their mean, and what lies around it, as js/src/spread.ts computes it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.charts import ROLES, family
from nbviz.picture.axes import Floats
from nbviz.picture.horizontal import Horizontal
from nbviz.picture.named import own_name
from nbviz.picture.rows import Column, Rows, shown_rows
from nbviz.run import Run
from nbviz.series import ScalarSeries

MOST = 2000
"""Steps at which a mean is taken: more than a picture can show."""
Outline = tuple[Column, Floats]
"""Where points stand on the horizontal axis, and their values."""


class Spread(NamedTuple):
    """What lies around a mean: a band between two outlines, or else each run as a faint line."""

    outlines: list[Outline]
    is_band: bool


def grouped(
    runs: Sequence[Run], knobs: Mapping[str, Any], horizontal: Horizontal
) -> tuple[list[Run], list[str], dict[tuple[str, str], Spread]]:
    """Runs with those of a group as one, the families that give them their hues, and spreads by run and tag."""
    families = list(knobs.get("families") or dict.fromkeys(family(run.name) for run in runs))
    group = knobs.get("group") or ""
    found: dict[str, list[Run]] = {}
    for run in runs:
        name = _group_of(run, group, knobs.get("hparams") or {}) if group else None
        if name is not None:
            found.setdefault(name, []).append(run)
    if not found:
        return list(runs), families, {}
    shown, spreads = [run for run in runs if not any(run in members for members in found.values())], {}
    for name, members in found.items():
        mean, own = _mean(name, members, str(knobs.get("spread") or "std"), horizontal)
        shown.append(mean)
        spreads.update({(name, tag): spread for tag, spread in own.items()})
    return shown, list(dict.fromkeys(family(run.name) for run in shown)), spreads


def _group_of(run: Run, group: str, hparams: Mapping[str, Mapping[str, Any]]) -> str | None:
    """A hyper-parameter's name and value, or what a regular expression finds in the run's name."""
    if any(group in row for row in hparams.values()):
        value = hparams.get(run.name, {}).get(group)
        return None if value is None else f"{group} {value}"
    written = re.fullmatch("/(.*)/(i?)", group, re.DOTALL)
    try:
        expression = re.compile(written[1], re.IGNORECASE if written[2] else 0) if written else re.compile(group)
    except (re.error, RecursionError, OverflowError):
        return None
    match = expression.search(family(run.name)) or expression.search(run.name)
    return None if match is None else (match[1] if expression.groups and match[1] is not None else match[0])


def _mean(name: str, members: Sequence[Run], mode: str, horizontal: Horizontal) -> tuple[Run, dict[str, Spread]]:
    mean, parts = Run(name), dict[str, list[tuple[Run, Rows]]]()
    for run in members:
        role = own_name(run).rpartition("/")[2]
        for tag in run.tags("scalar"):
            # A run's own role would be lost with its name.
            own = f"{role}/{tag}" if role.lower() in ROLES and "/" not in tag else str(tag)
            rows = _sorted(run[tag])
            if len(rows.steps):
                parts.setdefault(own, []).append((run, rows))
    tables = {tag: _table([rows for _, rows in each]) for tag, each in parts.items()}
    for tag, (steps, values, seconds) in tables.items():
        begun = min(float(rows.walls[0]) for _, rows in parts[tag])
        mean.extend(tag, steps, begun + np.nan_to_num(_nan(np.nanmean, seconds)), _nan(np.nanmean, values))
    mean.finish("finished")
    spreads = {}
    for tag, (steps, values, _) in tables.items():
        if mode == "runs":
            curves = [(horizontal.places(run, rows.steps, rows.walls), rows.values) for run, rows in parts[tag]]
            spreads[tag] = Spread(curves, False)
            continue
        x = horizontal.places(mean, steps, mean[tag].wall_times)
        spreads[tag] = Spread([(x, edge) for edge in _edges(values, mode)], True)
    return mean, spreads


def _table(parts: Sequence[Rows]) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Steps that any run has, and at each of them the values of all, and the seconds since each began."""
    at = np.unique(np.concatenate([rows.steps for rows in parts]))
    at = at[np.unique(np.linspace(0, len(at) - 1, MOST).round().astype(int))]
    values = np.stack([_interpolated(rows.steps, rows.values, at) for rows in parts])
    seconds = np.stack([np.interp(at, rows.steps, rows.walls - rows.walls[0]) for rows in parts])
    return at, values, np.where(np.isfinite(values), seconds, np.nan)


def _edges(values: Floats, mode: str) -> tuple[Floats, Floats]:
    if mode == "range":
        return _nan(np.nanmin, values), _nan(np.nanmax, values)
    middle = _nan(np.nanmean, values)
    apart = np.nan_to_num(_nan(np.nanstd, values, ddof=1)) if len(values) > 1 else np.zeros(len(middle))
    return middle - apart, middle + apart


def _nan(statistic: Callable[..., Any], table: Floats, **options: Any) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where none has a value there is none
        return np.asarray(statistic(table, axis=0, **options))


def _sorted(series: ScalarSeries) -> Rows:
    """Rows by increasing steps."""
    rows = Rows.of(series, shown_rows(series, superseded=False))
    order = np.argsort(rows.steps, kind="stable")
    return Rows(rows.steps[order], rows.walls[order], rows.values[order])


def _interpolated(steps: NDArray[np.int64], values: Floats, at: NDArray[np.int64]) -> Floats:
    """Between two finite rows what lies on the line through them, at a row what was logged, elsewhere nothing."""
    with np.errstate(invalid="ignore"):
        found = np.interp(at, steps, values, left=np.nan, right=np.nan)
    after = np.clip(np.searchsorted(steps, at), 0, len(steps) - 1)
    exact = steps[after] == at
    between = np.isfinite(values[after]) & np.isfinite(values[np.maximum(after - 1, 0)])
    sound = np.where(exact, np.isfinite(values[after]), between)
    return np.asarray(np.where(sound, np.where(exact, values[after], found), np.nan))
