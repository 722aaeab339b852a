"""Views of many runs in plain Python: which are shown, their groups, and a live one beside finished ones."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from traitlets import TraitError

import nbviz
from nbviz import Inspector, LiveLoss, Ridgeline, Run
from tests.tfevents import VERSION, event, framed, simple

NAMES = ["lr0.1-seed0", "lr0.1-seed1", "lr0.2-seed0"]


def trained(name: str = "run", level: float = 0.5) -> Run:
    run = Run(name)
    run.log(loss=level)
    run.finish()
    return run


def runs() -> dict[str, Run]:
    return {name: trained(name) for name in NAMES}


def picture(view: Any) -> str:
    address = re.search(r"base64,([^\"]+)", view._picture()["text/html"])
    assert address
    return base64.b64decode(address[1]).decode()


def hues(view: Any) -> list[str]:
    """The hues of the runs, in the order of the legend."""
    return re.findall(r'class="swatch"[^>]*stroke="([^"]+)"', picture(view))


CHOICES: dict[str, Any] = {
    "selected": [NAMES[0]], "search": "/seed0$/", "hidden": [NAMES[1]], "pinned": [NAMES[2]], "group": r"(.*)-seed\d+",
    "spread": "range", "top": ["loss"], "folded": ["encoder"],
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_what_a_reader_chooses_is_a_trait_that_python_reads_and_sets(name: str) -> None:
    view, heard = Inspector(runs()), []
    view.observe(lambda change: heard.append(change["new"]), name)
    view.set_state({name: CHOICES[name]})
    assert heard == [CHOICES[name]] == [getattr(view, name)]
    assert getattr(Inspector(runs(), **{name: CHOICES[name]}), name) == CHOICES[name]


@pytest.mark.parametrize(
    "state",
    [
        {"selected": "run"}, {"selected": [3]}, {"selected": None}, {"hidden": {"a": 1}}, {"pinned": [None]},
        {"search": 3}, {"search": "/half["}, {"search": "a" * 1001}, {"group": "(half"}, {"group": ["lr"]},
        {"spread": "all"}, {"top": 3}, {"folded": "encoder"}, {"hparams": {"a": {"lr": 1}}}, {"charts": []},
        {"front": "x"},
    ],
)  # fmt: skip
def test_nonsense_from_the_page_changes_nothing(state: dict[str, Any]) -> None:
    live = LiveLoss(compare=runs(), **CHOICES)
    before = live.get_state()
    live.set_state(state)
    assert live.get_state() == before


def test_every_view_can_be_restricted_to_some_runs() -> None:
    assert Ridgeline(runs(), selected=["a"]).selected == ["a"]
    with pytest.raises(TypeError, match="did you mean 'selected'"):
        Ridgeline(runs(), selectd=["a"])


def test_a_group_is_a_hyper_parameter_or_a_regular_expression() -> None:
    assert Inspector(runs(), group=re.compile("(.*)-seed")).group == "/(.*)-seed/"
    with pytest.raises(TraitError, match=r"group='\(half' is no regular expression: missing \)"):
        Inspector(runs(), group="(half")
    table = {NAMES[0]: {"lr (initial": 0.1}}
    assert Inspector(runs(), hparams=table, group="lr (initial").group == "lr (initial"


def test_the_page_is_told_the_hyper_parameters_as_json_holds_them() -> None:
    given = {
        NAMES[0]: {"lr": np.float32(0.5), "net": Path("a"), "on": True, "none": None, "nan": float("nan")},
        "gone": {"lr": 1},
    }
    view = Inspector(runs(), hparams=given)
    expected = {NAMES[0]: {"lr": 0.5, "net": "a", "on": True, "none": None, "nan": "nan"}}
    assert view.get_state(["hparams"]) == {"hparams": expected}
    with pytest.raises(TypeError, match="a mapping of names to mappings, not a list"):
        Inspector(runs(), hparams=[1])


def write_log(root: Path) -> Path:
    for name, rate in (("a", 0.1), ("b", 0.2)):
        (root / name / "train").mkdir(parents=True)
        start = hparams_summary.hparams_pb({"lr": rate}).value[0]
        records = [VERSION, event(start), event(simple("loss", rate), step=1)]
        (root / name / "events.out.tfevents.1.host").write_bytes(b"".join(map(framed, records)))
        (root / name / "train/events.out.tfevents.1.host").write_bytes(framed(VERSION) + framed(records[2]))
    return root


def test_hyper_parameters_are_those_of_the_event_files_and_of_the_runs_above(tmp_path: Path) -> None:
    view = Inspector(nbviz.read(write_log(tmp_path)))
    rates = {"a": 0.1, "a/train": 0.1, "b": 0.2, "b/train": 0.2}
    assert view.hparams == {name: {"lr": rate} for name, rate in rates.items()}


def test_hyper_parameters_that_cannot_be_read_do_not_keep_a_view_from_being_made(tmp_path: Path) -> None:
    log = nbviz.read(write_log(tmp_path))
    for path in tmp_path.rglob("events*"):
        path.unlink()
    with pytest.warns(UserWarning, match="Its hyper-parameters are left out"):
        view = Inspector(log)
    assert view.hparams == {}
    assert any("events.out" in problem for problem in log["a"].problems)


def test_a_picture_shows_the_runs_that_the_view_shows_each_in_its_own_hue() -> None:
    all_hues = hues(Inspector(runs()))
    assert len(set(all_hues)) == 3
    for choice in (
        {"selected": [NAMES[2]]},
        {"search": "lr0.2"},
        {"hidden": NAMES[:2]},
        {"search": "gone", "pinned": NAMES[2:]},
    ):
        only = Inspector(runs(), **choice)
        assert set(hues(only)) == {all_hues[2]}, choice
    assert set(hues(Inspector(runs(), search="gone"))) == set(all_hues), "a picture shows something"


def test_a_live_run_stands_before_those_that_it_is_compared_with() -> None:
    live = LiveLoss(compare=runs(), smoothing=0.5)
    live.log(loss=0.25)
    assert [name for name, _ in live.names] == ["run", *NAMES]
    assert (live.front, live.title, live.run.state) == ("run", "run", "live")
    assert live.channels[0]._run is live.run and live.run["loss"].values.tolist() == [0.25]
    assert LiveLoss("mine").front == ""


def test_runs_compared_keep_their_names_and_the_live_one_gets_another() -> None:
    assert [name for name, _ in LiveLoss("a", compare={"a": trained()}).names] == ["a (live)", "a"]
    assert [name for name, _ in LiveLoss("a", compare=trained("b")).names] == ["a", "b"]
    run = Run("a")
    assert [name for name, _ in LiveLoss(run=run, compare={"x": run, "b": trained()}).names] == ["a", "b"]


@pytest.mark.parametrize("wrong", ["old", {"a": 3}, [trained()]])
def test_what_cannot_be_compared_with_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"LiveLoss\(compare=\) takes a Run or a mapping of runs"):
        LiveLoss(compare=wrong)
