"""Where a log directory on this machine keeps its event files."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

MARK = "tfevents"
"""What the name of an event file contains, as in TensorBoard."""

SETTLED = 2.0
"""Seconds after which a directory's time of change tells of every later change: some file systems count in twos."""

THOROUGH = 10.0
"""Seconds between two walks that list every directory anew: a few file systems never change a directory's time."""


class _Listing(NamedTuple):
    """What a directory held; ``directories`` and ``links`` (to directories) are relative to the root."""

    stamp: tuple[int, int, int]
    settled: bool
    directories: list[str]
    links: list[str]
    files: list[str]


class Walk:
    """Finds the event files at and below a directory, again and again, and lists only the directories that changed.

    A directory is visited once, under its own name rather than that of a symbolic link to it. So links that lead in
    circles end, and a ``latest`` link to a run does not show it twice.

    Parameters
    ----------
    root : str
        A directory, or one file, which then counts as an event file whatever its name.
    clock : callable, optional
        Returns seconds since the epoch, as the file system's clock does.
    """

    def __init__(self, root: str, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._base = root if root.endswith(("/", os.sep)) else root + os.sep
        self._clock = clock
        self._latest_thorough = -float("inf")
        self._listings: dict[str, _Listing] = {}
        self._found: dict[str, list[str]] = {}

    def event_files(self, complain: Callable[[str], None]) -> dict[str, list[str]]:
        """Find the event files that are there now.

        Parameters
        ----------
        complain : callable
            Told one sentence for each directory that cannot be read.

        Returns
        -------
        dict of str to list of str
            Sorted paths by sorted directory, relative to the root and with '/'; '.' is the root itself. The same
            object as before if nothing changed.
        """
        if os.path.isfile(self._root):
            if not self._found:
                self._found = {".": [self._root]}
            return self._found
        now = self._clock()
        thorough = not 0 <= now - self._latest_thorough < THOROUGH
        if thorough:
            self._latest_thorough = now
        listings = self._visit({} if thorough else self._listings, now, complain)
        if listings != self._listings:
            self._listings = listings
            self._found = {where: listings[where].files for where in sorted(listings) if listings[where].files}
        return self._found

    def _visit(self, known: dict[str, _Listing], now: float, complain: Callable[[str], None]) -> dict[str, _Listing]:
        listings: dict[str, _Listing] = {}
        visited: set[tuple[int, int]] = set()
        directories, links = deque(["."]), deque[str]()
        while directories or links:
            where = directories.popleft() if directories else links.popleft()
            path = self._root if where == "." else self._base + where
            try:
                status = os.stat(path)
                device_inode = (status.st_dev, status.st_ino)
                if device_inode in visited:
                    continue
                visited.add(device_inode)
                listing = known.get(where)
                stamp = (*device_inode, status.st_mtime_ns)
                if listing is None or not listing.settled or listing.stamp != stamp:
                    listing = self._list(where, path, stamp, now)
            except (FileNotFoundError, NotADirectoryError):
                continue  # it went away while we looked
            except OSError as error:
                complain(f"the directory {path} cannot be read ({error.strerror}), so its runs are left out.")
                continue
            listings[where] = listing
            directories += listing.directories
            links += listing.links
        return listings

    def _list(self, where: str, path: str, stamp: tuple[int, int, int], now: float) -> _Listing:
        settled = stamp[2] < (now - SETTLED) * 1e9
        listing = _Listing(stamp, settled, [], [], [])
        inside, base = ("", self._base) if where == "." else (where + "/", path + os.sep)
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir():
                    (listing.links if entry.is_symlink() else listing.directories).append(inside + entry.name)
                elif MARK in entry.name and entry.is_file():
                    listing.files.append(base + entry.name)
        for names in listing[2:]:
            names.sort()
        return listing
