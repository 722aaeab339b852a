"""Where a log directory keeps its event files."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

MARK = "tfevents"
"""What the name of an event file contains, as in TensorBoard."""


def find_event_files(root: Path, complain: Callable[[str], None]) -> dict[str, list[Path]]:
    """Find the event files in a directory and below it.

    A directory is visited once, under its own name rather than that of a symbolic link to it. So links that lead in
    circles end, and a ``latest`` link to a run does not show it twice.

    Parameters
    ----------
    root : Path
        A directory, or one file, which then counts as an event file whatever its name.
    complain : callable
        Told one sentence for each directory that cannot be read.

    Returns
    -------
    dict of str to list of Path
        Sorted files by sorted directory, relative to ``root`` and with '/'; '.' is ``root`` itself.
    """
    if root.is_file():
        return {".": [root]}
    found: dict[str, list[Path]] = {}
    visited: set[tuple[int, int]] = set()
    directories, links = deque(["."]), deque[str]()
    while directories or links:
        where = directories.popleft() if directories else links.popleft()
        try:
            status = (root / where).stat()
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(root / where) as entries:
                for entry in entries:
                    inside = entry.name if where == "." else f"{where}/{entry.name}"
                    if entry.is_dir():
                        (links if entry.is_symlink() else directories).append(inside)
                    elif MARK in entry.name and entry.is_file():
                        found.setdefault(where, []).append(root / inside)
        except FileNotFoundError:
            continue  # it went away while we looked
        except OSError as error:
            complain(f"the directory {root / where} cannot be read ({error.strerror}), so its runs are left out.")
    return {where: sorted(found[where]) for where in sorted(found)}


def run_name(where: str, root: Path, found: dict[str, list[Path]]) -> str:
    """Name the run in directory ``where``: its path below the root, or for the root its own name if that is free."""
    if where != ".":
        return where
    directory = root.parent if root.is_file() else root
    own = directory.absolute().name
    own = directory.resolve().name if own == ".." else own  # a link keeps the name it was asked for by
    return own if own and own not in found else "."
