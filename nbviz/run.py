"""Run: one training run's series by tag, the only mutable data in nbviz."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from nbviz.iterations import Event, Iteration, Loop
from nbviz.layers import statistic_of
from nbviz.marks import TAG as MARKS
from nbviz.marks import Mark, as_text
from nbviz.ondevice import Unread
from nbviz.rundata import HISTORY, RunData, State, known_runs
from nbviz.series import Kind, Series, Sketch
from nbviz.stage import STAGE_LIMIT, At, Captured, Content, Derived
from nbviz.track import Item, Tracks
from nbviz.values import STEP_LIMIT, capture, checked_step, confusion, merged, numbers

LISTED = 8
"""Tags that a run's ``repr`` lists."""


class Run(RunData):
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
        super().__init__(name, history, clock)
        self._tracks = Tracks(self)
        self._total_steps: int | None = None
        self._said_total = False
        if logdir is not None:
            self.record(logdir)

    def __repr__(self) -> str:
        # What is captured of layers comes by the hundred, and before the first loss.
        tags = sorted(self.tags(), key=lambda tag: self[tag].kind != "scalar" or statistic_of(tag) is not None)
        shown = [f"{tag} ({len(self[tag]):,})" for tag in tags[:LISTED]]
        if len(tags) > LISTED:
            shown.append(f"and {len(tags) - LISTED:,} more tags")
        return f"<Run {self.name!r} {self.state}: {', '.join(shown) or 'nothing logged yet'}>"

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
            infinities are kept. A CUDA tensor is read when it has been computed, nobody waits for it. Anything else is
            left out with one warning that names the tag and the type.
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
        stage.append((now := self._clock(), step, metrics))
        if metrics.__class__ is Unread:
            stage.scalars.add(metrics, now)
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

    def to_pandas(self, tags: str | None = None) -> Any:
        """Scalars as a `pandas.DataFrame` in long form; see `nbviz.tables.to_pandas`."""
        from nbviz.tables import to_pandas

        return to_pandas({self.name: self}, tags)

    def to_arrow(self, tags: str | None = None) -> Any:
        """Scalars as a `pyarrow.Table` in long form; see `nbviz.tables.to_arrow`."""
        from nbviz.tables import to_arrow

        return to_arrow({self.name: self}, tags)


def run_of(series: Series) -> Run | None:
    """The run that a series belongs to, ``None`` if it is gone."""
    runs = (run for run in list(known_runs) if isinstance(run, Run))
    return next((run for run in runs if any(each is series for each in run.committed())), None)
