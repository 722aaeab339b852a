"""Watch: captures weights, gradients and activations of a torch model while it trains."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from nbviz.capture.choice import Chosen
from nbviz.capture.collector import Collector
from nbviz.capture.hooks import hook, remove, running_cell
from nbviz.capture.layer import Capture, Key
from nbviz.capture.names import ENDS, Slot, modules_of, slots_of, units_of, unwrapped
from nbviz.capture.overhead import Meter
from nbviz.capture.parameters import Moves, Named, ids_of, stepped_by, wanted_of
from nbviz.capture.sketchers import Wanted
from nbviz.capture.stages import Stages, are_tried_out, part_of, stages_of
from nbviz.capture.taps import Gate, Tap
from nbviz.capture.tensors import first_floats
from nbviz.capture.writer import Writer
from nbviz.run import Run

FORWARDS = 256
"""Forwards without a step after which outputs are no longer captured: there may never be one."""

_watches: weakref.WeakKeyDictionary[nn.Module, weakref.ref[Watch]] = weakref.WeakKeyDictionary()


class Watch:
    """Captures the layers of a model while it trains; `nbviz.watch` makes one.

    Attributes
    ----------
    every : int
        How many of the optimizer's steps lie between captures; with "auto" what was chosen last.
    overhead : float
        The share of the time that captures take, as measured over the latest of them.
    missing : dict of str to str
        Of which tags nothing was captured last, and why.
    """

    def __init__(
        self,
        model: nn.Module,
        run: Run,
        meter: Meter,
        what: Sequence[str],
        chosen: Chosen,
        steppers: Sequence[Optimizer] | None,
    ) -> None:
        model = unwrapped(model)
        self._run, self._what, self._chosen, self._meter = run, what, chosen, meter
        # Whatever keeps this object, or forgets to remove it, does not keep the model.
        self._model = weakref.ref(model)
        self._lock = threading.RLock()
        self._gate = Gate(self)
        self._writer = Writer(run)
        self._collector = Collector(self._writer)
        self._moves = Moves()
        self._loop = run.loop()
        self._cell = running_cell()
        self._number = self._forwards = 0
        self._capture: Capture | None = None
        self._steppers = weakref.WeakSet(steppers or ())
        self._strangers: weakref.WeakSet[Optimizer] = weakref.WeakSet()
        self._stepped: weakref.WeakSet[Optimizer] = weakref.WeakSet()
        self._taps: weakref.WeakKeyDictionary[nn.Module, Tap] = weakref.WeakKeyDictionary()
        self._all: list[Slot] = []
        self._slots: list[Slot] = []
        self._stages: Stages | None = None
        self._handles: list[RemovableHandle] = []
        self._stale = False
        if (other := _watches.get(model)) is not None and (watch := other()) is not None and watch._handles:
            watch.remove()
            # A cell that is run again watches the same model for its new run: nobody need be told.
            if watch._run is run or watch._cell == self._cell:
                run.report("This model was watched already: the new watch takes the place of the old one.")
        _watches[model] = weakref.ref(self)
        self._hook(model, steppers)
        with self._guarded("What other processes capture"):
            self._collector.meet()

    def remove(self) -> None:
        """Stop watching: take all hooks off and log what was captured last."""
        if not self._handles:
            return
        remove(self._handles)
        self._gate.open, self._gate.taker = False, None
        with self._lock, self._guarded("The last capture"):
            capture, self._capture = self._capture, None
            self._collector.finish(capture if self._stepped else None, self.every, wait=True)
            self._run.commit()
            if self._gate.ran and not self._number and not self._stepped:
                self._writer.notice(
                    "watch() captured nothing: the model ran, but no optimizer made a step with its parameters. What "
                    "is evaluated only is not captured."
                )

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()

    def __repr__(self) -> str:
        steps = "step" if self.every == 1 else f"{self.every:,} steps"
        parts = [f"every {steps}{' (auto)' if self._meter.auto else ''}", f"{self._writer.captures:,} captures"]
        parts += [f"{len(self.missing):,} tags missing"] * bool(self.missing)
        parts += [f"{self.overhead:.2%} of the time"] if self._handles else ["removed"]
        return f"<Watch of {len(self._slots):,} parameters and {len(self._taps):,} modules: {', '.join(parts)}>"

    @property
    def parts(self) -> int:
        """How many parameters and modules there are to capture."""
        return len(self._slots) + len(self._taps)

    @property
    def every(self) -> int:
        return self._meter.every

    @property
    def overhead(self) -> float:
        return self._meter.overhead

    @property
    def missing(self) -> dict[str, str]:
        return dict(self._writer.missing)

    # Hooks

    def _hook(self, model: nn.Module, steppers: Sequence[Optimizer] | None) -> None:
        """Hooks of the model hold this watch, so that it lives as long as the model; those that torch holds do not."""
        handles = self._handles
        hook(weakref.ref(self), handles, steppers)
        handles.append(model.register_forward_pre_hook(self._gate.before))
        weakref.finalize(model, remove, handles)
        self._look(model)

    def _look(self, model: nn.Module) -> None:
        """Find the parameters and modules that there are by now, and hook the modules that are not."""
        self._stale = False
        self._strangers.clear()
        self._all = slots_of(model)
        self._slots = [slot for slot in self._all if self._chosen(slot.name)]
        if "activations" not in self._what:
            return
        for name, module in modules_of(model, self._chosen):
            if module not in self._taps:
                ends = next((ends for kind, ends in ENDS.items() if isinstance(module, kind)), None)
                tap = self._taps[module] = Tap(self._gate, name, ends)
                with self._guarded(f"Activations of {name}"):
                    self._handles.append(module.register_forward_hook(tap.after))

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        """Whatever goes wrong within is reported once, and training goes on; the time within is measured."""
        try:
            with self._meter.working(), torch.no_grad():
                yield
        except Exception as error:
            sentence = f"{what} cannot be captured ({type(error).__name__}: {error}); training goes on without it."
            self._run.problems.report(sentence, ("watch", what))

    # A step of training: forwards, the optimizer's steps, the end

    def begin(self) -> None:
        """A forward of the model begins."""
        with self._lock, self._guarded("A forward"):
            moved = not self._steppers and self._moves.moved_by_hand(self._all)
            if self._stepped and not self._gate.seen:
                self._finish()
            elif moved and self._gate.seen:
                self._read(self._slots, None)
                self._finish()
            self._gate.seen = True
            self._loop.begin(self._number)
            self._forwards += 1
            self._gate.open = self._meter.due(self._number) and self._forwards <= FORWARDS
            if self._gate.open:
                self._current()

    def take(self, tap: Tap, module: nn.Module, output: Any) -> None:
        """A layer gave an output."""
        key = Key("activations", tap.name)
        with self._lock, self._guarded(key.tag):
            self._gate.seen = True
            self._meet()
            if are_tried_out(self._stages or []):
                return
            tensor = first_floats(output)
            if tensor is None:
                self._writer.miss(key, "is no tensor of floats")
            else:
                sampled = key not in self._collector.with_zeros
                wanted = Wanted(key, tensor, units=units_of(module, tensor), ends=tap.ends, sampled=sampled)
                self._collector.start(self._current(), [wanted])

    def before_step(self, optimizer: Optimizer) -> None:
        """An optimizer, perhaps of another model, makes a step."""
        with self._lock, self._guarded("A step"):
            if not self._is_mine(optimizer):
                return
            if optimizer not in self._steppers and self._number and not self._stepped and not self._gate.seen:
                # No forward since the last step was over: this optimizer, met for the first time, makes a part of that.
                self._steppers.add(optimizer)
                return
            if optimizer in self._stepped or (self._stepped and self._gate.seen):
                self._finish()
            self._loop.step(self._number)
            if self._meter.due(self._number):
                others = [each for each in self._steppers if each is not optimizer]
                slots = stepped_by(self._slots, optimizer, others)
                self._read(slots, getattr(optimizer, "grad_scale", None))
                if "weights" in self._what:
                    self._moves.before(slots, self._collector.copies)
            self._gate.seen = False
            self._steppers.add(optimizer)
            self._stepped.add(optimizer)

    def after_step(self, optimizer: Optimizer) -> None:
        """It has made it."""
        if optimizer not in self._stepped:
            return
        with self._lock, self._guarded("A step"):
            if self._capture is not None:
                for names, squares in self._moves.after():
                    self._collector.moved(self._capture, names, squares)
            if not self._gate.seen and all(each in self._stepped for each in self._steppers):
                self._finish()

    def look_again(self) -> None:
        """Some module got a parameter or a module."""
        self._stale = True

    def _is_mine(self, optimizer: Optimizer) -> bool:
        if self._stale and (model := self._model()) is not None:
            self._look(model)
        if optimizer in self._steppers or optimizer in self._strangers:
            return optimizer in self._steppers
        own = {id(slot.parameter()) for slot in self._all}
        # Of a model without parameters any step is one.
        mine = not own or not own.isdisjoint(ids_of(optimizer))
        if not mine:
            self._strangers.add(optimizer)
        return mine

    def _current(self) -> Capture:
        """The capture of the step of training that goes on, at the step that its log() has."""
        self._meet()
        if self._capture is None:
            iteration = self._loop.iteration(self._number)
            iteration.captured = True
            self._capture = Capture(self._number, iteration)
        return self._capture

    def _meet(self) -> None:
        """Join the other processes, once there are some and stages of a pipeline have been made of the models."""
        self._collector.meet()
        if self._stages is None and self._collector.ranks is not None and (model := self._model()) is not None:
            self._stages = stages_of(model)
            self._collector.ranks.have(part_of(self._stages, self._all))

    def _read(self, slots: Sequence[Named], scale: torch.Tensor | None) -> None:
        collector, capture = self._collector, self._current()
        # Of several optimizers the first to step also stands for parameters that none steps.
        new = [slot for slot in slots if not capture.has(slot.name)]
        wanted = wanted_of(new, self._what, collector.pivots, scale, collector.copies, self._writer.miss)
        collector.start(capture, list(wanted))

    def _finish(self) -> None:
        """The step of training is over."""
        capture, self._capture = self._capture, None
        number, self._number, self._forwards = self._number, self._number + 1, 0
        self._stepped.clear()
        try:
            if capture is not None:
                self._collector.start(capture, list(self._sampled()))
            self._collector.finish(capture, self.every)
        finally:
            self._meter.step(number)
            self._collector.agree(self._meter, number)
            self._gate.open = self._meter.due(self._number)

    def _sampled(self) -> Iterator[Wanted]:
        """What the hooks in compiled graphs kept."""
        for tap in list(self._taps.values()):
            if tap.sample is not None:
                (sample, size), tap.sample = tap.sample, None
                yield Wanted(Key("activations", tap.name), sample, ends=tap.ends, size=size)
