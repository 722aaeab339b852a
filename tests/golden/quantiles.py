"""Captures whose quantiles both languages must find alike. `python -m tests.golden.quantiles` writes them anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nbviz.series import Histogram, HistogramSeries

FILE = Path(__file__).parent / "quantiles.json"


def captures() -> list[Histogram]:
    rng = np.random.default_rng(0)
    # Not by np.geomspace, whose last bits depend on the version of numpy.
    relative = np.ldexp(1 + np.arange(96) % 4 / 4, np.arange(96) // 4 - 12)
    made = [
        Histogram(0, 0.0, *np.histogram(rng.normal(size=1000), 30)),
        Histogram(1, 0.0, *np.histogram(rng.lognormal(size=777), relative)),
        Histogram(2, 0.0, np.array([0.0, 0, 5, 0, 3, 0]), np.array([-4.0, -2, -1, 0, 1, 2, 4])),
        Histogram(3, 0.0, np.array([7.0]), np.array([-1e-12, 1e-12])),
        Histogram(4, 0.0, np.array([1.0, 1]), np.array([-1e300, 0, 1e300])),
        Histogram(5, 0.0, np.array([0.0, 1, 0]), np.array([0.0, 1, 2, 3])),
        # Zeros that were counted apart, where bins lie around them, beside them or not at all.
        Histogram(6, 0.0, np.array([1.0, 4, 1]), np.array([-3.0, -1, 2, 3]), zeros=9),
        Histogram(7, 0.0, np.array([5.0, 2]), np.array([0.0, 1, 2]), zeros=6),
        Histogram(8, 0.0, np.array([5.0, 2]), np.array([-3.0, -2, -1]), zeros=2),
        Histogram(9, 0.0, np.array([0.0]), np.array([0.0, 1]), zeros=3),
        # Bins that reach beyond what is known to be the smallest and the largest value.
        Histogram(10, 0.0, np.array([5.0, 2]), np.array([-3.0, -2, 8]), extremes=(-2.75, 4.5)),
    ]
    # A page holds counts as float32.
    return [replace(each, counts=each.counts.astype(np.float32).astype(np.float64)) for each in made]


def described() -> list[dict[str, Any]]:
    series = HistogramSeries("layer")
    for capture in captures():
        series.append(capture.step, capture.wall_time, capture)
    return [
        {
            "counts": capture.counts.tolist(),
            "edges": capture.edges.tolist(),
            "zeros": capture.zeros,
            **({} if capture.extremes is None else {"extremes": list(capture.extremes)}),
            "quantiles": quantiles.tolist(),
        }
        for capture, quantiles in zip(series, series.quantiles(), strict=True)
    ]


if __name__ == "__main__":
    FILE.write_text(json.dumps(described()) + "\n", "utf-8")
