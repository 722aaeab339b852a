"""One live update of a chart that has 10,000 points behind it: kernel time beside livelossplot, bytes beside bqplot."""

from __future__ import annotations

from statistics import median

from benchmarks.kernel import Kernel
from benchmarks.measure import Row, arguments, print_table, seconds, size

HISTORY = 10_000

SETUP = f"""
import math, time
import numpy as np
import nbviz
import livelossplot, bqplot
from nbviz.channel import pump
%matplotlib inline

def values(step):
    return dict(loss=1 / (step + 1) + 0.1 * math.sin(step), val_loss=2 / (step + 1) + 0.1 * math.cos(step))

history = [values(step) for step in range({HISTORY})]

# The pump's thread stays out of it: what one flush costs is measured where it is called.
pump.wake = lambda task: None
live = nbviz.LiveLoss()
for step, each in enumerate(history):
    live.log(each, step=step)
channel = live.channels[0]
channel.flush()

plot = livelossplot.PlotLosses()
for each in history:
    plot.update(each)

columns = np.array([[each[name] for each in history] for name in ("loss", "val_loss")])
steps = np.arange({HISTORY})
lines = bqplot.Lines(x=steps, y=columns, scales=dict(x=bqplot.LinearScale(), y=bqplot.LinearScale()))

step = {HISTORY} - 1
def more():
    global step
    step += 1
    return values(step)
"""

NBVIZ = """
live.log(more(), step=step + 1)
channel.flush()
"""

LIVELOSSPLOT = """
plot.update(more())
plot.send()
"""

BQPLOT = """
new = more()
steps = np.append(steps, step)
columns = np.column_stack([columns, [new["loss"], new["val_loss"]]])
with lines.hold_sync():
    lines.x = steps
    lines.y = columns
"""

MESSAGES = {"comm_msg", "comm_open", "display_data", "update_display_data", "clear_output", "stream"}
TIMED = """
start, cpu = time.perf_counter(), time.process_time()
{update}
taken = [time.perf_counter() - start, time.process_time() - cpu]
"""


class Update:
    """The medians of one way to show one more point of two metrics."""

    def __init__(self, code: str) -> None:
        self._code = TIMED.format(update=code)
        self._taken: list[tuple[float, float, int]] = []

    def measure(self, kernel: Kernel) -> None:
        _, sizes = kernel.run(self._code)
        wall, processor = kernel.value("taken")
        self._taken.append((wall, processor, sum(sizes.get(name, 0) for name in MESSAGES)))

    @property
    def wall(self) -> float:
        return median(wall for wall, _, _ in self._taken)

    @property
    def processor(self) -> float:
        return median(processor for _, processor, _ in self._taken)

    @property
    def sent(self) -> float:
        return median(sent for _, _, sent in self._taken)


def rows_of(ours: Update, livelossplot: Update, bqplot: Update) -> list[Row]:
    def times(what: str, one: float, other: float, bound: float | None = None) -> Row:
        return Row(what, seconds(one), seconds(other), other / one, bound)

    def bytes_of(what: str, other: Update, bound: float | None = None) -> Row:
        return Row(what, size(ours.sent), size(other.sent), other.sent / ours.sent, bound)

    return [
        times("kernel time against livelossplot", ours.wall, livelossplot.wall, 100),
        times("  of it processor time", ours.processor, livelossplot.processor),
        bytes_of("bytes against bqplot Lines", bqplot, 100),
        bytes_of("  bytes against livelossplot's picture", livelossplot),
        times("  kernel time against bqplot Lines", ours.wall, bqplot.wall),
    ]


def main() -> None:
    rounds = 5 if arguments(__doc__).quick else 31
    ours, livelossplot, bqplot = updates = Update(NBVIZ), Update(LIVELOSSPLOT), Update(BQPLOT)
    with Kernel() as kernel:
        kernel.run(SETUP)
        for _ in range(rounds):
            for update in updates:
                update.measure(kernel)
    title = f"One point more of two metrics at {HISTORY:,} points, in an IPython kernel; bytes as they left its socket"
    print_table(title, rows_of(ours, livelossplot, bqplot), "livelossplot", "matplotlib", "bqplot")


if __name__ == "__main__":
    main()
