"""The static picture: its bundle, its charts, and that nothing breaks it."""

from __future__ import annotations

import base64
import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbviz.charts import choices
from nbviz.picture import Scene, picture_html, picture_svg
from nbviz.run import Run
from tests.pictures import ALL, BLUE, GREEN, SVG, VERMILION, draw, paths, points, run_of, texts, with_histograms

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
