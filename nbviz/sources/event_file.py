"""One event file, read as far as it has been written."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import cast

from nbviz.formats.event import Batch, EventDecoder
from nbviz.formats.record import RecordReader
from nbviz.run import Run
from nbviz.series import Kind
from nbviz.sources.items import FileItems, Origin
from nbviz.sources.storage import LocalStorage

CHUNK = 1 << 20
"""Bytes read at a time: bounds memory, and lets many files take turns."""

FINGERPRINT = 64
"""Bytes at the start of a file that tell it from another: its first event holds the time of its creation."""

_sources = count(1)
_STORAGE = LocalStorage()

LISTED = 10
"""Damaged places of one file that are reported one by one."""


class EventFile:
    """An event file that is appended to a run, and where reading stands in it.

    Parameters
    ----------
    path : Path
    run : Run
        Gets the scalars, the items and a sentence for each problem.
    decoder : EventDecoder
        The one of the run.
    """

    def __init__(self, path: Path, run: Run, decoder: EventDecoder) -> None:
        self.path = path
        self.run = run
        self._decoder = decoder
        self._seen: tuple[int, int, int] | None = None
        self._told: set[str] = set()
        self._restart()

    def _restart(self) -> None:
        self._records = RecordReader()
        self._position = 0
        self._source = next(_sources)
        self._inode = 0
        self._start = b""
        self._damages = 0

    def read_on(self) -> bool:
        """Append at most one chunk of what is new; True while there is more.

        A file that was replaced (another inode, another beginning, or shorter than what was read) is read from its
        start. A file that is gone keeps what it gave.

        Raises
        ------
        OSError
            If the file is there and cannot be read.
        """
        try:
            status = self.path.stat()
            if (status.st_ino, status.st_size, status.st_mtime_ns) == self._seen:
                return False
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                start = file.read(FINGERPRINT)
                if self._was_replaced(status, start):
                    self.finish()
                    self._restart()
                self._inode, self._start = status.st_ino, start
                file.seek(self._position)
                chunk = file.read(CHUNK)
        except FileNotFoundError:
            return False
        self._position += len(chunk)
        more = self._position < status.st_size
        self._seen = None if more else (status.st_ino, status.st_size, status.st_mtime_ns)
        self._append(self._records.decode(chunk))
        return more and bool(chunk)

    def finish(self) -> None:
        """Take the file for complete, and append what a wrong length had hidden."""
        self._append(self._records.flush())
        if self._damages > LISTED:
            self.run.report(f"{self.path}: {self._damages} places are damaged; the first {LISTED} were reported.")

    def _was_replaced(self, status: os.stat_result, start: bytes) -> bool:
        if not self._position:
            return False
        return status.st_ino != self._inode or status.st_size < self._position or not start.startswith(self._start)

    def _append(self, payloads: list[tuple[int, bytes]]) -> None:
        for batch in self._decoder.decode(payloads):
            self._append_batch(batch)
        self._report_damage()
        if payloads:
            self.run.changed()

    def _append_batch(self, batch: Batch) -> None:
        metadata, plugins = self._decoder.metadata, self._decoder.plugins
        origin = Origin(_STORAGE, str(self.path), self._inode, self._report)
        if batch.restart is not None:
            self.run.restart(batch.restart)
        for tag, scalars in batch.scalars.items():
            series = self.run.extend(tag, *scalars, source=self._source)
            series.plugin, series.metadata = plugins.get(tag, ""), metadata.get(tag, b"")
        for (tag, kind), items in batch.items.items():
            lazy = FileItems(origin, tag, kind, metadata.get(tag, b""), items)
            others = self.run.extend_items(tag, cast(Kind, kind), *items[:2], lazy, source=self._source)
            others.plugin, others.metadata = plugins.get(tag, ""), metadata.get(tag, b"")
        for sentence, tag in batch.problems.items():
            self._report(sentence, tag)

    def _report(self, sentence: str, tag: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self.run.report(f"{self.path}: {sentence}" + (f" (first seen at tag {tag!r})." if tag else "."))

    def _report_damage(self) -> None:
        problems, self._records.problems = self._records.problems, []
        if problems and not self._records.records:
            self.run.report(f"{self.path} is no event file (it does not start with a record), so it was skipped.")
            return
        for offset, sentence in problems[: max(0, LISTED - self._damages)]:
            self.run.report(f"{self.path}, byte {offset}: {sentence}.")
        self._damages += len(problems)
