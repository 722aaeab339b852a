"""Names and colours of the lines of a chart, as js/src/group.ts and js/src/strokes.ts choose them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nbviz.charts import Place
from nbviz.picture.colors import HUES

ROLES = ("train", "validation", "test")


class Named(Protocol):
    """What is needed of a `nbviz.picture.lines.Line`."""

    @property
    def run(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def place(self) -> Place: ...
    @property
    def family(self) -> int: ...


def labels_of(title: str, lines: Sequence[Named], families: Sequence[str]) -> list[str]:
    """The shortest names that tell the lines of a chart apart."""
    if len(lines) == 1 and len(families) == 1 and lines[0].tag == title:
        return [""]
    # Lines of several metrics, which were put into one chart by their names, are told apart by these.
    several = len({line.place.chart for line in lines}) > 1
    ways: list[list[str]] = [
        [line.place.role for line in lines],
        [line.tag for line in lines],
        [f"{line.run} {line.tag}" for line in lines],
    ]
    if len(families) > 1:
        # A run called "train" and nothing else is of a family without a name, which leaves its role.
        names = [families[line.family] for line in lines]
        roles = [[f"{name} {word}".lstrip() for name, word in zip(names, way, strict=True)] for way in ways[:2]]
        ways = [[name or line.place.role for name, line in zip(names, lines, strict=True)], *roles, ways[2]]
    for way in ways[(2 if len(families) > 1 else 1) if several else 0 :]:
        if len(set(way)) == len(way):
            return way
    return ways[-1]


def colors_of(lines: Sequence[Named], families: int) -> list[str]:
    """A hue a family; of a single family a hue a role, and where one role has several series, a hue each.

    What was put into a chart beside its first metric has hues of its own, from the third on.
    """
    if families > 1:
        return [HUES[line.family % len(HUES)] for line in lines]
    colors = []
    first = [line for line in lines if line.place.chart == lines[0].place.chart]
    others = iter(range(2, len(lines) + 2))
    for line in lines:
        if line.place.chart != lines[0].place.chart:
            colors.append(HUES[next(others) % len(HUES)])
            continue
        same = [other for other in first if other.place.role == line.place.role]
        # By identity: lines hold arrays, which have no single truth of being equal.
        at = next(i for i, other in enumerate(same) if other is line)
        colors.append(HUES[(ROLES.index(line.place.role) if len(same) == 1 else at) % len(HUES)])
    return colors
