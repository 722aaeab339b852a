"""Showing a view in a notebook: the widget, and in an output of its own a static picture.

A front end that has the widget hides the picture. It comes into its own in a notebook that was saved without widget
state, on a site that shows notebooks, in a diff.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ipywidgets import Box


class Pictured(Protocol):
    """What has a static picture."""

    def show_picture(self) -> None:
        """Display the picture in an output of its own, which is renewed at rest."""


def show(widget: Any, pictured: list[Pictured]) -> None:
    """Display a widget, and the pictures of what is in it."""
    from IPython import display as ipython

    display: Any = ipython.display  # untyped upstream
    bundle = widget._repr_mimebundle_()
    if bundle is not None:
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        display(data, metadata=metadata, raw=True)
    for each in pictured:
        each.show_picture()


def show_boxes() -> None:
    """From now on a box, a tab or an accordion shows the pictures of the views in it as well."""
    show_by(Box, _show_box)


def show_by(cls: type, how: Callable[[Any], None]) -> None:
    """From now on a function displays widgets of a class; it raises NotImplementedError for those it does not know."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    formatter = getattr(shell, "display_formatter", None)
    if formatter is not None:
        formatter.ipython_display_formatter.for_type(cls, how)


def _show_box(box: Box) -> None:
    pictured = list(dict.fromkeys(_within(box)))
    if not pictured:
        raise NotImplementedError  # by which IPython knows that it has to show the box by itself
    show(box, pictured)


def _within(box: Any) -> Iterator[Pictured]:
    for child in getattr(box, "children", ()):
        if hasattr(child, "show_picture"):
            yield child
        else:
            yield from _within(child)
