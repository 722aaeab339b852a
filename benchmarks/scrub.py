"""Scrubbing through 50 layers x 200 captures and 200 x 500 in a real Chromium: from key press to drawn frame."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Page, sync_playwright

import nbviz
from benchmarks.measure import Row, parser, print_table
from tests.browser.conftest import FLAGS, chromium

BINS = 64


class Case(NamedTuple):
    layers: int
    captures: int
    every: int
    """Steps from capture to capture."""

    def tags(self) -> list[str]:
        if self.layers < 100:
            return [f"layer{layer:02d}/weight" for layer in range(self.layers)]
        return [f"layer{layer // 12}.{layer % 12}.conv.weight" for layer in range(self.layers)]


CASES = (Case(50, 200, 50), Case(200, 500, 20))


def ridgeline(mode: str) -> Callable[[nbviz.Run], list[Any]]:
    """One layer over all its captures, in one of the three modes."""
    return lambda run: [nbviz.Scrubber(run), nbviz.Ridgeline(run, run.tags()[-1], mode=mode)]


VIEWS: dict[str, Callable[[nbviz.Run], list[Any]]] = {
    "Inspector": lambda run: [nbviz.Inspector(run)],
    "Inspector, every layer": lambda run: [nbviz.Inspector(run, filter="/./")],
    "Ridgeline, every layer": lambda run: [nbviz.Scrubber(run), nbviz.Ridgeline(run)],
    "Ridgeline, one layer, offset": ridgeline("offset"),
    "Ridgeline, one layer, overlay": ridgeline("overlay"),
    "Ridgeline, one layer, heat map": ridgeline("heatmap"),
    "Distributions": lambda run: [nbviz.Scrubber(run), nbviz.Distributions(run)],
    "LayerMap": lambda run: [nbviz.Scrubber(run), nbviz.LayerMap(run)],
    "Compare": lambda run: [nbviz.Scrubber(run), nbviz.Compare(run)],
    "All of them on one page": lambda run: [
        *(view(run) for view in (nbviz.Inspector, nbviz.LayerMap, nbviz.Distributions, nbviz.Compare)),
    ],
}
"""Each begins with a scrubber, whose keys, track and play button move the cursor."""
TRACK = ".scrubber-track"
EXPORTED_BYTES = 64_000_000
"""So much that the exported page holds every capture: what is measured is the view."""
SCRIPT = (Path(__file__).parent / "scrub.js").read_text("utf-8")
LATE = 25.0
"""Milliseconds between two frames from which one of 60 a second was missed."""


def trained_run(case: Case) -> nbviz.Run:
    """Distributions that narrow and drift, captured every so many of 10,000 steps of loss and accuracy."""
    run = nbviz.Run("scrubbed")
    steps = np.arange(case.captures * case.every)
    noise = np.random.default_rng(0).normal(0, 0.02, (2, len(steps)))
    run.extend("loss", steps, 1.7e9 + steps, 2.3 * np.exp(-steps / 3000) + noise[0] + 0.1)
    run.extend("accuracy", steps, 1.7e9 + steps, 0.95 - 0.85 * np.exp(-steps / 2000) + noise[1] / 4)
    for layer, tag in enumerate(case.tags()):
        for capture in range(case.captures):
            age = capture / case.captures
            spread = 0.3 + layer / case.layers + 0.8 * age
            edges = np.linspace(-4 * spread, 4 * spread, BINS + 1)
            centres = (edges[1:] + edges[:-1]) / 2
            counts = np.rint(1e4 * np.exp(-(((centres - age / 2) / spread) ** 2) / 2))
            run.append_histogram(tag, capture * case.every, 1.7e9 + capture, counts, edges)
    return run


@contextmanager
def opened(views: list[Any]) -> Iterator[Page]:
    """Views of the run as an exported page, in Chromium."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = nbviz.export_html(views, Path(folder) / "run.html", limit=EXPORTED_BYTES).path
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(path.as_uri())
        page.locator(TRACK).wait_for(timeout=60_000)
        page.evaluate(f"() => {{ {SCRIPT} }}")
        page.evaluate("selector => scrubbing.start(selector)", TRACK)
        yield page
        browser.close()


def check_exported(run: nbviz.Run, case: Case) -> None:
    """The exported page must hold every capture, or something easier is measured."""
    from nbviz.channel import Channel

    splices = Channel.of(run).copy(EXPORTED_BYTES).splices
    held = [len(splice.columns.walls) for splice in splices if splice.kind == "histogram"]
    assert held == [case.captures] * case.layers, held


class Processor:
    """Seconds of processor time that the page's main thread spends, whatever else the machine does meanwhile."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._begun = self._metrics()

    def _metrics(self) -> dict[str, float]:
        metrics: list[dict[str, Any]] = self._devtools.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}

    def spent(self) -> float:
        now = self._metrics()
        return now["TaskDuration"] - self._begun["TaskDuration"]


def pressed(page: Page, key: str, times: int) -> dict[str, list[float]]:
    """Milliseconds of each press, and the mean of the processor time that as many more took, one a frame."""
    page.locator(TRACK).focus()
    page.evaluate("scrubbing.take()")
    for count in range(1, times + 1):
        page.keyboard.press(key)
        page.wait_for_function("count => scrubbing.count() >= count", arg=count, polling=20)
    page.wait_for_timeout(200)  # what was shown is reported later
    taken: dict[str, Any] = page.evaluate("scrubbing.take()")
    presses = taken["presses"]
    processor = Processor(page)
    page.evaluate("([key, times]) => scrubbing.walk(key, times)", [key, times])
    spent = processor.spent()
    return {
        "wait": [press["frame"] - press["handled"] for press in presses],
        "script": [press["scripted"] - press["frame"] for press in presses],
        "paint": [press["drawn"] - press["scripted"] for press in presses],
        "drawn": [press["drawn"] - press["pressed"] for press in presses],
        # Chromium rounds to 8 ms and reports none below 16.
        "processor": [1000 * spent / times],
        "shown": [*taken["presented"], *[16.0] * (len(presses) - len(taken["presented"]))],
    }


def dragged(page: Page, moves: int) -> float:
    """Milliseconds of processor time of the page's main thread for each move of a drag over the whole track."""
    box = page.locator(TRACK).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 12, middle)
    page.mouse.down()
    processor = Processor(page)
    page.mouse.move(box["x"] + box["width"] - 12, middle, steps=moves)
    page.wait_for_timeout(100)  # the last frame
    spent = processor.spent()
    page.mouse.up()
    return 1000 * spent / moves


def memory(page: Page) -> float:
    """Megabytes that the page's scripts hold."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.enable")
    devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    metrics: list[dict[str, Any]] = devtools.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "JSHeapUsedSize") / 1e6


def played(page: Page, speed: str) -> tuple[float, float, int, float]:
    """Frames a second, share of late ones, steps shown and the longest frame in ms of one play from start to end."""
    page.get_by_role("combobox", name="Playing speed").select_option(speed)
    page.get_by_role("slider", name="Step").press("Home")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Play", exact=True).click()
    taken: dict[str, Any] = page.evaluate("scrubbing.play()")
    steps = taken["steps"]
    moving = [i for i in range(1, len(steps)) if steps[i] != steps[i - 1]]
    times = np.array(taken["times"][moving[0] : moving[-1] + 1])
    gaps = np.diff(times)
    return 1000 * len(gaps) / float(times[-1] - times[0]), float(np.mean(gaps > LATE)), len(moving), float(gaps.max())


def press_rows(what: str, found: dict[str, list[float]], bound: float | None) -> list[Row]:
    def milliseconds(name: str, at: float) -> str:
        return f"{np.percentile(found[name], at):.1f} ms"

    middle = median(found["drawn"])
    return [
        Row(
            f"{what}: key press to drawn, median", milliseconds("drawn", 50), "", middle, bound, at_most=True, unit="ms"
        ),
        Row("  95 %", milliseconds("drawn", 95)),
        Row("  of it waiting for the frame, median", milliseconds("wait", 50)),
        Row("  of it scripts, median and 95 %", milliseconds("script", 50), milliseconds("script", 95)),
        Row("  of it style, layout and paint, median and 95 %", milliseconds("paint", 50), milliseconds("paint", 95)),
        Row("  processor time of the page's main thread, mean", milliseconds("processor", 50)),
        Row("  key press to shown on the screen, median, in steps of 8 ms", milliseconds("shown", 50)),
    ]


def play_row(speed: str, plays: list[tuple[float, float, int, float]]) -> Row:
    rate, late, steps, longest = (median(column) for column in zip(*plays, strict=True))
    what = f"play at {speed}x, {steps:.0f} steps: late frames {late:.1%}, longest {longest:.0f} ms"
    return Row(what, f"{rate:.1f} fps", "", round(rate, 1), 59, unit="fps")


def measure(views: list[Any], quick: bool) -> list[Row]:
    presses, rounds = (20, 1) if quick else (100, 3)
    with opened(views) as page:
        fresh = pressed(page, "ArrowLeft", presses)
        again = pressed(page, "ArrowRight", presses)
        drag = dragged(page, presses)
        fast = [played(page, "8") for _ in range(rounds)]
        normal = [] if quick else [played(page, "1")]
        held = memory(page)
    return [
        *press_rows("steps not shown before", fresh, 20),
        *press_rows("steps shown before", again, 20),
        Row("a move of a drag: processor time of the main thread, mean", f"{drag:.1f} ms"),
        *[play_row(speed, plays) for speed, plays in (("8", fast), ("1", normal)) if plays],
        Row("memory of the page's scripts after all of it", f"{held:.0f} MB"),
    ]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--view", default="", help="only views with this in their name")
    quick, chosen = (found := options.parse_args()).quick, found.view
    for case in CASES:
        run = trained_run(case)
        check_exported(run, case)
        for name, views in VIEWS.items():
            # The figure that is wanted is of the large case; the small one tells how cost grows.
            if chosen not in name or (case != CASES[-1] and not name.startswith("Inspector")):
                continue
            what = f"{name}: {case.layers} layers x {case.captures} captures x {BINS} bins, headless Chromium"
            print_table(f"{what} without a GPU", measure(views(run), quick), peer="")


if __name__ == "__main__":
    main()
