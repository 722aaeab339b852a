"""Every teaching notebook runs from its first cell to its last, quickly, and is kept without outputs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
VIEW = "application/vnd.jupyter.widget-view+json"

every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def executed(path: Path, folder: Path) -> NotebookNode:
    """Run a notebook in a folder; a cell that raises fails the test with its traceback."""
    notebook = nbformat.read(path, as_version=4)
    # A cell has to end within 30 s on two free cores; a busy machine gets more.
    NotebookClient(notebook, timeout=100, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def outputs(notebook: NotebookNode) -> list[dict[str, Any]]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def printed(notebook: NotebookNode, stream: str) -> str:
    return "".join(output["text"] for output in outputs(notebook) if output.get("name") == stream)


@every_notebook
def test_it_runs_and_shows_widgets_and_pictures(path: Path, tmp_path: Path) -> None:
    notebook = executed(path, tmp_path)
    shown = [output.get("data", {}) for output in outputs(notebook)]
    assert any(VIEW in data for data in shown)
    assert any("nbviz-picture" in data.get("text/html", "") for data in shown)
    assert printed(notebook, "stderr") == ""


def test_finished_run_reads_the_same_without_torch(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')", "utf-8")
    notebook = executed(NOTEBOOKS / "02_finished_run.ipynb", tmp_path)
    assert "torch is not installed" in printed(notebook, "stdout")
    assert any(VIEW in output.get("data", {}) for output in outputs(notebook))


@every_notebook
def test_it_is_kept_without_outputs_and_with_a_plain_kernelspec(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert set(notebook.metadata) == {"kernelspec"}
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert cell.metadata == {}
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_the_lessons_link_to_one_another() -> None:
    for path, following in pairwise(PATHS):
        assert f"({following.name})" in path.read_text("utf-8")
