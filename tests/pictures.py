"""Static pictures, read from the SVG itself, parsed as XML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np

from nbviz.picture import Scene, picture_svg
from nbviz.run import Run

ALL = ("header", "charts", "ridges", "scrubber")
SVG = "{http://www.w3.org/2000/svg}"
BLUE, VERMILION, GREEN = "#0072b2", "#c65102", "#1b5742"


def run_of(name: str = "digits", **series: object) -> Run:
    """A finished run of one series a keyword, logged at steps 0, 1, 2, …"""
    run = Run(name)
    for tag, values in series.items():
        values = np.asarray(values, np.float64)
        run.extend(tag.replace("__", "/"), np.arange(len(values)), np.arange(len(values)), values)
    run.finish()
    return run


def with_histograms(run: Run, tags: list[str], step: int = 0, scale: float = 1.0) -> Run:
    for tag in tags:
        run.append_histogram(tag, step, 0.0, [1, 4, 9, 4, 1], np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]) * scale)
    return run


def draw(run: Run | list[Run], step: int = 10**6, panels: tuple[str, ...] = ALL, **options: object) -> ET.Element:
    runs = run if isinstance(run, list) else [run]
    return ET.fromstring(picture_svg(Scene.of(runs, panels, step, **options)))  # type: ignore[arg-type]


def paths(picture: ET.Element, name: str) -> list[ET.Element]:
    return [path for path in picture.iter(f"{SVG}path") if path.get("class") == name]


def texts(picture: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


def points(path: ET.Element) -> list[tuple[float, float]]:
    """Where a path of the shape MX,YlDX,DY DX,DY… goes."""
    found = []
    for part in re.findall(r"M([^M]+)", path.get("d", "")):
        start, _, moves = part.partition("l")
        x, y = map(float, start.split(","))
        found.append((x, y))
        for move in moves.split():
            right, down = map(float, move.split(","))
            x, y = x + right, y + down
            found.append((x, y))
    return found
