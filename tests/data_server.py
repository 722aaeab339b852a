"""TensorBoard's data server, the reader in Rust: what it delivers of a log directory."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import grpc
import pytest
from tensorboard.context import RequestContext
from tensorboard.data.grpc_provider import GrpcDataProvider, make_stub


def served(path: Path, *flags: str) -> dict[str, list[tuple[int, float, float]]] | None:
    """Return (step, wall time, value) of the scalars of the one run, by tag; None if reading aborts the server.

    Skips the test where the server is not to be had.
    """
    binary = pytest.importorskip("tensorboard_data_server").server_binary()
    if binary is None:
        pytest.skip("TensorBoard's data server does not exist for this machine.")
    command = [binary, f"--logdir={path}", "--reload=once", "--port=0", "--verbose", "--die-after-stdin", *flags]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        said = ""
        for line in server.stderr:
            said += line
            if "Finished load cycle" in line:
                break
        else:
            return None
        found = re.search(r"listening on (\S+)", said)
        assert found, said
        with grpc.insecure_channel(found[1]) as channel:
            provider = GrpcDataProvider(found[1], make_stub(channel))
            runs = provider.read_scalars(RequestContext(), experiment_id="", plugin_name="scalars", downsample=10**9)
        server.kill()
    tags = next(iter(runs.values()), {})
    return {tag: [(datum.step, datum.wall_time, datum.value) for datum in data] for tag, data in tags.items()}
