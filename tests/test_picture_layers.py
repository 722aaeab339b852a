"""The layers of a static picture: ridges, maps, distributions and comparisons."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from nbviz.picture import Scene
from nbviz.run import Run
from tests.pictures import BLUE, SVG, draw, paths, points, run_of, texts, with_histograms

# Ridges


def test_the_ridges_are_those_of_the_greatest_step_not_past_the_cursor_else_of_the_first() -> None:
    run = Run("r")
    for step in (10, 20, 30):
        with_histograms(run, ["layer"], step)
    for cursor, shown in ((25, 20), (30, 30), (5, 10)):
        assert f"layer at step {shown}" in texts(draw(run, step=cursor))


def test_layers_are_stacked_in_order_of_appearance_and_named_by_what_tells_them_apart() -> None:
    picture = draw(with_histograms(Run("r"), ["grad/z/weight", "grad/a/weight", "grad/m/weight"]))
    rows = [(float(text.get("y", 0)), text.text) for text in picture.iter(f"{SVG}text") if text.text in ("z", "a", "m")]
    assert [name for _, name in sorted(rows)] == ["z", "a", "m"]
    assert "grad/weight by layer" in " ".join(texts(picture))


def test_two_hundred_histograms_show_24_rows_and_count_the_rest() -> None:
    picture = draw(with_histograms(Run("r"), [f"layer/{i}" for i in range(200)]))
    assert len(paths(picture, "ridge")) == 24
    assert "and 176 more" in texts(picture)


def test_layers_of_like_size_share_a_linear_axis_and_of_unlike_size_a_symlog_one() -> None:
    alike = with_histograms(Run("r"), ["a", "b"])
    assert "linear" in texts(draw(alike))
    assert "symlog" in texts(draw(with_histograms(alike, ["c"], scale=1e-4)))


def test_the_axis_of_layers_is_that_of_the_whole_run_wherever_the_cursor_is() -> None:
    run = Run("r")
    for step, scale in enumerate((1.0, 5.0, 2.0)):
        with_histograms(run, ["a", "b"], step, scale)
    pictures = [draw(run, step=step, panels=("ridges",)) for step in range(3)]
    grids = [paths(picture, "grid")[0].get("d") for picture in pictures]
    assert grids[0] == grids[1] == grids[2]
    assert all({"\u221210", "10"} <= set(texts(picture)) for picture in pictures)


def test_zeros_and_lost_values_are_said_at_the_row_s_end() -> None:
    run = Run("r")
    run.append_histogram("a", 0, 0.0, [1, 2, 1], [-1, -1e-13, 1e-13, 1], nonfinite=12)
    assert "12 NaN/Inf · 50\u00a0%\u00a0≈\u00a00" in texts(draw(run))


def test_zeros_that_are_counted_apart_are_said_to_be_zero_and_have_no_place_on_the_axis() -> None:
    apart, none = Run("r"), Run("r")
    apart.append_histogram("a", 0, 0.0, [1, 1], [-1, 0, 1], zeros=2)
    none.append_histogram("a", 0, 0.0, [1, 1], [-1, 0, 1])
    assert "50\u00a0%\u00a0=\u00a00" in texts(draw(apart))
    tops = [min(y for _, y in points(paths(draw(run, panels=("ridges",)), "ridge")[0])) for run in (apart, none)]
    assert tops[0] == tops[1]


def test_a_layer_of_nothing_but_zeros_is_said_to_be_so() -> None:
    run = Run("r")
    run.log_histogram("a", np.zeros(7))
    assert "100\u00a0%\u00a0=\u00a00" in texts(draw(run))


def test_a_ridge_is_highest_where_most_values_are() -> None:
    (ridge,) = paths(draw(with_histograms(Run("r"), ["a"]), panels=("ridges",)), "ridge")
    drawn = points(ridge)
    peak = [x for x, y in drawn if y == min(y for _, y in drawn)]
    middle = (drawn[0][0] + drawn[-1][0]) / 2
    assert abs(np.mean(peak) - middle) < 2


def captured(count: int = 40, **knobs: str) -> ET.Element:
    """One layer over steps 0, 10, 20, … with the cursor at the sixth capture."""
    run = Run("r")
    for step in range(0, 10 * count, 10):
        with_histograms(run, ["layer"], step)
    knobs = {"mode": "offset", "axis": "auto", "filter": "", **knobs}
    return draw(run, step=50, panels=("ridges",), knobs=knobs)


def test_one_layer_is_drawn_over_all_its_captures_as_the_view_draws_it() -> None:
    for mode in ("offset", "overlay"):
        picture = captured(20, mode=mode)
        assert len(paths(picture, "ridge")) == 20
        assert [path.get("stroke") for path in paths(picture, "ridge")].count(BLUE) in (1, 20)
        assert f"20 captures · {mode} · linear" in texts(picture)
    picture = captured(20, mode="heatmap")
    assert paths(picture, "heat") and not paths(picture, "ridge")
    assert "layer at step 50" in texts(picture)


def test_of_very_many_captures_some_are_drawn_and_that_at_the_cursor_is_among_them() -> None:
    picture = captured(999)
    assert len(paths(picture, "ridge")) <= 32
    assert "50" in texts(picture) and "999 captures · offset · linear" in texts(picture)


def test_the_ink_of_a_heat_map_covers_the_bins_that_hold_values_once() -> None:
    def areas(path: ET.Element) -> float:
        cells = re.findall(r"h([\d.]+)v([\d.]+)", path.get("d", ""))
        return sum(float(width) * float(height) for width, height in cells)

    picture = captured(20, mode="heatmap")
    width, height = 900 - 56, 480 - 28 - 26
    covered = sum(map(areas, paths(picture, "heat")))
    # Values fill 5 of the axis's 6 units, which is 68 of 80 bins at least in part; smoothing adds one at either end.
    assert covered == pytest.approx(width * height * 70 / 80, rel=0.002)


def test_a_filtered_picture_shows_what_the_filter_finds() -> None:
    run = with_histograms(Run("r"), ["fc1/weight", "fc2/weight", "conv/weight"])
    knobs = {"mode": "offset", "axis": "auto", "filter": "/^FC/i"}
    picture = draw(run, panels=("ridges",), knobs=knobs)
    assert len(paths(picture, "ridge")) == 2
    assert "No layer matches &lt;" not in "".join(texts(picture))
    nothing = draw(run, panels=("ridges",), knobs={**knobs, "filter": "<none>"})
    assert "No layer matches <none>" in texts(nothing)


def test_the_axis_of_a_picture_is_the_one_that_was_asked_for() -> None:
    run = with_histograms(Run("r"), ["a", "b"])
    for axis in ("linear", "symlog", "density"):
        knobs = {"mode": "offset", "axis": axis, "filter": ""}
        assert axis in texts(draw(run, panels=("ridges",), knobs=knobs))


def test_a_picture_of_hundreds_of_layers_is_of_their_gradients_or_of_what_is_asked_for() -> None:
    def said(*arguments: Any, **options: Any) -> str:
        return " ".join(texts(draw(*arguments, **options)))

    run = Run("net")
    for what in ("weights", "gradients"):
        for layer in range(30):
            run.log_histogram(f"{what}/fc{layer}", np.arange(20.0), step=0)
    assert "gradients by layer" in said(run, panels=("ridges",), knobs={"what": "auto", "filter": ""})
    assert "weights by layer" in said(run, panels=("distributions",), knobs={"what": "weights", "filter": ""})
    found = said(run, panels=("map",), knobs={"statistic": "gradients/norm", "filter": "/fc1\\d/"})
    assert "fc19" in found and "fc29" not in found


# Comparisons


def compared(runs: list[Run], step: int = 50, **knobs: object) -> tuple[ET.Element, str]:
    knobs = {"tag": "", "steps": [None, None], "axis": "auto", **knobs}
    words = Scene.of(runs, ("compare",), step, knobs=knobs).sentence()
    return draw(runs, step=step, panels=("compare",), knobs=knobs), words


def test_two_steps_are_compared_over_each_other_and_by_their_distance() -> None:
    run = Run("r")
    for step in range(0, 100, 10):
        run.append_histogram("w", step, 0.0, [4], [step, step + 1.0])
    picture, words = compared([run])
    assert words == "r: w, step 0 against step 50: distance 50"
    assert [path.get("stroke-dasharray") for path in paths(picture, "side")] == [None, "6 4"]
    assert len(points(paths(picture, "distance")[0])) == 10
    assert compared([run], steps=[20, 90])[1] == "r: w, step 20 against step 90: distance 70"


def test_a_capture_without_finite_values_is_compared_as_not_a_number() -> None:
    run = Run("r")
    run.log_histogram("w", [1.0, 2.0], step=0)
    run.log_histogram("w", [float("nan")] * 3, step=1)
    picture, words = compared([run], step=1)
    assert words == "r: w, step 0 against step 1: distance NaN"
    assert "distance NaN" in texts(picture)
    assert compared([run], step=1, steps=[1, 1])[1] == "r: w, step 1 against step 1: distance NaN"


def test_two_runs_are_compared_at_the_cursor() -> None:
    runs = [with_histograms(Run(name), ["w"], scale=scale) for name, scale in (("a", 1.0), ("b", 2.0))]
    picture, words = compared(runs)
    # Values of b are twice those of a, whose mean size is (9 / 4 + 8 + 4) / 19.
    assert words == "2 runs: w, a step 0 against b step 0: distance 0.75"
    assert {"a step 0", "b step 0"} <= set(texts(picture))


def test_what_cannot_be_compared_is_said_in_words() -> None:
    assert "No histograms to compare yet." in texts(compared([run_of(loss=[1, 2])])[0])
    picture, words = compared([with_histograms(Run("r"), ["w"])], tag="<v>")
    assert words == "r: <v> is not there to be compared"
    assert "<v> is not there to be compared." in texts(picture)
