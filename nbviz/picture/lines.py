"""What the charts of the static picture show: series by chart, each reduced to what can be seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.charts import Choice, Place, family, place
from nbviz.picture.axes import Floats
from nbviz.picture.horizontal import Horizontal
from nbviz.picture.labels import ROLES, colors_of, labels_of
from nbviz.picture.named import own_name
from nbviz.picture.rows import Column, Rows, Seen, row_at, shown_rows
from nbviz.picture.smoothing import line_of
from nbviz.run import Run
from nbviz.series import ScalarSeries


class Curve(NamedTuple):
    """Where points stand on the horizontal axis, and their values."""

    x: Column
    y: Floats


@dataclass(frozen=True)
class Line:
    """One series of a chart, read once."""

    run: str
    tag: str
    place: Place
    family: int
    right: bool
    """Whether its values stand at the axis on the right."""
    steps: NDArray[np.int64]
    whole: Curve
    """Every row, as it was logged."""
    raw: Curve
    """Rows kept of these: every spike is among them."""
    strong: Curve
    """The same of the smoothed values; what was logged, where nothing was smoothed."""
    gone: Curve
    """What restarts superseded, where it is shown, as it was logged."""
    past: Curve
    """Rows kept of these: smoothed, a NaN between what one restart took and what the next."""
    at: int | None
    """Row at the cursor, None while there is none."""
    shown: float | None
    """Its value, smoothed."""

    @property
    def logged(self) -> float | None:
        return None if self.at is None else float(self.whole.y[self.at])

    @property
    def is_smoothed(self) -> bool:
        return self.strong is not self.raw

    @property
    def finite(self) -> Floats:
        return self.raw.y[np.isfinite(self.raw.y)]


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
    columns = [each[np.isfinite(each)] for line in lines for each in (line.raw.y, line.past.y)]
    finite = np.concatenate([*columns, np.empty(0)])
    return (float(finite.min()), float(finite.max())) if len(finite) else (1.0, 0.0)


def _best(line: Line, index: int) -> tuple[float, int, int]:
    signed = line.whole.y if line.place.best == "min" else -line.whole.y
    row = int(np.where(np.isfinite(signed), signed, np.inf).argmin())
    return float(line.whole.y[row]), int(line.steps[row]), index


@dataclass(frozen=True)
class Wanted:
    """Which charts there are to be, and how they are laid out."""

    tags: Sequence[str] | None
    step: int
    smoothing: float
    limit: int
    superseded: bool
    choices: Sequence[Choice] | None
    families: Sequence[str]
    horizontal: Horizontal


def charts_of(runs: Sequence[Run], wanted: Wanted) -> tuple[list[Chart], int]:
    """The first charts of all runs, as chosen or in order of first appearance, and how many there are."""
    groups: dict[str, list[tuple[Run, ScalarSeries, Place, bool]]] = {each.title: [] for each in wanted.choices or ()}
    for run in runs:
        for tag in run.tags("scalar"):
            series, where = run[tag], place(str(tag), own_name(run))
            if not len(shown_rows(series, superseded=False)):
                continue
            for title, right in _places(str(tag), where, wanted):
                groups.setdefault(title, []).append((run, series, where, right))
    groups = {title: members for title, members in groups.items() if members}
    shown = list(groups.items())[: wanted.limit]
    drawn = sum(len(members) for _, members in shown) * (2 if wanted.smoothing else 1)
    buckets = min(400, max(40, 2200 // max(1, drawn)))
    across = wanted.horizontal
    seen = Seen(buckets, wanted.step, wanted.smoothing, wanted.superseded, across.zoom, across.log)
    charts = []
    for title, members in shown:
        lines = [
            _read(run, series, (where, wanted.families.index(family(run.name)), right), seen, across)
            for run, series, where, right in members
        ]
        lines.sort(key=lambda line: (line.right, line.family, ROLES.index(line.place.role)))
        charts.append(_chart(title, lines, wanted.families))
    return charts, len(groups)


def _places(tag: str, where: Place, wanted: Wanted) -> list[tuple[str, bool]]:
    """In which charts a tag stands, and whether at their axis on the right."""
    if wanted.choices is not None:
        return [(choice.title, right) for choice in wanted.choices for right in choice.sides(tag)]
    is_in = where.panel == "charts" if wanted.tags is None else tag in wanted.tags
    return [(where.chart, False)] if is_in else []


def _chart(title: str, lines: list[Line], families: Sequence[str]) -> Chart:
    left, right = ([line for line in lines if line.right is side] for side in (False, True))
    labels = labels_of(title, lines, families)
    labels = [
        f"{label or line.tag} (right)" if line.right else label for label, line in zip(labels, lines, strict=True)
    ]
    return Chart(title, lines, labels, colors_of(lines, len(families)), _percent(left), bool(right), _percent(right))


def _percent(lines: Sequence[Line]) -> bool:
    """Whether the values are shares that can be shown as percentages."""
    shares = all(line.place.unit == "percent" for line in lines)
    return shares and all(((line.finite >= 0) & (line.finite <= 1)).all() for line in lines)


def _read(run: Run, series: ScalarSeries, place: tuple[Place, int, bool], seen: Seen, horizontal: Horizontal) -> Line:
    where = place[0]
    steps, walls, values = Rows.of(series, shown_rows(series, superseded=False))
    whole = Curve(horizontal.places(run, steps, walls), values)
    kept = seen.rows(steps, values)
    raw = Curve(whole.x[kept], values[kept])
    # Smoothing is there for the noise of single batches; validation is shown as it was measured.
    smoothed = line_of(values, seen.smoothing if where.role == "train" else 0.0)
    kept = kept if smoothed is values else seen.rows(steps, smoothed)
    strong = raw if smoothed is values else Curve(whole.x[kept], smoothed[kept])
    gone, past = _past(run, series, where.role == "train", seen, horizontal)
    at = row_at(steps, seen.step)
    shown = None if at is None else float(smoothed[at])
    return Line(str(run.name), str(series.tag), *place, steps, whole, raw, strong, gone, past, at, shown)


def _past(run: Run, series: ScalarSeries, smoothed: bool, seen: Seen, horizontal: Horizontal) -> tuple[Curve, Curve]:
    """The superseded rows where they are shown, and those drawn, with a break before each that does not follow on."""
    rows = np.flatnonzero(series.superseded) if seen.superseded else np.empty(0, np.intp)
    steps, walls, values = Rows.of(series, rows)
    breaks = np.flatnonzero((np.diff(rows) > 1) | (np.diff(steps) < 0)) + 1
    x = horizontal.places(run, steps, walls)
    gone = Curve(x, values)
    if not len(rows):
        return gone, gone
    x, steps = np.insert(x, breaks, x[breaks]), np.insert(steps, breaks, steps[breaks])
    values = np.insert(values, breaks, np.nan)
    values = line_of(values, seen.smoothing if smoothed else 0.0)
    kept = seen.rows(steps, values)
    return gone, Curve(x[kept], values[kept])
