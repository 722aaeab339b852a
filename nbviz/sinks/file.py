"""An event file that grows: its name, and appending to it."""

from __future__ import annotations

import itertools
import os
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

from nbviz.formats.writer import version_event

MARK = "tfevents"
_NAME = re.compile(r"events\.out\.tfevents\.(\d{1,12})\.")
_numbers = itertools.count()
_made: set[str] = set()


def event_files(directory: Path) -> list[str]:
    """Names of the event files in a directory, sorted; none if it does not exist."""
    try:
        return sorted(entry.name for entry in os.scandir(directory) if MARK in entry.name)
    except FileNotFoundError:
        return []


def _ours() -> str:
    return f".{socket.gethostname()}.{os.getpid()}."


def goes_on(directory: Path) -> bool:
    """Whether a new file continues what is in the directory: some writer was there, and is not still at work.

    A name tells which process made a file. One of this process that is not ours belongs to another writer, such as
    torch's ``SummaryWriter``, beside which we write.
    """
    return any(_ours() not in name or name in _made for name in event_files(directory))


class AppendedFile:
    """A new event file in a directory, made at the first `append`.

    Nothing is kept open: a file that somebody removed is noticed, a process that is killed leaves whole what was
    appended, and a forked one holds nothing of ours.

    Attributes
    ----------
    path : Path or None
        ``None`` until there is something in it.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self.directory = directory
        self.path: Path | None = None
        self._clock = clock
        self._size = 0

    def append(self, records: bytes) -> None:
        """Append whole records, all or none of them.

        Raises
        ------
        FileNotFoundError
            If the file was removed, or replaced by a shorter one.
        OSError
            If it cannot be written, as when the disk is full.
        """
        path = self.path or self._create()
        if not self._size:
            records = version_event(self._clock()) + records
        file = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
        try:
            size = os.fstat(file).st_size
            if size < self._size:
                raise FileNotFoundError(f"{path} was replaced by another file")
            if size > self._size:  # a write that failed half-way
                os.ftruncate(file, self._size)
            self.path = path
            with memoryview(records) as left:
                at = 0
                while at < len(left):
                    at += os.write(file, left[at:])
            self._size += len(records)
        finally:
            os.close(file)

    def _create(self) -> Path:
        """Make the file, under a name that sorts behind those that are there: readers read files in that order."""
        self.directory.mkdir(parents=True, exist_ok=True)
        there = [match for match in map(_NAME.match, event_files(self.directory)) if match]
        last = max((match.string for match in there), default="")
        seconds, number = int(self._clock()), next(_numbers)
        # As TensorBoard names them: seconds, host, process, number.
        name = f"events.out.tfevents.{seconds:010d}{_ours()}{number}"
        if name <= last:
            seconds = max(int(match[1]) for match in there) + 1
            name = f"events.out.tfevents.{seconds:010d}{_ours()}{number}"
        path = self.directory / name
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        _made.add(name)
        return path
