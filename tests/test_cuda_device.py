"""What only a CUDA device can tell; all else is in test_cuda.py, test_kernel.py and test_ondevice.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

torch = pytest.importorskip("torch")

if not torch.cuda.is_available():
    pytest.skip("There is no CUDA device, so the kernel was tested on the host only.", allow_module_level=True)

import nbviz  # noqa: E402
from nbviz.capture.cuda.sketcher import CudaSketcher  # noqa: E402
from nbviz.capture.fallback import FallingBack, sketcher_for  # noqa: E402
from nbviz.capture.sampled import SampledSketcher  # noqa: E402
from nbviz.capture.sketchers import Sketcher, Wanted, count  # noqa: E402
from tests.test_kernel import assert_same  # noqa: E402
from tests.watched import Kept, small  # noqa: E402

DTYPES = [torch.float32, torch.bfloat16, torch.float16, torch.float64]


@contextmanager
def nobody_waits() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def assert_counted(sketcher: Sketcher, tensors: list[Any], **options: Any) -> None:
    sketcher.start([Wanted(i, tensor.cuda(), **options) for i, tensor in enumerate(tensors)])
    for (i, layer), tensor in zip(sketcher.collect(wait=True), tensors, strict=True):
        assert layer.__class__ is not str, (i, layer)
        assert_same(layer, count(Wanted(i, tensor, **{"pivot": 0.0, **options})))


def test_a_device_counts_as_numpy_does() -> None:
    sketcher = sketcher_for(torch.device("cuda", 0))
    torch.manual_seed(0)
    sizes = (1, 2, 3, 7, 8, 9, 4095, 4096, 4097, 100_000, 1_000_001)
    tensors = [torch.randn(size + 1).to(dtype)[1:] for size in sizes for dtype in DTYPES]
    assert_counted(sketcher, tensors)
    assert_counted(sketcher, tensors, pivot=0.25)
    matrices = [(torch.randn(300, 77).relu() * (torch.arange(77) % 5 > 0)).to(dtype) for dtype in DTYPES]
    assert_counted(sketcher, [*matrices, *(each.T for each in matrices)], units=1, ends=(-1.0, 1.0))
    assert isinstance(sketcher, FallingBack) and isinstance(sketcher.works, CudaSketcher), sketcher.failures


@pytest.mark.parametrize("kind", ["kernel", "samples"])
def test_a_training_is_captured_and_nothing_waits(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    if kind == "samples":
        monkeypatch.setattr("nbviz.capture.collector.sketcher_for", lambda _: SampledSketcher())
    run, model, batch = Kept(), small().cuda(), torch.ones(4, 3, device="cuda")
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with nbviz.watch(model, run, every=1), nobody_waits():
        for _ in range(5):
            optimizer.zero_grad()
            loss = model(batch).square().mean()
            loss.backward()
            optimizer.step()
            run.log(loss=loss)
            run.commit(whole=False)
    assert run.problems == []
    assert run.steps("weights/0.weight") == run.steps("activations/2") == [0, 1, 2, 3, 4]
    assert len(run["loss"]) == len(run["updates/ratio/0.weight"]) == 5


def test_recording_a_graph_is_not_disturbed() -> None:
    run, model, batch = Kept(), small().cuda(), torch.ones(4, 3, device="cuda")
    with nbviz.watch(model, run, every=1):
        for _ in range(2):
            model(batch)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            out = model(batch)
        graph.replay()
    torch.cuda.synchronize()
    assert out.isfinite().all()
