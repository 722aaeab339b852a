"""Tensors to sketches: exactly on the CPU, from samples on any other device."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import nbviz  # noqa: E402
from nbviz.capture.fallback import FallingBack, sketcher_for  # noqa: E402
from nbviz.capture.sampled import BINS, SAMPLES, SampledSketcher  # noqa: E402
from nbviz.capture.sketchers import HostSketcher, Wanted  # noqa: E402
from nbviz.capture.tensors import flat, spacing  # noqa: E402
from nbviz.notice import NbvizWarning  # noqa: E402
from tests.watched import Kept, ends, same_counts, small, train  # noqa: E402

ODD = torch.tensor([0.0, -0.0, torch.nan, torch.inf, -torch.inf, 1e-45, -3.5, 1e15, 2.0, 2.0])
TENSORS = [
    torch.randn(300, 50),
    ODD,
    torch.tensor([torch.nan, torch.inf]),
    torch.tensor(1.5),
    torch.randn(64, dtype=torch.bfloat16),
    torch.randn(64).double() / 1024,
    torch.randn(8, 3).to_sparse(),
    torch.randn(2, 3, 4).permute(2, 0, 1),
]


@pytest.mark.parametrize("kind", [HostSketcher, SampledSketcher])
def test_tensors_that_are_no_larger_than_a_sample_are_counted_exactly(kind: Any) -> None:
    sketcher = kind()
    sketcher.start([Wanted(i, tensor) for i, tensor in enumerate(TENSORS)])
    found = dict(sketcher.collect())
    assert sketcher.collect() == []
    for i, tensor in enumerate(TENSORS):
        layer, dense = found[i], tensor.to_dense() if tensor.is_sparse else tensor
        assert same_counts(layer.sketch, dense), i
        assert layer.size == dense.numel()
        finite = dense.double()[dense.isfinite()]
        assert layer.sketch.sum == pytest.approx(float(finite.sum()), rel=1e-5, abs=1e-3)
        assert layer.sketch.squares == pytest.approx(float(finite.square().sum()), rel=1e-5)


def test_what_happens_to_tensors_after_they_were_read_changes_nothing() -> None:
    for sketcher in (HostSketcher(), SampledSketcher()):
        tensor = torch.randn(40)
        kept = tensor.clone()
        sketcher.start([Wanted("a", tensor)])
        tensor.relu_()
        ((_, layer),) = sketcher.collect()
        assert same_counts(layer.sketch, kept)


def test_of_a_large_tensor_evenly_spaced_values_are_counted() -> None:
    tensor, sketcher = torch.randn(1000, 1000), SampledSketcher()
    sketcher.start([Wanted("a", tensor)])
    ((_, layer),) = sketcher.collect()
    assert SAMPLES // 2 < layer.sketch.count <= SAMPLES
    assert layer.size == 10**6
    assert layer.norm == pytest.approx(float(tensor.norm()), rel=0.02)
    assert layer.sketch.quantile(0.5) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("columns", [2, 4, 64, 1024, 4096])
def test_spaced_values_come_from_every_column(columns: int) -> None:
    """A spacing that divides the length of rows would see one column only."""
    rows = 2**20 // columns
    line = torch.arange(columns).expand(rows, columns).reshape(-1)
    assert len(line[:: spacing(len(line), SAMPLES)].unique()) == columns


def test_one_copy_to_the_host_brings_all_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    copies = []
    monkeypatch.setattr(torch.Tensor, "cpu", lambda tensor: copies.append(tensor.shape) or tensor)
    sketcher = SampledSketcher()
    for i in range(5):
        sketcher.start([Wanted((i, j), torch.randn(4, 6), units=1, ends=(-1.0, 1.0)) for j in range(3)])
    assert copies == []
    assert [key for key, _ in sketcher.collect()] == [(i, j) for i in range(5) for j in range(3)]
    assert len(copies) == 1


@pytest.mark.parametrize("kind", [HostSketcher, SampledSketcher])
def test_units_and_ends_are_looked_at(kind: Any) -> None:
    tensor = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, torch.nan]])
    sketcher = kind()
    sketcher.start([Wanted("a", tensor, units=1, ends=(-1.0, 1.0)), Wanted("b", tensor, units=0)])
    (_, a), (_, b) = sketcher.collect()
    assert (a.alive.tolist(), a.saturated) == ([False, True, True], 1)
    assert (b.alive.tolist(), b.saturated) == ([True, True], None)


@pytest.mark.parametrize("kind", [HostSketcher, SampledSketcher])
def test_a_scale_is_divided_by(kind: Any) -> None:
    sketcher = kind()
    sketcher.start([Wanted("a", torch.tensor([2.0, 4.0]), scale=torch.tensor(4.0))])
    ((_, layer),) = sketcher.collect()
    assert same_counts(layer.sketch, [0.5, 1.0])


@pytest.mark.parametrize("kind", [HostSketcher, SampledSketcher])
def test_one_tensor_that_cannot_be_read_spares_the_others(kind: Any) -> None:
    sketcher = kind()
    sketcher.start([Wanted("a", torch.empty(2, device="meta")), Wanted("b", torch.ones(2)), Wanted("c", torch.ones(0))])
    found = dict(sketcher.collect())
    assert found["a"] == "is on the meta device, which holds no values"
    assert found["c"] == "has no values"
    assert found["b"].sketch.count == 2


def test_weights_far_from_zero_are_counted_less_a_pivot_that_stays() -> None:
    model, run = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.LayerNorm(5)), Kept()
    with torch.no_grad():
        model[1].weight.copy_(torch.linspace(0.97, 1.03, 5))
    with nbviz.watch(model, run, every=1):
        train(model, torch.optim.SGD(model.parameters(), 0.01), run, 3)
    pivots = [sketch.pivot for _, sketch in run.sketches["weights/1.weight"]]
    assert pivots[0] == pytest.approx(1, abs=0.03)
    assert len(set(pivots)) == 1
    assert {sketch.pivot for _, sketch in run.sketches["weights/0.weight"]} == {0.0}


def test_dense_tensors_of_any_layout_are_flattened_without_a_copy() -> None:
    for tensor in (torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last), torch.randn(5, 7).T):
        assert flat(tensor).data_ptr() == tensor.data_ptr()
    thinned = flat(torch.randn(300, 1).expand(300, 300), limit=1000)
    assert len(thinned) <= 1000


def test_another_device_is_captured_from_samples_and_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbviz.capture.collector.sketcher_for", lambda device: FallingBack([SampledSketcher]))
    model, run, exact = small(), Kept(), Kept()
    batch = torch.randn(4, 3)
    with nbviz.watch(model, run, every=1), pytest.warns(NbvizWarning):
        train(model, torch.optim.SGD(model.parameters(), 0.0), run, 3, lambda: batch)
    monkeypatch.undo()
    with nbviz.watch(model, exact, every=1):
        train(model, torch.optim.SGD(model.parameters(), 0.0), exact, 3, lambda: batch)
    assert run.problems == ["Layers on cpu are captured from 16,384 values of each tensor, evenly spaced."]
    assert run.sketches.keys() == exact.sketches.keys()
    for tag, sketches in run.sketches.items():
        assert run.steps(tag) == exact.steps(tag) == [0, 1, 2]
        for (_, sketch), (_, wanted) in zip(sketches, exact.sketches[tag], strict=True):
            assert (sketch.bins == wanted.bins).all() and ends(sketch) == ends(wanted)
    assert run.values("activations/dead/1") == exact.values("activations/dead/1")


def test_every_device_has_its_sketcher() -> None:
    assert isinstance(sketcher_for(torch.device("cpu")), HostSketcher)
    sketcher = sketcher_for(torch.device("mps"))
    sketcher.start([Wanted("a", torch.ones(2))])
    assert isinstance(sketcher, FallingBack) and isinstance(sketcher.works, SampledSketcher)
    assert BINS == 1 << 12
