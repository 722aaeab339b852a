"""View: the base of every widget that shows runs."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from nbviz.channel import STATIC, Channel
from nbviz.charts import family
from nbviz.crowd import channels_of
from nbviz.display import show, show_boxes
from nbviz.run import Run
from nbviz.series import Series
from nbviz.views.files import Files
from nbviz.widget import Widget, of_page

if TYPE_CHECKING:
    from nbviz.picture import Scene

OWN = ("panels", "channels", "names", "picture", "step")
"""Traits that a view sets itself, no options of its constructor."""


def _references(channels: Sequence[Channel], _view: Any) -> list[str]:
    return [channel.reference for channel in channels]


class _Step(traitlets.Int):  # type: ignore[type-arg]  # traitlets 5.9 cannot be subscripted
    """Setting it moves the cursor, and the cursor moves it, so that a step set to the latest stays where it is."""

    def set(self, obj: Any, value: Any) -> None:
        obj._set_cursor(self._validate(obj, value))

    def show(self, view: Any, step: int) -> None:
        super().set(view, step)

    def get(self, obj: Any, cls: Any = None) -> Any:
        obj._catch_up()
        return super().get(obj, cls)


class View(Files, Widget):
    """A picture of one or several runs; it holds knobs, never data.

    Parameters
    ----------
    runs : Run or mapping of str to Run
    **options
        Traits of the widget, such as ``layout``.

    Attributes
    ----------
    selected : list of str
        The only runs to show, by name; all of them where it is empty.
    superseded : bool
        Whether rows that a restarted run logged anew are shown, faint. A switch beside them turns it as well.
    speech : bool
        Whether a screen reader is told how training goes: every half minute at most, at the end, and when a value is
        not finite.
    layer : str or None
        The layer that was chosen, by the tag that its histograms have or would have, such as
        ``gradients/fc1.weight``. Everything that shows the run shares it: read it, set it, observe it.
    step : int
        The step under the cursor, which everything that shows the run shares: read it, set it, observe it. Set it to
        ``None`` to follow the latest step, as at first.

    Raises
    ------
    TypeError
        If an option is unknown or ``runs`` is no run.
    """

    PANELS: ClassVar[tuple[str, ...]] = ()
    KNOBS: ClassVar[tuple[str, ...]] = ()
    """Synced traits that only this kind of view has."""

    _esm = STATIC / "views.js"
    panels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    channels = traitlets.List(traitlets.Instance(Channel)).tag(sync=True, to_json=_references)
    names = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    tags = traitlets.List(traitlets.Unicode(), allow_none=True, default_value=None).tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    smoothing = of_page(traitlets.Float(0.0, min=0.0, max=0.999))
    superseded = of_page(traitlets.Bool(False))
    selected = of_page(traitlets.List(traitlets.Unicode()))
    speech = of_page(traitlets.Bool(True))
    step = _Step(0, allow_none=True)
    _is_observed = False
    layer = traitlets.Unicode(None, allow_none=True)

    def __init__(self, runs: Run | Mapping[str, Run], **options: Any) -> None:
        self._refuse_unknown(options)
        self._runs = _as_runs(runs, type(self).__name__)
        self._display: Any = None
        # A view asks for no width of its own, so without this the views of an HBox would have none.
        options.setdefault("layout", {"width": "100%"})
        self._sharing = False
        channels = channels_of(self._runs)
        super().__init__(
            panels=list(self.PANELS),
            channels=channels,
            names=_names(runs, self._runs),
            picture=uuid.uuid4().hex[:12],
            **options,
        )
        show_boxes()
        self._show(self._shown())
        layer = self.layer or next((channel.layer for channel in channels if channel.layer), None)
        for channel in channels:
            channel.observe(self._cursor_moved, "cursor")
            channel.observe(self._layer_chosen, "layer")
            channel.follow(self)
        self.observe(self._layer_chosen, "layer")
        self._choose(layer)

    @classmethod
    def _refuse_unknown(cls, options: Iterable[str]) -> None:
        for name in options:
            if name not in cls.class_trait_names() or name.startswith("_") or name in OWN:
                own = ("title", "smoothing", "superseded", "selected", "speech", "run", "tags", "layer", "layout")
                known = (*own, *cls.KNOBS)
                close = get_close_matches(name, known, 1)
                hint = f"; did you mean {close[0]!r}?" if close else "."
                raise TypeError(f"{cls.__name__}() knows no keyword {name!r}{hint}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(map(repr, self._runs))}>"

    # The cursor and the layer

    def _set_cursor(self, step: int | None) -> None:
        for channel in self.channels:
            channel.cursor = step

    def _cursor_moved(self, change: Any) -> None:
        self._share(self._set_cursor, change["new"])
        self._show(self._shown())

    def _share(self, choose: Callable[[Any], None], value: Any) -> None:
        """What one of the channels has all have; while they are told, each of them tells of it again."""
        if self._sharing:
            return
        self._sharing = True
        try:
            choose(value)
        finally:
            self._sharing = False

    def _shown(self) -> int:
        cursor = next((channel.cursor for channel in self.channels if channel.cursor is not None), None)
        return self._latest() if cursor is None else cursor

    def _choose(self, layer: str | None) -> None:
        for holder in (self, *self.channels):
            holder.layer = layer

    def _layer_chosen(self, change: Any) -> None:
        self._share(self._choose, change["new"])

    def _latest(self) -> int:
        return max((run.last_step for run in self._runs), default=0)

    # Following the channel

    def flushed(self) -> None:
        if self._is_observed:
            self._catch_up()

    def _catch_up(self) -> None:
        if self.channels and self.channels[0].cursor is None:
            self._show(self._latest())

    def observe(self, handler: Any, names: Any = traitlets.All, *arguments: Any, **keywords: Any) -> None:
        """As of traitlets; an observer of ``step`` hears of every flush, which costs nothing where there is none."""
        self._is_observed = self._is_observed or names is traitlets.All or "step" in names
        super().observe(handler, names, *arguments, **keywords)

    def close(self) -> None:
        for channel in self.channels:
            channel.unobserve(self._cursor_moved, "cursor")
            channel.unobserve(self._layer_chosen, "layer")
            channel.unfollow(self)
        self._display = None
        super().close()

    def _show(self, step: int) -> None:
        type(self).step.show(self, step)

    def rested(self) -> None:
        if self._display is not None:
            with ExitStack() as glances:
                for run in self._runs:
                    glances.enter_context(run.glance())
                picture = self._picture()
            self._display.update(picture, raw=True)
            # A page that was loaded anew no longer knows where a display by its id is.
            self.send({"type": "picture", "html": picture["text/html"]})

    # Display

    def _ipython_display_(self) -> None:
        show(self, [self])

    def show_picture(self) -> None:
        """Display the static picture in an output of its own, which is renewed whenever the runs are at rest."""
        from IPython import display as ipython

        display: Any = ipython.display  # untyped upstream
        self._display = display(self._picture(), raw=True, display_id=f"nbviz-{self.picture}") or self._display

    def _picture(self) -> dict[str, str]:
        from nbviz.picture import picture_html

        return picture_html(self._scene(), self.picture)

    def _scene(self) -> Scene:
        from nbviz.picture import Scene

        shown = (self._shown(), self.smoothing, self.title, self.tags, self.superseded)
        knobs = {name: getattr(self, name) for name in self.KNOBS}
        # A run has its hue whatever else is shown.
        knobs["families"] = list(dict.fromkeys(name for _, name in self.names))
        return Scene.of(self._visible(), self.PANELS, *shown, knobs)

    def _named(self) -> list[tuple[str, Run]]:
        """The runs and the names that they are shown by."""
        return [(name, run) for (name, _), run in zip(self.names, self._runs, strict=True)]

    def _visible(self) -> list[Run]:
        """The runs that are shown, by their names; all of them where none is, as a picture shows something."""
        from nbviz.picture import named

        runs = [(name, named(run, name)) for name, run in self._named()]
        return [run for name, run in runs if self._is_shown(name)] or [run for _, run in runs]

    def _is_shown(self, name: str) -> bool:
        return not self.selected or not {name, family(name)}.isdisjoint(self.selected)


def _names(given: Any, runs: Sequence[Run]) -> list[list[str]]:
    """The name and the family that each run is shown by: its key in the mapping, as runs may share a name."""
    names = map(str, given) if isinstance(given, Mapping) else [run.name for run in runs]
    return [[name, family(name)] for name in names]


def named(runs: Any, view: str) -> list[tuple[str, Run]]:
    """The runs that a view is made of, by the names that it shows them by."""
    listed = _as_runs(runs, view)
    return [(name, run) for (name, _), run in zip(_names(runs, listed), listed, strict=True)]


def _as_runs(runs: Any, name: str) -> list[Run]:
    listed = list(runs.values()) if isinstance(runs, Mapping) else [runs]
    for run in listed:
        if not isinstance(run, Run):
            hint = "; open event files with nbviz.read(path)" if isinstance(run, (str, bytes, os.PathLike)) else ""
            if isinstance(run, Series):
                hint = f"; one series of a run is {name}(run, tags=[{run.tag!r}])"
            raise TypeError(f"{name}() shows a Run or a mapping of runs, not a {type(run).__name__}{hint}.")
    if not listed:
        raise TypeError(
            f"{name}() got no run to show: the mapping is empty. (A followed directory may have no event files yet.)"
        )
    return listed
