"""How the charts of a static picture are read: axes, zoom, marks, groups of runs, restarts."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from nbviz import Inspector, LiveLoss
from nbviz.charts import choices
from nbviz.picture import Scene, picture_svg
from nbviz.picture.groups import grouped
from nbviz.picture.horizontal import Horizontal
from nbviz.run import Run
from tests.golden.means import described
from tests.pictures import ALL, SVG, draw, paths, points, run_of, texts, with_histograms


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
    assert "1 value ≤ 0 cannot be shown" in texts(picture)
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
    assert {"0.0", "1.0", "1 point outside of what the axis spans"} <= set(texts(picture))


def test_without_outliers_the_axis_spans_the_middle_ninety_percent() -> None:
    values = np.linspace(1, 2, 101)
    values[50] = 1000
    assert "1,000" in texts(draw(run_of(loss=values)))
    assert "1 point outside of what the axis spans" in texts(draw(run_of(loss=values), knobs={"outliers": False}))


def test_steps_on_a_logarithmic_axis_begin_at_one_and_the_first_is_said_to_be_missing() -> None:
    picture = draw(run_of(loss=np.ones(1001)), panels=("charts",), knobs={"logx": True})
    assert {"1", "10", "100", "1,000", "1 point at step ≤ 0 cannot be shown"} <= set(texts(picture))
    assert "nan" not in ET.tostring(picture, "unicode").lower()


def test_on_a_logarithmic_axis_the_first_rows_of_a_long_run_are_all_drawn() -> None:
    values = np.ones(1_000_000)
    values[[7, 90]] = 5.0
    picture = draw(run_of(loss=values), panels=("charts",), knobs={"logx": True})
    line, *_ = paths(picture, "line")
    drawn = points(line)
    left, right = (
        float(x) for x in re.findall(r"M([\d.]+),[\d.]+H([\d.]+)", paths(picture, "grid")[0].get("d", ""))[0]
    )
    decade = (right - left) / math.log10(999_999)
    top = min(y for _, y in drawn)
    spikes = [x for x, y in drawn if y == top]
    assert drawn[0][0] == pytest.approx(left, abs=0.1), "step 1"
    assert spikes == pytest.approx([left + decade * math.log10(step) for step in (7, 90)], abs=0.1)


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
    shown, _, spreads = grouped(runs, {"group": "seed", "spread": "range"}, Horizontal())
    column = lambda key: [math.nan if each is None else each for each in group[key]]  # noqa: E731
    np.testing.assert_allclose(shown[0]["m"].values, column("mean"), rtol=1e-12)
    for outline, key in zip(spreads["seed", "m"].outlines, ("low", "high"), strict=True):
        np.testing.assert_allclose(outline[1], column(key), rtol=1e-12)


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


def test_what_counts_has_no_decimals_and_a_line_far_below_the_others_keeps_its_digits() -> None:
    assert "7" in texts(draw(run_of(epoch=np.arange(80) // 10), panels=("charts",), step=79))
    charts = choices([["a", "b"]])
    said = texts(draw(run_of(a=[0.08] * 9, b=[1.25e-4] * 9), panels=("charts",), knobs={"charts": charts}))
    assert {"a 0.0800", "b 1.25×10⁻⁴"} <= set(said)


# What runs are called


def alike() -> list[Run]:
    """Two runs of one name, as two directories called "train" are."""
    runs = [run_of("logs/val", loss=[3.0, 2.0 - i, 1.5]) for i in range(2)]
    return [with_histograms(run, ["weights/fc1", "weights/fc2"]) for run in runs]


def test_runs_are_called_what_the_mapping_calls_them_as_in_the_page() -> None:
    first, second = alike()
    view = Inspector({"plain": first, "<b>wide": second}, hparams={"plain": {"lr": 0.1}, "<b>wide": {"lr": 1}})
    said = texts(ET.fromstring(view.to_svg()))
    assert {"plain 1.500", "<b>wide 1.500", "plain fc1", "<b>wide fc1"} <= set(said)
    assert "logs/val" not in " ".join(said) and "plain 1.5" in view.summary()
    view.group = "lr"
    assert {"lr 0.1 1.500", "lr 1 1.500"} <= set(texts(ET.fromstring(view.to_svg())))
    one = LiveLoss(compare={"old": second}, run=first)
    assert {"logs 1.500", "old 1.500"} <= set(texts(ET.fromstring(one.to_svg())))


def test_a_run_keeps_the_role_that_its_own_name_gives_it() -> None:
    first, second = alike()
    picture = ET.fromstring(Inspector({"a": first, "b": second}).to_svg())
    assert [path.get("stroke-dasharray") for path in paths(picture, "line")] == ["6 4", "6 4"]


# Axes other than that of the steps


def test_charts_are_laid_out_by_the_epoch_and_the_header_says_so() -> None:
    run = run_of(loss=np.ones(101), epoch=np.arange(101) // 20)
    picture = draw(run, step=50, panels=("header", "charts"), tags=["loss"], knobs={"x": "epoch"})
    left, right = (
        float(x) for x in re.findall(r"M([\d.]+),[\d.]+H([\d.]+)", paths(picture, "grid")[0].get("d", ""))[0]
    )
    (cursor,) = paths(picture, "cursor")
    # Epoch 2 begins at step 40, 3 at 60: step 50 is in the middle between them, of 5 in all.
    assert float(re.findall(r"M(\d+),", cursor.get("d", ""))[0]) == pytest.approx(left + (right - left) / 2, abs=1)
    assert {"0", "1", "2", "3", "4", "5", "by epoch"} <= set(texts(picture))


def test_a_run_without_epochs_is_laid_out_by_steps_and_nothing_else_is_said() -> None:
    picture = draw(run_of(loss=np.ones(101)), panels=("header", "charts"), knobs={"x": "epoch"})
    assert "100" in texts(picture) and "by epoch" not in texts(picture)


def test_of_two_runs_one_without_epochs_its_points_are_counted_as_missing() -> None:
    runs = [run_of("a", loss=np.ones(11), epoch=np.arange(11)), run_of("b", loss=np.ones(7))]
    picture = draw(runs, panels=("charts",), tags=["loss"], knobs={"x": "epoch"})
    assert "7 points without epoch cannot be shown" in texts(picture)
    assert len(paths(picture, "line")) == 1


def test_the_mean_of_a_group_stands_at_the_mean_of_the_times_since_its_runs_began() -> None:
    runs = [run_of(f"lr-1 seed {i}", loss=np.ones(101)) for i in range(2)]
    late = Run("lr-1 seed 2")
    late.extend("loss", range(101), [7000.0 + 4 * step for step in range(101)], np.ones(101))
    late.finish()
    scene = Scene.of([*runs, late], ("charts",), 100, knobs={"group": r"(lr-\d)", "x": "relative"})
    (line,) = scene.charts[0].lines
    np.testing.assert_allclose(line.whole.x, 2.0 * np.arange(101))
