"""Which values of a tensor are read, and why there are none."""

from __future__ import annotations

COUNTED = 1 << 24
"""Values of one tensor that are counted on the CPU, which takes about 40 ms; of more, evenly spaced ones."""
SAMPLES = 1 << 14
"""Values of one tensor that are counted on any other device."""
MOVED = 1 << 12
"""Weights of a tensor whose change is measured: enough for two digits of its norm."""


class UnreadableError(Exception):
    """A tensor has no values to read; the message says why, as the end of a sentence that begins with its name."""


def spacing(size: int, limit: int) -> int:
    """How far apart values must lie for ``limit`` of them at most: odd, as the lengths of rows are mostly even."""
    return 1 if size <= limit else -(-size // limit) | 1
