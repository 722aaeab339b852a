"""Runs that are drawn as one: their mean, and what lies around it, as js/src/spread.ts computes it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbviz.charts import ROLES, family
from nbviz.picture.axes import Floats
from nbviz.picture.lines import shown_rows
from nbviz.run import Run
from nbviz.series import ScalarSeries

MOST = 2000
"""Steps at which a mean is taken: more than a picture can show."""
Outline = tuple[Floats, Floats]


class Spread(NamedTuple):
    """What lies around a mean: a band between two outlines, or else each run as a faint line."""

    outlines: list[Outline]
    is_band: bool


def grouped(
    runs: Sequence[Run], knobs: Mapping[str, Any]
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
        mean, own = _mean(name, members, str(knobs.get("spread") or "std"))
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


def _mean(name: str, members: Sequence[Run], mode: str) -> tuple[Run, dict[str, Spread]]:
    mean, spreads = Run(name), {}
    parts: dict[str, list[ScalarSeries]] = {}
    for run in members:
        role = run.name.rpartition("/")[2]
        for tag in run.tags("scalar"):
            # A run's own role would be lost with its name.
            own = f"{role}/{tag}" if role.lower() in ROLES and "/" not in tag else str(tag)
            parts.setdefault(own, []).append(run[tag])
    for tag, series in parts.items():
        columns = [_sorted(each) for each in series]
        columns = [each for each in columns if len(each[0])]
        if not columns:
            continue
        at = np.unique(np.concatenate([steps for steps, _ in columns]))
        at = at[np.unique(np.linspace(0, len(at) - 1, MOST).round().astype(int))]
        table = np.stack([_interpolated(steps, values, at) for steps, values in columns])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # where none has a value there is none
            middle = np.nanmean(table, axis=0)
            apart = np.nan_to_num(np.nanstd(table, axis=0, ddof=1)) if len(table) > 1 else np.zeros(len(at))
            low, high = (
                (np.nanmin(table, axis=0), np.nanmax(table, axis=0))
                if mode == "range"
                else (middle - apart, middle + apart)
            )
        mean.extend(tag, at.astype(np.int64), np.zeros(len(at)), middle)
        spreads[tag] = Spread(columns, False) if mode == "runs" else Spread([(at, low), (at, high)], True)
    mean.finish("finished")
    return mean, spreads


def _sorted(series: ScalarSeries) -> Outline:
    rows = shown_rows(series, superseded=False)
    steps, values = series.steps[rows].astype(np.float64), series.values[rows]
    order = np.argsort(steps, kind="stable")
    return steps[order], values[order]


def _interpolated(steps: Floats, values: Floats, at: Floats) -> Floats:
    """Between two finite rows what lies on the line through them, at a row what was logged, elsewhere nothing."""
    with np.errstate(invalid="ignore"):
        found = np.interp(at, steps, values, left=np.nan, right=np.nan)
    after = np.clip(np.searchsorted(steps, at), 0, len(steps) - 1)
    exact = steps[after] == at
    between = np.isfinite(values[after]) & np.isfinite(values[np.maximum(after - 1, 0)])
    sound = np.where(exact, np.isfinite(values[after]), between)
    return np.asarray(np.where(sound, np.where(exact, values[after], found), np.nan))
