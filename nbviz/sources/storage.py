"""Where the bytes of event files lie: this machine's own files here, other places in `nbviz.sources.remote`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple, Protocol

from nbviz.sources.logdir import Walk

SMALL = 1 << 16
"""Bytes up to which a copy costs less than a file object does."""
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0)

Complain = Callable[[str], None]
"""Told one sentence for each thing that went wrong."""


class Status(NamedTuple):
    """What is known of a file without reading it. Two that are equal say that nothing has happened in between.

    Attributes
    ----------
    size : int
        Bytes.
    identity : hashable
        Another value means another file under the same name; None where the storage cannot tell.
    changed : hashable
        Another value means that the file was written to; None where the storage cannot tell.
    """

    size: int
    identity: Hashable
    changed: Hashable


class Storage(Protocol):
    """Reads files by their paths, which are strings. Nothing is locked, written or held open.

    Attributes
    ----------
    interval : float
        Seconds between two looks at the files when they are followed.
    """

    interval: float

    def check(self, root: str) -> None:
        """Look whether there is anything at ``root``: FileNotFoundError if not, another OSError if unknown."""

    def own_name(self, root: str) -> str:
        """Name ``root``, or of a file the directory that it is in; empty if that has none."""

    def is_file(self, root: str) -> bool:
        """Whether ``root`` is one file rather than a directory."""

    def status(self, path: str) -> Status:
        """Look at a file; FileNotFoundError if it is gone, another OSError if it cannot be looked at."""

    def read(self, path: str, offset: int, size: int) -> bytes:
        """Return ``size`` bytes from ``offset`` on; fewer if the file ends before. Raises OSError."""

    def readinto(self, path: str, offset: int, buffer: memoryview) -> int:
        """Fill ``buffer`` from ``offset`` on, and return the number of bytes there were. Raises OSError."""

    def event_files(self, root: str, complain: Complain) -> dict[str, list[str]]:
        """Find the event files at and below ``root``: sorted paths by sorted directory; '.' is the root itself.

        ``complain`` is told of what had to be left out. Raises OSError if nothing can be found out at present.
        """


class LocalStorage:
    """The file system of this machine. A path may hold undecodable bytes as Python's file system encoding does."""

    interval = 0.1

    def __init__(self) -> None:
        self._walks: dict[str, Walk] = {}

    def check(self, root: str) -> None:
        os.stat(root)

    def own_name(self, root: str) -> str:
        directory = Path(root).parent if self.is_file(root) else Path(root)
        own = directory.absolute().name
        return shown(directory.resolve().name if own == ".." else own)  # a link keeps the name it was asked for by

    def is_file(self, root: str) -> bool:
        return os.path.isfile(root)

    def status(self, path: str) -> Status:
        found = os.stat(path)
        if not S_ISREG(found.st_mode):  # to open a pipe would wait for whoever writes into it
            raise FileNotFoundError(f"{shown(path)} is no file any more")
        return Status(found.st_size, found.st_ino, found.st_mtime_ns)

    def read(self, path: str, offset: int, size: int) -> bytes:
        file = os.open(path, _READING)
        try:
            os.lseek(file, offset, os.SEEK_SET)
            return os.read(file, size)
        finally:
            os.close(file)

    def readinto(self, path: str, offset: int, buffer: memoryview) -> int:
        if len(buffer) <= SMALL:
            data = self.read(path, offset, len(buffer))
            buffer[: len(data)] = data
            return len(data)
        filled = 0
        with open(path, "rb", buffering=0) as file:
            file.seek(offset)
            while filled < len(buffer) and (count := file.readinto(buffer[filled:])):
                filled += count
        return filled

    def event_files(self, root: str, complain: Complain) -> dict[str, list[str]]:
        walk = self._walks.get(root)
        if walk is None:
            walk = self._walks[root] = Walk(root)
        return walk.event_files(complain)


def shown(path: str) -> str:
    """Return a path as text that any file, page or terminal can take.

    Undecodable bytes are written as ``\\xff``, and the password in a URL as ``…``.
    """
    text = path.encode("utf-8", "backslashreplace").decode("utf-8").replace("\\udc", "\\x")
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:…@", text)
