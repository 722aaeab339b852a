"""The layers of the static picture: which they are, what they are called, and the captures shown of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nbviz.picture.axes import Floats
from nbviz.picture.rows import row_at, shown_rows
from nbviz.picture.words import clean, shorten, width_of
from nbviz.run import Run
from nbviz.series import Histogram, HistogramSeries

ROWS = 24
ALL_ALONG = 16
WHATS = ("weights", "gradients", "activations")
MANY = 48
"""More histograms are too many to be shown together."""
LARGEST = 1e250


class Capture(NamedTuple):
    """What is drawn of a histogram: finite edges that do not decrease, counts as shares of the highest."""

    step: int
    counts: Floats
    edges: Floats
    nonfinite: int
    zeros: float
    """Exact zeros, which no bin holds, in the unit of the counts; 0 where it is not known."""


class Layer(NamedTuple):
    label: str
    depth: float
    captures: list[Capture]
    """The one shown, and before it the past ones that are drawn faint."""
    all_along: list[Capture]
    """Some of the whole run, for which the axis is chosen."""
    superseded: bool
    """Whether a restarted run made the one shown anew."""


def matcher(text: str) -> Callable[[str], bool]:
    """What a search for a text or a ``/regular expression/`` finds, as in js/src/search.ts; a wrong one finds all."""
    written = re.fullmatch("/(.*?)(/i?)?", text, re.DOTALL)
    if not written:
        wanted = text.strip().lower()
        return lambda name: wanted in name.lower()
    try:
        expression = re.compile(written[1], re.IGNORECASE if written[2] == "/i" else 0)
    except (re.error, RecursionError, OverflowError):
        return lambda _name: True
    return lambda name: expression.search(name) is not None


def histograms_of(
    runs: Sequence[Run], tags: Sequence[str] | None, knobs: Mapping[str, Any] = {}
) -> list[tuple[Run, HistogramSeries]]:
    """Those that ``filter`` and ``what`` ask for, by the order in which their tags first appear over the runs."""
    wanted, several = matcher(knobs.get("filter", "")), len({run.name for run in runs}) > 1
    there = [(run, tag) for run in runs for tag in run.tags("histogram") if tags is None or tag in tags]
    what = what_of([tag for _, tag in there], knobs.get("what", "all"))
    found = [
        (run, run[tag])
        for run, tag in there
        if (what == "all" or tag.startswith(f"{what}/")) and wanted(f"{run.name} {tag}" if several else str(tag))
    ]
    order = {tag: i for i, tag in enumerate(dict.fromkeys(series.tag for _, series in found))}
    return sorted(
        [each for each in found if len(shown_rows(each[1], superseded=False))], key=lambda each: order[each[1].tag]
    )


def what_of(tags: Sequence[str], wanted: str) -> str:
    """Which of weights, gradients and activations are shown, or "all", as in js/src/layers.ts."""
    whats = [what for what in WHATS if any(tag.startswith(f"{what}/") for tag in tags)]
    if wanted != "auto":
        return wanted if wanted in whats else "all"
    if len(tags) <= MANY or len(whats) < 2:
        return "all"
    return "gradients" if "gradients" in whats else whats[0]


def layers_of(
    found: list[tuple[Run, HistogramSeries]], several: bool, step: int, superseded: bool
) -> tuple[list[Layer], str]:
    tags = list(dict.fromkeys(str(series.tag) for _, series in found))
    labels, title = names_of(tags)
    past = max(0, min(4, ROWS // len(found) - 1))
    layers = []
    for run, series in found:
        rows = shown_rows(series, superseded)
        at = row_at(series.steps[rows], step) or 0
        captures = [sound(series[row]) for row in rows[max(0, at - past) : at + 1].tolist()]
        name = tags.index(str(series.tag))
        label = f"{run.name} {labels[name]}" if several else labels[name]
        some = rows[np.unique(np.linspace(0, len(rows) - 1, ALL_ALONG).round().astype(int))]
        all_along = [sound(series[row]) for row in some.tolist()]
        depth = name / max(1, len(tags) - 1)
        layers.append(Layer(label, depth, captures, [*all_along, captures[-1]], bool(series.superseded[rows[at]])))
    return layers, title


def names_of(tags: list[str]) -> tuple[list[str], str]:
    """What of the tags tells them apart, and what they have in common: leading and trailing parts between slashes."""
    if len(tags) < 2:
        return tags, tags[0]
    split = [tag.split("/") for tag in tags]
    spare = min(map(len, split)) - 1
    lead = next((i for i in range(spare) if len({parts[i] for parts in split}) > 1), spare)
    spare -= lead
    trail = next((i for i in range(spare) if len({parts[-1 - i] for parts in split}) > 1), spare)
    common = "/".join(split[0][:lead] + split[0][len(split[0]) - trail :])
    labels = ["/".join(parts[lead : len(parts) - trail]) for parts in split]
    return labels, f"{common} by layer" if common else "layers"


def distinct(labels: list[str], room: float) -> list[str]:
    """Labels cut to the room they have: at their end, where cutting them elsewhere would make them equal."""
    names = [shorten(label, room) for label in labels]
    if len(set(names)) == len(set(labels)):
        return names
    return [shorten(label[::-1], room)[::-1] if width_of(label) > room else label for label in map(clean, labels)]


def sound(capture: Histogram) -> Capture:
    """What can be drawn of a capture, whatever its file says."""
    counts, edges = np.ravel(capture.counts), np.ravel(capture.edges)
    if not len(counts) or len(edges) != len(counts) + 1 or not np.isfinite(edges).any():
        counts, edges = np.zeros(1), np.array([-1.0, 1.0])
    finite = edges[np.isfinite(edges)]
    edges = np.where(np.isnan(edges), finite[0], edges)
    edges = np.maximum.accumulate(edges.clip(finite.min(), finite.max()).clip(-LARGEST, LARGEST))
    counts = np.where(np.isfinite(counts) & (counts > 0), counts, 0.0)
    # As shares of the highest, without what rounding would lose of them, so that no slope between edges overflows.
    highest = counts.max() or 1.0
    counts = counts / highest
    counts[counts < 1e-15] = 0.0
    return Capture(capture.step, counts, edges, capture.nonfinite, float(getattr(capture, "zeros", 0)) / highest)
