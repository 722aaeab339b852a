"""Run: one training run's series by tag, the only mutable data in nbviz."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from weakref import WeakSet, ref

import numpy as np
from numpy.typing import ArrayLike

from nbviz.iterations import Event, Iteration, Loop
from nbviz.layers import statistic_of
from nbviz.marks import TAG as MARKS
from nbviz.marks import Mark, Marks, as_text
from nbviz.notice import Problems
from nbviz.series import Histogram, HistogramSeries, ItemSeries, Kind, ScalarSeries, Series, Sketch, new_series
from nbviz.stage import STAGE_LIMIT, At, Captured, Content, Derived, Stage, Staged
from nbviz.track import Item, Tracks
from nbviz.values import STEP_LIMIT, capture, checked_step, confusion, merged, numbers

if TYPE_CHECKING:
    from nbviz.sinks.recorder import Recorder

State = Literal["live", "following", "finished", "interrupted", "failed"]

HISTORY = 2000
"""Captures of a histogram that a run keeps; as sketches they take about a megabyte."""
LEAST_HISTORY = 8
LISTED = 8
"""Tags that a run's ``repr`` lists."""

_runs: WeakSet[Run] = WeakSet()


def _renew_locks() -> None:
    """In a forked child a lock that another thread held would stay locked for ever."""
    for run in _runs:
        run.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class Run:
    """One training run: series by tag, in columns, append-only.

    Parameters
    ----------
    name : str
        What the run is called in legends and headers.
    logdir : str or path, optional
        A directory in which the run is kept while it grows, as an event file that `nbviz.read` and TensorBoard read.
        See `record`.
    history : int
        How many captures of a histogram are kept. Of more, old neighbours are added up, so that no value is lost; the
        newest quarter and those that `mark` names stay whole. An event file holds all of them.
    clock : callable, optional
        Returns seconds since the epoch; tests inject their own.

    Notes
    -----
    ``log`` only *stages*: it appends to a list and returns. A *commit*, made by whoever shows the run or by the first
    read, moves the stage into the columns. Logging is safe from several threads; rows keep the order of the calls.
    """

    def __init__(
        self,
        name: str = "run",
        *,
        logdir: str | os.PathLike[str] | None = None,
        history: int = HISTORY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        if history < LEAST_HISTORY:
            raise ValueError(f"expected a history of at least {LEAST_HISTORY} captures, got {history}.")
        self.history = history
        self._marks = Marks()
        self._total_steps: int | None = None
        self._said_total = False
        self._tracks = Tracks(self)
        self.state: State = "live"
        self.problems = Problems()
        self._clock = clock
        self.lock = threading.RLock()
        self._stage = Stage()
        self._held: dict[Callable[[], None], None] = {}
        self._collect = _collector(ref(self))
        self._glancing: set[int] = set()
        self._series: dict[str, Series] = {}
        self._listeners: list[Callable[[], None]] = []
        self._calm = True
        self._recorder: Recorder | None = None
        _runs.add(self)
        if logdir is not None:
            self.record(logdir)

    def __repr__(self) -> str:
        # What is captured of layers comes by the hundred, and before the first loss.
        tags = sorted(self.tags(), key=lambda tag: self[tag].kind != "scalar" or statistic_of(tag) is not None)
        shown = [f"{tag} ({len(self[tag]):,})" for tag in tags[:LISTED]]
        if len(tags) > LISTED:
            shown.append(f"and {len(tags) - LISTED:,} more tags")
        return f"<Run {self.name!r} {self.state}: {', '.join(shown) or 'nothing logged yet'}>"

    # Writing

    def log(self, values: Mapping[str, Any] | None = None, /, *, step: int | None = None, **metrics: Any) -> None:
        """Log metrics of one step.

        Parameters
        ----------
        values : mapping of str to number, optional
            Metrics whose tags are no Python names, such as ``{"val/loss": 0.4}``.
        step : int, optional
            By default the step after the largest one logged so far, 0 at first.
        **metrics : number
            Metrics by tag. Python, numpy and torch scalars and arrays of one element are numbers here; NaN and
            infinities are kept. Anything else is left out with one warning that names the tag and the type.
        """
        if values is not None:
            metrics = merged(values, metrics, self.problems)
        for value in metrics.values():
            if value.__class__ is not float:
                metrics = numbers(metrics, self.problems)
                break
        if step is not None and not (step.__class__ is int and -STEP_LIMIT <= step <= STEP_LIMIT):
            step = checked_step(step, self.problems)
        stage = self._stage
        stage.append((self._clock(), step, metrics))
        if self._calm or len(stage) >= STAGE_LIMIT:
            self.changed()

    def log_histogram(
        self,
        tag: str,
        values: ArrayLike | None = None,
        *,
        counts: ArrayLike | None = None,
        edges: ArrayLike | None = None,
        step: int | None = None,
    ) -> None:
        """Log the distribution of a tensor.

        Parameters
        ----------
        tag : str
        values : array_like, optional
            The numbers themselves, of any shape; what is kept of them is a `Sketch`.
        counts, edges : array_like of shape (k,) and (k + 1,), optional
            A histogram made elsewhere, instead of ``values``.
        step : int, optional
            By default the step of the latest `log` call.
        """
        try:
            tag, found = str(tag), capture(values, counts, edges)
            self._stage_capture(tag, found.to_bytes() if isinstance(found, Sketch) else found, step)
        except Exception as error:
            self.problems.report(f"log_histogram() ignored {tag!r}: {error}", ("histogram", tag))

    def log_sketch(self, tag: str, sketch: Sketch, step: At = None) -> None:
        """Log the distribution of a tensor that was sketched elsewhere.

        Parameters
        ----------
        tag : str
        sketch : Sketch
            Kept as it is now; it may go on counting.
        step : int or Iteration, optional
            By default the step of the latest `log` call.
        """
        try:
            if not isinstance(sketch, Sketch):
                raise TypeError(f"expected a Sketch, got a {type(sketch).__name__}.")
            self._stage_capture(str(tag), sketch.to_bytes(), step)
        except Exception as error:
            self.problems.report(f"log_sketch() ignored {tag!r}: {error}", ("histogram", tag))

    def log_confusion(
        self, tag: str, matrix: ArrayLike, labels: Sequence[str] | None = None, *, step: int | None = None
    ) -> None:
        """Log a confusion matrix.

        Parameters
        ----------
        tag : str
        matrix : array_like, shape (k, k)
            ``matrix[i, j]`` is how many of class ``i`` were taken for class ``j``, as in scikit-learn.
        labels : sequence of str, optional
            Names of the classes, no two alike; by default their numbers.
        step : int, optional
            By default the step of the latest `log` call.
        """
        try:
            self._stage_capture(str(tag), confusion(matrix, labels), step, "confusion")
        except Exception as error:
            self.problems.report(f"log_confusion() ignored {tag!r}: {error}", ("confusion", tag))

    def _stage_capture(self, tag: str, content: Content, step: Any, kind: Kind = "histogram") -> None:
        if step is not None and step.__class__ is not Iteration:
            step = checked_step(step, self.problems)
        self._stage.append((self._clock(), step, Captured(tag, content, kind)))
        self.changed()

    def log_derived(self, values: Mapping[str, float], *, step: At = None) -> None:
        """Log scalars that were derived from histograms.

        Parameters
        ----------
        values : mapping of str to float
        step : int or Iteration, optional
            By default the step of the latest `log` call. Whatever it is, `log` counts on as if nothing had been logged.
        """
        self._stage.append((self._clock(), step, Derived(values)))
        self.changed()

    def loop(self) -> Loop:
        """A training loop whose iterations have captures, at the steps of their `log` calls."""
        self.commit()
        return Loop(self._advance, self._stage.first_step)

    def _advance(self, iteration: Iteration, event: Event) -> None:
        self._stage.append((0.0, iteration, event))
        if len(self._stage) >= STAGE_LIMIT:
            self.commit(whole=False)

    def step_of(self, iteration: Iteration) -> int:
        """The step of an iteration, which is settled now if its `log` call has not come."""
        with self.lock:
            self.commit()
            return self._stage.settle(iteration)

    def mark(self, note: str = "", *, step: int | None = None) -> None:
        """Mark a step as worth a second look, with a note such as "lr drop".

        Views show marks on the time axis, and the captures of a marked step are kept as they are however long the
        history: the first at that step or after it. Marks are kept in event files, as texts that TensorBoard shows.

        Parameters
        ----------
        note : str, optional
        step : int, optional
            By default the step of the latest `log` call.
        """
        if not isinstance(note, str):
            kind = type(note).__name__
            sentence = (
                f"mark() ignored a note of type {kind}: expected a text; a step goes by name, as in mark(step=30)."
            )
            self.problems.report(sentence, ("mark", kind))
            return
        if step is not None and (step := checked_step(step, self.problems, "mark() ignored a step")) is None:
            return
        self._stage.append((self._clock(), step, Captured(MARKS, as_text(note), "text")))
        self.changed()

    @property
    def marks(self) -> list[Mark]:
        """Steps that were marked and what was noted, increasing."""
        self.commit()
        return list(self.committed_marks())

    def committed_marks(self) -> list[Mark]:
        """The `marks` without what is staged."""
        return self._marks.of(self._series.get(MARKS))

    @property
    def total_steps(self) -> int | None:
        """How many steps the run is going to have, which views show with the time left; ``None`` where nobody said.

        `track` finds it out, unless it was set.
        """
        return self._total_steps

    @total_steps.setter
    def total_steps(self, total: int | None) -> None:
        if total is not None and (total := checked_step(total, self.problems, "total_steps was not set")) is None:
            return
        self._said_total = total is not None
        self._total_steps = total if total is None or total > 0 else None
        self.changed()

    def expect(self, total: int | None) -> None:
        """Like setting `total_steps`, but only where nobody did."""
        if not self._said_total and total != self._total_steps:
            self._total_steps = total
            self.changed()

    def track(self, items: Iterable[Item]) -> Iterator[Item]:
        """Go through the batches or epochs of a loop, and find out from its length how many steps there will be.

        Loops may be nested, and left early. A loop over batches inside of one over epochs that is not tracked says
        nothing of the total, so track both, or set `total_steps`.

        Examples
        --------
        >>> run = Run()
        >>> for epoch in run.track(range(20)):
        ...     for batch in run.track([1, 2, 3]):
        ...         run.log(loss=0.5)
        >>> run.total_steps
        60
        """
        return self._tracks.track(items)

    def finish(self, state: State = "finished") -> None:
        """Say that the run is over. Logging more is allowed: the points are kept and the run is live again."""
        self.commit()
        self.state = state
        self._notify()
        if self._recorder is not None:
            self._recorder.flush(final=True)

    def record(self, logdir: str | os.PathLike[str]) -> None:
        """Keep the run in a directory from now on, what was logged before included.

        Rows are appended to a new event file twice a second, on a thread of its own, and when the run is finished or
        the interpreter ends. A directory is one run: where it holds event files of an earlier process, the run goes on
        from its own first step, and what was logged before at that step and after it is superseded. A forked process
        writes nothing.

        Raises
        ------
        ValueError
            If the run is recorded in another directory already, or ``logdir`` is a URL.
        """
        from nbviz.sinks.recorder import record

        self._recorder = record(self, logdir, self._recorder)

    def save(self, directory: str | os.PathLike[str]) -> Path:
        """Write the whole run as one event file, which `nbviz.read` and TensorBoard read back.

        Parameters
        ----------
        directory : str or path
            Made if need be. It must not hold event files, as readers take all those of a directory for one run.

        Returns
        -------
        Path
            Of the event file.

        Raises
        ------
        FileExistsError
            If the directory holds an event file.
        OSError
            If it cannot be written; nothing is left behind then.
        """
        from nbviz.sinks.save import save

        return save(self, directory)

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

    # Reading

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

    def committed(self) -> list[Series]:
        """Every series, in order of first appearance, without what is staged."""
        return list(self._series.values())

    def __contains__(self, tag: object) -> bool:
        self.commit()
        return tag in self._series

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
            return self._series[tag]
        except KeyError:
            close = get_close_matches(str(tag), self._series, 3) or list(self._series)[:5]
            hint = f"; did you mean {', '.join(map(repr, close))}?" if close else ": nothing was logged yet"
            raise KeyError(f"run {self.name!r} has no tag {tag!r}{hint}") from None

    def to_pandas(self, tags: str | None = None) -> Any:
        """Scalars as a `pandas.DataFrame` in long form; see `nbviz.tables.to_pandas`."""
        from nbviz.tables import to_pandas

        return to_pandas({self.name: self}, tags)

    def to_arrow(self, tags: str | None = None) -> Any:
        """Scalars as a `pyarrow.Table` in long form; see `nbviz.tables.to_arrow`."""
        from nbviz.tables import to_arrow

        return to_arrow({self.name: self}, tags)

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

    # Stage and commit

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

    @property
    def waits(self) -> bool:
        """Whether there are captures whose step is not known yet."""
        return bool(self._stage.waiting)

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

    def changed(self) -> None:
        """Wake whoever shows the run; costs nothing while they are awake already."""
        if self._calm:
            self._calm = False
            self._notify()
        if len(self._stage) >= STAGE_LIMIT:
            self.commit(whole=False)

    def listen(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called at the first change after a commit. It must be quick and must not raise."""
        self._listeners.append(listener)

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()

    def _of_kind(self, tag: str, kind: Kind) -> Any:
        """The series of a tag, made if need be. A tag that already holds another kind gets the kind behind its name."""
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


def _is_aside(staged: Staged) -> bool:
    """A mark is a note on a run, and an iteration may be of an evaluation: they make none live that is over."""
    payload = staged[2]
    return isinstance(payload, Event) or (isinstance(payload, Captured) and payload.tag == MARKS)


def run_of(series: Series) -> Run | None:
    """The run that a series belongs to, ``None`` if it is gone."""
    return next((run for run in list(_runs) if any(each is series for each in run.committed())), None)


def _collector(run: ref[Run]) -> Callable[[], None]:
    """What a series calls before it is read. It does not keep the run, whose columns would outlive their last user."""

    def collect() -> None:
        if (known := run()) is not None:
            known.collect()

    return collect
