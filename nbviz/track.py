"""Tracking loops: how many steps a run is going to have, from the lengths of the loops it is logged in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Tracked(Protocol):
    """What is needed of a Run."""

    @property
    def next_step(self) -> int: ...
    def expect(self, total: int | None) -> None: ...


class _Loop:
    """A loop that is running: where it began, and what is known of one of its items."""

    def __init__(self, length: int | None, begun: int) -> None:
        self.length = length
        self.begun = self.item_begun = begun
        self.done = 0
        self.within = 0.0
        """Steps that the item at hand is going to have, by the loops within it."""
        self.inner: _Loop | None = None
        """The one of them that said so."""

    def steps_an_item(self) -> float:
        if self.done:
            return (self.item_begun - self.begun) / self.done
        return self.within or 1.0

    def steps(self) -> float | None:
        return None if self.length is None else self.length * self.steps_an_item()

    def hear(self, inner: _Loop) -> None:
        """Learn from a loop within the item at hand; of one that follows another, such as validation, nothing is
        supposed before it has had an item."""
        steps = inner.steps()
        if steps is None or not (self.inner in (None, inner) or inner.done):
            return
        expected = inner.begun - self.item_begun + steps
        if self.inner is inner or expected > self.within:
            self.inner, self.within = inner, expected

    def next_item(self, now: int) -> None:
        self.done += 1
        self.item_begun, self.within, self.inner = now, 0.0, None


class Tracks:
    """The loops of one run, the outermost first.

    The outermost loop says how many steps there will be: its length, times the steps that one of its items has had so
    far or, while the first is at hand, is going to have by the loops within it. A second outermost loop means that
    there is one around them that nobody tracks, so that nothing is known any more.
    """

    def __init__(self, run: Tracked) -> None:
        self._run = run
        self._loops: list[_Loop] = []
        self._finished = 0

    def track(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, one by one; whatever is raised is raised by themselves."""
        try:
            length = len(items)  # type: ignore[arg-type]  # what has none raises
        except Exception:
            length = None
        loop = _Loop(length, self._run.next_step)
        self._loops.append(loop)
        self._tell()
        try:
            for item in items:
                yield item
                loop.next_item(self._run.next_step)
                if loop.done & (loop.done - 1) == 0:  # ever more seldom, so that the total stays calm
                    self._tell()
        finally:
            self._end(loop)

    def _end(self, loop: _Loop) -> None:
        """Loops may be closed in any order, as generators are when they are forgotten."""
        if loop not in self._loops:
            return
        outermost = self._loops[0] is loop
        self._loops.remove(loop)
        if outermost:
            self._finished += 1

    def _tell(self) -> None:
        """Say how many steps the outermost loop is going to have."""
        if self._finished:
            self._run.expect(None)
            return
        for outer, inner in zip(reversed(self._loops[:-1]), reversed(self._loops[1:]), strict=True):
            outer.hear(inner)
        first = self._loops[0]
        steps = first.steps()
        self._run.expect(None if steps is None else first.begun + round(steps))
