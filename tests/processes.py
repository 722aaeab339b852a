"""Two processes that train together and write down what each saw; what they do for tests/test_ranks.py."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.nn.parallel import DistributedDataParallel

import nbviz
from tests.watched import Kept
from tests.web import free_port

SIZE = 2
STEPS = 3

Scene = Callable[[int], dict[str, Any]]


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 7), nn.ReLU(), nn.Linear(7, 2))


def batch(rank: int, step: int) -> torch.Tensor:
    return torch.randn(4 + rank, 3, generator=torch.Generator().manual_seed(10 * step + rank))


def trained(model: nn.Module, layer: nn.Module, run: Kept, rank: int, **options: Any) -> dict[str, Any]:
    """Train a watched model, and keep what torch itself says: outputs of this process, weights and gradients of all."""
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    seen: dict[str, list[torch.Tensor]] = {"outputs": [], "weights": [], "gradients": []}
    layer.register_forward_hook(lambda module, args, output: seen["outputs"].append(output.detach().clone()))
    with nbviz.watch(model, run, **{"every": 1, **options}):
        for step in range(STEPS):
            optimizer.zero_grad()
            model(batch(rank, step)).square().mean().backward()
            seen["weights"].append(whole(layer.weight))
            seen["gradients"].append(whole(layer.weight.grad))
            optimizer.step()
            run.log(loss=1.0)
        # The last parts of the second process have come before the first stops watching, or soon after.
    return {
        "sketches": {
            tag: [(step, sketch) for step, (_, sketch) in zip(run.steps(tag), sketches, strict=True)]
            for tag, sketches in run.sketches.items()
        },
        "tags": run.tags(),
        "problems": list(run.problems),
        "dead": _dead(run),
        **seen,
    }


def _dead(run: Kept) -> list[float]:
    return run.values("activations/dead/1") if "activations/dead/1" in run else []


def whole(tensor: Any) -> torch.Tensor:
    if tensor is None or tensor.dim() == 1:  # the part of a weight that FSDP1 left this process with, if any
        parts: list[Any] = [None] * SIZE
        dist.all_gather_object(parts, torch.empty(0) if tensor is None else tensor.detach().clone())
        return torch.cat(parts)
    tensor = tensor.detach()
    return (tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor).clone()


def replicated(rank: int) -> dict[str, Any]:
    model = net()
    return trained(DistributedDataParallel(model), model[0], Kept(), rank)


def sharded(rank: int) -> dict[str, Any]:
    model = net()
    for layer in (model[0], model[2], model):
        fully_shard(layer)
    return trained(model, model[0], Kept(), rank)


def copied(rank: int) -> dict[str, Any]:
    """As DTensors of which every process has all."""
    model = net()
    mesh = init_device_mesh("cpu", (SIZE, 1), mesh_dim_names=("copies", "shards"))
    for layer in (model[0], model[2], model):
        fully_shard(layer, mesh=mesh)
    return trained(model, model[0], Kept(), rank)


def flattened(rank: int) -> dict[str, Any]:
    model = net()
    sharded = FullyShardedDataParallel(model, use_orig_params=True, device_id=torch.device("cpu"))
    return trained(sharded, model[0], Kept(), rank)


def alone(rank: int) -> dict[str, Any]:
    """Only the first process watches."""
    model, run = net(), Kept()
    parallel = DistributedDataParallel(model)
    if rank == 0:
        return trained(parallel, model[0], run, rank)
    for step in range(STEPS):
        parallel(batch(rank, step)).square().mean().backward()
        parallel.zero_grad()
    return {}


def measured(rank: int) -> dict[str, Any]:
    """Each process measures another cost, and all capture the same steps."""
    model, run = net(), Kept()
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    ticks = iter(range(10**9))
    with nbviz.watch(parallel, run, every="auto", budget=0.3, clock=lambda: next(ticks) * (1 + 9 * rank)) as watch:
        captured = []
        for step in range(60):
            parallel(batch(rank, step)).square().mean().backward()
            optimizer.step()
            captured.append(watch._meter.captured)
            run.log(loss=1.0)
    return {"captured": captured, "every": watch.every, "steps": run.steps("activations/0"), "counts": [
        sketch.count for _, sketch in run.sketches["activations/0"]]}  # fmt: skip


# Watches are told apart by their order, so that of one process alone comes last.
SCENES = (replicated, sharded, copied, flattened, measured, alone)


def work(rank: int, scenes: Sequence[Scene], port: int, folder: str) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=SIZE)
    found = {}
    for scene in scenes:
        found[scene.__name__] = scene(rank)
        dist.barrier()
    Path(folder, f"{rank}.pickle").write_bytes(pickle.dumps(found))
    dist.barrier()
    dist.destroy_process_group()


def spawned(scenes: Sequence[Scene], folder: Path) -> list[dict[str, Any]]:
    """What each process saw, by the name of the scene."""
    port = free_port()
    torch.multiprocessing.spawn(work, args=(scenes, port, str(folder)), nprocs=SIZE)
    return [pickle.loads(Path(folder, f"{rank}.pickle").read_bytes()) for rank in range(SIZE)]
