"""Inspector: a whole run under one cursor."""

from __future__ import annotations

from typing import ClassVar

from nbviz.views.view import View


class Inspector(View):
    """Loss and accuracy charts, the ridgelines of every layer and a scrubber, moved together by one step cursor.

    Parameters
    ----------
    runs : Run or mapping of str to Run
        Several runs, as `nbviz.read` returns them, are drawn in the same charts.
    **options
        Traits of the widget, such as ``layout``.
    """

    PANELS: ClassVar[tuple[str, ...]] = ("header", "charts", "ridges", "scrubber")
