"""When to flush, told by a clock that only the test moves."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from nbviz import NbvizWarning
from nbviz.pump import FLUSH_SECONDS, REST_SECONDS, Pump


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Task:
    """Notes the moments of its flushes and rests."""

    def __init__(self, clock: Callable[[], float], error: Exception | None = None) -> None:
        self.flushes: list[float] = []
        self.rests: list[float] = []
        self._clock, self._error = clock, error

    def flush(self) -> None:
        self.flushes.append(self._clock())
        if self._error:
            raise self._error

    def rest(self, final: bool = False) -> None:
        self.rests.append(self._clock())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pump(clock: Clock) -> Pump:
    return Pump(clock, spent=lambda: 0.0)


def pass_time(pump: Pump, clock: Clock, seconds: float) -> None:
    """Tick whenever the pump asks to, as its thread would."""
    end = clock.now + seconds
    while True:
        wait = pump.tick()
        if wait is None or clock.now + wait > end:
            break
        assert wait > 0, "the pump would spin"
        clock.now += wait
    clock.now = end


def train(pump: Pump, clock: Clock, task: Task, seconds: float) -> None:
    """Wake a task a thousand times a second."""
    for _ in range(round(seconds * 1000)):
        pump.wake(task)
        pass_time(pump, clock, 0.001)


def test_the_first_wake_is_flushed_at_once(pump: Pump, clock: Clock) -> None:
    task = Task(clock)
    pump.wake(task)
    pump.tick()
    assert task.flushes == [clock.now]


@pytest.mark.parametrize(("cost", "apart"), [(0.0001, 0.05), (0.0004, 0.16), (1.0, 0.25)])
def test_flushes_that_cost_more_are_more_seldom_within_bounds(clock: Clock, cost: float, apart: float) -> None:
    task = Task(clock)
    pump = Pump(clock, spent=lambda: len(task.flushes) * cost)
    train(pump, clock, task, 3)
    assert len(task.flushes) == pytest.approx(3 / apart, abs=2)


def test_after_a_pause_a_flush_comes_at_once_however_dear_flushes_are(clock: Clock) -> None:
    task = Task(clock)
    pump = Pump(clock, spent=lambda: float(len(task.flushes)))
    for pause in (0.25, 0.3, 5.0, 0.1):
        pump.wake(task)
        pass_time(pump, clock, pause)
    pass_time(pump, clock, 1.0)
    assert [round(moment - 1000, 2) for moment in task.flushes] == [0.0, 0.25, 0.55, 5.55]
    pump.wake(task)
    pass_time(pump, clock, 0.05)
    pump.wake(task)
    pass_time(pump, clock, 1.0)
    assert [round(moment - 1000, 2) for moment in task.flushes[4:]] == [6.65, 6.9]


def test_a_pump_with_nothing_to_do_waits_for_ever(pump: Pump, clock: Clock) -> None:
    assert pump.tick() is None
    pump.wake(Task(clock))
    pass_time(pump, clock, 2 * REST_SECONDS)
    assert pump.tick() is None


def test_a_task_is_flushed_at_most_twenty_times_a_second(pump: Pump, clock: Clock) -> None:
    task = Task(clock)
    train(pump, clock, task, 2.0)
    assert 35 <= len(task.flushes) <= 41
    gaps = [after - before for before, after in zip(task.flushes, task.flushes[1:], strict=False)]
    assert min(gaps) >= FLUSH_SECONDS - 1e-9


def test_a_task_of_eight_hours_is_flushed_every_one_and_a_half_seconds(pump: Pump, clock: Clock) -> None:
    task = Task(clock)
    pump.wake(task)
    pass_time(pump, clock, 8 * 3600)
    task.flushes.clear()
    train(pump, clock, task, 6.0)
    gaps = [after - before for before, after in zip(task.flushes, task.flushes[1:], strict=False)]
    assert len(gaps) >= 3 and all(1.4 < gap < 1.5 for gap in gaps)


def test_an_old_task_that_waits_for_its_flush_does_not_spin_or_rest_first(pump: Pump, clock: Clock) -> None:
    task = Task(clock)
    pump.wake(task)
    pass_time(pump, clock, 8 * 3600)
    task.rests.clear()
    pump.wake(task)
    pump.tick()
    pump.wake(task)
    clock.now += REST_SECONDS + 0.1
    wait = pump.tick()
    assert wait == pytest.approx(0.34, abs=0.01)
    assert task.rests == []


def test_many_tasks_together_stay_under_the_limit_of_messages(pump: Pump, clock: Clock) -> None:
    tasks = [Task(clock) for _ in range(100)]
    for _ in range(200):
        for task in tasks:
            pump.wake(task)
        pass_time(pump, clock, 0.01)
    pass_time(pump, clock, 0.5)
    late = [moment for task in tasks for moment in task.flushes if 1001.0 <= moment < 1002.0]
    assert 300 <= len(late) <= 400


def test_a_wake_during_a_flush_is_not_lost(pump: Pump, clock: Clock) -> None:
    class Busy(Task):
        def flush(self) -> None:
            super().flush()
            if len(self.flushes) == 1:
                pump.wake(self)

    task = Busy(clock)
    pump.wake(task)
    pass_time(pump, clock, 0.5)
    assert task.flushes == [1000.0, 1000.0 + FLUSH_SECONDS]


def test_rest_comes_once_a_second_after_the_last_flush(pump: Pump, clock: Clock) -> None:
    task = Task(clock)
    pump.wake(task)
    pass_time(pump, clock, 0.9)
    pump.wake(task)
    pass_time(pump, clock, 10.0)
    assert task.flushes == [1000.0, 1000.9]
    assert task.rests == [1000.9 + REST_SECONDS]


def test_settle_flushes_and_rests_at_once_and_only_what_is_not_at_rest(pump: Pump, clock: Clock) -> None:
    waiting, flushed, resting = Task(clock), Task(clock), Task(clock)
    pump.wake(resting)
    pass_time(pump, clock, 2.0)
    pump.wake(flushed)
    pump.tick()
    pump.wake(waiting)
    pump.settle()
    assert [task.rests for task in (waiting, flushed, resting)] == [[1002.0], [1002.0], [1001.0]]
    assert [len(task.flushes) for task in (waiting, flushed, resting)] == [1, 2, 1]
    assert pump.tick() is None


def test_an_error_is_reported_once_and_the_others_go_on(pump: Pump, clock: Clock) -> None:
    broken, sound = Task(clock, OSError("no comm")), Task(clock)
    with pytest.warns(NbvizWarning, match=r"OSError: no comm\); training goes on") as seen:
        for _ in range(3):
            pump.wake(broken)
            pump.wake(sound)
            pass_time(pump, clock, 0.1)
        pump.settle()
    assert len(seen) == 1
    assert len(broken.flushes) == len(sound.flushes) == 4


def test_a_forgotten_task_is_left_alone(pump: Pump, clock: Clock) -> None:
    task = Task(clock)
    pump.wake(task)
    pump.forget(task)
    pump.forget(task)
    assert pump.tick() is None
    assert task.flushes == []


def test_a_task_is_forgotten_while_another_thread_holds_the_pump(pump: Pump, clock: Clock) -> None:
    """An interpreter that ends freezes the pump's thread, maybe with the lock, and then closes the widgets."""
    task = Task(clock)
    pump.wake(task)
    with pump._lock:
        closing = threading.Thread(target=pump.forget, args=(task,), daemon=True)
        closing.start()
        closing.join(10)
        assert not closing.is_alive()
    assert pump.tick() is None


def test_one_daemon_thread_flushes_what_another_thread_woke() -> None:
    flushed, rested = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    class Real:
        def flush(self) -> None:
            threads.append(threading.current_thread())
            flushed.set()

        def rest(self, final: bool = False) -> None:
            rested.set()

    pump, task = Pump(), Real()
    pump.start()
    pump.wake(task)
    assert flushed.wait(10) and rested.wait(10)
    flushed.clear()
    pump.start()
    pump.wake(task)
    assert flushed.wait(10)
    assert threads[0].daemon and threads == 2 * threads[:1]


def test_a_task_that_asks_for_more_time_between_its_flushes_gets_it(pump: Pump, clock: Clock) -> None:
    task = Task(clock)
    for _ in range(20):
        pump.wake(task, 0.25)
        pass_time(pump, clock, 0.05)
    pass_time(pump, clock, 0.25)
    assert [round(moment - 1000, 2) for moment in task.flushes] == [0.0, 0.25, 0.5, 0.75, 1.0]
