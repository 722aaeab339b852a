"""A whole run as one event file."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nbviz.restarts import Restarts
from nbviz.series import Series
from nbviz.sinks.file import AppendedFile, event_files
from nbviz.sinks.rows import Encoder, Segment, moments, take

Cut = tuple[int, float, list[int]]
"""A restart of the run: its step, its wall time, and how many rows of each series were before it."""

ALL = 1 << 62
"""More restarts than there are."""


class Recorded(Protocol):
    """What is needed of a Run."""

    lock: threading.RLock | Any
    name: str

    def commit(self, whole: bool = True) -> None: ...
    def committed(self) -> list[Series]: ...
    def report(self, sentence: str) -> None: ...


def directory_of(path: str | os.PathLike[str]) -> Path:
    """The directory that a user names.

    Raises
    ------
    TypeError
        If it is no path.
    ValueError
        If it is a remote one.
    """
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError(f"expected a directory as str or Path, got {type(name).__name__}.")
    if "://" in name:
        raise ValueError(f"event files are written to local directories only, and {name!r} is a URL.")
    return Path(name).expanduser()


def save(run: Recorded, path: str | os.PathLike[str]) -> Path:
    """Write an event file; see `nbviz.run.Run.save`."""
    directory = directory_of(path)
    if there := event_files(directory):
        raise FileExistsError(
            f"{directory} holds an event file already ({there[0]}), and a reader would take both for one run: "
            "save into another directory."
        )
    file, encoder = AppendedFile(directory), Encoder(run.report)
    try:
        file.append(b"")
        for segment in segments(run):
            for block in encoder.blocks(segment):
                file.append(block)
    except BaseException:
        if file.path is not None:
            file.path.unlink(missing_ok=True)
        raise
    assert file.path is not None
    return file.path


def segments(run: Recorded) -> list[Segment]:
    """All rows of a run, cut where it restarted unless a reader of one file sees that by itself."""
    with run.lock:
        run.commit()
        series = [each for each in run.committed() if len(each)]
        lengths = [len(each) for each in series]
        steps, walls = [each.steps for each in series], [each.wall_times for each in series]
        flags = [each.superseded for each in series]
        stairs = [each.restarts.staircase(ALL) for each in series]
        cuts: list[Cut] = []
        if unlike := _unlike(steps, walls, flags, cuts):
            cuts = _cuts(stairs, steps, walls, flags, unlike)
            unlike = _unlike(steps, walls, flags, cuts)
        starts, found = [0] * len(series), []
        for cut, (_, _, ends) in zip([None, *cuts], [*cuts, (0, 0.0, lengths)], strict=True):
            rows = [take(*bounds) for bounds in zip(series, starts, ends, strict=True) if bounds[2] > bounds[1]]
            found.append(Segment(cut and cut[:2], rows))
            starts = ends
    if unlike:
        run.report(
            f"which rows of {series[unlike[0]].tag!r} and perhaps other tags are superseded will differ when what was "
            "saved is read: several event files that were written at the same time are one now."
        )
    return found


def _unlike(
    steps: Sequence[NDArray[np.int64]],
    walls: Sequence[NDArray[np.float64]],
    flags: Sequence[NDArray[np.bool_]],
    cuts: list[Cut],
) -> list[int]:
    """The series whose rows a reader of one file with these cuts would not flag as they are flagged."""
    found = []
    for index in range(len(steps)):
        restarts, start = Restarts(), 0
        ends = [cut[2][index] for cut in cuts]
        for at, end in enumerate([*ends, len(steps[index])]):
            if at:
                restarts.declare(start, cuts[at - 1][0])
            if end > start:
                restarts.extend(steps[index], walls[index], start, end, 0)
            start = end
        if not np.array_equal(restarts.superseded(steps[index]), flags[index]):
            found.append(index)
    return found


def _cuts(
    stairs: Sequence[Any],
    steps: Sequence[NDArray[np.int64]],
    walls: Sequence[NDArray[np.float64]],
    flags: Sequence[NDArray[np.bool_]],
    unlike: list[int],
) -> list[Cut]:
    """Restarts of the whole run that explain those of its series.

    One at the same step in several series is the same one. A series that did not note it is cut where its wall times
    pass that of the last row before it, or before its first row that would be superseded and is not.
    """
    times = [moments(each) for each in walls]
    ends = [0] * len(stairs)
    cuts = []
    for step in sorted({step for index in unlike for _, step in stairs[index]}):
        rows = {index: row for index, stair in enumerate(stairs) for row, at in stair if at == step}
        wall = max(float(times[index][row - 1]) for index, row in rows.items())
        for index in range(len(stairs)):
            row = rows.get(index)
            if row is None:
                spared = np.flatnonzero((steps[index] >= step) & ~flags[index])
                row = min(int(np.searchsorted(times[index], wall, "right")), *spared[:1].tolist(), len(times[index]))
            ends[index] = max(ends[index], row)
        cuts.append((step, wall, list(ends)))
    return cuts
