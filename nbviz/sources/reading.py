"""Reading event files on, many small ones at once or a big one chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from nbviz.formats.frame import Stretch
from nbviz.formats.reader import MARGIN, EventReader, Part
from nbviz.sources.event_file import EventFile
from nbviz.sources.storage import Storage

CHUNK = 8 << 20
"""Bytes read at a time, at most: enough for numpy to be fast, and few enough to bound memory and to take turns."""

KEPT = 1 << 16
"""Bytes of buffer that are kept between two polls."""


_Request = tuple[EventFile, int, bool]
"""A file, how many bytes are to be read of it, and whether it has more."""


class Reading:
    """Reads event files on, with one buffer and one memory of what records look like.

    Parameters
    ----------
    storage : Storage
    hold : bool
        Nobody looks at the runs before all is read, so that rows may be put into columns when there are many.
    """

    def __init__(self, storage: Storage, hold: bool) -> None:
        self._hold = hold
        self._storage = storage
        self._reader = EventReader()
        self._buffer = np.zeros(KEPT, np.uint8)

    def read_on(self, runs: Iterable[Iterable[EventFile]], tick: Callable[[], None] | None = None) -> bool:
        """Read on in the files of each run, in order, but at most a chunk of each run; True while there is more.

        ``tick`` is called after each chunk.
        """
        requests: list[_Request] = []
        total, more = 0, False
        for files in runs:
            for file in files:
                if self._hold and not file.more:  # to look at it costs a request if it lies elsewhere
                    continue
                size = file.look()
                if not size:
                    continue
                most = max(min(file.chunk, CHUNK), file.needed)
                if requests and total + min(size, most) > CHUNK:
                    more |= self._decode(requests, tick)
                    requests, total = [], 0
                requests.append((file, min(size, most), size > most))
                total += min(size, most)
                if size > most:
                    break
        more |= self._decode(requests, tick)
        if not more and len(self._buffer) > KEPT:
            self._buffer = np.zeros(KEPT, np.uint8)
        return more

    def finish(self, file: EventFile) -> None:
        """Take a file for complete, and read what a wrong length had hidden."""
        file.finish(self._read_to_end)

    def _read_to_end(self, file: EventFile) -> None:
        while self.read_on([[file]]):
            pass

    def _decode(self, requests: list[_Request], tick: Callable[[], None] | None) -> bool:
        """Read and decode at once; True if one of the files has more."""
        size = MARGIN
        for file, wanted, _ in requests:
            size += file.overlap + wanted
        if size > len(self._buffer):
            self._buffer = np.zeros(size, np.uint8)
        view, at, more = self._buffer.data, 0, False
        parts: list[Part] = []
        replaced: list[list[EventFile]] = []
        read: list[tuple[EventFile, memoryview, bool]] = []
        for file, wanted, has_more in requests:
            start = at + file.overlap
            expected = start + wanted
            try:
                stop = at + self._storage.readinto(file.path, file.position - file.overlap, view[at:expected])
            except OSError as error:
                file.failed(error)
                continue
            if stop < start or not file.is_continued(view[at:start]):
                file.replaced()
                replaced.append([file])
                continue
            end = start + file.size - file.position if file.ended else None
            further = has_more and stop == expected  # a file that is shorter than it said is looked at later
            parts.append(Part(Stretch(start, stop, file.lost, end), file.position, file.decoder, further))
            read.append((file, view[at:stop], further))
            at = stop
        for (file, held, further), decoded in zip(read, self._reader.decode(self._buffer, parts), strict=True):
            file.accept(decoded, held, further)
            if not self._hold:
                file.stage()
            elif not further:
                file.commit()
            more |= further
        if tick is not None:
            tick()
        return self.read_on(replaced) or more if replaced else more
