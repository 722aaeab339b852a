"""Crowd: the channels of many finished runs as one widget, so that a page makes one model and not a hundred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from nbviz.channel import STATIC, Channel, honour_subshell
from nbviz.formats.wire import encode
from nbviz.run import Run
from nbviz.values import STEP_LIMIT
from nbviz.widget import Widget, of_page

MANY = 8
"""Runs that each have a widget of their own: more make a crowd."""
ANSWER_BYTES = 4_000_000
"""What is sent at once of the answers to one message: the page shows them while the kernel finds the next."""
QUESTIONS = 10_000
"""Questions of one message that are looked at."""


def channels_of(runs: Sequence[Run]) -> list[Channel]:
    """The channels of the runs of a view; those of many finished runs that have none yet are made as a crowd."""
    fresh = [run for run in dict.fromkeys(runs) if run.state not in ("live", "following") and not Channel.has(run)]
    if len(fresh) > MANY:
        Crowd([Channel.of(run, among=len(runs), alone=False) for run in fresh])
    return [Channel.of(run, among=len(runs)) for run in runs]


class Crowd(Widget):
    """A widget without a picture that speaks for channels without a comm of their own.

    Every run keeps its `Channel`, and its frames stay what they are; messages are those of a channel with the number of
    the run beside them. See docs/wire.md.
    """

    _esm = STATIC / "channel.js"
    layout = None
    runs = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    cursor = of_page(traitlets.Int(None, min=-STEP_LIMIT, max=STEP_LIMIT, allow_none=True))
    layer = of_page(traitlets.Unicode(None, allow_none=True))
    _snapshots = traitlets.List(traitlets.Bytes()).tag(
        sync=True, to_json=lambda _value, crowd: [channel.snapshot() for channel in crowd._channels]
    )

    def __init__(self, channels: Sequence[Channel]) -> None:
        # The base class reads the state, and with it the snapshots, in its own __init__.
        self._channels = list(channels)
        self._sharing = False
        for number, channel in enumerate(self._channels):
            channel.join(self, number)
        super().__init__(runs=[[channel.run, channel.family] for channel in channels])
        self.on_msg(self._handle)
        honour_subshell(self.comm)
        for each in (self, *self._channels):
            each.observe(self._share, ["cursor", "layer"])

    def post(self, blocks: Sequence[tuple[int, bytes]]) -> None:
        """Send encoded frames of runs, each by its number."""
        if self.comm is not None and blocks:
            numbers, frames = zip(*blocks, strict=True)
            self.send({"type": "frames", "runs": list(numbers)}, list(frames))

    def renew(self) -> None:
        """Send what a notebook saves."""
        self.send_state("_snapshots")

    def _share(self, change: Any) -> None:
        """What is set of one is set of all."""
        if self._sharing:
            return
        self._sharing = True
        try:
            for each in (self, *self._channels):
                setattr(each, change["name"], change["new"])
        finally:
            self._sharing = False

    def _handle(self, _widget: Any, message: Any, _buffers: Any) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "each" and isinstance(asked := message.get("messages"), list):
            self._answer(asked[:QUESTIONS])

    def _answer(self, asked: Sequence[Any]) -> None:
        answers: list[tuple[int, bytes]] = []
        for each in asked:
            if not (isinstance(each, list) and len(each) == 2 and type(each[0]) is int):
                continue
            number, question = each
            if not 0 <= number < len(self._channels) or (frame := self._channels[number].answer(question)) is None:
                continue
            answers.append((number, encode(frame)))
            if sum(len(block) for _, block in answers) > ANSWER_BYTES:
                self.post(answers)
                answers = []
        self.post(answers)
