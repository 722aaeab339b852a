"""watch(): what is captured of a model that trains, at which steps, and what it refuses."""

from __future__ import annotations

import copy
import gc
import itertools
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import nbviz  # noqa: E402
from nbviz.capture.torch import FORWARDS  # noqa: E402
from nbviz.channel import pump  # noqa: E402
from nbviz.notice import NbvizWarning  # noqa: E402
from nbviz.run import Run  # noqa: E402
from tests.watched import Kept, same_counts, small, train  # noqa: E402


def sgd(model: nn.Module, rate: float = 0.1) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), rate)


# What is captured


def test_weights_and_gradients_are_those_before_the_step_and_activations_those_of_the_forward() -> None:
    model, run = small(), Kept()
    optimizer, batch = sgd(model), torch.randn(4, 3)
    with nbviz.watch(model, run, every=1):
        hidden = model[0](batch).detach()
        weight = model[0].weight.detach().clone()
        train(model, optimizer, run, 1, lambda: batch)
        gradient = model[0].weight.grad
    assert same_counts(run.last("weights/0.weight"), weight)
    assert same_counts(run.last("gradients/0.weight"), gradient)
    assert same_counts(run.last("activations/1"), hidden.relu())
    assert not torch.equal(weight, model[0].weight)


def test_tags_are_the_names_of_parameters_and_modules() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run)
    parameters = [name for name, _ in model.named_parameters()]
    assert set(run.sketches) == {
        *(f"weights/{name}" for name in parameters),
        *(f"gradients/{name}" for name in parameters),
        *(f"activations/{name}" for name, _ in model.named_modules() if name),
    }


@pytest.mark.parametrize("what", ["weights", "gradients", "activations"])
def test_what_is_switched_off_is_not_captured(what: str) -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1, **{what: False}):
        train(model, sgd(model), run)
    assert {tag.partition("/")[0] for tag in run.sketches} == {"weights", "gradients", "activations"} - {what}


def test_patterns_choose_among_names() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1, include=["^0", "^1$"], exclude="bias"):
        train(model, sgd(model), run)
    assert set(run.sketches) == {"weights/0.weight", "gradients/0.weight", "activations/0", "activations/1"}


def test_what_has_no_parameters_that_are_wanted_is_captured_at_the_models_steps_alone() -> None:
    model, other, run = small(), small(), Kept()
    with nbviz.watch(model, run, every=1, include="^1$"):
        train(other, sgd(other), Run(), 2)
        train(model, sgd(model), run, 2)
    assert {tag: run.steps(tag) for tag in run.sketches} == {"activations/1": [0, 1]}


def test_tied_weights_are_captured_once() -> None:
    model, run = small(), Kept()
    model.append(nn.Linear(5, 2))
    model[2].bias.requires_grad_(False)
    model[3].weight = model[2].weight
    optimizer = sgd(model)
    with nbviz.watch(model, run, every=1, activations=False):
        model[3](model[0](torch.ones(4, 3))).mean().backward()
        optimizer.step()
    assert len(run.sketches["weights/2.weight"]) == 1
    assert "weights/3.weight" not in run.sketches
    assert "weights/3.bias" in run.sketches


def test_it_runs_into_histograms_and_scalars_of_a_live_loss() -> None:
    model, live = small(), nbviz.LiveLoss()
    with nbviz.watch(model, live, every=2):
        train(model, sgd(model), live.run, 4)
    assert live.run["weights/0.weight"].steps.tolist() == [0, 2]
    assert live.run["weights/0.weight"][0].counts.sum() + live.run["weights/0.weight"][0].zeros == 15
    assert live.run["gradients/norm/0.weight"].steps.tolist() == [0, 2]
    assert live.run["loss"].steps.tolist() == [0, 1, 2, 3]
    assert live.run.problems == []
    pump.forget(live.channels[0])


# Steps


def test_one_step_in_so_many_is_captured_at_the_step_that_its_log_has() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=3):
        train(model, sgd(model), run, 8)
    assert run.steps("weights/0.weight") == run.steps("activations/0") == [0, 3, 6]
    assert run["loss"].steps.tolist() == list(range(8))


def test_captures_stand_at_the_steps_that_are_given_to_log() -> None:
    model, run = small(), nbviz.Run()
    optimizer = sgd(model)
    with nbviz.watch(model, run, every=2):
        for number in range(5):
            optimizer.zero_grad()
            model(torch.ones(4, 3)).mean().backward()
            optimizer.step()
            with torch.no_grad():
                model(torch.ones(4, 3))
            run.log(loss=1.0, step=500 + 100 * number)
    for tag in ("weights/0.weight", "activations/1", "gradients/norm/0.weight"):
        assert run[tag].steps.tolist() == [500, 700, 900]


def test_without_any_log_captures_stand_at_the_optimizers_steps() -> None:
    model, run = small(), nbviz.Run()
    optimizer = sgd(model)
    with nbviz.watch(model, run, every=2):
        for _ in range(5):
            model(torch.ones(4, 3)).mean().backward()
            optimizer.step()
    assert run["gradients/0.weight"].steps.tolist() == [0, 2, 4]


def test_a_log_before_the_optimizers_step_has_the_captures_step_too() -> None:
    model, run = small(), Kept()
    optimizer = sgd(model)
    with nbviz.watch(model, run, every=2):
        for _ in range(4):
            loss = model(torch.ones(4, 3)).mean()
            run.log(loss=loss)
            loss.backward()
            optimizer.step()
    assert run.steps("gradients/0.weight") == [0, 2]


def test_steps_of_another_models_optimizer_do_not_count() -> None:
    model, other, run = small(), small(), Kept()
    with nbviz.watch(model, run, every=2):
        foreign, own = sgd(other), sgd(model)
        for _ in range(4):
            train(other, foreign, Run())
            train(model, own, run)
    assert run.steps("weights/0.weight") == [0, 2]


def test_optimizers_of_parts_make_one_step_together() -> None:
    model, run = small(), Kept()
    first, second = sgd(model[0]), sgd(model[2])
    with nbviz.watch(model, run, every=1):
        for _ in range(3):
            model(torch.ones(4, 3)).mean().backward()
            first.step()
            second.step()
            run.log(loss=1.0)
    for part in ("0.weight", "2.weight"):
        assert run.steps(f"gradients/{part}") == [0, 1, 2]


def test_only_the_optimizer_that_is_given_counts() -> None:
    model, run = small(), Kept()
    first, second = sgd(model[0]), sgd(model[2])
    with nbviz.watch(model, run, every=1, optimizer=second):
        for _ in range(2):
            model(torch.ones(4, 3)).mean().backward()
            first.step()
            second.step()
            run.log(loss=1.0)
    assert run.steps("gradients/0.weight") == run.steps("gradients/2.weight") == [0, 1]


def test_weights_moved_without_an_optimizer_are_captured_at_the_next_forward() -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1):
        for _ in range(3):
            model(torch.ones(4, 3)).mean().backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.1 * parameter.grad
            run.log(loss=1.0)
    assert run.steps("weights/0.weight") == [0, 1]


def test_nothing_is_captured_while_a_model_is_evaluated() -> None:
    model, run = small(), Kept()
    optimizer = sgd(model)
    with nbviz.watch(model, run, every=1):
        train(model, optimizer, run)
        with torch.no_grad():
            model(torch.full((4, 3), 100.0))
        train(model, optimizer, run)
    assert [sketch.count for _, sketch in run.sketches["activations/0"]] == [20, 20]
    assert run.last("activations/0").maximum < 50


def test_outputs_without_any_step_stop_being_captured() -> None:
    model, run = small(), Kept()
    watch = nbviz.watch(model, run, every=1)
    for _ in range(FORWARDS + 10):
        model(torch.ones(1, 3))
    train(model, sgd(model), run)
    assert run.last("activations/0").count == FORWARDS * 5
    watch.remove()


# What is derived


def test_derived_scalars_are_those_of_numpy() -> None:
    model, run = small(), Kept()
    optimizer, batch = sgd(model, 0.25), torch.randn(4, 3)
    with nbviz.watch(model, run, every=1):
        before = model[0].weight.detach().numpy().copy()
        train(model, optimizer, run, 1, lambda: batch)
        gradient, after = model[0].weight.grad.numpy(), model[0].weight.detach().numpy()
    norm = np.linalg.norm
    expected = {
        "weights/norm/0.weight": norm(before),
        "gradients/norm/0.weight": norm(gradient),
        "gradients/ratio/0.weight": norm(gradient) / norm(before),
        "updates/ratio/0.weight": norm(after - before) / norm(before),
        "weights/zeros/0.weight": 0.0,
        "gradients/nonfinite/0.weight": 0.0,
    }
    for tag, value in expected.items():
        assert run[tag].values.tolist() == pytest.approx([value], rel=1e-6), tag


def test_the_share_of_dead_units_and_of_zeros() -> None:
    model, run = small(), Kept()
    with torch.no_grad():
        model[0].weight.zero_()
        model[0].bias.copy_(torch.tensor([-1.0, 1.0, -1.0, 1.0, 1.0]))
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run)
    assert run.values("activations/dead/1") == run.values("activations/zeros/1") == [0.4]
    assert run.values("activations/dead/0") == [0.0]
    assert run.values("weights/zeros/0.weight") == [1.0]
    assert "gradients/ratio/0.weight" not in run and "updates/ratio/0.weight" not in run


@pytest.mark.parametrize(
    ("shape", "layer", "dead"),
    [
        ((2, 3, 4, 4), nn.ReLU(), 1 / 3),
        ((2, 4, 3), nn.ReLU(), 1 / 3),
        ((2, 3, 4), nn.MaxPool1d(1), 1 / 3),
        ((3,), nn.ReLU(), None),
    ],
)
def test_units_are_channels_of_images_and_the_last_dimension_of_sequences(
    shape: tuple[int, ...], layer: nn.Module, dead: float | None
) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale, self.layer = nn.Parameter(torch.ones(())), layer

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x * self.scale)

    model, run = Net(), Kept()
    batch = torch.ones(shape)
    batch[(slice(None), 0) if len(shape) == 4 or isinstance(layer, nn.MaxPool1d) else (..., 0)] = 0
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run, 1, lambda: batch)
    found = run.values("activations/dead/layer") if "activations/dead/layer" in run else None
    assert found == (None if dead is None else [round(dead, 6)])


def test_the_share_of_saturated_values() -> None:
    model, run = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 4), nn.Sigmoid()), Kept()
    with torch.no_grad():
        model[0].weight.zero_()
        model[0].bias.copy_(torch.tensor([-9.0, 0.0, 1.0, 9.0]))
        model[2].weight.zero_()
        model[2].bias.copy_(torch.tensor([-9.0, -2.0, 2.0, 3.0]))
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run, 1, lambda: torch.ones(2, 1))
    assert run.values("activations/saturated/1") == [0.5]
    assert run.values("activations/saturated/3") == [0.5]
    assert "activations/saturated/0" not in run


def test_the_first_layer_with_nan_is_told_of_once() -> None:
    model, run = small(), Kept()
    optimizer = sgd(model)
    with nbviz.watch(model, run, every=1), pytest.warns(NbvizWarning) as said:
        train(model, optimizer, run, 2)
        with torch.no_grad():
            model[0].bias[0] = torch.nan
        train(model, optimizer, run, 2)
    (warning,) = said
    sentence = "The first layer with NaN or infinities: activations/0, 4 of 20 values at step 2."
    assert [str(warning.message)] == run.problems == [sentence]
    assert run.values("activations/nonfinite/0") == [0, 0, 4, 8]
    assert [mark.step for mark in run.marks] == [2]


def test_nan_that_comes_up_in_the_backward_pass_is_told_of_where_it_began() -> None:
    model, run = small(), Kept()
    with (
        nbviz.watch(model, run, every=10),
        pytest.warns(NbvizWarning, match="gradients/2.bias, 2 of 2 values at step 0"),
    ):
        (model(torch.ones(4, 3)) * torch.nan).sum().backward()
        sgd(model).step()
    assert run.problems[0].endswith("at step 0, captured every 10 steps.")


# Hooks come and go


def hooks_of(model: nn.Module) -> int:
    from torch.nn.modules import module
    from torch.optim import optimizer

    lists = [optimizer._global_optimizer_pre_hooks, optimizer._global_optimizer_post_hooks]
    lists += [module._global_parameter_registration_hooks, module._global_module_registration_hooks]
    lists += [hooks for each in model.modules() for hooks in (each._forward_hooks, each._forward_pre_hooks)]
    return sum(map(len, lists))


def test_remove_takes_every_hook_away() -> None:
    model, run = small(), Kept()
    before = hooks_of(model)
    watch = nbviz.watch(model, run)
    assert hooks_of(model) > before
    watch.remove()
    watch.remove()
    assert hooks_of(model) == before
    train(model, sgd(model), run)
    assert not run.sketches


def test_a_given_optimizer_keeps_no_hook_either() -> None:
    model = small()
    optimizer = sgd(model)
    nbviz.watch(model, Kept(), optimizer=[optimizer]).remove()
    assert not optimizer._optimizer_step_pre_hooks and not optimizer._optimizer_step_post_hooks


def test_an_exception_in_the_loop_takes_the_hooks_away_too() -> None:
    model = small()
    before = hooks_of(model)
    with pytest.raises(ZeroDivisionError), nbviz.watch(model, Kept()):
        _ = 1 / 0
    assert hooks_of(model) == before


def test_a_forgotten_watch_does_not_keep_its_model() -> None:
    model, run = small(), Kept()
    before = hooks_of(nn.Module())
    watch = nbviz.watch(model, run, every=1)
    train(model, sgd(model), run)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert hooks_of(nn.Module()) == before
    assert "removed" in repr(watch)


def test_a_watch_that_nobody_keeps_goes_on() -> None:
    model, run = small(), Kept()
    nbviz.watch(model, run, every=1)
    gc.collect()
    train(model, sgd(model), run)
    assert run.steps("weights/0.weight") == [0]


def test_a_second_watch_takes_the_place_of_the_first() -> None:
    model, first, second = small(), Kept(), Kept()
    nbviz.watch(model, first, every=1)
    with pytest.warns(
        NbvizWarning, match="This model was watched already: the new watch takes the place of the old one."
    ):
        watch = nbviz.watch(model, second, every=1)
    train(model, sgd(model), second)
    watch.remove()
    assert not first.sketches and second.steps("weights/0.weight") == [0]
    with nbviz.watch(model, second):
        assert len(second.problems) == 1


def test_a_cell_that_is_run_again_watches_its_model_for_the_new_run_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, first, second = small(), Kept(), Kept()
    monkeypatch.setattr("nbviz.capture.torch.running_cell", itertools.count(1).__next__)
    nbviz.watch(model, first, every=1)
    watch = nbviz.watch(model, second, every=1)
    train(model, sgd(model), second)
    watch.remove()
    assert not first.sketches and second.steps("weights/0.weight") == [0]
    assert not second.problems


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_watched_model_is_a_model_that_is_not_watched(duplicate: Any) -> None:
    model, run = small(), Kept()
    with nbviz.watch(model, run, every=1):
        twin = duplicate(model)
        train(twin, sgd(twin), Run())
        assert not run.sketches
        train(model, sgd(model), run)
    assert run.last("activations/0").count == 20


# What it says and refuses


def test_its_repr_says_what_it_does() -> None:
    model, run = small(), Kept()
    ticks = iter(range(10**6))
    watch = nbviz.watch(model, run, every=2, clock=lambda: next(ticks))
    train(model, sgd(model), run, 3)
    assert repr(watch).startswith("<Watch of 4 parameters and 3 modules: every 2 steps, 2 captures, ")
    watch.remove()
    assert repr(watch) == "<Watch of 4 parameters and 3 modules: every 2 steps, 2 captures, removed>"


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (([], Run()), TypeError, "takes a torch.nn.Module, not a list"),
        ((nn.Linear(1, 1), "run"), TypeError, "logs to a Run or a LiveLoss, not to a str"),
        ((nn.Linear(1, 1), Run(), 0), ValueError, "or every='auto'; got every=0"),
        ((nn.Linear(1, 1), Run(), "often"), ValueError, "got every='often'"),
        ((nn.Linear(1, 1), Run(), True), ValueError, "got every=True"),
        (
            (nn.Linear(1, 1), Run(), 1, True, True, True, "("),
            ValueError,
            "include='\\(', which is no regular expression",
        ),
        ((nn.Linear(1, 1), Run(), 1, True, True, True, None, [1]), ValueError, "exclude=\\[1\\]"),
        ((nn.Linear(1, 1), Run(), 1, True, True, True, None, None, 3), TypeError, "as optimizer=, not int"),
    ],
)
def test_what_it_cannot_watch_is_refused_in_one_sentence(
    arguments: tuple[Any, ...], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        nbviz.watch(*arguments)


@pytest.mark.parametrize("budget", [0, 1, -1, 2])
def test_a_budget_is_a_share(budget: float) -> None:
    with pytest.raises(ValueError, match="budget between 0 and 1"):
        nbviz.watch(nn.Linear(1, 1), Run(), budget=budget)


@pytest.mark.parametrize("gradients", [True, False])
def test_a_model_that_is_only_evaluated_is_told_of(gradients: bool) -> None:
    model, run = small(), Kept()
    told = pytest.warns(NbvizWarning, match="captured nothing: the model ran, but no optimizer made a step")
    with told, nbviz.watch(model, run), torch.set_grad_enabled(gradients):
        model(torch.ones(4, 3))
    assert not run.sketches


def test_a_warning_points_at_the_users_own_line() -> None:
    model, run = small(), Kept()
    with torch.no_grad():
        model[0].bias[0] = torch.nan
    with pytest.warns(NbvizWarning, match="first layer with NaN") as said, nbviz.watch(model, run, every=1):
        model(torch.ones(4, 3)).sum().backward()
        sgd(model).step()
    assert [warning.filename for warning in said] == [__file__]


def test_the_losses_of_a_run_are_named_before_its_layers() -> None:
    model, run = small(), nbviz.Run("net")
    with nbviz.watch(model, run, every=1):
        train(model, sgd(model), run)
    assert repr(run).startswith("<Run 'net' live: loss (1), ")


def test_patterns_that_fit_nothing_are_told_of() -> None:
    run = Kept()
    with pytest.warns(NbvizWarning, match="no name fits include='fc', exclude=None"):
        nbviz.watch(small(), run, include="fc")
