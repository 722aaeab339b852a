"""The tags of what is derived from layers: a closed set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviz.layers import STATISTICS, Statistic, statistic_of

ALL = [(what, statistic) for what, statistics in STATISTICS.items() for statistic in statistics]


def test_the_set_is_closed() -> None:
    assert {f"{what}/{statistic}" for what, statistic in ALL} == {
        "weights/norm",
        "weights/zeros",
        "weights/nonfinite",
        "gradients/norm",
        "gradients/ratio",
        "gradients/zeros",
        "gradients/nonfinite",
        "activations/norm",
        "activations/zeros",
        "activations/dead",
        "activations/saturated",
        "activations/nonfinite",
        "updates/ratio",
    }


@given(st.sampled_from(ALL), st.text(min_size=1))
def test_a_tag_says_what_it_was_made_of(kind: tuple[str, str], name: str) -> None:
    made = Statistic(*kind, name)
    assert statistic_of(made.tag) == made


@pytest.mark.parametrize(
    "tag",
    ["", "/", "loss", "weights/fc.weight", "weights/norm", "weights/norm/", "updates/norm/fc", "Weights/norm/fc"],
)
def test_any_other_tag_is_none(tag: str) -> None:
    assert statistic_of(tag) is None
