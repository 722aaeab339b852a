"""nbviz.keras.Capture: what layers give, in the training itself or of inputs that are given; on the torch backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.fitted import RATE, Stop, X, dense, fit, quiet_run  # isort: skip  # noqa: E402

import keras  # noqa: E402

import nbviz  # noqa: E402
from nbviz.notice import NbvizWarning  # noqa: E402
from tests.watched import Kept, same_counts  # noqa: E402


def deep() -> Any:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    inner = keras.Sequential([layers.Dense(4, activation="tanh", name="bent")], name="inner")
    model = keras.Sequential(
        [layers.Input((3,)), inner, layers.BatchNormalization(name="norm"), layers.ReLU(name="cut"),
         layers.Dropout(0.5, name="drop"), layers.Dense(3, name="out")], name="net",
    )  # fmt: skip
    model.compile(keras.optimizers.SGD(RATE), "mse")
    return model


def bent(model: Any, inputs: Any) -> Any:
    """What the first layer makes of inputs, by numpy alone."""
    kernel, bias = (each.value.detach().numpy() for each in model.layers[0].weights)
    return np.tanh(inputs @ kernel + bias)


def test_outputs_are_those_of_the_training_itself() -> None:
    model, run = deep(), Kept()
    model.layers[0].weights[1].assign([-9.0, 0.0, 0.0, 9.0])
    wanted = bent(model, X[:4])
    fit(model, nbviz.keras.Capture(run, weights=False, gradients=False), steps_per_epoch=1)
    names = ["net/inner/bent", "net/norm", "net/cut", "net/drop", "net/out"]
    assert list(run.sketches) == [f"activations/{name}" for name in names]
    assert run.last("activations/net/inner/bent").norm == pytest.approx(float(np.linalg.norm(wanted)))
    assert run.values("activations/saturated/net/inner/bent") == [np.mean(abs(wanted) >= 15 / 16).round(6)]
    normed = run.last("activations/net/norm")
    assert (normed.count, normed.mean) == (16, pytest.approx(0, abs=1e-6))  # by the batch's own mean
    assert run.last("activations/net/drop").zeros > run.last("activations/net/cut").zeros > 0
    assert 0 <= run.values("activations/dead/net/cut")[0] < 1
    assert run.problems == []


def test_of_inputs_that_are_given_the_outputs_are_those_of_an_evaluation() -> None:
    model, run = deep(), Kept()
    inputs = X[4:7]
    wanted = bent(model, inputs)
    fit(model, nbviz.keras.Capture(run, every=2, weights=False, gradients=False, activations=inputs))
    assert run.steps("activations/net/inner/bent") == [0, 2]
    assert run.sketches["activations/net/inner/bent"][0][1].norm == pytest.approx(float(np.linalg.norm(wanted)))
    drop, cut = (run.last(f"activations/net/{name}") for name in ("drop", "cut"))
    assert same_counts(drop, [0.0] * 12) or (drop.zeros, drop.sum) == (cut.zeros, cut.sum)
    assert run.problems == []


@pytest.mark.parametrize("activations", [True, X[:2]])
def test_training_is_bit_for_bit_what_it_is_without(activations: Any) -> None:
    fit(plain := deep(), epochs=2)
    fit(watched := deep(), nbviz.keras.Capture(quiet_run(), every=1, activations=activations), epochs=2)
    for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not any("call" in vars(each) for each in (watched, *watched._flatten_layers()))


def test_after_an_interrupt_nothing_of_ours_stays_in_the_model_once_it_trains_again() -> None:
    model, capture = deep(), nbviz.keras.Capture(quiet_run(), every=1)
    with pytest.raises(KeyboardInterrupt):
        fit(model, capture, Stop())
    fit(model, capture)
    assert not any("call" in vars(each) for each in (model, *model._flatten_layers()))


def test_inputs_that_the_model_does_not_take_are_told_of_and_the_rest_is_captured() -> None:
    run = quiet_run()
    with pytest.warns(NbvizWarning, match="What layers make of the inputs given cannot be captured"):
        fit(dense(), nbviz.keras.Capture(run, every=1, activations=X[:, :2]))
    assert len(run.problems) == 1
    assert run.tags("histogram") == ["weights/net/fc/kernel", "gradients/net/fc/kernel"]


def test_a_compiled_step_hands_out_no_outputs() -> None:
    model, capture = dense(), nbviz.keras.Capture(quiet_run())
    model.jit_compile = True
    capture.set_model(model)
    with pytest.warns(NbvizWarning, match="Activations are not captured: Keras on torch computes them within a comp"):
        capture.on_train_begin()
