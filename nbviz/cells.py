"""Cells: which cell of a notebook runs, on which thread, and how it ended."""

from __future__ import annotations

import sys
import threading
from asyncio import CancelledError
from collections.abc import Callable
from typing import Any, Literal

Ending = Literal["interrupted", "failed"]


class Cells:
    """The cells that IPython runs in this process; none where there is no IPython.

    Attributes
    ----------
    number : int
        Of the cell that runs, or ran last.
    """

    def __init__(self) -> None:
        self.number = 0
        self._thread: int | None = None

    def listen(self, ended: Callable[[Ending | None], None]) -> None:
        """Have ``ended`` called at the end of every cell, with ``None`` if it went well."""
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython else None
        if shell is not None and not getattr(shell, "_nbviz_listens", False):
            shell._nbviz_listens = True
            self._begin()
            shell.events.register("pre_run_cell", lambda *_: self._begin())
            shell.events.register("post_run_cell", lambda result=None: ended(_ending(result)))

    def here(self) -> int | None:
        """The number of the cell that runs on this thread, ``None`` on any other."""
        return self.number if threading.get_ident() == self._thread else None

    def _begin(self) -> None:
        self.number += 1
        self._thread = threading.get_ident()


def _ending(result: Any) -> Ending | None:
    """IPython has no result where an interrupt came between its own lines."""
    if result is None:
        return "interrupted"
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return None
    # An interrupt cancels a cell that awaits.
    return "interrupted" if isinstance(error, (KeyboardInterrupt, CancelledError)) else "failed"
