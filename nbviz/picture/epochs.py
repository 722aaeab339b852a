"""Where steps stand among the epochs of a run, by the run's own series of that name, as js/src/epochs.ts finds it."""

from __future__ import annotations

import re

import numpy as np

from nbviz.picture.axes import Floats
from nbviz.picture.rows import Column, Rows, shown_rows
from nbviz.run import Run
from nbviz.series import ScalarSeries


def epoch_series(run: Run) -> ScalarSeries | None:
    """The series of a run that says its epochs."""
    tags = run.tags("scalar")
    tag = "epoch" if "epoch" in tags else next((tag for tag in tags if re.search("(^|/)epoch$", tag, re.I)), None)
    return run[tag] if tag is not None and len(shown_rows(run[tag], superseded=False)) else None


class Epochs:
    """Where steps stand among the epochs of a run: between two changes of the epoch time passes evenly."""

    def __init__(self, series: ScalarSeries) -> None:
        rows = shown_rows(series, superseded=False)
        steps, _, values = Rows.of(series, rows[np.isfinite(series.values[rows])])
        order = np.argsort(steps, kind="stable")
        steps, values = steps[order], values[order]
        changed = np.diff(values, prepend=np.nan) != 0
        steps, values = steps[changed], values[changed]
        last = np.diff(steps, append=np.iinfo(np.int64).max) != 0
        self._steps, self._epochs = steps[last], values[last]

    def at(self, steps: Column) -> Floats:
        """The epoch at each step, with its fraction; beyond the last change it goes on at the pace before."""
        known, epochs = self._steps, self._epochs
        if len(known) < 2:
            return np.full(len(steps), epochs[0] if len(epochs) else np.nan)
        after = np.searchsorted(known, steps, side="right").clip(1, len(known) - 1)
        share = (steps - known[after - 1]) / (known[after] - known[after - 1])
        return np.asarray(epochs[after - 1] + share * (epochs[after] - epochs[after - 1]))
