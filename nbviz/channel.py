"""Channel: what one run's views share, its copy in the page, its step cursor and the layer that was chosen."""

from __future__ import annotations

import math
import os
import pathlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol
from weakref import WeakSet, WeakValueDictionary

import anywidget
import traitlets

from nbviz.budget import LEAST_POINTS, POINTS, SNAPSHOT_BYTES
from nbviz.cells import Cells, Ending
from nbviz.charts import family
from nbviz.formats.splice import Frame
from nbviz.formats.wire import encode
from nbviz.pump import Pump
from nbviz.run import Run
from nbviz.sender import Sender
from nbviz.values import STEP_LIMIT
from nbviz.widget import Widget, of_page

STATIC = pathlib.Path(__file__).parent / "static"
SAVE_SECONDS = 30.0
VIEW_BYTES = 4 * SNAPSHOT_BYTES
"""What the snapshots of all runs of one view take together; a page asks for detail where it lacks some."""
AGE_SHARE = 1 / 100
"""While a run grows, its snapshot and picture are renewed every 30 s, after eight hours every 5 min.

At first after 1, 2, 4, 8 and 16 s: a page that was still opening lost the frames until then, and where the kernel
cannot answer during a cell (marimo, ipykernel 6) nothing else could bring them before its end."""

pump, cells = Pump(), Cells()


def _asked(message: dict[str, Any]) -> tuple[list[str], int, int, int] | None:
    """The tags, the range of steps and the points of a page's question, ``None`` where it is none."""
    tags, steps, points = message.get("tags"), message.get("steps"), message.get("points", POINTS)
    if not (isinstance(tags, list) and all(type(tag) is str for tag in tags) and type(points) is int):
        return None
    if not (isinstance(steps, list) and len(steps) == 2):
        return None
    if not all(type(step) in (int, float) and abs(step) <= STEP_LIMIT for step in steps) or steps[0] > steps[1]:
        return None
    return tags, math.ceil(steps[0]), math.floor(steps[1]), min(max(points, LEAST_POINTS), POINTS)


class Speaker(Protocol):
    """What has a comm for several channels that have none."""

    comm: Any
    model_id: str

    def post(self, blocks: Sequence[tuple[int, bytes]]) -> None:
        """Send encoded frames, each by the number of its channel."""

    def renew(self) -> None:
        """Send what a notebook saves."""


class Channel(Widget):
    """A widget without a picture: holds the page's copy of one run, and the cursor and the layer all its views share.

    Use `Channel.of`; there is one channel a run.

    Notes
    -----
    Deltas travel as binary custom messages. The ``_snapshot`` trait is encoded when somebody asks for the state (a page
    that reloads, a second view, a notebook that is saved), and is bounded in size. See docs/wire.md.
    """

    _esm = STATIC / "channel.js"
    layout = None  # it has no picture to lay out, so a page need not make a model of that
    run = traitlets.Unicode().tag(sync=True)
    family = traitlets.Unicode().tag(sync=True)
    cursor = of_page(traitlets.Int(None, min=-STEP_LIMIT, max=STEP_LIMIT, allow_none=True))
    layer = of_page(traitlets.Unicode(None, allow_none=True))
    _snapshot = traitlets.Bytes().tag(sync=True, to_json=lambda _value, channel: channel.snapshot())

    _of_runs: ClassVar[WeakValueDictionary[int, Channel]] = WeakValueDictionary()

    def __init__(
        self, run: Run, clock: Callable[[], float] = time.monotonic, among: int = 1, alone: bool = True
    ) -> None:
        # The base class reads the state, and with it the snapshot, in its own __init__.
        self._run = run
        self._among = among
        self._sender = Sender(run)
        self._sender.skip()
        self._sending = threading.Lock()
        self._clock = clock
        self._born, self._saved = clock(), -SAVE_SECONDS
        self._followers: WeakSet[Any] = WeakSet()
        self._cell: int | None = None
        self._alone = alone
        self._speaker: tuple[Speaker, int] | None = None
        # Without a comm there is no front end, whose module anywidget would give every instance as a trait of its own.
        base: Any = super() if alone else super(anywidget.AnyWidget, self)
        base.__init__(run=run.name, family=family(run.name))
        self.on_msg(self._handle)
        honour_subshell(self.comm)
        run.listen(self._wake)

    @classmethod
    def of(cls, run: Run, among: int = 1, alone: bool = True) -> Channel:
        """The channel of a run, made at the first call.

        With ``among`` that many runs in one view their snapshots share what a notebook can hold. One that is not to be
        ``alone`` has no comm; it says nothing until it joins who has one.
        """
        # By id: a channel keeps its run alive, so an id in the table is never another run's.
        channel = cls._of_runs.get(id(run))
        if channel is None or not channel.is_open:
            channel = cls._of_runs[id(run)] = cls(run, among=among, alone=alone)
            pump.start()
            cells.listen(_cell_ended)
        channel._among = max(among, channel._among)
        return channel

    @classmethod
    def has(cls, run: Run) -> bool:
        """Whether a run has a channel."""
        channel = cls._of_runs.get(id(run))
        return channel is not None and channel.is_open

    def open(self) -> None:
        """Make the comm, of a channel that has one of its own."""
        if self._alone:
            super().open()

    def join(self, speaker: Speaker, number: int) -> None:
        """Send and ask by another's comm from now on."""
        self._speaker = (speaker, number)

    @property
    def is_open(self) -> bool:
        """Whether there is a comm to send by."""
        return (self._speaker[0] if self._speaker else self).comm is not None

    @property
    def reference(self) -> str:
        """By which a page finds it: a model, and which of its runs."""
        return (
            f"anywidget:{self._speaker[0].model_id}#{self._speaker[1]}"
            if self._speaker
            else f"anywidget:{self.model_id}"
        )

    def follow(self, follower: Any) -> None:
        """Have ``follower.flushed()`` called after rows were sent and ``follower.rested()`` at rest."""
        self._followers.add(follower)

    def unfollow(self, follower: Any) -> None:
        self._followers.discard(follower)

    def flush(self) -> None:
        """Send the rows the page has not had."""
        with self._sending:
            self._post(self._sender.take())
        for follower in list(self._followers):
            follower.flushed()
        if self._unsaved_for() >= 0:
            self._save()

    def rest(self, final: bool = False) -> float | None:
        """Say how far everything was sent, and renew what a notebook saves, unless that was renewed just before."""
        with self._sending:
            if final and self._run.waits:
                self._run.commit()
                self._post(self._sender.take())
            self._post(self._sender.totals())
        if final or self._run.state not in ("live", "following") or self._unsaved_for() >= 0:
            self._save()
            return None
        return -self._unsaved_for()

    def _unsaved_for(self) -> float:
        """Seconds for which a renewal has been due."""
        now = self._clock()
        young = max(1.0, self._saved - self._born)
        return now - self._saved - max(min(SAVE_SECONDS, young), (now - self._born) * AGE_SHARE)

    def _save(self) -> None:
        self._saved = self._clock()
        with self._sending:
            self._renew()
        for follower in list(self._followers):
            follower.rested()

    def copy(self, limit: int) -> Frame:
        """Everything as one frame of at most about ``limit`` bytes."""
        return self._sender.snapshot(limit)

    def close(self) -> None:
        pump.forget(self)
        super().close()

    def _wake(self) -> None:
        # Once closed, nobody is there to show anything to.
        if self.is_open:
            self._cell = cells.here() or self._cell
            pump.wake(self)

    def cell_ended(self, ending: Ending) -> None:
        """A cell was interrupted or failed: so was a run that grew in it, unless it said itself how it ended."""
        if self._cell == cells.number and self._run.state == "live":
            self._run.finish(ending)

    def _post(self, frame: Frame) -> None:
        if self._speaker:
            self._speaker[0].post([(self._speaker[1], encode(frame))])
        elif self.comm is not None:
            self.send({"type": "frame"}, [encode(frame)])

    def _renew(self) -> None:
        if self._speaker:
            self._speaker[0].renew()
        else:
            self.send_state("_snapshot")

    def _handle(self, _widget: Any, message: Any, _buffers: Any) -> None:
        detail = self._detail(message)
        with self._sending:
            frame = detail or self._missed(message)
            if frame is not None:
                self._post(frame)

    def answer(self, message: Any) -> Frame | None:
        """What a page's question is answered by, ``None`` where it is none."""
        return self._detail(message) or self._missed(message)

    def _detail(self, message: Any) -> Frame | None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "detail" and (asked := _asked(message)):
            return self._sender.detail(*asked)
        return None

    def _missed(self, message: Any) -> Frame | None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "resync" and isinstance(have := message.get("have"), dict):
            return self._sender.answer(have)
        return None

    def snapshot(self) -> bytes:
        """Everything, in as many bytes as a notebook has for it."""
        return encode(self._sender.snapshot(min(SNAPSHOT_BYTES, VIEW_BYTES // self._among)))


def _after_fork() -> None:
    """In a forked child, such as a data loader's worker: nothing is sent from there, and no lock is held."""
    pump.abandon()
    for channel in list(Channel._of_runs.values()):
        channel._sending = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def honour_subshell(comm: Any) -> None:
    """Let a page's message be handled on the subshell it asked for, so that it is while a cell trains.

    ipykernel 7.4 hands it to the shell that last published on the comm, which is the busy one.
    """
    if hasattr(type(comm), "_reply_subshell_for"):
        comm._reply_subshell_for = None


def _cell_ended(ending: Ending | None) -> None:
    """The notebook around the cell is ready to be saved, and says how what ran in it ended."""
    if ending is not None:
        for channel in list(Channel._of_runs.values()):
            channel.cell_ended(ending)
    pump.settle()
