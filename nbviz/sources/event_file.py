"""One event file, read as far as it has been written."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from typing import cast

from nbviz.formats.event import Batch, EventDecoder
from nbviz.formats.record import RecordReader
from nbviz.run import Run
from nbviz.series import Kind
from nbviz.sources.items import FileItems, Origin
from nbviz.sources.storage import Status, Storage, shown

CHUNK = 1 << 20
"""Bytes read at a time: bounds memory, and lets many files take turns."""

FINGERPRINT = 64
"""Bytes at the start of a file that tell it from another: its first event holds the time of its creation."""

_sources = count(1)

LISTED = 10
"""Damaged places of one file that are reported one by one."""


class EventFile:
    """An event file that is appended to a run, and where reading stands in it.

    Parameters
    ----------
    storage : Storage
    path : str
    run : Run
        Gets the scalars, the items and a sentence for each problem.
    decoder : EventDecoder
        The one of the run.
    listed : int
        Damaged places that are reported one by one.

    Attributes
    ----------
    position, size : int
        Bytes of the file that were read, and bytes that it had then.
    unfinished : int
        Bytes at the end of a file taken for complete that are the beginning of a record.
    """

    def __init__(self, storage: Storage, path: str, run: Run, decoder: EventDecoder, listed: int = LISTED) -> None:
        self.path = path
        self.run = run
        self.size = self.unfinished = 0
        self._listed = listed
        self._storage = storage
        self._name = shown(path)
        self._decoder = decoder
        self._seen: Status | None = None
        self._told: set[str] = set()
        self._restart()

    def _restart(self) -> None:
        self._records = RecordReader()
        self.position = 0
        self._source = next(_sources)
        self._identity: Hashable = None
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
            status = self._storage.status(self.path)
            if status == self._seen:
                return False
            chunk, start = self._changed_bytes(status)
            if status.identity is not None and self._storage.status(self.path).identity != status.identity:
                return True  # it was replaced while it was read
        except FileNotFoundError:
            return False
        self._identity, self._start = status.identity, start
        self.position, self.size = self.position + len(chunk), status.size
        more = self.position < status.size
        self._seen = None if more else status
        self._append(self._records.decode(chunk))
        return more and bool(chunk)

    def finish(self) -> None:
        """Take the file for complete, and append what a wrong length had hidden."""
        self.unfinished, records = self._records.pending, self._records.records
        self._append(self._records.flush())
        if self._records.records > records:
            self.unfinished = 0
        if self._damages > self._listed:
            self.run.report(
                f"{self._name}: {self._damages} places are damaged; the first {self._listed} were reported."
            )

    def _changed_bytes(self, status: Status) -> tuple[bytes, bytes]:
        """Return at most one chunk of what is new, and the bytes at the start of the file."""
        start = self._bytes(0, FINGERPRINT) if self.position else b""
        replaced = status.identity != self._identity or status.size < self.position or not start.startswith(self._start)
        if self.position and replaced:
            self.finish()
            self._restart()
        chunk = self._bytes(self.position, min(CHUNK, status.size - self.position))
        return chunk, start or chunk[:FINGERPRINT]

    def _bytes(self, offset: int, size: int) -> bytes:
        buffer = bytearray(size)
        with memoryview(buffer) as view:
            count = self._storage.readinto(self.path, offset, view)
        return bytes(buffer[:count])

    def _append(self, payloads: list[tuple[int, bytes]]) -> None:
        for batch in self._decoder.decode(payloads):
            self._append_batch(batch)
        self._report_damage()
        if payloads:
            self.run.changed()

    def _append_batch(self, batch: Batch) -> None:
        metadata, plugins = self._decoder.metadata, self._decoder.plugins
        origin = Origin(self._storage, self.path, self._identity, self._report, self._start)
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
            self.run.report(f"{self._name}: {sentence}" + (f" (first seen at tag {tag!r})." if tag else "."))

    def _report_damage(self) -> None:
        problems, self._records.problems = self._records.problems, []
        if problems and not self._records.records:
            self.run.report(f"{self._name} is no event file (it does not start with a record), so it was skipped.")
            return
        for offset, sentence in problems[: max(0, self._listed - self._damages)]:
            self.run.report(f"{self._name}, byte {offset}: {sentence}.")
        self._damages += len(problems)
