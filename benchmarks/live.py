"""Live charts in a real JupyterLab and Chromium, each beside its peers in the same page."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import CDPSession, sync_playwright

from benchmarks.kernel import Kernel
from benchmarks.measure import Row, arguments, print_table, seconds, size
from tests.browser.conftest import FLAGS, chromium
from tests.browser.notebook import LabNotebook
from tests.browser.server import JupyterServer

HERE = Path(__file__).parent
SCRIPT = (HERE / "live.js").read_text("utf-8")
SETUP = f"import sys; sys.path.insert(0, {str(HERE.parent)!r})\nfrom benchmarks.live_peers import *\nimport time, nbviz"
MESSAGES = {"comm_msg", "comm_open", "display_data", "update_display_data", "clear_output", "stream"}


class Size(NamedTuple):
    """How much is measured."""

    points: int
    histories: tuple[int, ...]
    rounds: int
    frames: float
    runs: int
    steps: int
    streamed: int
    seconds: float


FULL = Size(100_000, (1_000, 100_000, 1_000_000), 9, 5.0, 100, 10_000, 10_000_000, 60.0)
QUICK = Size(10_000, (1_000, 10_000), 2, 1.0, 10, 1_000, 1_000_000, 5.0)


class Lab:
    """A notebook in JupyterLab whose page tells when it was painted."""

    def __init__(self, notebook: LabNotebook) -> None:
        self.notebook, self.page = notebook, notebook.page
        self._devtools: CDPSession = self.page.context.new_cdp_session(self.page)
        self._devtools.send("HeapProfiler.enable")

    def show(self, code: str) -> int:
        """Run code in a cell of its own, in sight; return its number."""
        cell = self.notebook.add(code)
        self.notebook.run(cell, seconds=300)
        self.see(cell)
        return cell

    def see(self, cell: int) -> None:
        """Scroll to the outputs of a cell: what is out of sight is not drawn."""
        self.notebook.output(cell).scroll_into_view_if_needed()
        self.page.wait_for_timeout(300)

    def painted(self, act: Callable[[], Any], quiet: float = 300) -> tuple[float, float]:
        """Seconds from the moment that the code noted until what it changed was painted first, and last."""
        self.page.evaluate("live.begin()")
        act()
        self.page.wait_for_function("quiet => live.quiet(quiet)", arg=quiet, timeout=300_000)
        taken = self.page.evaluate("live.taken()")
        start = float(self.notebook.execute("print(begun[0])"))
        return taken["first"] / 1000 - start, taken["last"] / 1000 - start

    def since_mount(self, act: Callable[[], Any]) -> float:
        """Seconds from the moment that a view was put into the page until it was painted."""
        self.page.evaluate("live.begin()")
        act()
        self.page.wait_for_function("live.quiet(500)", timeout=300_000)
        taken = self.page.evaluate("live.taken()")
        return float(taken["last"] - taken["mounted"]) / 1000

    def rate(self, code: str) -> float:
        """Frames a second while code runs."""
        cell = self.notebook.add(code)
        self.page.evaluate("live.start()")
        self.notebook.run(cell, seconds=120)
        gaps: list[float] = self.page.evaluate("live.stop()")
        return 1000 * len(gaps) / sum(gaps)

    def heap(self) -> float:
        """Bytes of JavaScript's heap and of the arrays outside it, after a collection."""
        self._devtools.send("HeapProfiler.collectGarbage")
        used: dict[str, float] = self._devtools.send("Runtime.getHeapUsage")
        return used["usedSize"] + used.get("backingStorageSize", 0.0) + used.get("embedderHeapUsedSize", 0.0)


@contextmanager
def lab() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = JupyterServer(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            # Axes that ease would go on drawing after the update is there.
            page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
            page.add_init_script(SCRIPT)
            server.write_notebook("live.ipynb", [SETUP])
            notebook = LabNotebook(page, server, "live.ipynb").open()
            notebook.run(0, seconds=120)
            yield Lab(notebook)
            assert notebook.errors == [], notebook.errors[:5]
        finally:
            browser.close()
            server.stop()


def logging(sizes: Size, quick: bool) -> list[Row]:
    """``log()`` as a share of a loop of 1 ms steps, and beside other loggers."""
    with Kernel() as kernel:
        kernel.run("from benchmarks import log")
        share = {metrics: kernel.value(f"log.share({metrics}, {sizes.rounds * 300})") for metrics in (1, 5)}
        found = kernel.value(f"log.medians({quick}, ('wandb_run',))")
    rows = []
    for metrics, words in ((1, "one metric"), (5, "five metrics")):
        what = f"log() of {words} in a loop of 1 ms steps"
        rows.append(Row(what, f"{share[metrics]:.2f} %", "", share[metrics], 1, True, "%"))
        ours = found[f"shown {metrics}"]
        for peer, name, bound in (("torch_writer", "add_scalar", 60), ("wandb_run", "wandb.log, offline", 300)):
            other = found[f"{peer} {metrics}"]
            rows.append(Row(f"  flushes included, against {name}", seconds(ours), seconds(other), other / ours, bound))
    return rows


def sent(sizes: Size) -> list[Row]:
    """Bytes of one flush, as they leave the kernel's socket."""
    found: dict[str, float] = {}
    with Kernel() as kernel:
        kernel.run(SETUP)
        # The end of each of these cells is not one of training, at which the notebook's copy is renewed.
        kernel.run("pump.settle(); pump.wake = lambda *_, **__: None")
        for name in ("Ours", "Bqplot", "Plotly"):
            kernel.run(f"shown = {name}({sizes.points})")
            taken = [kernel.run("shown.more()")[1] for _ in range(5)]
            found[name] = median(sum(each.get(kind, 0) for kind in MESSAGES) for each in taken)
    ours = found["Ours"]
    what = f"bytes of a flush at {sizes.points:,} points of two metrics"
    rows = [Row(what, size(ours), "", ours, 700 + 2 * 16, True, "B")]
    peers = ("Bqplot", "Plotly")
    return rows + [Row(f"  against {peer}", size(ours), size(found[peer]), found[peer] / ours, 1000) for peer in peers]


def updates(page: Lab, sizes: Size) -> list[Row]:
    """From the update in Python until it is painted."""
    rows = []
    wanted = {1_000: ("LiveLossPlot", 7), 100_000: ("Plotly", 10), 1_000_000: ("Plotly", 100)}
    for history in sizes.histories:
        peer, bound = wanted.get(history, ("Plotly", None))
        taken: dict[str, list[float]] = {"Ours": [], peer: []}
        cells = {name: page.show(f"shown_{name} = {name}({history})\nshown_{name}.display()") for name in taken}
        for _ in range(sizes.rounds):
            for name, values in taken.items():
                page.see(cells[name])
                # It draws into the output of the cell that runs, all others into a widget.
                if name == "LiveLossPlot":
                    act = partial(page.show, f"note(); shown_{name}.more()")
                else:
                    act = partial(page.notebook.execute, f"later(shown_{name}.more)")
                values.append(page.painted(act)[1])
        ours, other = median(taken["Ours"]), median(taken[peer])
        what = f"update to painted at {history:,} points"
        rows.append(Row(what, f"{1000 * ours:.1f} ms", "", 1000 * ours, 35, True, "ms"))
        rows.append(Row(f"  against {peer}", seconds(ours), seconds(other), other / ours, bound))
    return rows


def frames(page: Lab, sizes: Size) -> list[Row]:
    """Frames a second while both are sent 60 flushes a second, in turns with a page at which nothing happens."""
    history = sizes.histories[-1]
    taken: dict[str, list[float]] = {"None": [], "Ours": [], "UPlot": []}
    cells = {name: page.show(f"fed_{name} = {name}({history}); fed_{name}.display()") for name in ("Ours", "UPlot")}
    for _ in range(3):
        for name, rates in taken.items():
            code = f"feed(fed_{name}, {sizes.frames})" if name != "None" else f"time.sleep({sizes.frames})"
            page.see(cells.get(name, cells["Ours"]))
            rates.append(page.rate(code))
    idle, ours, other = map(median, taken.values())
    what = f"frames a second, {history:,} x 2, 60 flushes a second"
    return [
        Row(f"{what}, against an idle page", f"{ours:.1f} fps", f"{idle:.1f} fps", ours / idle, 0.95),
        Row("  against uPlot fed the same", f"{ours:.1f} fps", f"{other:.1f} fps", ours / other, 1.4),
    ]


def many(page: Lab, sizes: Size) -> list[Row]:
    """Many runs in one view: opened, hovered, zoomed."""
    page.notebook.execute(f"runs = many_runs({sizes.runs}, {sizes.steps})")
    cells: list[int] = []
    code = "note()\nnbviz.Inspector(runs)"
    opened, done = page.painted(lambda: cells.append(page.show(code)), quiet=1000)
    received = page.page.evaluate("live.taken().bytes")
    box = page.notebook.output(cells[0]).locator(".plot").first.bounding_box()
    assert box
    at = lambda share: (box["x"] + box["width"] * share, box["y"] + box["height"] / 2)  # noqa: E731
    mouse = page.page.mouse
    page.page.evaluate("live.start()")
    for move in range(240):
        mouse.move(*at(0.5 + 0.3 * math.sin(move / 40)))
    hovered = 1000 / float(np.mean(page.page.evaluate("live.stop()")))
    zooms = [_zoomed(page, at) for _ in range(sizes.rounds)]
    what = f"{sizes.runs} runs x 10 tags x {sizes.steps:,} steps"
    return [
        Row(f"{what}: run to first paint", seconds(opened), "", opened, 1.5, True, "s"),
        Row("  to the last, and received by then", seconds(done), size(received)),
        Row("  frames a second while hovering", f"{hovered:.1f} fps", "", hovered, 59, unit="fps"),
        Row("  zoom to painted, median", f"{median(zooms):.0f} ms", "", median(zooms), 50, True, "ms"),
        Row("  the first zoom, whose code is not compiled yet", f"{zooms[0]:.0f} ms", "", zooms[0], unit="ms"),
    ]


def _zoomed(page: Lab, at: Callable[[float], tuple[float, float]]) -> float:
    """Milliseconds from the end of a drag that zooms until it was painted; the view is then as it was."""
    mouse, keyboard = page.page.mouse, page.page.keyboard
    keyboard.down("Shift")
    mouse.move(*at(0.3))
    mouse.down()
    mouse.move(*at(0.6), steps=3)
    page.page.wait_for_timeout(500)
    page.page.evaluate("live.begin()")
    begun = page.page.evaluate("live.taken().now")
    mouse.up()
    keyboard.up("Shift")
    page.page.wait_for_function("live.quiet(500)")
    taken = float(page.page.evaluate("live.taken().first") - begun)
    mouse.dblclick(*at(0.5))
    page.page.wait_for_timeout(1000)
    return taken


def late(page: Lab, _sizes: Size) -> list[Row]:
    """A megabyte of a run for whoever comes late: a second view, a reloaded page, a page that lost a frame."""
    page.show("late = Ours(12_000, tags=4); late.display()")
    second = page.since_mount(lambda: page.show("late.display()"))
    gap = page.painted(lambda: page.notebook.execute("later(lambda: late.lose(12_000))"), quiet=1000)[1]
    page.notebook.save()
    page.page.evaluate("live.begin()")
    page.notebook.reload()
    page.page.wait_for_function("live.quiet(1000)", timeout=60_000)
    taken = page.page.evaluate("live.taken()")
    reload = (taken["last"] - taken["mounted"]) / 1000
    found = {
        "a late view of 1 MB, from its mount": second,
        "a page reloaded, from the mount of its view": reload,
        "a frame of 1 MB lost and repaired": gap,
    }
    return [Row(what, seconds(value), "", 1000 * value, 150, True, "ms") for what, value in found.items()]


def memory(page: Lab, sizes: Size) -> list[Row]:
    """Of a page into which four metrics stream."""
    page.show("streamed = Ours(1, tags=4); streamed.display()")
    empty = page.heap()
    grown = []
    for first, last in ((1, sizes.streamed // 10), (sizes.streamed // 10, sizes.streamed)):
        page.painted(partial(page.notebook.execute, f"note(); streamed.stream({first}, {last})"), 1500)
        grown.append(page.heap() - empty)
    what = f"page memory after {sizes.streamed:,} steps x 4"
    return [
        Row(what, size(grown[1]), "", grown[1] / 1e6, 64, True, "MB"),
        Row("  against a tenth of them", size(grown[1]), size(grown[0]), grown[1] / max(grown[0], 1.0), 1.5, True),
    ]


def endurance(page: Lab, sizes: Size) -> list[Row]:
    """Of a page and of its kernel, while a loop logs as fast as it can."""
    page.show("logged = Ours(1, tags=4); logged.display()")
    empty = page.heap()
    grown = []
    for share in (0.2, 0.8):
        printed = page.notebook.execute(f"print(*logged.endure({share * sizes.seconds}))")
        page.page.wait_for_timeout(2000)
        grown.append(page.heap() - empty)
    rows, each = map(float, printed.split())
    what = f"{rows:,.0f} calls of log() with four metrics in {sizes.seconds:.0f} s: page memory"
    return [
        Row(what, size(grown[1]), "", grown[1] / 1e6, 64, True, "MB"),
        Row("  against a fifth of them", size(grown[1]), size(grown[0]), grown[1] / max(grown[0], 1.0), 1.5, True),
        Row("  kernel memory a value, of which columns are 24", f"{each:.1f} B", "", each, unit="B"),
    ]


MEASURES: dict[Callable[[Lab, Size], list[Row]], str] = {
    updates: "One point more, from Python to the screen",
    frames: "A stream of flushes",
    many: "Many runs in one view",
    late: "Who comes late",
    memory: "A page after a long stream",
    endurance: "A page and its kernel after a loop at full rate",
}


def main() -> None:
    quick = arguments(__doc__).quick
    sizes = QUICK if quick else FULL
    rows = [*logging(sizes, quick), *sent(sizes)]
    print_table("Logging and sending, in an IPython kernel", rows, "torch", "wandb", "bqplot", "plotly")
    for measure, what in MEASURES.items():
        with lab() as page:
            rows = measure(page, sizes)
        print_table(f"{what}; in JupyterLab", rows, "jupyterlab", "ipykernel", "anywidget", "plotly", "livelossplot")


if __name__ == "__main__":
    main()
