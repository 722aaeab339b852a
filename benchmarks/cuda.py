"""What capturing costs on a CUDA device, beside its bandwidth and what peers do there. Run it where there is one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from time import perf_counter
from typing import Any

from benchmarks.measure import Row, arguments, interleaved, print_table, seconds

Shapes = list[tuple[int, ...]]


def gpt2() -> Shapes:
    """GPT-2 small, 124 million parameters."""
    block = [(768,), (768,), (2304, 768), (2304,), (768, 768), (768,), (768,), (768,)]
    block += [(3072, 768), (3072,), (768, 3072), (768,)]
    return [(50257, 768), (1024, 768), *(12 * block), (768,), (768,)]


def llama() -> Shapes:
    """Llama 3.2 with 1.2 billion parameters."""
    block: Shapes = [(2048, 2048), (512, 2048), (512, 2048), (2048, 2048)]
    block += [(8192, 2048), (8192, 2048), (2048, 8192), (2048,), (2048,)]
    return [(128256, 2048), *(16 * block), (2048,)]


def resnet50() -> Shapes:
    """ResNet-50, 25.6 million parameters."""

    def convolution(into: int, out: int, size: int) -> Iterator[tuple[int, ...]]:
        yield from ((out, into, size, size), (out,), (out,))

    shapes = [*convolution(3, 64, 7)]
    into = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            shapes += [*convolution(into, width, 1), *convolution(width, width, 3), *convolution(width, 4 * width, 1)]
            shapes += [*convolution(into, 4 * width, 1)] * (block == 0)
            into = 4 * width
    return [*shapes, (1000, 2048), (1000,)]


SETS: dict[str, tuple[Callable[[], Shapes], str, float]] = {
    "GPT-2 small, float32": (gpt2, "float32", 85),
    "Llama 1.2B, bfloat16": (llama, "bfloat16", 85),
    "ResNet-50, float32": (resnet50, "float32", 55),
}
"""Weights and gradients of a model, and the share of the bandwidth that is wanted."""


def taken(work: Callable[[], Any], times: int = 5) -> float:
    """Seconds of the device."""
    import torch

    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    for _ in range(times):
        work()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) / 1e3 / times


def bandwidth(rounds: int) -> float:
    """Bytes a second that torch reads where it does little else."""
    import torch

    line = torch.ones(1 << 30, device="cuda")
    ways = {"sum": line.sum, "amax": line.amax}
    return line.nbytes / min(interleaved({name: partial(taken, way) for name, way in ways.items()}, rounds).values())


def tensors_of(shapes: Shapes, dtype: str) -> list[Any]:
    """Weights and as many gradients."""
    import torch

    kind = getattr(torch, dtype)
    return [torch.randn(shape, device="cuda", dtype=kind) * size for size in (0.02, 1e-4) for shape in shapes]


def our_way(tensors: list[Any]) -> Callable[[], Any]:
    import torch

    from nbviz.capture.cuda.device import CudaDevice
    from nbviz.capture.cuda.sketcher import CudaSketcher
    from nbviz.capture.sketchers import Wanted

    sketcher = CudaSketcher(CudaDevice(torch.device("cuda", torch.cuda.current_device())))
    wanted = [Wanted(i, tensor) for i, tensor in enumerate(tensors)]
    sketcher.start(wanted)
    assert len(sketcher.collect(wait=True)) == len(tensors)

    def capture() -> None:
        sketcher.start(wanted)
        sketcher.collect()

    return capture


def histc(tensors: list[Any]) -> None:
    """64 bins of each; torch has none of bfloat16 there."""
    for tensor in tensors:
        tensor.float().histc(64)


def wandb(tensors: list[Any]) -> None:
    """As wandb.watch counts: finite values, their extremes on the host, 64 bins between them."""
    import torch

    for tensor in tensors:
        flat = tensor.reshape(-1).float()
        flat = flat[torch.isfinite(flat)]
        low, high = flat.min().item(), flat.max().item()
        flat.histc(64, low, high).cpu().tolist()
        torch.linspace(low, high, 65).tolist()


def add_histogram(writer: Any, tensors: list[Any]) -> None:
    for i, tensor in enumerate(tensors):
        writer.add_histogram(str(i), tensor.float(), 0)


def captures(quick: bool, rounds: int) -> Iterator[Row]:
    import torch
    from torch.utils.tensorboard import SummaryWriter

    most = bandwidth(rounds)
    yield Row("reading 4 GiB by torch", f"{most / 1e9:,.0f} GB/s")
    for name, (shapes, dtype, share) in list(SETS.items())[2 if quick else 0 :]:
        tensors = tensors_of(shapes(), dtype)
        size = sum(tensor.nbytes for tensor in tensors)
        with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
            ways = {"ours": our_way(tensors), "histc": partial(histc, tensors), "wandb": partial(wandb, tensors)}
            found = interleaved({way: partial(taken, work) for way, work in ways.items()}, rounds)
            found["add_histogram"] = taken(partial(add_histogram, writer, tensors), 1)
        ours = found.pop("ours")
        yield Row(f"{name}, {size / 1e9:.2f} GB", seconds(ours), "", 100 * size / ours / most, share, unit="%")
        for peer, bound in (("histc", 60), ("wandb", 1000), ("add_histogram", 5000)):
            yield Row(f"  against {peer}", "", seconds(found[peer]), found[peer] / ours, bound)
        del tensors, ways
        torch.cuda.empty_cache()


class Training:
    """A GPT-2 small that learns nothing, and whatever captures it."""

    def __init__(self, **options: Any) -> None:
        import torch
        from torch import nn

        import nbviz

        torch.manual_seed(0)
        layer = nn.TransformerEncoderLayer(768, 12, 3072, dropout=0.0, batch_first=True, norm_first=True)
        self.model = nn.Sequential(
            nn.Embedding(50257, 768),
            nn.TransformerEncoder(layer, 12, enable_nested_tensor=False),
            nn.Linear(768, 50257),
        ).cuda()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), 1e-4)
        self.tokens = torch.randint(50257, (8, 1025), device="cuda")
        self.run = nbviz.Run()
        self.stack = ExitStack()
        if options:
            self.stack.enter_context(nbviz.watch(self.model, self.run, **options))

    def step(self) -> None:
        import torch
        from torch.nn.functional import cross_entropy

        self.optimizer.zero_grad()
        with torch.autocast("cuda", torch.bfloat16):
            logits = self.model(self.tokens[:, :-1])
            loss = cross_entropy(logits.flatten(0, 1), self.tokens[:, 1:].flatten())
        loss.backward()
        self.optimizer.step()
        self.run.log(loss=loss)

    def seconds(self) -> float:
        """A step, of ten in a row: outputs are captured in one of them."""
        return taken(self.step, 10)


def steps(rounds: int) -> Iterator[Row]:
    ways: dict[str, dict[str, Any]] = {
        "bare": {},
        "parameters": {"every": 1, "activations": False},
        "all": {"every": 10},
    }
    trainings = {name: Training(**options) for name, options in ways.items()}
    for training in trainings.values():
        training.seconds()
    found = interleaved({name: training.seconds for name, training in trainings.items()}, rounds)
    bare = found["bare"]
    yield Row("a step of GPT-2 small, 8 x 1,024 tokens", "", seconds(bare))
    for name, what, bound in (
        ("parameters", "  slower by weights and gradients, every step", 0.6),
        ("all", "  slower by weights, gradients and outputs, every 10", 0.35),
    ):
        more = 100 * (found[name] / bare - 1)
        yield Row(what, seconds(max(0, found[name] - bare)), "", more, bound, at_most=True, unit="%")
    yield Row("synchronisations of 30 such steps", "", "", waits(trainings["all"]), 0, at_most=True, unit="")
    for training in trainings.values():
        training.stack.close()


def waits(training: Training) -> float:
    """Whether anything waits for the device: torch raises, and what is captured reports what was raised."""
    import torch

    said = len(training.run.problems)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(30):
            training.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return float(len(training.run.problems) - said)


def on_the_host(rounds: int) -> Iterator[Row]:
    """What the thread that trains spends, while the device works on its own."""
    import torch

    import nbviz

    capture = our_way([torch.randn(64, 64, device="cuda") for _ in range(300)])
    run, scalar = nbviz.Run(), torch.ones((), device="cuda", requires_grad=True) * 2

    def timed(work: Callable[[], Any], times: int) -> float:
        torch.cuda.synchronize()
        start = perf_counter()
        for _ in range(times):
            work()
        return (perf_counter() - start) / times

    found = interleaved(
        {
            "capture": partial(timed, capture, 1),
            "float": partial(timed, lambda: run.log(loss=0.5), 1000),
            "scalar": partial(timed, lambda: run.log(loss=scalar), 1000),
        },
        3 * rounds,
    )
    yield Row("host time of a capture of 300 tensors", "", "", 1e6 * found["capture"], 110, at_most=True, unit="µs")
    more = 1e6 * (found["scalar"] - found["float"])
    yield Row("log() of a CUDA scalar, more than of a float", "", seconds(found["float"]), more, 1, True, "µs")


def main() -> None:
    quick = arguments(__doc__).quick
    import torch

    if not torch.cuda.is_available():
        print("There is no CUDA device here, so nothing of benchmarks.cuda was measured.\n")
        return
    rounds = 2 if quick else 9
    rows = [*captures(quick, rounds), *on_the_host(rounds), *([] if quick else steps(rounds))]
    title = f"Capturing on {torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"
    print_table(title, rows, "torch", "tensorboard", "cuda-bindings")


if __name__ == "__main__":
    main()
