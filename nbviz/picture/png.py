"""Pixels of a static picture, by resvg (``nbviz[png]``): a library without dependencies that needs no browser."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><text y="8" font-family="{family}">M</text></svg>'
BLANK = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'


def picture_png(svg: str, family: str, scale: float = 2.0) -> bytes:
    """An SVG document as a PNG of ``scale`` pixels for each of its own.

    Parameters
    ----------
    svg : str
    family : str
        The families that its texts are in, as the SVG says them.
    scale : float

    Raises
    ------
    ImportError
        If resvg-py is not installed.
    RuntimeError
        If there is no font at all, as texts would be missing without a word.
    """
    bold = svg.replace('font-weight="650"', 'font-weight="700"')  # resvg knows hundreds only
    return bytes(_resvg().svg_to_bytes(svg_string=bold, zoom=scale, font_dirs=_font_dirs(family)))


def _resvg() -> Any:
    try:
        return importlib.import_module("resvg_py")
    except ImportError as error:
        raise ImportError("to_png() needs resvg-py, which is not installed: pip install 'nbviz[png]'.") from error


@lru_cache
def _font_dirs(family: str) -> list[str] | None:
    """Where fonts are to be had beside those of the system: nowhere, unless it has none of these families."""
    resvg = _resvg()
    found = importlib.util.find_spec("matplotlib")
    carried = (
        [Path(place, "mpl-data", "fonts", "ttf") for place in (found.submodule_search_locations or [])] if found else []
    )
    for dirs in (None, *([str(place)] for place in carried)):
        if resvg.svg_to_bytes(svg_string=PROBE.format(family=family), font_dirs=dirs) != resvg.svg_to_bytes(
            svg_string=BLANK
        ):
            return dirs
    raise RuntimeError(
        "to_png() found no font to write with: install one, such as Debian's fonts-dejavu-core, or matplotlib, which "
        "brings its own. to_svg() needs none."
    )
