"""A notebook open in JupyterLab or Notebook 7, driven as a user would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from playwright.sync_api import Locator, Page

from tests.browser.server import THEMES, JupyterServer

HARNESS = (Path(__file__).parent / "harness.js").read_text("utf-8")


class LabNotebook:
    """One notebook in one page.

    Parameters
    ----------
    page
        A page of the browser; any Playwright call may be made on it as well.
    server
        The server that has the notebook.
    name
        The notebook's file in the server's root.
    host
        ``"lab"`` for JupyterLab, ``"notebook"`` for Notebook 7.

    Attributes
    ----------
    errors
        What the page wrote to the console as an error, and every exception nobody caught.
    """

    def __init__(self, page: Page, server: JupyterServer, name: str, host: str = "lab") -> None:
        self.page, self.server, self.name, self.host = page, server, name, host
        self.errors: list[str] = []
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.add_init_script(HARNESS)

    def open(self, kernel: bool = True) -> LabNotebook:
        """Open the notebook and wait for its cells and, unless told otherwise, for an idle kernel."""
        self.page.goto(self.server.address(self.name, self.host))
        self._wait_until_shown(kernel)
        return self

    def _wait_until_shown(self, kernel: bool) -> None:
        self.wait_for("harness.shown()")
        if kernel:
            self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until the kernel has answered once and runs nothing."""
        self.wait_for("harness.idle()")
        self.page.evaluate("harness.kernelInfo()")
        self.wait_for("harness.idle()")

    def wait_for(self, condition: str, argument: Any = None, seconds: float = 30) -> None:
        """Wait until a JavaScript expression, in which `argument` is the argument, is true."""
        self.page.wait_for_function(f"argument => {condition}", arg=argument, timeout=seconds * 1000)

    def run(self, cell: int, wait: bool = True, seconds: float = 60) -> None:
        """Run a cell; return at once where `wait` is false."""
        self.page.evaluate("cell => harness.run(cell)", cell)
        if wait:
            self.wait_until_ran(cell, seconds)

    def wait_until_ran(self, cell: int, seconds: float = 60) -> None:
        """Wait for the end of a cell, and fail with its traceback if it raised."""
        self.wait_for("harness.ran(argument)", cell, seconds)
        for output in self.outputs(cell):
            assert output["output_type"] != "error", "\n".join(output["traceback"])

    def ran(self, cell: int) -> bool:
        return bool(self.page.evaluate("cell => harness.ran(cell)", cell))

    def add(self, source: str) -> int:
        """Append a code cell and return its index."""
        return int(self.page.evaluate("source => harness.addCell(source)", source))

    def execute(self, code: str) -> str:
        """Run code in the kernel behind the document's back and return what it printed."""
        return str(self.page.evaluate("code => harness.execute(code)", code))

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """Return the outputs of a cell as the document holds them."""
        return list(self.page.evaluate("cell => harness.outputs(cell)", cell))

    def output(self, cell: int) -> Locator:
        """Return where the page shows the outputs of a cell."""
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{cell}"] .jp-Cell-outputArea')

    def trusted(self, cell: int) -> bool:
        return bool(self.page.evaluate("cell => harness.trusted(cell)", cell))

    def save(self) -> None:
        self.page.evaluate("harness.save()")

    def saved(self) -> NotebookNode:
        """Return the notebook as it is on disk."""
        return self.server.read_notebook(self.name)

    def reload(self, kernel: bool = True) -> None:
        """Reload the page; with `kernel` false do not wait for an idle kernel, which may be busy with a cell."""
        self.page.reload()
        self._wait_until_shown(kernel)

    def interrupt(self) -> None:
        """Interrupt the kernel, as the stop button does."""
        self.page.evaluate("harness.interrupt()")

    def restart_kernel(self) -> None:
        """Restart the kernel by the menu's command and say yes to the question it asks."""
        self.page.evaluate("harness.start('notebook:restart-kernel')")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.wait_for("!harness.idle()")
        self.wait_until_idle()

    def reopen(self, kernel: bool = True) -> None:
        """Leave the page, shut the kernel down and open the notebook again: with a new kernel, or with none at all."""
        self.page.goto("about:blank")
        self.server.shut_down_kernels()
        if not kernel:
            self.page.route("**/api/sessions*", lambda route: route.abort())
        self.open(kernel)

    def theme(self, name: str) -> None:
        """Change the theme of the open page to ``"light"`` or ``"dark"``."""
        self.page.evaluate("name => harness.theme(name)", THEMES[name])
        self.wait_for("document.body.dataset.jpThemeLight === argument", str(name == "light").lower())

    def screenshot(self, path: Path, cell: int | None = None) -> None:
        """Save a picture of the page, or of the outputs of one cell."""
        if cell is None:
            self.page.screenshot(path=path)
        else:
            self.output(cell).screenshot(path=path)
