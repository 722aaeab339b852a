"""What one log() call costs a training loop, beside the loggers that write event files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter, process_time, sleep
from typing import Any

from benchmarks.kernel import Kernel
from benchmarks.measure import Row, arguments, interleaved, print_table, seconds

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy", "rate")
STAGED = 1000
"""Calls that fit the stage, so that log() alone is timed."""


def staged(calls: int, metrics: int) -> float:
    """The call alone: nobody shows the run and nothing is committed yet."""
    import nbviz

    rounds = max(1, calls // STAGED)
    taken = 0.0
    for _ in range(rounds):
        run = nbviz.Run()
        taken += _timed(_logger(run.log, metrics), STAGED)
        assert len(run["loss"]) == STAGED
    return taken / (rounds * STAGED)


def whole(calls: int, metrics: int) -> float:
    """The calls with every commit they cause, the last one included."""
    import nbviz

    run = nbviz.Run()
    start = perf_counter()
    _timed(_logger(run.log, metrics), calls)
    assert len(run["loss"]) == calls
    return (perf_counter() - start) / calls


def shown(calls: int, metrics: int) -> float:
    """The calls while a LiveLoss of this kernel is fed 20 times a second, and its last flush."""
    import nbviz
    from nbviz.channel import pump

    live = nbviz.LiveLoss()
    start = perf_counter()
    _timed(_logger(live.run.log, metrics), calls)
    pump.settle()
    taken = (perf_counter() - start) / calls
    assert len(live.run["loss"]) == calls
    pump.forget(live.channels[0])
    return taken


def torch_writer(calls: int, metrics: int) -> float:
    from torch.utils.tensorboard import SummaryWriter

    return _written(SummaryWriter, calls, metrics)


def tensorboardx_writer(calls: int, metrics: int) -> float:
    from tensorboardX import SummaryWriter

    return _written(SummaryWriter, calls, metrics)


def wandb_run(calls: int, metrics: int) -> float:
    """The calls alone of a run that is kept on this machine; its process works beside them."""
    import wandb

    with tempfile.TemporaryDirectory() as folder:
        settings = wandb.Settings(silent=True, console="off", x_disable_stats=True)
        run = wandb.init(mode="offline", dir=folder, project="log", settings=settings)
        taken = _timed(_logger(lambda step, **values: run.log(values, step=step), metrics), calls) / calls
        run.finish()
    return taken


def share(metrics: int, steps: int) -> float:
    """Per cent that logging adds to the processor time of steps of a millisecond, flushes included."""
    import nbviz
    from nbviz.channel import pump

    live = nbviz.LiveLoss()
    log = _logger(live.run.log, metrics)
    spent = []
    # The first steps also pay for what is done once: tags, columns, and the copy for the notebook.
    for begin, act in ((0, log), (0, lambda _step: None), (steps, log)):
        pump.settle()  # or the idle steps would pay for what the others left to do
        started = process_time()
        for step in range(begin, begin + steps):
            sleep(1e-3)
            act(step)
        spent.append(process_time() - started)
    pump.settle()
    pump.forget(live.channels[0])
    return 100 * (spent[2] - spent[1]) / (1e-3 * steps)


def _written(writer_class: Any, calls: int, metrics: int) -> float:
    """The calls alone, of which the writer's thread holds up some; its flush at the end is not counted."""
    tags = METRICS[:metrics]
    with _writer(writer_class) as writer:

        def log(step: int) -> None:
            value = 1.0 / (step + 1)
            for tag in tags:
                writer.add_scalar(tag, value, step)

        return _timed(log, calls) / calls


@contextmanager
def _writer(writer_class: Any) -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        writer = writer_class(folder)
        yield writer
        writer.close()


def _logger(log: Callable[..., None], metrics: int) -> Callable[[int], None]:
    def one(step: int) -> None:
        value = 1.0 / (step + 1)
        log(loss=value, step=step)

    def five(step: int) -> None:
        value = 1.0 / (step + 1)
        log(loss=value, accuracy=value, val_loss=value, val_accuracy=value, rate=value, step=step)

    return one if metrics == 1 else five


def _timed(call: Callable[[int], None], calls: int) -> float:
    start = perf_counter()
    for step in range(calls):
        call(step)
    return perf_counter() - start


def medians(quick: bool, more: tuple[str, ...] = ()) -> dict[str, float]:
    """Seconds a step of every way to log, one metric and five; ``more`` ways by their names."""
    rounds, ours, theirs = (3, 20_000, 400) if quick else (15, 20_000, 1000)
    ways = {staged: ours, whole: ours, shown: ours, torch_writer: theirs, tensorboardx_writer: theirs}
    ways |= {globals()[name]: theirs for name in more}
    measures = {
        f"{way.__name__} {metrics}": partial(way, calls, metrics) for metrics in (1, 5) for way, calls in ways.items()
    }
    return interleaved(measures, rounds)


def main() -> None:
    quick = arguments(__doc__).quick
    with Kernel() as kernel:
        kernel.run("from benchmarks.log import medians")
        found = kernel.value(f"medians({quick})")
    rows = []
    for metrics, words in ((1, "one metric"), (5, "five metrics against five calls")):
        for way, what in (
            ("staged", "the call alone"),
            ("whole", "with its commits"),
            ("shown", "while a LiveLoss shows it"),
        ):
            ours, torch = found[f"{way} {metrics}"], found[f"torch_writer {metrics}"]
            bound = 40 if way == "staged" else None
            rows.append(Row(f"log() of {words}, {what}", seconds(ours), seconds(torch), torch / ours, bound))
        other = found[f"tensorboardx_writer {metrics}"]
        ours = found[f"staged {metrics}"]
        rows.append(Row("  the call alone against tensorboardX", seconds(ours), seconds(other), other / ours))
    print_table("Seconds a step, in an IPython kernel", rows, "torch", "tensorboard", "tensorboardX", peer="add_scalar")


if __name__ == "__main__":
    main()
