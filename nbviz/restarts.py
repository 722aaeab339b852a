"""Which rows of a series a restarted training run logged anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Steps = NDArray[np.int64]


class Restarts:
    """Where a run restarted, as seen in one series.

    A run that resumes from a checkpoint logs some steps a second time. The rows it logged before, at those steps and
    beyond, are *superseded*. They are kept; views hide them unless asked.

    A restart is a step that goes back while the wall time goes on, and that either was logged before in the series or
    comes from another source (a new event file). A log that is merely out of order is thus none, nor are two files that
    are written at the same time. A source may also declare one, as a ``SessionLog`` does.
    """

    def __init__(self) -> None:
        self._found: list[tuple[int, int]] = []
        self._ends: dict[int, tuple[int, float]] = {}
        self._latest_wall = -np.inf

    def __bool__(self) -> bool:
        return bool(self._found)

    def declare(self, row: int, step: int) -> None:
        """The run restarted at ``step`` before row ``row``: the rows above at that step and beyond are superseded."""
        while self._found and self._found[-1][1] >= step:  # it covers all that a restart at a later step does
            self._found.pop()
        if row:
            self._found.append((row, step))

    def extend(self, before: Steps, steps: Steps, walls: NDArray[np.float64], source: int) -> None:
        """Look at rows that are to follow the steps ``before``; ``steps`` and ``walls`` have shape (n,), n > 0."""
        row, first_step, first_wall = len(before), int(steps[0]), float(walls[0])
        back: list[int] = []
        if source in self._ends:
            step, wall = self._ends[source]
            if first_step < step and first_wall >= wall:
                back.append(0)
        elif row and first_wall >= self._latest_wall and first_step <= before.max():
            self.declare(row, first_step)
        if len(steps) > 1 and (falls := steps[1:] < steps[:-1]).any():
            back += (np.flatnonzero(falls & (walls[1:] >= walls[:-1])) + 1).tolist()
        if back:
            distinct, first = np.unique(np.concatenate((before, steps)), return_index=True)
            known = first[np.searchsorted(distinct, steps[back])] < row + np.array(back)
            for at in np.array(back)[known].tolist():
                self.declare(row + at, int(steps[at]))
        self._ends[source] = (int(steps[-1]), float(walls[-1]))
        self._latest_wall = max(self._latest_wall, float(walls[-1]))

    def superseded(self, steps: Steps) -> NDArray[np.bool_]:
        """Whether each row was logged anew later, shape (n,)."""
        flags = np.zeros(len(steps), bool)
        start = 0
        for row, step in self._found:
            flags[start:row] = steps[start:row] >= step
            start = row
        return flags

    def staircase(self) -> list[tuple[int, int]]:
        """The restarts that matter, both columns increasing: of the rows before ``row``, those from ``step`` on."""
        return list(self._found)
