"""nbviz.keras.Capture: on the torch backend here, on that of JAX in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402

import nbviz  # noqa: E402
from nbviz.notice import NbvizWarning  # noqa: E402
from nbviz.run import Run  # noqa: E402
from tests.fitted import RATE, Stop, X, Y, dense, fit, quiet_run  # noqa: E402
from tests.watched import Kept, same_counts  # noqa: E402


def kernel_of(model: Any) -> Any:
    return model.weights[0].value.detach().clone()


def gradient(kernel: Any, batch: int = 0) -> Any:
    """The gradient of the mean squared error, by torch alone."""
    kernel = kernel.clone().requires_grad_()
    x, y = (torch.as_tensor(each[4 * batch : 4 * batch + 4]) for each in (X, Y))
    return torch.autograd.grad((x @ kernel - y).square().mean(), kernel)[0]


# What is captured


def test_weights_are_those_before_the_step_and_gradients_those_of_it() -> None:
    model, run = dense(), Kept()
    before = kernel_of(model)
    fit(model, nbviz.keras.Capture(run), steps_per_epoch=1)
    wanted = gradient(before)
    assert same_counts(run.last("weights/net/fc/kernel"), before)
    assert run.last("gradients/net/fc/kernel").norm == pytest.approx(float(wanted.norm()))
    assert run["gradients/norm/net/fc/kernel"].values[0] == pytest.approx(float(wanted.norm()))
    assert run["gradients/ratio/net/fc/kernel"].values[0] == pytest.approx(float(wanted.norm() / before.norm()))
    assert run["updates/ratio/net/fc/kernel"].values[0] == pytest.approx(float(RATE * wanted.norm() / before.norm()))


def test_tags_are_the_paths_of_all_weights_and_of_what_is_trained() -> None:
    run = quiet_run()
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((3,)), layers.Dense(4, name="still"), layers.BatchNormalization(name="norm"), layers.Dense(3)],
        name="net",
    )
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    fit(model, nbviz.keras.Capture(run))
    trained = ["net/norm/gamma", "net/norm/beta"] + [
        f"net/{model.layers[2].name}/{each}" for each in ("kernel", "bias")
    ]
    other = ["net/still/kernel", "net/still/bias", "net/norm/moving_mean", "net/norm/moving_variance"]
    assert {tag for tag in run.tags("histogram") if tag.startswith("gradients/")} == {
        f"gradients/{name}" for name in trained
    }
    assert {tag for tag in run.tags("histogram") if tag.startswith("weights/")} == {
        f"weights/{name}" for name in trained + other
    }
    assert {tag for tag in run.tags("histogram") if tag.startswith("activations/")} == {
        f"activations/net/{layer.name}" for layer in model.layers
    }
    assert run.problems == []


class Twice(keras.Model):  # type: ignore[misc]
    """Has two layers of one name."""

    def __init__(self) -> None:
        super().__init__(name="net")
        self.one, self.two = (keras.layers.Dense(3, use_bias=False, name="fc") for _ in range(2))

    def call(self, inputs: Any) -> Any:
        return self.two(self.one(inputs))


def test_of_two_variables_or_layers_with_one_path_the_second_has_a_number() -> None:
    model, run = Twice(), quiet_run()
    model.compile("sgd", "mse")
    fit(model, nbviz.keras.Capture(run, gradients=False))
    names = ["weights/net/fc/kernel", "weights/net/fc/kernel (2)", "activations/net/fc", "activations/net/fc (2)"]
    assert run.tags("histogram") == names


def test_patterns_choose_among_paths_and_kinds_can_be_left_out() -> None:
    run = quiet_run()
    fit(dense(), nbviz.keras.Capture(run, gradients=False, activations=False, metrics=False, exclude="bias"))
    assert {tag.partition("/")[0] for tag in run} == {"weights", "updates"}
    run = quiet_run()
    fit(dense(), nbviz.keras.Capture(run, weights=False, activations=False, metrics=False))
    assert {tag.partition("/")[0] for tag in run} == {"gradients"}
    run = quiet_run()
    fit(dense(), nbviz.keras.Capture(run, weights=False, gradients=False, metrics=False))
    assert {tag.partition("/")[0] for tag in run} == {"activations"}


def test_a_loss_scale_is_taken_off_the_gradients() -> None:
    fixed, dynamic = keras.optimizers.SGD(RATE), keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(RATE))
    fixed.loss_scale_factor = 256.0
    dynamic.initial_scale, dynamic.dynamic_growth_steps = 256.0, 1
    for optimizer in (fixed, dynamic):
        model, run = dense(optimizer), quiet_run()
        before = kernel_of(model)
        fit(model, nbviz.keras.Capture(run), steps_per_epoch=1)
        wanted = float(gradient(before).norm())
        assert run["gradients/norm/net/fc/kernel"].values[0] == pytest.approx(wanted, rel=1e-5)


def test_a_step_that_the_optimizer_skips_has_no_gradients_and_is_no_alarm() -> None:
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(RATE))
    optimizer.initial_scale = 3e38
    run = quiet_run()
    fit(dense(optimizer), nbviz.keras.Capture(run, every=1), epochs=3)
    weights, gradients = (run[f"{what}/net/fc/kernel"].steps.tolist() for what in ("weights", "gradients"))
    assert weights == list(range(9))
    updates = run["updates/ratio/net/fc/kernel"]
    assert gradients == updates.steps[updates.values > 0].tolist()
    assert 0 < len(gradients) < 9
    assert run.problems == []


def test_bfloat16_is_captured_as_it_is() -> None:
    keras.config.set_dtype_policy("bfloat16")
    try:
        model, run = dense(), Kept()
        before = kernel_of(model)
        fit(model, nbviz.keras.Capture(run), steps_per_epoch=1)
    finally:
        keras.config.set_dtype_policy("float32")
    assert before.dtype == torch.bfloat16
    assert same_counts(run.last("weights/net/fc/kernel"), before)
    assert run.last("gradients/net/fc/kernel").count == 9


# When it is captured


def test_steps_are_counted_on_over_epochs_and_trainings() -> None:
    model, run = dense(), quiet_run()
    capture = nbviz.keras.Capture(run, every=2)
    fit(model, capture, epochs=2)
    fit(model, capture)
    assert run["weights/net/fc/kernel"].steps.tolist() == [0, 2, 4, 6, 8]
    assert run["loss"].steps.tolist() == [2, 5, 8]
    assert run["gradients/net/fc/kernel"].steps.tolist() == [0, 2, 4, 6, 8]


def test_a_model_that_was_trained_before_is_counted_on() -> None:
    model, run = dense(), quiet_run()
    fit(model, epochs=2)
    fit(model, nbviz.keras.Capture(run))
    assert run["weights/net/fc/kernel"].steps.tolist() == [6]


def test_a_run_that_has_steps_is_counted_on() -> None:
    run = quiet_run()
    run.log(loss=1.0, step=99)
    fit(dense(), nbviz.keras.Capture(run))
    assert run["weights/net/fc/kernel"].steps.tolist() == [100]


def test_metrics_of_an_epoch_are_logged_at_its_last_step() -> None:
    model, run = dense(), quiet_run()
    fit(model, nbviz.keras.Capture(run), epochs=2, validation_data=(X, Y))
    assert run["loss"].steps.tolist() == run["val_loss"].steps.tolist() == [2, 5]
    assert run["val_loss"].values.tolist() == pytest.approx(model.history.history["val_loss"])
    fit(dense(), nbviz.keras.Capture(silent := quiet_run(), metrics=False))
    assert "loss" not in silent


class Log(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs by itself, at steps that only it knows."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run, self.step = run, 1000

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.run.log(loss=1.0, step=self.step)
        self.step += 100


def test_captures_stand_at_the_steps_of_whoever_else_logs() -> None:
    run = quiet_run()
    fit(dense(), nbviz.keras.Capture(run, every=2, metrics=False), Log(run), epochs=2)
    assert run["weights/net/fc/kernel"].steps.tolist() == [1000, 1200, 1400]
    assert run["gradients/norm/net/fc/kernel"].steps.tolist() == [1000, 1200, 1400]


class Swap(keras.callbacks.Callback):  # type: ignore[misc]
    """Validates with other weights, as averages over steps are used."""

    def on_test_begin(self, logs: Any = None) -> None:
        self.kept = self.model.get_weights()
        self.model.set_weights([each * 100 for each in self.kept])

    def on_test_end(self, logs: Any = None) -> None:
        self.model.set_weights(self.kept)


def test_weights_put_in_for_a_validation_are_no_update() -> None:
    run = quiet_run()
    fit(dense(), nbviz.keras.Capture(run, every=1), Swap(), epochs=2, validation_data=(X, Y))
    assert run["updates/ratio/net/fc/kernel"].values.max() < 1


# What goes wrong


class Broken(Run):
    def log_sketch(self, tag: str, sketch: Any, step: int | None = None) -> None:
        raise MemoryError("no room")


def test_whatever_goes_wrong_is_reported_once_and_training_goes_on() -> None:
    model, run = dense(), Broken()
    with pytest.warns(NbvizWarning, match=r"A step cannot be captured \(MemoryError: no room\); training") as told:
        fit(model, nbviz.keras.Capture(run, every=1), epochs=2)
    assert len([each for each in told if each.category is NbvizWarning]) == 1
    assert int(model.optimizer.iterations.value) == 6
    assert len(run["loss"]) == 2


def test_after_an_interrupt_the_next_training_is_captured() -> None:
    model, run = dense(), quiet_run()
    capture = nbviz.keras.Capture(run, every=1, metrics=False)
    with pytest.raises(KeyboardInterrupt):
        fit(model, capture, Stop())
    fit(model, capture)
    assert run["gradients/net/fc/kernel"].steps.tolist() == [1, 2, 3]
    assert run.problems == []


def test_the_first_layer_that_is_not_finite_is_told_of() -> None:
    model, run = dense(), quiet_run()
    model.weights[0].assign(np.full((3, 3), np.nan, np.float32))
    with pytest.warns(NbvizWarning, match=r"gradients/net/fc/kernel, 9 of 9 values at step 0"):
        fit(model, nbviz.keras.Capture(run, activations=False))


def test_a_model_without_variables_is_told_of() -> None:
    model, run = dense(), quiet_run()
    with pytest.warns(NbvizWarning, match=r"Capture\(\) found no variables to capture in this model\."):
        fit(model, nbviz.keras.Capture(run, include="nothing"))
    assert run.tags() == ["loss"]


def test_what_it_cannot_be_made_of_is_refused() -> None:
    run = quiet_run()
    with pytest.raises(TypeError, match=r"Capture\(\) logs to a Run or a LiveLoss, not to a dict\."):
        nbviz.keras.Capture({})
    with pytest.raises(ValueError, match=r"Capture\(\) captures every so many steps, 1 or more.*every=0"):
        nbviz.keras.Capture(run, every=0)
    with pytest.raises(ValueError, match=r"Capture\(\) got exclude='\[', which is no regular expression"):
        nbviz.keras.Capture(run, exclude="[")


def test_it_logs_to_a_live_loss_and_says_what_it_did() -> None:
    live = nbviz.LiveLoss()
    fit(dense(), capture := nbviz.keras.Capture(live, every=2))
    assert repr(capture) == "<Capture for Keras: every 2 steps, 2 captures>"
    assert (capture.every, capture.missing) == (2, {})
    assert 0 < capture.overhead < 1
    live.close()


# On JAX


@pytest.fixture(scope="module")
def on_jax() -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.keras_on_jax"],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("how", ["one", "several", "sharded"])
def test_on_jax_weights_are_captured_and_why_gradients_are_not_is_said(on_jax: Any, how: str) -> None:
    found = on_jax[how]
    assert list(found["histograms"]) == ["weights/net/fc/kernel"]
    assert found["count"] == 6
    assert found["first"]["weights/norm/net/fc/kernel"] == pytest.approx(found["norm"])
    (problem,) = found["problems"]
    assert problem == (
        "Gradients and activations are not captured: Keras on jax computes them within a compiled step and hands "
        "out none; gradients=False says that this is known, activations=inputs captures what the layers make of "
        "these inputs."
    )


def test_on_jax_outputs_are_those_for_the_inputs_that_are_given(on_jax: Any) -> None:
    found = on_jax["given"]
    assert sorted(found["histograms"]) == ["activations/net/fc", "weights/net/fc/kernel"]
    assert found["histograms"]["activations/net/fc"] == list(range(14))
    assert found["first"]["activations/norm/net/fc"] == pytest.approx(found["output"])
    assert found["problems"] == []


def test_on_jax_the_change_is_that_of_the_step(on_jax: Any) -> None:
    for how in ("one", "sharded"):
        assert on_jax[how]["first"]["updates/ratio/net/fc/kernel"] == pytest.approx(on_jax[how]["ratio"], rel=1e-4)


def test_on_jax_steps_that_run_in_one_call_are_counted(on_jax: Any) -> None:
    tag = "weights/net/fc/kernel"
    assert on_jax["one"]["histograms"][tag] == list(range(14))
    assert on_jax["several"]["histograms"][tag] == [0, 3, 6, 7, 10, 13]
    assert on_jax["several"]["steps"]["loss"] == on_jax["one"]["steps"]["loss"] == [6, 13]


def test_on_jax_keras_need_not_wait_for_the_device_at_every_batch(on_jax: Any) -> None:
    assert not on_jax["one"]["waits"]
