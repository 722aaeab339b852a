"""Whatever a page sends, by traits or by messages, raises nothing, breaks no state and costs little."""

from __future__ import annotations

import importlib
import json
import math
import pkgutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jupyter_client.session import json_packer

import nbviz.views
from nbviz import Compare, Run
from nbviz.channel import Channel, pump
from nbviz.crowd import Crowd
from nbviz.formats.splice import Frame
from nbviz.formats.wire import decode
from nbviz.views.view import View
from nbviz.widget import Widget
from tests.test_names import own_traits

for module in pkgutil.iter_modules(nbviz.views.__path__, "nbviz.views."):
    importlib.import_module(module.name)


def kinds(base: type[View]) -> Iterator[type[View]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("nbviz."):
            yield kind
            yield from kinds(kind)


VIEWS = sorted(kinds(View), key=lambda kind: kind.__name__)
TRAITS = [(kind, trait) for kind in (Channel, Crowd, *VIEWS) for trait in sorted(own_traits(kind))]
COMMON = [name for name in Channel.class_traits(sync=True) if name not in own_traits(Channel)]

texts = st.text(max_size=20) | st.text(st.characters(categories=["Cs"]), min_size=1, max_size=2)
numbers = st.integers() | st.floats() | st.sampled_from([10**30, -(10**400), 2**53, 1 << 63, True, math.nan, -0.0])
words = st.sampled_from(["offset", "symlog", "log", "gradients/norm", "loss", "/(/", "/a+/i", "tag", "values", "steps"])
atoms = st.none() | numbers | texts | words | st.binary(max_size=20) | st.binary(max_size=20).map(memoryview)
values = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | texts, inner, max_size=4)
)
"""What JSON and buffers can bring, and a little more."""


def deep(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


HUGE = [deep(500), deep(100_000), [0] * 1_000_000, "x" * 1_000_000, {str(i): i for i in range(100_000)}, 10**100_000,
        ["x" * 1000] * 1000, bytes(1_000_000)]  # fmt: skip

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def run() -> Run:
    run = Run("mine")
    for step in range(5):
        run.log(loss=1 / (step + 1), val_loss=2 / (step + 1))
        run.log_histogram("gradients/fc.weight", np.linspace(-1, 1, 9) * (step + 1))
    run.finish()
    return run


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    frames: list[Frame] = []
    monkeypatch.setattr(Channel, "send", lambda _self, _content, buffers: frames.append(decode(buffers[0])))
    monkeypatch.setattr(pump, "wake", lambda _task: None)
    return frames


def made(kind: type[Any], run: Run) -> Any:
    if kind is Crowd:
        return Crowd([Channel(run, alone=False)])
    return Channel.of(run) if kind is Channel else kind(run=run) if kind.__name__ == "LiveLoss" else kind(run)


def state(widget: Any) -> dict[str, Any]:
    return {
        name: getattr(widget, name)
        for name in sorted(widget.trait_names(sync=True))
        if not name.startswith("_snapshot")
    }


def assert_sound(widget: Any) -> None:
    """Every trait holds what it would take from Python, and the state can travel."""
    for name, value in state(widget).items():
        trait = type(widget).class_traits().get(name) or widget.traits()[name]
        assert trait._validate(widget, value) == value
    travelling = {name: value for name, value in widget.get_state().items() if not name.startswith("_snapshot")}
    assert len(json_packer({**travelling, "_esm": ""})) < 50_000
    json.dumps(travelling, allow_nan=False)


def test_every_view_is_looked_at() -> None:
    shown = {getattr(nbviz, name) for name in nbviz.__all__}
    assert {each for each in shown if isinstance(each, type) and issubclass(each, Widget)} <= set(VIEWS)


@pytest.mark.parametrize(("kind", "trait"), TRAITS, ids=lambda each: getattr(each, "__name__", each))
def test_a_trait_that_a_page_sets_is_sound_or_as_it_was(run: Run, kind: type[Any], trait: str) -> None:
    widget = made(kind, run)
    before = state(widget)

    @quick
    @given(values)
    def sets(value: Any) -> None:
        widget.set_state({trait: value})
        after = state(widget)
        assert {name for name in after if after[name] != before[name]} <= {trait}
        assert_sound(widget)

    sets()
    for value in HUGE:
        held = state(widget)
        widget.set_state({trait: value})
        assert state(widget) == held
    if kind not in (Channel, Crowd):
        assert "nbviz-picture" in str(widget._picture())
    widget.close()


@quick
@given(st.dictionaries(st.sampled_from([*COMMON, "_esm", "_anywidget_id", "comm", "__class__", "nonsense"]), values))
def test_what_is_not_of_the_page_it_cannot_set(run: Run, set_to: dict[str, Any]) -> None:
    widget = made(Compare, run)
    before = state(widget)
    widget.set_state(set_to)
    assert state(widget) == before
    widget.close()


@pytest.mark.parametrize("nothing", [None, 3, "cursor", ["cursor"], b"cursor"])
def test_a_state_that_is_none_is_ignored(run: Run, nothing: Any) -> None:
    channel = Channel.of(run)
    before = state(channel)
    channel.set_state(nothing)
    assert state(channel) == before


def test_what_a_page_may_not_set_is_not_passed_on_to_other_pages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    channel = Channel.of(run)
    monkeypatch.setattr(channel, "_send", lambda message, buffers=None: told.append(message))
    monkeypatch.setattr("ipywidgets.widgets.widget.JUPYTER_WIDGETS_ECHO", True)
    channel.set_state({"run": "not mine", "family": "x", "cursor": 3, "layout": "IPY_MODEL_x"})
    assert [message for message in told if "echo" in message["method"]] == []
    assert (channel.run, channel.cursor) == ("mine", 3)


TYPES = ["frame", "resync", "detail", "each", "ping"]
keys = st.sampled_from(["type", "have", "tags", "steps", "points", "kind", "id", "name", "msg", "method", "state"])
haves = st.dictionaries(st.sampled_from(["loss", "val_loss", "gradients/fc.weight"]) | texts, values, max_size=5)
ranges = st.lists(numbers, min_size=2, max_size=2)
messages = (
    values
    | st.dictionaries(keys, values | st.sampled_from([*TYPES, "anywidget-command"]))
    | st.fixed_dictionaries({"type": st.just("resync"), "have": haves | values})
    | st.fixed_dictionaries({
        "type": st.just("detail"), "tags": st.lists(words | texts) | values, "steps": ranges | values,
    }, optional={"points": numbers | values})
)  # fmt: skip
buffers = st.lists(st.binary(max_size=50), max_size=3)


@settings(quick, max_examples=200)
@given(messages, buffers)
@example({"type": "detail", "tags": ["loss"], "steps": [math.nan, math.inf]}, [])
@example({"type": "detail", "tags": ["loss"], "steps": [-(10**400), 10**400], "points": 10**400}, [])
@example({"type": "resync", "have": {"loss": [0, math.nan]}}, [])
def test_a_message_raises_nothing_and_its_answer_is_of_the_run(
    run: Run, sent: list[Frame], message: Any, attached: list[bytes]
) -> None:
    channel = Channel.of(run)
    before, rows = state(channel), {tag: len(run[tag]) for tag in run}
    sent.clear()
    channel._handle_custom_msg(message, attached)
    assert len(sent) <= 1
    for frame in sent:
        assert all(0 <= splice.start <= splice.start + splice.rows <= rows[splice.tag] for splice in frame.splices)
    assert state(channel) == before
    assert {tag: len(run[tag]) for tag in run} == rows


@pytest.mark.parametrize("value", HUGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("kind", TYPES)
def test_a_huge_message_is_no_trouble(run: Run, sent: list[Frame], kind: str, value: Any) -> None:
    channel = Channel.of(run)
    for key in ("have", "tags", "steps", "points"):
        message = {"type": kind, "tags": ["loss"], "steps": [0, 10], key: value}
        channel._handle_custom_msg(message, [])
    assert all(len(frame.splices) <= 1 for frame in sent)


class Counted(dict[str, Any]):
    """A dict that counts how often it is looked into."""

    looks = 0

    def __contains__(self, key: object) -> bool:
        self.looks += 1
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("all that a page says it has was walked through")


def test_a_resync_of_a_million_unknown_tags_is_looked_into_once_for_each_known_one(run: Run, sent: list[Frame]) -> None:
    have = Counted({str(number): [0, 0] for number in range(1_000_000)})
    Channel.of(run)._handle_custom_msg({"type": "resync", "have": have}, [])
    assert (sent[0].splices, have.looks) == ([], 3)


def test_half_a_surrogate_pair_in_a_name_travels_spelled_out() -> None:
    run = Run("loss \ud800")
    run.log({"a \udfff": 1.0})
    live = nbviz.LiveLoss(run=run, title="\ud800", tags=["a \udfff"])
    assert (live.get_state("title"), live.get_state("tags")) == ({"title": "\\ud800"}, {"tags": ["a \\udfff"]})
    assert Channel.of(run).get_state("run") == {"run": "loss \\ud800"}
    assert_sound(Channel.of(run))
