"""View: the base of every widget that shows runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

import anywidget
import traitlets

from nbviz.channel import STATIC, Channel
from nbviz.picture import picture_html
from nbviz.run import Run


def _references(channels: Sequence[Channel], _view: Any) -> list[str]:
    return [f"anywidget:{channel.model_id}" for channel in channels]


class View(anywidget.AnyWidget):
    """A picture of one or several runs; it holds knobs, never data.

    Parameters
    ----------
    runs : Run or mapping of str to Run
    **options
        Traits of the widget, such as ``layout``.

    Attributes
    ----------
    step : int
        The step under the cursor, which everything that shows the run shares: read it, set it, observe it. Set it to
        ``None`` to follow the latest step, as at first.

    Raises
    ------
    TypeError
        If an option is unknown or ``runs`` is no run.
    """

    PANELS: ClassVar[tuple[str, ...]] = ()

    _esm = STATIC / "views.js"
    panels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    channels = traitlets.List(traitlets.Instance(Channel)).tag(sync=True, to_json=_references, from_json=lambda *_: [])
    title = traitlets.Unicode("").tag(sync=True)
    smoothing = traitlets.Float(0.0, min=0.0, max=0.999).tag(sync=True, echo_update=False)
    tags = traitlets.List(traitlets.Unicode(), allow_none=True, default_value=None).tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    step = traitlets.Int(0, allow_none=True)

    def __init__(self, runs: Run | Mapping[str, Run], **options: Any) -> None:
        self._refuse_unknown(options)
        self._runs = _as_runs(runs, type(self).__name__)
        self._display: Any = None
        self._moving = True
        # A view asks for no width of its own, so without this the views of an HBox would have none.
        options.setdefault("layout", {"width": "100%"})
        channels = [Channel.of(run) for run in self._runs]
        cursor = next((channel.cursor for channel in channels if channel.cursor is not None), None)
        super().__init__(
            panels=list(self.PANELS),
            channels=channels,
            picture=uuid.uuid4().hex[:12],
            step=self._latest() if cursor is None else cursor,
            **options,
        )
        self._moving = False
        for channel in channels:
            channel.observe(self._cursor_moved, "cursor")
            channel.follow(self)

    @classmethod
    def _refuse_unknown(cls, options: Iterable[str]) -> None:
        for name in options:
            if name not in cls.class_trait_names() or name.startswith("_"):
                close = get_close_matches(name, ("title", "smoothing", "run", "tags", "layout"), 1)
                hint = f"; did you mean {close[0]!r}?" if close else "."
                raise TypeError(f"{cls.__name__}() knows no keyword {name!r}{hint}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(map(repr, self._runs))}>"

    # The cursor

    @traitlets.validate("step")
    def _step_or_latest(self, proposal: Any) -> int:
        return self._latest() if proposal["value"] is None else int(proposal["value"])

    @traitlets.observe("step")
    def _step_set(self, change: Any) -> None:
        if not self._moving:
            self._set_cursor(change["new"])

    def _set_cursor(self, step: int | None) -> None:
        for channel in self.channels:
            channel.cursor = step

    def _cursor_moved(self, change: Any) -> None:
        self._set_cursor(change["new"])
        self._show(self._shown())

    def _shown(self) -> int:
        cursor = self.channels[0].cursor if self.channels else None
        return self._latest() if cursor is None else cursor

    def _latest(self) -> int:
        return max((run.last_step for run in self._runs), default=0)

    # Following the channel

    def flushed(self) -> None:
        if self.channels[0].cursor is None:
            self._show(self._latest())

    def _show(self, step: int) -> None:
        self._moving = True
        try:
            self.step = step
        finally:
            self._moving = False

    def rested(self) -> None:
        if self._display is not None:
            self._display.update(self._picture(), raw=True)

    # Display

    def _ipython_display_(self) -> None:
        """Show the widget and, in an output of its own, a static picture for readers without the widget.

        A front end that has the widget hides the picture. It comes into its own in a notebook that was saved without
        widget state, on a site that shows notebooks, in a diff.
        """
        from IPython import display as ipython

        display: Any = ipython.display  # untyped upstream
        bundle = self._repr_mimebundle_()
        if bundle is not None:
            data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
            display(data, metadata=metadata, raw=True)
        self._display = display(self._picture(), raw=True, display_id=f"nbviz-{self.picture}") or self._display

    def _picture(self) -> dict[str, str]:
        step = self._shown()
        return picture_html(self._runs, self.PANELS, self.picture, step, self.smoothing, self.title, tags=self.tags)


def _as_runs(runs: Any, name: str) -> list[Run]:
    listed = list(runs.values()) if isinstance(runs, Mapping) else [runs]
    for run in listed:
        if not isinstance(run, Run):
            hint = "; open event files with nbviz.read(path)" if isinstance(run, (str, bytes)) else ""
            raise TypeError(f"{name}() shows a Run or a mapping of runs, not a {type(run).__name__}{hint}.")
    if not listed:
        raise TypeError(f"{name}() got no run to show: the mapping is empty.")
    return listed
