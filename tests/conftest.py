"""Order and report of the whole suite, and what several tests share; browser/conftest.py has the browser's fixtures."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.page import Page

# How long something takes is no matter of right and wrong: benchmarks/ measures it.
settings.register_profile("nbviz", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nbviz")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page's store, which Node runs; in tests/browser/ a page of a real browser."""
    page = Page(tmp_path_factory.mktemp("page"))
    yield page
    page.close()


@pytest.fixture(params=["torch.utils.tensorboard", "tensorboardX"])
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A writer of event files, of each library in turn."""
    with pytest.importorskip(request.param).SummaryWriter(str(tmp_path)) as writer:
        yield writer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Last, because they take longest, and because Playwright leaves an event loop running in this
    # thread, in which asyncio.run() refuses to work.
    items.sort(key=lambda item: "browser" in item.path.parts)


def pytest_sessionfinish() -> None:
    if console := sys.modules.get("nbviz.console"):
        console._of_runs.clear()  # what the runs of tests would say at the end of the process is no news


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if importlib.util.find_spec("torch") is None:
        terminalreporter.write_line("NOT RUN: the tests that need torch, which is not installed.", red=True, bold=True)
