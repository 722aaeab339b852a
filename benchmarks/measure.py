"""What the benchmarks share: interleaved rounds, medians and the table that is printed."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from statistics import median
from typing import NamedTuple

WIDTHS = (62, 15, 13, 9, 9)


class Row(NamedTuple):
    """One line of the table.

    Attributes
    ----------
    what : str
    ours, peer : str
        As they are printed, with their units.
    figure : float or None
        What is judged: a ratio, or a measure of ours where there is no peer.
    bound : float or None
        The least ``figure`` that is wanted, or the most where ``at_most``.
    """

    what: str
    ours: str
    peer: str = ""
    figure: float | None = None
    bound: float | None = None
    at_most: bool = False
    unit: str = "x"

    def __str__(self) -> str:
        cells = [self.ours, self.peer, self._number(self.figure), self._bound()]
        line = self.what.ljust(WIDTHS[0]) + "".join(
            cell.rjust(width) for cell, width in zip(cells, WIDTHS[1:], strict=True)
        )
        return line + self._verdict()

    def _number(self, number: float | None) -> str:
        if number is None:
            return ""
        return (f"{number:,.0f}" if number >= 100 else f"{number:.3g}") + f" {self.unit}".rstrip()

    def _bound(self) -> str:
        return "" if self.bound is None else ("<= " if self.at_most else ">= ") + f"{self.bound:g}"

    def _verdict(self) -> str:
        if self.bound is None or self.figure is None:
            return ""
        return "  met" if (self.figure <= self.bound if self.at_most else self.figure >= self.bound) else "  MISSED"


def in_turns(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each measure gives in rounds in which all take their turn, so that a busy moment hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            taken[name].append(measure())
    return taken


def interleaved(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The medians of what `in_turns` gives."""
    return {name: median(values) for name, values in in_turns(measures, rounds).items()}


def seconds(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.0f} ns"


def size(value: float) -> str:
    return f"{value / 1e6:.2f} MB" if value >= 1e6 else f"{value / 1e3:.2f} kB" if value >= 1e3 else f"{value:.0f} B"


def arguments(description: str | None) -> argparse.Namespace:
    return parser(description).parse_args()


def parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--quick", action="store_true", help="a short run: shows that the benchmark works, not how fast nbviz is"
    )
    return parser


def print_table(title: str, rows: list[Row], *packages: str, peer: str = "peer") -> None:
    """Print the machine, the versions and one line a row."""
    versions = [f"{name} {version(name)}" for name in ("nbviz", *packages)]
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    print(title)
    print(f"Python {platform.python_version()}, {', '.join(versions)}; {os.cpu_count()} cores, load {load}")
    heads = ("nbviz", peer, "ratio", "wanted")
    print("".ljust(WIDTHS[0]) + "".join(head.rjust(width) for head, width in zip(heads, WIDTHS[1:], strict=True)))
    for row in rows:
        print(row)
    print(flush=True)
