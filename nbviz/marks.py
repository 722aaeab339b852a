"""Marks: steps that are worth a second look, each with a note if there is one.

They are the rows of a series of texts, so that they are recorded, saved, read and rewound like any other, and
TensorBoard shows them among its texts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nbviz.formats.items.text import Text
from nbviz.series import ItemSeries

TAG = "nbviz/marks"
"""The series that holds them."""


class Mark(NamedTuple):
    """A step and what was noted there."""

    step: int
    note: str


def as_text(note: str) -> Text:
    """A note as an item, whose step and wall time are not known yet."""
    return Text(0, 0.0, np.array(note, object))


class Marks:
    """The marks of one run, read anew only when there are others."""

    def __init__(self) -> None:
        self._state = (-1, -1)
        self._marks: list[Mark] = []

    def of(self, series: object) -> list[Mark]:
        """Those that a series holds, increasing, each once."""
        if not isinstance(series, ItemSeries):
            return []
        state = (series.generation, len(series))
        if state != self._state:
            found = {Mark(int(step), _note(series, row)) for row, step in enumerate(series.steps)}
            self._marks, self._state = sorted(found), state
        return self._marks


def _note(series: ItemSeries, row: int) -> str:
    """The note of a row; none where its file is gone."""
    try:
        item = series[row]
    except ValueError:
        return ""
    return item.text if isinstance(item, Text) else ""
