"""The exported page as text; the browser tests open it."""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbviz import Inspector, LiveLoss, Run, export_html
from nbviz.formats.splice import Frame
from nbviz.formats.wire import decode

OURS = (("script", ' type="module"'), ("style", ""))
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


def exported(widget: Any, folder: Path, **options: Any) -> Page:
    page = export_html(widget, folder / "page.html", **options)
    assert page.path == folder / "page.html"
    return Page(page.path.read_text("utf-8"))


def frame_of(page: Page, channel: int = 0) -> Frame:
    """The frame of one of the runs, unpacked as the page does it."""
    state = list(json.loads(page.texts["nbviz-models"])["channels"].values())[channel]
    planes = zlib.decompress(base64.b64decode(state["_snapshot"]), -zlib.MAX_WBITS)
    return decode(np.frombuffer(planes, np.uint8).reshape(8, -1).T.tobytes())


def trained(name: str = "run", tag: str = "loss") -> Run:
    run = Run(name)
    for value in (3.0, 2.0, 1.0):
        run.log({tag: value})
    return run


def test_the_page_shows_superseded_rows_where_the_widget_does(tmp_path: Path) -> None:
    run = trained()
    run.log(loss=1.5, step=1)
    for superseded in (False, True):
        page = exported(LiveLoss(run=run, superseded=superseded), tmp_path)
        models = json.loads(page.texts["nbviz-models"])
        assert models["views"][0]["superseded"] is superseded
        assert frame_of(page).splices[0].restarts == ((3, 1),)


def test_the_page_holds_every_row(tmp_path: Path) -> None:
    page = exported(LiveLoss("title", run=trained()), tmp_path)
    assert [splice.columns.values.tolist() for splice in frame_of(page).splices] == [[3.0, 2.0, 1.0]]  # type: ignore[union-attr]
    models = json.loads(page.texts["nbviz-models"])
    assert models["views"][0]["title"] == "title"
    assert models["views"][0]["channels"] == list(models["channels"])


def test_several_widgets_share_the_runs_of_one_page(tmp_path: Path) -> None:
    run = trained()
    page = exported([LiveLoss(run=run), Inspector({"a": run, "b": trained("b")})], tmp_path)
    models = json.loads(page.texts["nbviz-models"])
    assert len(models["views"]) == 2 and len(models["channels"]) == 2


# Its size


def walk(seed: int, rows: int, tags: int = 1) -> Run:
    run, rng = Run(f"walk {seed}"), np.random.default_rng(seed)
    for tag in range(tags):
        run.extend(f"m{tag}", np.arange(rows), np.arange(rows) / 7, rng.normal(size=rows).cumsum())
    return run


def test_a_page_is_under_300_kilobytes_without_its_data_and_says_its_size(tmp_path: Path) -> None:
    page = export_html(LiveLoss(run=walk(0, 10_000)), tmp_path / "run.html")
    assert page.size == (tmp_path / "run.html").stat().st_size
    assert page.size - page.data < 300_000
    assert repr(page) == f"{tmp_path}/run.html: {page.size / 1000:.0f} kB, of which data {page.data / 1000:.0f} kB"
    assert os.fspath(page) == str(tmp_path / "run.html")


def test_data_take_less_than_two_thirds_of_their_columns(tmp_path: Path) -> None:
    # 16 bytes a row in base64 would be 21; steps that are evenly spaced need no column.
    assert export_html(LiveLoss(run=walk(0, 10_000)), tmp_path / "run.html").data < 14 * 10_000


@pytest.mark.parametrize("runs", [1, 5])
def test_a_limit_is_kept_by_reducing_the_series_and_what_is_reduced_is_counted(runs: int, tmp_path: Path) -> None:
    shown = {f"run {i}": walk(i, 5_000, tags=3) for i in range(runs)}
    whole = export_html(Inspector(shown), tmp_path / "whole.html")
    assert whole.reduced == 0
    limit = whole.size - whole.data // 2
    page = export_html(Inspector(shown), tmp_path / "page.html", limit=limit)
    assert page.size <= limit and page.data > whole.data / 8
    assert (page.reduced, page.series) == (3 * runs, 3 * runs)
    assert repr(page).endswith(f"; {3 * runs} of {3 * runs} series reduced")


def test_small_runs_stay_whole_where_a_large_one_is_reduced(tmp_path: Path) -> None:
    view = Inspector({"a": walk(0, 16_000), "b": walk(1, 100)})
    whole = export_html(view, tmp_path / "whole.html")
    page = export_html(view, tmp_path / "page.html", limit=whole.size - whole.data // 2)
    assert (page.reduced, page.series) == (1, 2)
    assert frame_of(Page(page.path.read_text("utf-8")), 1).splices[0].rows == 100


def test_a_reduced_series_keeps_its_spike(tmp_path: Path) -> None:
    values = np.random.default_rng(0).uniform(0, 0.01, 16_000)
    values[7777] = 1.0
    run = Run("spike")
    run.extend("loss", np.arange(len(values)), np.arange(len(values)), values)
    view = LiveLoss(run=run)
    whole = export_html(view, tmp_path / "whole.html")
    (splice,) = frame_of(exported(view, tmp_path, limit=whole.size - whole.data * 3 // 4)).splices
    assert len(splice.columns.walls) < splice.rows == 16_000
    assert splice.columns.values.max() == 1.0  # type: ignore[union-attr]


def test_a_limit_that_cannot_be_kept_is_refused_with_the_smallest_that_can(tmp_path: Path) -> None:
    view = LiveLoss(run=walk(0, 1000))
    with pytest.raises(
        ValueError, match=r"limit=10,000 bytes is too small: .* or a limit of ([\d,]+) at least"
    ) as error:
        export_html(view, tmp_path / "page.html", limit=10_000)
    assert list(tmp_path.iterdir()) == []
    least = int(re.search(r"limit of ([\d,]+)", str(error.value))[1].replace(",", ""))  # type: ignore[index]
    assert export_html(view, tmp_path / "page.html", limit=least).size <= least


# Hostile words


@pytest.mark.parametrize("text", HOSTILE)
def test_no_title_run_or_tag_breaks_out_of_its_place(text: str, tmp_path: Path) -> None:
    plain = exported(LiveLoss("title", run=trained()), tmp_path)
    hostile = exported(LiveLoss(text, run=trained(text, text)), tmp_path)
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert [attrs.keys() for _, attrs in hostile.elements] == [attrs.keys() for _, attrs in plain.elements]
    models = json.loads(hostile.texts["nbviz-models"])
    # Half of a surrogate pair is spelled out, as no message of a notebook could carry it.
    assert models["views"][0]["title"] == text.replace("\ud800", "\\ud800")
    assert hostile.texts["title"].strip() == text.replace("\ud800", "?")
    # The one script stands as the element without an id.
    assert hostile.texts["script"] == plain.texts["script"]


def test_the_policy_lets_nothing_be_fetched_and_only_the_page_s_own_script_and_style_be_used(tmp_path: Path) -> None:
    page = exported(Inspector(trained()), tmp_path)
    (policy,) = [attrs["content"] for _, attrs in page.elements if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy
    text = (tmp_path / "page.html").read_text("utf-8")
    found = [re.findall(f">([^<]*|.*?)</{name}>", text.split(f"<{name}{mark}")[1], re.DOTALL)[0] for name, mark in OURS]
    hashes = [base64.b64encode(sha256(each.encode()).digest()).decode() for each in found]
    assert dict(part.strip().split(" ", 1) for part in policy.split(";")) == {
        "default-src": "'none'",
        "script-src": f"'sha256-{hashes[0]}'",
        "style-src": f"'sha256-{hashes[1]}'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_the_page_names_no_address_to_fetch(tmp_path: Path) -> None:
    path = export_html(Inspector({"a": trained(), "b": trained()}), tmp_path / "page.html").path
    addresses = set(re.findall(r"https?://[\w./-]+", path.read_text("utf-8")))
    # A namespace of XML is a name and is never fetched.
    assert {address for address in addresses if not address.startswith("http://www.w3.org/")} == set()
    for tag, attributes in Page(path.read_text("utf-8")).elements:
        assert not {"src", "href"} & attributes.keys(), tag


class HasChannels:
    channels = 3


@pytest.mark.parametrize("thing", ["page.html", None, Run(), HasChannels(), {"channels": []}, [], [Run()]])
def test_what_is_no_widget_of_ours_is_refused(thing: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="such as Inspector\\(run\\), not a "):
        export_html(thing, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []
