"""Rows of one tag, of which a reader sees only whole ones: what series of every kind have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbviz.column import Column
from nbviz.restarts import Restarts, Staircase

Kind = Literal[
    "scalar",
    "histogram",
    "image",
    "audio",
    "text",
    "pr_curve",
    "mesh",
    "hparams",
    "graph",
    "layout",
    "confusion",
    "tensor",
]


def _nothing() -> None: ...


class Series:
    """One tag's rows, in the order they were logged."""

    kind: Kind

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.plugin = ""
        """Which plugin of TensorBoard the data are for, where an event file says so."""
        self.metadata = b""
        """The first ``SummaryMetadata`` of the tag, as an event file holds it."""
        self.generation = 0
        """Grows when rows are taken back; within a generation rows are only added."""
        self.largest_step: int | None = None
        """Of the rows that are not superseded."""
        self.restarts = Restarts()
        self.collect: Callable[[], None] = _nothing
        """Has rows appended that a source holds; called before any are read."""
        self._steps = Column(np.int64)
        self._walls = Column(np.float64)
        self._rows = 0
        """How many rows are whole; set last of all."""

    def __len__(self) -> int:
        self.collect()
        return self._rows

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.tag!r}: {len(self):,} rows>"

    def rewind(self, step: int) -> None:
        """Forget the rows at ``step`` and after it."""
        mask = self.steps < step
        if not mask.all():
            self._keep(mask)
            self.generation += 1
            self.restarts.rewind(mask, step)
            self._find_largest_step()

    @property
    def captured(self) -> int:
        """How many rows were added in this generation and committed; more than there are where some were merged."""
        return self._rows

    def stairs(self) -> Staircase:
        """The restarts, of rows as `captured` counts them; see `Restarts.staircase`."""
        return self.restarts.staircase()

    def restart(self, step: int) -> None:
        """The run goes on from ``step``: the rows at that step and after it are superseded, but stay."""
        self.restarts.declare(len(self), step)
        self._find_largest_step()

    def _find_largest_step(self) -> None:
        current = self.steps[~self.superseded]
        self.largest_step = int(current.max()) if len(current) else None

    def _write_rows(self, steps: ArrayLike, wall_times: ArrayLike, end: int) -> None:
        """Write all but the items or values, which end at row ``end``."""
        start = self._rows
        steps_end, walls_end = self._steps.write(start, steps), self._walls.write(start, wall_times)
        if not steps_end == walls_end == end:
            counts = f"{steps_end - start}, {walls_end - start}, {end - start}"
            raise ValueError(f"expected as many steps, wall times and values, got {counts}")

    def _finish_rows(self, end: int, source: int) -> None:
        """The rows up to ``end`` are written: have readers see them."""
        changes = self.restarts.changes
        largest = self.restarts.extend(self._steps.data, self._walls.data, self._rows, end, source)
        self._rows = end
        if self.restarts.changes != changes:
            self._find_largest_step()
        elif self.largest_step is None or largest > self.largest_step:
            self.largest_step = largest

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self._steps.keep(mask)
        self._walls.keep(mask)
        self._rows = len(self._walls)

    def _column(self, column: Column) -> NDArray[Any]:
        rows = len(self)
        return column.view()[:rows]

    @property
    def latest_step(self) -> int:
        """That of the last row; IndexError where there is none."""
        return int(self._steps.data[: self._rows][-1])

    @property
    def steps(self) -> NDArray[np.int64]:
        """Step of each row, shape (n,), int64, read-only."""
        return self._column(self._steps)

    @property
    def wall_times(self) -> NDArray[np.float64]:
        """When each row was logged, shape (n,), float64 seconds since the epoch, read-only."""
        return self._column(self._walls)

    @property
    def superseded(self) -> NDArray[np.bool_]:
        """Whether a restarted run logged the row's step anew, shape (n,), bool. Views hide such rows unless asked."""
        return self.restarts.superseded(self.steps)
