"""Inspector: a whole run under one cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from nbviz.run import Run
from nbviz.views.charted import Charted


class Inspector(Charted):
    """Loss and accuracy charts, the ridgelines of every layer and a scrubber, moved together by one step cursor.

    Parameters
    ----------
    run_or_runs : Run or mapping of str to Run
        Several runs, as `nbviz.read` returns them, are drawn in the same charts.
    **options
        Traits of the widget, such as ``layout``.
    """

    PANELS: ClassVar[tuple[str, ...]] = ("header", "charts", "ridges", "scrubber")

    def __init__(self, run_or_runs: Run | Mapping[str, Run], **options: Any) -> None:
        super().__init__(run_or_runs, **options)
