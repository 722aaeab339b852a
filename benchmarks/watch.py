"""How much slower a training gets while its layers are captured, beside add_histogram of the same tensors.

On one thread of the CPU, in its own processor time, which does not count what else the machine has to do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from time import thread_time
from typing import Any

from benchmarks.measure import Row, arguments, interleaved, print_table, seconds

CYCLE = 10
"""Steps that are timed together: activations are captured in one of them."""
WIDTH, BLOCKS, TOKENS, BATCH, WORDS = 128, 3, 64, 16, 500

Way = Callable[[Any, Any], Any]
"""From a model and its optimizer to something that closes, which captures in the meantime."""


class Training:
    """A small language model of its own: its random numbers, and whatever captures it."""

    def __init__(self, way: Way) -> None:
        import torch
        from torch import nn

        torch.set_num_threads(1)
        torch.manual_seed(0)
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True)
        self._model = nn.Sequential(
            nn.Embedding(WORDS, WIDTH),
            nn.TransformerEncoder(layer, BLOCKS, enable_nested_tensor=False),
            nn.Linear(WIDTH, WORDS),
        )
        self._optimizer = torch.optim.AdamW(self._model.parameters(), 1e-4)
        self._tokens = torch.randint(WORDS, (BATCH, TOKENS + 1))
        self._stack = ExitStack()
        self._stack.enter_context(way(self._model, self._optimizer))
        self.size = sum(parameter.numel() for parameter in self._model.parameters())

    def cycle(self) -> float:
        """Seconds a step."""
        start = thread_time()
        for _ in range(CYCLE):
            self._step()
        return (thread_time() - start) / CYCLE

    def _step(self) -> None:
        from torch.nn.functional import cross_entropy

        self._optimizer.zero_grad()
        logits = self._model(self._tokens[:, :-1])
        cross_entropy(logits.flatten(0, 1), self._tokens[:, 1:].flatten()).backward()
        self._optimizer.step()

    def close(self) -> None:
        self._stack.close()


@contextmanager
def nothing(model: Any, optimizer: Any) -> Iterator[None]:
    yield


@contextmanager
def watched(model: Any, optimizer: Any, **options: Any) -> Iterator[None]:
    import nbviz

    with nbviz.watch(model, nbviz.Run(), **options) as watch:
        yield
        assert watch.missing == {}, watch.missing


@contextmanager
def add_histogram(model: Any, optimizer: Any, every: int, activations: bool) -> Iterator[None]:
    """The same tensors at the same moments, by TensorBoard's writer."""
    from torch.utils.tensorboard import SummaryWriter

    step = 0

    def before_step(*_: Any) -> None:
        nonlocal step
        if step % every == 0:
            for name, parameter in model.named_parameters():
                writer.add_histogram(f"weights/{name}", parameter, step)
                writer.add_histogram(f"gradients/{name}", parameter.grad, step)
        step += 1

    def after(name: str, module: Any, args: Any, output: Any) -> None:
        if step % every == 0:
            output = output[0] if isinstance(output, tuple) else output
            writer.add_histogram(f"activations/{name}", output, step)

    with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
        handles = [optimizer.register_step_pre_hook(before_step)]
        if activations:
            named = [(name, module) for name, module in model.named_modules() if name]
            handles += [module.register_forward_hook(partial(after, name)) for name, module in named]
        yield
        for handle in handles:
            handle.remove()


def measured(rounds: int, settling: int) -> tuple[dict[str, float], int]:
    ways: dict[str, Way] = {
        "bare": nothing,
        "hooks": partial(watched, every=10**9),
        "parameters": partial(watched, every=1, activations=False),
        "parameters peer": partial(add_histogram, every=1, activations=False),
        "all": partial(watched, every=CYCLE),
        "all peer": partial(add_histogram, every=CYCLE, activations=True),
        "auto": partial(watched, every="auto"),
    }
    trainings = {name: Training(way) for name, way in ways.items()}
    for name, training in trainings.items():
        # "auto" finds its interval by capturing ever more seldom.
        for _ in range(settling if name == "auto" else 1):
            training.cycle()
    found = interleaved({name: training.cycle for name, training in trainings.items()}, rounds)
    for training in trainings.values():
        training.close()
    return found, trainings["bare"].size


def main() -> None:
    found, size = measured(*((2, 1) if arguments(__doc__).quick else (9, 12)))
    bare = found["bare"]
    rows = [Row("a step that nobody watches", "", seconds(bare))]
    for name, what in (
        ("parameters", "weights and gradients, every step"),
        ("all", f"weights, gradients and activations, every {CYCLE} steps"),
    ):
        ours, peer = found[name] - bare, found[f"{name} peer"] - bare
        rows.append(Row(what, seconds(max(0, ours)), seconds(peer), peer / ours))
        rows.append(Row("  more time for a step", f"{ours / bare:.1%}", f"{peer / bare:.0%}"))
    for name, what in (
        ("hooks", "hooks that capture nothing"),
        ("auto", "every='auto', all three, once it has found its interval"),
    ):
        more = 100 * (found[name] / bare - 1)
        rows.append(Row(what, f"{more:.1f} %", "", more, unit="%"))
    title = f"Added to a step of a transformer of {size:,} parameters, {BATCH} x {TOKENS} tokens, on one thread"
    print_table(title, rows, "torch", "tensorboard", peer="add_histogram")


if __name__ == "__main__":
    main()
