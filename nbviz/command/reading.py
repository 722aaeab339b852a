"""Reading for a command: with a progress bar when it takes long, and only what was asked for."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nbviz.run import Run
from nbviz.sources.events import load
from nbviz.sources.runs import Runs

PATIENCE = 1.0
"""Seconds of work before a progress bar shows."""

REFRESH = 0.1
"""Seconds between two changes of the bar."""

LISTED = 1000
"""Damaged places of one file that are printed one by one."""

Pattern = re.Pattern[str] | None


def read_runs(logdir: str) -> Runs:
    """Read everything; a bar counts the files."""
    with progress("reading", "files") as show:

        def tick(runs: Runs) -> None:
            files = runs.event_files()
            show(sum(file.position / file.size for file in files if file.size), len(files))

        return load(logdir, tick=tick, listed=LISTED)


@contextmanager
def progress(what: str, unit: str) -> Iterator[Callable[[float, float], None]]:
    """Give a function that shows how much of how much is done; nothing shows where stderr is no terminal."""
    from tqdm import tqdm

    bar: Any = tqdm(
        desc=what, unit=f" {unit}", delay=PATIENCE, mininterval=REFRESH, miniters=0, disable=None, leave=False
    )
    latest = 0.0

    def show(done: float, total: float) -> None:
        nonlocal latest
        if bar.disable or time.monotonic() - latest < REFRESH:
            return
        latest = time.monotonic()
        bar.total, bar.n = total, round(done, 1)
        bar.update(0)

    with bar:
        yield show


def chosen(names: Runs, runs: Pattern, tags: Pattern) -> dict[str, tuple[Run, list[str]]]:
    """The runs and the tags in which the patterns are found; runs without such tags are left out.

    Raises
    ------
    ValueError
        If there is nothing of the kind.
    """
    found: dict[str, tuple[Run, list[str]]] = {}
    for name, run in names.items():
        if runs is None or runs.search(name):
            selected = [tag for tag in run.tags() if tags is None or tags.search(tag)]
            if selected or tags is None:
                found[name] = run, selected
    if not found:
        raise ValueError(f"nothing in {names.place} has a run and a tag like that, so there is nothing to do.")
    return found


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
