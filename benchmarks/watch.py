"""How much slower a training gets while its layers are captured, beside add_histogram of the same tensors.

On one thread of the CPU, in its own processor time, which does not count what else the machine has to do. What
capturing adds is the median of the differences to the training that nobody watches, round by round, as a step's time
drifts. An interval that "auto" chose may be longer than all rounds together, so its share of the time is reckoned from
the cost of a capture.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median
from time import thread_time
from typing import Any

from benchmarks.measure import Row, arguments, in_turns, print_table, seconds

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
        self.watch = self._stack.enter_context(way(self._model, self._optimizer))
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
def watched(model: Any, optimizer: Any, **options: Any) -> Iterator[Any]:
    import nbviz

    with nbviz.watch(model, nbviz.Run(), clock=thread_time, **options) as watch:
        yield watch
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


def measured(rounds: int, settling: int) -> tuple[dict[str, list[float]], Any, int]:
    """Seconds a step of each way, round by round; the watch that chose its interval; how many parameters there are."""
    ways: dict[str, Way] = {
        "bare": nothing,
        "hooks": partial(watched, every=10**9),
        "parameters": partial(watched, every=1, activations=False),
        "parameters peer": partial(add_histogram, every=1, activations=False),
        "all": partial(watched, every=CYCLE),
        "all peer": partial(add_histogram, every=CYCLE, activations=True),
    }
    auto = Training(partial(watched, every="auto"))
    trainings = {name: Training(way) for name, way in ways.items()}
    for training in trainings.values():
        training.cycle()
    # It finds its interval by capturing ever more seldom.
    for _ in range(settling):
        auto.cycle()
    found = in_turns({name: training.cycle for name, training in trainings.items()}, rounds)
    for training in (auto, *trainings.values()):
        training.close()
    return found, auto.watch, auto.size


def main() -> None:
    found, auto, size = measured(*((2, 1) if arguments(__doc__).quick else (15, 40)))
    bare = median(found["bare"])

    def added(name: str) -> float:
        return median(each - other for each, other in zip(found[name], found["bare"], strict=True))

    rows = [Row("a step that nobody watches", "", seconds(bare))]
    for name, what in (
        ("parameters", "weights and gradients, every step"),
        ("all", f"weights, gradients and activations, every {CYCLE} steps"),
    ):
        ours, peer = added(name), added(f"{name} peer")
        rows.append(Row(what, seconds(max(0, ours)), seconds(peer), peer / ours))
        rows.append(Row("  more time for a step", f"{ours / bare:.1%}", f"{peer / bare:.0%}"))
    idle = 100 * added("hooks") / bare
    rows.append(Row("hooks that capture nothing", f"{idle:.1f} %", "", idle, unit="%"))
    share = 100 * CYCLE * added("all") / (auto.every * bare)
    rows.append(
        Row(f"every='auto', all three, which chose {auto.every:,} steps", f"{share:.2f} %", "", share, unit="%")
    )
    own = 100 * auto.overhead
    rows.append(Row("  as it measures itself", f"{own:.2f} %", "", own, 1, at_most=True, unit="%"))
    title = f"Added to a step of a transformer of {size:,} parameters, {BATCH} x {TOKENS} tokens, on one thread"
    print_table(title, rows, "torch", "tensorboard", peer="add_histogram")


if __name__ == "__main__":
    main()
