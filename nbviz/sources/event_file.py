"""One event file, read as far as it has been written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from itertools import count
from typing import Any, cast

import numpy as np

from nbviz.formats.event import Batch, EventDecoder, Items
from nbviz.formats.frame import CUT, HEADER
from nbviz.formats.reader import Decoded
from nbviz.run import Run
from nbviz.series import Kind, Series
from nbviz.sources.items import FileItems, Origin
from nbviz.sources.storage import Status, Storage, shown

FINGERPRINT = 64
"""Bytes at the start of a file that tell it from another: its first event holds the time of its creation."""
OVERLAP = 16
"""Bytes that are read again, to see that the file is still the one that was read."""
HELD = 1024
"""Rows a tag, on the average, that are put into columns at once: a tag has its cost, however few its rows."""
LEAST_HELD = 16384
FEW_HELD = 1024
"""Rows of a followed file up to which they wait for somebody who reads them."""
LEAST_CHUNK = 1 << 20
"""Bytes read at a time of a periodic log, which needs no copies; another one needs twice as many to be fast."""
RESERVE = 1.02
"""Room that is made for the rows of a file that is read in chunks, above what its first ones promise."""
CHUNK_OF_TAG = 1 << 14
"""Bytes read at a time for each tag, as each has its cost."""
EARLY = 1 << 16
"""Bytes within which the first record is waited for before a file is called none of events."""
LISTED = 10
"""Damaged places of one file that are reported one by one."""

_sources = count(1)
_Columns = dict[tuple[str, str], list[Any]]


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
        Bytes of the file that are done with, and bytes that it had when it was last looked at.
    overlap : int
        How many of them, at the end, are to be read again.
    more : bool
        There was more to read when it was last read, or it was not read yet.
    needed : int
        How many bytes from the position on can be anything.
    lost : bool
        The position is behind a damaged header.
    chunk : int
        Bytes that are best read at a time.
    ended : bool
        The file is taken for complete.
    unfinished : int
        Bytes at the end of a file taken for complete that are the beginning of a record.
    """

    def __init__(self, storage: Storage, path: str, run: Run, decoder: EventDecoder, listed: int = LISTED) -> None:
        self.path = path
        self.run = run
        self.decoder = decoder
        self.size = self.unfinished = 0
        self._listed = listed
        self._storage = storage
        self._name = shown(path)
        self._seen: Status | None = None
        self._told: set[str] = set()
        self._failing = False
        self._restart()

    def _restart(self) -> None:
        self.position = self.overlap = 0
        self.lost, self.chunk = False, LEAST_CHUNK
        self.needed, self.more = 1, True
        self._source = next(_sources)
        self._origin = Origin(self._storage, self.path, self._report)
        self._identity: Hashable = None
        self._last = b""
        self._damages = self._records = 0
        self._committed = 0
        self._early: list[tuple[int, str]] = []
        self._cut: int | None = None
        self.ended = False
        self._held: list[Batch] = []
        self._rows_held = 0
        self._urgent = False

    def look(self) -> int:
        """Return how many bytes can be read on, if they can be anything yet.

        A file that was replaced (it is shorter, or begins otherwise) is to be read from its start. One that has merely
        got another inode, as rsync makes it, goes on. A file that is gone keeps what it gave.
        """
        try:
            status = self._storage.status(self.path)
            if status == self._seen:
                return 0
            self._compare(status)
        except FileNotFoundError:
            return 0
        except OSError as error:
            self.failed(error)
            return 0
        self._seen, self.size = status, status.size
        left = self.size - self.position
        return left if left >= self.needed else 0

    def _compare(self, status: Status) -> None:
        """Notice that another file has this name now; one that can be read on shows it by the overlap."""
        short = status.size - self.position < self.needed
        if self.position and (short or status.identity != self._identity):
            start = self._storage.read(self.path, 0, FINGERPRINT)
            if status.size < self.position or not start.startswith(self._origin.start):
                self.replaced()
        self._identity = status.identity
        if status.identity is not None:
            self._origin.checked = status.identity, status.changed

    def failed(self, error: OSError) -> None:
        """The file could not be read just now; it is tried again."""
        self._seen, self.more = None, False
        if not self._failing:
            self.run.report(f"{self._name} cannot be read ({error}), so what is new in it is missing.")
        self._failing = True

    def replaced(self) -> None:
        """Another file has this name now: what comes is read from its start."""
        self.commit()
        self._report_listed()
        self._origin.checked = ()  # no state of a file: its start is compared before an item is read
        self._restart()
        self._seen = None

    def is_continued(self, overlap: memoryview) -> bool:
        """Whether the bytes before the position are still those that were read."""
        return overlap == self._last

    def accept(self, decoded: Decoded, data: memoryview, more: bool) -> None:
        """Take what was read.

        Parameters
        ----------
        decoded : Decoded
        data : memoryview
            The overlap and the bytes that were decoded.
        more : bool
            There is more to read at once.
        """
        self._failing = False
        if self.position - self.overlap + len(data) < self.size:  # not all that it had when it was looked at
            self._seen = None
        done = self.overlap + decoded.used
        if not self.position:
            self._origin.start = bytes(data[:FINGERPRINT])
        self._last = bytes(data[max(0, done - OVERLAP) : done])
        self.overlap = len(self._last)
        self.position += decoded.used
        self.needed, self.lost = decoded.needed, decoded.lost
        self._records += decoded.records
        self.more = more
        problems = decoded.problems
        if decoded.records and self._cut is not None:
            problems = [(self._cut, CUT), *problems]
            self._cut = None
        self._cut = decoded.cut if self._cut is None else self._cut
        with self.run.lock:
            self._held += decoded.batches
            self._rows_held += decoded.records
        tags = 0
        for batch in decoded.batches:
            self._urgent |= batch.restart is not None or bool(batch.problems)
            tags = max(tags, len(batch.columns))
        self.chunk = LEAST_CHUNK if decoded.periodic else max(2 * LEAST_CHUNK, tags * CHUNK_OF_TAG)
        if self._rows_held >= max(LEAST_HELD, HELD * tags):
            self.commit()
            self.run.changed()
        if self._records or self.position > EARLY:
            self._report_damage(self._early + problems)
            self._early = []
        else:
            self._early += problems

    def finish(self, read_on: Callable[[EventFile], None]) -> None:
        """Take the file for complete, and append what a wrong length had hidden.

        A file that merely stops within its last record, as one does that is still being written, has nothing hidden and
        no problem.
        """
        if not self.lost and self.size - self.position >= HEADER.size:
            self.ended = self.more = True
            self.needed, self._seen = 1, None
            read_on(self)
        self.commit()
        self.run.changed()
        self.unfinished = self.size - (self.position if self._cut is None else self._cut)
        self._report_damage(self._early)
        self._report_listed()

    def stage(self) -> None:
        """Have what is held put into the run before anybody reads it; at once if that is much."""
        if self._urgent or self._rows_held > FEW_HELD:
            self.commit()
        else:
            with self.run.lock:
                self.run.hold(self.commit)
        self.run.changed()

    def commit(self) -> None:
        """Put what is held into the run."""
        columns: _Columns = defaultdict(list)
        sizes: dict[str, int] = defaultdict(int)
        with self.run.lock:
            held, self._held, self._rows_held, self._urgent = self._held, [], 0, False
            for batch in held:
                if batch.restart is not None:
                    self._append(columns, sizes)
                    self.run.restart(batch.restart)
                for key, part in batch.columns.items():
                    columns[key].append(part)
                for tag, size in batch.sizes.items():
                    sizes[tag] += size
                for sentence, tag in batch.problems.items():
                    self._report(sentence, tag)
            self._append(columns, sizes)
            self._committed = self.position

    def _append(self, columns: _Columns, sizes: dict[str, int]) -> None:
        # As many rows again as the bytes that are left hold, if they are like those since the last time.
        expected = RESERVE * (self.size - self.position) / max(1, self.position - self._committed)
        for (tag, kind), parts in columns.items():
            steps, walls, *rest = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
            metadata = self.decoder.metadata.get(tag, b"")
            series: Series
            if kind == "scalar":
                series = self.run.extend(tag, steps, walls, rest[0], self._source)
                series.nbytes += sizes[tag]
                if expected > 1.5:
                    series.reserve(int(len(series) + len(walls) * expected))
            else:
                lazy = FileItems(self._origin, tag, kind, metadata, Items(steps, walls, *rest))
                series = self.run.extend_items(tag, cast(Kind, kind), steps, walls, lazy, self._source)
            series.plugin, series.metadata = self.decoder.plugins.get(tag, ""), metadata
        columns.clear()
        sizes.clear()

    def _report(self, sentence: str, tag: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self.run.report(f"{self._name}: {sentence}" + (f" (first seen at tag {tag!r})." if tag else "."))

    def _report_damage(self, problems: list[tuple[int, str]]) -> None:
        if problems and not self._records:
            self.run.report(f"{self._name} is no event file (it does not start with a record), so it was skipped.")
            return
        for offset, sentence in problems[: max(0, self._listed - self._damages)]:
            self.run.report(f"{self._name}, byte {offset}: {sentence}.")
        self._damages += len(problems)

    def _report_listed(self) -> None:
        if self._damages > self._listed:
            left_out = f"{self._damages} places are damaged; the first {self._listed} were reported"
            self.run.report(f"{self._name}: {left_out}.")
