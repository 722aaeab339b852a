"""One HTML file that shows widgets without a kernel and without a network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import pathlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anywidget

from nbviz.channel import STATIC, Channel
from nbviz.formats.splice import Frame
from nbviz.formats.wire import encode

LIMIT = 10_000_000
"""Bytes of a page by default: what most mail takes."""
SLACK = 4
"""A frame shrinks to about a quarter, so this much more of it is looked at before it is reduced to what has room."""
ROUNDS = 12
WORD = 8
FOREIGN = frozenset(anywidget.AnyWidget.class_trait_names())
"""Traits that only a host needs."""

STYLE = """
:root { color-scheme: light dark; }
body { margin: 24px; background: light-dark(#fff, #14171d); }
@media (max-width: 700px) { body { margin: 8px; } }
@media print { body { margin: 0; background: #fff; } }
#nbviz { max-width: 1400px; margin: auto; display: grid; gap: 32px; font-family: system-ui, sans-serif; }
h1 { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
"""

# No fetch, no image, no font, no frame and no form: whatever a text in the page should turn out to do, it cannot reach
# anything. Scripts and styles are those whose hashes stand here, and no text can become an element of the page.
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="description" content="{words}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<div id="nbviz"><noscript>{words}. This page draws with a script of its own, which is switched off.</noscript></div>
</main>
<script type="application/json" id="nbviz-models">{models}</script>
<script type="module">{script}</script>
</body>
</html>
"""


@dataclass(frozen=True)
class ExportedPage(os.PathLike[str]):
    """A page that was written.

    Attributes
    ----------
    path : pathlib.Path
        The file; the page itself is path-like, too.
    size, data : int
        Bytes of the file, and how many of them are the runs.
    series, reduced : int
        How many series are in it, and how many of these with fewer points than were logged: the page has a badge
        beside each of them.
    """

    path: pathlib.Path
    size: int
    data: int
    series: int
    reduced: int

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        reduced = f"; {self.reduced:,} of {self.series:,} series reduced" if self.reduced else ""
        return f"{self.path}: {_kilobytes(self.size)}, of which data {_kilobytes(self.data)}{reduced}"


def export_html(widget: Any, path: str | os.PathLike[str], *, limit: int = LIMIT) -> ExportedPage:
    """Write a widget as one HTML page that needs neither kernel nor network.

    Parameters
    ----------
    widget : LiveLoss, Inspector, Ridgeline, Compare, LayerMap, Distributions or Scrubber, or a sequence of them
        Several stand one below the other and share their cursor, as in a notebook.
    path : str or path-like
        The file to write; an existing one is replaced.
    limit : int
        Bytes that the file may have. Where the runs need more, their series are reduced, which keeps every minimum
        and maximum of what is drawn and is said beside the line.

    Returns
    -------
    ExportedPage
        Where it is, its size, and how many series were reduced.

    Raises
    ------
    TypeError
        If ``widget`` is none of nbviz's.
    ValueError
        If the page cannot be as small as ``limit``.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> nbviz.export_html(nbviz.Inspector(runs), "run.html", limit=2_000_000)      # doctest: +SKIP
    run.html: 240 kB, of which data 71 kB
    """
    views = list(widget) if isinstance(widget, (list, tuple)) else [widget]
    for view in views or [widget]:
        if not _is_view(view):
            raise TypeError(
                f"export_html() writes an nbviz widget such as Inspector(run), not a {type(view).__name__}."
            )
    channels = list(dict.fromkeys(channel for view in views for channel in view.channels))
    empty = len(_page(views, channels, [""] * len(channels)))
    frames, packed = _within(channels, limit - empty)
    data = sum(map(len, packed))
    if empty + data > limit:
        raise ValueError(
            f"limit={limit:,} bytes is too small: the page itself takes {empty:,}, and these runs at their fewest "
            f"points {data:,}. Choose fewer runs or tags=, or a limit of {empty + data:,} at least."
        )
    target = pathlib.Path(path)
    target.write_bytes(_page(views, channels, packed))
    splices = [splice for frame in frames for splice in frame.splices]
    reduced = sum(len(splice.columns.walls) < splice.rows for splice in splices)
    return ExportedPage(target, empty + data, data, len(splices), reduced)


def _is_view(view: Any) -> bool:
    channels = getattr(view, "channels", None)
    return isinstance(channels, list) and bool(channels) and all(isinstance(each, Channel) for each in channels)


# The data


def pack(block: bytes) -> str:
    """Bytes of a frame as text: bytes of like significance brought together, deflated, in base64.

    Exponents of floats that follow one another are alike and their last digits are noise, so that they are worth a
    third less than deflated as they stand (histograms a twentieth more).
    """
    planes = b"".join(block[place::WORD] for place in range(WORD))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(planes) + deflate.flush()).decode("ascii")


def _within(channels: Sequence[Channel], room: int) -> tuple[list[Frame], list[str]]:
    """A frame of each run and the same packed, together in ``room`` bytes if fewer points can do that."""
    frames = [channel.copy(SLACK * max(room, 1) // len(channels)) for channel in channels]
    blocks = [encode(frame) for frame in frames]
    packed = [pack(block) for block in blocks]
    for _ in range(ROUNDS):
        level = _level([len(each) for each in packed], room)
        large = [i for i, each in enumerate(packed) if len(each) > level]
        if not large:
            break
        for i in large:
            # A little less than in proportion, so that few rounds do.
            frames[i] = channels[i].copy(int(len(blocks[i]) * 0.97 * level / len(packed[i])))
            blocks[i] = encode(frames[i])
            packed[i] = pack(blocks[i])
    return frames, packed


def _level(sizes: Sequence[int], room: int) -> float:
    """The greatest size of each that makes them fit together: small ones leave what they do not need to the others."""
    left = float(max(room, 0))
    for done, size in enumerate(sorted(sizes)):
        share = left / (len(sizes) - done)
        if size > share:
            return share
        left -= size
    return float("inf")


# The page


def _page(views: Sequence[Any], channels: Sequence[Channel], packed: Sequence[str]) -> bytes:
    # In the page each run is a model of its own, also one that shares another's in the notebook.
    names = {channel: f"anywidget:{number}" for number, channel in enumerate(channels)}
    models = {
        "channels": {
            names[channel]: {**_state(channel), "_snapshot": text}
            for channel, text in zip(channels, packed, strict=True)
        },
        "views": [{**_state(view), "channels": [names[channel] for channel in view.channels]} for view in views],
    }
    script = page_script()
    page = PAGE.format(
        policy=POLICY.format(script=hash_of(script), style=hash_of(STYLE)),
        title=html.escape(" · ".join(dict.fromkeys(map(_title, views)))),
        words=html.escape("; ".join(view.summary() for view in views)),
        style=STYLE,
        models=embedded(models),
        script=script,
    )
    return page.encode(errors="replace")


def _state(widget: Any) -> Mapping[str, Any]:
    """The traits that are nbviz's own; the snapshot and whatever only a host needs are left out."""
    return widget.get_state([name for name in widget.keys if is_own(name)])  # type: ignore[no-any-return]


def is_own(trait: str) -> bool:
    return trait not in FOREIGN and trait[0] != "_"


def _title(view: Any) -> str:
    return str(view.title or ", ".join(channel.run for channel in view.channels))


def embedded(models: Mapping[str, Any]) -> str:
    """JSON for a script element, which only "</script" and "<!--" could end early: it can escape every "<"."""
    return json.dumps(models).replace("<", "\\u003c")


def page_script() -> str:
    """What draws the models of a page."""
    text = (STATIC / "page.js").read_text(encoding="utf-8")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def hash_of(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _kilobytes(size: int) -> str:
    return f"{max(1, round(size / 1000)):,} kB"
