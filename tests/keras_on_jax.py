"""Trains with Capture on Keras's JAX backend, which a process chooses once, and prints what a run has then."""

from __future__ import annotations

import json
import os
import sys
import warnings

os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
warnings.simplefilter("ignore")

import keras  # noqa: E402
import numpy as np  # noqa: E402

import nbviz  # noqa: E402

RATE = 0.1


def trained(given: bool = False, **options: object) -> dict[str, object]:
    """What a run has after two epochs of seven batches."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, use_bias=False, name="fc")], name="net")
    model.compile(keras.optimizers.SGD(RATE), "mse", **options)
    kernel = np.array(model.weights[0].value)
    x, y = np.random.default_rng(0).normal(size=(2, 28, 3)).astype("float32")
    run = nbviz.Run(clock=lambda: 1.0)
    capture = nbviz.keras.Capture(run, every=1, gradients=not given, activations=x[:3] if given else True)
    model.fit(x, y[:, :2], batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[capture])
    gradient = 2 * x[:4].T @ (x[:4] @ kernel - y[:4, :2]) / 8
    return {
        "histograms": {tag: run[tag].steps.tolist() for tag in run.tags("histogram")},
        "steps": {tag: run[tag].steps.tolist() for tag in run.tags("scalar")},
        "first": {tag: run[tag].values[0].item() for tag in run.tags("scalar")},
        "output": float(np.linalg.norm(x[:3] @ kernel)),
        "norm": float(np.linalg.norm(kernel)),
        "ratio": float(RATE * np.linalg.norm(gradient) / np.linalg.norm(kernel)),
        "count": run["weights/net/fc/kernel"][0].sketch.count,
        "problems": list(run.problems),
        "waits": not keras.callbacks.CallbackList([capture])._async_train,
    }


def sharded() -> dict[str, object]:
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    return trained()


found = {
    "one": trained(),
    "several": trained(steps_per_execution=3),
    "given": trained(given=True),
    "sharded": sharded(),
}
json.dump(found, sys.stdout)
