"""What of a run fits so many bytes of a wire frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.drawn import Drawn
from nbviz.formats.edgecodes import encode_edges
from nbviz.rebin import BINS, Pyramid, refold
from nbviz.series import Histogram

Depth = Literal["u2", "u1"]

SNAPSHOT_BYTES = 1_000_000
"""A saved notebook stays usable: 1 MB costs 0.2 s at every autosave."""
POINTS = 16_384
"""Scalar rows sent in one splice; more go reduced."""
LEAST_POINTS = 16
"""Scalar rows that a series has in a snapshot or an answer at least, if it has them."""
CAPTURES = 512
"""Captures of one series that a page holds; beyond it neighbours are merged."""
FEW_BINS = 48
"""Bins of a capture where so many would leave less than ``FEW_CAPTURES`` of each histogram."""
FEW_CAPTURES = 32

POINT_BYTES = 20
STEP_BYTES = 8
"""What a point takes more where the steps are not evenly spaced."""
CAPTURE_BYTES = 52
"""What travels with a capture beside its bins."""


def points_within(limit: int, steps: NDArray[np.int64]) -> int:
    """How many points of a series with these steps take about ``limit`` bytes."""
    even = len(steps) < 2 or steps[-1] - steps[0] == (len(steps) - 1) * (steps[1] - steps[0])
    points = limit // (POINT_BYTES if even else POINT_BYTES + STEP_BYTES)
    return min(POINTS, max(LEAST_POINTS, points))


def scalar_bytes(points: int) -> int:
    """What so many points take at most."""
    return (POINT_BYTES + STEP_BYTES) * points


def captures_within(limit: int, pyramids: Sequence[Pyramid]) -> tuple[Depth, list[list[Histogram]]]:
    """The captures of each histogram that take about ``limit`` bytes together, and the levels of their counts.

    First counts are coarser, then neighbours are merged, then there are fewer bins.
    """
    widths = [_edge_bytes(pyramid) for pyramid in pyramids]
    for depth, captures, bins in _plans():
        chosen = [list(pyramid.at_most(captures)) for pyramid in pyramids]
        sizes = (_bytes(each, depth, bins, width) for held, width in zip(chosen, widths, strict=True) for each in held)
        if sum(sizes) <= limit:
            break
    if bins < BINS:
        narrow = iter(refold([*chain.from_iterable(chosen)], bins))
        chosen = [list(islice(narrow, len(held))) for held in chosen]
    return depth, chosen


def _plans() -> Iterator[tuple[Depth, int, int]]:
    """How a snapshot may hold histograms, the best first: levels of counts, captures and bins."""
    yield "u2", CAPTURES, BINS
    captures, bins = CAPTURES, BINS
    while captures:
        yield "u1", captures, bins
        if captures > FEW_CAPTURES or bins == FEW_BINS:
            captures //= 2
        else:
            bins = FEW_BINS


def _edge_bytes(pyramid: Pyramid) -> int:
    """What an edge takes on the wire: one odd capture makes a splice send all of them whole."""
    newest = pyramid.at_most(CAPTURES)[-1:]
    coded = bool(newest) and bool(encode_edges(Drawn.of([newest[0].counts], [newest[0].edges]))[0].all())
    return 1 if coded else 4


def _bytes(capture: Histogram, depth: Depth, bins: int, edge_bytes: int) -> int:
    return CAPTURE_BYTES + (edge_bytes + (2 if depth == "u2" else 1)) * min(len(capture.counts), bins)
