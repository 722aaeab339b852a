"""``python -m nbviz info``: what a log directory holds, and what is wrong with it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

import numpy as np

from nbviz.command import PROBLEMS, SOUND
from nbviz.command.reading import Pattern, chosen, counted, read_runs
from nbviz.run import Run
from nbviz.series import ScalarSeries, Series
from nbviz.sources.runs import Runs
from nbviz.sources.storage import shown
from nbviz.sources.table import Table, printable, table


def info(logdir: str, runs: Pattern, tags: Pattern) -> int:
    """Print the table and the problems; return the exit status."""
    everything = read_runs(logdir)
    selected = chosen(everything, runs, tags)
    names = {name: set(found) for name, (_, found) in selected.items()}
    rows = Table(row for row in table({name: run for name, (run, _) in selected.items()}) if row.tag in names[row.run])
    print(printable(_summary(everything, len(selected), rows)), end="\n\n")
    print(rows.text(shutil.get_terminal_size().columns if sys.stdout.isatty() else None))
    problems = list(everything.problems)
    for name, (run, found) in selected.items():
        problems += [f"{name}: {sentence}" for sentence in _problems(everything, run, [run[tag] for tag in found])]
    if not problems:
        print("\nNo problems.")
        return SOUND
    print(f"\n{counted(len(problems), 'problem')}:")
    for sentence in problems:
        print(f"  {printable(sentence)}")
    return PROBLEMS


def _summary(runs: Runs, count: int, rows: Table) -> str:
    files = runs.event_files()
    read = f"{sum(file.position for file in files):,} bytes in {counted(len(files), 'file')}"
    selected = f"{counted(count, 'run')}, {len(rows):,} series, {counted(sum(row.count for row in rows), 'row')}"
    return f"{runs.place}: {selected}; read {read}"


def _problems(runs: Runs, run: Run, found: list[Series]) -> Iterator[str]:
    yield from run.problems
    for file in runs.event_files():
        if file.run is run and file.unfinished:
            size = counted(file.unfinished, "byte")
            yield f"{shown(file.path)} ends within a record, whose first {size} are there: cut short, or being written."
    yield from _restarts(found)
    for series in found:
        if isinstance(series, ScalarSeries):
            bad = np.flatnonzero(~np.isfinite(series.values))
            if len(bad):
                values = counted(len(bad), "value")
                first = f"the first {series.values[bad[0]]} at step {series.steps[bad[0]]:,}"
                yield f"{series.tag!r} holds {values} that {'is' if len(bad) == 1 else 'are'} not finite, {first}."


def _restarts(found: list[Series]) -> Iterator[str]:
    superseded = sum(int(series.superseded.sum()) for series in found)
    if superseded:
        steps = sorted({step for series in found for _, step in series.restarts.staircase()})
        at = ", ".join(f"{step:,}" for step in steps[:10]) + (" and more" if len(steps) > 10 else "")
        verb = "is" if superseded == 1 else "are"
        yield f"restarted at step {at}, so {counted(superseded, 'row')} logged before {verb} superseded."
