"""What the demo leaves: event files and an executed notebook. browser/test_exported_page.py opens the page."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

import nbviz
from tests.demo import STEPS, ran_demo
from tests.test_events import assert_reads_as_tensorboard


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran_demo(tmp_path_factory)


def test_the_event_files_read_as_tensorboard_reads_them(demo: Path) -> None:
    assert_reads_as_tensorboard(demo / "runs/digits")


def test_the_event_files_hold_every_step_and_both_histograms_of_every_layer(demo: Path) -> None:
    run = nbviz.read(demo / "runs")["digits"]
    assert run["loss"].steps.tolist() == run["accuracy"].steps.tolist() == list(range(STEPS))
    assert run["val_loss"].steps.tolist() == [*range(0, STEPS, 20), STEPS - 1]
    layers = [f"{kind}/layer{number}" for kind in ("gradients", "weights") for number in (1, 2, 3, 4)]
    assert run.tags("histogram") == layers
    assert [int(run[tag][0].counts.sum()) for tag in layers] == [64 * 64, 64 * 48, 48 * 32, 32 * 10] * 2


def test_the_network_learns(demo: Path) -> None:
    run = nbviz.read(demo / "runs")["digits"]
    assert run["val_accuracy"].values[0] < 0.25
    assert run["val_accuracy"].values[-1] > 0.75


def test_the_notebook_is_executed_with_widgets_and_pictures_and_is_trusted(demo: Path) -> None:
    notebook = nbformat.read(demo / "digits_executed.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output.get("data", {}) for cell in cells for output in cell.outputs]
    assert sum("application/vnd.jupyter.widget-view+json" in data for data in outputs) == 3
    # One of the widgets is a box of two views.
    assert sum("nbviz-picture" in data.get("text/html", "") for data in outputs) == 4
    assert NotebookNotary(data_dir=str(demo / "jupyter")).check_signature(notebook)


def test_it_says_where_everything_is_and_nothing_went_wrong(demo: Path) -> None:
    printed = (demo / "printed.txt").read_text("utf-8")
    for path in ((demo / "digits.html").as_uri(), str(demo / "digits_executed.ipynb"), str(demo / "runs/digits")):
        assert path in printed
    assert "make lab" in printed
    assert "arning" not in printed
