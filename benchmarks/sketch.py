"""What a sketch of a tensor costs on the CPU, in time and bytes, beside numpy's and TensorBoard's histograms.

The sketch includes count, sum, sum of squares, extremes, zeros, NaN and infinities. Everything runs on one thread, but
for one dot product of TensorBoard's, which may take more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Row, arguments, interleaved, print_table, seconds, size
from nbviz import Sketch

Values = NDArray[Any]

FRACTIONS = np.array([0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999])
LAYERS: dict[str, Callable[[np.random.Generator, int], Values]] = {
    "weights": lambda rng, count: rng.normal(0, 0.02, count),
    "uniform weights": lambda rng, count: rng.uniform(-0.05, 0.05, count),
    "gradients": lambda rng, count: 1e-5 * rng.standard_t(3, count),
    "activations after ReLU": lambda rng, count: np.maximum(rng.normal(0, 1, count), 0),
    "a softmax": lambda rng, count: rng.lognormal(-6, 2, count),
}
NORM = "a layer norm's scale"


def taken(work: Callable[[], Any]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def tensorboard(values: Values) -> Any:
    """As add_histogram makes it."""
    from torch.utils.tensorboard.summary import make_histogram

    return make_histogram(values.astype(float), default_bins())


def default_bins() -> list[float]:
    """Those of SummaryWriter, which makes them when it is made."""
    positive, bins = 1e-12, []
    while positive < 1e20:
        bins.append(positive)
        positive *= 1.1
    return [-each for each in reversed(bins)] + [0.0] + bins


def times(count: int, rounds: int) -> list[Row]:
    values = np.random.default_rng(0).normal(0, 0.02, count).astype(np.float32)
    half, codes = values.astype(np.float16), (values.view(np.uint32) >> 16).astype(np.uint16)
    small = np.split(values[: count // 2048 * 2048], count // 2048)
    work: dict[str, Callable[[], Any]] = {
        "ours": partial(Sketch.of, values),
        "numpy": partial(np.histogram, values, 64),
        "tensorboard": partial(tensorboard, values),
        "float64": partial(Sketch.of, values.astype(np.float64)),
        "float16": partial(Sketch.of, half),
        "bfloat16": partial(Sketch.of_bfloat16, codes),
        "small": lambda: deque(map(Sketch.of, small), maxlen=0),
        "small numpy": lambda: deque((np.histogram(each, 64) for each in small), maxlen=0),
    }
    found = interleaved({name: partial(taken, each) for name, each in work.items()}, rounds)
    million = {name: value / count * 1e6 for name, value in found.items()}

    def row(what: str, ours: str, peer: str, bound: float | None = None) -> Row:
        return Row(what, seconds(million[ours]), seconds(million[peer]), million[peer] / million[ours], bound)

    return [
        row("a million float32, against np.histogram(values, 64)", "ours", "numpy", 2),
        row("  against TensorBoard's make_histogram", "ours", "tensorboard", 10),
        row("  float64, against np.histogram of float32", "float64", "numpy"),
        row("  float16", "float16", "numpy"),
        row("  bfloat16", "bfloat16", "numpy"),
        row("  in tensors of 2,048, against np.histogram of each", "small", "small numpy"),
    ]


def bytes_and_accuracy(count: int) -> list[Row]:
    rng = np.random.default_rng(0)
    layers = {name: make(rng, count).astype(np.float32) for name, make in LAYERS.items()}
    layers[NORM] = rng.normal(1, 0.02, 4096).astype(np.float32)
    sizes = {name: len(Sketch.of(values).to_bytes()) for name, values in layers.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    theirs = tensorboard(layers[largest]).ByteSize()
    rows = [Row(f"bytes a capture, the largest of six kinds: {largest}", size(sizes[largest]), size(theirs),
                sizes[largest], 800, at_most=True, unit="B")]  # fmt: skip
    off = np.concatenate([_quantiles_off(values) for name, values in layers.items() if name != NORM])
    ridges = [_ridge_off(values) for name, values in layers.items() if name != NORM]
    for what, found, bound in (
        ("quantiles, relative to numpy's: median", np.median(off), 0.5),
        ("  worst", off.max(), 2),
        ("smoothed ridge, total variation: worst", max(ridges), 0.3),
        (f"  of {NORM}, with its pivot", _ridge_off(layers[NORM]), 1.5),
    ):
        share = 100 * float(found)
        rows.append(Row(what, f"{share:.2g} %", "", share, bound, at_most=True, unit="%"))
    return rows


def _quantiles_off(values: Values) -> Values:
    expected = np.quantile(values.astype(np.float64), FRACTIONS)
    kept = expected != 0
    off: Values = np.abs(Sketch.of(values).quantile(FRACTIONS) - expected)[kept] / np.abs(expected[kept])
    return off


def _ridge_off(values: Values) -> float:
    edges = np.linspace(*np.quantile(values, [0.001, 0.999]), 65)
    ours, theirs = _ridge(Sketch.of(values).rebin(edges)), _ridge(np.histogram(values.astype(np.float64), edges)[0])
    return float(np.abs(ours - theirs).sum() / 2)


def _ridge(counts: Values) -> Values:
    padded = np.concatenate([counts[:1], counts, counts[-1:]])
    ridge: Values = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    return ridge / ridge.sum()


def main() -> None:
    quick = arguments(__doc__).quick
    count, rounds = (1 << 18, 3) if quick else (1 << 22, 9)
    rows = [*times(count, rounds), *bytes_and_accuracy(count // 4)]
    print_table(f"A sketch with statistics of {count:,} elements", rows, "numpy", "torch", "tensorboard")


if __name__ == "__main__":
    main()
