"""What nobody sees costs nothing, and is exactly right once it is seen: hidden tabs and collapsed outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.notebook import LabNotebook
from tests.browser.server import JupyterServer
from tests.browser.tab import Tab

UNSEEN = Path(__file__).with_name("unseen.js").read_text("utf-8")
TRAIN = """
for step in range(1, 2000):
    live.log(loss=1 / (step + 1), val_loss=2 / (step + 1))
    time.sleep(0.001)
live.finish()
"""
CELLS = [
    "import nbviz, time\nlive = nbviz.LiveLoss(total_steps=2000)\nlive.log(loss=1.0, val_loss=2.0)",
    "live",
    TRAIN,
    "live",
]


@pytest.fixture
def tab(browser: Browser, page: Page) -> Iterator[Tab]:
    tab = Tab(browser, page)
    yield tab
    tab.close()


def counts(tab: Tab) -> dict[str, int]:
    return dict(tab.evaluate("unseen.counts"))


@pytest.mark.parametrize("how", ["a hidden tab", "a collapsed output"])
def test_what_is_unseen_draws_and_asks_nothing_and_catches_up_exactly(how: str, lab: JupyterServer, tab: Tab) -> None:
    lab.write_notebook("unseen.ipynb", CELLS, "python3")
    tab.add_init_script(UNSEEN)
    page: Any = tab
    notebook = LabNotebook(page, lab, "unseen.ipynb").open()
    notebook.run(0)
    notebook.run(1)
    notebook.wait_for("unseen.text(1, 'header-step') === 'step 0 of 2,000'")
    if how == "a hidden tab":
        tab.hide()
    else:
        tab.evaluate("harness.start('notebook:hide-all-cell-outputs')")
        notebook.wait_for("!unseen.sees(1)")
    tab.evaluate("Object.assign(unseen.counts, { drawn: 0, asked: 0 })")
    notebook.run(2)
    assert counts(tab) == {"drawn": 0, "asked": 0}
    # JupyterLab takes a collapsed output off the page.
    assert tab.evaluate("unseen.text(1, 'header-step')") in ("step 0 of 2,000", None)

    if how == "a hidden tab":
        tab.show()
    else:
        tab.evaluate("harness.start('notebook:show-all-cell-outputs')")
    notebook.wait_for("unseen.text(1, 'header-step') === 'step 1,999'")
    assert counts(tab)["drawn"] > 0
    notebook.run(3)
    # Another view of the same run, which is made now.
    notebook.wait_for("JSON.stringify(unseen.pictures(1)) === JSON.stringify(unseen.pictures(3))")
    assert len(set(tab.evaluate("unseen.pictures(3)"))) == 2
