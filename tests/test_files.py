"""What a view is written as: SVG, PNG and CSV."""

from __future__ import annotations

import csv
import io
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nbviz import Inspector, LiveLoss, Ridgeline, Run
from nbviz.picture import png
from tests.hostile import NAMES

SVG = "{http://www.w3.org/2000/svg}"


def trained(name: str = "digits", tag: str = "loss") -> Run:
    run = Run(name)
    run.extend(tag, [0, 1, 2], [1e9, 1e9 + 0.1, 1e9 + 0.2], [0.1, 1 / 3, float("nan")])
    run.finish()
    return run


def parsed(view: LiveLoss | Inspector, **look: object) -> ET.Element:
    return ET.fromstring(view.to_svg(**look))


# SVG


def test_the_picture_is_a_document_of_the_size_asked_for_whose_texts_are_texts_in_the_font_asked_for() -> None:
    root = parsed(LiveLoss(run=trained()), width=317, height=240, font="Times New Roman, serif", size=9)
    assert (root.get("width"), root.get("height")) == ("317", "240")
    assert (root.get("font-family") or "").startswith("'Times New Roman',serif,")
    assert {"loss", "digits"} <= {"".join(text.itertext()) for text in root.iter(f"{SVG}tspan")} | {
        "".join(text.itertext()) for text in root.iter(f"{SVG}text")
    }
    # The view box is in units in which the text measures 12.5, so that here one of them is 0.72 pixels.
    assert float((root.get("viewBox") or "").split()[2]) == pytest.approx(317 * 12.5 / 9)


@pytest.mark.parametrize("height", [300, 700, 1500])
def test_plots_are_made_as_high_as_it_takes(height: int) -> None:
    run = trained()
    for step in range(3):
        run.log_histogram("w", [0.0, 1.0], step=step)
    assert abs(float(parsed(Inspector(run), height=height).get("height", 0)) - height) <= 1


def test_the_picture_has_a_title_and_says_what_it_shows() -> None:
    run = trained()
    run.extend("val_loss", [0, 1, 2], [0, 1, 2], [0.5, 0.25, 0.5])
    view = LiveLoss(run=run)
    root = parsed(view)
    assert root.get("role") == "img"
    assert [root[i].tag.removeprefix(SVG) for i in (0, 1)] == ["title", "desc"]
    assert root[0].text == "digits"
    assert root[1].text == view.summary() == "digits: loss NaN after step 2, validation 0.500, best 0.250 at step 1"


def test_colours_are_those_asked_for_and_no_more_than_colours() -> None:
    root = parsed(LiveLoss(run=trained()), ink='red" onload="x', background="#fff")
    assert root.get("fill") == 'red" onload="x' and root.get("onload") is None
    assert [rect.get("fill") for rect in root.iter(f"{SVG}rect")] == ["#fff"]
    assert not list(parsed(LiveLoss(run=trained())).iter(f"{SVG}rect"))


def test_a_file_is_written_where_a_path_is_given(tmp_path: Path) -> None:
    view = LiveLoss(run=trained())
    assert view.to_svg(tmp_path / "a.svg") == tmp_path / "a.svg"
    assert (tmp_path / "a.svg").read_text("utf-8") == view.to_svg()


@pytest.mark.parametrize("look", [{"width": 0}, {"height": -1}, {"size": "9pt"}, {"width": float("nan")}])
def test_a_size_that_is_none_is_refused(look: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(look))} of a picture is a number above 0, not"):
        LiveLoss(run=trained()).to_svg(**look)


def test_what_cannot_be_set_is_refused_with_what_can() -> None:
    with pytest.raises(TypeError, match="a picture has no 'colour'; what can be set is width, height, font, size, ink"):
        LiveLoss(run=trained()).to_svg(colour="red")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_whatever_its_names_the_picture_is_well_formed_and_has_no_element_of_theirs(name: str) -> None:
    run = trained(name, name)
    run.log_histogram(f"h/{name}", [0.0, 1.0], step=0)
    plain = trained("plain", "plain")
    plain.log_histogram("h/plain", [0.0, 1.0], step=0)
    elements = [{each.tag for each in parsed(Inspector(each, title=each.name)).iter()} for each in (run, plain)]
    assert elements[0] == elements[1]
    assert parsed(LiveLoss(run=run), font=name) is not None


@settings(deadline=None)  # a view is a widget, and to make one takes a while on a machine that is busy
@given(st.text())
def test_any_title_and_font_give_a_well_formed_document(text: str) -> None:
    assert parsed(LiveLoss(text, run=trained()), font=text, ink=text, background=text).tag == f"{SVG}svg"


# PNG


def test_pixels_are_as_many_as_asked_for_and_the_texts_are_among_them() -> None:
    view = LiveLoss(run=trained())
    image = Image.open(io.BytesIO(view.to_png(scale=1.5, width=400, height=200)))
    assert image.size == (600, 300)
    header = np.asarray(image.convert("L").crop((0, 0, 300, 40)))
    assert (header < 100).sum() > 100


def test_the_ground_of_pixels_is_white_unless_another_or_none_is_asked_for() -> None:
    view = LiveLoss(run=trained())
    corners = [
        Image.open(io.BytesIO(view.to_png(**look))).convert("RGBA").getpixel((0, 0))  # type: ignore[arg-type]
        for look in ({}, {"background": "#102030"}, {"background": ""})
    ]
    assert corners == [(255, 255, 255, 255), (16, 32, 48, 255), (0, 0, 0, 0)]


def test_without_resvg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'nbviz[png]'")):
        LiveLoss(run=trained()).to_png()


def test_where_no_font_is_found_it_says_so_instead_of_leaving_out_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fontless:
        def svg_to_bytes(self, **_: object) -> bytes:
            return b"blank"

    monkeypatch.setitem(sys.modules, "resvg_py", Fontless())
    png._font_dirs.cache_clear()
    with pytest.raises(RuntimeError, match="found no font to write with: install one"):
        LiveLoss(run=trained()).to_png()
    png._font_dirs.cache_clear()


# CSV


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_table_has_every_digit_and_every_row(tmp_path: Path) -> None:
    view = LiveLoss(run=trained())
    rows = rows_of(view.to_csv())
    assert list(rows[0]) == ["run", "tag", "step", "wall_time", "value", "superseded"]
    assert [(row["run"], row["tag"], int(row["step"]), float(row["wall_time"])) for row in rows] == [
        ("digits", "loss", step, 1e9 + step / 10) for step in range(3)
    ]
    assert [row["value"] for row in rows] == ["0.1", repr(1 / 3), "nan"]
    assert view.to_csv(tmp_path / "a.csv") == tmp_path / "a.csv"
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert file.read() == view.to_csv()


def test_a_table_has_the_runs_by_the_names_and_the_tags_that_the_view_shows() -> None:
    run = trained()
    run.extend("lr", [0], [0], [0.1])
    rows = rows_of(Inspector({"a": run, "b": trained()}, tags=["lr"]).to_csv())
    assert [(row["run"], row["tag"]) for row in rows] == [("a", "lr")]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_is_a_formula_to_a_spreadsheet_and_all_can_be_read_back(name: str) -> None:
    rows = rows_of(LiveLoss(run=trained(name, name)).to_csv())
    assert len(rows) == 3
    for row in rows:
        assert row["run"] == row["tag"]
        assert row["run"].removeprefix("'") == name.encode(errors="backslashreplace").decode()
        assert not row["run"].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_view_without_scalars_is_a_table_without_rows() -> None:
    run = Run("r")
    run.log_histogram("w", [0.0, 1.0])
    assert rows_of(Ridgeline(run).to_csv()) == []
