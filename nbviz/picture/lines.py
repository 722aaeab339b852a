"""What the charts of the static picture show: series by chart, each reduced to what can be seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.charts import Choice, Place, family, place
from nbviz.picture.axes import Floats
from nbviz.picture.smoothing import line_of
from nbviz.reduce import kept_rows
from nbviz.run import Run
from nbviz.series import ScalarSeries, Series

ROLES = ("train", "validation", "test")
HUES = ("#337ab5", "#c35500", "#008761", "#a46086", "#9a6e00", "#4773cc", "#767676")


@dataclass(frozen=True)
class Line:
    """One series of a chart, read once."""

    run: str
    tag: str
    place: Place
    family: int
    right: bool
    """Whether its values stand at the axis on the right."""
    rows: int
    steps: Floats
    values: Floats
    """Rows kept of what was logged: every spike is among them."""
    smooth_steps: Floats
    smooth: Floats
    """The same of the smoothed values; what was logged, where nothing was smoothed."""
    past_steps: Floats
    past: Floats
    """What restarts superseded, where it is shown: smoothed, a NaN between what one restart took and what the next."""
    logged: float | None
    """Value at the cursor, None while there is none."""
    shown: float | None
    """The same, smoothed."""

    @property
    def is_smoothed(self) -> bool:
        return self.smooth is not self.values

    @property
    def finite(self) -> Floats:
        return self.values[np.isfinite(self.values)]


@dataclass(frozen=True)
class Chart:
    title: str
    lines: list[Line]
    labels: list[str]
    colors: list[str]
    percent: bool
    right: bool
    """Whether there is an axis on the right, for lines that ask for it."""
    right_percent: bool

    @property
    def ends(self) -> tuple[float, float]:
        """Smallest and largest finite value; the first is greater than the second where there is none."""
        return _ends([line for line in self.lines if not line.right])

    @property
    def right_ends(self) -> tuple[float, float]:
        """The same of the lines at the axis on the right."""
        return _ends([line for line in self.lines if line.right])

    def best(self) -> tuple[float, int, int] | None:
        """Value, step and index of the line of the best value logged: of validation where there is such a series."""
        for role in ("validation", "test", "train"):
            finite = [(i, line) for i, line in enumerate(self.lines) if line.place.role == role and len(line.finite)]
            # Of several metrics in one chart it is that of the first.
            finite = [each for each in finite if each[1].place.chart == finite[0][1].place.chart]
            found = [_best(line, i) for i, line in finite if line.place.best]
            if found:
                return (min if finite[0][1].place.best == "min" else max)(found, key=lambda each: each[0])
            if finite:
                return None
        return None


def _ends(lines: Sequence[Line]) -> tuple[float, float]:
    columns = [each[np.isfinite(each)] for line in lines for each in (line.values, line.past)]
    finite = np.concatenate([*columns, np.empty(0)])
    return (float(finite.min()), float(finite.max())) if len(finite) else (1.0, 0.0)


def _best(line: Line, index: int) -> tuple[float, int, int]:
    signed = line.values if line.place.best == "min" else -line.values
    row = int(np.where(np.isfinite(signed), signed, np.inf).argmin())
    return float(line.values[row]), int(line.steps[row]), index


def charts_of(
    runs: Sequence[Run],
    tags: Sequence[str] | None,
    step: int,
    smoothing: float,
    limit: int,
    superseded: bool = False,
    choices: Sequence[Choice] | None = None,
    families: Sequence[str] | None = None,
    zoom: tuple[float, float] | None = None,
) -> tuple[list[Chart], int]:
    """The first ``limit`` charts of all runs, as chosen or in order of first appearance, and how many there are."""
    families = list(families or dict.fromkeys(family(run.name) for run in runs))
    groups: dict[str, list[tuple[Run, ScalarSeries, Place, bool]]] = {choice.title: [] for choice in choices or ()}
    for run in runs:
        for tag in run.tags("scalar"):
            series, where = run[tag], place(str(tag), run.name)
            if not len(shown_rows(series, superseded=False)):
                continue
            for title, right in _places(str(tag), where, tags, choices):
                groups.setdefault(title, []).append((run, series, where, right))
    groups = {title: members for title, members in groups.items() if members}
    shown = list(groups.items())[:limit]
    drawn = sum(len(members) for _, members in shown) * (2 if smoothing else 1)
    buckets = min(400, max(40, 2200 // max(1, drawn)))
    charts = []
    seen = Seen(buckets, step, smoothing, superseded, zoom)
    for title, members in shown:
        lines = [
            _read(run, series, (where, families.index(family(run.name)), right), seen)
            for run, series, where, right in members
        ]
        lines.sort(key=lambda line: (line.right, line.family, ROLES.index(line.place.role)))
        charts.append(_chart(title, lines, families))
    return charts, len(groups)


def _places(
    tag: str, where: Place, tags: Sequence[str] | None, choices: Sequence[Choice] | None
) -> list[tuple[str, bool]]:
    """In which charts a tag stands, and whether at their axis on the right."""
    if choices is not None:
        return [(choice.title, right) for choice in choices for right in choice.sides(tag)]
    wanted = where.panel == "charts" if tags is None else tag in tags
    return [(where.chart, False)] if wanted else []


def _chart(title: str, lines: list[Line], families: list[str]) -> Chart:
    left, right = ([line for line in lines if line.right is side] for side in (False, True))
    labels = _labels(title, lines, families)
    labels = [
        f"{label or line.tag} (right)" if line.right else label for label, line in zip(labels, lines, strict=True)
    ]
    return Chart(title, lines, labels, _colors(lines, len(families)), _percent(left), bool(right), _percent(right))


def _percent(lines: Sequence[Line]) -> bool:
    """Whether the values are shares that can be shown as percentages."""
    shares = all(line.place.unit == "percent" for line in lines)
    return shares and all(((line.finite >= 0) & (line.finite <= 1)).all() for line in lines)


def _labels(title: str, lines: list[Line], families: list[str]) -> list[str]:
    """The shortest names that tell the lines of a chart apart."""
    if len(lines) == 1 and len(families) == 1 and lines[0].tag == title:
        return [""]
    # Lines of several metrics, which were put into one chart by their names, are told apart by these.
    several = len({line.place.chart for line in lines}) > 1
    ways: list[list[str]] = [
        [line.place.role for line in lines],
        [line.tag for line in lines],
        [f"{line.run} {line.tag}" for line in lines],
    ]
    if len(families) > 1:
        # A run called "train" and nothing else is of a family without a name, which leaves its role.
        names = [families[line.family] for line in lines]
        named = [[f"{name} {word}".lstrip() for name, word in zip(names, way, strict=True)] for way in ways[:2]]
        ways = [[name or line.place.role for name, line in zip(names, lines, strict=True)], *named, ways[2]]
    for way in ways[(2 if len(families) > 1 else 1) if several else 0 :]:
        if len(set(way)) == len(way):
            return way
    return ways[-1]


def _colors(lines: list[Line], families: int) -> list[str]:
    """A hue a family; of a single family a hue a role, and where one role has several series, a hue each.

    What was put into a chart beside its first metric has hues of its own, from the third on.
    """
    if families > 1:
        return [HUES[line.family % len(HUES)] for line in lines]
    colors = []
    first = [line for line in lines if line.place.chart == lines[0].place.chart]
    others = iter(range(2, len(lines) + 2))
    for line in lines:
        if line.place.chart != lines[0].place.chart:
            colors.append(HUES[next(others) % len(HUES)])
            continue
        same = [other for other in first if other.place.role == line.place.role]
        # By identity: lines hold arrays, which have no single truth of being equal.
        at = next(i for i, other in enumerate(same) if other is line)
        colors.append(HUES[(ROLES.index(line.place.role) if len(same) == 1 else at) % len(HUES)])
    return colors


class Seen(NamedTuple):
    """What decides which rows of a series a picture draws."""

    buckets: int
    step: int
    smoothing: float
    superseded: bool
    zoom: tuple[float, float] | None

    def rows(self, steps: NDArray[np.number[Any]], values: Floats) -> NDArray[np.intp]:
        """Enough of all rows to know the curve by, and of those in a zoom as much as can be seen there."""
        rows = _reduced(values, self.buckets)
        if self.zoom is None or len(rows) == len(values):
            return rows
        inside = np.flatnonzero((steps >= self.zoom[0]) & (steps <= self.zoom[1]))
        if not len(inside):
            return rows
        # The neighbours on either side: lines come in from there.
        first, last = max(0, inside[0] - 1), inside[-1] + 2
        return np.union1d(rows, first + _reduced(values[first:last], self.buckets))


def _read(run: Run, series: ScalarSeries, place: tuple[Place, int, bool], seen: Seen) -> Line:
    where = place[0]
    rows = shown_rows(series, superseded=False)
    steps, values = series.steps[rows], series.values[rows]
    kept = seen.rows(steps, values)
    logged = (steps[kept].astype(np.float64), values[kept])
    # Smoothing is there for the noise of single batches; validation is shown as it was measured.
    smoothed = line_of(values, seen.smoothing if where.role == "train" else 0.0)
    kept = kept if smoothed is values else seen.rows(steps, smoothed)
    shown = logged if smoothed is values else (steps[kept].astype(np.float64), smoothed[kept])
    at = row_at(steps, seen.step)
    readings = (None, None) if at is None else (float(values[at]), float(smoothed[at]))
    past = _past(series, where.role == "train", seen) if seen.superseded else (np.empty(0), np.empty(0))
    return Line(str(run.name), str(series.tag), *place, len(rows), *logged, *shown, *past, *readings)


def shown_rows(series: Series, superseded: bool) -> NDArray[np.intp]:
    """The rows of a series, with or without those that a restart superseded."""
    # A training thread may append meanwhile: the columns that are longer are cut.
    rows = len(series)
    return np.arange(rows) if superseded or not series.restarts else np.flatnonzero(~series.superseded[:rows])


def _past(series: ScalarSeries, smoothed: bool, seen: Seen) -> tuple[Floats, Floats]:
    """Steps and values of the superseded rows, with a break before each that does not follow on the last."""
    rows = np.flatnonzero(series.superseded)
    steps, values = series.steps[rows].astype(np.float64), series.values[rows]
    breaks = np.flatnonzero((np.diff(rows) > 1) | (np.diff(steps) < 0)) + 1
    if not len(rows):
        return steps, values
    steps, values = np.insert(steps, breaks, steps[breaks]), np.insert(values, breaks, np.nan)
    values = line_of(values, seen.smoothing if smoothed else 0.0)
    kept = seen.rows(steps, values)
    return steps[kept], values[kept]


def _reduced(values: Floats, buckets: int) -> NDArray[np.intp]:
    """Of each bucket of rows the smallest and the largest, and what is not finite; of all the first and the last.

    A line has two turns a bucket then, which is what a reader can see of it where buckets are two pixels wide.
    """
    stride = max(1, -(-len(values) // buckets))
    rows = kept_rows(values, stride)
    if stride < 4:
        return rows
    kept = values[rows]
    finite = np.isfinite(kept)
    bucket = rows // stride
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    low = np.minimum.reduceat(np.where(finite, kept, np.inf), starts)[bucket]
    high = np.maximum.reduceat(np.where(finite, kept, -np.inf), starts)[bucket]
    wanted = (kept == low) | (kept == high) | ~finite
    wanted[[0, -1]] = True
    return np.asarray(rows[wanted])


def row_at(steps: NDArray[np.int64], step: int) -> int | None:
    """The last row of those with the greatest step that is not past ``step``; None while all are past it."""
    if not len(steps):
        return None
    if (steps[1:] >= steps[:-1]).all():
        row = int(np.searchsorted(steps, step, side="right")) - 1
        return row if row >= 0 else None
    past = np.where(steps <= step, steps, np.iinfo(np.int64).min)
    row = len(steps) - 1 - int(past[::-1].argmax())
    return row if steps[row] <= step else None
