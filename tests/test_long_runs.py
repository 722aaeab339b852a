"""Runs of hours, told by a clock that only the test moves: what the kernel keeps besides the columns does not grow."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest

from nbviz import Run
from nbviz.channel import Channel
from nbviz.formats.wire import decode
from nbviz.pump import Pump

HOURS = 8
FLUSHES = 2000
BATCH = 1000


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def beyond_the_columns(run: Run) -> int:
    """Bytes that are allocated, without those of the columns of two scalars."""
    gc.collect()
    columns = sum(
        column.data.nbytes
        for tag in ("loss", "accuracy")
        for column in (run[tag]._steps, run[tag]._walls, run[tag]._values)
    )
    return tracemalloc.get_traced_memory()[0] - columns


def test_two_million_steps_in_eight_hours_leave_nothing_but_their_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, sent = Clock(), [0, 0, 0]
    pump = Pump(clock)
    monkeypatch.setattr("nbviz.channel.pump", pump)

    def count(_channel: Any, _content: Any, buffers: list[bytes]) -> None:
        sent[0] += 1
        sent[1] += len(buffers[0])
        frame = decode(buffers[0])
        sent[2] += sum(splice.rows for splice in frame.splices)
        sent[2] += sum(len(grown.walls) * len(grown.series) for grown in frame.grown)

    monkeypatch.setattr(Channel, "send", count)
    monkeypatch.setattr(Channel, "send_state", lambda _channel, _name: None)
    run = Run(clock=clock)
    channel = Channel(run, clock=clock)
    tracemalloc.start()
    early = 0
    for batch in range(FLUSHES):
        steps = np.arange(batch * BATCH, (batch + 1) * BATCH)
        for tag in ("loss", "accuracy"):
            run.extend(tag, steps, np.full(BATCH, clock.now), np.sin(steps))
        pump.wake(channel)
        clock.now += HOURS * 3600 / FLUSHES
        pump.tick()
        if batch == FLUSHES // 10:
            early = beyond_the_columns(run)
    late = beyond_the_columns(run)
    tracemalloc.stop()
    assert sent[2] == 2 * BATCH * FLUSHES  # every row, once
    assert sent[0] <= 2 * FLUSHES
    assert sent[1] <= 20 * sent[2]
    assert late - early < 100_000
    channel.close()


def test_a_look_at_a_long_run_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Channel, "send", lambda _channel, _content, _buffers: None)
    run = Run()
    steps = np.arange(1_000_000)
    run.extend("loss", np.append(steps, steps), np.ones(2_000_000), np.ones(2_000_000))
    channel = Channel(run)

    def look() -> None:
        for first in range(0, 900_000, 100_000):
            question = {"type": "detail", "tags": ["loss"], "steps": [first, first + 5000]}
            channel._handle_custom_msg(question, [])
        gc.collect()

    look()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    look()
    assert tracemalloc.get_traced_memory()[0] - before < 10_000
    tracemalloc.stop()
    channel.close()
