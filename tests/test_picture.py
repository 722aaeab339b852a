"""The static picture. What must be in it is read from the SVG itself, parsed as XML."""

from __future__ import annotations

import base64
import math
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbviz.charts import choices
from nbviz.picture import Scene, picture_html, picture_svg
from nbviz.picture.axes import ticks, trace, value_ends
from nbviz.picture.groups import grouped
from nbviz.picture.lines import row_at
from nbviz.picture.smoothing import is_staircase, smooth
from nbviz.run import Run
from tests.golden.means import described

ALL = ("header", "charts", "ridges", "scrubber")
SVG = "{http://www.w3.org/2000/svg}"
BLUE, VERMILION, GREEN = "#337ab5", "#c35500", "#008761"


def run_of(name: str = "digits", **series: object) -> Run:
    """A finished run of one series a keyword, logged at steps 0, 1, 2, …"""
    run = Run(name)
    for tag, values in series.items():
        values = np.asarray(values, np.float64)
        run.extend(tag.replace("__", "/"), np.arange(len(values)), np.arange(len(values)), values)
    run.finish()
    return run


def with_histograms(run: Run, tags: list[str], step: int = 0, scale: float = 1.0) -> Run:
    for tag in tags:
        run.append_histogram(tag, step, 0.0, [1, 4, 9, 4, 1], np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]) * scale)
    return run


def draw(run: Run | list[Run], step: int = 10**6, panels: tuple[str, ...] = ALL, **options: object) -> ET.Element:
    runs = run if isinstance(run, list) else [run]
    return ET.fromstring(picture_svg(Scene.of(runs, panels, step, **options)))  # type: ignore[arg-type]


def paths(picture: ET.Element, name: str) -> list[ET.Element]:
    return [path for path in picture.iter(f"{SVG}path") if path.get("class") == name]


def texts(picture: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


def points(path: ET.Element) -> list[tuple[float, float]]:
    """Where a path of the shape MX,YlDX,DY DX,DY… goes."""
    found = []
    for part in re.findall(r"M([^M]+)", path.get("d", "")):
        start, _, moves = part.partition("l")
        x, y = map(float, start.split(","))
        found.append((x, y))
        for move in moves.split():
            right, down = map(float, move.split(","))
            x, y = x + right, y + down
            found.append((x, y))
    return found


# The bundle


def test_the_bundle_is_an_image_that_a_sanitizer_lets_through_and_a_sentence() -> None:
    bundle = picture_html(Scene.of([run_of(loss=[1.0, 0.5])], ALL, 1), "0a1b")
    assert set(bundle) == {"text/html", "text/plain"}
    shape = (
        r'<div class="nbviz-picture nbviz-picture-0a1b"><img alt="([^"<>]+)" style="max-width:100%" '
        r'src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"></div>'
    )
    match = re.fullmatch(shape, bundle["text/html"])
    assert match
    assert match[1] == bundle["text/plain"] == "digits: loss 0.500 after step 1"
    assert ET.fromstring(base64.b64decode(match[2])).tag == f"{SVG}svg"


def test_the_sentence_says_the_values_as_logged_at_the_step_and_counts_the_histograms() -> None:
    run = Run("digits")
    run.extend("loss", [0, 1799, 1800], [0, 1, 2], [2.3, 0.1472, 2.0])
    run.extend("val_loss", [0, 900, 1700], [0, 1, 2], [2.2, 0.25, 0.2988])
    with_histograms(run, [f"layer {i}" for i in range(7)])
    words = Scene.of([run], ALL, 1799, 0.9).sentence()
    assert words == "digits: loss 0.147 after step 1,799, validation 0.299, best 0.250 at step 900; 7 histograms"


def test_a_run_without_data_says_so() -> None:
    assert Scene.of([Run("fresh")], ALL, 0).sentence() == "fresh: nothing logged yet"
    assert "Nothing logged yet." in texts(draw(Run("fresh")))


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    svg = picture_svg(Scene.of([with_histograms(run_of(loss=[1, 2]), ["a"])], ALL, 1))
    assert svg.count("http") == 1, "the name space"
    assert not re.search(r"<(script|image|use|foreignObject|style)", svg)


# Charts


def test_train_is_solid_blue_validation_dashed_vermilion_and_test_dotted_green() -> None:
    lines = paths(draw(run_of(loss=[3, 2, 1], val_loss=[3, 2, 2], test_loss=[3, 3, 2])), "line")
    looks = [(line.get("stroke"), line.get("stroke-dasharray")) for line in lines]
    assert looks == [(BLUE, None), (VERMILION, "6 4"), (GREEN, "1.5 4")]


def test_families_have_a_hue_each_and_roles_keep_their_dash() -> None:
    runs = [run_of(f"{name}/{role}", loss=[2, 1]) for name in "ab" for role in ("train", "validation")]
    looks = [(line.get("stroke"), line.get("stroke-dasharray")) for line in paths(draw(runs), "line")]
    assert looks == [(BLUE, None), (BLUE, "6 4"), (VERMILION, None), (VERMILION, "6 4")]
    assert {"a train 1.000", "b validation 1.000"} <= set(texts(draw(runs)))


def test_beside_other_families_a_run_called_only_by_its_role_is_named_by_it() -> None:
    said = set(
        texts(draw([run_of("a", loss=[2, 1], val_loss=[2, 1], lr=[2, 2]), run_of("train", loss=[4, 3], lr=[4, 4])]))
    )
    assert {"a train 1.000", "a validation 1.000", "train 3.000", "a 2.000", "train 4.000"} <= said


def test_the_legend_reads_the_values_at_the_step_and_the_best_of_validation() -> None:
    run = run_of(accuracy=[0.1, 0.5, 0.956], val_accuracy=[0.2, 0.9225, 0.7])
    said = texts(draw(run, step=2))
    assert {"accuracy", "100\u00a0%", "best 92.2\u00a0% at 1"} <= set(said)
    assert {"train 95.6\u00a0%", "validation 70.0\u00a0%"} <= set(said)
    assert "train 50.0\u00a0%" in texts(draw(run, step=1))


def test_a_share_beyond_one_is_no_percentage() -> None:
    assert not [text for text in texts(draw(run_of(accuracy=[0.5, 97.0]))) if "%" in text]


def test_the_cursor_is_drawn_while_it_is_not_at_the_last_step() -> None:
    run = run_of(loss=[4, 3, 2, 1])
    assert len(paths(draw(run, step=1), "cursor")) == 1
    assert not paths(draw(run, step=3), "cursor")


def test_thousands_are_separated() -> None:
    run = Run("r")
    run.extend("loss", [0, 2000], [0, 1], [12345.0, 20000.0])
    assert {"r step 2,000", "20,000", "1,800"} <= set(texts(draw(run)))


def test_not_a_number_leaves_a_gap_and_a_mark_and_the_infinities_point_out_of_the_chart() -> None:
    values = np.ones(100)
    values[[30, 60, 90]] = math.nan, math.inf, -math.inf
    picture = draw(run_of(loss=values))
    (line,), (mark,) = paths(picture, "line"), paths(picture, "mark")
    assert line.get("d", "").count("M") == 4
    assert re.findall(r"l4.5,(-?8)h", mark.get("d", "")) == ["8", "8", "-8"]


def test_a_point_alone_is_a_dot() -> None:
    picture = draw(run_of(loss=[0.5]))
    assert not paths(picture, "line")
    assert len([path for path in picture.iter(f"{SVG}path") if (path.get("d") or "").endswith("h0")]) == 1


def test_a_series_of_nothing_but_nan_has_no_line() -> None:
    picture = draw(run_of(loss=[math.nan] * 5))
    assert not paths(picture, "line")
    assert "NaN" in texts(picture)


def test_one_spike_in_a_million_rows_is_drawn_to_its_height() -> None:
    values = np.random.default_rng(0).uniform(0, 0.01, 1_000_000)
    values[777_777] = 1.0
    (line,) = paths(draw(run_of(metric=values), panels=("charts",)), "line")
    drawn = points(line)
    top = min(y for _, y in drawn)
    assert [round(x) for x, y in drawn if y == top] == [round(40 + 0.777777 * (890 - 40))]
    assert len(drawn) < 1000


def test_ten_series_of_a_million_rows_take_less_than_60_kilobytes() -> None:
    noise = np.random.default_rng(0).normal(size=1_000_000)
    run = run_of(**{f"metric{i}": noise for i in range(10)})
    for smoothing in (0.0, 0.9):
        assert len(picture_svg(Scene.of([run], ("header", "charts"), 10**6, smoothing, ""))) < 60_000


def test_smoothing_leaves_what_was_logged_faint_behind_and_validation_as_it_is() -> None:
    run = run_of(loss=[3, 1, 2, 1], val_loss=[3, 2, 2, 2])
    lines = paths(draw(run, smoothing=0.5), "line")
    assert [(line.get("stroke"), line.get("stroke-opacity")) for line in lines] == [
        (BLUE, ".3"), (BLUE, None), (VERMILION, None)
    ]  # fmt: skip
    # 3, 1, 2, 1 at weights 1/8, 1/4, 1/2, 1
    assert f"train {(3 / 8 + 1 / 4 + 2 / 2 + 1) / (15 / 8):.3f}" in texts(draw(run, smoothing=0.5))


def test_many_metrics_are_counted() -> None:
    picture = draw(run_of(**{f"m{i}": [1, 2] for i in range(15)}))
    assert len(paths(picture, "line")) == 12
    assert "and 3 more metrics" in texts(picture)


def test_what_is_derived_from_layers_is_shown_only_if_asked_for() -> None:
    run = run_of(loss=[1.0, 0.5], gradients__norm__fc=[3.0, 2.0])
    words = [Scene.of([run], ALL, 1, tags=tags).sentence() for tags in (None, ["gradients/norm/fc"])]
    assert words == ["digits: loss 0.500 after step 1", "digits: gradients/norm/fc 2.000 after step 1"]


def test_lines_on_the_right_have_an_axis_and_a_hue_of_their_own() -> None:
    run = run_of(loss=[2.0, 1.0], lr=[1e-3, 2e-3], val_loss=[2.5, 1.5])
    charts = choices([{"left": ["loss", "val_loss"], "right": "lr", "title": "both"}])
    picture = draw(run, panels=("charts",), knobs={"charts": charts})
    assert {"both", "loss 1.000", "val_loss 1.500", "lr (right) 0.002000", "0.0020"} <= set(texts(picture))
    lines = paths(picture, "line")
    assert [line.get("stroke") for line in lines] == [BLUE, VERMILION, GREEN]
    ends = [points(line)[-1] for line in lines]
    assert ends[2][1] < ends[1][1] < ends[0][1], "its largest value stands at the top"
    assert len(paths(picture, "right")) == 1


def test_only_the_asked_for_tags_are_shown() -> None:
    run = with_histograms(run_of(loss=[1, 2], speed=[3, 4]), ["w", "b"])
    picture = draw(run, tags=["speed", "b"])
    assert (len(paths(picture, "line")), len(paths(picture, "ridge"))) == (1, 1)
    assert "loss" not in texts(picture)


# How charts are read


def box_of(picture: ET.Element) -> tuple[float, float]:
    """Heights of the lowest and the highest line of the grid."""
    heights = [float(y) for y in re.findall(r"M[\d.]+,([\d.]+)H", paths(picture, "grid")[0].get("d", ""))]
    return max(heights), min(heights)


def test_on_a_logarithmic_axis_factors_are_distances_and_what_has_no_logarithm_is_said() -> None:
    picture = draw(run_of(loss=[1, 10, 100, 0, 1000]), panels=("charts",), knobs={"logy": ["loss"]})
    line, *_ = paths(picture, "line")
    bottom, top = box_of(picture)
    assert [y for _, y in points(line)] == pytest.approx(
        [bottom - (bottom - top) * share / 3 for share in (0, 1, 2)], abs=1
    )
    assert line.get("d", "").count("M") == 1, "the last point stands alone, after a gap"
    assert "values ≤ 0 cannot be shown" in texts(picture)
    assert {"1", "10", "100", "1,000"} <= set(texts(picture))


def test_a_zoom_shows_its_steps_only_and_fits_the_values_there() -> None:
    run = run_of(loss=[100, 1, 2, 3, 100])
    picture = draw(run, step=2, panels=("charts",), knobs={"zoom": (1, 3)})
    assert {"1.0", "3.0", "1", "2", "3"} <= set(texts(picture)) and "100" not in texts(picture)
    (inner,) = [each for each in picture.iter(f"{SVG}svg") if each is not picture]
    assert inner.get("overflow") == "hidden" and len(paths(inner, "line")) == 1


def test_a_zoom_on_a_long_run_draws_every_row_in_it() -> None:
    values = np.sin(np.arange(1_000_000.0))
    values[777_777] = 5.0
    picture = draw(run_of(loss=values), panels=("charts",), knobs={"zoom": (777_770, 777_785)})
    line, *_ = paths(picture, "line")
    grid = paths(picture, "grid")[0].get("d", "")
    left, right = (float(x) for x in re.findall(r"M([\d.]+),[\d.]+H([\d.]+)", grid)[0])
    inside = [x for x, _ in points(line) if left - 0.5 <= x <= right + 0.5]
    assert len(inside) == 16
    assert "4" in texts(picture), "the axis spans the spike"


def test_limits_are_kept_and_what_lies_outside_is_said() -> None:
    picture = draw(run_of(loss=[0.1, 0.5, 5.0]), panels=("charts",), knobs={"limits": {"loss": (0.0, 1.0)}})
    assert {"0.0", "1.0", "some points lie outside"} <= set(texts(picture))


def test_without_outliers_the_axis_spans_the_middle_ninety_percent() -> None:
    values = np.linspace(1, 2, 101)
    values[50] = 1000
    assert "1,000" in texts(draw(run_of(loss=values)))
    assert "some points lie outside" in texts(draw(run_of(loss=values), knobs={"outliers": False}))


def test_steps_on_a_logarithmic_axis_begin_at_one_and_the_first_is_said_to_be_missing() -> None:
    picture = draw(run_of(loss=np.ones(1001)), panels=("charts",), knobs={"logx": True})
    assert {"1", "10", "100", "1,000", "steps ≤ 0 cannot be shown"} <= set(texts(picture))
    assert "nan" not in ET.tostring(picture, "unicode").lower()


def test_marks_are_flags_with_their_notes_as_text() -> None:
    run = run_of(loss=np.ones(101))
    scene = Scene.of([run], ("charts",), 100)
    scene = scene._replace(
        reading=scene.reading._replace(marks=[(20, "lr <drop>"), (21, "hidden"), (50, ""), (500, "")])
    )
    picture = ET.fromstring(picture_svg(scene))
    assert len(paths(picture, "flag")) == 3
    assert "lr <drop>" in texts(picture) and "hidden" not in texts(picture)


def seeds(count: int = 4) -> list[Run]:
    return [run_of(f"lr-{0.1 * (i % 2 + 1):.1f} seed {i}", loss=np.arange(10) + float(i)) for i in range(count)]


def test_runs_of_a_group_are_their_mean_and_a_band_of_its_standard_deviation() -> None:
    knobs = {"group": r"lr-([\d.]+)", "spread": "std"}
    picture = draw(seeds(), panels=("charts",), knobs=knobs)
    assert len(paths(picture, "line")) == 2 and len(paths(picture, "band")) == 2
    # Runs 0 and 2 are of the first group: at the last step 9 and 11.
    assert {"0.1 10.00", "0.2 11.00"} <= set(texts(picture))
    scene = Scene.of(seeds(), ("charts",), 9, knobs=knobs)
    (_, low), (_, high) = scene.reading.spreads["0.1", "loss"].outlines
    assert (high - low).tolist() == pytest.approx([2 * np.std([0, 2], ddof=1)] * 10)


def test_the_spread_of_a_group_may_be_its_range_or_every_run_faint() -> None:
    knobs = {"group": r"lr-([\d.]+)"}
    scene = Scene.of(seeds(), ("charts",), 9, knobs={**knobs, "spread": "range"})
    (_, low), (_, high) = scene.reading.spreads["0.2", "loss"].outlines
    assert (low[0], high[0]) == (1, 3)
    picture = draw(seeds(), panels=("charts",), knobs={**knobs, "spread": "runs"})
    assert not paths(picture, "band")
    assert [line.get("stroke-opacity") for line in paths(picture, "line")].count(".3") == 4


def test_runs_may_be_grouped_by_a_hyper_parameter() -> None:
    runs = seeds()
    hparams = {run.name: {"depth": i // 2} for i, run in enumerate(runs)}
    assert {"depth 0 9.50", "depth 1 11.50"} <= set(texts(draw(runs, knobs={"group": "depth", "hparams": hparams})))


WHOLE = [each for each in described() if all(float(step).is_integer() for step in each["steps"])]


@pytest.mark.parametrize("group", WHOLE, ids=lambda group: str(group["name"]))
def test_means_and_spreads_are_those_of_numpy(group: dict[str, Any]) -> None:
    runs = []
    for i, (steps, values) in enumerate(group["runs"]):
        run = Run(f"seed {i}")
        run.extend("m", steps, steps, [float(value) for value in values])
        runs.append(run)
    shown, _, spreads = grouped(runs, {"group": "seed", "spread": "range"})
    column = lambda key: [math.nan if each is None else each for each in group[key]]  # noqa: E731
    np.testing.assert_allclose(shown[0]["m"].values, column("mean"), rtol=1e-12)
    for outline, key in zip(spreads["seed", "m"].outlines, ("low", "high"), strict=True):
        np.testing.assert_allclose(outline[1], column(key), rtol=1e-12)


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
        assert [path.get("stroke") for path in paths(picture, "ridge")].count("#337ab5") in (1, 20)
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


# What a restart superseded


def restarted() -> Run:
    """Trained to step 10, and from step 5 to step 8 again."""
    run = Run("digits")
    for start, end, level in ((0, 11, 10.0), (5, 9, 1.0)):
        steps = np.arange(start, end)
        run.extend("loss", steps, steps + 100.0 * start, np.full(len(steps), level))
        for step in steps.tolist():
            run.append_histogram("weight", step, step + 100.0 * start, [1.0], [0.0, level])
    return run


def test_superseded_rows_leave_no_trace() -> None:
    picture = draw(restarted(), step=8, panels=("header", "charts"))
    assert not [each for each in picture.iter(f"{SVG}g") if each.get("class") == "superseded"]
    (line,) = paths(picture, "line")
    steps = [x for x, _ in points(line)]
    assert len(steps) == 9 and steps == sorted(steps)
    assert "step 8" in " ".join(texts(picture)) and "step 10" not in " ".join(texts(picture))
    assert Scene.of([restarted()], ALL, 8).sentence() == "digits: loss 1.00 after step 8; 1 histogram"


def test_superseded_rows_that_are_shown_are_a_faint_line_of_their_own() -> None:
    picture = draw(restarted(), step=8, panels=("charts",), superseded=True)
    (group,) = [each for each in picture.iter(f"{SVG}g") if each.get("class") == "superseded"]
    assert float(group.get("opacity", 1)) <= 0.5
    (past,) = paths(group, "line")
    (line,) = [path for path in paths(picture, "line") if path is not past]
    assert len(points(past)) == 6 and len(points(line)) == 9
    assert points(past)[0][0] == pytest.approx(points(line)[5][0], abs=0.2)
    assert points(past)[-1][0] > points(line)[-1][0]


def test_what_several_restarts_superseded_is_not_joined() -> None:
    run = restarted()
    run.extend("loss", [7, 8], [2000, 2001], [3, 3])
    picture = draw(run, step=8, panels=("charts",), superseded=True)
    (group,) = [each for each in picture.iter(f"{SVG}g") if each.get("class") == "superseded"]
    assert paths(group, "line")[0].get("d", "").count("M") == 2


def test_the_ridge_is_of_the_rows_that_are_left() -> None:
    hidden, shown = (draw(restarted(), step=10, panels=("ridges",), superseded=each) for each in (False, True))
    assert "at step 8" in " ".join(texts(hidden)) and "at step 10" in " ".join(texts(shown))
    assert [paths(each, "ridge")[0].get("opacity") for each in (hidden, shown)] == [None, ".4"]


def test_a_run_of_which_nothing_is_left_draws_nothing() -> None:
    run = restarted()
    run.restart(0)
    for superseded in (False, True):
        assert not paths(draw(run, superseded=superseded), "ridge")


# Hostile words


@pytest.mark.parametrize("tag", ['<script>alert("1")</script>', "a&b'", 'x" onload="y', "]]>", "&lt;"])
def test_a_tag_is_text_whatever_it_looks_like(tag: str) -> None:
    run = run_of(tag)
    run.extend(tag, [0, 1], [0, 1], [1, 2])
    with_histograms(run, [f"h {tag}"])
    picture = draw(run)
    assert tag in texts(picture)
    assert {element.tag.removeprefix(SVG) for element in picture.iter()} <= {
        "svg", "title", "desc", "g", "path", "text", "tspan", "circle", "linearGradient", "stop"
    }  # fmt: skip
    assert not [key for element in picture.iter() for key in element.keys() if key.startswith("on")]  # noqa: SIM118
    page = picture_html(Scene.of([run], ALL, 1, title=tag), 'x"><b>')["text/html"]
    assert re.findall(r"<(\w+)", page) == ["div", "img"]
    assert page.count('"') == 8


def test_control_characters_and_lone_surrogates_are_replaced() -> None:
    run = run_of("a\x00b\ud800c\u202ed\ne")
    run.extend("x\x1b", [0, 1], [0, 1], [1, 2])
    assert "a\ufffdb\ufffdc\ufffdd e" in " ".join(texts(draw(run)))
    assert "x\ufffd" in texts(draw(run))


def test_a_very_long_tag_is_shortened() -> None:
    run = run_of()
    run.extend("x" * 100_000, [0, 1], [0, 1], [1, 2])
    assert len(picture_svg(Scene.of([run], ALL, 1, title="t" * 100_000))) < 10_000


# The parts


@pytest.mark.parametrize(
    ("ends", "count", "expected"),
    [
        ((0, 1), 4, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ((0, 2.4), 4, [0, 0.5, 1, 1.5, 2]),
        ((-1, 1), 4, [-1, -0.5, 0, 0.5, 1]),
        ((0, 1799), 5, [0, 500, 1000, 1500]),
        ((0.1, 0.3), 4, [0.1, 0.15, 0.2, 0.25, 0.3]),
    ],
)
def test_ticks_are_the_nice_numbers_of_d3(ends: tuple[float, float], count: int, expected: list[float]) -> None:
    assert ticks(*ends, count) == expected


def test_a_value_axis_starts_at_zero_where_zero_is_near_and_is_never_empty() -> None:
    assert value_ends(0.1, 2.3, False) == (0, 2.4)
    assert value_ends(7.0, 7.0, False) == (0, 14)
    assert value_ends(1.0, 0.0, False) == (0, 1)
    assert value_ends(100.7, 109.2, False) == (100, 110)


def test_a_value_axis_ends_where_d3_says_as_in_the_page() -> None:
    # nice(low, high, 8) of d3-array
    for (low, high), ends in {
        (0.5, 0.9): (0.5, 0.9),
        (-3.0, 0.2): (-3, 0.5),
        (0.0, 0.0456): (0, 0.05),
        (1e6, 1.5e6): (1e6, 1.5e6),
        (-2.4, 1.31): (-2.5, 1.5),
    }.items():
        assert value_ends(low, high, False) == ends


def test_a_learning_rate_that_goes_down_in_steps_is_drawn_as_it_is() -> None:
    run = run_of(lr=[0.1] * 50 + [0.01] * 50)
    assert len(paths(draw(run, smoothing=0.9), "line")) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 1, 1, 2, 2, 2], True),
        ([1, 1, 1, 2], True),  # a level that has just begun
        ([3, 1, 1, 1, 1], True),
        ([1, 1, 2, 1, 1, 1], False),  # there and back: noise
        ([1, 2, 3, 4], False),
        ([3, 1], False),
        ([1, 1, math.nan, 1, 1, 1], False),
    ],
)
def test_a_staircase_has_levels_that_last(values: list[float], expected: bool) -> None:
    assert is_staircase(np.array(values, float)) is expected


@given(st.lists(st.floats(-10, 10) | st.just(math.nan), min_size=1, max_size=300), st.floats(0.01, 0.999))
def test_smoothing_is_the_debiased_mean_row_by_row(values: list[float], weight: float) -> None:
    mean, decay, expected = 0.0, 1.0, []
    for value in values:
        if math.isfinite(value):
            mean, decay = weight * mean + (1 - weight) * value, decay * weight
        expected.append(mean / (1 - decay) if math.isfinite(value) else value)
    np.testing.assert_allclose(smooth(np.array(values), weight), expected, rtol=1e-9, atol=1e-9)


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(-1, 10))
def test_the_row_read_is_the_last_of_those_with_the_greatest_step_not_past_the_cursor(
    steps: list[int], step: int
) -> None:
    past = [(each, row) for row, each in enumerate(steps) if each <= step]
    assert row_at(np.array(steps, np.int64), step) == (max(past)[1] if past else None)


def test_rounding_does_not_add_up_along_a_path() -> None:
    x = np.cumsum(np.full(1000, 0.34))
    line, dots = trace(x, np.zeros(1000))
    end = points(ET.Element("path", d=line))[-1][0]
    assert (round(end, 6), dots) == (340.0, "")


def luminance(color: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_every_colour_reads_on_white_and_on_black() -> None:
    runs = [with_histograms(run_of(f"{i}", loss=[2, 1]), ["a", "b", "c", "d"]) for i in range(7)]
    svg = picture_svg(Scene.of(runs, ALL, 1))
    colors = set(re.findall(r'(?:fill|stroke|stop-color)="(#\w{6})"', svg)) - {"#808080"}
    assert len(colors) > 9
    for color in colors:
        assert 1.05 / (luminance(color) + 0.05) >= 4.4, color
        assert (luminance(color) + 0.05) / 0.05 >= 4.4, color


# Whatever comes

anything = st.floats() | st.sampled_from([0.0, 1.0, -1.0, 5e-324, 1.7e308, -1.7e308, 1e-300, math.nan, math.inf])
words = st.text(max_size=12) | st.sampled_from(["loss", "val/loss", "accuracy", "", "/", "a/b", "\ud800", "\x00<"])
far = st.integers(-(2**53), 2**53)


@st.composite
def any_run(pick: st.DrawFn) -> Run:
    run = Run(pick(words))
    for _ in range(pick(st.integers(0, 3))):
        values = pick(st.lists(anything, max_size=8))
        steps = pick(st.lists(far, min_size=len(values), max_size=len(values)))
        run.extend(pick(words), steps, np.zeros(len(values)), values)
    for _ in range(pick(st.integers(0, 3))):
        counts = pick(st.lists(anything, max_size=5))
        size = len(counts) + pick(st.integers(1, 1) | st.integers(0, 2))
        edges = pick(st.lists(anything, min_size=size, max_size=size))
        edges = sorted(edges, key=lambda edge: (edge != edge, edge)) if pick(st.booleans()) else edges
        run.append_histogram("h" + pick(words), pick(far), 0.0, counts, edges, pick(st.integers(0, 10**12)))
    run.state = pick(st.sampled_from(["live", "following", "finished", "interrupted", "failed"]))
    return run


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(any_run(), max_size=3),
    st.lists(st.sampled_from(ALL), unique=True),
    far,
    st.floats(0, 0.999) | st.just(math.nan),
    words,
    st.integers(300, 1200),
    st.booleans(),
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")
def test_any_run_gives_well_formed_xml(
    runs: list[Run], panels: list[str], step: int, smoothing: float, title: str, width: int, superseded: bool
) -> None:
    svg = picture_svg(Scene.of(runs, panels, step, smoothing, title, superseded=superseded), width)
    picture = ET.fromstring(svg.encode())
    assert float(picture.get("height", 0)) > 0
    for element in picture.iter():
        where = " ".join(element.get(key, "") for key in ("d", "x", "y", "cx", "cy", "transform"))
        assert not re.search(r"nan|inf|e\+", where)
    bundle = picture_html(Scene.of(runs, panels, step, smoothing, title), "x")
    bundle["text/html"].encode()
    assert "\n" not in bundle["text/plain"]


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
