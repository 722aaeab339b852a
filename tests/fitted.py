"""What the tests of Keras on torch share: a model, a callback that stops, and how they train."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "torch"

import keras

from nbviz.run import Run

RATE = 0.1
X, Y = np.random.default_rng(0).normal(size=(2, 12, 3)).astype(np.float32)


def dense(optimizer: Any = None) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(3, use_bias=False, name="fc")], name="net")
    model.compile(optimizer or keras.optimizers.SGD(RATE), "mse")
    return model


def fit(model: Any, *callbacks: Any, epochs: int = 1, **options: Any) -> None:
    model.fit(X, Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks), **options)


def quiet_run() -> Run:
    return Run(clock=lambda: 1.0)


class Stop(keras.callbacks.Callback):  # type: ignore[misc]
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        raise KeyboardInterrupt
