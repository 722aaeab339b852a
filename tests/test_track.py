"""Tracking: how many steps there will be, from the loops, whatever their shape."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nbviz import LiveLoss, NbvizWarning, Run


def test_one_loop_has_as_many_steps_as_batches() -> None:
    run = Run()
    totals = []
    for _ in run.track(range(100)):
        run.log(loss=0.5)
        totals.append(run.total_steps)
    assert set(totals) == {100} and run.total_steps == 100


def test_a_loop_that_goes_on_from_earlier_steps_counts_them() -> None:
    run = Run()
    for _ in range(30):
        run.log(loss=0.5)
    for _ in run.track(range(20)):
        run.log(loss=0.5)
    assert run.total_steps == 50


def test_a_loop_of_epochs_around_one_of_batches_knows_the_total_in_the_first_epoch() -> None:
    run, totals = Run(), []
    for _ in run.track(range(7)):
        for _ in run.track([1] * 11):
            run.log(loss=0.5)
            totals.append(run.total_steps)
        for _ in run.track(range(4)):  # validation logs nothing of its own
            totals.append(run.total_steps)
        run.log(val_loss=0.4, step=run.last_step)
    assert set(totals) == {77}


def test_epochs_whose_loops_are_not_tracked_are_learnt_after_the_first() -> None:
    run = Run()
    for epoch in run.track(range(5)):
        for _ in range(10):
            run.log(loss=0.5)
        assert run.total_steps == (5 if epoch == 0 else 50) or epoch == 0
    assert run.total_steps == 50


def test_logging_every_tenth_batch_is_learnt() -> None:
    run = Run()
    for i in run.track(range(1000)):
        if i % 10 == 0:
            run.log(loss=0.5)
    assert run.total_steps is not None and abs(run.total_steps - 100) <= 2


def test_a_loop_over_batches_in_epochs_that_nobody_tracks_says_nothing() -> None:
    run = Run()
    for _ in range(2):
        for _ in run.track(range(10)):
            run.log(loss=0.5)
    assert run.total_steps is None


def test_what_has_no_length_says_nothing() -> None:
    class Broken(list[int]):
        def __len__(self) -> int:
            raise RuntimeError("no length")

    run = Run()
    for items in (iter([1, 2]), Broken([1, 2])):
        assert list(run.track(items)) == [1, 2]
    assert run.total_steps is None


def test_a_loop_left_early_is_forgotten_and_its_own_errors_are_its_own() -> None:
    def loader() -> Iterator[int]:
        yield 1
        raise OSError("disk")

    run = Run()
    for _ in run.track(range(10)):
        for _ in run.track(range(5)):
            run.log(loss=0.5)
            break
        break
    with pytest.raises(OSError, match="disk"):
        list(run.track(loader()))
    assert run._tracks._loops == []


def test_a_total_that_was_set_stays() -> None:
    live = LiveLoss(total_steps=3000)
    for _ in live.track(range(10)):
        live.log(loss=0.5)
    assert live.run.total_steps == 3000
    live.run.total_steps = None
    for _ in live.track(range(10)):
        pass
    assert live.run.total_steps is None


def test_a_total_that_is_none_is_reported() -> None:
    run = Run()
    with pytest.warns(NbvizWarning, match="total_steps was not set of type str"):
        run.total_steps = "many"  # type: ignore[assignment]
    assert run.total_steps is None
