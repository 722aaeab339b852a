"""Scalars on a device go into `log` as they are, and into the run when they are known."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from nbviz import ondevice  # noqa: E402
from nbviz.notice import NbvizWarning  # noqa: E402
from nbviz.run import Run  # noqa: E402


class Away:
    """Stands for CUDA: tensors count as on a device, and arrive when they are told to.

    Attributes
    ----------
    copies : list of list of float
        What was copied at once.
    waits : int
        How often somebody waited.
    records : bool
        Whether a graph is recorded.
    """

    def __init__(self) -> None:
        self.arrives = True
        self.copies: list[list[float]] = []
        self.waits = 0
        self.records = False

    def __call__(self, tensor: Any, stream: Any) -> Any:
        self.copies.append(tensor.tolist())
        coming = nullcontext(tensor.numpy().copy())
        coming.ready = lambda: self.arrives  # type: ignore[attr-defined]
        coming.array = lambda: self._array(coming.enter_result)  # type: ignore[attr-defined]
        return coming

    def _array(self, array: Any) -> Any:
        self.waits += not self.arrives
        return array


def item(tensor: Any) -> Any:
    """Of several numbers torch gives none, without waiting."""
    assert tensor.numel() > 1, "waited for the device"
    raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Away:
    away = Away()
    monkeypatch.setattr(ondevice, "Arrival", away)
    monkeypatch.setattr(ondevice, "_stream", lambda value: None)
    monkeypatch.setattr(ondevice, "_on", lambda device, stream: nullcontext())
    monkeypatch.setattr(ondevice, "capturing", lambda: away.records)
    monkeypatch.setattr("nbviz.values.is_away", lambda value: isinstance(value, torch.Tensor))
    monkeypatch.setattr(torch.Tensor, "item", item)
    return away


class Clock:
    now = 1.0

    def __call__(self) -> float:
        return self.now


def run_at(clock: Any) -> Run:
    return Run(clock=clock)


def test_nobody_waits_and_every_value_comes_to_its_step(away: Away) -> None:
    clock = Clock()
    run = run_at(clock)
    away.arrives = False
    for i in range(5):
        clock.now += 0.02
        run.log(loss=torch.tensor(i / 2, requires_grad=True), lr=0.1)
        run.commit(whole=False)
    assert run.committed() == []
    away.arrives = True
    clock.now += 0.1
    run.log(loss=9.0, lr=0.1)
    run.log(loss=torch.tensor(4), lr=0.2)
    run.commit(whole=False)
    assert run["loss"].values.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 9.0, 4.0]
    assert run["lr"].steps.tolist() == run["loss"].steps.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert away.waits == 0


def test_scalars_are_copied_many_at_a_time(away: Away) -> None:
    clock = Clock()
    run = run_at(clock)
    for i in range(100):
        clock.now += 0.01
        run.log(loss=torch.tensor(float(i)), accuracy=torch.tensor(float(-i)))
    assert len(run["loss"]) == len(run["accuracy"]) == 100
    assert len(away.copies) <= 22
    assert run["accuracy"].values.tolist() == [-float(i) for i in range(100)]


def test_who_reads_the_run_gets_all_of_it(away: Away) -> None:
    run = run_at(Clock())
    away.arrives = False
    for i in range(3):
        run.log(loss=torch.tensor(float(i)))
    assert run["loss"].values.tolist() == [0.0, 1.0, 2.0]
    assert away.waits > 0


def test_what_is_logged_after_a_value_that_is_to_come_waits_for_its_turn(away: Away) -> None:
    run = run_at(Clock())
    away.arrives = False
    run.log(loss=1.0)
    run.log(loss=torch.tensor(2.0))
    run.log(loss=3.0)
    run.commit(whole=False)
    assert [series.values.tolist() for series in run.committed()] == [[1.0]]
    assert run["loss"].values.tolist() == [1.0, 2.0, 3.0]


def test_a_running_sum_is_what_it_was_when_it_was_logged(away: Away) -> None:
    run, total = run_at(Clock()), torch.zeros(())
    for i in range(4):
        total += i
        run.log(total=total)
    assert run["total"].values.tolist() == [0.0, 1.0, 3.0, 6.0]


def test_a_value_that_was_changed_before_it_was_read_is_left_out_and_said_so(away: Away) -> None:
    run, total = run_at(Clock()), torch.tensor(1.0)
    run.log(other=0.0, first=torch.tensor(0.0))
    run.log(other=1.0, total=total)
    total += 5
    with pytest.warns(NbvizWarning):
        run.commit()
    assert run["other"].values.tolist() == [0.0, 1.0]
    assert "total" not in run.tags()
    (said,) = run.problems
    assert said == (
        "log() has no value of 'total', which was changed in place before it could be read: log a clone() of it; "
        "training goes on."
    )


def test_no_question_is_asked_while_a_graph_is_recorded(away: Away) -> None:
    run = run_at(Clock())
    away.records = True
    run.log(loss=torch.tensor(1.0))
    run.commit()
    assert away.copies == []
    away.records = False
    assert run["loss"].values.tolist() == [1.0]


def test_the_graph_of_a_loss_is_not_kept(away: Away) -> None:
    run = run_at(Clock())
    away.arrives = False
    run.log(first=torch.tensor(0.0))
    weights = torch.ones(3, requires_grad=True)
    run.log(loss=weights.sum())
    kept = [tensor for _, _, payload in run._stage for tensor, _ in payload.scalars.values()]
    assert [tensor.grad_fn for tensor in kept] == [None, None]


def test_a_device_that_fails_ends_no_training(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_at(Clock())

    def fail(*_: Any) -> Any:
        raise RuntimeError("CUDA error")

    monkeypatch.setattr(ondevice, "Arrival", fail)
    with pytest.warns(NbvizWarning, match="could not be read"):
        run.log(loss=torch.tensor(1.0))
    run.log(loss=2.0)
    assert str(run["loss"].values.tolist()) == "[nan, 2.0]"


def test_tensors_that_are_no_numbers_are_left_out_as_ever(away: Away) -> None:
    run = run_at(Clock())
    with pytest.warns(NbvizWarning, match="which is no real number but a tensor of shape"):
        run.log(loss=torch.ones(2), other=1.0)
    assert run.tags() == ["other"]


def test_in_inference_mode_a_copy_is_taken(away: Away) -> None:
    run = run_at(Clock())
    with torch.inference_mode():
        run.log(loss=torch.tensor(1.0) + 1)
    assert run["loss"].values.tolist() == [2.0]
