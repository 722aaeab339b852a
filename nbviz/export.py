"""One HTML file that shows a widget without a kernel and without a network."""

from __future__ import annotations

import base64
import html
import json
import pathlib
from typing import Any

from nbviz.channel import STATIC, Channel

SNAPSHOT_BYTES = 8_000_000
VIEW = ("panels", "channels", "names", "title", "smoothing", "superseded", "selected", "speech", "tags", "picture")

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' blob:; \
style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 24px; background: light-dark(#fff, #14171d); }}
#nbviz {{ max-width: 1400px; margin: auto; }}
h1 {{ position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<div id="nbviz"></div>
</main>
<script type="application/json" id="nbviz-models">{models}</script>
<script type="text/plain" id="nbviz-channel">{channel}</script>
<script type="text/plain" id="nbviz-views">{views}</script>
<script type="module">{page}</script>
</body>
</html>
"""


def export_html(widget: Any, path: str | pathlib.Path) -> pathlib.Path:
    """Write a widget as one HTML page that needs neither kernel nor network.

    Parameters
    ----------
    widget : LiveLoss, Inspector, Ridgeline, Compare, LayerMap, Distributions or Scrubber
    path : str or Path
        The file to write; an existing one is replaced.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    TypeError
        If ``widget`` is none of nbviz's.
    OSError
        If the file cannot be written.
    """
    channels = getattr(widget, "channels", None)
    if not (isinstance(channels, list) and channels and all(isinstance(channel, Channel) for channel in channels)):
        raise TypeError(f"export_html() writes an nbviz widget such as Inspector(run), not a {type(widget).__name__}.")
    models = {
        "channels": {
            f"anywidget:{channel.model_id}": {
                "run": channel.run,
                "family": channel.family,
                "cursor": channel.cursor,
                "layer": channel.layer,
                "_snapshot": base64.b64encode(channel.snapshot(SNAPSHOT_BYTES // len(channels))).decode("ascii"),
            }
            for channel in channels
        },
        "view": widget.get_state([*VIEW, *widget.KNOBS]),
    }
    page = PAGE.format(
        title=html.escape(widget.title or ", ".join(channel.run for channel in channels)),
        # Within a script element only "</script" and "<!--" could end it early, and JSON can escape every "<".
        models=json.dumps(models).replace("<", "\\u003c"),
        channel=_script("channel.js"),
        views=_script("views.js"),
        page=_script("page.js"),
    )
    target = pathlib.Path(path)
    target.write_text(page, encoding="utf-8", errors="replace")
    return target


def _script(name: str) -> str:
    text = (STATIC / name).read_text(encoding="utf-8")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")
