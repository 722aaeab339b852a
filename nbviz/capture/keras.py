"""Capture: a callback of Keras 3, for whatever backend it runs on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import keras

from nbviz.capture import layer
from nbviz.capture.choice import Patterns, chooser
from nbviz.capture.layer import Key
from nbviz.capture.outputs import Tap, ends_of, layers_of, runs_eagerly, taken, units_of
from nbviz.capture.overhead import Meter
from nbviz.capture.variables import ArrayReader, Reader, variables_of
from nbviz.capture.writer import Writer
from nbviz.iterations import Iteration, Loop
from nbviz.run import Run


class Capture(keras.callbacks.Callback):  # type: ignore[misc]
    """Captures the distributions of a Keras model's weights, gradients and activations while ``fit`` trains it.

    Parameters
    ----------
    run : Run or LiveLoss
        Where captures are logged: histograms ``weights/<path>``, ``gradients/<path>`` and ``activations/<path>``, and
        scalars derived from them (`nbviz.layers`).
    every : int or "auto"
        Capture one step of training in so many; "auto" finds the smallest number within the budget.
    weights, gradients : bool
        Keras has gradients at hand on the torch backend only: those of the batch, without a loss scale, and before the
        optimizer clips or accumulates them.
    activations : bool or what the model takes
        ``True`` captures what layers give in the training itself, which Keras has at hand on the torch backend, and on
        TensorFlow with ``run_eagerly=True``. Inputs in place of it are given to the model just before each captured
        step, with ``training=False``: what layers make of them is captured, on any backend.
    metrics : bool
        Whether to log what Keras measures, the loss among it, at the end of every epoch.
    include, exclude : str or iterable of str, optional
        Regular expressions, found anywhere in the paths of variables.
    budget : float
        The share of the training's time that "auto" may take.
    clock : callable, optional
        Returns seconds; tests inject their own.

    Attributes
    ----------
    every : int
        How many steps lie between captures; with "auto" what was chosen last.
    overhead : float
        The share of the time that captures take, as measured over the latest of them.
    missing : dict of str to str
        Of which tags nothing was captured last, and why.

    Raises
    ------
    TypeError, ValueError
        If it cannot be made of what it was given. Later, whatever goes wrong is reported and training goes on.
    """

    # Nothing here is called at the end of a batch, for which Keras on JAX would wait for the device at every step.

    def __init__(
        self,
        run: Any,
        every: int | Literal["auto"] = 10,
        weights: bool = True,
        gradients: bool = True,
        activations: Any = True,
        metrics: bool = True,
        include: Patterns = None,
        exclude: Patterns = None,
        *,
        budget: float = 0.01,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__()
        run = getattr(run, "run", run)
        if not isinstance(run, Run):
            raise TypeError(f"Capture() logs to a Run or a LiveLoss, not to a {type(run).__name__}.")
        self._run = run
        self._what = [name for name, wanted in {"weights": weights, "gradients": gradients}.items() if wanted]
        self._activations = activations is True
        self._inputs = None if isinstance(activations, bool) else activations
        self._tap: Tap | None = None
        self._metrics = metrics
        self._chosen = chooser("Capture()", include, exclude)
        self._meter = Meter.checked("Capture()", every, budget, clock)
        self._writer = Writer(run)
        self._reader: Reader | None = None
        self._capture: layer.Capture | None = None
        self._loop: Loop | None = None
        self._number = 0
        self._stepping = False
        self._epoch = self._step = self._following = 0

    @property
    def every(self) -> int:
        return self._meter.every

    @property
    def overhead(self) -> float:
        return self._meter.overhead

    @property
    def missing(self) -> dict[str, str]:
        return dict(self._writer.missing)

    def __repr__(self) -> str:
        return f"<Capture for Keras: every {self.every:,} steps, {self._writer.captures:,} captures>"

    # What fit calls

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        with self._guarded("The beginning of a training"):
            self._close()
            self._capture, self._stepping = None, False
            # A model that goes on training is counted on, as is a run that has steps already.
            self._epoch = max(_iterations(self.model), self._run.next_step, self._following)
            self._step = self._following = self._epoch
            # What is measured is logged at the optimizer's steps; where others log, only they know theirs.
            self._loop = None if self._metrics else self._run.loop()
            if self._loop is not None:
                self._loop.first = self._epoch - self._number
            if self._reader is None:
                self._reader = _reader(self._writer, self._what)
            self._report_lacking(self._reader)

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._finish()
        with self._guarded("A step"):
            self._stepping = True
            self._step = self._epoch + batch
            self._following = self._step + 1
            if self._loop is not None:
                self._loop.step(self._number)
            if self._reader is not None and self._meter.due(self._number):
                self._begin(self._reader)

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        # Before a validation, for which other callbacks may put other weights in.
        self._finish()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._finish()
        with self._guarded("The end of an epoch"):
            self._epoch = self._following = self._after_epoch()
            if self._metrics and logs:
                self._run.log(logs, step=self._epoch - 1)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        self._finish(wait=True)
        self._run.commit()

    # A step of training

    def _begin(self, reader: Reader) -> None:
        """Take the weights before the step."""
        model = self.model
        found = variables_of(model, self._chosen)
        if not found:
            self._run.report("Capture() found no variables to capture in this model.")
            return
        reader.settle(found)
        with self._meter.working():
            self._capture = layer.Capture(self._number, self._at())
            reader.before(self._capture, found, model.optimizer)
            if self._inputs is not None:
                with (
                    self._guarded("What layers make of the inputs given"),
                    taken(list(layers_of(model, self._chosen)), self._take),
                ):
                    reader.run(lambda: model(self._inputs, training=False))
        if self._activations and runs_eagerly(model):
            self._tap = Tap(model, list(layers_of(model, self._chosen)), self._take)

    def _take(self, name: str, each: Any, output: Any) -> None:
        """A layer gave an output."""
        with self._guarded(f"activations/{name}"), self._meter.working():
            if self._capture is None or self._reader is None:
                return
            tensor, key = _first_floats(output), Key("activations", name)
            if tensor is None:
                self._writer.miss(key, "is no tensor of floats")
            else:
                self._reader.output(self._capture, key, tensor, units_of(each, tensor), ends_of(each))

    def _close(self) -> None:
        tap, self._tap = self._tap, None
        if tap is not None:
            tap.close()

    def _report_lacking(self, reader: Reader) -> None:
        """Say once what was asked for and is not to be had."""
        backend, hints = keras.backend.backend(), {}
        if "gradients" in self._what and not reader.has_gradients:
            hints["gradients"] = "gradients=False says that this is known"
        if self._activations and not runs_eagerly(self.model):
            hints["activations"] = "activations=inputs captures what the layers make of these inputs"
        if hints:
            self._run.report(
                f"{' and '.join(hints).capitalize()} are not captured: Keras on {backend} computes them within a "
                f"compiled step and hands out none; {', '.join(hints.values())}."
            )

    def _at(self) -> int | Iteration:
        if self._loop is None:
            return self._step
        iteration = self._loop.iteration(self._number)
        iteration.captured = True
        return iteration

    def _finish(self, wait: bool = False) -> None:
        """The step is over: take its gradients and how far it moved the weights, and log what is whole."""
        capture, self._capture = self._capture, None
        stepped, self._stepping = self._stepping, False
        self._close()
        if self._reader is None or not (stepped or wait):
            return
        number, self._number = self._number, self._number + stepped
        with self._guarded("A step"):
            if capture is not None:
                # Keras on JAX keeps the variables elsewhere, until it is asked for the model.
                self._reader.settle(variables_of(self.model, self._chosen))
            with self._meter.working():
                if capture is not None:
                    self._reader.after(capture)
                self._reader.finish(capture, self.every, wait)
            if stepped:
                self._meter.step(number, settled=capture is not None)
                self._reader.agree(self._meter, number)

    def _after_epoch(self) -> int:
        """The step that follows an epoch; the last batches may have been trained by one call."""
        at_once = int(getattr(self.model, "steps_per_execution", None) or 1)
        steps = (self.params or {}).get("steps")
        after = self._step + at_once
        return min(after, self._epoch + steps) if steps else after

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        """Whatever goes wrong within is reported once, and training goes on."""
        try:
            yield
        except Exception as error:
            sentence = f"{what} cannot be captured ({type(error).__name__}: {error}); training goes on without it."
            self._run.problems.report(sentence, ("keras", what))


def _first_floats(output: Any) -> Any:
    """The first tensor of floats in what a layer gave."""
    flat = keras.tree.flatten(output)
    return next(
        (each for each in flat if keras.backend.is_float_dtype(keras.backend.standardize_dtype(each.dtype))), None
    )


def _reader(writer: Writer, what: list[str]) -> Reader:
    if keras.backend.backend() != "torch":
        return ArrayReader(writer, what)
    from nbviz.capture.torch_variables import TensorReader

    return TensorReader(writer, what)


def _iterations(model: Any) -> int:
    """How many steps the optimizer has made."""
    counted = getattr(getattr(model, "optimizer", None), "iterations", None)
    return 0 if counted is None else int(keras.ops.convert_to_numpy(counted.value))
