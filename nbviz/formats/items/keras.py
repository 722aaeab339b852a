"""Keras models as JSON: their layers, and which feeds which."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple


class Layer(NamedTuple):
    """A layer: its name, below the names of the models it is in; its class; the layers that feed it; its settings."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    settings: tuple[str, ...]


def keras_layers(encoded: bytes) -> list[Layer]:
    """List the layers of a Keras model (of version 2 or 3), those of models within it after the model's own.

    Raises
    ------
    ValueError
        If this is no model.
    """
    try:
        return list(_walk(json.loads(encoded), ""))
    except RecursionError:
        raise ValueError("the Keras model is nested too deeply; .encoded has its JSON") from None
    except (ValueError, AttributeError, TypeError, LookupError) as error:
        raise ValueError(f"the Keras model is malformed ({error}); .encoded has its JSON") from None


def _walk(model: Any, scope: str) -> Iterator[Layer]:
    settings = model["config"] if isinstance(model.get("config"), dict) else {}
    layers = settings.get("layers", ())
    sequential = not any(layer.get("inbound_nodes") for layer in layers)
    previous: tuple[str, ...] = ()
    for layer in layers:
        config = layer["config"] if isinstance(layer.get("config"), dict) else {}
        name = scope + str(config.get("name") or layer.get("name") or layer.get("class_name", ""))
        inputs = tuple(scope + feeder for feeder in dict.fromkeys(_feeders(layer.get("inbound_nodes"))))
        yield Layer(name, str(layer.get("class_name", "")), inputs or previous, tuple(map(str, config)))
        if config.get("layers"):
            yield from _walk(layer, name + "/")
        previous = (name,) if sequential else ()


def _feeders(nodes: Any) -> Iterator[str]:
    """Names of layers in ``inbound_nodes``: lists that start with a name in Keras 2, a ``keras_history`` in Keras 3."""
    if isinstance(nodes, dict):
        for key, value in nodes.items():
            if key == "keras_history":
                yield str(value[0])
            else:
                yield from _feeders(value)
    elif isinstance(nodes, list):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and isinstance(nodes[1], int):
            yield nodes[0]
            return
        for node in nodes:
            yield from _feeders(node)
