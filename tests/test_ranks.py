"""watch() in two processes that train together, over gloo."""

from __future__ import annotations

import pickle
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from nbviz.capture import ranks  # noqa: E402
from nbviz.capture.layer import Capture, Change, Key, Layer  # noqa: E402
from nbviz.capture.ranks import Ranks, merge, pack  # noqa: E402
from nbviz.formats.sketch import Sketch  # noqa: E402
from tests import processes  # noqa: E402
from tests.watched import same_counts  # noqa: E402

Seen = list[dict[str, Any]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What each process wrote down."""
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(processes.work, args=(port, str(folder)), nprocs=processes.SIZE)
    return [pickle.loads(Path(folder, f"{rank}.pickle").read_bytes()) for rank in range(processes.SIZE)]


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

    def wait(self, keys: list[str], timeout: Any) -> None:
        raise RuntimeError("none comes")


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> list[Ranks]:
    """Two processes of which each does what it is told."""
    store = Store()
    made = []
    monkeypatch.setattr(ranks.dist.distributed_c10d, "_get_default_store", lambda: store)
    monkeypatch.setattr(ranks.dist.distributed_c10d, "PrefixStore", lambda prefix, inner: inner)
    monkeypatch.setattr(ranks, "world", lambda: 2)
    for rank in range(2):
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
