"""Reading event files, beside TensorBoard's EventAccumulator and its data server (in Rust); all checksums checked.

nbviz and EventAccumulator each read in a process that has read the log before, and keep every point. Of the data server
the first load cycle counts as it states it itself: with ``--checksum``, keeping every point, on as many cores as it
likes, without its start and without sending a point to anyone. All take their turns.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks import logs, worker
from benchmarks.measure import Row, parser, print_table, seconds, size
from benchmarks.worker import Worker


class Case(NamedTuple):
    """A log, and how many times faster than EventAccumulator and the data server nbviz is to read it."""

    what: str
    make: Callable[[int], Path]
    count: int
    accumulator: float
    server: float
    cores: int = 0
    """On how many cores the server may read, which reads several runs at once; on all by default."""


MILLION = 1_000_000
PATIENCE = 10.0
"""Seconds after which a measure takes no more turns."""

READING = {
    "periodic": Case("scalars of torch, periodic", logs.periodic, MILLION, 150, 8),
    "tf2": Case("scalars of TF2, periodic", logs.periodic_tf2, MILLION, 150, 8),
    "irregular": Case("scalars in irregular order", logs.irregular, MILLION, 60, 3),
    "tags": Case("scalars under 1,000 tags", logs.many_tags, MILLION, 60, 3),
    "histograms-tf2": Case("histograms of TF2", logs.histograms_tf2, MILLION // 10, 60, 3),
    "histograms": Case("histograms of torch, 10 kB each, indexed", logs.histograms, MILLION // 50, 100, 6),
    "runs": Case("scalars in 500 runs", logs.many_runs, MILLION, 35, 1, cores=1),
}


class Bench:
    """What the rows are made with.

    Attributes
    ----------
    quick, peers : bool
        Small logs and few rounds; measure the peers too.
    """

    def __init__(self, quick: bool, peers: bool, stack: ExitStack) -> None:
        self.quick, self.peers = quick, peers
        self.ours, self.accumulator = (stack.enter_context(Worker()) for _ in range(2))
        self._stack = stack
        if peers:
            self.accumulator(worker.accumulator_seconds, str(logs.periodic(1000)))  # imports what it needs

    def of(self, count: int) -> int:
        return count // 50 if self.quick else count

    def temporary(self) -> Path:
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="nbviz-reader-")))

    def turns(self, ours: Callable[[], float], **peers: tuple[int, Callable[[], float]]) -> dict[str, float]:
        """Medians of nine turns of ours, between which each peer takes the given number of turns; fewer if slow."""
        measures = {"ours": (2 if self.quick else 9, ours), **(peers if self.peers else {})}
        taken: dict[str, list[float]] = {name: [] for name in measures}
        for turn in range(max(rounds for rounds, _ in measures.values())):
            for name, (rounds, measure) in measures.items():
                if turn < (min(rounds, 2) if self.quick else rounds) and sum(taken[name]) < PATIENCE:
                    taken[name].append(measure())
        return {name: median(values) for name, values in taken.items()}

    def row(self, what: str, ours: float, peer: float | None, bound: float | None) -> Row:
        if peer is None:
            return Row(what, seconds(ours))
        return Row(what, seconds(ours), seconds(peer), peer / ours, None if self.quick else bound)


def reading(bench: Bench, case: Case) -> Iterator[Row]:
    count = bench.of(case.count)
    path = str(case.make(count))
    _, rows = bench.ours(worker.nbviz_seconds, path)  # fills the caches
    found = bench.turns(
        lambda: bench.ours(worker.nbviz_seconds, path)[0],
        server=(5, lambda: worker.server_load(path, case.cores)[0]),
        accumulator=(1, lambda: _checked(bench.accumulator(worker.accumulator_seconds, path), rows)),
    )
    ours = found["ours"]
    yield bench.row(f"{count:,} {case.what}", ours, found.get("accumulator"), case.accumulator)
    if bench.peers:
        where = " on one core, as ours" if case.cores == 1 else ""
        yield bench.row(f"  against the data server's load{where}", ours, found["server"], case.server)
    if case.make is logs.histograms:
        rate = (Path(path) / logs.NAME).stat().st_size / ours / 1e9
        yield Row("  bytes a second", "", "", rate, None if bench.quick else 0.8, unit="GB/s")


def _checked(answer: list[float], rows: int) -> float:
    taken, theirs = answer
    assert theirs == rows, f"EventAccumulator read {theirs} rows, nbviz {rows}"
    return taken


def growing(bench: Bench) -> Iterator[Row]:
    """Twenty scalars land between two polls; and polls of 500 runs in which nothing does."""
    polls, each = bench.of(2000), 20
    start = 10_000
    rows = list(logs.rows(logs.METRICS, start + polls * each, np.random.default_rng(0)))
    appended = [
        logs.records(logs.torch_scalars(iter(rows[at : at + each]))).hex() for at in range(start, len(rows), each)
    ]

    def copy() -> str:
        path = bench.temporary() / "log"
        shutil.copytree(logs.periodic(start), path)
        return str(path)

    for what, read, bound in (
        ("a poll that finds 20 events more", False, 8),
        ("  and a look at every tag", True, None),
    ):
        found = bench.turns(
            lambda read=read: bench.ours(worker.nbviz_growing, copy(), appended, read),
            accumulator=(3, lambda read=read: bench.accumulator(worker.accumulator_growing, copy(), appended, read)),
        )
        yield bench.row(what, found["ours"], found.get("accumulator"), bound)
    runs = str(logs.many_runs(bench.of(MILLION)))
    found = bench.turns(
        lambda: bench.ours(worker.nbviz_idle, runs, 100),
        accumulator=(1, lambda: bench.accumulator(worker.accumulator_idle, runs, 20)),
    )
    yield bench.row("a poll that finds nothing in 500 files, a file", found["ours"], found.get("accumulator"), None)
    yield Row("  in microseconds", "", "", found["ours"] * 1e6, 5, at_most=True, unit="µs")


def memory(bench: Bench) -> Iterator[Row]:
    count = bench.of(MILLION)
    for name, make in (("periodic", logs.periodic), ("in irregular order", logs.irregular)):
        path = str(make(count))
        with Worker() as fresh:
            idle, added = fresh(worker.nbviz_memory, path)
        bound = None if bench.quick else 30
        what = f"memory of {count:,} scalars, {name}: an event"
        yield Row(what, size(added), "", added / count, bound, at_most=True, unit="B")
        if bench.peers:
            server = worker.server_load(path)[1]
            with Worker() as fresh:
                theirs = fresh(worker.accumulator_memory, path)[1]
            bound = None if bench.quick else 1 / 3
            yield Row("  interpreter included, against the data server", size(idle + added), size(server),
                      (idle + added) / server, bound, at_most=True)  # fmt: skip
            yield Row("  above the interpreter, against EventAccumulator", size(added), size(theirs), theirs / added)


def fresh(bench: Bench) -> Iterator[Row]:
    path = str(logs.periodic(10_000))
    worker.fresh_seconds(worker.FRESH_NBVIZ, path)  # writes the compiled modules
    worker.fresh_seconds(worker.FRESH_ACCUMULATOR, path)
    found = bench.turns(
        partial(worker.fresh_seconds, worker.FRESH_NBVIZ, path),
        accumulator=(9, partial(worker.fresh_seconds, worker.FRESH_ACCUMULATOR, path)),
    )
    what = "10k scalars in a fresh process, without importing numpy"
    yield bench.row(what, found["ours"], found.get("accumulator"), 3)


def growth(bench: Bench) -> Iterator[Row]:
    """The cost of an event, from logs of ten thousand to five million."""
    for count in map(bench.of, (10_000, 100_000, 300_000, MILLION, 3 * MILLION, 5 * MILLION)):
        path = str(logs.periodic(count))
        bench.ours(worker.nbviz_seconds, path)
        taken = bench.turns(lambda path=path: bench.ours(worker.nbviz_seconds, path)[0])["ours"]
        yield Row(f"{count:,} scalars, periodic", seconds(taken), "", taken / count * 1e9, unit="ns an event")


CASES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    **{name: partial(reading, case=case) for name, case in READING.items()},
    "growing": growing,
    "memory": memory,
    "fresh": fresh,
    "growth": growth,
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--case", action="append", choices=CASES, help="only this one; may be given several times")
    options.add_argument("--no-peers", action="store_true", help="nbviz alone, which takes seconds")
    given = options.parse_args()
    with ExitStack() as stack:
        bench = Bench(given.quick, not given.no_peers, stack)
        rows = [row for name in given.case or CASES for row in CASES[name](bench)]
    title = "Reading event files; the peer is EventAccumulator where no other is named"
    print_table(title, rows, "numpy", "tensorboard", "tensorboard-data-server", "crc32c")


if __name__ == "__main__":
    main()
