"""The kernel's half of the splice rule: what a page has been sent, what it lacks, what a snapshot holds.

js/src/store.ts is the page's half, docs/wire.md states the rule, tests/test_splices.py attacks both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nbviz import budget
from nbviz.charts import place
from nbviz.detail import Closer, Known, thinned
from nbviz.formats.items.histogram import empty_histogram
from nbviz.formats.items.sketched import Sketched
from nbviz.formats.splice import Frame, Grown, HistogramColumns, ScalarColumns, Splice
from nbviz.marks import Mark
from nbviz.rebin import Pyramid, fold_sketched
from nbviz.run import Run
from nbviz.series import Histogram, HistogramSeries, ScalarSeries, Series

ShownKind = Literal["scalar", "histogram"]
Groups: TypeAlias = dict[tuple[int, int, bytes, bytes], Grown]
"""What has grown, by generation, first row, steps and wall times."""

TOGETHER = 1024
"""Captures that are drawn at a time."""
MARKS = 256
"""Marks that a page is told of, the last ones."""
NOTE = 200
"""Characters of a note that it is."""
NO_ROWS = np.empty(0)
NOTHING: dict[ShownKind, ScalarColumns | HistogramColumns] = {
    "scalar": ScalarColumns(NO_ROWS, NO_ROWS, NO_ROWS),
    "histogram": HistogramColumns(NO_ROWS, NO_ROWS, [], [], NO_ROWS),
}


class Sender:
    """Turns a run into frames.

    Within a generation rows only grow, and so does what restarts supersede of them, which goes with every splice.
    A rewind bumps the generation and the series is sent again from 0. Neither a snapshot nor an answer moves the send
    mark, so whatever is lost, repeated or late, the page can tell.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.number = 0
        self._numbers: dict[str, int] = {}
        self._sent: dict[str, tuple[int, int, int]] = {}
        """Generation, rows and changes of the restarts by tag."""
        self._restarted: dict[str, int] = {}
        """Changes of the restarts when rows went with them: these rows are missed where the restarts are lost."""
        self._held: dict[str, int] = {}
        self._lost: set[str] = set()
        self._told: tuple[list[Mark], int | None] = ([], None)
        self._pyramids: dict[str, tuple[int, Pyramid]] = {}
        self._closer = Closer()

    def take(self) -> Frame:
        """The rows not yet sent, which count as sent from now on."""
        with self.run.lock:
            splices: list[Splice] = []
            groups: Groups = {}
            for series in self._listed():
                tag, now = series.tag, (series.generation, series.captured, series.restarts.changes)
                before = self._sent.get(tag)
                if before == now:
                    continue
                self._sent[tag] = now
                start = before[1] if before and before[0] == now[0] else 0
                if now[1:] == (0, 0) and not before:
                    continue
                if not (start and isinstance(series, ScalarSeries) and self._grow(groups, series, start)):
                    splices.append(self._splice(series, start))
                    if now[1] > start:
                        self._restarted[tag] = now[2]
            told = (self.run.committed_marks(), self.run.total_steps)
            frame = self._frame(splices, about=told != self._told, grown=[*groups.values()])
            self._told = told
            return frame

    def _grow(self, groups: Groups, series: ScalarSeries, start: int) -> bool:
        """Put new rows to those of other series that have the same steps and wall times, where that says it all."""
        known = not series.restarts or self._restarted.get(series.tag) == series.restarts.changes
        if not (known and 0 < series.captured - start <= budget.POINTS):
            return False
        steps, walls, values = series.since(start)
        key = (series.generation, start, steps.tobytes(), walls.tobytes())
        found = groups.get(key)
        if found is None:
            found = groups[key] = Grown(series.generation, start, [], steps.astype(np.float64), walls, [])
        found.series.append(self._numbers[series.tag])
        found.values.append(values)
        return True

    def skip(self) -> None:
        """Count everything as sent: a page that opens starts from a snapshot."""
        with self.run.lock:
            listed = self._listed()
            for series in listed:
                if isinstance(series, HistogramSeries):
                    self._held[series.tag] = len(self._pyramid(series).at_most(budget.CAPTURES))
            self._mark(listed)

    def totals(self) -> Frame:
        """No rows, only how far every series has been sent and its restarts, by which a page notices what was lost."""
        with self.run.lock:
            splices = []
            for series in self.run.committed():
                generation, rows, _ = self._sent.get(series.tag, (-1, 0, 0))
                if series.restarts and generation == series.generation:
                    kind: ShownKind = "scalar" if isinstance(series, ScalarSeries) else "histogram"
                    stairs = series.stairs()
                    splices.append(Splice(series.tag, kind, generation, rows, 0, NOTHING[kind], restarts=stairs))
            return self._frame(splices, self._totals(), about=True)

    def answer(self, have: Mapping[str, Any]) -> Frame:
        """The rows a page lacks by its own count, and how far every series was sent.

        Parameters
        ----------
        have : mapping of tag to [generation, rows]
            What the page holds; anything that cannot be understood counts as nothing.
        """
        with self.run.lock:
            splices = []
            for series in self._listed():
                if series.tag in have:
                    splices.append(self._splice(series, _start(have[series.tag], series), answering=True))
            return self._frame(splices, self._totals(), about=True)

    def detail(self, tags: Iterable[str], first: int, last: int, points: int = budget.POINTS) -> Frame:
        """What is to be seen of scalars between two steps: every row if they are at most ``points``, else as many.

        Columns only grow and are replaced, never changed, so the rows are looked for without the lock: however many
        there are, whoever logs does not wait.
        """
        with self.run.lock:
            self.run.commit()
            asked = set(tags)
            found = [series for series in self.run.committed() if series.tag in asked]
            known = [Known(series) for series in found if isinstance(series, ScalarSeries)]
        splices = [self._closer.splice(series, first, last, points) for series in known]
        with self.run.lock:
            return self._frame(splices, detail=(first, last))

    def snapshot(self, limit: int = budget.SNAPSHOT_BYTES) -> Frame:
        """Every series from 0, in at most about ``limit`` bytes."""
        with self.run.lock:
            listed = self._listed()
            scalars = [series for series in listed if isinstance(series, ScalarSeries)]
            histograms = [series for series in listed if isinstance(series, HistogramSeries)]
            share = (limit // 2 if histograms else limit) // max(1, len(scalars))
            splices = [self._scalars(series, 0, budget.points_within(share, series.since(0)[0])) for series in scalars]
            left = limit - sum(budget.scalar_bytes(len(splice.columns.walls)) for splice in splices)
            depth, chosen = budget.captures_within(left, [self._pyramid(series) for series in histograms])
            for series, captures in zip(histograms, chosen, strict=True):
                splices.append(self._histograms(series, 0, captures, depth))
            return self._frame(splices, about=True)

    def _listed(self) -> list[Series]:
        """Every series, after the one commit of a frame: with the lock held, nothing grows until the next."""
        self.run.commit(whole=False)
        shown = (ScalarSeries, HistogramSeries)
        listed: list[Series] = [series for series in self.run.committed() if isinstance(series, shown)]
        new = chain.from_iterable(self._new(series) for series in listed if isinstance(series, HistogramSeries))
        # Those of many series are drawn together, but not all of a long run, whose arrays would be large.
        while some := list(islice(new, TOGETHER)):
            sketched = iter(fold_sketched([capture for _, capture in some if isinstance(capture, Sketched)]))
            for pyramid, capture in some:
                pyramid.append(next(sketched) if isinstance(capture, Sketched) else capture)
        for series in islice(listed, len(self._numbers), None):
            self._numbers[series.tag] = len(self._numbers)
        return listed

    def _frame(
        self,
        splices: Sequence[Splice],
        totals: dict[str, tuple[int, int]] | None = None,
        about: bool = False,
        detail: tuple[int, int] | None = None,
        grown: Sequence[Grown] = (),
    ) -> Frame:
        """A frame; ``about`` the run as a whole too: its marks and how many steps it is going to have."""
        self.number += 1
        if not about:
            return Frame(self.number, self.run.state, splices, totals or {}, detail=detail, grown=grown)
        marks = [(mark.step, mark.note[:NOTE]) for mark in self.run.committed_marks()[-MARKS:]]
        return Frame(self.number, self.run.state, splices, totals or {}, marks, self.run.total_steps, grown=grown)

    def _mark(self, listed: Sequence[Series]) -> None:
        self._sent = {series.tag: (series.generation, series.captured, series.restarts.changes) for series in listed}

    def _totals(self) -> dict[str, tuple[int, int]]:
        return {tag: (generation, rows) for tag, (generation, rows, _) in self._sent.items()}

    def _splice(self, series: Series, start: int, answering: bool = False) -> Splice:
        if isinstance(series, ScalarSeries):
            return self._scalars(series, start, budget.POINTS)
        assert isinstance(series, HistogramSeries)
        pyramid = self._pyramid(series)
        held = (self._held.get(series.tag, 0) if start else 0) + series.captured - start
        captures = pyramid.since(start) if held <= budget.CAPTURES else None
        if captures is None:
            start, captures = 0, pyramid.at_most(budget.CAPTURES // 2)
            held = len(captures)
        if not answering:
            self._held[series.tag] = held
        return self._histograms(series, start, captures)

    def _scalars(self, series: ScalarSeries, start: int, limit: int) -> Splice:
        steps, walls, values = series.since(start)
        index = None
        if (kept := thinned(values, limit)) is not None:
            steps, walls, values, index = steps[kept], walls[kept], values[kept], (start + kept).astype(np.uint32)
        columns = ScalarColumns(steps.astype(np.float64), walls, values, index)
        return self._joined(series, start, columns)

    def _histograms(
        self, series: Series, start: int, captures: Sequence[Histogram], depth: budget.Depth = "u2"
    ) -> Splice:
        columns = HistogramColumns(
            steps=np.array([capture.step for capture in captures], np.float64),
            walls=np.array([capture.wall_time for capture in captures], np.float64),
            counts=[capture.counts for capture in captures],
            edges=[capture.edges for capture in captures],
            nonfinite=np.array([capture.nonfinite for capture in captures], np.float64),
            zeros=np.array([capture.zeros for capture in captures], np.float64),
            depth=depth,
            index=_last_rows(captures, start) if len(captures) < series.captured - start else None,
            extremes=_extremes(captures),
        )
        return self._joined(series, start, columns)

    def _joined(self, series: Series, start: int, columns: ScalarColumns | HistogramColumns) -> Splice:
        shown = place(series.tag, self.run.name) if start == 0 else None
        rows = series.captured - start
        kind: ShownKind = "scalar" if isinstance(columns, ScalarColumns) else "histogram"
        number = self._numbers[series.tag] if start == 0 else None
        return Splice(series.tag, kind, series.generation, start, rows, columns, shown, series.stairs(), series=number)

    def _pyramid(self, series: Series) -> Pyramid:
        return self._pyramids[series.tag][1]

    def _new(self, series: HistogramSeries) -> Iterator[tuple[Pyramid, Histogram | Sketched]]:
        """The captures that the pyramid of a series lacks."""
        generation, pyramid = self._pyramids.get(series.tag, (-1, Pyramid(budget.CAPTURES)))
        new = series.captured - pyramid.captured
        # What is new was merged only where it was not looked at for long: then the rows tell the history anew.
        sizes = series.sizes[-new:] if new else ()
        if generation != series.generation or sum(sizes) > len(sizes):
            pyramid, sizes = Pyramid(budget.CAPTURES), series.sizes
            self._pyramids[series.tag] = (series.generation, pyramid)
        pyramid.marks = [mark.step for mark in self.run.committed_marks()]
        for row in range(len(series) - len(sizes), len(series)):
            yield pyramid, self._capture(series, row)

    def _capture(self, series: HistogramSeries, row: int) -> Histogram | Sketched:
        """A view has to go on when the file of a capture is gone: it shows the capture as empty."""
        try:
            capture = series.held(row)
        except ValueError as error:
            if series.tag not in self._lost:
                self._lost.add(series.tag)
                self.run.report(f"{error} It is shown as empty, and so are others like it.")
            return empty_histogram(int(series.steps[row]), float(series.wall_times[row]))
        # What an event file says to be a sum is one row nevertheless.
        return capture if isinstance(capture, Sketched) else replace(capture, captures=1)


def _start(have: Any, series: Series) -> int:
    """The first row a page lacks, 0 where what it says cannot be right."""
    try:
        generation, rows = have
        known = generation == series.generation and 0 < rows <= series.captured
        return int(rows) if known else 0
    except (TypeError, ValueError):
        return 0


def _extremes(captures: Sequence[Histogram]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        found = np.array([capture.extremes or (np.nan, np.nan) for capture in captures], np.float64)
        return found.reshape(-1, 2).astype(np.float32)


def _last_rows(captures: Sequence[Histogram], start: int) -> NDArray[np.uint32]:
    """The last row of each of the captures, of which the first begins at row ``start``."""
    return (start + np.cumsum([capture.captures for capture in captures]) - 1).astype(np.uint32)
