"""watch() of models that two processes train in stages, over gloo."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests import pipelines, processes  # noqa: E402
from tests.pipelines import alone, block  # noqa: E402
from tests.watched import same_counts  # noqa: E402

Seen = list[dict[str, Any]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What each process wrote down."""
    return processes.spawned(pipelines.SCENES, tmp_path_factory.mktemp("pipelines"))


def assert_like_one(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    for tag, tensors in wanted.items():
        assert len(found["sketches"][tag]) == len(tensors), tag
        for sketch, tensor in zip(found["sketches"][tag], tensors, strict=True):
            assert same_counts(sketch, tensor), tag


@pytest.mark.parametrize(
    ("scene", "layers", "names", "chunks"),
    [
        ("alike", [(), ()], ["stage0.0", "stage1.0"], 2),
        ("named", [(), ()], ["0.0", "1.0"], 2),
        ("interleaved", [()] * 4, ["stage0+2.0.0", "stage1+3.0.0", "stage0+2.1.0", "stage1+3.1.0"], 2),
        ("by_hand", [(3, 5), (5, 2)], ["rank0.0", "rank1.0"], 1),
    ],
)
def test_the_first_process_shows_the_layers_of_all_stages_as_if_it_had_them(
    seen: Seen, scene: str, layers: list[Any], names: list[str], chunks: int
) -> None:
    found = seen[0][scene]
    assert_like_one(found, alone([block(*shape) for shape in layers], names, chunks))
    modules = {name.rsplit(".", 1)[0] for name in names}
    assert len(found["sketches"]) == len(modules) * 6
    assert found["problems"] == []


def test_the_other_process_logs_nothing(seen: Seen) -> None:
    for scene in ("alike", "named", "interleaved", "by_hand"):
        assert seen[1][scene] == {"sketches": {}, "problems": []}


def test_a_stage_says_that_nobody_shows_it_where_the_first_process_does_not_watch(seen: Seen) -> None:
    assert seen[1]["unwatched"] == {
        "sketches": {},
        "problems": [
            "What this process captures is shown nowhere: process 0 shows the captures of all, and watches no model."
        ],
    }
