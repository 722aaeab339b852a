"""Inspector: a whole run under one cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from nbviz.run import Run
from nbviz.views.charted import Charted
from nbviz.views.layered import Ridged


class Inspector(Charted, Ridged):
    """Loss and accuracy charts, the ridgelines of every layer and a scrubber, moved together by one step cursor.

    Parameters
    ----------
    run_or_runs : Run or mapping of str to Run
        Several runs, as `nbviz.read` returns them, are drawn in the same charts.
    **options
        The attributes of `Charted`, those of `Ridged`, which a `Ridgeline` has too, and traits of the widget such as
        ``layout``.
    """

    PANELS: ClassVar[tuple[str, ...]] = ("header", "charts", "ridges", "scrubber")
    KNOBS: ClassVar[tuple[str, ...]] = (*Charted.KNOBS, *Ridged.KNOBS)

    def __init__(self, run_or_runs: Run | Mapping[str, Run], **options: Any) -> None:
        super().__init__(run_or_runs, **options)
