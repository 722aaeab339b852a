"""What a wire frame holds: splices, which are columns of rows of one series each; docs/wire.md says how they join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ScalarColumns:
    """Rows of a scalar series, or the ones kept of them.

    Attributes
    ----------
    steps, walls, values : ndarray of float64, shape (n,)
    index : ndarray of uint32, shape (n,), or None
        Which row each one is, counted from the start of the series; ``None`` when no row is left out.
    """

    steps: NDArray[np.float64]
    walls: NDArray[np.float64]
    values: NDArray[np.float64]
    index: NDArray[np.uint32] | None = None


@dataclass(frozen=True, eq=False)
class HistogramColumns:
    """Captures of a histogram series.

    Attributes
    ----------
    steps, walls : ndarray of float64, shape (n,)
    counts : sequence of n ndarrays of float64, shape (k,)
    edges : sequence of n ndarrays of float64, shape (k + 1,)
    nonfinite : ndarray of float64, shape (n,)
    zeros : ndarray of float64, shape (n,), or None
        How many values are zero and in no bin; ``None`` where no capture has such.
    depth : {"u2", "u1"}
        Counts travel as levels of each capture's largest one, 65,535 or 255 of them, and their sum as it is.
    extremes : ndarray of float32, shape (n, 2), or None
        The smallest and the largest value of each capture, NaN where they are not known.
    index : ndarray of uint32, shape (n,), or None
        The last row of each capture, counted from the start of the series, where rows were merged; ``None`` where every
        capture is one row.
    """

    steps: NDArray[np.float64]
    walls: NDArray[np.float64]
    counts: Sequence[NDArray[np.float64]]
    edges: Sequence[NDArray[np.float64]]
    nonfinite: NDArray[np.float64]
    zeros: NDArray[np.float64] | None = None
    depth: Literal["u2", "u1"] = "u2"
    index: NDArray[np.uint32] | None = None
    extremes: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Splice:
    """Rows ``[start, start + rows)`` of one series in one generation; see docs/wire.md for the rule that joins them.

    ``place`` (chart, role, unit, best, panel) and ``series``, the number by which `Grown` names it, go with a splice
    from 0, as that is where a page may meet the series first. ``restarts`` are the series' rows and steps at which its
    run restarted, as `Restarts.staircase` has them. In an answer to what lies between two steps ``rows`` are those that
    count and ``of`` is how many the series has.
    """

    tag: str
    kind: Literal["scalar", "histogram"]
    generation: int
    start: int
    rows: int
    columns: ScalarColumns | HistogramColumns
    place: tuple[str, ...] | None = None
    restarts: tuple[tuple[int, int], ...] = ()
    of: int | None = None
    series: int | None = None


class Grown(NamedTuple):
    """The same new rows of scalar series that were logged together: a splice of each, in a few bytes.

    Attributes
    ----------
    generation, start : int
        As of a splice.
    series : list of k ints
        Numbers of the series.
    steps, walls : ndarray of float64, shape (n,)
    values : list of k ndarrays of float64, shape (n,)
    """

    generation: int
    start: int
    series: list[int]
    steps: NDArray[np.float64]
    walls: NDArray[np.float64]
    values: list[NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Frame:
    """What one message or one snapshot carries.

    Attributes
    ----------
    number : int
        Counts the frames of a channel.
    state : str
        The run's state.
    totals : dict of str to (generation, rows)
        How far series have been sent, by which a page notices what it missed.
    marks : list of (step, note), or None
        All marks of the run, where the frame says them.
    planned : int or None
        Steps that the run is going to have; it goes with the marks.
    detail : (first, last) or None
        The steps that a page asked about, where the frame answers with what is to be seen between them.
    grown : sequence of Grown
        New rows of series that the page knows.
    """

    number: int
    state: str
    splices: Sequence[Splice] = ()
    totals: dict[str, tuple[int, int]] = field(default_factory=dict)
    marks: list[tuple[int, str]] | None = None
    planned: int | None = None
    detail: tuple[int, int] | None = None
    grown: Sequence[Grown] = ()
