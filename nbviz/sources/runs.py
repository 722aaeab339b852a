"""The runs of a log directory: as they are, or as they grow."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from nbviz.formats.event import EventDecoder
from nbviz.formats.projector import Projector
from nbviz.notice import Problems
from nbviz.run import Run
from nbviz.rundata import State
from nbviz.sources.event_file import LISTED, EventFile
from nbviz.sources.place import locate
from nbviz.sources.projector import read_projector
from nbviz.sources.reading import Reading
from nbviz.sources.storage import shown
from nbviz.sources.table import Table, table
from nbviz.tables import to_arrow, to_pandas

WALK = 0.2
"""Seconds between two looks for new files on this machine: a walk costs more than a poll."""

SHOWN = 30
"""Runs that a ``repr`` lists."""

IDLE_SHARE = 0.05
"""Of one core, at most, that following thousands of files may take while nothing happens."""


class _Directory(NamedTuple):
    """A run and its files, which share a decoder."""

    run: Run
    decoder: EventDecoder
    files: dict[str, EventFile]


class Runs(Mapping[str, Run]):
    """The runs of a log directory by name, in order of appearance.

    Attributes
    ----------
    problems : list of str
        What went wrong and belongs to no single run; see also the ``problems`` of each run.
    place : str
        The path or URL, as text.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        state: State = "finished",
        storage_options: Mapping[str, Any] | None = None,
        listed: int = LISTED,
    ) -> None:
        self.problems = Problems()
        self._listed = listed
        self.storage, self.root, self.place = locate(path, storage_options or {})
        self._reading = Reading(self.storage, hold=state != "following")
        self._state = state
        self._runs: dict[str, Run] = {}
        self._directories: dict[str, _Directory] = {}
        self._found: dict[str, list[str]] = {}

    def __getitem__(self, name: str) -> Run:
        try:
            return self._runs[name]
        except KeyError:
            names = ", ".join(map(repr, list(self._runs)[:8])) or "none so far"
            raise KeyError(f"no run {name!r} in {self.place}; there are: {names}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._runs))  # a copy, as follow() may add runs meanwhile

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        lines = [f"{len(self):,} {'run' if len(self) == 1 else 'runs'} in {self.place}"]
        for name, run in islice(self.items(), SHOWN):
            tags = run.tags()
            rows = sum(len(run[tag]) for tag in tags)
            lines.append(f"  {name}: {len(tags):,} series, {rows:,} {'row' if rows == 1 else 'rows'}")
        left_out = len(self) - SHOWN
        return "\n".join([*lines, f"  … and {left_out:,} more; list() has all names"] if left_out > 0 else lines)

    def table(self) -> Table:
        """One row for each run and tag: kind, count, first and last step, wall span, bytes and problems."""
        return table(dict(self))

    def to_pandas(self, tags: str | None = None) -> Any:
        """Scalars as a `pandas.DataFrame` in long form; see `nbviz.tables.to_pandas`."""
        return to_pandas(self, tags)

    def to_arrow(self, tags: str | None = None) -> Any:
        """Scalars as a `pyarrow.Table` in long form; see `nbviz.tables.to_arrow`."""
        return to_arrow(self, tags)

    def event_files(self) -> list[EventFile]:
        """The files of all runs, and how far each was read."""
        return [file for directory in list(self._directories.values()) for file in list(directory.files.values())]

    def projector(self, name: str) -> Projector | None:
        """The settings of the embedding projector beside a run's event files, read now; None if there are none.

        Raises
        ------
        KeyError
            If there is no run of that name.
        """
        run = self[name]
        paths = [path for directory in self._directories.values() if directory.run is run for path in directory.files]
        return read_projector(self.storage, os.path.dirname(paths[0]), run)

    def _walk(self) -> None:
        """Add the event files that are new."""
        found = self.storage.event_files(self.root, self.problems.report)
        if found is self._found:
            return
        for where, paths in found.items():
            if where not in self._directories:
                run = Run(self._name(where, found))
                run.state = self._state
                self._directories[where] = _Directory(run, EventDecoder(), {})
                self._runs[run.name] = run
            run, decoder, files = self._directories[where]
            for path in paths:
                if path not in files:
                    files[path] = EventFile(self.storage, path, run, decoder, self._listed)
        self._found = found

    def _name(self, where: str, found: Mapping[str, object]) -> str:
        """The path below the root, or for the root its own name; with './' before it if that is taken."""
        name = shown(where)
        if where == ".":
            own = self.storage.own_name(self.root)
            name = own if own and own not in found else "."
        while name in self._runs:
            name = f"./{name}"
        return name

    def _read_on(self, tick: Callable[[Runs], None] | None = None) -> bool:
        """Read on in each file, but at most a chunk of each run; True while there is more."""
        files = (directory.files.values() for directory in self._directories.values())
        return self._reading.read_on(files, tick and partial(tick, self))

    def _finish(self) -> None:
        for directory in self._directories.values():
            for file in directory.files.values():
                self._reading.finish(file)
            directory.run.finish()


class Following(Runs):
    """Runs that grow as their files do, until `stop`; a context manager that stops at its end. `follow` makes one."""

    def __init__(self, path: str | os.PathLike[str], storage_options: Mapping[str, Any] | None = None) -> None:
        super().__init__(path, "following", storage_options)
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._away = False

    def poll(self, walk: bool = True) -> bool:
        """Append what is new.

        Parameters
        ----------
        walk : bool
            Look for new files and directories too.

        Returns
        -------
        bool
            True if there is more to read at once: a poll reads at most about 8 MB of each run.
        """
        if self._is_forked():
            return False
        with self._lock:
            if self._state != "following":
                return False
            if walk:
                try:
                    self._walk()
                except OSError as error:
                    if not self._away:
                        self.problems.report(f"{self.place} cannot be listed at present ({error}); it is tried again.")
                    self._away = True
                    return False
                self._away = False
            return self._read_on()

    def start(self) -> None:
        """Poll in a daemon thread from now on."""
        self._thread = threading.Thread(target=self._watch, name="nbviz-follow", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read what is there, and end: the runs are finished. Stopping twice is fine."""
        if self._is_forked():
            return
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        more = self._guarded_poll(walk=True)
        while more:
            more = self._guarded_poll(walk=False)
        with self._lock:
            if self._state == "following":
                self._state = "finished"
                self._finish()

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _is_forked(self) -> bool:
        """In a forked child nothing is read: the thread that reads is not there, and may have held the lock."""
        return os.getpid() != self._process

    def _watch(self) -> None:
        pause = next_walk = 0.0
        while not self._stopping.wait(pause):
            began, spent = time.monotonic(), time.thread_time()
            walk = began >= next_walk
            more = self._guarded_poll(walk)
            idle = (time.thread_time() - spent) / IDLE_SHARE
            if walk:
                next_walk = began + max(WALK, idle)
            pause = 0 if more else max(self.storage.interval, idle)

    def _guarded_poll(self, walk: bool) -> bool:
        try:
            return self.poll(walk)
        except Exception as error:  # a thread that dies says so to nobody
            self.problems.report(f"following {self.place} met an error and goes on: {error!r}.")
            return False
