"""Hooks that torch keeps lists of, whatever the model; those on layers are taps."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn.modules import module as modules
from torch.optim import Optimizer
from torch.optim import optimizer as optimizers
from torch.utils.hooks import RemovableHandle


class Hooked(Protocol):
    """Who is told."""

    def before_step(self, optimizer: Optimizer) -> None:
        """An optimizer, perhaps of another model, makes a step."""

    def after_step(self, optimizer: Optimizer) -> None:
        """It has made it."""

    def look_again(self) -> None:
        """Some module got a parameter or a module."""


def hook(watch: weakref.ref[Hooked], handles: list[RemovableHandle], steppers: Sequence[Optimizer] | None) -> None:
    """Have torch tell a watch of the steps of these optimizers, or of all, and of modules that get a part."""

    def before(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if (found := watch()) is not None and not torch.compiler.is_compiling():
            found.before_step(optimizer)

    def after(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if (found := watch()) is not None and not torch.compiler.is_compiling():
            found.after_step(optimizer)

    def registered(module: nn.Module, name: str, part: Any) -> None:
        if (found := watch()) is not None:
            found.look_again()

    if steppers is None:
        handles.append(optimizers.register_optimizer_step_pre_hook(before))
        handles.append(optimizers.register_optimizer_step_post_hook(after))
    for each in steppers or ():
        handles += [each.register_step_pre_hook(before), each.register_step_post_hook(after)]
    handles.append(modules.register_module_parameter_registration_hook(registered))
    handles.append(modules.register_module_module_registration_hook(registered))


def remove(handles: list[RemovableHandle]) -> None:
    """Take hooks off."""
    while handles:
        handles.pop().remove()


def running_cell() -> int | None:
    """The number of the notebook's cell that runs, None where there is no notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "execution_count", None)
