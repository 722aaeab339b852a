"""Runs from TensorBoard event files: `read` what is there, or `follow` it as it grows."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from nbviz.formats.event import EventDecoder
from nbviz.formats.record import RecordReader
from nbviz.notice import warn
from nbviz.run import Run, State
from nbviz.sources.event_file import CHUNK, EventFile
from nbviz.sources.logdir import MARK, run_name
from nbviz.sources.storage import LocalStorage

POLL = 0.1
"""Seconds between two looks at the files that are known."""

WALK = 0.3
"""Seconds between two looks for new files: a walk costs more than a poll."""


class _Directory(NamedTuple):
    """A run and its files, which share a decoder."""

    run: Run
    decoder: EventDecoder
    files: dict[str, EventFile]

    def read_on(self) -> bool:
        """Read on in each file, a later one only when those before it are read; True while there is more."""
        for path, file in self.files.items():
            try:
                if file.read_on():
                    return True
            except Exception as error:
                self.run.report(f"{path} cannot be read ({error}), so what is new in it is missing.")
        return False


class Runs(Mapping[str, Run]):
    """The runs of a log directory by name, in order of appearance.

    Attributes
    ----------
    problems : list of str
        What went wrong and belongs to no single run; see also the ``problems`` of each run.
    """

    def __init__(self, root: Path, state: State) -> None:
        self.problems: list[str] = []
        self._root = root
        self._storage = LocalStorage()
        self._state = state
        self._runs: dict[str, Run] = {}
        self._directories: dict[str, _Directory] = {}

    def __getitem__(self, name: str) -> Run:
        try:
            return self._runs[name]
        except KeyError:
            names = ", ".join(map(repr, list(self._runs)[:8])) or "none so far"
            raise KeyError(f"no run {name!r} in {self._root}; there are: {names}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._runs))  # a copy, as follow() may add runs meanwhile

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        lines = [f"{len(self)} {'run' if len(self) == 1 else 'runs'} in {self._root}"]
        for name, run in self.items():
            tags = run.tags()
            lines.append(f"  {name}: {len(tags)} series, {sum(len(run[tag]) for tag in tags):,} rows")
        return "\n".join(lines)

    def _walk(self) -> None:
        """Add the event files that are new."""
        found = self._storage.event_files(str(self._root), self._complain)
        for where, paths in found.items():
            if where not in self._directories:
                name = run_name(where, str(self._root), found)
                name = f"./{where}" if name in self._runs else name  # the root's run had taken it
                run = Run(name)
                run.state = self._state
                self._directories[where] = _Directory(run, EventDecoder(), {})
                self._runs[name] = run
            run, decoder, files = self._directories[where]
            for path in paths:
                if path not in files:
                    files[path] = EventFile(Path(path), run, decoder)

    def _read_on(self) -> bool:
        """Read on in each file, but at most a chunk of each run; True while there is more."""
        more = False
        for directory in self._directories.values():
            more |= directory.read_on()
        return more

    def _finish(self) -> None:
        for directory in self._directories.values():
            for file in directory.files.values():
                file.finish()
            directory.run.finish()

    def _complain(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)
            warn(sentence)


class Following(Runs):
    """Runs that grow as their files do, until `stop`; a context manager that stops at its end. `follow` makes one."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "following")
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def poll(self, walk: bool = True) -> bool:
        """Append what is new.

        Parameters
        ----------
        walk : bool
            Look for new files and directories too.

        Returns
        -------
        bool
            True if there is more to read at once: a poll reads at most about a megabyte of each run.
        """
        with self._lock:
            if self._state != "following":
                return False
            if walk:
                self._walk()
            return self._read_on()

    def start(self) -> None:
        """Poll in a daemon thread from now on."""
        self._thread = threading.Thread(target=self._watch, name="nbviz-follow", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read what is there, and end: the runs are finished. Stopping twice is fine."""
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        while self._guarded_poll(walk=True):
            pass
        with self._lock:
            if self._state == "following":
                self._state = "finished"
                self._finish()

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _watch(self) -> None:
        more, next_walk = False, 0.0
        while not self._stopping.wait(0 if more else POLL):
            walk = time.monotonic() >= next_walk
            if walk:
                next_walk = time.monotonic() + WALK
            more = self._guarded_poll(walk)

    def _guarded_poll(self, walk: bool) -> bool:
        try:
            return self.poll(walk)
        except Exception as error:  # a thread that dies says so to nobody
            self._complain(f"following {self._root} met an error and goes on: {error!r}.")
            return False


def read(path: str | os.PathLike[str]) -> Runs:
    """Read the runs of a log directory.

    Parameters
    ----------
    path : str or path
        A run's directory, a directory tree of runs, or one event file. Event files are those with "tfevents" in their
        names. Runs are named by their directories below ``path``; files directly in ``path`` make a run with its name.

    Returns
    -------
    Runs
        A mapping of names to runs. What is damaged is left out and reported in the ``problems`` of its run. A last
        record that is cut short is not yet there, and no problem.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If ``path`` is a file that is no event file, or a directory without event files.

    Examples
    --------
    >>> runs = nbviz.read("logs")  # doctest: +SKIP
    >>> runs["train"]["loss"].values  # doctest: +SKIP
    """
    root = _existing(path)
    if not root.is_dir():
        _check_event_file(root)
    runs = Runs(root, "finished")
    runs._walk()
    if not runs:
        raise ValueError(f"{root} holds no event files: expected files with {MARK!r} in their names.")
    while runs._read_on():
        pass
    runs._finish()
    return runs


def follow(path: str | os.PathLike[str]) -> Following:
    """Read the runs of a log directory, and go on reading as they grow.

    New points show within half a second, as do new files. New runs appear in the mapping; a view shows the runs that
    there were when it was made. A file that is replaced is read again from its start, and appended. A directory without
    event files is waited for. Damage is reported as in `read`.

    Parameters
    ----------
    path : str or path
        As in `read`.

    Returns
    -------
    Following
        A mapping of names to runs, until its ``stop()``; a context manager, too.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.

    Examples
    --------
    >>> with nbviz.follow("logs") as runs:  # doctest: +SKIP
    ...     train()
    """
    runs = Following(_existing(path))
    runs.poll()
    runs.start()
    return runs


def _existing(path: str | os.PathLike[str]) -> Path:
    root = Path(path).expanduser()
    if not root.exists():
        raise FileNotFoundError(f"{root} does not exist: expected a log directory or an event file.")
    return root


def _check_event_file(path: Path) -> None:
    records = RecordReader()
    if path.is_file():
        with path.open("rb") as file:
            records.decode(file.read(CHUNK))
    if not records.records and (records.problems or MARK not in path.name):
        raise ValueError(f"{path} is no event file: expected a file of TFRecords, as TensorBoard's writers make them.")
