"""``python -m nbviz export``: runs as a page, as text or as Parquet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from nbviz.command import PROBLEMS, SOUND
from nbviz.command.reading import Pattern, chosen, counted, progress, read_runs
from nbviz.export import export_html
from nbviz.run import Run
from nbviz.series import ItemSeries, ScalarSeries
from nbviz.sources.table import printable
from nbviz.tables import to_arrow, write_csv

Selected = dict[str, tuple[Run, list[str]]]
Show = Callable[[float, float], None]


def export(logdir: str, out: Path, runs: Pattern, tags: Pattern) -> int:
    """Write the runs; return the exit status."""
    if not out.parent.is_dir():
        raise FileNotFoundError(f"{out} cannot be written: there is no directory {out.parent}.")
    everything = read_runs(logdir)
    selected = chosen(everything, runs, tags)
    write = {".html": _html, ".csv": _csv, ".parquet": _parquet}[out.suffix.lower()]
    partial = out.with_name(f".{out.name}.partial")
    try:
        with progress("writing", "rows") as show:
            written = write(selected, partial, show)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    print(printable(f"{out}: {written}"))
    problems = len(everything.problems) + sum(len(run.problems) for run, _ in selected.values())
    if problems:
        text = f"nbviz: {counted(problems, 'problem')} on reading; python -m nbviz info {logdir} lists them."
        print(printable(text), file=sys.stderr)
    return PROBLEMS if problems else SOUND


def _html(selected: Selected, path: Path, _show: Show) -> str:
    from nbviz.views.inspector import Inspector

    page = export_html(Inspector({name: _only(run, tags) for name, (run, tags) in selected.items()}), path)
    left_out = _left_out(selected, ("scalar", "histogram"), "neither scalars nor histograms")
    reduced = f"; {page.reduced:,} series with fewer points than were logged" if page.reduced else ""
    return f"a page of {counted(len(selected), 'run')}, {page.size / 1000:,.0f} kB{reduced}{left_out}"


def _only(run: Run, tags: list[str]) -> Run:
    """The run with some of its tags; the run itself if those are all."""
    if len(tags) == len(run.tags()):
        return run
    part = Run(run.name)
    for tag in tags:
        series = run[tag]
        if isinstance(series, ItemSeries):
            items = cast(Sequence[Any], series)
            copy: Any = part.extend_items(tag, series.kind, series.steps, series.wall_times, items)
        else:
            copy = part.extend(tag, series.steps, series.wall_times, series.values)
        copy.restarts = series.restarts
    part.finish(run.state)
    return part


def _csv(selected: Selected, path: Path, show: Show) -> str:
    every = [(name, run[tag]) for name, (run, tags) in selected.items() for tag in tags]
    with path.open("w", encoding="utf-8", newline="") as file:
        count = write_csv(file, [(name, each) for name, each in every if isinstance(each, ScalarSeries)], show)
    return _rows(count, selected)


def _parquet(selected: Selected, path: Path, _show: Show) -> str:
    chosen_tags = {name: _only(run, tags) for name, (run, tags) in selected.items()}
    rows = to_arrow(chosen_tags)
    from pyarrow import parquet

    parquet.write_table(rows, path)
    return _rows(len(rows), selected)


def _rows(count: int, selected: Selected) -> str:
    return f"{counted(count, 'row')} of {counted(len(selected), 'run')}{_left_out(selected, ('scalar',), 'no scalars')}"


def _left_out(selected: Selected, kinds: tuple[str, ...], words: str) -> str:
    others = sum(run[tag].kind not in kinds for run, tags in selected.values() for tag in tags)
    return f"; {others:,} series that hold {words} were left out" if others else ""
