"""Many finished runs share one widget; every run keeps its channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbviz
from nbviz import Inspector, Run
from nbviz.channel import Channel, pump
from nbviz.crowd import ANSWER_BYTES, MANY, Crowd, channels_of
from nbviz.formats.splice import Frame
from nbviz.formats.wire import decode

Told = list[tuple[str, list[int], list[Frame]]]


def finished(name: str, rows: int = 5) -> Run:
    run = Run(name)
    run.extend("loss", range(rows), [1.7e9 + step for step in range(rows)], [1 / (step + 1) for step in range(rows)])
    run.finish()
    return run


def runs(count: int) -> dict[str, Run]:
    return {f"run{number}": finished(f"run{number}") for number in range(count)}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """What was sent, by the type of the message; the pump does nothing by itself."""
    messages: Told = []
    for kind in (Channel, Crowd):
        monkeypatch.setattr(
            kind,
            "send",
            lambda _self, content, buffers: messages.append(
                (content["type"], content.get("runs", []), [decode(block) for block in buffers])
            ),
        )
    monkeypatch.setattr(pump, "wake", lambda _task: None)
    yield messages


def crowd_of(channel: Channel) -> Crowd:
    assert channel._speaker and isinstance(channel._speaker[0], Crowd)
    return channel._speaker[0]


def test_many_finished_runs_are_one_model_and_few_are_one_each() -> None:
    many, few = channels_of([*runs(MANY + 1).values()]), channels_of([*runs(MANY).values()])
    assert len({channel.reference.partition("#")[0] for channel in many}) == 1
    assert [channel.reference.partition("#")[2] for channel in many] == [str(number) for number in range(MANY + 1)]
    assert [channel.comm for channel in many] == [None] * (MANY + 1)
    assert len({channel.reference for channel in few}) == MANY and all(channel.comm for channel in few)


def test_a_run_that_trains_and_one_that_was_shown_before_have_models_of_their_own() -> None:
    live, shown, others = Run("live"), finished("shown"), runs(MANY + 1)
    before = Channel.of(shown)
    channels = channels_of([live, shown, *others.values()])
    assert channels[1] is before
    assert channels[0].comm and before.comm
    assert len(crowd_of(channels[2]).runs) == MANY + 1


def test_a_run_of_a_crowd_is_found_there_by_a_view_of_its_own() -> None:
    many = runs(MANY + 1)
    together, alone = Inspector(many), Inspector(many["run4"])
    assert alone.get_state("channels") == {"channels": [together.channels[4].reference]}
    together.step = 3
    assert alone.step == 3
    crowd_of(alone.channels[0]).set_state({"cursor": 1})
    assert (together.step, alone.step, together.channels[0].cursor) == (1, 1, 1)


def test_the_cursor_and_the_layer_of_a_thousand_runs_are_one() -> None:
    view = Inspector({str(number): finished(str(number), 2) for number in range(1000)})
    view.step = 1
    assert {channel.cursor for channel in view.channels} == {1}
    view.channels[999].layer = "weights/fc"
    assert (view.layer, {channel.layer for channel in view.channels}) == ("weights/fc", {"weights/fc"})


def test_the_state_of_a_crowd_has_every_run_from_its_first_row() -> None:
    many = runs(MANY + 1)
    crowd = crowd_of(channels_of([*many.values()])[0])
    state = crowd.get_state(["runs", "_snapshots"])
    assert state["runs"] == [[name, name] for name in many]
    frames = [decode(block) for block in state["_snapshots"]]
    assert [[(splice.tag, splice.start, splice.rows) for splice in frame.splices] for frame in frames] == [
        [("loss", 0, 5)]
    ] * len(many)


def test_what_is_asked_together_is_answered_together(told: Told) -> None:
    crowd = crowd_of(channels_of([*runs(MANY + 1).values()])[0])
    detail = {"type": "detail", "tags": ["loss"], "steps": [1, 2]}
    crowd._handle_custom_msg({"type": "each", "messages": [[2, detail], [5, {"type": "resync", "have": {}}]]}, [])
    ((kind, numbers, frames),) = told
    assert (kind, numbers) == ("frames", [2, 5])
    assert (frames[0].detail, frames[1].totals) == ((1, 2), {"loss": (0, 5)})


def test_long_answers_are_sent_as_they_are_found(told: Told) -> None:
    many = {str(number): finished(str(number), 16_000) for number in range(30)}
    crowd = crowd_of(channels_of([*many.values()])[0])
    detail = {"type": "detail", "tags": ["loss"], "steps": [0, 16_000]}
    crowd._handle_custom_msg({"type": "each", "messages": [[number, detail] for number in range(30)]}, [])
    sizes = [sum(len(splice.columns.walls) * 16 for frame in frames for splice in frame.splices) for *_, frames in told]
    assert [number for _, numbers, _ in told for number in numbers] == list(range(30))
    assert len(sizes) == 2 and max(sizes) < ANSWER_BYTES + 16_000 * 16


def test_a_run_that_grows_after_all_is_sent_by_its_number(told: Told) -> None:
    many = runs(MANY + 1)
    channels = channels_of([*many.values()])
    many["run3"].extend("loss", [5], [1.7e9 + 5], [0.1])
    channels[3].flush()
    assert [(kind, numbers) for kind, numbers, _ in told] == [("frames", [3])]
    assert [(each.series, each.start, len(each.walls)) for each in told[0][2][0].grown] == [([0], 5, 1)]


def test_a_crowd_that_was_closed_is_made_anew() -> None:
    many = runs(MANY + 1)
    first = crowd_of(channels_of([*many.values()])[0])
    first.close()
    channels = channels_of([*many.values()])
    assert crowd_of(channels[0]) is not first and channels[0].is_open


numbers = st.integers(-3, 20) | st.none() | st.booleans() | st.floats() | st.text(max_size=3)
questions = st.fixed_dictionaries({"type": st.sampled_from(["resync", "detail", "each"])}) | st.none() | st.text()
asked = st.lists(st.tuples(numbers, questions).map(list) | st.none() | st.lists(numbers), max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({"type": st.sampled_from(["each", "frames"]), "messages": asked | numbers}) | numbers)
def test_nonsense_is_answered_by_nothing(told: Told, message: Any) -> None:
    crowd = crowd_of(SOME[0])
    told.clear()
    crowd._handle_custom_msg(message, [])
    assert told == []


SOME = channels_of([*runs(MANY + 1).values()])


def test_an_exported_page_has_a_model_for_each_run(tmp_path: Any) -> None:
    page = nbviz.export_html(Inspector(runs(MANY + 1)), tmp_path / "page.html")
    assert page.series == MANY + 1


def test_an_observer_that_raises_does_not_part_the_runs_of_a_crowd(told: Told) -> None:
    channels = channels_of([*runs(MANY + 1).values()])

    def refuse(change: Any) -> None:
        if change["new"] == 1:
            raise ValueError("refused")

    channels[3].observe(refuse, "cursor")
    with pytest.raises(ValueError, match="refused"):
        channels[0].cursor = 1
    channels[0].cursor = 2
    assert [channel.cursor for channel in channels] == [2] * (MANY + 1)
