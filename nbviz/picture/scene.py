"""What a static picture shows, read once, and the same in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbviz.picture import layermap
from nbviz.picture.axes import value_ends
from nbviz.picture.compare import words_of
from nbviz.picture.groups import grouped
from nbviz.picture.horizontal import Horizontal
from nbviz.picture.layers import histograms_of
from nbviz.picture.lines import Chart, Wanted, charts_of
from nbviz.picture.numbers import step_text, value_format
from nbviz.picture.reading import Reading
from nbviz.picture.words import clean
from nbviz.run import Run

CHARTS = 12
SAID_CHARTS, SAID_LINES = 4, 6
NO_LAYERS = "no statistics and no histograms of layers yet"


class Scene(NamedTuple):
    """What is shown, read once."""

    runs: Sequence[Run]
    panels: Sequence[str]
    tags: Sequence[str] | None
    charts: list[Chart]
    total: int
    """How many charts there are; the first are in ``charts``."""
    step: int
    smoothing: float
    title: str
    superseded: bool
    knobs: Mapping[str, Any]
    """Those that only this kind of view has."""
    layers: layermap.Map | None
    """What a layer map shows; None where there is no such panel, or nothing for it."""
    reading: Reading

    @classmethod
    def of(
        cls,
        runs: Sequence[Run],
        panels: Sequence[str],
        step: int,
        smoothing: float = 0.0,
        title: str = "",
        tags: Sequence[str] | None = None,
        superseded: bool = False,
        knobs: Mapping[str, Any] = {},
    ) -> Scene:
        """Read what a view shows.

        Parameters
        ----------
        runs : sequence of Run
        panels : sequence of {"header", "charts", "ridges", "compare", "map", "distributions", "scrubber"}
        step : int
            Step under the cursor.
        smoothing : float
            Weight of the mean, 0 to 0.999.
        title : str
            Shown in the header; by default the run's name.
        tags : sequence of str, optional
            Only these series, by default all.
        superseded : bool
            Whether rows that a restarted run logged anew are shown, faint.
        knobs : mapping of str to any
            What only this kind of view can be told, by the names of its traits.
        """
        smoothing = min(0.999, max(0.0, smoothing)) if smoothing == smoothing else 0.0
        with np.errstate(all="ignore"):
            layers = _map_of(runs, tags, knobs)
            horizontal = Horizontal(runs, knobs)
            drawn, families, spreads = grouped(runs, knobs, horizontal)
            choices = knobs.get("charts")
            wanted = Wanted(tags, step, smoothing, CHARTS, superseded, choices, families, horizontal)
            charts, total = charts_of(drawn, wanted)
        name = clean(title) or (clean(runs[0].name) if len(runs) == 1 else f"{len(runs)} runs")
        reading = Reading.of(knobs, runs, spreads, horizontal)
        return cls(runs, panels, tags, charts, total, step, smoothing, name, superseded, knobs, layers, reading)

    def sentence(self) -> str:
        """The values as logged, not smoothed, at the step, the best ones, and how many histograms there are.

        It stands for the picture where no picture is: ``digits: loss 0.31 after step 1,200, validation 0.42, best 0.40
        at step 900``.
        """
        if "compare" in self.panels:
            words = words_of(self.runs, self.tags, self.step, self.superseded, self.knobs)
            return f"{self.title}: {clean(words)}"
        if "map" in self.panels:
            return f"{self.title}: {self.layers.words() if self.layers else NO_LAYERS}"
        after = f" after step {step_text(self.step)}"
        said = [_reading(chart, "" if i else after) for i, chart in enumerate(self.charts[:SAID_CHARTS])]
        if self.total > SAID_CHARTS:
            said.append(f"{self.total - SAID_CHARTS:,} more metrics")
        histograms = len(histograms_of(self.runs, self.tags, self.knobs))
        if histograms:
            said.append(f"{histograms:,} histogram{'s' if histograms > 1 else ''}")
        return f"{self.title}: {'; '.join(said) or 'nothing logged yet'}"


def _reading(chart: Chart, after: str) -> str:
    left = value_format(*value_ends(*chart.ends, chart.percent), chart.percent)
    right = value_format(*value_ends(*chart.right_ends, chart.right_percent), chart.right_percent)
    values: list[str] = []
    for line, label in zip(chart.lines[:SAID_LINES], chart.labels, strict=False):
        text = right if line.right else left
        # The first is the run's own, which needs no word that it is of training.
        name = f"{clean(label)} " if label and (values or label != "train") else ""
        values.append(name + ("–" if line.logged is None else text(line.logged)) + ("" if values else after))
    if len(chart.lines) > SAID_LINES:
        values.append(f"and {len(chart.lines) - SAID_LINES} more")
    best = chart.best()
    text = right if best and chart.lines[best[2]].right else left
    if best and text(best[0]) != ("" if (now := chart.lines[best[2]].logged) is None else text(now)):
        values.append(f"best {text(best[0])} at step {step_text(best[1])}")
    return f"{clean(chart.title)} {', '.join(values)}"


def _map_of(runs: Sequence[Run], tags: Sequence[str] | None, knobs: Mapping[str, Any]) -> layermap.Map | None:
    return layermap.Map.of(runs, tags, knobs["statistic"], knobs.get("filter", "")) if "statistic" in knobs else None
