"""LiveLoss: the curves of a run while it trains."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, ClassVar

import traitlets
from numpy.typing import ArrayLike

from nbviz.console import Console
from nbviz.run import Run
from nbviz.rundata import State
from nbviz.series import Sketch
from nbviz.track import Item
from nbviz.views.charted import Charted


def _with_logger(method: Callable[..., None]) -> Callable[..., None]:
    """ipywidgets keeps its logger in ``log``, so our ``log`` answers to a logger's names too."""
    logger = logging.getLogger("nbviz")
    for level in ("debug", "info", "warning", "error", "exception", "critical"):
        setattr(method, level, getattr(logger, level))
    return method


def _beside(run: Run, others: Run | Mapping[str, Run]) -> dict[str, Run]:
    """The run first, then the others, each by a name of its own."""
    listed = [*others.items()] if isinstance(others, Mapping) else [(getattr(others, "name", ""), others)]
    if not all(isinstance(each, Run) for _, each in listed):
        raise TypeError("LiveLoss(compare=) takes a Run or a mapping of runs, as nbviz.read(path) returns it.")
    taken = {str(name) for name, _ in listed}
    names = (run.name, *(f"{run.name} ({word})" for word in ("live", *range(2, len(taken) + 3))))
    name = next(name for name in names if name not in taken)
    return {name: run, **{str(name): each for name, each in listed if each is not run}}


class LiveLoss(Charted):
    """Loss, accuracy and whatever else is logged, drawn while the training loop runs.

    Parameters
    ----------
    title : str, optional
        Shown in the header; by default the run's name.
    smoothing : float
        Debiased exponential smoothing as in TensorBoard, 0 (off) to 0.999.
    run : Run, optional
        The run to show and log to; by default a new one, named like the title.
    compare : Run or mapping of str to Run, optional
        Finished runs to show beside it, thinner and behind: ``compare=nbviz.read("old")``.
    logdir : str or path, optional
        A directory in which the run is kept while it grows; see `Run.record`.
    total_steps : int, optional
        How many steps there will be; the header says how much time is left. `track` finds it out by itself.
    **options
        Traits of the widget, such as ``layout``.

    Attributes
    ----------
    run : Run
        The data behind it.

    Examples
    --------
    >>> live = nbviz.LiveLoss()
    >>> live                                         # doctest: +SKIP
    >>> for epoch in range(20):
    ...     live.log(loss=0.31, accuracy=0.88, val_loss=0.42)

    Notes
    -----
    Where there is no notebook, as in a script, one line on stderr says how far the run is.

    How series are charted is decided by `nbviz.charts`: roles of one metric share a chart (``loss``, ``val_loss``,
    ``train/loss``, ``val/loss``), accuracy-like metrics share another, any further metric has its own.
    """

    PANELS: ClassVar[tuple[str, ...]] = ("header", "charts")
    KNOBS: ClassVar[tuple[str, ...]] = (*Charted.KNOBS, "front")

    front = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        title: str | None = None,
        smoothing: float = 0.0,
        run: Run | None = None,
        logdir: str | os.PathLike[str] | None = None,
        total_steps: int | None = None,
        compare: Run | Mapping[str, Run] | None = None,
        **options: Any,
    ) -> None:
        if isinstance(title, Run):
            raise TypeError("LiveLoss() takes its run by name, LiveLoss(run=run); the first argument is the title.")
        if isinstance(run, Mapping):
            raise TypeError("LiveLoss() logs to one run, so it takes no mapping; Inspector(runs) shows several.")
        self._run = Run(title or "run") if run is None else run
        if logdir is not None:
            self._run.record(logdir)
        if total_steps is not None:
            self._run.total_steps = total_steps
        shown: Any = self._run if compare is None else _beside(self._run, compare)
        front = "" if compare is None else next(iter(shown))
        super().__init__(shown, title=title or front, smoothing=smoothing, **options)
        self.front = front
        # The comm of a process that no notebook listens to.
        self._console = Console.of(self._run) if type(self.comm).__name__ == "DummyComm" else None
        if self._console is not None:
            self.channels[0].follow(self._console)

    @property
    def run(self) -> Run:
        return self._run

    @_with_logger
    def log(self, values: Mapping[str, Any] | None = None, /, *, step: int | None = None, **metrics: Any) -> None:
        """Log metrics of one step; see `Run.log`."""
        self._run.log(values, step=step, **metrics)

    def log_histogram(
        self,
        tag: str,
        values: ArrayLike | None = None,
        *,
        counts: ArrayLike | None = None,
        edges: ArrayLike | None = None,
        step: int | None = None,
    ) -> None:
        """Log the distribution of a tensor; see `Run.log_histogram`."""
        self._run.log_histogram(tag, values, counts=counts, edges=edges, step=step)

    def log_sketch(self, tag: str, sketch: Sketch, step: int | None = None) -> None:
        """Log the distribution of a tensor that was sketched elsewhere; see `Run.log_sketch`."""
        self._run.log_sketch(tag, sketch, step)

    def mark(self, note: str = "", *, step: int | None = None) -> None:
        """Mark a step as worth a second look, with a note such as "lr drop"; see `Run.mark`."""
        self._run.mark(note, step=step)

    def track(self, items: Iterable[Item]) -> Iterator[Item]:
        """Go through a loop and find out how many steps there will be; see `Run.track`."""
        return self._run.track(items)

    def finish(self) -> None:
        """Say that training is over. Logging more is allowed and makes the run live again."""
        self._finish("finished")

    def __enter__(self) -> LiveLoss:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish("finished")
        else:
            self._finish("interrupted" if issubclass(kind, KeyboardInterrupt) else "failed")

    def _finish(self, state: State) -> None:
        self._run.finish(state)
        if self._console is not None:
            self._console.close()
