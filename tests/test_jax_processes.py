"""sketch_tree() and log_tree() in two JAX processes of two devices each."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbviz.formats.sketch import Sketch
from tests import jax_processes
from tests.jax_processes import SPLITS, STEPS, values
from tests.web import free_port

Seen = list[dict[str, Any]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What each process wrote down."""
    folder, address = tmp_path_factory.mktemp("processes"), f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", jax_processes.__name__]
    started = [
        subprocess.Popen([*command, str(rank), address, str(folder)], cwd=Path(__file__).parent.parent, stderr=-1)
        for rank in range(2)
    ]
    errors = [process.communicate(timeout=110)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    return [pickle.loads(Path(folder, f"{rank}.pickle").read_bytes()) for rank in range(2)]


def is_of(sketch: Sketch, array: Any) -> bool:
    wanted = Sketch.of(array, pivot=sketch.pivot)
    exact = ("count", "zeros", "minimum", "maximum")
    return bool((sketch.bins == wanted.bins).all()) and all(getattr(sketch, x) == getattr(wanted, x) for x in exact)


@pytest.mark.parametrize("name", SPLITS)
def test_the_first_process_has_each_value_of_an_array_once_however_it_is_laid_out(seen: Seen, name: str) -> None:
    assert is_of(seen[0]["sketched"][f"weights/{name}"], values(name))
    for step in range(STEPS):
        for what in ("weights", "gradients"):
            assert is_of(seen[0]["logged"]["sketches"][f"{what}/{name}"][step], values(name, step))


def test_an_array_that_one_process_counts_alone_has_a_pivot_and_one_whose_parts_are_added_up_none(seen: Seen) -> None:
    pivots = {tag: sketch.pivot for tag, sketch in seen[0]["sketched"].items()}
    assert pivots.pop("weights/numpy") == 1
    assert [name for name, pivot in pivots.items() if pivot] == ["weights/copies", "weights/devices"]


def test_the_other_process_has_what_it_counted_and_logs_nothing(seen: Seen) -> None:
    sketched = seen[1]["sketched"]
    assert sorted(sketched) == ["weights/quarters", "weights/rows"]
    assert is_of(sketched["weights/rows"], values("rows")[4:])
    assert seen[1]["logged"] == {"sketches": {}, "scalars": {}, "problems": []}


def test_what_is_derived_is_that_of_whole_arrays(seen: Seen) -> None:
    scalars = seen[0]["logged"]["scalars"]
    for name in SPLITS:
        norms = [float(np.linalg.norm(values(name, step))) for step in range(STEPS)]
        steps, found = scalars[f"weights/norm/{name}"]
        assert steps == [0, 10, 20]
        assert found == pytest.approx(norms)
        assert scalars[f"updates/ratio/{name}"][1] == pytest.approx([norms[0] / 10 / norm for norm in norms])
    assert scalars["activations/dead/batch"][1] == [0.5] * STEPS
    assert "activations/dead/units" not in scalars  # no process has a unit's whole batch beside all units
    assert seen[0]["logged"]["problems"] == []


def test_a_process_that_does_not_log_is_waited_for_once_and_joins_in_when_it_does(seen: Seen) -> None:
    problem = "Process 1 has sent no part of a capture, which is shown without it."
    assert seen[0]["alone"] == {"counts": [24, 24, 48], "problems": [problem]}
    assert seen[1]["alone"] == {"counts": [], "problems": []}


def test_keras_on_jax_captures_what_its_processes_hold_together(seen: Seen) -> None:
    first, second = (each["fitted"] for each in seen)
    assert is_of(first["sketches"][0], np.concatenate([first["kernel"], second["kernel"]], axis=1))
    assert {sketch.count for sketch in first["sketches"]} == {24} and len(first["sketches"]) > 2
    assert first["updates"] and first["every"] == second["every"] > 1
    assert second["sketches"] == first["problems"] == second["problems"] == []
