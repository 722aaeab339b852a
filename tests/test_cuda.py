"""What the host does for CUDA devices: tables, order, memory, failures. The kernel runs on the host here."""

from __future__ import annotations

import ctypes
import gc
import sys
import weakref
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import nbviz  # noqa: E402
from nbviz import arrival  # noqa: E402
from nbviz.arrival import Arrival  # noqa: E402
from nbviz.capture.cuda import program  # noqa: E402
from nbviz.capture.cuda.device import CudaDevice  # noqa: E402
from nbviz.capture.cuda.sketcher import EVERY, LARGE, CudaSketcher, known  # noqa: E402
from nbviz.capture.cuda.table import ENTRY  # noqa: E402
from nbviz.capture.fallback import FallingBack  # noqa: E402
from nbviz.capture.sampled import CAPTURED, SampledSketcher  # noqa: E402
from nbviz.capture.sketchers import HostSketcher, Wanted  # noqa: E402
from nbviz.notice import NbvizWarning  # noqa: E402
from tests.kernel_on_host import HostDevice, kernel  # noqa: E402
from tests.test_sketchers import ODD, TENSORS  # noqa: E402
from tests.watched import Kept, ends, same_counts, small, train  # noqa: E402


def started(*wanted: Wanted) -> tuple[CudaSketcher, HostDevice]:
    device = HostDevice()
    sketcher = CudaSketcher(device)
    sketcher.start(wanted)
    return sketcher, device


def test_tensors_of_any_kind_are_counted_exactly() -> None:
    tensors = [*TENSORS, torch.randn(6, 4)[:, ::2], torch.arange(5), torch.randn(3).to(torch.float8_e5m2), ODD.conj()]
    sketcher, _ = started(*(Wanted(i, tensor) for i, tensor in enumerate(tensors)))
    for (i, layer), tensor in zip(sketcher.collect(wait=True), tensors, strict=True):
        dense = tensor.to_dense() if tensor.is_sparse else tensor
        values = dense.double() if dense.dtype == torch.float64 else dense.float()
        assert same_counts(layer.sketch, values) and layer.size == dense.numel(), i


def test_a_sparse_gradient_that_stores_a_row_twice_is_counted_as_their_sum() -> None:
    twice = torch.sparse_coo_tensor(
        torch.tensor([[1, 1]]), torch.tensor([[1.0, 2], [3, 4]]), (3, 2), check_invariants=True
    )
    assert not twice.is_coalesced()
    huge = torch.sparse_coo_tensor(torch.tensor([[1, 1]]), torch.ones(2, 2), (2**24, 2), check_invariants=True)
    sketcher, _ = started(Wanted("a", twice), Wanted("b", huge))
    found = dict(sketcher.collect(wait=True))
    assert same_counts(found["a"].sketch, [0.0, 0, 4, 6, 0, 0])
    assert found["b"] == "is sparse, and too large to be read without waiting for the device"


def test_one_launch_counts_all_and_one_copy_brings_all() -> None:
    sketcher, device = started(*(Wanted(i, torch.full((i + 1,), float(i))) for i in range(30)))
    assert [key for key, _ in sketcher.collect()] == list(range(30))
    # The first of the launches counts what is known, and says whether the device counts right.
    assert device.calls == ["zeros", "launch 1", "launch 30", "send from main"]
    del device.calls[:]
    for i in range(3):
        sketcher.start([Wanted(i, torch.ones(2))])
    sketcher.collect()
    assert device.calls == ["zeros", "launch 1", "launch 1", "launch 1", "send from main"]
    assert sketcher.collect() == []
    assert len(device.calls) == 5


def test_what_has_not_arrived_comes_later_and_in_its_order() -> None:
    sketcher, device = started(Wanted("a", torch.ones(1)))
    device.arrives = False
    assert sketcher.collect() == []
    sketcher.start([Wanted("b", torch.ones(1)), Wanted("c", torch.ones(0))])
    assert sketcher.collect() == [("c", "has no values")]
    device.arrives = True
    assert [key for key, _ in sketcher.collect()] == ["a", "b"]
    sketcher.start([Wanted("d", torch.ones(1))])
    device.arrives = False
    assert [key for key, _ in sketcher.collect(wait=True)] == ["d"]


def test_nothing_keeps_a_tensor_once_the_device_was_told_to_read_it() -> None:
    tensor = torch.randn(5)
    gone = weakref.ref(tensor)
    sketcher, _ = started(Wanted("a", tensor, units=0, size=torch.tensor(7)))
    del tensor
    gc.collect()
    assert gone() is None
    ((_, layer),) = sketcher.collect()
    assert layer.size == 7


def test_each_stream_has_memory_of_its_own() -> None:
    sketcher, device = started(Wanted("a", torch.ones(1)))
    device.current_stream = "side"
    sketcher.start([Wanted("b", torch.ones(2))])
    assert [key for key, _ in sketcher.collect()] == ["a", "b"]
    assert [call for call in device.calls if "send" in call] == ["send from main", "send from side"]


def test_more_than_was_needed_last_time_gets_more_memory() -> None:
    sketcher, device = started(Wanted("a", torch.ones(1)))
    for count in (100, 100):
        del device.calls[:]
        for i in range(count):
            sketcher.start([Wanted(i, torch.full((2,), float(i)))])
        found = sketcher.collect()
        assert [(key, layer.sketch.maximum) for key, layer in found if key != "a"] == [(i, i) for i in range(count)]
    assert device.calls.count("zeros") == device.calls.count("send from main") == 1


def test_a_pivot_and_a_scale_are_used() -> None:
    tensor = torch.tensor([4.0, 4.5, 4.25])
    sketcher, _ = started(Wanted("a", tensor, pivot=4.0), Wanted("b", tensor, scale=torch.tensor(2.0)))
    (_, a), (_, b) = sketcher.collect()
    assert same_counts(a.sketch, tensor, pivot=4.0)
    assert same_counts(b.sketch, [2.0, 2.25, 2.125])
    assert (a.sketch.sum, b.sketch.sum) == (12.75, 6.375)


def test_of_a_large_output_one_tile_in_nine_is_read_and_all_where_units_may_be_dead() -> None:
    tensor = torch.randn(LARGE // 4 // 64, 64) + 5
    sketcher, _ = started(Wanted("a", tensor, units=1, sampled=True), Wanted("b", tensor, units=1))
    (_, a), (_, b) = sketcher.collect()
    assert a.size == b.size == b.sketch.count == tensor.numel()
    tile = kernel().threads() * 4
    tiles = -(-tensor.numel() // tile)
    assert a.sketch.count == tile * -(-tiles // EVERY)
    assert a.alive.tolist() == b.alive.tolist() == [True] * 64
    tensor[:, 3] = 0
    sketcher.start([Wanted("a", tensor, units=1, sampled=True), Wanted("b", tensor, units=1)])
    (_, a), (_, b) = sketcher.collect()
    assert a.alive is None
    assert b.alive.tolist() == [i != 3 for i in range(64)]


def test_nothing_is_asked_of_a_device_that_records_a_graph() -> None:
    sketcher, device = started(Wanted("a", torch.ones(1)))
    calls, device.captures = list(device.calls), True
    sketcher.start([Wanted("b", torch.ones(1))])
    assert sketcher.collect() == sketcher.collect(wait=True) == []
    assert device.calls == calls
    device.captures = False
    assert dict(sketcher.collect())["b"] == CAPTURED


def test_a_device_that_miscounts_is_not_believed() -> None:
    device, sampled = HostDevice(), SampledSketcher()
    device.miscounts = True
    sketcher = FallingBack([lambda: CudaSketcher(device), lambda: sampled])
    sketcher.start([Wanted("a", torch.ones(1))])
    assert sketcher.collect() == [("a", "was lost when the way to count it failed")]
    sketcher.start([Wanted("a", torch.ones(1))])
    ((_, layer),) = sketcher.collect()
    assert layer.sketch.count == 1
    assert sketcher.limits(torch.device("cuda")) == (
        "Layers on cuda are captured from 16,384 values of each tensor, evenly spaced, as its kernel does not work "
        "(RuntimeError: its kernel miscounts)."
    )


def test_the_next_way_to_count_takes_over_at_once_and_numpy_is_the_last() -> None:
    def nothing() -> Any:
        raise ModuleNotFoundError("No module named 'cuda'")

    class Broken(SampledSketcher):
        def start(self, wanted: Any) -> None:
            raise NotImplementedError("scatter_reduce")

    sketcher = FallingBack([nothing, Broken, HostSketcher])
    sketcher.start([Wanted("a", torch.ones(3))])
    ((_, layer),) = sketcher.collect()
    assert layer.sketch.count == 3
    assert sketcher.limits(torch.device("cuda")) == (
        "Layers on cuda are captured by waiting for it (NotImplementedError: scatter_reduce)."
    )
    none = FallingBack([nothing])
    none.start([Wanted("a", torch.ones(3))])
    assert none.collect() == [("a", "cannot be read on this device (ModuleNotFoundError: No module named 'cuda')")]


# A training, watched


def watched(monkeypatch: pytest.MonkeyPatch, sketcher: Any, steps: int) -> Kept:
    monkeypatch.setattr("nbviz.capture.collector.sketcher_for", lambda _: FallingBack([sketcher]))
    model, run = small(), Kept()
    batch = torch.randn(4, 3)
    with nbviz.watch(model, run, every=1):
        train(model, torch.optim.SGD(model.parameters(), 0.1), run, steps, lambda: batch)
    return run


def test_a_training_on_a_device_is_captured_as_one_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for arrives in (False, True):
        device = HostDevice()
        device.arrives = arrives
        torch.manual_seed(1)
        found = watched(monkeypatch, lambda device=device: CudaSketcher(device), 3)
        torch.manual_seed(1)
        exact = watched(monkeypatch, HostSketcher, 3)
        assert found.problems == []
        assert found.sketches.keys() == exact.sketches.keys()
        for tag, sketches in found.sketches.items():
            assert found.steps(tag) == exact.steps(tag) == [0, 1, 2]
            for (_, sketch), (_, wanted) in zip(sketches, exact.sketches[tag], strict=True):
                assert (sketch.bins == wanted.bins).all() and ends(sketch) == ends(wanted)
        assert set(found.tags()) == set(exact.tags())
        for tag in set(found.tags()) - {"loss"}:
            assert found.values(tag) == pytest.approx(exact.values(tag), rel=1e-5), tag


def test_weights_far_from_zero_get_their_pivot_from_the_second_capture_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbviz.capture.collector.sketcher_for", lambda _: CudaSketcher(HostDevice()))
    model, run = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.LayerNorm(5)), Kept()
    with torch.no_grad():
        model[1].weight.copy_(torch.linspace(0.97, 1.03, 5))
    with nbviz.watch(model, run, every=1):
        train(model, torch.optim.SGD(model.parameters(), 0.01), run, 3)
    first, second, third = (sketch.pivot for _, sketch in run.sketches["weights/1.weight"])
    assert (first, second) == (0.0, third)
    assert third == pytest.approx(1, abs=0.03)


def test_a_device_that_fails_ends_no_training_and_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    device = HostDevice()
    device.fails = True
    with pytest.warns(NbvizWarning):
        run = watched(monkeypatch, lambda: CudaSketcher(device), 3)
    assert len(run["loss"]) == 3
    assert len(run.problems) == 1 and "RuntimeError: CUDA says no" in run.problems[0]


# What torch and CUDA are told


class Torch:
    """Writes down what is asked of torch.cuda; an event is over when it is told so."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.over = False

    def device(self, device: Any) -> Any:
        return self._within("")

    def stream(self, stream: Any) -> Any:
        return self._within(f"on {stream.name}")

    def _within(self, what: str) -> Any:
        self.said += [what] * bool(what)
        return nullcontext()

    def current_stream(self, device: Any = None) -> Any:
        return SimpleNamespace(name="main")

    def Stream(self, device: Any = None) -> Any:  # noqa: N802
        return SimpleNamespace(name="side", wait_stream=lambda other: self.said.append(f"side waits for {other.name}"))

    def Event(self) -> Any:  # noqa: N802
        return SimpleNamespace(
            record=lambda stream: self.said.append(f"event on {stream.name}"),
            query=lambda: self.over,
            synchronize=lambda: self.said.append("waited"),
        )

    def is_initialized(self) -> bool:
        return True

    def is_current_stream_capturing(self) -> bool:
        return self.over


class OnDevice:
    """A tensor that says it is on a device."""

    is_cuda, device = True, "cuda:7"

    def __init__(self, said: list[str], values: Any) -> None:
        self.said, self.values = said, values

    def detach(self) -> OnDevice:
        return self

    def record_stream(self, stream: Any) -> None:
        self.said.append(f"kept until {stream.name} is through")


class PageLocked:
    def __init__(self, said: list[str]) -> None:
        self.said = said

    def copy_(self, source: OnDevice, non_blocking: bool) -> None:
        self.said.append("copy" if non_blocking else "copy that waits")
        self.values = source.values

    def cpu(self) -> Any:
        return torch.tensor(self.values)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Torch:
    cuda = Torch()
    monkeypatch.setattr(arrival, "_cuda", lambda: cuda)
    monkeypatch.setattr(arrival, "_page_locked", lambda like: PageLocked(cuda.said))
    monkeypatch.setattr(arrival, "_sides", {})
    return cuda


def test_a_tensor_is_copied_on_a_stream_of_its_own_behind_what_computes_it(cuda: Torch) -> None:
    coming = Arrival(OnDevice(cuda.said, [1.0, 2.0]))
    expected = ["side waits for main", "on side", "copy", "kept until side is through", "event on side"]
    assert cuda.said == expected
    assert not coming.ready()
    cuda.over = True
    assert coming.ready()
    assert cuda.said == expected
    assert coming.array().tolist() == [1.0, 2.0]


def test_what_another_stream_computes_is_waited_for_there(cuda: Torch) -> None:
    Arrival(OnDevice(cuda.said, [1.0]), SimpleNamespace(name="third"))
    assert cuda.said[0] == "side waits for third"


def test_a_graph_is_told_of_by_torch(cuda: Torch) -> None:
    assert not arrival.capturing()
    cuda.over = True
    assert arrival.capturing()


def test_tensors_of_other_devices_are_there_when_they_are_asked_for() -> None:
    coming = Arrival(torch.ones(2))
    assert coming.ready() and coming.array().tolist() == [1.0, 1.0]


class Compiler:
    """NVRTC: remembers what it compiled."""

    def __init__(self, fails: bool = False) -> None:
        self.compiled: list[list[bytes]] = []
        self.fails = fails

    def nvrtcVersion(self) -> Any:  # noqa: N802
        return 0, 13, 0

    def nvrtcCreateProgram(self, source: bytes, name: bytes, *_: Any) -> Any:  # noqa: N802
        assert b"__global__" in source
        return 0, "program"

    def nvrtcCompileProgram(self, program: Any, count: int, options: list[bytes]) -> Any:  # noqa: N802
        self.compiled.append(options)
        return (6 if self.fails else 0,)

    def nvrtcGetCUBINSize(self, program: Any) -> Any:  # noqa: N802
        return 0, 5

    def nvrtcGetCUBIN(self, program: Any, into: bytearray) -> Any:  # noqa: N802
        into[:] = b"cubin"
        return (0,)

    def nvrtcGetProgramLogSize(self, program: Any) -> Any:  # noqa: N802
        return 0, 9

    def nvrtcGetProgramLog(self, program: Any, into: bytearray) -> Any:  # noqa: N802
        into[:] = b"no memory"
        return (0,)

    def nvrtcDestroyProgram(self, program: Any) -> Any:  # noqa: N802
        return (0,)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "nbviz"


def test_the_kernel_is_compiled_once_for_an_architecture(folder: Any) -> None:
    compiler = Compiler()
    assert program.compiled("sm_90", compiler) == program.compiled("sm_90", compiler) == b"cubin"
    assert compiler.compiled == [
        [b"--gpu-architecture=sm_90", b"-DTHREADS=512", b"--std=c++17", b"--fmad=false"],
    ]
    program.compiled("sm_100", compiler)
    assert sorted(path.name[:12] for path in folder.iterdir()) == ["sketch-sm_10", "sketch-sm_90"]


def test_a_folder_that_cannot_be_used_is_gone_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert program.compiled("sm_90", Compiler()) == b"cubin"


def test_what_the_compiler_says_is_told_and_not_kept(folder: Any) -> None:
    with pytest.raises(RuntimeError, match="NVRTC: no memory"):
        program.compiled("sm_90", Compiler(fails=True))
    assert not folder.exists()


def test_a_launch_passes_the_table_itself_and_a_failure_is_told(folder: Any) -> None:
    launched = []

    def launch(kernel: Any, *rest: Any) -> Any:
        *shape, stream, arguments, extra = rest
        (address,) = (ctypes.c_void_p * 1).from_address(arguments)
        launched.append((kernel, shape, stream, ctypes.string_at(address, 4), extra))
        return (0 if len(launched) == 1 else SimpleNamespace(name="CUDA_ERROR_LAUNCH_FAILED"),)

    driver = SimpleNamespace(
        cuModuleLoadData=lambda binary: (0, binary),
        cuModuleGetFunction=lambda module, name: (0, (bytes(module), name)),
        cuLaunchKernel=launch,
    )
    loaded = program.Program("sm_90", driver, Compiler())
    loaded.launch(np.frombuffer(b"rows", "u1"), 264, 99)
    assert launched == [((b"cubin", b"sketch"), [264, 1, 1, 512, 1, 1, 0], 99, b"rows", 0)]
    with pytest.raises(RuntimeError, match="CUDA says CUDA_ERROR_LAUNCH_FAILED"):
        loaded.launch(np.frombuffer(b"rows", "u1"), 264, 99)


def test_a_device_is_given_few_entries_with_the_launch_and_many_in_its_memory(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[Any] = []
    loaded = SimpleNamespace(launch=lambda table, blocks, stream: launched.append((table.copy(), blocks, stream)))
    stream = SimpleNamespace(cuda_stream=99, query=lambda: True)
    fakes = SimpleNamespace(driver="driver", nvrtc="nvrtc")
    monkeypatch.setitem(sys.modules, "cuda", SimpleNamespace(bindings=fakes))
    monkeypatch.setitem(sys.modules, "cuda.bindings", fakes)
    monkeypatch.setattr("nbviz.capture.cuda.device.Program", lambda *how: (launched.append(how), loaded)[1])
    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device=None: stream)
    properties = SimpleNamespace(major=9, minor=0, multi_processor_count=132)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor.clone())
    device = CudaDevice(torch.device("cpu"))
    assert launched.pop() == ("sm_90", "driver", "nvrtc")
    assert (device.stream(), device.zeros(3).tolist()) == (stream, [0, 0, 0])
    entries = np.zeros(9, ENTRY)
    entries["size"], entries["step"], entries["address"] = 2**22, 1, 16
    device.launch(entries[:8].copy())
    ((table, blocks, on),) = launched
    assert (table["entries"].item(), table["many"].item(), blocks, on) == (8, 0, 264, 99)
    assert table["tiles"].item() == 8 * (2**22 // (4 * program.THREADS) + 1)
    assert table["few"][0]["begin"].tolist() == [2049 * i for i in range(8)]
    device.launch(entries)
    table, *_ = launched[1]
    assert table["entries"].item() == 9 and table["many"].item() != 0


def test_what_a_device_is_checked_with_has_every_kind_of_number() -> None:
    values = known()
    assert values.isnan().any() and values.isposinf().any() and values.isneginf().any() and (values == 0).sum() > 2
