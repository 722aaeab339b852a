"""LiveLoss in JupyterLab with every kernel that people have, and in Notebook 7: live, reloaded and healed mid-cell."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.notebook import LabNotebook
from tests.browser.server import KERNELS, JupyterServer
from tests.browser.test_connection import LOSSY, SECOND, assert_whole, notice, step

CELLS = [
    "import pathlib, time, ipykernel, nbviz\nlive = nbviz.LiveLoss()\nprint(ipykernel.__version__)",
    "live",
    "while not pathlib.Path('stop').exists():\n    live.log(loss=float(live.run.next_step))\n    time.sleep(0.01)",
]
MISSING = "some points are missing: the kernel sends them when its cell ends"
HOSTS = [
    ("lab", "6.30.1", False),
    ("lab", "7.0.1", True),
    ("lab", "7.3.0", True),
    ("lab", "7.4.0", True),
    ("lab", "python3", True),
    ("notebook", "python3", True),
]
"""With which kernel, and whether it answers while a cell is busy. python3 has the newest ipykernel."""


def says_that_points_are_missing(notebook: LabNotebook) -> bool:
    notebook.page.evaluate("lossy.lose(1)")
    try:
        expect(notice(notebook)).to_have_text(MISSING, timeout=2 * SECOND)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(("host", "kernel", "answers"), HOSTS, ids=str)
def test_a_view_lives_is_reloaded_and_healed_while_a_cell_is_busy(
    lab: JupyterServer, page: Page, open_notebook: OpenNotebook, host: str, kernel: str, answers: bool
) -> None:
    assert kernel == "python3" or (KERNELS / kernel).exists(), f"ipykernel {kernel} is not there: make kernels"
    (lab.root / "stop").unlink(missing_ok=True)
    page.add_init_script(LOSSY)
    notebook = open_notebook(CELLS, host=host, kernelspec=kernel)
    notebook.run(0)
    notebook.run(1)
    assert kernel in ("python3", notebook.outputs(0)[0]["text"].strip())
    notebook.run(2, wait=False)
    expect(notebook.output(1).locator(".header-word")).to_have_text("training")
    follow_steps(notebook)

    page.evaluate("lossy.lose(1)")
    if answers:
        follow_steps(notebook)
        expect(notice(notebook)).to_be_hidden(timeout=SECOND)
    else:
        # The snapshots of a young run come often: one may heal what was lost before anything has to be said.
        assert any(says_that_points_are_missing(notebook) for _ in range(5))
    assert not notebook.ran(2)

    # JupyterLab first asks the kernel what it can do, so there is but the static picture before the cell ends.
    notebook.save()
    notebook.reload(kernel=False)
    expect(notebook.output(1).locator(".nbviz-picture img")).to_be_visible()
    (lab.root / "stop").touch()
    expect(step(notebook)).to_be_visible()
    notebook.wait_until_idle()
    assert_whole(notebook)
    assert "Warning" not in str(notebook.outputs(0))


def follow_steps(notebook: LabNotebook) -> None:
    """Rows go on to arrive: for a while the step is another one at every look."""
    for _ in range(3):
        shown = step(notebook).inner_text()
        expect(step(notebook)).not_to_have_text(shown, timeout=SECOND)
