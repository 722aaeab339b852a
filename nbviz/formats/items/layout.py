"""Layouts of the custom-scalars plugin: which tags share a chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nbviz.formats.items.item import Item, Source, counted, decode_strings
from nbviz.formats.protobuf import MalformedError, Message

# From tensorboard/plugins/custom_scalar/layout.proto:
#
#     Layout                 version 1, category 2: repeated Category
#     Category               title 1, chart 2: repeated Chart, closed 3: bool
#     Chart                  title 1, one of multiline 2, margin 3
#     MultilineChartContent  tag 1: repeated string
#     MarginChartContent     series 1: repeated Series (value 1, lower 2, upper 3)


class Margin(NamedTuple):
    """A line within a band: the tags of the three."""

    value: str
    lower: str
    upper: str


class Chart(NamedTuple):
    """A chart: regular expressions for the tags of its lines, and its lines within bands."""

    title: str
    tags: tuple[str, ...]
    margins: tuple[Margin, ...]


class Category(NamedTuple):
    """A group of charts; ``closed`` if it is to be folded at first."""

    title: str
    charts: tuple[Chart, ...]
    closed: bool


@dataclass(frozen=True, eq=False, repr=False)
class Layout(Item):
    """The charts that a writer asks for.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    encoded : bytes
        The ``Layout`` message.
    categories : tuple of Category
    """

    encoded: bytes
    categories: tuple[Category, ...]

    def _about(self) -> str:
        charts = counted(sum(len(category.charts) for category in self.categories), "chart")
        return f"{charts} in {counted(len(self.categories), 'category', 'categories')}"


def decode_layout(source: Source) -> Layout:
    """Decode a tensor of one string, which is a ``Layout`` message."""
    strings = decode_strings(source)
    if len(strings) != 1:
        raise MalformedError("a layout is no tensor of one string")
    categories = tuple(_category(category) for category in Message(strings[0]).messages(2))
    return Layout(source.step, source.wall_time, strings[0], categories)


def _category(category: Message) -> Category:
    return Category(category.text(1), tuple(_chart(chart) for chart in category.messages(2)), bool(category.integer(3)))


def _chart(chart: Message) -> Chart:
    margins = tuple(Margin(band.text(1), band.text(2), band.text(3)) for band in chart.message(3).messages(1))
    return Chart(chart.text(1), tuple(chart.message(2).texts(1)), margins)
