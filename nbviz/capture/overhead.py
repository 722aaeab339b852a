"""What capturing costs, and how often it can be afforded."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, Literal

NICE = (1, 2, 5)
GROWTH = 10
"""A first capture may take a thousand times longer than others, so the interval grows by this factor at most."""


class Meter:
    """Measures captures against the steps of training, and says which steps to capture.

    Parameters
    ----------
    every : int or "auto"
    budget : float
        The share of the time that "auto" may take.
    clock : callable
        Returns seconds.

    Attributes
    ----------
    every : int
        How many steps lie between captures: as given, or what was chosen last.
    captured : int or None
        The number of the latest step that was captured.
    following : int
        The first step that is to be captured next.
    """

    def __init__(self, every: int | Literal["auto"], budget: float, clock: Callable[[], float]) -> None:
        self.auto = every == "auto"
        self.every = 1 if every == "auto" else every
        self._budget, self._clock = budget, clock
        self.captured: int | None = None
        self.following = 0
        self._spent = 0.0
        self._started: float | None = None
        self._stepped: float | None = None
        self._unsettled = 0
        self._costs: deque[float] = deque(maxlen=5)
        self._steps: deque[float] = deque(maxlen=31)

    @classmethod
    def checked(cls, caller: str, every: Any, budget: float, clock: Callable[[], float]) -> Meter:
        """A meter of what somebody asked for.

        Raises
        ------
        ValueError
            If it is no interval, or no budget.
        """
        if every != "auto" and (not isinstance(every, int) or isinstance(every, bool) or every < 1):
            raise ValueError(f"{caller} captures every so many steps, 1 or more, or every='auto'; got every={every!r}.")
        if not 0 < budget < 1:
            raise ValueError(f"{caller} takes a budget between 0 and 1, a share of the time; got {budget!r}.")
        return cls(every, budget, clock)

    def due(self, number: int) -> bool:
        """Whether the step of that number is to be captured."""
        return number >= self.following

    @contextmanager
    def working(self) -> Iterator[None]:
        """Counts the time within as spent on capturing."""
        if self._started is not None:
            yield
            return
        self._started = self._clock()
        try:
            yield
        finally:
            self._spent += self._clock() - self._started
            self._started = None

    def step(self, number: int, settled: bool = True) -> None:
        """A step of training is over.

        Where devices work on their own, only of steps up to one that is ``settled`` is it known how long they took, all
        together.
        """
        now = self._clock()
        if self._started is not None:
            self._spent += now - self._started
            self._started = now
        self._unsettled += 1
        if settled:
            if self._stepped is not None:
                self._steps.append(max(0.0, now - self._stepped - self._spent) / self._unsettled)
            self._stepped, self._unsettled = now, 0
        if self.due(number):
            self.captured = number
            self._costs.append(self._spent)
            if self.auto:
                self.every = self._affordable()
            self.following = number + self.every
        self._spent = 0.0

    def follow(self, following: int, every: int) -> None:
        """Capture next what another process says."""
        self.following, self.every = following, every

    @property
    def overhead(self) -> float:
        """The share of the time that captures take, measured over the latest of them; 0 while there are none."""
        cost = self._cost()
        return cost / whole if (whole := cost + self.every * self._step()) > 0 else 0.0

    def _cost(self) -> float:
        # The first capture brings modules in and warms caches up.
        costs = list(self._costs)
        return median(costs[1:] or costs or [0.0])

    def _step(self) -> float:
        return median(self._steps) if self._steps else 0.0

    def _affordable(self) -> int:
        """The smallest round interval at which captures take no more than the budget."""
        most = GROWTH * self.every
        free = self._step() * self._budget
        if not free:
            return most if self._cost() else 1
        return min(most, round_up(self._cost() * (1 - self._budget) / free))


def round_up(wanted: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … that is at least so large."""
    if wanted <= 1:
        return 1
    power = 10 ** math.floor(math.log10(wanted))
    return int(next(nice * power for nice in (*NICE, 10) if nice * power >= wanted))
