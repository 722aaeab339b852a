"""A run of 1,000,000 steps logged as fast as Python can into a LiveLoss in a real JupyterLab."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Locator, expect, sync_playwright

from benchmarks.measure import Row, arguments, print_table, seconds, size
from tests.browser.conftest import FLAGS, chromium
from tests.browser.notebook import LabNotebook
from tests.browser.server import JupyterServer

STEPS = 1_000_000
QUICK_STEPS = 200_000
SCRIPT = (Path(__file__).parent / "stream.js").read_text("utf-8")

SETUP = """
import time, nbviz
from nbviz.channel import pump

def train(run, first, last):
    start = time.perf_counter()
    for step in range(first, last):
        value = 1.0 / (step + 1.0)
        run.log(loss=1.0 + value, accuracy=0.5 - value)
    pump.settle()
    assert len(run["loss"]) == last
    return time.perf_counter() - start

live = nbviz.LiveLoss()
"""
SPIKE = "live.log(loss=0.25, accuracy=0.75)"
"""One row in the middle, lower and higher than all others, which must not be lost."""


class Shown:
    """The LiveLoss of a notebook's second cell, as the page shows it."""

    def __init__(self, notebook: LabNotebook) -> None:
        self._notebook = notebook
        self._output = notebook.output(1)
        self._devtools: CDPSession = notebook.page.context.new_cdp_session(notebook.page)
        self._devtools.send("HeapProfiler.enable")

    def heap(self) -> float:
        """Bytes of JavaScript's heap and of the arrays outside it, after a collection."""
        self._devtools.send("HeapProfiler.collectGarbage")
        used: dict[str, float] = self._devtools.send("Runtime.getHeapUsage")
        return used["usedSize"] + used.get("backingStorageSize", 0.0) + used.get("embedderHeapUsedSize", 0.0)

    def stream(self, code: str) -> tuple[float, dict[str, Any]]:
        """Run code that prints its seconds; return them and what the page received and drew meanwhile."""
        self._notebook.page.evaluate("streaming.start()")
        cell = self._notebook.add(code)
        self._notebook.run(cell, wait=False)
        self._notebook.wait_until_ran(cell, seconds=120)
        taken = float(self._notebook.outputs(cell)[0]["text"])
        found: dict[str, Any] = self._notebook.page.evaluate("streaming.stop()")
        return taken, found

    def rows(self, chart: str) -> int:
        """How many rows the page counts."""
        title = self._chart(chart).locator(".legend-badge").get_attribute("title") or ""
        return int(title.partition(" rows")[0].replace(",", ""))

    def wait_for_step(self, step: int) -> None:
        expect(self._output.locator(".header-step")).to_have_text(f"step {step:,}")

    def best(self, chart: str) -> str:
        return self._chart(chart).locator(".legend-best").inner_text()

    def _chart(self, name: str) -> Locator:
        return self._output.locator(".chart", has=self._notebook.page.locator(f'.legend-title:text-is("{name}")'))


@contextmanager
def lab() -> Iterator[LabNotebook]:
    """A notebook in JupyterLab with a LiveLoss in its second cell."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = JupyterServer(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script(SCRIPT)
            server.write_notebook("stream.ipynb", [SETUP, "live"])
            notebook = LabNotebook(page, server, "stream.ipynb").open()
            notebook.run(0)
            notebook.run(1)
            yield notebook
        finally:
            browser.close()
            server.stop()


def measured(steps: int) -> dict[str, Any]:
    """Log a tenth of the steps and then the rest, and between them, before and after them take stock."""
    tenth, middle = steps // 10, steps // 2
    alone = f"print(train(nbviz.Run(), 0, {steps}))"
    with lab() as notebook:
        shown = Shown(notebook)
        empty = shown.heap()
        unseen = [shown.stream(alone)[0]]
        idle = shown.stream("time.sleep(2); print(2)")[1]["gaps"]
        first, _ = shown.stream(f"print(train(live.run, 0, {tenth}))")
        shown.wait_for_step(tenth - 1)
        early = shown.heap()
        rest = (
            f"a = train(live.run, {tenth}, {middle}); {SPIKE}; b = train(live.run, {middle + 1}, {steps}); print(a + b)"
        )
        taken, found = shown.stream(rest)
        shown.wait_for_step(steps - 1)
        late = shown.heap()
        unseen.append(shown.stream(alone)[0])
        kernel = json.loads(notebook.execute("import json; print(json.dumps([len(live.run[t]) for t in live.run]))"))
        assert notebook.errors == [], notebook.errors
        return {
            "kernel": kernel,
            "page": [shown.rows("loss"), shown.rows("accuracy")],
            "best": [shown.best("loss"), shown.best("accuracy")],
            "heap": [early - empty, late - empty],
            "seconds": [median(unseen), first + taken],
            "idle": idle,
            **found,
        }


def rows_of(found: dict[str, Any], steps: int) -> list[Row]:
    def gaps(name: str) -> str:
        middle, most, worst = np.percentile(found[name], [50, 95, 100])
        return f"{middle:.0f}/{most:.0f}/{worst:.0f} ms"

    lost = sum(abs(kernel - page) for kernel, page in zip(found["kernel"], found["page"], strict=True))
    early, late = found["heap"]
    unseen, seen = found["seconds"]
    kept = all(best.endswith(f"at {steps // 2:,}") for best in found["best"])
    third = len(found["gaps"]) // 3
    begun, ended = (float(np.percentile(gaps, 95)) for gaps in (found["gaps"][:third], found["gaps"][-third:]))
    grown = f"memory of the page at {steps:,} steps, against {steps // 10:,}"
    return [
        Row("rows lost: the kernel's count less the page's", f"{found['page'][0]:,}", "", lost, 0, True, ""),
        Row("the one row that is lowest and highest is shown as best", "yes" if kept else "NO", "", kept, 1, unit=""),
        Row(grown, size(late), size(early), late / early, 1.5, True),
        Row(
            "frame to frame, 95 %: last third against first",
            f"{ended:.0f} ms",
            f"{begun:.0f} ms",
            ended / begun,
            1.5,
            True,
        ),
        Row("  all the while: median/95 %/worst", gaps("gaps")),
        Row("  at rest: median/95 %/worst", gaps("idle")),
        Row("kernel time, shown against not shown", seconds(seen), seconds(unseen), seen / unseen),
        Row("received by the page for the last nine tenths", size(found["bytes"])),
        Row(
            "  bytes a step, messages a second",
            f"{found['bytes'] / (0.9 * steps):.1f} B",
            f"{found['messages'] / seen:.0f} /s",
        ),
    ]


def main() -> None:
    steps = QUICK_STEPS if arguments(__doc__).quick else STEPS
    title = f"{steps:,} steps x 2 metrics in JupyterLab, headless Chromium without a GPU"
    print_table(title, rows_of(measured(steps), steps), "jupyterlab", "ipykernel", "anywidget", peer="against")


if __name__ == "__main__":
    main()
