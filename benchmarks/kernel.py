"""A real IPython kernel to measure in, and the bytes it sends to whoever shows its output."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parent.parent


class Kernel:
    """Runs code in a kernel and reads its messages as a Jupyter server would.

    Examples
    --------
    >>> with Kernel() as kernel:                     # doctest: +SKIP
    ...     kernel.value("1 + 1")
    2
    """

    def __enter__(self) -> Kernel:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(ROOT), stderr=subprocess.DEVNULL)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def value(self, expression: str) -> Any:
        """What an expression is in the kernel, by way of JSON."""
        printed = self.run(f"import json; print('\\nvalue ' + json.dumps({expression}))")[0]
        return json.loads(printed.rpartition("\nvalue ")[2])

    def run(self, code: str) -> tuple[str, dict[str, int]]:
        """Run code; return what it printed and the bytes that left the socket meanwhile, by type of message."""
        parent = self._client.execute(code, store_history=False)
        socket, session = self._client.iopub_channel.socket, self._client.session
        printed, sizes = "", dict[str, int]()
        while True:
            parts = socket.recv_multipart()
            message = session.deserialize(session.feed_identities(parts)[1])
            name, content = message["msg_type"], message["content"]
            sizes[name] = sizes.get(name, 0) + sum(map(len, parts))
            if name == "stream":
                printed += content["text"]
            elif name == "error":
                raise RuntimeError("\n".join(content["traceback"]))
            elif content.get("execution_state") == "idle" and message["parent_header"].get("msg_id") == parent:
                return printed, sizes
