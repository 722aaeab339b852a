"""Hooks on the layers of a model."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nbviz.capture.samples import spacing
from nbviz.capture.tensors import OUTPUTS, first_floats


class Taker(Protocol):
    """Who takes what the hooks see."""

    def begin(self) -> None:
        """A forward that may lead to a step of training begins."""

    def take(self, tap: Tap, module: nn.Module, output: Any) -> None:
        """A layer gave an output."""


class Gate:
    """What the hooks of a model share.

    Inside a compiled graph they read ``open`` and set ``seen`` and nothing else: torch.compile makes a graph for either
    value of the one, and breaks no graph.
    """

    def __init__(self, taker: Taker | None = None) -> None:
        self.taker = taker
        self.open = taker is not None
        self.seen = False
        """A forward was seen since the last step."""
        self.ran = False
        """The model ran, to be trained or evaluated."""
        self.training = False
        """The latest forward of the model may lead to a step, whatever happens to gradients within it."""

    def before(self, model: nn.Module, args: Any) -> None:
        """The hook before the forward of the whole model."""
        if torch.compiler.is_compiling():
            if torch.is_grad_enabled():
                self.seen = True
            return
        self.ran = True
        self.training = torch.is_grad_enabled() and not in_backward()
        if self.training and self.taker is not None:
            self.taker.begin()

    def __deepcopy__(self, memo: Any) -> Gate:
        return Gate()

    def __reduce__(self) -> Any:
        # A copy of a model, be it for an average of weights or a checkpoint, is not watched.
        return Gate, ()


class Tap:
    """The hook on one layer."""

    def __init__(self, gate: Gate, name: str, ends: tuple[float, float] | None = None) -> None:
        self.gate, self.name, self.ends = gate, name, ends
        self.sample: tuple[Tensor, Tensor] | None = None
        """Values of an output inside a compiled graph, and how many it has."""

    def after(self, module: nn.Module, args: Any, output: Any) -> None:
        """The hook after the forward of the layer."""
        gate = self.gate
        if not gate.open:
            return
        if torch.compiler.is_compiling():
            if torch.is_grad_enabled() and not in_region():
                self._keep(output)
            return
        # Checkpointing runs a layer once more in the backward pass, and its first pass may be without gradients.
        if gate.taker is not None and (gate.training or torch.is_grad_enabled()) and not in_backward():
            gate.taker.take(self, module, output)

    def _keep(self, output: Any) -> None:
        # A copy, made within the graph: nothing is counted there, and what follows may change the output in place.
        tensor = first_floats(output)
        if tensor is not None and tensor.numel():
            line = tensor.detach().reshape(-1)
            kept = line[:: spacing(tensor.numel(), OUTPUTS)].clone()
            self.sample = kept, line.new_full((), tensor.numel(), dtype=torch.int64)

    def __deepcopy__(self, memo: Any) -> Tap:
        return Tap(Gate(), self.name)

    def __reduce__(self) -> Any:
        return Tap, (Gate(), self.name)


def in_backward() -> bool:
    """Whether autograd runs this, as when a checkpoint computes a layer again."""
    running: int = torch._C._current_graph_task_id()
    return running != -1


def in_region() -> bool:
    """Whether torch.compile traces a part of a graph that keeps nothing for later, as what a checkpoint runs.

    To keep something there would break the graph, and under ``fullgraph=True`` end the training.
    """
    try:
        from torch._dynamo.symbolic_convert import InstructionTranslator

        return InstructionTranslator.current_tx().output.current_tracer.parent is not None
    except Exception:  # another version of torch, of which we cannot know
        return True


# What `torch.compiler.assume_constant_result` does, but it imports the whole compiler: called once, while tracing.
in_region._dynamo_marked_constant = True  # type: ignore[attr-defined]
