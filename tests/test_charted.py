"""How charts are read: the traits, in Python and as a page may set them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from traitlets import TraitError

from nbviz import Inspector, LiveLoss, Run


def view(**options: Any) -> Inspector:
    run = Run("mnist")
    run.log(loss=0.5)
    return Inspector(run, **options)


def test_the_page_sets_what_python_could() -> None:
    shown = view(limits={"loss": [0, 2]})
    assert shown.limits == {"loss": (0, 2)}
    state = {
        "zoom": [10, 20],
        "limits": {"a": [0.5, 1]},
        "logx": True,
        "logy": ["loss"],
        "x": "epoch",
        "outliers": False,
        "order": "name",
    }
    shown.set_state(state)
    assert {name: getattr(shown, name) for name in state} == {**state, "zoom": (10, 20), "limits": {"a": (0.5, 1)}}
    shown.set_state({"zoom": None})
    assert shown.zoom is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("zoom", value)
            for value in (3, [1], [2, 1], [1, 1], ["a", "b"], [0, math.inf], [0, 2**60], [True, 2], {"0": 1})
        ),
        *(
            ("limits", value)
            for value in (3, {"loss": [1, 0]}, {"loss": None}, {"loss": [0, math.nan]}, {3: [0, 1]}, [["loss", 1]])
        ),
        *(("logy", value) for value in (3, [3], None)),
        *(("x", value) for value in ("time", None, 3)),
        *((name, value) for name in ("logx", "outliers") for value in ("yes", None, 2)),
        ("order", "random"),
    ],
)
def test_nonsense_is_refused_and_from_the_page_ignored(name: str, value: Any) -> None:
    shown = view(zoom=(1, 5), limits={"loss": (0, 1)}, logy=["loss"], x="wall")
    before = getattr(shown, name)
    with pytest.raises(TraitError):
        setattr(shown, name, value)
    shown.set_state({name: value})
    assert getattr(shown, name) == before


def test_a_keyword_that_is_nearly_one_is_named() -> None:
    with pytest.raises(TypeError, match="did you mean 'limits'"):
        LiveLoss(limit={"loss": (0, 1)})
