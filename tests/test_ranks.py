"""watch() in two processes that train together, over gloo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from nbviz.capture import ranks  # noqa: E402
from nbviz.capture.layer import Capture, Change, Key, Layer  # noqa: E402
from nbviz.capture.parts import merge, pack  # noqa: E402
from nbviz.capture.ranks import Ranks  # noqa: E402
from nbviz.formats.sketch import Sketch  # noqa: E402
from tests import processes  # noqa: E402
from tests.watched import same_counts  # noqa: E402

Seen = list[dict[str, Any]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What each process wrote down."""
    return processes.spawned(processes.SCENES, tmp_path_factory.mktemp("ranks"))


def both(seen: Seen, scene: str, step: int) -> torch.Tensor:
    """What the layer gave in both processes."""
    return torch.cat([each[scene]["outputs"][step] for each in seen])


@pytest.mark.parametrize("scene", ["replicated", "sharded", "copied", "flattened"])
def test_the_first_process_shows_what_all_have_captured_as_if_it_were_one(seen: Seen, scene: str) -> None:
    first = seen[0][scene]
    assert first["problems"] == []
    for step in range(processes.STEPS):
        captured = {tag: sketches[step] for tag, sketches in first["sketches"].items()}
        assert {at for at, _ in captured.values()} == {step}
        assert same_counts(captured["activations/0"][1], both(seen, scene, step))
        assert same_counts(captured["activations/1"][1], both(seen, scene, step).relu())
        assert same_counts(captured["weights/0.weight"][1], first["weights"][step])
        assert same_counts(captured["gradients/0.weight"][1], first["gradients"][step])
    assert all(len(sketches) == processes.STEPS for sketches in first["sketches"].values())


@pytest.mark.parametrize("scene", ["replicated", "sharded", "copied", "flattened"])
def test_the_other_process_logs_nothing(seen: Seen, scene: str) -> None:
    second = seen[1][scene]
    assert (second["sketches"], second["tags"], second["problems"]) == ({}, ["loss"], [])


def test_a_unit_is_dead_only_where_it_is_in_every_process(seen: Seen) -> None:
    outputs = [both(seen, "replicated", step).relu() for step in range(processes.STEPS)]
    wanted = [round(float((each == 0).all(0).float().mean()), 6) for each in outputs]
    assert seen[0]["replicated"]["dead"] == wanted


def test_a_process_that_does_not_watch_holds_up_none(seen: Seen) -> None:
    alone = seen[0]["alone"]
    assert len(alone["sketches"]["activations/0"]) == processes.STEPS
    assert same_counts(alone["sketches"]["activations/0"][0][1], alone["outputs"][0])


def test_all_processes_capture_the_steps_that_the_first_can_afford(seen: Seen) -> None:
    first, second = (each["measured"] for each in seen)
    assert first["captured"] == second["captured"]
    assert first["every"] == second["every"] >= 2
    assert len(set(first["captured"])) > 2
    assert first["counts"] == [7 * (4 + 5)] * len(first["counts"])


def test_a_capture_travels_as_bytes() -> None:
    weights, ran = Layer(Sketch.of([1.0, 2.0]), 2), Layer(Sketch.of(np.zeros(9), pivot=0.0), 9)
    ran.alive, ran.saturated = np.array([True, False, True]), 4
    sent = Capture(3, 5, {Key("weights", "w"): weights, Key("activations", "層"): ran}, {"w": Change(1.0, 4.0)})
    got = Capture(3, 5)
    merge(got, pack(sent))
    merge(got, pack(Capture(3, 5, {Key("activations", "層"): Layer(Sketch.of([1.0]), 1)}, {"w": Change(3.0, 5.0)})))
    assert list(got.layers) == list(sent.layers)
    found = got.layers[Key("activations", "層")]
    assert (found.sketch.count, found.size, found.alive, found.saturated) == (10, 10, None, 4)
    assert same_counts(got.layers[Key("weights", "w")].sketch, [1.0, 2.0])
    assert got.changes == {"w": Change(4.0, 9.0)}


class Store(dict[str, bytes]):
    """What torch's stores do, in one process."""

    def set(self, key: str, value: str | bytes) -> None:
        self[key] = value.encode() if isinstance(value, str) else value

    def check(self, keys: list[str]) -> bool:
        return all(key in self for key in keys)

    def delete_key(self, key: str) -> None:
        del self[key]

    def compare_set(self, key: str, expected: str, value: str) -> bytes:
        if self.get(key, b"") == expected.encode():
            self.set(key, value)
        return self[key]

    def wait(self, keys: list[str], timeout: Any) -> None:
        raise RuntimeError("none comes")


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> list[Ranks]:
    return met(monkeypatch, 2)


def met(monkeypatch: pytest.MonkeyPatch, size: int) -> list[Ranks]:
    """Processes of which each does what it is told."""
    store = Store()
    made = []
    monkeypatch.setattr(ranks.dist.distributed_c10d, "_get_default_store", lambda: store)
    monkeypatch.setattr(ranks.dist.distributed_c10d, "PrefixStore", lambda prefix, inner: inner)
    monkeypatch.setattr(ranks, "world", lambda: size)
    for rank in range(size):
        monkeypatch.setattr(ranks.dist, "get_rank", lambda rank=rank: rank)
        made.append(Ranks())
    return made


def captured(number: int, values: list[float]) -> Capture:
    return Capture(number, number, {Key("activations", "fc"): Layer(Sketch.of(values, pivot=0.0), len(values))})


def test_a_capture_waits_for_its_parts_and_keeps_its_turn(two: list[Ranks]) -> None:
    first, second = two
    first.give(captured(0, [1.0]))
    first.give(captured(5, [2.0]))
    second.give(captured(5, [3.0]))
    assert first.collect() == []
    second.give(captured(0, [4.0]))
    whole = first.collect()
    assert [capture.number for capture in whole] == [0, 5]
    assert same_counts(whole[0].layers[Key("activations", "fc")].sketch, [1.0, 4.0])
    assert same_counts(whole[1].layers[Key("activations", "fc")].sketch, [2.0, 3.0])
    assert first.late == set()


def test_a_process_that_sends_no_more_holds_up_the_first_for_a_few_captures_only(two: list[Ranks]) -> None:
    first, _ = two
    for number in range(ranks.LATE):
        first.give(captured(number, [1.0]))
        assert first.collect() == []
    first.give(captured(ranks.LATE, [1.0]))
    assert [capture.number for capture in first.collect()] == [0]
    assert first.late == {1}
    assert [capture.number for capture in first.collect(wait=True)] == [1, 2, 3, 4]


def test_of_processes_with_the_same_part_of_a_model_one_captures_what_all_have_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    processes = met(monkeypatch, 5)
    late = processes[3]
    late.have("stage1")
    assert late.copies  # as long as it does not know what the first process has
    for process, part in zip(processes, ["stage0", "stage1", "stage0", "stage1", "stage2"], strict=True):
        process.have(part)
    assert not late.copies
    assert [process.copies for process in processes] == [False, True, True, False, False]


def test_parts_with_a_name_in_common_are_told_apart_and_the_others_keep_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = met(monkeypatch, 3)
    for process, part in ((first, "a"), (second, "b"), (third, "b")):
        process.have(part)
    shown = []
    for number, names in enumerate([("in", "out", "out"), ("fc", "fc", "fc"), ("in", "out", "out")]):
        for process, name in reversed(list(zip((first, second, third), names, strict=True))):
            process.give(Capture(number, number, {Key("activations", name): Layer(Sketch.of([1.0]), 1)}))
        (whole,) = first.collect()
        shown.append({key.name: layer.size for key, layer in whole.layers.items()})
    assert shown == [{"in": 1, "out": 2}, {"rank0.fc": 1, "rank1.fc": 2}, {"rank0.in": 1, "rank1.out": 2}]
