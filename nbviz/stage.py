"""The stage: what was logged and is not in the columns yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from nbviz.formats.items.text import Text
from nbviz.series import Confusion, Histogram, HistogramSeries, Kind
from nbviz.values import STEP_LIMIT

STAGE_LIMIT = 4096
"""Staged calls that a log() commits itself, so that a run nobody looks at stays small."""

Content = Histogram | Confusion | Text | bytes
"""What is kept of an item that was logged; bytes are those of a sketch."""

Rows = tuple[list[int], list[float], list[float]]
"""Steps, wall times and values."""


class Captured(NamedTuple):
    """An item on the stage; its step is known at the commit."""

    tag: str
    content: Content
    kind: Kind = "histogram"


class Derived(dict[str, float]):
    """Scalars that come with histograms and, as those, take no step of their own."""


Staged = tuple[float, "int | None", "dict[str, float] | Captured"]
"""Wall time, step where one was given, and what was logged."""


class Stage(list[Staged]):
    """Calls in their order: a list, as nothing is quicker than to append to one.

    Attributes
    ----------
    latest_step, next_step : int
        The step of the latest row, and the one after the largest.
    """

    def __init__(self) -> None:
        super().__init__()
        self.latest_step = self.next_step = 0

    def count_on(self, latest: int, largest: int) -> None:
        """Rows came from elsewhere, of which ``latest`` is the last step; counting stays within an int64."""
        self.latest_step, self.next_step = latest, max(self.next_step, min(largest, STEP_LIMIT) + 1)

    def rewind(self, step: int) -> None:
        self.latest_step, self.next_step = max(0, step - 1), step

    def drain(self, of_kind: Callable[[str, Kind], Any]) -> set[HistogramSeries]:
        """Move what is staged into the series that ``of_kind`` finds or makes, and return those that have new captures.

        It is taken off the stage at the end, as an interrupt is most likely while it is looked at.
        """
        staged = self[:]
        captures: list[tuple[Any, int, float, Content]] = []
        columns: dict[str, Rows] = {}
        latest, following = self.latest_step, self.next_step
        for wall, step, payload in staged:
            if isinstance(payload, Captured):
                at = latest if step is None else step
                captures.append((of_kind(payload.tag, payload.kind), at, wall, payload.content))
                continue
            if payload.__class__ is Derived:
                step = latest if step is None else step
            else:
                latest = step = following if step is None else step
                if step >= following:
                    following = step + 1
            for tag in payload:
                try:
                    steps, walls, values = columns[tag]
                except KeyError:
                    of_kind(tag, "scalar")
                    steps, walls, values = columns[tag] = ([], [], [])
                steps.append(step)
                walls.append(wall)
                values.append(payload[tag])
        self.latest_step, self.next_step = latest, following
        del self[: len(staged)]
        for tag, rows in columns.items():
            of_kind(tag, "scalar").extend(*rows)
        for series, step, wall, content in captures:
            series.append(step, wall, content)
        return {series for series, *_ in captures if isinstance(series, HistogramSeries)}
