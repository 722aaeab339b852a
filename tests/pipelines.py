"""Models that two processes train in stages, for tests/test_pipelines.py; what one process alone has is the oracle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.pipelining import PipelineStage, ScheduleGPipe, ScheduleInterleaved1F1B

import nbviz
from tests.watched import Kept

SIZE = 2
STEPS = 3
CHUNKS = 2


def block(width: int = 3, wider: int = 3) -> nn.Sequential:
    """All of one shape are alike, to the last bit."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(width, wider), nn.Tanh())


def batch(step: int, width: int = 3) -> torch.Tensor:
    return torch.randn(4, width, generator=torch.Generator().manual_seed(step))


def half_of_mean(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (output - target).square().mean()


def alone(layers: Sequence[nn.Sequential], names: Sequence[str], chunks: int = CHUNKS) -> dict[str, list[torch.Tensor]]:
    """What one process has of each layer's linear part when it trains all of them: by tag, a tensor a step."""
    model, found, outputs = nn.Sequential(*layers), defaultdict(list), defaultdict(list)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for layer, name in zip(layers, names, strict=True):
        layer[0].register_forward_hook(lambda module, args, output, name=name: outputs[name].append(output.detach()))
    for step in range(STEPS):
        optimizer.zero_grad()
        output = layers[-1][0].out_features
        for inputs, target in zip(batch(step).chunk(chunks), batch(step, output).chunk(chunks), strict=True):
            (half_of_mean(model(inputs), target) / chunks).backward()
        for layer, name in zip(layers, names, strict=True):
            found[f"weights/{name}.weight"].append(layer[0].weight.detach().clone())
            found[f"gradients/{name}.weight"].append(layer[0].weight.grad.clone())
            found[f"activations/{name}"].append(torch.cat(outputs.pop(name)))
        optimizer.step()
    return dict(found)


def together(model: nn.Module, step: Callable[[int], Any], watches: bool = True) -> dict[str, Any]:
    """Train the part of a model that this process has, and return what its run has then."""
    run, optimizer = Kept(), torch.optim.SGD(model.parameters(), 0.1)
    watch = nbviz.watch(model, run, every=1) if watches else None
    for number in range(STEPS):
        optimizer.zero_grad()
        step(number)
        optimizer.step()
        run.log(loss=1.0)
    if watch is not None:
        watch.remove()
    return {"sketches": {tag: [each for _, each in kept] for tag, kept in run.sketches.items()},
            "problems": list(run.problems)}  # fmt: skip


def scheduled(rank: int, layers: Sequence[nn.Sequential]) -> Callable[[int], Any]:
    """A step of the stages that a process has: every second one. They are made when the first step is."""
    schedules: list[Any] = []

    def step(number: int) -> None:
        if not schedules:
            indices, device = range(rank, SIZE * len(layers), SIZE), torch.device("cpu")
            stages = [
                PipelineStage(layer, at, SIZE * len(layers), device) for layer, at in zip(layers, indices, strict=True)
            ]
            kind = ScheduleGPipe if len(stages) == 1 else ScheduleInterleaved1F1B
            schedules.append(kind(stages[0] if len(stages) == 1 else stages, CHUNKS, loss_fn=half_of_mean))
        if rank == 0:
            schedules[0].step(batch(number))
        else:
            schedules[0].step(target=batch(number))

    return step


def alike(rank: int) -> dict[str, Any]:
    """Stages that differ by their number alone."""
    layer = block()
    return together(layer, scheduled(rank, [layer]))


def named(rank: int) -> dict[str, Any]:
    """Stages that keep the names which their layers have in the whole model."""
    model = nn.Sequential(block(), block())[rank : rank + 1]
    return together(model, scheduled(rank, [model[0]]))


def interleaved(rank: int) -> dict[str, Any]:
    """Two stages in each process."""
    layers = nn.ModuleList([block(), block()])
    return together(layers, scheduled(rank, list(layers)))


def by_hand(rank: int) -> dict[str, Any]:
    """A pipeline that torch knows nothing of."""
    layer = block(3, 5) if rank == 0 else block(5, 2)

    def step(number: int) -> None:
        between, gradient = torch.zeros(4, 5, requires_grad=True), torch.zeros(4, 5)
        if rank == 0:
            output = layer(batch(number))
            dist.send(output.detach(), 1)
            dist.recv(gradient, 1)
            output.backward(gradient)
        else:
            dist.recv(between.detach(), 0)
            half_of_mean(layer(between), batch(number, 2)).backward()
            dist.send(between.grad, 0)

    return together(layer, step)


def unwatched(rank: int) -> dict[str, Any]:
    """Only the second process watches."""
    layer = block()
    return together(layer, scheduled(rank, [layer]), watches=rank == 1)


# Watches are told apart by their order, so that of one process alone comes last.
SCENES = (alike, named, interleaved, by_hand, unwatched)
