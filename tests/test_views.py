"""Views in plain Python: what they share, what they refuse, and the step under the cursor."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from traitlets import TraitError

from nbviz import Compare, Inspector, LiveLoss, Ridgeline, Run, Scrubber
from nbviz.channel import Channel

VIEWS = [LiveLoss, Inspector, Ridgeline, Scrubber]


def trained(steps: int = 5) -> Run:
    run = Run("mnist")
    for _ in range(steps):
        run.log(loss=0.5)
    return run


def test_every_view_of_a_run_shares_its_channel_and_its_step() -> None:
    run = trained()
    views = [LiveLoss(run=run), Inspector(run), Ridgeline(run), Scrubber(run)]
    assert {id(view.channels[0]) for view in views} == {id(Channel.of(run))}
    views[2].step = 3
    assert [view.step for view in views] == [3, 3, 3, 3]
    assert Inspector(run).step == 3
    assert Inspector(trained()).step == 4, "another run has a cursor of its own"


def test_the_page_moves_the_step_of_every_view_and_observers_hear_of_it() -> None:
    run, heard = trained(), []
    live, inspector = LiveLoss(run=run), Inspector(run)
    inspector.observe(lambda change: heard.append(change["new"]), "step")
    live.channels[0].set_state({"cursor": 2})
    live.channels[0].set_state({"cursor": None})
    assert (live.step, inspector.step, heard) == (4, 4, [2, 4])


def test_without_a_cursor_the_step_is_the_latest() -> None:
    run = trained()
    live = LiveLoss(run=run)
    run.log(loss=0.5)
    live.channels[0].flush()
    assert live.step == 5
    live.step = 1
    run.log(loss=0.5)
    live.channels[0].flush()
    assert live.step == 1
    for _ in range(2):
        live.step = None
        assert live.step == 6
    run.log(loss=0.5)
    live.channels[0].flush()
    assert live.step == 7


def test_a_step_set_to_the_latest_stays_there() -> None:
    run = trained()
    live = LiveLoss(run=run)
    live.step = run["loss"].steps[-1]
    run.log(loss=0.5)
    live.channels[0].flush()
    assert live.step == 4


def test_several_runs_are_shown_at_one_step() -> None:
    runs = {"train": trained(3), "validation": trained(9)}
    inspector = Inspector(runs)
    assert (inspector.step, len(inspector.channels)) == (8, 2)
    inspector.step = 2
    assert [channel.cursor for channel in inspector.channels] == [2, 2]
    inspector.channels[1].set_state({"cursor": 7})
    assert (inspector.step, inspector.channels[0].cursor) == (7, 7)


@pytest.mark.parametrize(
    "state",
    [
        {"smoothing": "x"},
        {"smoothing": 2},
        {"smoothing": True},
        {"smoothing": float("nan")},
        {"superseded": 1},
        {"superseded": "yes"},
        {"speech": 0},
        {"speech": None},
        {"title": 3},
        {"title": "evil"},
        {"tags": 3},
        {"channels": ["x"]},
        {"panels": None},
        {"picture": "x"},
        {"step": 2},
        {"nonsense": {}},
    ],
)
def test_nonsense_from_the_page_changes_no_view(state: dict[str, Any]) -> None:
    live = LiveLoss(run=trained(), title="mine", smoothing=0.5)
    before = live.get_state()
    live.set_state(state)
    assert live.get_state() == before and live.step == 4


def test_the_page_sets_the_smoothing() -> None:
    live = LiveLoss()
    live.set_state({"smoothing": 0.9})
    assert live.smoothing == 0.9


def test_the_page_shows_and_hides_superseded_rows() -> None:
    live = LiveLoss()
    assert not live.superseded
    live.set_state({"superseded": True})
    assert live.superseded


def test_the_page_and_python_silence_a_view() -> None:
    live = LiveLoss()
    assert live.speech and not LiveLoss(speech=False).speech
    live.set_state({"speech": False})
    assert not live.speech


SELECTION = {"tag": "fc1", "values": (-0.5, 1.0), "steps": (0, 20)}


def test_the_page_brushes_and_observers_hear_of_it() -> None:
    ridge, heard = Ridgeline(trained()), []
    ridge.observe(lambda change: heard.append(change["new"]), "selection")
    ridge.set_state({"selection": {"tag": "fc1", "values": [-0.5, 1], "steps": [0, 20]}})
    ridge.set_state({"selection": None})
    assert heard == [SELECTION, None]
    ridge.selection = {**SELECTION, "steps": [3, 4.0]}
    assert ridge.selection == {**SELECTION, "steps": (3, 4)}


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (3, "a selection is {"),
        ({"tag": "fc1"}, "a selection is {"),
        ({**SELECTION, "run": "a"}, "a selection is {"),
        ({**SELECTION, "tag": 3}, "the tag of a selection is a str, not 3"),
        ({**SELECTION, "values": (1, 0)}, "the values of a selection are two finite numbers in their order"),
        ({**SELECTION, "values": (0, float("nan"))}, "the values of a selection"),
        ({**SELECTION, "values": (0, float("inf"))}, "the values of a selection"),
        ({**SELECTION, "values": "ab"}, "the values of a selection"),
        ({**SELECTION, "values": None}, "the values of a selection"),
        ({**SELECTION, "steps": (0, 1, 2)}, "the steps of a selection"),
        ({**SELECTION, "steps": (0, float("inf"))}, "the steps of a selection"),
    ],
)
def test_what_is_no_selection_is_refused_and_from_the_page_ignored(selection: Any, words: str) -> None:
    ridge = Ridgeline(trained(), selection=SELECTION)
    with pytest.raises(TraitError) as refused:
        ridge.selection = selection
    assert words in str(refused.value)
    ridge.set_state({"selection": selection})
    assert ridge.selection == SELECTION


def test_layers_are_filtered_by_a_text_or_a_regular_expression() -> None:
    ridge = Ridgeline(trained(), filter=re.compile("fc[12]", re.IGNORECASE))
    assert ridge.filter == "/fc[12]/i"
    ridge.set_state({"filter": "weight"})
    ridge.set_state({"filter": "/half-typed["})
    assert ridge.filter == "weight"
    with pytest.raises(TraitError, match=r"filter='/fc\[/' is no regular expression: unterminated"):
        ridge.filter = "/fc[/"
    with pytest.raises(TraitError, match="a text of 1,000 characters at most, not of 1,001"):
        ridge.filter = "a" * 1001


@pytest.mark.parametrize("state", [{"mode": "pie"}, {"mode": None}, {"axis": 3}, {"filter": 3}, {"filter": "a" * 1001}])
def test_nonsense_from_the_page_changes_no_ridgeline(state: dict[str, Any]) -> None:
    ridge = Ridgeline(trained(), mode="overlay", axis="symlog", filter="fc")
    before = ridge.get_state()
    ridge.set_state(state)
    assert ridge.get_state() == before


def test_two_runs_or_two_steps_of_one_are_compared() -> None:
    a, b = Run("a"), Run("b")
    assert Compare(a, b).names == [["a", "a"], ["b", "b"]]
    assert Compare(a, Run("a")).names == [["a (1)", "a (1)"], ["a (2)", "a (2)"]]
    assert len(Compare(a, a, tag="fc1").channels) == 1
    compare = Compare(a, steps=30)
    assert compare.steps == [30, None]
    compare.steps = (None, 7)
    assert compare.steps == [None, 7]
    compare.set_state({"steps": [1, None], "tag": "fc2", "axis": "symlog"})
    compare.set_state({"steps": [1], "tag": 3, "axis": "density"})
    assert (compare.steps, compare.tag, compare.axis) == ([1, None], "fc2", "symlog")
    with pytest.raises(TraitError, match="the steps of a comparison are one step, or two of which either may be None"):
        compare.steps = (1, 2, 3)


@pytest.mark.parametrize("wrong", [{"a": Run()}, "logs", None])
def test_what_cannot_be_compared_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"Compare\(\) takes one Run or two, not a (dict|str|NoneType)\."):
        Compare(wrong, Run())


def test_a_view_of_a_restarted_run_stands_at_the_step_it_has_reached_again() -> None:
    run = trained(9)
    live = LiveLoss(run=run)
    run.log(loss=0.5, step=3)
    live.channels[0].flush()
    assert live.step == 3


@pytest.mark.parametrize("view", VIEWS)
def test_an_unknown_keyword_is_refused_with_a_hint(view: Any) -> None:
    with pytest.raises(TypeError, match=rf"{view.__name__}\(\) knows no keyword 'titel'; did you mean 'title'\?"):
        view(run=trained(), titel="x") if view is LiveLoss else view(trained(), titel="x")


@pytest.mark.parametrize("name", ["panels", "channels", "picture", "step", "log", "_esm", "qqq"])
def test_what_a_view_sets_itself_is_no_keyword(name: str) -> None:
    with pytest.raises(TypeError, match=f"knows no keyword '{name}'"):
        LiveLoss(**{name: 1})  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["logs", b"logs", Path("logs")])
def test_a_path_instead_of_a_run_is_told_how_to_open_it(path: Any) -> None:
    with pytest.raises(TypeError, match=r"open event files with nbviz\.read\(path\)"):
        Inspector(path)


def test_what_is_no_run_is_refused() -> None:
    with pytest.raises(TypeError, match="not a int"):
        Inspector({"a": trained(), "b": 3})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r"one series of a run is Ridgeline\(run, tags=\['loss'\]\)"):
        Ridgeline(trained()["loss"])
    with pytest.raises(TypeError, match="no run to show: the mapping is empty"):
        Inspector({})
    with pytest.raises(TypeError, match=r"LiveLoss\(run=run\)"):
        LiveLoss(trained())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes no mapping"):
        LiveLoss(run={"a": trained()})  # type: ignore[arg-type]


def test_a_with_block_says_how_training_ended() -> None:
    ends: dict[str, type[BaseException] | None] = {
        "finished": None,
        "failed": ValueError,
        "interrupted": KeyboardInterrupt,
    }
    for state, error in ends.items():
        live = LiveLoss()
        if error is None:
            with live as same:
                same.log(loss=1.0)
        else:
            with pytest.raises(error), live:
                live.log(loss=1.0)
                raise error
        assert live.run.state == state
        assert live.run["loss"].values.tolist() == [1.0]


def test_a_view_that_was_closed_still_keeps_what_is_logged() -> None:
    live = LiveLoss()
    channel = live.channels[0]
    live.close()
    channel.close()
    live.log(loss=1.0)
    live.log_histogram("weights", [1.0])
    channel.flush()
    channel.rest()
    assert live.run.tags() == ["loss", "weights"]
    assert LiveLoss(run=live.run).channels[0] is not channel


def test_views_stand_in_the_boxes_of_ipywidgets() -> None:
    box = ipywidgets.HBox([LiveLoss(), LiveLoss()])
    assert [child.run.name for child in box.children] == ["run", "run"]
    assert box.children[0].channels != box.children[1].channels


def test_the_logger_of_ipywidgets_answers_under_the_name_log(caplog: pytest.LogCaptureFixture) -> None:
    live = LiveLoss()
    with caplog.at_level(logging.DEBUG, "nbviz"):
        live._handle_msg({"content": {"data": {"method": "unheard of"}}})
        for level in ("debug", "info", "warning", "error", "exception", "critical"):
            getattr(live.log, level)("a sentence")
    assert "unheard of" in caplog.messages[0] and len(caplog.messages) == 7
    live.log(loss=1.0)
    assert live.run.tags() == ["loss"]


def test_runs_of_one_name_are_shown_by_their_keys() -> None:
    inspector = Inspector({"baseline": Run("run"), "exp/train": Run("run")})
    assert inspector.names == [["baseline", "baseline"], ["exp/train", "exp"]]
    assert Inspector(Run("exp/validation")).names == [["exp/validation", "exp"]]


def test_a_closed_view_follows_its_run_no_longer() -> None:
    run = Run("run")
    inspector = Inspector(run)
    (channel,) = inspector.channels
    inspector.close()
    assert inspector not in channel._followers
    channel.cursor = 3
    run.log(loss=1.0)
    channel.flush()


def test_charts_are_chosen_and_the_page_may_not_choose_them() -> None:
    live = LiveLoss(charts=[["loss", "lr"]])
    live.set_state({"charts": [{"title": "x", "left": ["y"], "right": []}]})
    assert live.get_state(["charts"]) == {"charts": [{"title": "loss, lr", "left": ["loss", "lr"], "right": []}]}
    live.charts = ["lr"]
    assert live.charts == [("lr", ["lr"], [])]
    with pytest.raises(TraitError, match="charts is a list of charts, each a tag"):
        live.charts = "loss"
