"""Two JAX processes of two devices each that log arrays which they hold together; each writes down what it saw."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np

import nbviz
from nbviz.capture import processes
from nbviz.run import Run

DEVICES = 2
STEPS = 3
SPLITS: dict[str, tuple[str | None, ...]] = {
    "quarters": ("processes", "devices"),
    "rows": ("processes",),
    "devices": ("devices",),
    "copies": (),
}
"""How arrays are laid out: in which dimension over processes, or over the devices of each."""


def values(name: str, step: int = 0, shape: tuple[int, int] = (8, 6)) -> Any:
    seed = list(SPLITS).index(name) + 10 * step
    return 5 + np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def outputs() -> Any:
    """Of a batch of eight, of which no half has all units alive."""
    units = np.zeros((8, 4), np.float32)
    units[0, 1] = units[7, 2] = 1.0
    return units


def laid_out(array: Any, split: tuple[str | None, ...]) -> jax.Array:
    mesh = jax.sharding.Mesh(np.array(jax.devices()).reshape(-1, DEVICES), ("processes", "devices"))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*split))
    return jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])


def tree(step: int = 0) -> dict[str, Any]:
    return {name: laid_out(values(name, step), split) for name, split in SPLITS.items()} | {"numpy": np.ones(3)}


def logged() -> dict[str, Any]:
    run = Run(clock=lambda: 1.0)
    activations = {"batch": laid_out(outputs(), ("processes",)), "units": laid_out(outputs(), (None, "processes"))}
    for step in range(STEPS):
        updates = {name: laid_out(values(name) / 10, split) for name, split in SPLITS.items()}
        nbviz.log_tree(run, tree(step), tree(step), activations, updates, step=10 * step)
    return {
        "sketches": {tag: [each.sketch for each in run[tag]] for tag in run.tags("histogram")},
        "scalars": {tag: (run[tag].steps.tolist(), run[tag].values.tolist()) for tag in run.tags("scalar")},
        "problems": list(run.problems),
    }


def logged_by_the_first(rank: int) -> dict[str, Any]:
    """The second process logs the last step only."""
    run, store = Run(clock=lambda: 1.0), processes.store_of()
    weights = {"rows": laid_out(values("rows"), ("processes",))}
    for step in range(3):
        if rank == 0 and step == 2:
            store.wait_at_barrier("sent", 60_000)
        if rank == 0 or step == 2:
            nbviz.log_tree(run, weights, step=step)
    if rank:
        store.wait_at_barrier("sent", 60_000)
    return {
        "counts": [each.sketch.count for each in run["weights/rows"]] if run.tags() else [],
        "problems": list(run.problems),
    }


def fitted() -> dict[str, Any]:
    """What Keras's callback logs of a kernel that lies in both processes, and what the kernel was before."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    distribution = keras.distribution
    devices = distribution.DeviceMesh((1, 4), ["batch", "model"], distribution.list_devices("cpu"))
    layout = distribution.LayoutMap(devices)
    layout[".*kernel"] = (None, "model")
    distribution.set_distribution(distribution.ModelParallel(layout_map=layout, auto_shard_dataset=False))
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(8, use_bias=False, name="fc")], name="net")
    model.compile(keras.optimizers.SGD(0.1), "mse")
    pieces = [np.array(shard.data) for shard in model.weights[0].value.addressable_shards]
    run, ticks = Run(clock=lambda: 1.0), iter(range(10**9))
    # Each process takes capturing for another cost.
    clock = lambda: next(ticks) * (1 + 9 * jax.process_index())  # noqa: E731
    capture = nbviz.keras.Capture(run, every="auto", gradients=False, activations=False, budget=0.3, clock=clock)
    inputs, targets = np.random.default_rng(0).normal(size=(2, 40, 8)).astype(np.float32)
    model.fit(inputs[:, :3], targets, batch_size=4, epochs=3, verbose=0, callbacks=[capture])
    sketches = run["weights/net/fc/kernel"] if run.tags("histogram") else []
    return {
        "kernel": np.concatenate(pieces, axis=1),
        "sketches": [each.sketch for each in sketches],
        "updates": "updates/ratio/net/fc/kernel" in run,
        "every": capture.every,
        "problems": list(run.problems),
    }


def work(rank: int, address: str, folder: str) -> None:
    jax.config.update("jax_num_cpu_devices", DEVICES)
    jax.distributed.initialize(address, 2, rank)
    processes.PATIENCE = 60  # a busy machine is no matter of right and wrong
    found = {"sketched": nbviz.sketch_tree(tree()), "logged": logged(), "fitted": fitted()}
    processes.PATIENCE = 0.1
    found["alone"] = logged_by_the_first(rank)
    Path(folder, f"{rank}.pickle").write_bytes(pickle.dumps(found))
    jax.distributed.shutdown()


if __name__ == "__main__":
    work(int(sys.argv[1]), sys.argv[2], sys.argv[3])
