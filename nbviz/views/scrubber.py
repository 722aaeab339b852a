"""Scrubber: the step cursor as a slider with play and pause."""

from __future__ import annotations

from typing import ClassVar

from nbviz.views.view import View


class Scrubber(View):
    """Moves the step cursor of everything that shows the run; its track is the loss curve.

    Parameters
    ----------
    runs : Run or mapping of str to Run
    **options
        Traits of the widget, such as ``layout``.
    """

    PANELS: ClassVar[tuple[str, ...]] = ("scrubber",)
