"""A web server for tests, on this machine alone: Python's own, with byte ranges, and able to misbehave."""

from __future__ import annotations

import re
import socket
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Web

    def do_GET(self) -> None:
        self.server.requests.append(f"GET {self.path} {self.headers.get('Range', '')}".strip())
        if self.server.gate is not None and not self.path.endswith("/"):
            self.server.gate.wait(timeout=10)
        super().do_GET()

    def do_HEAD(self) -> None:
        self.server.requests.append(f"HEAD {self.path}")
        super().do_HEAD()

    def send_head(self) -> Any:
        if self.server.broken:
            self.send_error(503)
            return None
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if not wanted or not self.server.ranges or not path.is_file():
            return super().send_head()
        start, stop = int(wanted[1]), int(wanted[2]) + 1
        data = path.read_bytes()
        part = data[start:stop]
        self.send_response(206 if part else 416)
        self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)
        return None

    def list_directory(self, path: Any) -> Any:
        if self.server.listings and Path(path).name not in self.server.closed:
            return super().list_directory(path)
        self.send_error(403)
        return None

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class Web(ThreadingHTTPServer):
    """Serves a directory until the ``with`` block ends.

    Attributes
    ----------
    url : str
    requests : list of str
        Method, path and range of each request.
    ranges, listings, broken : bool
        Whether it answers with byte ranges, lists directories, and fails every request.
    closed : set of str
        Directories that it does not list, by their names.
    gate : threading.Barrier or None
        Every request for a file waits there.
    """

    daemon_threads = True

    def __init__(self, directory: Path) -> None:
        super().__init__(("127.0.0.1", 0), lambda *args: _Handler(*args, directory=str(directory)))
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[str] = []
        self.ranges, self.listings, self.broken = True, True, False
        self.closed: set[str] = set()
        self.gate: threading.Barrier | None = None
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def __exit__(self, *args: Any) -> None:
        self.shutdown()
        super().__exit__(*args)


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
