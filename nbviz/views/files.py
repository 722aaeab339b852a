"""What a view can be written as: a picture for a paper or a talk, and a table."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from nbviz.run import Run
from nbviz.tables import write_csv

if TYPE_CHECKING:
    from nbviz.picture import Scene

INK = "#24292f"
MARGIN = 8.0
PathLike = str | os.PathLike[str]


class Files:
    """The part of `View` that writes it as files."""

    _runs: list[Run]
    names: Sequence[Sequence[str]]
    tags: Sequence[str] | None

    def _scene(self) -> Scene:
        raise NotImplementedError

    def summary(self) -> str:
        """What is shown, in a sentence: ``run: loss 0.31 after step 1,200, validation 0.42, best 0.40 at step 900``."""
        return self._scene().sentence()

    @overload
    def to_svg(self, path: None = None, **look: Any) -> str: ...
    @overload
    def to_svg(self, path: PathLike, **look: Any) -> Path: ...
    def to_svg(self, path: PathLike | None = None, **look: Any) -> str | Path:
        """The picture at the cursor as vectors, for a paper: texts stay texts.

        Parameters
        ----------
        path : str or path-like, optional
            The file to write; an existing one is replaced.
        width, height : float
            In pixels, of which an inch has 96; by default 900, and as high as the panels ask for. Below 700 there is
            one column.
        font : str
            Family of the texts, or several, such as ``"Times New Roman, serif"``; by default the system's own.
        size : float
            Of the texts, in pixels, by default 12.5; lines become as much thinner or thicker.
        ink, background : str
            Colours of texts and ground, as CSS writes them; by default dark, on none. Where the ground is dark, or the
            ink light on none, lines are in the hues of the dark theme.

        Returns
        -------
        str or pathlib.Path
            The document, or the file written.

        Examples
        --------
        >>> live.to_svg("loss.svg", width=3.3 * 96, size=9, font="Times New Roman, serif")       # doctest: +SKIP
        """
        from nbviz.picture import picture_svg

        svg = picture_svg(self._scene(), **_look(look))
        return svg if path is None else _written(path, svg.encode())

    @overload
    def to_png(self, path: None = None, *, scale: float = 2.0, **look: Any) -> bytes: ...
    @overload
    def to_png(self, path: PathLike, *, scale: float = 2.0, **look: Any) -> Path: ...
    def to_png(self, path: PathLike | None = None, *, scale: float = 2.0, **look: Any) -> bytes | Path:
        """The picture at the cursor as pixels, without a page or a browser (``pip install nbviz[png]``).

        Parameters
        ----------
        path : str or path-like, optional
            The file to write; an existing one is replaced.
        scale : float
            Pixels of the file for each of `to_svg`.
        **look
            As in `to_svg`; the ground is white by default.

        Returns
        -------
        bytes or pathlib.Path
            The file's contents, or the file written.
        """
        from nbviz.picture import families, picture_png, picture_svg

        _check("scale", scale)
        look = _look({"background": "#fff", **look})
        png = picture_png(picture_svg(self._scene(), **look), families(look.get("font", "")), scale)
        return png if path is None else _written(path, png)

    @overload
    def to_csv(self, path: None = None) -> str: ...
    @overload
    def to_csv(self, path: PathLike) -> Path: ...
    def to_csv(self, path: PathLike | None = None) -> str | Path:
        """The scalars of the view with every digit, one row for each value.

        The columns are run, tag, step, wall_time (seconds since the epoch), value and superseded.

        Parameters
        ----------
        path : str or path-like, optional
            The file to write; an existing one is replaced.

        Returns
        -------
        str or pathlib.Path
            The table, or the file written.

        Notes
        -----
        Names that a spreadsheet would take for a formula have an apostrophe before them.
        """
        scalars = [
            (name[0], run[tag])
            for name, run in zip(self.names, self._runs, strict=True)
            for tag in run.tags("scalar")
            if self.tags is None or tag in self.tags
        ]
        if path is None:
            text = io.StringIO(newline="")
            write_csv(text, scalars)
            return text.getvalue()
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            write_csv(file, scalars)
        return Path(path)


LOOK = ("width", "height", "font", "size", "ink", "background")


def _look(given: dict[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name not in LOOK:
            raise TypeError(f"a picture has no {name!r}; what can be set is {', '.join(LOOK)} (and scale of a PNG).")
        if name in ("width", "height", "size") and value is not None:
            _check(name, value)
    return {"ink": INK, "margin": MARGIN, **given}


def _check(name: str, value: Any) -> None:
    if not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ValueError(f"{name} of a picture is a number above 0, not {value!r}.")


def _written(path: PathLike, contents: bytes) -> Path:
    target = Path(path)
    target.write_bytes(contents)
    return target
