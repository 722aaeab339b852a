"""What capturing costs, measured by a clock of our own, and how often "auto" captures."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbviz.capture.overhead import Meter, round_up


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Training:
    """Steps of a training whose captures take a known time."""

    def __init__(self, every: int | Literal["auto"], step: float, cost: Any, budget: float = 0.01) -> None:
        self.clock = Clock()
        self.meter = Meter(every, budget, self.clock)
        self.step, self.cost = step, cost if callable(cost) else lambda number: cost
        self.captured: list[int] = []

    def run(self, steps: int) -> Meter:
        for number in range(steps):
            self.clock.now += self.step
            if self.meter.due(number):
                self.captured.append(number)
                with self.meter.working(), self.meter.working():
                    self.clock.now += self.cost(number)
            self.meter.step(number)
        return self.meter


def test_the_overhead_is_the_share_of_the_time_that_captures_take() -> None:
    meter = Training(10, step=1.0, cost=0.5).run(100)
    assert meter.overhead == pytest.approx(0.5 / 10.5)


def test_there_is_no_overhead_before_anything_was_captured() -> None:
    assert Meter("auto", 0.01, Clock()).overhead == 0


def test_a_number_of_steps_stays_what_it_is_whatever_it_costs() -> None:
    training = Training(3, step=1.0, cost=100.0)
    assert training.run(10).every == 3
    assert training.captured == [0, 3, 6, 9]


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-4, 10), st.floats(1e-5, 100), st.floats(0.001, 0.5))
def test_auto_stays_within_its_budget_and_captures_no_less_than_it_can_afford(
    step: float, cost: float, budget: float
) -> None:
    meter = Training("auto", step, cost, budget).run(20_000 if cost / step / budget > 50 else 200)
    if len(meter._costs) > 2 and meter.captured is not None and meter.every < meter.captured:
        assert meter.overhead <= budget * 1.0001
        affordable = cost * (1 - budget) / (step * budget)
        assert meter.every <= max(1, 2.51 * affordable)


def test_auto_begins_often_and_backs_off_step_by_step() -> None:
    training = Training("auto", step=1.0, cost=0.5)
    assert training.run(500).every == 50
    assert training.captured[:4] == [0, 10, 60, 110]


def test_a_first_capture_that_takes_long_is_forgotten() -> None:
    training = Training("auto", step=1.0, cost=lambda number: 0.001 if number else 60.0)
    assert training.run(40).every == 1


def test_auto_goes_on_where_steps_get_slower_or_faster() -> None:
    training = Training("auto", step=1.0, cost=0.05)
    training.run(100)
    before = training.meter.every
    training.step = 0.1
    for number in range(100, 1000):
        training.clock.now += training.step
        if training.meter.due(number):
            with training.meter.working():
                training.clock.now += 0.05
        training.meter.step(number)
    assert (before, training.meter.every) == (5, 50)


def test_of_steps_that_a_device_makes_later_the_time_is_known_together() -> None:
    """The host goes ahead at once, and waits for the device where it captures."""
    clock = Clock()
    meter = Meter(10, 0.01, clock)
    for number in range(100):
        if captured := meter.due(number):
            clock.now += 10.0
            with meter.working():
                clock.now += 0.5
        meter.step(number, settled=captured)
    assert meter.overhead == pytest.approx(0.5 / 10.5)


def test_a_pause_between_cells_is_no_slow_training() -> None:
    training = Training("auto", step=1.0, cost=0.5)
    training.run(50)
    training.clock.now += 3600
    assert training.run(1).every == 50


@given(st.floats(0, 1e12))
def test_intervals_are_round_and_no_smaller_than_wanted(wanted: float) -> None:
    found = round_up(wanted)
    assert found >= wanted and found <= max(1, 2.5 * wanted * (1 + 1e-9))
    assert str(found).rstrip("0") in ("1", "2", "5")
