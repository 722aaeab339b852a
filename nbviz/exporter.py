"""``jupyter nbconvert --to nbviz``: a notebook as one HTML page in which our views live, without a network."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Mapping
from typing import Any

from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor

from nbviz.export import embedded, hash_of, is_own, pack, page_script

VIEW, STATE = (f"application/vnd.jupyter.widget-{kind}+json" for kind in ("view", "state"))
MODEL = "IPY_MODEL_"

# No script but ours runs, whatever cells have put out, and nothing is fetched. Pages of nbconvert are full of styles.
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src 'unsafe-inline'; img-src data:; media-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEAD = (
    '<meta charset="utf-8"/><meta http-equiv="Content-Security-Policy" content="{policy}"/>'
    '<script type="application/json" id="nbviz-models">{models}</script><script type="module">{script}</script>'
)


class Widgets:
    """The widgets that a notebook was saved with."""

    def __init__(self, saved: Mapping[str, Any]) -> None:
        self._models: Mapping[str, Any] = saved.get(STATE, {}).get("state", {})
        self.channels: dict[str, dict[str, Any]] = {}
        """What a page needs of each run, by the reference that views have."""

    def views(self, model: str) -> Iterator[dict[str, Any]]:
        """Our views in a widget, with what a page needs of them: those whose runs were saved, too."""
        state = self._state(model)
        if not {"panels", "picture", "channels"} <= state.keys():
            for child in state.get("children", ()):
                yield from self.views(str(child).removeprefix(MODEL))
            return
        runs = {str(reference).replace("#", "/"): self._run(str(reference)) for reference in state["channels"]}
        if all(runs.values()):
            self.channels.update((reference, run) for reference, run in runs.items() if run)
            yield {name: value for name, value in state.items() if is_own(name)} | {"channels": [*runs]}

    def _state(self, model: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._models.get(model, {}).get("state", {})
        return found

    def _run(self, reference: str) -> dict[str, Any] | None:
        """What a page needs of a run; of one in a crowd as if it were alone."""
        model, _, number = reference.removeprefix("anywidget:").partition("#")
        own = {name: value for name, value in self._state(model).items() if is_own(name)}
        path: list[str | int] = ["_snapshot"]
        if number:
            path = ["_snapshots", int(number)]
            own["run"], own["family"] = own.pop("runs")[int(number)]
        for buffer in self._models.get(model, {}).get("buffers", ()):
            if buffer["path"] == path:
                return {**own, "_snapshot": pack(base64.b64decode(buffer["data"]))}
        return None


class Placing(Preprocessor):
    """Makes of each output with our views a place for them, and drops the pictures that stood in for them."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        widgets, views = Widgets(nb.metadata.pop("widgets", {})), list[dict[str, Any]]()
        for cell in nb.cells:
            for output in cell.get("outputs", ()):
                model = output.get("data", {}).pop(VIEW, {}).get("model_id")
                found = list(widgets.views(str(model)))
                if found:
                    places = (f'<div id="nbviz-view-{len(views) + i}"></div>' for i in range(len(found)))
                    output["data"] = {"text/html": "".join(places)}
                    views += found
        pictures = {f'<div class="nbviz-picture nbviz-picture-{view["picture"]}">' for view in views}
        for cell in nb.cells:
            kept = [output for output in cell.get("outputs", ()) if not _is_picture(output, pictures)]
            if "outputs" in cell:
                cell["outputs"] = kept
        resources["nbviz"] = {"channels": widgets.channels, "views": views}
        return nb, resources


def _is_picture(output: Any, pictures: set[str]) -> bool:
    text = output.get("data", {}).get("text/html", "")
    return any(str(text).startswith(picture) for picture in pictures)


class NbvizExporter(HTMLExporter):
    """`HTMLExporter` for a page that needs no network, in which the views of nbviz can be scrubbed and zoomed.

    Notes
    -----
    Scripts in outputs and widgets of others do not run: what these put out as pictures, tables or text is shown.
    """

    export_from_notebook = "HTML with nbviz"

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()  # type: ignore[no-untyped-call]
        # The last of all, as executing a notebook is one of them.
        self.register_preprocessor(Placing, enabled=True)  # type: ignore[no-untyped-call]

    def from_notebook_node(self, nb: Any, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        page, resources = super().from_notebook_node(nb, resources, **kw)
        soup = BeautifulSoup(page, features="html.parser")
        # They would be refused, with an error for each of them.
        for element in soup.select("script, link[href], meta[charset]"):
            element.decompose()
        script = page_script()
        policy = html.escape(POLICY.format(script=hash_of(script)))
        head = HEAD.format(policy=policy, models=embedded(resources["nbviz"]), script=script)
        return str(soup).replace("<head>", f"<head>{head}", 1), resources
