"""sketch_tree() and log_tree(): pytrees of JAX arrays, at work on two devices."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nbviz
from nbviz.capture import arrays
from nbviz.capture.samples import SAMPLES, UnreadableError
from nbviz.formats.sketch import Sketch
from nbviz.notice import NbvizWarning
from nbviz.run import Run

jax.config.update("jax_num_cpu_devices", 2)

RANDOM = np.random.default_rng(0)


def normal(*shape: int) -> jax.Array:
    return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)


def parameters() -> dict[str, Any]:
    return {"fc1": {"kernel": normal(3, 4), "bias": jnp.zeros(4)}, "fc2": [normal(4, 2)]}


def sharded(array: jax.Array, *axes: str | None) -> jax.Array:
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("devices",))
    return jax.device_put(array, jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes)))


def quiet_run() -> Run:
    return Run(clock=lambda: 1.0)


def on_an_accelerator(array: Any) -> str:
    return "gpu"


class Box:
    """What Flax and others put arrays in: a node of a tree with one attribute."""

    def __init__(self, value: Any) -> None:
        self.value = value


jax.tree_util.register_pytree_with_keys(
    Box,
    lambda box: (((jax.tree_util.GetAttrKey("value"), box.value),), None),
    lambda _, children: Box(*children),
)


# What is sketched


def test_tags_are_the_keys_on_the_way_to_an_array() -> None:
    assert list(nbviz.sketch_tree(parameters())) == ["weights/fc1/bias", "weights/fc1/kernel", "weights/fc2/0"]
    assert list(nbviz.sketch_tree({"fc1": jnp.ones(2)}, "gradients")) == ["gradients/fc1"]
    assert list(nbviz.sketch_tree({"fc1": {"kernel": Box(jnp.ones(2))}})) == ["weights/fc1/kernel"]
    assert list(nbviz.sketch_tree({"value": jnp.ones(2)})) == ["weights/value"]
    assert list(nbviz.sketch_tree(jnp.ones(2))) == ["weights/array"]


def test_patterns_choose_among_names() -> None:
    assert list(nbviz.sketch_tree(parameters(), include="fc1", exclude=["bias$"])) == ["weights/fc1/kernel"]
    with pytest.raises(ValueError, match=r"sketch_tree\(\) got include='\(', which is no regular expression"):
        nbviz.sketch_tree({}, include="(")


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int8", "bool"])
def test_a_sketch_is_that_of_the_values_whatever_their_type(dtype: str) -> None:
    array = normal(1000).astype(dtype)
    (sketch,) = nbviz.sketch_tree([array]).values()
    assert sketch == Sketch.of(np.asarray(array).astype(np.float32))


def test_types_that_numpy_does_not_have_are_read_as_float32() -> None:
    array = normal(100).astype(jnp.float8_e4m3fn)
    (sketch,) = nbviz.sketch_tree([array]).values()
    assert sketch == Sketch.of(np.asarray(array).astype(np.float32))


def test_complex_numbers_are_two_real_ones() -> None:
    (sketch,) = nbviz.sketch_tree([jnp.array([1 + 2j, 0 - 3j])]).values()
    assert sketch == Sketch.of(np.array([1, 2, 0, -3], np.float32))


def test_leaves_that_are_no_arrays_of_numbers_are_left_out() -> None:
    tree = {"a": jnp.ones(2), "act": jax.nn.relu, "name": "dense", "rate": 0.1, "none": None, "key": jax.random.key(0)}
    assert list(nbviz.sketch_tree(tree)) == ["weights/a"]


def test_a_sharded_array_counts_each_value_once() -> None:
    array = normal(8, 6)
    for axes in [("devices",), (None, "devices"), ()]:
        (sketch,) = nbviz.sketch_tree([sharded(array, *axes)]).values()
        assert (sketch.bins == Sketch.of(np.asarray(array)).bins).all()
        assert (sketch.count, sketch.maximum) == (48, float(array.max()))


@pytest.mark.parametrize("axes", [(), ("devices",)])
def test_of_arrays_elsewhere_evenly_spaced_values_are_counted(axes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "platform", on_an_accelerator)
    array = normal(1 << 10, 1 << 8)
    layer = arrays.layer_of(sharded(array, *axes) if axes else array)
    assert SAMPLES // 2 < layer.sketch.count <= SAMPLES
    assert layer.size == 1 << 18
    assert layer.norm == pytest.approx(float(jnp.linalg.norm(array)), rel=0.02)


# What cannot be read


def donated() -> jax.Array:
    array = jnp.ones(3)
    array.delete()
    return array


@pytest.mark.parametrize(
    ("leaf", "why"),
    [
        (donated(), "was deleted, or donated to a jax.jit function"),
        (jnp.ones((0, 3)), "has no values"),
        (jax.ShapeDtypeStruct((3,), jnp.float32), "holds no numbers"),
        (np.zeros(2, jax.dtypes.float0), "holds no numbers"),
        (np.array(["text"]), "holds no numbers"),
    ],
)
def test_an_array_that_cannot_be_read_says_why_and_the_others_are_there(leaf: Any, why: str) -> None:
    with pytest.warns(NbvizWarning, match=rf"sketch_tree\(\) leaves out weights/bad: it {why}\."):
        assert list(nbviz.sketch_tree({"bad": leaf, "good": jnp.ones(2)})) == ["weights/good"]
    run = quiet_run()
    with pytest.warns(NbvizWarning):
        for step in range(2):
            nbviz.log_tree(run, {"bad": leaf, "good": jnp.ones(2)}, step=step)
    assert run.problems == [f"Not captured, as it {why}: weights/bad."]
    assert run["weights/good"].steps.tolist() == [0, 1]


def test_within_jit_nothing_is_logged_and_the_function_compiles() -> None:
    run = quiet_run()

    @jax.jit
    def step(weights: Any) -> Any:
        nbviz.log_tree(run, weights)
        return jax.tree.map(lambda array: array * 2, weights)

    with pytest.warns(NbvizWarning, match=r"is a tracer: its values are known outside of jax\.jit only"):
        assert step({"a": jnp.ones(2)})["a"].tolist() == [2, 2]
    assert run.tags() == []


# What is logged


def test_a_tree_is_logged_with_what_is_derived_from_it() -> None:
    run = quiet_run()
    weights, gradients, updates = ({"fc": jnp.array(values)} for values in ([3.0, 4.0], [0.0, 1.0], [0.3, -0.4]))
    outputs = {"fc": jnp.array([[0.0, 1.0], [0.0, 0.0]])}
    nbviz.log_tree(run, weights, gradients, outputs, updates, step=7)
    assert run.tags("histogram") == ["weights/fc", "gradients/fc", "activations/fc"]
    assert {tag: round(float(run[tag].values[0]), 6) for tag in run.tags("scalar")} == {
        "weights/norm/fc": 5.0,
        "weights/zeros/fc": 0.0,
        "weights/nonfinite/fc": 0.0,
        "gradients/norm/fc": 1.0,
        "gradients/zeros/fc": 0.5,
        "gradients/nonfinite/fc": 0.0,
        "gradients/ratio/fc": 0.2,
        "activations/norm/fc": 1.0,
        "activations/zeros/fc": 0.75,
        "activations/nonfinite/fc": 0.0,
        "activations/dead/fc": 0.5,
        "updates/ratio/fc": 0.1,
    }
    assert {step for tag in run for step in run[tag].steps.tolist()} == {7}


def test_the_step_is_the_latest_and_takes_none() -> None:
    run = quiet_run()
    for loss in (0.5, 0.4):
        run.log(loss=loss)
        nbviz.log_tree(run, {"fc": jnp.ones(2)})
    assert run["weights/fc"].steps.tolist() == run["loss"].steps.tolist() == [0, 1]


def test_weights_keep_the_pivot_that_was_chosen_first() -> None:
    run = quiet_run()
    scale = 1 + 0.01 * normal(1000)
    for step in range(3):
        nbviz.log_tree(run, {"scale": scale + 0.1 * step}, step=step)
    pivots = {capture.sketch.pivot for capture in run["weights/scale"]}
    assert len(pivots) == 1
    assert pivots != {0.0}


def test_the_first_layer_that_is_not_finite_is_told_of_once_and_its_step_kept() -> None:
    run = quiet_run()
    with pytest.warns(NbvizWarning, match=r"gradients/b, 1 of 2 values at step 1\.") as told:
        for step in range(3):
            bad = jnp.array([1.0, jnp.nan if step else 2.0])
            nbviz.log_tree(run, gradients={"a": bad, "b": bad}, step=step)
    assert len(told) == 1
    assert [mark.step for mark in run.marks] == [1]


def test_it_logs_to_a_live_loss_and_to_nothing_else() -> None:
    live = nbviz.LiveLoss()
    nbviz.log_tree(live, {"fc": np.ones(2)}, step=0)
    assert "weights/fc" in live.run
    live.close()
    with pytest.raises(TypeError, match=r"log_tree\(\) logs to a Run or a LiveLoss, not to a dict"):
        nbviz.log_tree({}, {})


def test_whatever_goes_wrong_is_reported_once_and_training_goes_on() -> None:
    run = quiet_run()
    with pytest.warns(
        NbvizWarning, match=r"log_tree\(\) could not log a tree \(ValueError: .*training goes on"
    ) as told:
        for _ in range(2):
            nbviz.log_tree(run, {1: jnp.ones(2), "a": jnp.ones(2)})  # keys that have no order
    assert len(told) == 1


def test_a_run_is_not_kept() -> None:
    run = quiet_run()
    nbviz.log_tree(run, {"fc": np.ones(2)})
    kept = weakref.ref(run)
    del run
    gc.collect()
    assert kept() is None


def test_nothing_that_was_read_keeps_a_step_from_donating() -> None:
    run = quiet_run()
    double = jax.jit(lambda weights: jax.tree.map(lambda array: array * 2, weights), donate_argnums=0)
    weights = {"fc": jnp.ones(1000)}
    for step in range(3):
        nbviz.log_tree(run, weights, step=step)
        weights = double(weights)
    assert run["weights/norm/fc"].values.tolist() == pytest.approx([1000**0.5 * 2**step for step in range(3)])
    assert [capture.sketch.maximum for capture in run["weights/fc"]] == [1.0, 2.0, 4.0]


def test_an_array_without_numbers_is_none() -> None:
    with pytest.raises(UnreadableError, match="holds no numbers"):
        arrays.numbers(np.array([(1, 2)], [("a", int), ("b", int)]))
