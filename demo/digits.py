"""A classifier of handwritten digits in plain numpy: small enough to read, quick enough to watch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

SIZES = (64, 64, 48, 32, 10)
BATCH = 32
RATE = 0.03
VALIDATE_EVERY = 20
CAPTURE_EVERY = 40


class Digits(NamedTuple):
    """Images of shape (n, 64) with values from 0 to 1, and the digit that each of them shows."""

    images: Array
    labels: Labels
    val_images: Array
    val_labels: Labels


def load() -> Digits:
    """scikit-learn's 1,797 digits of 8 x 8 pixels, a fifth of them kept for validation."""
    images, labels = load_digits(return_X_y=True)
    images, val_images, labels, val_labels = train_test_split(
        images / 16, labels, test_size=0.2, stratify=labels, random_state=0
    )
    return Digits(images, labels, val_images, val_labels)


class Network:
    """Fully connected layers, ReLU between them, softmax at the end, He initialisation."""

    def __init__(self, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.weights: list[Array] = [random.normal(0, np.sqrt(2 / m), (m, n)) for m, n in pairwise(sizes)]
        self.biases: list[Array] = [np.zeros(n) for n in sizes[1:]]

    def forward(self, images: Array) -> list[Array]:
        """What enters each layer, and at last the log-probability of each digit."""
        values = [images]
        for weights, biases in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values.append(np.maximum(values[-1] @ weights + biases, 0))
        scores = values[-1] @ self.weights[-1] + self.biases[-1]
        scores -= scores.max(axis=1, keepdims=True)
        return [*values, scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))]

    def backward(self, values: list[Array], labels: Labels) -> tuple[list[Array], list[Array]]:
        """The gradients of the mean cross-entropy: one array for each of ``weights`` and of ``biases``."""
        delta = np.exp(values[-1])
        delta[np.arange(len(labels)), labels] -= 1
        delta /= len(labels)
        for_weights, for_biases = [], []
        for layer in reversed(range(len(self.weights))):
            for_weights.append(values[layer].T @ delta)
            for_biases.append(delta.sum(axis=0))
            delta = delta @ self.weights[layer].T * (values[layer] > 0)
        return for_weights[::-1], for_biases[::-1]


class Step(NamedTuple):
    """What there is to log after a training step; see `training` for how often."""

    number: int
    metrics: dict[str, float]
    tensors: dict[str, Array]


def training(steps: int = 1800, seed: int = 0) -> Iterator[Step]:
    """Train a network and yield after every step.

    Parameters
    ----------
    steps : int
        Of one batch each.
    seed : int
        Of the initial weights and of the batches.

    Yields
    ------
    Step
        ``loss`` and ``accuracy`` of every batch, ``val_loss`` and ``val_accuracy`` every 20 steps, and every 40 steps
        the gradients and the weights of every layer.
    """
    digits, network, random = load(), Network(seed=seed), np.random.default_rng(seed)
    for step in range(steps):
        batch = random.choice(len(digits.labels), BATCH, replace=False)
        values = network.forward(digits.images[batch])
        gradients, bias_gradients = network.backward(values, digits.labels[batch])
        for parameter, gradient in zip(network.weights + network.biases, gradients + bias_gradients, strict=True):
            parameter -= RATE * gradient

        metrics = _metrics(values[-1], digits.labels[batch])
        if step % VALIDATE_EVERY == 0 or step == steps - 1:
            metrics |= _metrics(network.forward(digits.val_images)[-1], digits.val_labels, "val_")
        tensors = {}
        if step % CAPTURE_EVERY == 0 or step == steps - 1:
            tensors = _by_layer("gradients", gradients) | _by_layer("weights", network.weights)
        yield Step(step, metrics, tensors)


def _metrics(log_probabilities: Array, labels: Labels, prefix: str = "") -> dict[str, float]:
    """Mean cross-entropy, and the share of images whose digit was found."""
    return {
        f"{prefix}loss": float(-log_probabilities[np.arange(len(labels)), labels].mean()),
        f"{prefix}accuracy": float((log_probabilities.argmax(axis=1) == labels).mean()),
    }


def _by_layer(kind: str, tensors: list[Array]) -> dict[str, Array]:
    return {f"{kind}/layer{number}": tensor for number, tensor in enumerate(tensors, 1)}
