"""The static pictures of bqplot's figures."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import bqplot
import numpy as np
import pytest

from nbviz import Run, bq
from nbviz.bq import still
from tests.hostile import NAMES

SVG = "{http://www.w3.org/2000/svg}"


def run_of(name: str = "run", tag: str = "loss", rows: int = 20) -> Run:
    run = Run(name)
    run.extend(tag, np.arange(rows), np.arange(rows), np.linspace(2, 1, rows))
    run.log_histogram("weights", np.linspace(-1, 1, 100), step=0)
    run.log_confusion("confusion", [[8, 2], [1, 9]], ["cat", "dog"], step=0)
    run.finish()
    return run


def drawn(figure: bqplot.Figure) -> ET.Element:
    return ET.fromstring(still.draw(figure, "words"))


def count(picture: ET.Element, name: str) -> int:
    return len(list(picture.iter(f"{SVG}{name}")))


def texts(picture: ET.Element) -> set[str]:
    return {"".join(each.itertext()) for each in picture.iter(f"{SVG}text")}


def test_lines_and_the_cursor_are_drawn_on_their_axes() -> None:
    picture = drawn(bq.figure(run_of(), "loss"))
    assert len([path for path in picture.iter(f"{SVG}path") if path.get("class") == "line"]) == 2
    assert {"step", "1.0", "2.0"} <= texts(picture)


def test_bars_points_and_cells_are_drawn() -> None:
    run = run_of()
    bars = bqplot.Figure(marks=[bq.histogram(run["weights"])])
    assert still.is_ours(bars) and count(drawn(bars), "rect") == 64
    points = bq.scatter({"a": {"lr": 0.1, "loss": 1.0}, "b": {"lr": 10.0, "loss": 2.0}}, "lr", "loss")
    assert count(drawn(points), "circle") == 2 and {"lr", "loss"} <= texts(drawn(points))
    cells = drawn(bq.confusion(run["confusion"]))
    assert count(cells, "rect") == 4 and {"cat", "dog", "80 %"} <= texts(cells)
    lines = drawn(bq.parallel({"a": {"x": 1, "y": 2}, "b": {"x": 2, "y": 1}}, ["x", "y"]))
    assert len([path for path in lines.iter(f"{SVG}path") if path.get("class") == "line"]) == 2


def test_the_bundle_says_the_values_in_words_and_holds_one_image() -> None:
    bundle = still.picture(bq.figure(run_of(), "loss"))
    assert bundle["text/plain"] == "loss 1"
    assert bundle["text/html"].count("<img ") == 1 and "<svg" not in bundle["text/html"]


def test_a_figure_of_others_is_none_of_ours() -> None:
    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
    figure = bqplot.Figure(marks=[bqplot.Lines(x=[0, 1], y=[0, 1], scales=scales)])
    assert not still.is_ours(figure)
    with pytest.raises(NotImplementedError):
        still._show_figure(figure)


@pytest.mark.parametrize("name", [each for each in NAMES if each != "lone surrogates"])
def test_hostile_names_are_text(name: str) -> None:
    run = run_of(NAMES[name], NAMES[name])
    picture = drawn(bq.figure({NAMES[name]: run}, NAMES[name], title=NAMES[name]))
    assert {each.tag.removeprefix(SVG) for each in picture.iter()} == {"svg", "title", "text", "path", "g"}
    assert still.picture(bq.figure(run, NAMES[name]))["text/html"].count("<") == 5
