"""Confusion matrices: logged, written to event files, read back by us and by TensorBoard, reported where bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.util import tensor_util

import nbviz
from nbviz import Run
from tests.tfevents import accumulated


@pytest.mark.parametrize("way", ["save", "record"])
def test_confusion_matrices_come_back_from_event_files(way: str, tmp_path: Path) -> None:
    run = Run()
    if way == "record":
        run.record(tmp_path / "log")
    matrix = np.array([[3.0, 1.0], [0.0, 4.0]])
    run.log(loss=0.5, step=7)
    run.log_confusion("confusion", matrix, ["cat", "dög \ud800"])
    matrix[:] = 0
    run.log_confusion("confusion", [[1, 2], [3, 4]], step=8)
    run.finish()
    if way == "save":
        run.save(tmp_path / "log")
    found = nbviz.read(tmp_path / "log")["log"]
    assert found.tags("confusion") == ["confusion"] and not found.problems
    for theirs, ours in zip(found["confusion"], run["confusion"], strict=True):
        assert (theirs.step, theirs.wall_time, theirs.labels) == (ours.step, ours.wall_time, ours.labels)
        assert theirs.matrix.tolist() == ours.matrix.tolist()
    assert repr(found["confusion"][0]) == "<Confusion at step 7: 2 classes, 87.5% of 8 right>"
    assert found["confusion"].steps.tolist() == [7, 8]
    theirs = accumulated(tmp_path / "log").Tensors("confusion")
    assert [tensor_util.make_ndarray(each.tensor_proto).tolist() for each in theirs] == [
        [[3, 1], [0, 4]],
        [[1, 2], [3, 4]],
    ]


@pytest.mark.parametrize(
    ("matrix", "labels", "sentence"),
    [
        ([1, 2], None, r"expected a square matrix of two classes or more, got one of shape \(2,\)"),
        ([[1, 2]], None, r"got one of shape \(1, 2\)"),
        ([[1]], None, r"got one of shape \(1, 1\)"),
        ([[1, -2], [0, 1]], None, "finite and not negative"),
        ([[1, 2], [0, 1]], ["a"], r"expected 2 labels, no two alike, got \"\('a',\)\""),
        ([[1, 2], [0, 1]], ["a", "a"], "no two alike"),
        ("nonsense", None, "could not convert"),
    ],
)
def test_a_matrix_that_is_none_is_reported_and_training_goes_on(matrix: Any, labels: Any, sentence: str) -> None:
    run = Run()
    with pytest.warns(nbviz.NbvizWarning, match=sentence):
        run.log_confusion("confusion", matrix, labels)
    run.log(loss=0.5)
    assert run.tags() == ["loss"]
