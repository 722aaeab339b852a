"""Means of several runs, computed by numpy. `python -m tests.golden.means` writes them anew."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).parent / "means.json"
Run = tuple[list[float], list[float]]


def groups() -> dict[str, list[Run]]:
    """Steps and values of the runs of each group."""
    rng = np.random.default_rng(0)
    even = [(list(range(40)), rng.normal(3, 1, 40).tolist()) for _ in range(5)]
    uneven = [
        (np.sort(rng.choice(200, n, replace=False)).tolist(), rng.lognormal(0, 2, n).tolist()) for n in (7, 60, 23)
    ]
    return {
        "the same steps": even,
        "steps of their own": uneven,
        "one begins late and one ends early": [([0, 10, 20], [1, 2, 3]), ([5, 15], [10, 30]), ([12, 20], [0, -4])],
        "far from zero": [([0, 1, 2], [1e9 + 1, 1e9 + 2, 1e9 + 3]), ([0, 2], [1e9 + 3, 1e9 + 3])],
        "not a number in between": [
            ([0, 1, 2, 3, 4], [1, 2, np.nan, 4, 5]),
            ([0, 4], [3, 3]),
            ([1.5, 2.5], [np.inf, 0]),
        ],
        "one alone": [([3, 4], [1, 2])],
        "a single row each": [([3], [1]), ([4], [2]), ([3], [5])],
    }


def interpolated(run: Run, at: float) -> float:
    """What was logged at a step, between two rows what lies on the line through them, elsewhere nothing."""
    steps, values = run
    if at in steps:
        found = float(values[steps.index(at)])
        return found if math.isfinite(found) else math.nan
    for step, value, next_step, next_value in zip(steps, values, steps[1:], values[1:], strict=False):
        if step < at < next_step and math.isfinite(value) and math.isfinite(next_value):
            return value + (next_value - value) / (next_step - step) * (at - step)
    return math.nan


def described() -> list[dict[str, Any]]:
    made = []
    for name, runs in groups().items():
        at = np.unique(np.concatenate([np.array(steps, float) for steps, _ in runs]))
        table = np.array([[interpolated(run, float(step)) for step in at] for run in runs])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            found = {
                "mean": np.nanmean(table, axis=0),
                "std": np.nanstd(table, axis=0, ddof=1),
                "low": np.nanmin(table, axis=0),
                "high": np.nanmax(table, axis=0),
            }
        columns = {key: [None if np.isnan(each) else each for each in column] for key, column in found.items()}
        count = np.isfinite(table).sum(axis=0).tolist()
        listed = [[steps, [str(value) for value in values]] for steps, values in runs]
        made.append({"name": name, "runs": listed, "steps": at.tolist(), "count": count, **columns})
    return made


if __name__ == "__main__":
    FILE.write_text(json.dumps(described()) + "\n", "utf-8")
