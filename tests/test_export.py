"""The exported page as text; the browser tests open it."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from nbviz import Inspector, LiveLoss, Run, export_html
from nbviz.formats.wire import decode

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--",
    "--><script>",
    "</title><img src=x onerror=alert(1)>",
    "&lt;'\"",
    "\ud800",
]


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of each by its id or its name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts[self._open] = self.texts.get(self._open, "") + data


def exported(widget: Any, folder: Path) -> Page:
    path = export_html(widget, folder / "page.html")
    assert path == folder / "page.html"
    return Page(path.read_text("utf-8"))


def trained(name: str = "run", tag: str = "loss") -> Run:
    run = Run(name)
    for value in (3.0, 2.0, 1.0):
        run.log({tag: value})
    return run


def test_the_page_shows_superseded_rows_where_the_widget_does(tmp_path: Path) -> None:
    run = trained()
    run.log(loss=1.5, step=1)
    for superseded in (False, True):
        models = json.loads(exported(LiveLoss(run=run, superseded=superseded), tmp_path).texts["nbviz-models"])
        assert models["view"]["superseded"] is superseded
        (channel,) = models["channels"].values()
        assert decode(base64.b64decode(channel["_snapshot"])).splices[0].restarts == ((3, 1),)


def test_the_page_holds_every_row(tmp_path: Path) -> None:
    models = json.loads(exported(LiveLoss("title", run=trained()), tmp_path).texts["nbviz-models"])
    (reference,) = models["view"]["channels"]
    frame = decode(base64.b64decode(models["channels"][reference]["_snapshot"]))
    assert [splice.columns.values.tolist() for splice in frame.splices] == [[3.0, 2.0, 1.0]]  # type: ignore[union-attr]
    assert models["view"]["title"] == "title"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_title_run_or_tag_breaks_out_of_its_place(text: str, tmp_path: Path) -> None:
    plain = exported(LiveLoss("title", run=trained()), tmp_path)
    hostile = exported(LiveLoss(text, run=trained(text, text)), tmp_path)
    assert hostile.elements == plain.elements
    models = json.loads(hostile.texts["nbviz-models"])
    assert models["view"]["title"] == text
    assert hostile.texts["title"].strip() == text.replace("\ud800", "?")
    for script in ("nbviz-channel", "nbviz-views"):
        assert hostile.texts[script] == plain.texts[script]


def test_the_policy_lets_nothing_be_fetched(tmp_path: Path) -> None:
    elements = exported(Inspector(trained()), tmp_path).elements
    (policy,) = [attrs["content"] for _, attrs in elements if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy and policy.startswith("default-src 'none';")
    assert "connect-src" not in policy and "http" not in policy and "*" not in policy


def test_the_page_names_no_address_to_fetch(tmp_path: Path) -> None:
    path = export_html(Inspector({"a": trained(), "b": trained()}), tmp_path / "page.html")
    addresses = set(re.findall(r"https?://[\w./-]+", path.read_text("utf-8")))
    # A namespace of XML is a name and is never fetched.
    assert {address for address in addresses if not address.startswith("http://www.w3.org/")} == set()
    for tag, attributes in Page(path.read_text("utf-8")).elements:
        assert not {"src", "href"} & attributes.keys(), tag


class HasChannels:
    channels = 3


@pytest.mark.parametrize("thing", ["page.html", None, Run(), HasChannels(), {"channels": []}])
def test_what_is_no_widget_of_ours_is_refused(thing: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=f"such as Inspector\\(run\\), not a {type(thing).__name__}"):
        export_html(thing, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []
