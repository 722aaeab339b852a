"""Scrubber: the step cursor as a slider with play and pause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from nbviz.run import Run
from nbviz.views.view import View


class Scrubber(View):
    """Moves the step cursor of everything that shows the run; its track is the loss curve.

    Parameters
    ----------
    run : Run or mapping of str to Run
    **options
        Traits of the widget, such as ``layout``.
    """

    PANELS: ClassVar[tuple[str, ...]] = ("scrubber",)

    def __init__(self, run: Run | Mapping[str, Run], **options: Any) -> None:
        super().__init__(run, **options)
