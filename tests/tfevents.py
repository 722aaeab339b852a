"""Event files for tests, built and read back by TensorBoard's own code."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For property tests: a busy machine is no failure."""


def framed(*payloads: bytes) -> bytes:
    """Return the records of the payloads."""
    file = io.BytesIO()
    writer = RecordWriter(file)
    for payload in payloads:
        writer.write(payload)
    return file.getvalue()


def simple(tag: str, value: float) -> Any:
    return summary_pb2.Summary.Value(tag=tag, simple_value=value)


def event(*values: Any, step: int = 0, wall_time: float = 1.5) -> bytes:
    """Return the payload of an event with these summary values."""
    message = event_pb2.Event(step=step, wall_time=wall_time, summary=summary_pb2.Summary(value=values))
    return bytes(message.SerializeToString())


VERSION = bytes(event_pb2.Event(wall_time=1.0, file_version="brain.Event:2").SerializeToString())


def losses(start: int, stop: int, tag: str = "loss") -> bytes:
    """Return the records of one scalar a step, whose value is half the step."""
    return framed(*(event(simple(tag, step / 2), step=step) for step in range(start, stop)))


def accumulated(path: Path, purge: bool = False) -> EventAccumulator:
    """Return TensorBoard's own reading, without its sampling and, unless told to, its dropping of restarts."""
    everything = dict.fromkeys(("scalars", "histograms", "tensors"), 0)
    accumulator = EventAccumulator(str(path), size_guidance=everything, purge_orphaned_data=purge)
    accumulator.Reload()
    return accumulator
