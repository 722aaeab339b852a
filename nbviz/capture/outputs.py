"""What the layers of a Keras model give. Keras has no hooks, so while the model runs their ``call`` is one of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from nbviz.capture.choice import Chosen

ENDS = {"sigmoid": (1 / 16, 15 / 16), "tanh": (-15 / 16, 15 / 16)}
"""From where on the outputs of an activation count as saturated: its slope is a quarter of its steepest, or less."""

Take = Callable[[str, Any, Any], None]
"""From the name of a layer, the layer and what it gave."""


def runs_eagerly(model: Any) -> bool:
    """Whether Keras trains a model operation by operation, so that outputs are arrays rather than parts of a graph."""
    backend = keras.backend.backend()
    return (backend == "torch" and not model.jit_compile) or (backend == "tensorflow" and bool(model.run_eagerly))


def layers_of(model: Any, chosen: Chosen) -> Iterator[tuple[str, Any]]:
    """The layers with an output of their own, by their paths: no inputs, and no models, which give what a layer did."""
    seen: Counter[str] = Counter()
    for each in model._flatten_layers(include_self=False):
        if isinstance(each, (keras.Model, keras.layers.InputLayer)):
            continue
        # What has no variables has no path.
        path = str(getattr(each, "path", None) or f"{model.name}/{each.name}")
        seen[path] += 1
        name = path if seen[path] == 1 else f"{path} ({seen[path]})"
        if chosen(name):
            yield name, each


def units_of(layer: Any, output: Any) -> int | None:
    """The dimension along which the units of an output lie; ``None`` where there is no batch of them."""
    if output.ndim < 2:
        return None
    return 1 if output.ndim > 2 and getattr(layer, "data_format", "") == "channels_first" else int(output.ndim) - 1


def ends_of(layer: Any) -> tuple[float, float] | None:
    """From where on the outputs of a layer are saturated; of a recurrent one its activation tells nothing."""
    if isinstance(layer, keras.layers.RNN):
        return None
    return ENDS.get(getattr(getattr(layer, "activation", None), "__name__", ""))


@contextmanager
def taken(layers: list[tuple[str, Any]], take: Take) -> Iterator[None]:
    """Within, whatever these layers give is taken."""
    try:
        for name, layer in layers:
            # Past what Keras and torch do when an attribute is set.
            layer.__dict__["call"] = _passing_on(layer.call, name, layer, take)
        yield
    finally:
        for _, layer in layers:
            layer.__dict__.pop("call", None)


def _passing_on(call: Callable[..., Any], name: str, layer: Any, take: Take) -> Callable[..., Any]:
    def passing_on(*args: Any, **kwargs: Any) -> Any:
        output = call(*args, **kwargs)
        take(name, layer, output)
        return output

    return passing_on


class Tap:
    """Takes what layers give whenever their model runs, until it is closed."""

    def __init__(self, model: Any, layers: list[tuple[str, Any]], take: Take) -> None:
        self._model, call = model, model.call

        def tapped(*args: Any, **kwargs: Any) -> Any:
            with taken(layers, take):
                return call(*args, **kwargs)

        model.__dict__["call"] = tapped

    def close(self) -> None:
        self._model.__dict__.pop("call", None)
