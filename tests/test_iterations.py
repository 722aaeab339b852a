"""At which steps captures stand: those of the log() calls of their iterations, whatever the order of the calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviz.formats.sketch import Sketch
from nbviz.iterations import HELD, Loop
from nbviz.run import Run
from nbviz.sender import Sender

SKETCH = Sketch.of([1.0, 2.0])


def quiet() -> Run:
    return Run(clock=lambda: 1.0)


@dataclass
class Training:
    """A loop that captures some of its iterations, as a watch does."""

    run: Run = field(default_factory=quiet)
    every: int = 1
    number: int = 0
    tag: str = "weights"
    loop: Loop = field(init=False)

    def __post_init__(self) -> None:
        self.loop = self.run.loop()

    def forward(self) -> None:
        self.loop.begin(self.number)

    def step(self) -> None:
        self.loop.step(self.number)
        if self.number % self.every == 0:
            iteration = self.loop.iteration(self.number)
            iteration.captured = True
            self.run.log_sketch(self.tag, SKETCH, step=iteration)
            self.run.log_derived({"norm": float(self.number)}, step=iteration)
        self.number += 1

    def train(self, iterations: int, log: Callable[[int], None] = lambda number: None) -> list[int]:
        for number in range(self.number, self.number + iterations):
            self.forward()
            self.step()
            self.run.commit(whole=False)
            log(number)
        return self.steps()

    def steps(self) -> list[int]:
        steps: list[int] = self.run[self.tag].steps.tolist()
        assert steps == self.run["norm"].steps.tolist()
        return steps


# Loops as people write them


def test_a_capture_has_the_step_that_is_given_after_it() -> None:
    training = Training()
    assert training.train(4, lambda number: training.run.log(loss=1.0, step=100 * number)) == [0, 100, 200, 300]


def test_a_run_that_resumes_has_no_capture_at_its_beginning() -> None:
    training = Training(every=2)
    assert training.train(5, lambda number: training.run.log(loss=1.0, step=500 + number)) == [500, 502, 504]


def test_the_first_of_several_logs_of_an_iteration_counts() -> None:
    training = Training()

    def log(number: int) -> None:
        training.run.log(loss=1.0)
        training.run.log(val_loss=1.0)

    assert training.train(3, log) == [0, 2, 4]


def test_a_log_before_the_optimizers_step_counts() -> None:
    training = Training()
    for number in range(3):
        training.forward()
        training.run.log(loss=1.0, step=10 * number)
        training.step()
    assert training.steps() == [0, 10, 20]


def test_a_forward_between_the_step_and_the_log_belongs_to_neither() -> None:
    training = Training()
    for number in range(3):
        training.forward()
        training.step()
        training.forward()  # a discriminator that a generator learns from
        training.run.log(loss=1.0, step=10 * number)
    assert training.steps() == [0, 10, 20]


def test_iterations_between_logs_are_counted_on_from_the_last() -> None:
    training = Training(every=10)

    def log(number: int) -> None:
        if number % 50 == 0:
            training.run.log(loss=1.0, step=number)

    assert training.train(101, log) == list(range(0, 101, 10))


def test_iterations_before_the_first_log_are_counted_back_from_it() -> None:
    training = Training(every=10)

    def log(number: int) -> None:
        if (number + 1) % 50 == 0:
            training.run.log(loss=1.0, step=number)

    assert training.train(100, log) == list(range(0, 100, 10))


@pytest.mark.parametrize("given", [True, False])
def test_captures_of_an_epoch_stand_at_its_one_log(given: bool) -> None:
    training = Training(every=10)

    def log(number: int) -> None:
        if (number + 1) % 30 == 0:
            training.run.log(loss=1.0, step=number // 30 if given else None)

    assert training.train(90, log) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_without_any_log_the_optimizers_steps_count() -> None:
    run = quiet()
    assert Training(run, every=10).train(30) == [0, 10, 20]
    assert Training(run, every=10).train(20) == [0, 10, 20, 21, 31]


def test_a_run_that_goes_on_without_any_log_is_counted_on() -> None:
    run = quiet()
    run.extend("loss", [0, 1, 2], [0.0, 1.0, 2.0], [3.0, 2.0, 1.0])
    assert Training(run, every=2).train(3) == [3, 5]


def test_after_a_rewind_iterations_are_counted_on_from_there() -> None:
    training = Training()
    training.train(6, lambda number: training.run.log(loss=1.0, step=10 * number))
    training.run.rewind(20)
    assert training.train(2) == [0, 10, 20, 30]


def test_two_loops_keep_their_own_counts() -> None:
    run = quiet()
    first, second = Training(run, tag="a"), Training(run, tag="b")
    for number in range(3):
        for each in (first, second, second):
            each.forward()
            each.step()
        run.log(loss=1.0, step=100 * number)
    assert run["a"].steps.tolist() == [0, 100, 200]
    assert run["b"].steps.tolist() == [0, 0, 1, 100, 150, 200]


# Nothing is held up for ever


def test_a_view_shows_a_capture_once_its_step_is_known() -> None:
    training = Training()
    sender = Sender(training.run)
    training.forward()
    training.step()
    assert sender.take().splices == []
    training.run.log(loss=1.0, step=7)
    assert {splice.tag for splice in sender.take().splices} == {"weights", "norm", "loss"}


def test_who_reads_sees_a_capture_at_the_step_to_expect() -> None:
    training = Training()
    training.train(3, lambda number: training.run.log(loss=1.0, step=10 * number))
    training.forward()
    training.step()
    with training.run.glance():
        assert training.run["weights"].steps.tolist() == [0, 10, 20]
    assert training.run.waits
    assert training.run["weights"].steps.tolist() == [0, 10, 20, 30]
    training.run.log(loss=1.0, step=31)
    assert training.train(1, lambda _: training.run.log(loss=1.0, step=42)) == [0, 10, 20, 30, 42]


def test_a_run_that_is_over_has_its_last_capture() -> None:
    training = Training()
    training.forward()
    training.step()
    training.run.finish()
    assert len(training.run.committed()[0]) == 1
    training.forward()  # as for an evaluation
    training.run.commit()
    assert training.run.state == "finished"


def test_a_loop_that_never_logs_is_shown_all_the_same() -> None:
    training = Training()
    sender = Sender(training.run)
    for _ in range(HELD + 2):
        training.forward()
        training.step()
        sender.take()
    assert training.run.committed()[0].steps.tolist() == list(range(HELD + 1))


# Whatever the order

CALLS = st.lists(
    st.one_of(
        st.sampled_from(["forward", "step", "log", "look", "read"]),
        st.integers(-50, 1000),
    ),
    max_size=60,
)


def promised(calls: list[Any]) -> dict[int, int]:
    """The steps of iterations by the rule: of the first log() after the latest forward and before the next step."""
    steps, following, found = {}, 0, {}
    for at, call in enumerate(calls):
        if call == "log" or isinstance(call, int):
            steps[at] = call if isinstance(call, int) else following
            following = max(following, steps[at] + 1)
    stepped = [at for at, call in enumerate(calls) if call == "step"]
    for number, at in enumerate(stepped):
        since = stepped[number - 1] if number else -1
        begun = max((i for i in range(since + 1, at) if calls[i] == "forward"), default=at)
        end = stepped[number + 1] if number + 1 < len(stepped) else len(calls)
        own = next((i for i in range(begun, end) if i in steps), None)
        if own is not None and "read" not in calls[at:own]:
            found[number] = steps[own]
    return found


@given(CALLS, st.integers(1, 3))
def test_no_capture_is_lost_and_each_has_the_step_that_the_rule_says(calls: list[Any], every: int) -> None:
    training = Training(every=every)
    run = training.run
    training_calls = {"forward": training.forward, "step": training.step, "read": run.commit}
    logged: list[int] = []
    for call in calls:
        if call == "look":
            run.commit(whole=False)
        elif call == "log" or isinstance(call, int):
            logged.append(call if isinstance(call, int) else run.next_step)
            run.log(loss=1.0, step=call if isinstance(call, int) else None)
        else:
            training_calls[str(call)]()
    if training.number == 0:
        return
    steps = training.steps()
    assert run["norm"].values.tolist() == list(range(0, training.number, every))
    assert ("loss" in run) == bool(logged) and (not logged or run["loss"].steps.tolist() == logged)
    for number, step in promised(calls).items():
        if number % every == 0:
            assert steps[number // every] == step
