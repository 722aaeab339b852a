"""RunData: the series of a run by tag, and how rows get into them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, get_args
from weakref import WeakSet, ref

import numpy as np
from numpy.typing import ArrayLike

from nbviz.iterations import Event, Iteration
from nbviz.marks import TAG as MARKS
from nbviz.marks import Mark, Marks
from nbviz.notice import Problems
from nbviz.series import Histogram, HistogramSeries, ItemSeries, Kind, ScalarSeries, Series, new_series
from nbviz.stage import STAGE_LIMIT, Captured, Stage, Staged

if TYPE_CHECKING:
    from nbviz.sinks.recorder import Recorder

State = Literal["live", "following", "finished", "interrupted", "failed"]

HISTORY = 2000
"""Captures of a histogram that a run keeps; as sketches they take about a megabyte."""
LEAST_HISTORY = 8

known_runs: WeakSet[RunData] = WeakSet()


def _renew_locks() -> None:
    """In a forked child a lock that another thread held would stay locked for ever."""
    for run in known_runs:
        run.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class RunData:
    """What sources, sinks and channels know of a `Run`.

    Rows are staged, or appended by a source. A *commit* moves the stage into the columns, and whoever listens is woken
    at the first change after it.
    """

    def __init__(self, name: str, history: int, clock: Callable[[], float]) -> None:
        if history < LEAST_HISTORY:
            raise ValueError(f"expected a history of at least {LEAST_HISTORY} captures, got {history}.")
        self.name = name
        self.history = history
        self.state: State = "live"
        self.problems = Problems()
        self.lock = threading.RLock()
        self._clock = clock
        self._stage = Stage(self.problems)
        self._series: dict[str, Series] = {}
        self._marks = Marks()
        self._held: dict[Callable[[], None], None] = {}
        self._collect = _collector(ref(self))
        self._glancing: set[int] = set()
        self._listeners: list[Callable[[], None]] = []
        self._calm = True
        self._recorder: Recorder | None = None
        known_runs.add(self)

    def tags(self, kind: Kind | None = None) -> list[str]:
        """Tags in order of first appearance.

        Parameters
        ----------
        kind : str, optional
            Only the tags of that kind: "scalar", "histogram", "image", "audio", "text", "pr_curve", "mesh", "hparams",
            "graph", "layout" (of custom scalars), "confusion" or "tensor".

        Raises
        ------
        ValueError
            If there is no such kind.
        """
        if kind is not None and kind not in get_args(Kind):
            raise ValueError(f"there is no kind {kind!r}; expected one of {', '.join(get_args(Kind))}.")
        self.commit()
        return [tag for tag, series in list(self._series.items()) if kind is None or series.kind == kind]

    def __contains__(self, tag: object) -> bool:
        self.commit()
        return isinstance(tag, str) and spelled(tag) in self._series

    def __iter__(self) -> Iterator[str]:
        return iter(self.tags())

    def __getitem__(self, tag: str) -> Any:
        """The series of a tag: a `ScalarSeries`, a `HistogramSeries` or another `ItemSeries`.

        Raises
        ------
        KeyError
            If nothing was logged under that tag; the message names the closest ones.
        """
        self.commit()
        try:
            return self._series[spelled(tag)]
        except (KeyError, AttributeError):
            close = get_close_matches(str(tag), self._series, 3) or list(self._series)[:5]
            hint = f"; did you mean {', '.join(map(repr, close))}?" if close else ": nothing was logged yet"
            raise KeyError(f"run {self.name!r} has no tag {tag!r}{hint}") from None

    def committed(self) -> list[Series]:
        """Every series, in order of first appearance, without what is staged."""
        return list(self._series.values())

    def committed_marks(self) -> list[Mark]:
        """The `marks` without what is staged."""
        return self._marks.of(self._series.get(MARKS))

    @property
    def last_step(self) -> int:
        """The largest step of any series that no restart superseded, 0 while there is none."""
        self.commit(whole=False)
        # A mark may be set ahead of where training is.
        largest = [series.largest_step for tag, series in list(self._series.items()) if tag != MARKS]
        return max((step for step in largest if step is not None), default=0)

    @property
    def next_step(self) -> int:
        """The step of the next `log` call that does not say its own."""
        self.commit(whole=False)
        return self._stage.next_step

    @property
    def waits(self) -> bool:
        """Whether there are captures whose step is not known yet."""
        return bool(self._stage.waiting)

    def extend(
        self, tag: str, steps: ArrayLike, wall_times: ArrayLike, values: ArrayLike, source: int = 0
    ) -> ScalarSeries:
        """Append scalars from a source; each argument has shape (n,). Call `changed` after a batch.

        ``source`` tells the event files of a run apart, as a new one may mean that the run was restarted.
        """
        with self.lock:
            series: ScalarSeries = self._of_kind(tag, "scalar")
            series.extend(steps, wall_times, values, source)
            if series.largest_step is not None:
                self._stage.count_on(series.latest_step, series.largest_step)
            return series

    def extend_items(
        self, tag: str, kind: Kind, steps: ArrayLike, wall_times: ArrayLike, items: Sequence[Any], source: int = 0
    ) -> ItemSeries:
        """Append histograms, images, texts and the like from a source; see `ItemSeries.extend`."""
        with self.lock:
            series: ItemSeries = self._of_kind(tag, kind)
            series.extend(steps, wall_times, items, source)
            return series

    def append_histogram(
        self,
        tag: str,
        step: int,
        wall_time: float,
        counts: ArrayLike,
        edges: ArrayLike,
        nonfinite: int = 0,
        zeros: float = 0,
    ) -> None:
        """Append one capture from a source: ``counts`` of shape (k,), ``edges`` of shape (k + 1,)."""
        counts, edges = np.asarray(counts, np.float64), np.asarray(edges, np.float64)
        item = Histogram(step, wall_time, counts, edges, nonfinite, zeros)
        self.extend_items(tag, "histogram", [step], [wall_time], [item])

    def hold(self, commit: Callable[[], None]) -> None:
        """Have a source's rows appended by ``commit`` before anybody reads a series, rather than at once.

        A few rows at a time cost more to append than to decode. The source calls with `lock` held, and `changed` after.
        """
        self._held[commit] = None

    def collect(self) -> None:
        """Append what sources hold."""
        if self._held:
            with self.lock:
                held, self._held = self._held, {}
                for commit in held:
                    commit()

    def restart(self, step: int) -> None:
        """The run goes on from ``step``, as after a crash: rows at that step and after it are superseded, but stay."""
        with self.lock:
            self.commit()
            if self._recorder is not None:
                self._recorder.restart(step)
            for series in self._series.values():
                series.restart(step)
        self.changed()

    def rewind(self, step: int) -> None:
        """Forget every row at ``step`` and after it, as when training resumes from a checkpoint."""
        with self.lock:
            self.commit()
            if self._recorder is not None:
                self._recorder.restart(step, forget=True)
            for series in self._series.values():
                series.rewind(step)
            self._stage.rewind(step)
        self.changed()

    def report(self, sentence: str) -> None:
        """Keep a problem in ``problems`` and warn of it; the same sentence is said once."""
        self.problems.report(sentence)

    def commit(self, whole: bool = True) -> None:
        """Move what is staged into the columns.

        Parameters
        ----------
        whole : bool
            Captures whose step is not known yet, as the `log` call of their iteration is to come, are moved as well, at
            the step that those before them lead to expect.
        """
        with self.lock:
            # Calm before draining: a call that comes after wakes the listeners anew and is seen by the next commit.
            self._calm = True
            self.collect()
            whole = whole and threading.get_ident() not in self._glancing
            if not self._stage and not (whole and self._stage.waiting):
                return
            if self.state not in ("live", "following") and not all(map(_is_aside, self._stage[:])):
                self.state = "live"
            self._bound(self._stage.drain(self._of_kind, whole))

    @contextmanager
    def glance(self) -> Iterator[None]:
        """Within, what this thread reads has no captures whose step is not known yet, instead of settling them."""
        thread = threading.get_ident()
        self._glancing.add(thread)
        try:
            yield
        finally:
            self._glancing.discard(thread)

    def step_of(self, iteration: Iteration) -> int:
        """The step of an iteration, which is settled now if its `log` call has not come."""
        with self.lock:
            self.commit()
            return self._stage.settle(iteration)

    def listen(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called at the first change after a commit. It must be quick and must not raise."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """Wake whoever shows the run; costs nothing while they are awake already."""
        if self._calm:
            self._calm = False
            self._notify()
        if len(self._stage) >= STAGE_LIMIT:
            self.commit(whole=False)

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()

    def _bound(self, grown: Iterable[HistogramSeries]) -> None:
        full = [series for series in grown if len(series) > self.history]
        if not full:
            return
        if self._recorder is not None:
            self._recorder.collect()  # a file holds every capture, whatever is merged here
        for series in full:
            series.bound(self.history, [mark.step for mark in self.committed_marks()])
            if self._recorder is not None:
                self._recorder.skip(series)

    def _of_kind(self, tag: str, kind: Kind) -> Any:
        """The series of a tag, made if need be. A tag that already holds another kind gets the kind behind its name."""
        series = self._series.get(tag)
        if series is None:
            tag = spelled(tag)
            series = self._series.get(tag)
        if series is None:
            series = self._series[tag] = new_series(tag, kind)
            series.collect = self._collect
        if series.kind == kind:
            return series
        other = f"{tag} ({kind})"
        sentence = f"{tag!r} holds {series.kind}s, so what is of kind {kind} is kept under {other!r}."
        self.problems.report(sentence, ("kind", tag, kind))
        return self._of_kind(other, kind)


def spelled(tag: str) -> str:
    """A tag in which half surrogate pairs are spelled out: neither a message nor an event file could carry them."""
    return tag.encode(errors="backslashreplace").decode()


def _is_aside(staged: Staged) -> bool:
    """A mark is a note on a run, and an iteration may be of an evaluation: they make none live that is over."""
    payload = staged[2]
    return isinstance(payload, Event) or (isinstance(payload, Captured) and payload.tag == MARKS)


def _collector(run: ref[RunData]) -> Callable[[], None]:
    """What a series calls before it is read. It does not keep the run, whose columns would outlive their last user."""

    def collect() -> None:
        if (known := run()) is not None:
            known.collect()

    return collect
