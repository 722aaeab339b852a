"""What static pictures are made of: ticks, ends of axes, smoothing, paths and colours."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviz.picture import Scene, colors, picture_svg
from nbviz.picture.axes import ticks, trace, value_ends
from nbviz.picture.rows import row_at
from nbviz.picture.smoothing import is_staircase, smooth
from tests.page import ROOT
from tests.pictures import ALL, draw, paths, points, run_of, with_histograms


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


def test_a_learning_rate_that_goes_down_in_steps_is_drawn_as_it_is() -> None:
    run = run_of(lr=[0.1] * 50 + [0.01] * 50)
    assert len(paths(draw(run, smoothing=0.9), "line")) == 1


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


def contrast(color: str, ground: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted([luminance(color), luminance(ground)])
    return (high + 0.05) / (low + 0.05)


def painted(svg: str) -> set[str]:
    return set(re.findall(r'(?:fill|stroke|stop-color)="(#\w{6})"', svg)) - {"#808080"}


def colourful() -> Scene:
    runs = [with_histograms(run_of(f"{i}", loss=[2, 1]), ["a", "b", "c", "d"]) for i in range(7)]
    return Scene.of(runs, ALL, 1)


@pytest.mark.parametrize(("ink", "ground"), [("#24292f", "#ffffff"), ("#eef0f3", "#14171d")])
def test_every_colour_reads_on_the_ground_that_it_is_for(ink: str, ground: str) -> None:
    used = painted(picture_svg(colourful(), ink=ink, background=ground)) - {ground}
    assert len(used) > 9
    for color in used:
        assert contrast(color, ground) >= 4.4, color


def test_the_hues_are_those_of_the_page_in_both_themes() -> None:
    """So what tests/js/theme.test.ts measures of these holds for both: readers who see two of three colours."""
    page = (ROOT / "js/src/theme.ts").read_text("utf-8")
    hues, depths = (re.search(rf"const {name} = {{(.*?)}};", page, re.DOTALL) for name in ("HUES", "DEPTHS"))
    assert hues and depths
    for theme, ours in (("light", colors.LIGHT), ("dark", colors.DARK)):
        found = [re.search(rf"{theme}: \[(.*?)\]", each[1]) for each in (hues, depths)]
        assert [tuple(re.findall(r"#\w{6}", each[1])) for each in found if each] == [ours, colors.DEPTHS[theme]]


def test_a_picture_in_a_notebook_has_a_ground_of_its_own_and_rules_that_make_all_of_it_dark() -> None:
    svg = picture_svg(colourful(), theme="host")
    rules = dict(re.findall(r'\[(?:fill|stroke|stop-color)="(#\w{6})"\]{[\w-]+:(#\w{6})}', svg))
    body = svg.replace(re.search("<style>.*?</style>", svg)[0], "")  # type: ignore[index]
    assert painted(body) - {"#767676"} == rules.keys()
    assert rules["#ffffff"] == "#14171d" and "@media (prefers-color-scheme:dark){" in svg
    for color in set(rules.values()) - {"#14171d"}:
        assert contrast(color, "#14171d") >= 4.4, color


@pytest.mark.parametrize(
    ("ink", "background", "blue"),
    [
        ("#24292f", "", "#0072b2"),
        ("#eef0f3", "", "#56b4e9"),
        ("#24292f", "#000", "#56b4e9"),
        ("white", "black", "#56b4e9"),
        ("#fff", "rebeccapurple", "#0072b2"),
        ("currentColor", "", "#0072b2"),
    ],
)
def test_lines_are_in_the_hues_that_suit_the_ground_or_else_the_ink(ink: str, background: str, blue: str) -> None:
    assert f'stroke="{blue}"' in picture_svg(Scene.of([run_of(loss=[2, 1])], ALL, 1), ink=ink, background=background)
