"""watch(): what it takes and refuses. torch is imported when a model of it is watched."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from nbviz.run import Run

if TYPE_CHECKING:
    from nbviz.capture.torch import Watch


def watch(
    model: Any,
    run: Any,
    every: int | Literal["auto"] = 10,
    weights: bool = True,
    gradients: bool = True,
    activations: bool = True,
    include: str | Iterable[str] | None = None,
    exclude: str | Iterable[str] | None = None,
    optimizer: Any = None,
    *,
    budget: float = 0.01,
    clock: Callable[[], float] = time.perf_counter,
) -> Watch:
    """Capture the distributions of a torch model's weights, gradients and activations while it trains.

    Parameters
    ----------
    model : torch.nn.Module
        Also one that is compiled, wrapped for several devices or processes, sharded, or a stage of a pipeline. It is
        not kept alive.
    run : Run or LiveLoss
        Where captures are logged: histograms ``weights/<parameter>``, ``gradients/<parameter>`` and
        ``activations/<module>``, and scalars derived from them (`nbviz.layers`).
    every : int or "auto"
        Capture one step of the optimizer in so many; "auto" finds the smallest number within the budget.
    weights, gradients, activations : bool
    include, exclude : str or iterable of str, optional
        Regular expressions, found anywhere in the names of parameters and modules.
    optimizer : torch.optim.Optimizer or iterable of them, optional
        By default every optimizer that steps parameters of the model.
    budget : float
        The share of the training's time that "auto" may take.
    clock : callable, optional
        Returns seconds; tests inject their own.

    Returns
    -------
    Watch
        A context manager that stops watching at its end, as its ``remove()`` does.

    Raises
    ------
    TypeError, ValueError
        If it cannot watch what it was given. Once it watches, whatever goes wrong is reported and training goes on.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise TypeError(f"watch() takes a torch.nn.Module, not a {type(model).__name__}.")
    from nbviz.capture.choice import chooser
    from nbviz.capture.overhead import Meter
    from nbviz.capture.torch import Watch

    run = getattr(run, "run", run)
    if not isinstance(run, Run):
        raise TypeError(f"watch() logs to a Run or a LiveLoss, not to a {type(run).__name__}.")
    asked = {"weights": weights, "gradients": gradients, "activations": activations}
    what = [name for name, wanted in asked.items() if wanted]
    chosen = chooser("watch()", include, exclude)
    meter = Meter.checked("watch()", every, budget, clock)
    steppers = _optimizers(optimizer, torch.optim.Optimizer)
    watching = Watch(model, run, meter, what, chosen, steppers)
    _warn_of_nothing(watching, run, include, exclude)
    return watching


def _optimizers(given: Any, kind: type) -> list[Any] | None:
    if given is None:
        return None
    listed = [given] if isinstance(given, kind) or not isinstance(given, Iterable) else list(given)
    for each in listed:
        if not isinstance(each, kind):
            raise TypeError(f"watch() takes torch.optim.Optimizer as optimizer=, not {type(each).__name__}.")
    return listed


def _warn_of_nothing(watching: Watch, run: Run, include: Any, exclude: Any) -> None:
    if watching.parts:
        return
    why = f"no name fits include={include!r}, exclude={exclude!r}" if include or exclude else "the model has none yet"
    run.report(f"watch() found no parameters and no modules to capture: {why}.")
