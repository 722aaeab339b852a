"""Followers: what keeps widgets of bqplot in step with a run and with the cursor that all its views share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets import Widget

from nbviz.bq import still
from nbviz.channel import Channel, pump
from nbviz.run import Run, run_of
from nbviz.series import Series

UPDATE_SECONDS = 0.25
"""A mark is sent whole with every change, so there are at most four of them a second."""

Changes = list[tuple[Widget, Mapping[str, Any]]]
"""Widgets, and the traits to set of each."""


class Follower:
    """Sets traits of widgets when their run grows and when its cursor moves, until ``owner`` is closed.

    Parameters
    ----------
    run : Run
    owner : Widget
    read : callable
        Called with the step under the cursor, and with the run's lock held, it says what to change.
    """

    def __init__(self, run: Run, owner: Widget, read: Callable[[int], Changes]) -> None:
        self._run, self._owner, self._read = run, owner, read
        self._channel = Channel.of(run)
        self.flush()
        still.adopt(owner)
        # Its observers keep the follower alive.
        self._channel.observe(self._moved, "cursor")
        self._channel.follow(self)
        owner.observe(self._closed, "comm")

    def flushed(self) -> None:
        pump.wake(self, UPDATE_SECONDS)

    def rested(self) -> None:
        if still.is_shown(self._owner):
            self.flush()
            still.renew(self._owner)

    def flush(self) -> None:
        with self._run.lock:
            cursor = self._channel.cursor
            changes = self._read(self._run.last_step if cursor is None else cursor)
        apply(changes)

    def rest(self, final: bool = False) -> float | None:
        return None

    def _moved(self, _change: Any) -> None:
        self.flushed()

    def _closed(self, change: Any) -> None:
        if change["new"] is None:
            self._channel.unfollow(self)
            self._channel.unobserve(self._moved, "cursor")
            self._owner.unobserve(self._closed, "comm")
            pump.forget(self)


def apply(changes: Changes) -> None:
    """Set the traits, those of a widget in one message; widgets that were closed are left out."""
    for widget, traits in changes:
        if widget.comm is not None:
            with widget.hold_sync():
                for name, value in traits.items():
                    setattr(widget, name, value)


def follow(series: Series, owner: Widget, read: Callable[[int], Changes]) -> None:
    """Follow the run of a series; one whose run is gone is shown as it is."""
    run = run_of(series)
    if run is None:
        apply(read(max(series.steps.tolist(), default=0)))
    else:
        Follower(run, owner, read)


def checked(series: Any, kind: str, call: str) -> Any:
    """The series, if it is one of that kind.

    Raises
    ------
    TypeError
        In a sentence that says what is expected.
    """
    if isinstance(series, Series) and series.kind == kind:
        return series
    given = f"{series.tag!r}, a series of kind {series.kind}" if isinstance(series, Series) else repr(type(series))
    raise TypeError(f"bq.{call}() shows a series of kind {kind}, as run[tag] gives it, not {given}.")


def accepted(cls: type[Widget], traits: Mapping[str, Any], call: str) -> Mapping[str, Any]:
    """The traits, if a class has them all; TypeError otherwise."""
    for name in traits:
        if not cls.class_traits().get(name) or name.startswith("_"):
            raise TypeError(f"bq.{call}() knows no keyword {name!r}: expected traits of bqplot.{cls.__name__}.")
    return traits
