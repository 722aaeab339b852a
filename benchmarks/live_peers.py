"""What live.py shows, each with the same face: made of a history of two metrics, displayed, given one point more."""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Timer

import numpy as np

import nbviz
from nbviz.channel import pump

ROOT = Path(__file__).parent.parent
TAGS = ("loss", "val_loss", "accuracy", "val_accuracy")


begun = [0.0]
"""When the last update began, in seconds since the epoch."""


def note():
    begun[0] = time.time()


def later(act, seconds=0.5):
    """Act when the cell has ended and all that its end brings is over."""

    def now():
        note()
        act()

    Timer(seconds, now).start()


def resident():
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def values(rows, metrics=2):
    steps = np.arange(rows)
    noise = np.random.default_rng(0).normal(0, 0.05, (metrics, rows))
    return steps, 0.1 + np.exp(-steps / 3000) + noise


class Ours:
    def __init__(self, rows, tags=2):
        self.live = nbviz.LiveLoss()
        self.run, (self.channel,) = self.live.run, self.live.channels
        self.tags = TAGS[:tags]
        self.add(0, rows)
        self.channel.flush()

    def add(self, first, last):
        for tag in self.tags:
            steps = np.arange(first, last)
            self.run.extend(tag, steps, 1.7e9 + steps, np.sin(steps / 500) + np.cos(steps * 12.9898))

    def display(self):
        from IPython.display import display

        display(self.live)

    def more(self):
        self.live.log(dict.fromkeys(self.tags, 0.5))
        self.channel.flush()

    def lose(self, rows):
        """Rows of which no frame reaches the page, until another one shows that they are missing."""
        first = len(self.run[self.tags[0]])
        self.add(first, first + rows)
        self.channel._sender.take()
        note()
        self.more()

    def endure(self, seconds):
        """Log as fast as it goes; returns how many rows there are then, and the bytes that each new value took."""
        first, before = len(self.run["loss"]), resident()
        end, rows = time.monotonic() + seconds, first
        while time.monotonic() < end:
            for step in range(rows, rows + 1000):
                value = 1.0 / (step + 1)
                self.live.log(loss=value, val_loss=value, accuracy=value, val_accuracy=value)
            rows += 1000
        pump.settle()
        assert rows == len(self.run["loss"])
        return rows, (resident() - before) / (4 * (rows - first))

    def stream(self, first, last, batch=5_000):
        for begin in range(first, last, batch):
            self.add(begin, min(last, begin + batch))
            self.channel.flush()
            time.sleep(0.005)
        pump.settle()


class Plotly:
    def __init__(self, rows):
        import plotly.graph_objects as go

        self.steps, self.values = values(rows)
        self.figure = go.FigureWidget([go.Scatter(x=self.steps, y=each) for each in self.values])

    def display(self):
        from IPython.display import display

        display(self.figure)

    def more(self):
        self.steps = np.append(self.steps, self.steps[-1] + 1)
        self.values = np.column_stack([self.values, [0.5, 0.5]])
        with self.figure.batch_update():
            for line, each in zip(self.figure.data, self.values, strict=True):
                line.x, line.y = self.steps, each


class Bqplot:
    def __init__(self, rows):
        import bqplot

        self.steps, self.values = values(rows)
        scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
        self.lines = bqplot.Lines(x=self.steps, y=self.values, scales=scales)
        self.figure = bqplot.Figure(marks=[self.lines])

    def more(self):
        self.steps = np.append(self.steps, self.steps[-1] + 1)
        self.values = np.column_stack([self.values, [0.5, 0.5]])
        with self.lines.hold_sync():
            self.lines.x, self.lines.y = self.steps, self.values


class LiveLossPlot:
    def __init__(self, rows):
        import livelossplot

        self.plot = livelossplot.PlotLosses()
        for loss, val_loss in values(rows)[1].T:
            self.plot.update({"loss": loss, "val_loss": val_loss})

    def display(self):
        self.plot.send()

    def more(self):
        self.plot.update({"loss": 0.5, "val_loss": 0.5})
        self.plot.send()


UPLOT = """
const columns = [[], [], []];
export default {
  render({ model, el }) {
    const scales = { x: { time: false } };
    const series = [{}, { stroke: "blue" }, { stroke: "red" }];
    const plot = new uPlot({ width: 1000, height: 300, scales, series }, columns, el);
    model.on("msg:custom", (_message, [buffer]) => {
      const rows = new Float64Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength));
      const count = rows.length / 3;
      columns.forEach((column, i) => { for (let row = 0; row < count; row++) column.push(rows[i * count + row]); });
      plot.setData(columns);
    });
    model.send("ready");
  },
};
"""


class UPlot:
    def __init__(self, rows):
        import anywidget

        code = (ROOT / "js/node_modules/uplot/dist/uPlot.esm.js").read_text("utf-8")
        code = code.replace("export { uPlot as default };", "")
        self.steps, self.values = values(rows)
        self.widget = type("UPlot", (anywidget.AnyWidget,), {"_esm": code + UPLOT})()
        self.widget.on_msg(lambda *_: self.widget.send({}, [np.stack([self.steps, *self.values]).tobytes()]))
        self.step = rows

    def display(self):
        from IPython.display import display

        display(self.widget)

    def more(self):
        self.widget.send({}, [np.array([[self.step], [0.5], [0.5]], float).tobytes()])
        self.step += 1


def feed(shown, seconds, rate=60):
    """One flush after the other, as many a second."""
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        shown.more()
        time.sleep(max(0.0, 1 / rate - (time.perf_counter() - now)))


def many_runs(count, rows, tags=10):
    steps = np.arange(rows)
    runs = {}
    for number in range(count):
        run = runs[f"run{number:03d}"] = nbviz.Run(f"run{number:03d}")
        noise = np.random.default_rng(number).normal(0, 0.05, (tags, rows))
        for tag in range(tags):
            curve = np.exp(-steps / 3000) * (1 + tag) + number * 0.02
            run.extend(f"metric{tag}", steps, 1.7e9 + steps, curve + noise[tag])
        run.finish()
    return runs
