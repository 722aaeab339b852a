"""Column: a growing array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Column:
    """A one-dimensional array that grows at its end.

    Growing replaces the array behind it, so a view handed out earlier stays valid and unchanged.
    """

    def __init__(self, dtype: type[np.generic], capacity: int = 64) -> None:
        self.data: NDArray[Any] = np.empty(capacity, dtype)
        """The array, of which the rows at the end are not written yet."""
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def write(self, start: int, values: ArrayLike) -> int:
        """Put values at row ``start`` and return the row behind them.

        A half-written tail beyond it, as an interrupt leaves one, is dropped.
        """
        # A list is converted once, on its way into the array: most have a few rows, and then it is what costs most.
        added = values if isinstance(values, list) else np.asarray(values, self.data.dtype)
        end = start + len(added)
        if end > len(self.data):
            self.reserve(max(end, 2 * len(self.data)))
        self.data[start:end] = added
        self._length = end
        return end

    def reserve(self, rows: int) -> None:
        """Have room for so many rows."""
        if rows > len(self.data):
            grown = np.empty(rows, self.data.dtype)
            grown[: self._length] = self.data[: self._length]
            self.data = grown

    def keep(self, mask: NDArray[np.bool_]) -> None:
        kept = self.data[: len(mask)][mask]
        self.data, self._length = np.empty(max(64, len(kept)), self.data.dtype), 0
        self.write(0, kept)

    def view(self) -> NDArray[Any]:
        view = self.data[: self._length]
        view.flags.writeable = False
        return view
