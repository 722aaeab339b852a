"""The benchmarks run and say what they compare. How fast anything is depends on the machine and is not tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure import Row, interleaved

ROOT = Path(__file__).parent.parent


def test_a_row_says_whether_its_bound_is_met() -> None:
    assert str(Row("faster", "1 s", "50 s", 50.0, 40)).endswith("50 x    >= 40  met")
    assert str(Row("faster", "1 s", "39 s", 39.0, 40)).endswith("39 x    >= 40  MISSED")
    assert str(Row("short", "0.6 s", "", 0.6, 0.5, at_most=True, unit="s")).endswith("0.6 s   <= 0.5  MISSED")


def test_every_measure_takes_its_turn_before_any_takes_its_next() -> None:
    order: list[str] = []
    values = iter([1.0, 10.0, 3.0, 30.0, 2.0, 20.0])

    def measure(name: str) -> float:
        order.append(name)
        return next(values)

    found = interleaved({"a": lambda: measure("a"), "b": lambda: measure("b")}, rounds=3)
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert found == {"a": 2.0, "b": 20.0}


def test_a_quick_benchmark_prints_a_ratio_for_each_bound() -> None:
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.log", "--quick"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    judged = [line for line in done.stdout.splitlines() if line.endswith(("met", "MISSED"))]
    assert len(judged) == 2
    assert all(" x " in line for line in judged)
