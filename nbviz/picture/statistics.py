"""The statistics of layers, logged or computed from histograms: js/src/statistics.ts finds them by the same rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nbviz.layers import statistic_of
from nbviz.picture.axes import Floats
from nbviz.picture.layers import matcher
from nbviz.picture.rows import shown_rows
from nbviz.run import Run
from nbviz.series import Histogram, HistogramSeries, ScalarSeries

KINDS = ("norm", "ratio", "zeros", "dead", "saturated", "nonfinite")
WHATS = ("gradients", "weights", "activations", "updates", "values")
COMPUTED = ("norm", "zeros", "nonfinite")
CAPTURES = 40
"""Histograms looked at for each layer: each is decoded for it."""

_NAMED = re.compile("(?:(weight)|(grad|gradient)|(activation|output))s?", re.IGNORECASE)


class Layer(NamedTuple):
    run: Run
    series: ScalarSeries | HistogramSeries
    name: str


class Layers(NamedTuple):
    statistic: str
    layers: list[Layer]
    approximate: bool


def title_of(statistic: str) -> str:
    what, kind = statistic.split("/")
    one = what[:-1]
    titles = {
        "norm": f"{one} norm",
        "ratio": f"{one} to weight ratio",
        "zeros": f"zeros in {what}",
        "dead": "dead units",
        "saturated": "saturated units",
        "nonfinite": f"NaN and Inf in {what}",
    }
    return titles[kind]


def histogram_of(tag: str) -> tuple[str, str]:
    """What the histograms of a tag are of, and of which layer: by the first part of its path, else the last."""
    parts = tag.split("/")
    for at in (0, len(parts) - 1):
        found = _NAMED.fullmatch(parts[at])
        if found and len(parts) > 1:
            what = "weights" if found[1] else "gradients" if found[2] else "activations"
            return what, "/".join(parts[:at] + parts[at + 1 :])
    return ("gradients", tag.removesuffix(".grad")) if tag.endswith(".grad") else ("values", tag)


def find_layers(runs: Sequence[Run], tags: Sequence[str] | None, wanted: str, search: str = "") -> Layers:
    """The layers that have the wanted statistic, in the order of their depth; else those of the first there is.

    A search looks at the tags that their histograms have or would have.
    """
    found: dict[str, dict[tuple[str, int], Layer]] = {}
    for number, run in enumerate(runs):
        for tag in run.tags():
            series = run[tag]
            if not len(series) or (tags is not None and tag not in tags):
                continue
            for statistic, name in _offered(tag, series):
                layers, key = found.setdefault(statistic, {}), (name, number)
                if key not in layers or isinstance(series, ScalarSeries):
                    layers[key] = Layer(run, series, name)
    statistic = wanted if wanted in found else min(found, key=_rank, default=wanted)
    places: dict[str, int] = {}
    for name, _ in found.get(statistic, {}):
        places.setdefault(name, len(places))
    what, finds = statistic.split("/")[0].replace("updates", "weights"), matcher(search)
    several = len({run.name for run in runs}) > 1
    chosen = [
        layer
        for layer in found.get(statistic, {}).values()
        if finds(f"{layer.run.name} {what}/{layer.name}" if several else f"{what}/{layer.name}")
    ]
    ordered = sorted(chosen, key=lambda layer: places[layer.name])
    return Layers(statistic, ordered, any(isinstance(layer.series, HistogramSeries) for layer in ordered))


def _offered(tag: str, series: object) -> list[tuple[str, str]]:
    if isinstance(series, HistogramSeries):
        what, name = histogram_of(tag)
        return [(f"{what}/{kind}", name) for kind in COMPUTED]
    derived = statistic_of(tag) if isinstance(series, ScalarSeries) else None
    return [(f"{derived.what}/{derived.statistic}", derived.name)] if derived else []


def _rank(statistic: str) -> int:
    what, kind = statistic.split("/")
    return KINDS.index(kind) * len(WHATS) + WHATS.index(what)


def values_of(layer: Layer, statistic: str) -> tuple[Floats, Floats]:
    """Steps that never go back and the value of each, without what a restart superseded; of histograms some."""
    series = layer.series
    rows = shown_rows(series, superseded=False)
    if isinstance(series, HistogramSeries):
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, CAPTURES).round().astype(int))] if len(rows) else rows
        kind = statistic.split("/")[1]
        values = np.array([_computed(series[row], kind) for row in rows.tolist()], np.float64)
    else:
        values = series.values[rows]
    steps = series.steps[rows].astype(np.float64)
    order = np.argsort(steps, kind="stable")
    return steps[order], values[order]


def _computed(capture: Histogram, kind: str) -> float:
    """A statistic of values that are spread evenly over their bins."""
    if kind == "nonfinite":
        return float(capture.nonfinite)
    counts, edges = capture.counts, capture.edges
    largest = float(np.abs(edges[np.isfinite(edges)]).max(initial=0.0)) or 1.0
    limit = max(1e-6 * largest, 1e-12)
    # Where zeros were counted apart, no bin holds them.
    apart = float(getattr(capture, "zeros", 0))
    zeros = apart or float(counts[(edges[:-1] >= -limit) & (edges[1:] <= limit)].sum())
    total = apart + float(counts.sum())
    if kind == "zeros":
        return zeros / total if total else 0.0
    if capture.nonfinite:
        return float("nan")
    if zeros == total:
        return 0.0
    shares = (edges / largest).clip(-1, 1)
    low, high = shares[:-1], shares[1:]
    return largest * float(np.sqrt((counts * (low * low + low * high + high * high)).sum() / 3))
