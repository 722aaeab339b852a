"""LayerMap and Distributions: their knobs, and their static pictures, whose cells are read back as pixels."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

import nbviz
from nbviz.picture import Scene, picture_svg
from nbviz.picture.layermap import COLUMNS, ROWS, heat_colors
from nbviz.picture.statistics import find_layers, histogram_of, values_of
from nbviz.run import Run
from tests.golden.quantiles import FILE, described

SVG = "{http://www.w3.org/2000/svg}"
WARNING = (0xB8, 0x4A, 0x00, 255)


def logged(layers: dict[str, list[float]], statistic: str = "gradients/norm") -> Run:
    """A finished run of one derived scalar a layer, logged at steps 0, 10, 20, …"""
    run = Run("net")
    for name, values in layers.items():
        steps = 10 * np.arange(len(values))
        run.extend(f"{statistic}/{name}", steps, steps.astype(float), np.array(values))
    run.finish()
    return run


def draw(run: Run | list[Run], panel: str = "map", step: int = 10**6, **options: Any) -> ET.Element:
    runs, knobs = run if isinstance(run, list) else [run], {"statistic": "gradients/norm"} if panel == "map" else {}
    return ET.fromstring(picture_svg(Scene.of(runs, [panel], step, knobs=knobs, **options)))


def texts(picture: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


def cells(picture: ET.Element) -> np.ndarray[Any, Any]:
    """The pixels of the cells, shape (rows, columns, 4)."""
    (element,) = picture.iter(f"{SVG}image")
    encoded = base64.b64decode(element.get("href", "").partition(",")[2])
    return np.array(Image.open(io.BytesIO(encoded)))


def paths(picture: ET.Element, name: str) -> list[str]:
    return [path.get("d", "") for path in picture.iter(f"{SVG}path") if path.get("class") == name]


# The views


def test_the_page_chooses_a_layer_and_a_statistic_and_python_reads_them() -> None:
    view = nbviz.LayerMap(logged({"fc1": [1.0]}))
    assert (view.statistic, view.layer) == ("gradients/norm", None)
    view.set_state({"statistic": "activations/dead"})
    view.channels[0].set_state({"layer": "gradients/fc1"})
    assert (view.statistic, view.layer) == ("activations/dead", "gradients/fc1")
    view.channels[0].set_state({"layer": None})
    assert view.layer is None


def test_the_layer_that_was_chosen_is_shared_by_all_that_shows_the_run() -> None:
    one, other = logged({"fc1": [1.0]}), logged({"fc1": [1.0]})
    layer_map, ridge, both = nbviz.LayerMap(one), nbviz.Ridgeline(one), nbviz.Inspector({"a": one, "b": other})
    layer_map.layer = "gradients/fc1"
    assert (ridge.layer, both.layer, nbviz.LayerMap(other).layer) == ("gradients/fc1",) * 3
    assert nbviz.LiveLoss(run=one).layer == "gradients/fc1"
    nbviz.Distributions(other, layer="weights/fc1")
    assert (layer_map.layer, ridge.layer, both.layer) == ("weights/fc1",) * 3
    ridge.close()
    layer_map.layer = None
    assert (both.layer, ridge.layer) == (None, "weights/fc1")


@pytest.mark.parametrize("state", [{"layer": 3}, {"statistic": "nonsense"}, {"statistic": None}, {"layer": ["x"]}])
def test_nonsense_from_the_page_changes_nothing(state: dict[str, Any]) -> None:
    view = nbviz.LayerMap(logged({"fc1": [1.0]}), layer="gradients/fc1")
    for widget in (view, *view.channels):
        widget.set_state({name: value for name, value in state.items() if name in widget.keys})
    assert (view.statistic, view.layer) == ("gradients/norm", "gradients/fc1")


def test_an_unknown_statistic_is_refused_with_a_hint() -> None:
    with pytest.raises(TraitError, match="no statistic 'gradients/nrm'; did you mean 'gradients/norm'"):
        nbviz.LayerMap(logged({"fc1": [1.0]}), statistic="gradients/nrm")
    view = nbviz.LayerMap(logged({"fc1": [1.0]}), "weights/norm")
    with pytest.raises(TraitError, match=r"choose one of .*activations/dead"):
        view.statistic = "loss"
    assert view.statistic == "weights/norm"


@pytest.mark.parametrize("view", [nbviz.LayerMap, nbviz.Distributions])
def test_one_tag_or_several_may_be_asked_for(view: Any) -> None:
    assert view(logged({"fc1": [1.0]}), tags="a").tags == ["a"]
    assert view(logged({"fc1": [1.0]}), tags=("a", "b")).tags == ["a", "b"]
    assert view(logged({"fc1": [1.0]})).tags is None


def test_an_exported_page_keeps_the_knobs(tmp_path: Path) -> None:
    run = logged({"fc1": [1.0]})
    for view in (
        nbviz.LayerMap(run, "weights/norm", layer="weights/fc1"),
        nbviz.Distributions(run),
        nbviz.LiveLoss(run=run),
    ):
        text = nbviz.export_html(view, tmp_path / "page.html").path.read_text("utf-8")
        models = json.loads(re.search(r'id="nbviz-models">(.*?)</script>', text)[1])  # type: ignore[index]
        assert models["views"][0].get("statistic") == getattr(view, "statistic", None)
        assert [channel["layer"] for channel in models["channels"].values()] == ["weights/fc1"]


def test_the_golden_quantiles_are_those_of_the_series() -> None:
    assert json.loads(FILE.read_text("utf-8")) == described()


# What is found


def test_layers_come_in_the_order_of_their_depth_and_what_was_logged_is_preferred() -> None:
    run = Run("net")
    run.log_histogram("gradients/fc2", [1.0, 2.0], step=0)
    run.log_histogram("gradients/fc1", [3.0, 4.0], step=0)
    run.log({"gradients/norm/fc1": 5.0, "loss": 1.0}, step=0)
    run.commit()
    found = find_layers([run], None, "gradients/norm")
    assert [(layer.name, layer.series.kind) for layer in found.layers] == [("fc2", "histogram"), ("fc1", "scalar")]
    assert found.approximate
    assert not find_layers([run], ["gradients/norm/fc1"], "gradients/norm").approximate


def test_where_a_run_lacks_the_statistic_the_first_that_it_has_is_found() -> None:
    run = logged({"fc1": [0.5]}, "activations/dead")
    assert find_layers([run], None, "gradients/norm").statistic == "activations/dead"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("gradients/fc1.weight", ("gradients", "fc1.weight")),
        ("layer1/weight", ("weights", "layer1")),
        ("a/b/outputs", ("activations", "a/b")),
        ("fc1.weight.grad", ("gradients", "fc1.weight")),
        ("weights", ("values", "weights")),
    ],
)
def test_what_histograms_are_of_is_read_from_the_tag(tag: str, expected: tuple[str, str]) -> None:
    assert histogram_of(tag) == expected


def test_norms_and_shares_of_zeros_of_histograms_are_close_to_those_of_the_values() -> None:
    values = np.random.default_rng(0).normal(size=5000) * 1e-3
    values[:1000] = 0
    run = Run("net")
    run.log_histogram("gradients/fc1", values, step=7)
    run.log_histogram("gradients/fc1", [0.0, 0.0], step=8)
    run.log_histogram("gradients/fc1", [1.0, math.nan, math.inf], step=9)
    run.commit()
    (layer,) = find_layers([run], None, "gradients/norm").layers
    steps, norms = values_of(layer, "gradients/norm")
    assert steps.tolist() == [7, 8, 9]
    assert norms[0] == pytest.approx(np.linalg.norm(values), rel=0.01)
    assert norms[1] == 0 and np.isnan(norms[2])
    assert values_of(layer, "gradients/zeros")[1].tolist() == [0.2, 1.0, 0.0]
    assert values_of(layer, "gradients/nonfinite")[1].tolist() == [0, 0, 2]


# The picture of the map


def test_a_larger_value_has_a_darker_cell() -> None:
    pixels = cells(draw(logged({"fc1": [1e-6] * 4, "fc2": [1e-3] * 4, "fc3": [1.0] * 4})))
    assert pixels.shape == (3, COLUMNS, 4)
    darkness = pixels[:, :, :3].sum(axis=2)
    assert (darkness[0] > darkness[1]).all() and (darkness[1] > darkness[2]).all()
    assert (pixels[:, :, 3] == 255).all()


def test_what_is_not_finite_is_in_the_warning_hue_striped_and_said() -> None:
    run = logged({"fc1": [1.0, 1.0, 1.0, math.nan], "fc2": [1.0, 1.0, math.inf, math.nan]})
    picture = draw(run)
    pixels = cells(picture)
    assert [tuple(pixels[row, COLUMNS * 5 // 8].tolist()) == WARNING for row in (0, 1)] == [False, True]
    assert [tuple(pixels[row, -1].tolist()) == WARNING for row in (0, 1)] == [True, True]
    assert len(paths(picture, "broken")) == 1
    assert "NaN/Inf from step 20: fc2" in texts(picture)
    assert nbviz.LayerMap(run)._picture()["text/plain"].endswith("; NaN/Inf from step 20: fc2")


def test_exact_zeros_are_grey_and_a_layer_that_was_not_captured_has_no_cells() -> None:
    run = logged({"fc1": [1.0] * 10, "fc2": [0.0] * 10})
    run.extend("gradients/norm/fc3", [0, 10, 20], [0.0, 1.0, 2.0], np.ones(3))
    picture = draw(run)
    pixels = cells(picture)
    assert len(set(pixels[1, 0, :3].tolist())) == 1
    assert pixels[2, :40, 3].all() and not pixels[2, 60:, 3].any()
    assert "grey: exactly zero" in texts(picture)


def test_a_spike_in_a_hundred_thousand_steps_has_a_cell() -> None:
    values = np.full(100_000, 0.1)
    values[54_321] = math.nan
    pixels = cells(draw(logged({"fc1": values.tolist(), "fc2": [0.1] * 100_000})))
    assert [tuple(pixel) == WARNING for pixel in pixels[0].tolist()].count(True) == 1


def test_of_many_layers_some_evenly_spread_are_shown() -> None:
    picture = draw(logged({f"block{i}.w": [10.0**-i] * 3 for i in range(200)}))
    assert cells(picture).shape[0] == ROWS
    assert f"{ROWS} of 200 layers, evenly spread" in texts(picture)
    names = [text for text in texts(picture) if text.startswith("block")]
    assert names[0] == "block0.w" and len(names) > 8


def test_superseded_rows_leave_no_trace_in_the_map() -> None:
    run = Run("net")
    for step, value in ((0, 1.0), (10, 1.0), (20, math.nan), (10, 1.0), (30, 1.0)):
        run.log({"gradients/norm/fc1": value}, step=step)
    run.commit()
    assert not [text for text in texts(draw(run)) if "NaN" in text]


@pytest.mark.parametrize("panel", ["map", "distributions"])
def test_a_run_without_layers_says_so(panel: str) -> None:
    run = Run("net")
    run.log(loss=1.0)
    run.commit()
    assert any(re.search("No (statistics and no )?histograms", text) for text in texts(draw(run, panel)))
    assert any("Nothing logged yet" in text for text in texts(draw(Run("net"), panel)))


@pytest.mark.parametrize("panel", ["map", "distributions"])
@pytest.mark.parametrize("tag", ["<script>alert(1)</script>", "a&b\"'", "", "/", "x" * 5000, "\ud800\x07", "fc1\nfc2"])
def test_a_tag_is_text_whatever_it_looks_like(tag: str, panel: str) -> None:
    run = Run("net")
    for name in (tag, f"gradients/{tag}", f"{tag}/weight"):
        run.log_histogram(name, [0.0, 1.0, math.nan], step=0)
    run.log({f"gradients/norm/{tag}": 1.0}, step=0)
    run.commit()
    assert {element.tag.removeprefix(SVG) for element in draw(run, panel).iter()} <= {
        "svg", "title", "desc", "g", "text", "tspan", "path", "image", "rect", "linearGradient", "stop", "pattern",
    }  # fmt: skip


def test_shares_are_read_on_the_whole_and_counts_are_none_or_broken() -> None:
    shares = texts(draw(logged({"fc1": [0.25, 0.5]}, "activations/dead")))
    assert {"dead units", "0\u00a0%", "100\u00a0%"} <= set(shares)
    pixels = cells(draw(logged({"fc1": [0.0, 4.0]}, "gradients/nonfinite")))
    assert tuple(pixels[0, 0].tolist()) == (*heat_colors(np.array(0.0)).tolist(), 255)
    assert tuple(pixels[0, -1].tolist()) == WARNING


# The picture of distributions


def with_histograms(tags: list[str], captures: int = 5) -> Run:
    run = Run("net")
    rng = np.random.default_rng(0)
    for step in range(captures):
        for tag in tags:
            run.log_histogram(tag, rng.normal(size=200), step=10 * step)
    run.finish()
    return run


def test_every_layer_has_four_bands_and_a_median() -> None:
    picture = draw(with_histograms(["gradients/fc1", "gradients/fc2"]), "distributions")
    assert len(paths(picture, "band")) == 8 and len(paths(picture, "median")) == 2
    assert "gradients by layer" in texts(picture) and "fc1" in texts(picture)


def test_zeros_are_among_the_values_of_a_distribution_and_a_name_makes_room_for_them() -> None:
    run = Run("net")
    run.log_histogram("weights/a.module.with.a.very.long.name", np.zeros(5), step=0)
    run.log_histogram("weights/relu", np.array([0.0] * 60 + [3e-5] * 40), step=0)
    said = texts(draw(run, "distributions"))
    assert "0 0 … 0" in said and any(text.startswith("0 0 … ") and text != "0 0 … 0" for text in said)
    assert not any("NaN" in text for text in said)


def test_bands_break_where_nothing_was_finite_and_a_bar_says_where() -> None:
    run = with_histograms(["w"])
    run.log_histogram("w", [math.nan, math.inf], step=50)
    run.log_histogram("w", [1.0, 2.0], step=60)
    run.commit()
    picture = draw(run, "distributions", step=50)
    assert len(paths(picture, "median")) == 2
    assert paths(picture, "broken")[0].count("M") == 1
    assert "2 NaN/Inf" in texts(picture)


def test_of_many_layers_twelve_are_shown_and_the_rest_counted() -> None:
    picture = draw(with_histograms([f"w{i}" for i in range(40)], captures=2), "distributions")
    assert len(paths(picture, "median")) == 12
    assert "and 28 more" in texts(picture)
