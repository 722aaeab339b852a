"""The columns of one tag: growing arrays of which a reader sees only whole rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = Literal["scalar", "histogram"]


class Column:
    """A one-dimensional array that grows at its end.

    Growing replaces the array behind it, so a view handed out earlier stays valid and unchanged.
    """

    def __init__(self, dtype: type[np.generic]) -> None:
        self._data: NDArray[Any] = np.empty(64, dtype)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def write(self, start: int, values: ArrayLike) -> None:
        """Put values at row ``start``; a half-written tail beyond it, as an interrupt leaves one, is dropped."""
        added = np.asarray(values, self._data.dtype)
        length = start + len(added)
        if length > len(self._data):
            grown = np.empty(max(length, 2 * len(self._data)), self._data.dtype)
            grown[:start] = self._data[:start]
            self._data = grown
        self._data[start:length] = added
        self._length = length

    def keep(self, mask: NDArray[np.bool_]) -> None:
        kept = self.view()[mask]
        self._data, self._length = np.empty(max(64, len(kept)), self._data.dtype), 0
        self.write(0, kept)

    def view(self) -> NDArray[Any]:
        view = self._data[: self._length]
        view.flags.writeable = False
        return view


class Series:
    """One tag's rows, in the order they were logged."""

    kind: Kind

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.generation = 0
        """Grows when rows are taken back; within a generation rows are only added."""
        self.largest_step: int | None = None
        self._steps = Column(np.int64)
        self._walls = Column(np.float64)

    def __len__(self) -> int:
        return len(self._walls)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.tag!r}: {len(self):,} rows>"

    def rewind(self, step: int) -> None:
        """Forget the rows at ``step`` and after it."""
        mask = self.steps < step
        if not mask.all():
            self._keep(mask)
            self.generation += 1
            self.largest_step = int(self.steps.max()) if len(self) else None

    def _finish_rows(self, steps: NDArray[np.int64], wall_times: ArrayLike) -> None:
        """The last column written, as a reader takes the number of whole rows from it."""
        self._walls.write(len(self), wall_times)
        largest = int(steps.max())
        self.largest_step = largest if self.largest_step is None else max(self.largest_step, largest)

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self._steps.keep(mask)
        self._walls.keep(mask)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Step of each row, shape (n,), int64, read-only."""
        return self._steps.view()[: len(self)]

    @property
    def wall_times(self) -> NDArray[np.float64]:
        """When each row was logged, shape (n,), float64 seconds since the epoch, read-only."""
        return self._walls.view()


class ScalarSeries(Series):
    """A metric: one number a row."""

    kind: Kind = "scalar"

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self._values = Column(np.float64)

    @property
    def values(self) -> NDArray[np.float64]:
        """Value of each row, shape (n,), float64, NaN and infinities included, read-only."""
        return self._values.view()[: len(self)]

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self._values.keep(mask)
        super()._keep(mask)

    def extend(self, steps: ArrayLike, wall_times: ArrayLike, values: ArrayLike) -> None:
        """Append rows; each argument has shape (n,)."""
        added, numbers, walls = np.asarray(steps, np.int64), np.asarray(values, float), np.asarray(wall_times, float)
        if not len(added) == len(numbers) == len(walls):
            raise ValueError(
                f"expected as many steps, wall times and values, got {len(added)}, {len(walls)}, {len(numbers)}"
            )
        if len(added):
            self._steps.write(len(self), added)
            self._values.write(len(self), numbers)
            self._finish_rows(added, walls)


@dataclass(frozen=True, eq=False)
class Histogram:
    """One captured histogram.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    counts : ndarray of float64, shape (k,)
    edges : ndarray of float64, shape (k + 1,)
        Increasing; bin ``i`` is ``edges[i] <= x < edges[i + 1]``, the last bin includes its right edge.
    nonfinite : int
        How many values were NaN or infinite, which no bin holds.
    """

    step: int
    wall_time: float
    counts: NDArray[np.float64]
    edges: NDArray[np.float64]
    nonfinite: int = 0


class HistogramSeries(Series):
    """Captures of a tensor's distribution: one histogram a row."""

    kind: Kind = "histogram"

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self._captures: list[Histogram] = []

    def __getitem__(self, index: int) -> Histogram:
        return self._captures[index]

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self._captures = [capture for capture, kept in zip(self._captures, mask, strict=True) if kept]
        super()._keep(mask)

    def append(self, capture: Histogram) -> None:
        step = np.array([capture.step], np.int64)
        self._steps.write(len(self), step)
        self._captures[len(self) :] = [capture]
        self._finish_rows(step, [capture.wall_time])
