"""Notebooks as pages in which our views live: `jupyter nbconvert --to nbviz`, read as text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

import ipywidgets
import nbformat.v4
import pytest
from bs4 import BeautifulSoup

from nbviz import Inspector, LiveLoss, Run, Scrubber
from nbviz.crowd import MANY
from nbviz.exporter import STATE, VIEW, NbvizExporter
from nbviz.formats.wire import decode
from tests.pictures import run_of


def shown(*widgets: Any, html: str = "") -> Any:
    """A saved notebook with these in its outputs as IPython and a kernel put them there."""
    outputs = []
    for widget in widgets:
        data = {VIEW: {"model_id": widget.model_id, "version_major": 2, "version_minor": 1}, "text/plain": repr(widget)}
        outputs.append(nbformat.v4.new_output("display_data", data))
        if hasattr(widget, "show_picture"):
            outputs.append(nbformat.v4.new_output("display_data", widget._picture()))
    outputs += [nbformat.v4.new_output("display_data", {"text/html": html})] if html else []
    state = ipywidgets.Widget.get_manager_state(widgets=[each for widget in widgets for each in within(widget)])
    cell = nbformat.v4.new_code_cell("live", outputs=outputs)
    return nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {STATE: state}})


def within(widget: Any) -> Iterator[Any]:
    yield widget
    for part in getattr(widget, "children", ()):
        yield from within(part)
    for channel in getattr(widget, "channels", ()):
        yield channel._speaker[0] if channel._speaker else channel


def page_of(notebook: Any, **traits: Any) -> BeautifulSoup:
    page, _ = NbvizExporter(**traits).from_notebook_node(notebook)
    return BeautifulSoup(page, "html.parser")


def models_of(page: BeautifulSoup) -> Any:
    return json.loads(page.select("#nbviz-models")[0].text)


def unpacked(text: str) -> bytes:
    planes = zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS)
    words = len(planes) // 8
    return bytes(planes[place * words + word] for word in range(words) for place in range(8))


def rested(*views: Any) -> None:
    for view in views:
        for channel in view.channels:
            channel.rest()


def test_a_view_stands_where_it_stood_with_what_it_showed_and_without_the_picture() -> None:
    view = LiveLoss(run=run_of("digits", loss=[3.0, 2.0, 1.5]), smoothing=0.6, x="relative")
    rested(view)
    notebook = shown(view)
    page = page_of(notebook)
    (output,) = page.select(".jp-OutputArea-output")
    assert [each["id"] for each in output.select("div")][-1:] == ["nbviz-view-0"]
    assert not page.select("img")
    models = models_of(page)
    (state,) = models["views"]
    assert (state["smoothing"], state["x"], state["names"]) == (0.6, "relative", [["digits", "digits"]])
    ((reference, run),) = models["channels"].items()
    assert state["channels"] == [reference] and run["run"] == "digits"
    (buffer,) = notebook.metadata["widgets"][STATE]["state"][view.channels[0].model_id]["buffers"]
    assert unpacked(run["_snapshot"]) == base64.b64decode(buffer["data"])


def test_many_finished_runs_that_are_one_model_are_runs_of_their_own_in_the_page() -> None:
    runs = {f"run{number}": run_of(f"run{number}", loss=[3.0, float(number)]) for number in range(MANY + 1)}
    for run in runs.values():
        run.finish()
    view = Inspector(runs)
    models = models_of(page_of(shown(view)))
    (state,) = models["views"]
    found = [models["channels"][reference] for reference in state["channels"]]
    assert [run["run"] for run in found] == [*runs]
    last = [decode(unpacked(run["_snapshot"])).splices[0].columns.values[-1] for run in found]
    assert last == [*range(MANY + 1)]


def test_views_in_a_box_stand_one_below_the_other() -> None:
    run = run_of(loss=[3.0, 2.0])
    views = [Inspector({"<i>": run}), Scrubber(run)]
    rested(*views)
    page = page_of(shown(ipywidgets.HBox([views[0], ipywidgets.VBox([ipywidgets.IntSlider(), views[1]])])))
    assert [each["id"] for each in page.select(".jp-OutputArea-output > div")] == ["nbviz-view-0", "nbviz-view-1"]
    models = models_of(page)
    assert [state["panels"] for state in models["views"]] == [list(view.PANELS) for view in views]
    assert len(models["channels"]) == 1 and "<" not in page.select("#nbviz-models")[0].text


def test_what_does_not_live_keeps_its_picture_or_its_words() -> None:
    unsaved, slider = LiveLoss(run=Run("unsaved")), ipywidgets.IntSlider()
    notebook = shown(unsaved, slider)
    for model in notebook.metadata["widgets"][STATE]["state"].values():
        model.pop("buffers", None)
    page = page_of(notebook)
    assert [image["alt"] for image in page.select("img")] == ["unsaved: nothing logged yet"]
    assert "IntSlider(value=0)" in page.text and models_of(page)["views"] == []


def test_a_notebook_without_widgets_is_a_page_too() -> None:
    page = page_of(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
    assert models_of(page) == {"channels": {}, "views": []}


HOSTILE = """<script>evil()</script><b onclick="evil()">bold</b><link rel="stylesheet" href="http://example.com/x.css">
<div id="nbviz-models">[]</div>"""


@pytest.mark.parametrize("sanitized", [False, True])
def test_no_script_but_ours_is_in_the_page_and_the_policy_names_it_by_its_hash(sanitized: bool) -> None:
    view = LiveLoss(run=run_of("</script><script>evil()</script>", loss=[2.0, 1.0]))
    rested(view)
    exporter = NbvizExporter(sanitize_html=sanitized)
    text, _ = exporter.from_notebook_node(shown(view, html=HOSTILE))
    page = BeautifulSoup(text, "html.parser")
    data, script = page.select("script")
    assert (data["type"], data["id"], script["type"]) == ("application/json", "nbviz-models", "module")
    assert not page.select("link, [src]")
    policy = str(page.select('meta[http-equiv="Content-Security-Policy"]')[0]["content"])
    digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
    assert re.findall(r"script-src ([^;]*)", policy) == [f"'sha256-{digest}'"]
    assert "default-src 'none'" in policy and text.index("Content-Security-Policy") < text.index("<script")
    # The first of its name is the one that is read.
    assert text.index('id="nbviz-models"') < text.index("<body")
    assert page.select("#nbviz-view-0")
