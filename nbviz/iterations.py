"""At which steps of a run the iterations of a training loop stand, of which only ``log`` knows steps.

An iteration has the step of the first `log` call after its latest forward and before the next step of its optimizer.
Where there is none, the steps of the calls around it are counted on.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

HELD = 64
"""Iterations with captures that wait for the first `log` call of all; of more the optimizer's steps are counted."""


class Event(Enum):
    """What an iteration says of itself between the calls of `log`."""

    BEGUN = 1
    STEPPED = 2


class Iteration:
    """One iteration of a loop.

    Attributes
    ----------
    number : int
        Counts the optimizer's steps.
    step : int or None
        Of the run; None until it is known.
    captured : bool
        Whether anything is logged at its step.
    """

    __slots__ = ("captured", "loop", "number", "step")

    def __init__(self, loop: Loop, number: int) -> None:
        self.loop, self.number = loop, number
        self.step: int | None = None
        self.captured = False


class Loop:
    """A training loop that is watched.

    Parameters
    ----------
    put : callable
        Stages what an iteration says.
    first : int
        The step of its first iteration if nothing is ever logged.
    """

    def __init__(self, put: Callable[[Iteration, Event], None], first: int) -> None:
        self._put = put
        self._latest = Iteration(self, 0)
        self.first = first
        self.logged: tuple[int, int] | None = None
        """Number and step of the latest iteration that had a call of `log`."""
        self.begun = self.stepped = -1
        """The latest iterations that did so."""
        self._rise, self._distance = 1, 1

    def iteration(self, number: int) -> Iteration:
        """The iteration of that number, which is the latest or a new one."""
        if self._latest.number != number:
            self._latest = Iteration(self, number)
        return self._latest

    def begin(self, number: int) -> None:
        """A forward of the model begins."""
        self._put(self.iteration(number), Event.BEGUN)

    def step(self, number: int) -> None:
        """The optimizer makes its step."""
        self._put(self.iteration(number), Event.STEPPED)

    def note(self, number: int, step: int) -> None:
        """An iteration was logged: the pace is that from the one logged before, at first a step each or less."""
        since, before = self.logged or (-1, self.first - 1)
        distance, rise = number - since, step - before
        if self.logged is None:
            rise = min(rise, distance)
        if distance > 0 and rise >= 0:
            self._rise, self._distance = rise, distance
        self.logged = number, step

    def expect(self, number: int) -> int:
        """The step of an iteration without a call of `log`, by those that had one, else by the optimizer's steps."""
        if self.logged is None:
            return self.first + number
        since, step = self.logged
        return step - -self._rise * (number - since) // self._distance


class Ledger:
    """The iterations of all loops whose steps are not known yet.

    Attributes
    ----------
    reached : int
        The largest step that was given to an iteration while nothing was logged, -1 where there is none.
    counting : bool
        Whether the latest call of `log` counted its step rather than being given one.
    waits : bool
        Whether the next call of `log` tells the step of an iteration.
    """

    def __init__(self) -> None:
        self.reached = -1
        self.counting = self.waits = False
        self._open: dict[Loop, dict[int, Iteration]] = {}

    def happened(self, iteration: Iteration, event: Event, following: int) -> None:
        """An iteration begins, or its optimizer steps; ``following`` is the step that `log` would count."""
        loop, number = iteration.loop, iteration.number
        waiting = self._open.setdefault(loop, {})
        if event is Event.STEPPED:
            loop.stepped = number
            self._close(loop, following)
        if event is Event.BEGUN or loop.begun < number:
            loop.begun = number
            iteration.step = None
            waiting[number] = iteration
            self.waits = True

    def _close(self, loop: Loop, following: int) -> None:
        """No call of `log` belongs to the iterations before the one that stepped any more."""
        waiting = self._open[loop]
        past = [each for each in waiting.values() if each.number < loop.stepped]
        if loop.logged is None and not self.counting:
            for each in past:
                if not each.captured:
                    del waiting[each.number]
            past = [each for each in past if each.captured]
            past = past if len(past) > HELD else []
        for each in past:
            self.settle(each, following)

    def log(self, step: int) -> None:
        """A call of `log`."""
        self.waits = False
        for loop, waiting in self._open.items():
            if waiting:
                loop.note(max(waiting), step)
                for each in waiting.values():
                    if each.step is None:
                        each.step = loop.expect(each.number) if each.number < loop.stepped else step
                waiting.clear()

    def settle(self, iteration: Iteration, following: int) -> None:
        """Give an iteration its step now."""
        loop, number = iteration.loop, iteration.number
        if iteration.step is None:
            iteration.step = following if self.counting else loop.expect(number)
            if loop.logged is None and not self.counting:
                self.reached = max(self.reached, iteration.step)
        if number < loop.stepped:
            self._open[loop].pop(number, None)

    def rewind(self, step: int) -> None:
        self.reached = step - 1
        for loop, waiting in self._open.items():
            loop.logged = loop.stepped + 1, step
            waiting.clear()
