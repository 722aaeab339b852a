"""watch() where training is not plain: every trap by which captured numbers go wrong, or a training stops."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

import nbviz  # noqa: E402
from nbviz.notice import NbvizWarning  # noqa: E402
from tests.watched import Kept, same_counts, small, train  # noqa: E402


def sgd(model: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), 0.1)


class Calls(nn.Module):
    """A model of one parameter and one layer, that does with its layer what it is told."""

    def __init__(self, layer: nn.Module, forward: Callable[[nn.Module, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.scale, self.layer, self.how = nn.Parameter(torch.ones(())), layer, forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.how(self.layer, x * self.scale)


def outputs(layer: nn.Module, forward: Callable[[nn.Module, torch.Tensor], Any], batch: torch.Tensor) -> Kept:
    """What a run keeps of one step with a layer called in some way."""
    model, run = Calls(layer, forward), Kept()
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run, 1, lambda: batch)
    return run


# Dtypes


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_every_dtype_is_counted_by_its_own_values(dtype: torch.dtype) -> None:
    model, run = small().to(dtype), Kept()
    with torch.no_grad():
        # TensorBoard turns bfloat16 into float16, in which these are infinite and zero.
        model[0].weight[0] = torch.tensor([1e6, -1e-9, 1.0]) if dtype != torch.float16 else 6e-8
    weight = model[0].weight.detach().clone()
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run, 1, lambda: torch.ones(4, 3, dtype=dtype))
    assert same_counts(run.last("weights/0.weight"), weight)
    assert run.last("activations/0").count == 20
    assert run.values("weights/nonfinite/0.weight") == [0]


def test_integers_and_complex_numbers_are_counted_too() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.Parameter(torch.tensor([1, 2, 3]), requires_grad=False)
            self.phase = nn.Parameter(torch.tensor([1 + 2j, 0j]))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.phase.abs().sum()

    model, run = Odd(), Kept()
    with nbviz.watch(model, run, every=1):
        train(model, torch.optim.SGD([model.phase], 0.1), run)
    assert same_counts(run.last("weights/steps"), [1, 2, 3])
    assert same_counts(run.last("weights/phase"), [1, 2, 0, 0])


def test_autocast_changes_what_layers_give_and_nothing_else() -> None:
    model, run = small(), Kept()
    optimizer, batch = sgd(model), torch.randn(4, 3)
    with nbviz.watch(model, run, every=1):
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                given = model[0](batch)
            model(batch).float().mean().backward()
        optimizer.step()
    assert given.dtype == torch.bfloat16
    assert same_counts(run.last("activations/0"), given)
    assert same_counts(run.last("gradients/0.weight"), model[0].weight.grad)


# Gradients


def test_a_gradient_that_is_none_is_missing_and_says_so() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1) as watch, pytest.warns(NbvizWarning):
        model[0](torch.ones(4, 3)).mean().backward()
        sgd(model).step()
        assert watch.missing == {
            f"gradients/2.{name}": "is None at the optimizer's step" for name in ("weight", "bias")
        }
    assert run.problems == [
        "Not captured, as each is None at the optimizer's step: gradients/2.weight, gradients/2.bias."
    ]
    assert "weights/2.weight" in run.sketches and "gradients/2.weight" not in run.sketches


def test_frozen_parameters_have_weights_and_no_gradients_and_nothing_is_said_of_it() -> None:
    model, run = small(), Kept()
    model[0].requires_grad_(False)
    with nbviz.watch(model, run, every=1) as watch:
        train(model, sgd(model[2]), run)
        assert watch.missing == {}
    assert "weights/0.weight" in run.sketches and "gradients/0.weight" not in run.sketches
    assert run.problems == []


def test_the_zeros_of_a_sparse_gradient_are_counted() -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(10, 4, sparse=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.table(x) * torch.tensor([1.0, 2.0, 5.0, 4.0])

    model, run = Words(), Kept()
    # The row that is looked up twice is stored twice until its parts are summed.
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run, 1, lambda: torch.tensor([3, 3, 5]))
        gradient = model.table.weight.grad
    assert gradient.is_sparse
    assert same_counts(run.last("gradients/table.weight"), gradient.to_dense())
    assert run.values("gradients/zeros/table.weight") == [(40 - 8) / 40]


def test_gradients_are_captured_once_when_several_batches_add_up() -> None:
    model, run = small(), Kept()
    optimizer = sgd(model)
    with nbviz.watch(model, run, every=1):
        for _ in range(4):
            model(torch.randn(4, 3)).mean().backward()
        accumulated = model[0].weight.grad.clone()
        optimizer.step()
    assert [same_counts(sketch, accumulated) for _, sketch in run.sketches["gradients/0.weight"]] == [True]
    assert run.last("activations/0").count == 4 * 20


@pytest.mark.parametrize("unscaled", [False, True])
def test_gradients_are_those_without_the_scale_of_a_grad_scaler(unscaled: bool) -> None:
    model, run = small(), Kept()
    optimizer, batch = sgd(model), torch.randn(4, 3)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    model(batch).mean().backward()
    wanted = model[0].weight.grad.clone()
    optimizer.zero_grad()
    with nbviz.watch(model, run, every=1):
        scaler.scale(model(batch).mean()).backward()
        if unscaled:
            scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
    assert same_counts(run.last("gradients/0.weight"), wanted)


def test_an_optimizer_that_unscales_gradients_itself_is_divided_by_its_scale() -> None:
    """As fused ones do: GradScaler hands its scale to those that say so."""

    class Fused(torch.optim.SGD):
        _step_supports_amp_scaling = True

        def step(self, closure: Any = None) -> None:
            scale, self.grad_scale, self.found_inf = self.grad_scale, None, None
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.grad.div_(scale)
            super().step()

    model, run = small(), Kept()
    optimizer, batch = Fused(model.parameters(), 0.1), torch.randn(4, 3)
    scaler = torch.amp.GradScaler("cpu", init_scale=3.0 * 2**10)
    with nbviz.watch(model, run, every=1):
        scaler.scale(model(batch).mean()).backward()
        scaled = model[0].weight.grad.clone()
        scaler.step(optimizer)
    assert same_counts(run.last("gradients/0.weight"), scaled / torch.tensor(3.0 * 2**10))


def test_a_step_that_a_grad_scaler_skips_is_none() -> None:
    model, run = small(), Kept()
    optimizer = sgd(model)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    with nbviz.watch(model, run, every=1):
        for factor in (torch.inf, 1.0):
            optimizer.zero_grad()
            scaler.scale(model(torch.ones(4, 3)).mean() * factor).backward()
            scaler.step(optimizer)
            scaler.update()
            run.log(loss=1.0)
    assert len(run.sketches["gradients/0.weight"]) == 1
    assert run.values("gradients/nonfinite/0.weight") == [0]


# Outputs


def test_an_output_that_is_changed_in_place_later_is_captured_as_its_layer_gave_it() -> None:
    model, run = nn.Sequential(nn.Linear(3, 5), nn.ReLU(inplace=True)), Kept()
    batch = torch.randn(4, 3)
    with torch.no_grad():
        given = model[0](batch)
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run, 1, lambda: batch)
    assert given.min() < 0
    assert same_counts(run.last("activations/0"), given)
    assert same_counts(run.last("activations/1"), given.relu())


class Gives(nn.Module):
    """A layer that gives what a function makes of its input."""

    def __init__(self, make: Callable[[torch.Tensor], Any]) -> None:
        super().__init__()
        self.make = make

    def forward(self, x: torch.Tensor) -> Any:
        return self.make(x)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: (x, x + 1),
        lambda x: [None, x],
        lambda x: {"mask": x > 0, "state": x},
        lambda x: ((torch.arange(3), {"inner": x}), x + 1),
    ],
)
def test_of_tuples_and_dicts_the_first_tensor_of_floats_is_captured(make: Callable[[torch.Tensor], Any]) -> None:
    run = outputs(Gives(make), lambda layer, x: (layer(x), x)[1], torch.tensor([1.0, 2.0]))
    assert same_counts(run.last("activations/layer"), [1, 2])


def test_an_output_without_a_tensor_of_floats_is_missing_and_says_so() -> None:
    with pytest.warns(NbvizWarning):
        run = outputs(Gives(lambda x: "text"), lambda layer, x: (layer(x), x)[1], torch.ones(2))
    assert run.problems == ["Not captured, as it is no tensor of floats: activations/layer."]


def test_a_layer_that_is_called_twice_is_the_sum_of_both() -> None:
    run = outputs(nn.Identity(), lambda layer, x: layer(x) + layer(2 * x), torch.tensor([1.0, 5.0]))
    assert same_counts(run.last("activations/layer"), [1, 5, 2, 10])


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_layer_that_a_checkpoint_computes_twice_is_captured_once(reentrant: bool) -> None:
    calls = []

    def seen(x: torch.Tensor) -> torch.Tensor:
        calls.append(x)
        return x * x

    def forward(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
        return checkpoint(layer, x, use_reentrant=reentrant)

    run = outputs(Gives(seen), forward, torch.tensor([1.0, 5.0]))
    assert len(calls) == 2
    assert same_counts(run.last("activations/layer"), [1, 25])


def test_layouts_that_are_not_contiguous_are_counted_whole() -> None:
    model, run = nn.Sequential(nn.Conv2d(3, 4, 1)).to(memory_format=torch.channels_last), Kept()
    batch = torch.randn(2, 3, 5, 5).to(memory_format=torch.channels_last)
    given = model(batch).detach()
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run, 1, lambda: batch)
    assert not given.is_contiguous()
    assert same_counts(run.last("activations/0"), given)


# Copies of a model


def test_replicas_on_several_devices_are_captured_together() -> None:
    """As DataParallel makes and runs them, which it does on GPUs only."""
    model, run = small(), Kept()
    parts = torch.randn(3, 4, 3).unbind()

    def replica() -> nn.Module:
        copy = model._replicate_for_data_parallel()
        for name, layer in model.named_children():
            copy._modules[name] = layer._replicate_for_data_parallel()
            for key, parameter in layer._parameters.items():
                setattr(copy._modules[name], key, parameter.view_as(parameter))
        return copy

    given: list[torch.Tensor] = []

    def run_part(copy: nn.Module, part: torch.Tensor) -> None:
        given.append(copy(part))

    with nbviz.watch(nn.DataParallel(model), run, every=1):
        threads = [threading.Thread(target=run_part, args=(replica(), part)) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        torch.cat(given).mean().backward()
        sgd(model).step()
    assert same_counts(run.last("activations/2"), torch.cat(given))
    assert len(run.sketches["gradients/0.weight"]) == 1


@pytest.mark.parametrize("wrap", [lambda model: model, nn.DataParallel])
def test_names_are_those_of_the_model_within_its_wrappers(wrap: Callable[[nn.Module], nn.Module]) -> None:
    model, run = small(), Kept()
    wrapped = wrap(model)
    with nbviz.watch(wrapped, run, every=1):
        train(wrapped, sgd(model), run)
    assert "weights/0.weight" in run.sketches and "activations/2" in run.sketches


# torch.compile


def compiled(model: nn.Module, **options: Any) -> tuple[Any, Any]:
    from torch._dynamo.utils import counters

    torch._dynamo.reset()
    counters.clear()
    return torch.compile(model, backend="eager", **options), counters


def test_a_compiled_model_has_two_graphs_and_no_break() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=3):
        whole, counters = compiled(model)
        batch = torch.randn(4, 3)
        with torch.no_grad():
            given = model[0](batch)
        for _ in range(7):
            train(whole, sgd(model), run, 1, lambda: batch)
    assert not counters["graph_break"]
    assert counters["stats"]["unique_graphs"] == 2
    assert run.steps("activations/0") == run.steps("weights/0.weight") == [0, 3, 6]
    assert same_counts(run.sketches["activations/0"][0][1], given)
    assert run.values("activations/norm/0")[0] == pytest.approx(float(given.norm()), rel=1e-5)


def test_a_compiled_model_can_be_watched_itself_and_has_the_same_names() -> None:
    model, run = nn.Sequential(nn.Linear(3, 5), nn.ReLU(inplace=True)), Kept()
    whole, counters = compiled(model)
    batch = torch.randn(4, 3)
    with torch.no_grad():
        given = model[0](batch)
    with nbviz.watch(whole, run, every=1):
        train(whole, sgd(model), run, 1, lambda: batch)
    assert not counters["graph_break"]
    parameters = {f"{what}/0.{name}" for what in ("weights", "gradients") for name in ("weight", "bias")}
    assert set(run.sketches) == {*parameters, "activations/0", "activations/1"}
    assert same_counts(run.last("activations/0"), given)


def test_compiled_parts_of_a_model_and_outputs_of_many_values() -> None:
    model, run = nn.Sequential(nn.Linear(3, 1000), nn.Linear(1000, 2)), Kept()
    model[0], counters = compiled(model[0])
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run, 2, lambda: torch.ones(100, 3))
    assert not counters["graph_break"]
    assert "weights/0.weight" in run.sketches and "gradients/1.bias" in run.sketches
    assert run.steps("activations/0") == run.steps("activations/1") == [0, 1]
    assert 10_000 < run.last("activations/0").count <= 16_384
    output = model[0](torch.ones(100, 3)).detach().norm()
    assert run["activations/norm/0"].values[-1] == pytest.approx(float(output), rel=0.2)


@pytest.mark.parametrize("full", [False, True])
def test_a_checkpoint_within_a_compiled_model_is_left_out_as_it_would_break_the_graph(full: bool) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.inner = nn.Linear(3, 5), nn.Sequential(nn.Linear(5, 5), nn.ReLU())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return checkpoint(self.inner, self.first(x), use_reentrant=False)

    model, run = Net(), Kept()
    with nbviz.watch(model, run, every=2):
        whole, counters = compiled(model, fullgraph=full)
        train(whole, sgd(model), run, 4)
    assert not counters["graph_break"]
    assert run.steps("activations/first") == run.steps("gradients/inner.0.weight") == [0, 2]
    assert "activations/inner.0" not in run.sketches


def test_a_compiled_step_of_the_optimizer_goes_on() -> None:
    model, run = small(), Kept()
    optimizer = sgd(model)
    torch._dynamo.reset()
    step = torch.compile(optimizer.step, backend="eager")
    before = model[0].weight.detach().clone()
    with nbviz.watch(model, run, every=1):
        for _ in range(3):
            optimizer.zero_grad(set_to_none=False)
            model(torch.ones(4, 3)).mean().backward()
            step()
    assert not torch.equal(before, model[0].weight)
    assert len(run.sketches["weights/0.weight"]) >= 2


# Bad input: models


@pytest.mark.parametrize("named", [True, False])
def test_a_model_without_parameters_has_activations_at_any_steps_or_those_of_the_optimizer_named(named: bool) -> None:
    model, run, other = nn.Sequential(nn.ReLU(), nn.Tanh()), Kept(), small()
    optimizer = sgd(other)
    with nbviz.watch(model, run, every=1, optimizer=optimizer if named else None):
        train(nn.Sequential(other, model), optimizer, run, 2)
    assert {tag: run.steps(tag) for tag in run.sketches} == {"activations/0": [0, 1], "activations/1": [0, 1]}
    assert run.problems == []


def test_a_model_of_nothing_is_told_of() -> None:
    run = Kept()
    with pytest.warns(NbvizWarning, match="no parameters and no modules to capture: the model has none yet"):
        nbviz.watch(nn.Sequential(), run).remove()


def test_lazy_layers_are_captured_from_where_they_are_made() -> None:
    model, run = nn.Sequential(nn.LazyLinear(5), nn.ReLU(), nn.LazyLinear(2)), Kept()
    with nbviz.watch(model, run, every=1):
        model(torch.ones(4, 3))
        train(model, sgd(model), run)
    assert run.last("weights/0.weight").count == 15
    assert run.last("activations/2").count == 16
    assert run.problems == []


def test_weights_that_are_not_initialised_or_on_the_meta_device_say_so() -> None:
    model, run = nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 2, device="meta"), nn.LazyLinear(2)), Kept()
    optimizer = torch.optim.SGD(model[0].parameters(), 0.1)
    with nbviz.watch(model, run, every=1, activations=False) as watch, pytest.warns(NbvizWarning):
        model[0](torch.ones(4, 3)).mean().backward()
        optimizer.step()
        missing = watch.missing
    assert missing["weights/1.weight"] == "is on the meta device, which holds no values"
    assert missing["weights/2.weight"] == "is not initialised yet"
    assert run.last("weights/0.weight").count == 6


def test_layers_that_come_later_are_captured_from_then_on() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run)
        model.add_module("3", nn.Linear(2, 2))
        model[0].extra = nn.Parameter(torch.ones(2), requires_grad=False)
        train(model, sgd(model), run, 2)
    assert run.steps("weights/3.weight")[-1] == run.steps("activations/3")[-1] == 2
    assert run.steps("weights/0.extra") == [1, 2]


def test_weights_put_in_the_place_of_others_are_captured() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run)
        model[0].weight = nn.Parameter(torch.full((5, 3), 7.0))
        train(model, sgd(model), run)
    assert run.last("weights/0.weight").minimum == 7.0


def test_tensors_of_size_zero_are_missing_and_say_so() -> None:
    with pytest.warns(NbvizWarning):
        run = outputs(nn.Identity(), lambda layer, x: (layer(x[:0]), x)[1], torch.ones(2))
    assert run.problems == ["Not captured, as it has no values: activations/layer."]


def test_parameters_of_size_zero_or_of_a_billion_values_are_no_more_trouble() -> None:
    model, run = small(), Kept()
    model.empty = nn.Parameter(torch.empty(0, 3), requires_grad=False)
    model.huge = nn.Parameter(torch.full((1,), 2.0).expand(10**9), requires_grad=False)
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], 0.1)
    with nbviz.watch(model, run, every=1, activations=False) as watch, pytest.warns(NbvizWarning):
        model[2](model[0](torch.ones(4, 3))).mean().backward()
        optimizer.step()
        assert watch.missing == {"weights/empty": "has no values"}
    assert 10**7 < run.last("weights/huge").count <= 2**24
    assert run["weights/norm/huge"].values.tolist() == pytest.approx([2 * np.sqrt(1e9)])


def test_a_tensor_of_a_billion_values_is_captured_from_some_of_them() -> None:
    run = outputs(Gives(lambda x: x.expand(10**9)), lambda layer, x: (layer(x), x)[1], torch.full((1,), 2.0))
    assert 10**7 < run.last("activations/layer").count <= 2**24
    assert run["activations/norm/layer"].values.tolist() == pytest.approx([2 * np.sqrt(1e9)])


def test_a_model_that_is_moved_while_it_is_watched_is_captured_where_it_is() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1) as watch:
        train(model, sgd(model), run)
        model.double()
        train(model, sgd(model), run, 1, lambda: torch.ones(4, 3).double())
        model.to("meta")
        with pytest.warns(NbvizWarning, match="is on the meta device"):
            model(torch.ones(4, 3, device="meta")).mean().backward()
            sgd(model).step()
            run.log(loss=1.0)
        assert watch.missing["weights/0.weight"] == "is on the meta device, which holds no values"
        model.to_empty(device="cpu").float()
        train(model, sgd(model), run)
        assert watch.missing == {}
    assert run.steps("weights/0.weight") == run.steps("activations/0") == [0, 1, 3]


def test_a_hook_that_raises_ends_its_own_step_and_no_capture() -> None:
    model, run = small(), Kept()
    optimizer = sgd(model)

    def fails(*_: Any) -> None:
        raise ZeroDivisionError

    with nbviz.watch(model, run, every=1):
        handle = model[2].register_forward_hook(fails)
        with pytest.raises(ZeroDivisionError):
            model(torch.ones(4, 3))
        handle.remove()
        train(model, optimizer, run, 2)
    assert run.steps("weights/0.weight") == [0, 1]


def test_what_goes_wrong_within_is_said_once_and_training_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    model, run = small(), Kept()
    monkeypatch.setattr(run, "log_sketch", lambda *_, **__: 1 / 0)
    with nbviz.watch(model, run, every=1), pytest.warns(NbvizWarning):
        train(model, sgd(model), run, 3)
    assert run.problems == [
        "A step cannot be captured (ZeroDivisionError: division by zero); training goes on without it."
    ]
    assert len(run["loss"]) == 3


def test_training_is_bit_for_bit_what_it_is_without() -> None:
    def trained(watched: bool) -> torch.Tensor:
        model, run = small(), Kept()
        torch.manual_seed(1)
        optimizer = torch.optim.Adam(model.parameters(), 0.1)
        watch = nbviz.watch(model, run, every=1) if watched else None
        train(model, optimizer, run, 5, lambda: torch.randn(4, 3))
        if watch:
            watch.remove()
        return torch.cat([each.detach().flatten() for each in model.parameters()])

    assert torch.equal(trained(True), trained(False))
