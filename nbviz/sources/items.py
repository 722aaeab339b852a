"""The items of an event file, read from it and decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from nbviz.column import Column
from nbviz.formats.event import Items
from nbviz.formats.items import MOVED, decode_item
from nbviz.formats.items.histogram import empty_histogram
from nbviz.formats.protobuf import MalformedError
from nbviz.sources.storage import Storage, shown


@dataclass(eq=False)
class Origin:
    """The file that items come from.

    Attributes
    ----------
    storage : Storage
    path : str
    report : callable
        Told a sentence and a tag if only a part of an item could be decoded.
    start : bytes
        The first bytes of the file: its first event holds the time of its creation.
    checked : hashable
        The state of the file in which its start was last found to be the same; None where the storage cannot tell.
    """

    storage: Storage
    path: str
    report: Callable[[str, str], None]
    start: bytes = b""
    checked: Hashable = None


class FileItems(Sequence[Any]):
    """Items of one tag, one kind and one file: knows where their bytes lie, and keeps none of them.

    Parameters
    ----------
    origin : Origin
    tag, kind : str
    metadata : bytes
        The first ``SummaryMetadata`` of the tag.
    items : Items
        As an `nbviz.formats.event.Batch` holds them.
    """

    def __init__(self, origin: Origin, tag: str, kind: str, metadata: bytes, items: Items) -> None:
        self._origin, self._tag, self._kind, self._metadata = origin, tag, kind, metadata
        dtypes = (np.int64, np.float64, np.int64, np.int64)
        self._columns = [Column(dtype, len(items.steps)) for dtype in dtypes]
        self._write(0, items)

    def __len__(self) -> int:
        return len(self._columns[-1])

    @property
    def nbytes(self) -> int:
        """Bytes that the items take in the file."""
        return int(self._columns[-1].view().sum())

    def join(self, row: int, others: Sequence[Any]) -> bool:
        """Take others in from ``row`` on, so that a file read bit by bit has them in one place; False if it cannot."""
        if not isinstance(others, FileItems) or others._origin is not self._origin:
            return False
        self._write(row, [column.view() for column in others._columns])
        return True

    def _write(self, row: int, items: Sequence[Any]) -> None:
        for column, values in zip(self._columns, items, strict=True):
            column.write(row, values)

    def encoded(self, row: int) -> bytes:
        """The bytes of an item, read from the file."""
        step, _, offset, size = self._row(row)
        return self._read(step, offset, size)

    def _row(self, row: int) -> tuple[int, float, int, int]:
        step, wall_time, offset, size = (column.view()[row].item() for column in self._columns)
        return step, wall_time, offset, size

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        step, wall_time, offset, size = self._row(index)
        data = self._read(step, offset, size)
        try:
            item, problem = decode_item(self._kind, data, step, wall_time, self._tag, self._metadata)
        except MalformedError as error:
            if self._kind != "histogram" or str(error) == MOVED:
                raise self._lost(step, str(error)) from None
            item, problem = empty_histogram(step, wall_time), str(error)
        if problem:
            self._origin.report(problem, self._tag)
        return item

    def _read(self, step: int, offset: int, size: int) -> bytes:
        storage, path = self._origin.storage, self._origin.path
        try:
            if self._was_replaced():
                raise self._lost(step, "the file was replaced by another since it was read")
            data = storage.read(path, offset, size)
        except OSError as error:
            raise self._lost(
                step, "the file is gone" if isinstance(error, FileNotFoundError) else str(error)
            ) from error
        if len(data) != size:
            raise self._lost(step, "the file is shorter now than when it was read")
        return data

    def _was_replaced(self) -> bool:
        """Whether the file is another one now; its start is looked at only when it was written to since the last look.

        A storage that cannot tell files apart is not asked, as that costs a request: the tag in the bytes has to do.
        """
        origin = self._origin
        if origin.checked is None:
            return False
        status = origin.storage.status(origin.path)
        if (status.identity, status.changed) != origin.checked:
            if origin.storage.read(origin.path, 0, len(origin.start)) != origin.start:
                return True
            origin.checked = status.identity, status.changed
        return False

    def _lost(self, step: int, why: str) -> ValueError:
        return ValueError(
            f"the {self._kind} {self._tag!r} at step {step} cannot be read from {shown(self._origin.path)}: {why}."
        )
