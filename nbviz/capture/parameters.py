"""Parameters and their gradients at an optimizer's step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.parameter import Parameter
from torch.optim import Optimizer

from nbviz.capture.layer import Key, What
from nbviz.capture.ranks import is_first_copy
from nbviz.capture.samples import MOVED, UnreadableError
from nbviz.capture.sketchers import Wanted
from nbviz.capture.tensors import is_distributed, is_lazy, values_of

Miss = Callable[[Key, str], None]


class Named(Protocol):
    """Knows a parameter by its name, whatever takes its place."""

    @property
    def name(self) -> str: ...

    @property
    def counted(self) -> bool | None: ...

    def parameter(self) -> Parameter | None: ...


def stepped_by(slots: Sequence[Named], optimizer: Optimizer | None, others: Sequence[Optimizer]) -> list[Named]:
    """The parameters that an optimizer's step is the moment for: its own, and those that no other is known to step."""
    own = ids_of(optimizer) if optimizer is not None else set()
    foreign = set().union(*map(ids_of, others)) - own
    return [slot for slot in slots if id(slot.parameter()) not in foreign]


def ids_of(optimizer: Optimizer) -> set[int]:
    return {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}


def wanted_of(
    slots: Sequence[Named],
    what: Sequence[str],
    pivots: Mapping[Key, float],
    scale: Tensor | None,
    copies: bool,
    miss: Miss,
) -> Iterator[Wanted]:
    """What to count of parameters.

    Parameters
    ----------
    slots : sequence of Named
    what : sequence of {"weights", "gradients"}
    pivots : mapping of Key to float
        Those that were chosen before, as sketches of one pivot add up exactly.
    scale : Tensor or None
        Of the gradients.
    copies : bool
        Whether another process captures the parameters that every process has whole.
    miss : callable
        Told why there is nothing.
    """
    for slot in slots:
        parameter = slot.parameter()
        if parameter is None:
            continue
        for kind, tensor in _tensors(parameter, what):
            key = Key(kind, slot.name)
            if slot.counted is not None and not parameter.numel():
                continue  # another process has it
            if hasattr(parameter, "_fqns"):
                miss(key, "is several in one, as FSDP flattens them: FSDP(…, use_orig_params=True) keeps their names")
            elif tensor is None:
                miss(key, "is None at the optimizer's step")
            elif is_distributed(tensor):
                if any(placement.is_partial() for placement in tensor.placements):
                    miss(key, "is a sum over processes that is not done yet")
                elif is_first_copy(tensor):
                    yield Wanted(key, tensor, scale if kind == "gradients" else None)
            elif slot.counted is not None:
                # No pivot, as parts are added up.
                if slot.counted:
                    yield Wanted(key, tensor, scale if kind == "gradients" else None)
            elif not copies:
                pivot = pivots.get(key) if kind == "weights" else 0.0
                yield Wanted(key, tensor, scale if kind == "gradients" else None, pivot)


def _tensors(parameter: Parameter, what: Sequence[str]) -> Iterator[tuple[What, Any]]:
    if "weights" in what:
        yield "weights", parameter
    # What needs none has none.
    if "gradients" in what and parameter.requires_grad:
        yield "gradients", parameter.grad


class Moves:
    """How far steps move weights, by samples taken before them and after."""

    def __init__(self) -> None:
        self._before: list[tuple[Named, Tensor]] = []
        self._version: tuple[int, int] | None = None

    def before(self, slots: Sequence[Named], copies: bool) -> None:
        """The step that moves these comes."""
        self._before = [(slot, sample.clone()) for slot in slots if (sample := _sample(slot, copies)) is not None]

    def after(self) -> Iterator[tuple[list[str], Tensor]]:
        """How far the step moved them on each device: names, sums of squares of the moves and then of the weights."""
        before, self._before = self._before, []
        by_device: dict[torch.device, list[tuple[str, Tensor, Tensor]]] = {}
        for slot, old in before:
            new = _sample(slot, False)
            if new is not None and new.shape == old.shape and new.device == old.device:
                by_device.setdefault(old.device, []).append((slot.name, old.float(), new.float()))
        for same in by_device.values():
            olds, news = [each[1] for each in same], [each[2] for each in same]
            norms = [*torch._foreach_norm(torch._foreach_sub(news, olds)), *torch._foreach_norm(olds)]
            yield [each[0] for each in same], torch.stack(norms).double().square()

    def moved_by_hand(self, slots: Sequence[Named]) -> bool:
        """Whether weights were changed since the last look, as loops without an optimizer of torch do."""
        for slot in slots:
            parameter = slot.parameter()
            if is_lazy(parameter):
                continue
            if parameter is not None and parameter.requires_grad and not parameter.is_inference():
                known, self._version = self._version, (id(parameter), parameter._version)
                return known is not None and known[0] == id(parameter) and known != self._version
        return False


def _sample(slot: Named, copies: bool) -> Tensor | None:
    parameter = slot.parameter()
    if parameter is None or not parameter.requires_grad:
        return None
    if is_distributed(parameter):
        copies = not is_first_copy(parameter)
    elif slot.counted is not None:
        copies = not slot.counted
    if copies or hasattr(parameter, "_fqns"):
        return None
    try:
        return values_of(parameter, MOVED).flat
    except UnreadableError:
        return None
