"""A private Jupyter server, which serves JupyterLab and Notebook 7 alike."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat.v4
from nbformat import NotebookNode

from tests.web import free_port

KERNELS = Path(sys.prefix) / "kernels"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


def end_with_the_tests() -> None:
    """Have this process end with the one that started it: killed tests leave no server behind."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


class JupyterServer:
    """A server with configuration, data, settings and notebooks of its own, all inside one folder.

    Parameters
    ----------
    folder
        An empty folder. Notebooks go to ``folder / "notebooks"``, the server's log to ``folder / "server.log"``.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.root.mkdir()
        self.url = f"http://127.0.0.1:{free_port()}"
        self._settings = folder / "settings"
        self._log = folder / "server.log"
        self.reset_settings()
        self._configure(folder / "config")
        self._install_kernels(folder / "data" / "kernels")
        with self._log.open("wb") as log:
            # A session of its own, so that stop() reaches every process the server may have started.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab"],
                env=self._environment(folder),
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_the_tests,  # noqa: PLW1509 (it takes no lock)
            )
        try:
            self._wait_until_it_answers(seconds=60)
        except BaseException:
            self.stop()
            raise

    def _configure(self, folder: Path) -> None:
        # Gives the tests window.jupyterapp, and with it every command and model of the application.
        exposed = {"expose_app_in_browser": True}
        config = {
            "ServerApp": {
                "allow_root": True,
                "disable_check_xsrf": True,
                "ip": "127.0.0.1",
                "open_browser": False,
                "port": int(self.url.rpartition(":")[2]),
                "port_retries": 0,
                "root_dir": str(self.root),
                "terminals_enabled": False,
                # Whether JupyterLab ought to be built anew is a costly question, and it asks it with every page.
                "tornado_settings": {"page_config_data": {"buildAvailable": False, "buildCheck": False}},
            },
            "IdentityProvider": {"token": ""},
            "LabApp": exposed,
            "JupyterNotebookApp": exposed,
        }
        folder.mkdir()
        (folder / "jupyter_server_config.json").write_text(json.dumps(config), "utf-8")

    def _install_kernels(self, folder: Path) -> None:
        """A kernel for each of the older versions of ipykernel that `make kernels` has put aside."""
        for version in sorted(KERNELS.glob("*")):
            spec = {
                "argv": [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": f"ipykernel {version.name}",
                "language": "python",
                "env": {"PYTHONPATH": os.pathsep.join([str(version), os.environ.get("PYTHONPATH", "")])},
            }
            (folder / version.name).mkdir(parents=True)
            (folder / version.name / "kernel.json").write_text(json.dumps(spec), "utf-8")

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self._settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
        }

    def _wait_until_it_answers(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                self.request("api")
                return
            time.sleep(0.05)  # another process starts: there is nothing to wait on
        raise RuntimeError(f"the Jupyter server did not start:\n{self._log.read_text(errors='replace')[-3000:]}")

    def request(self, path: str, method: str = "GET") -> Any:
        """Return what the server's REST interface answers, or None for an empty answer."""
        request = urllib.request.Request(f"{self.url}/{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def address(self, name: str, host: str = "lab") -> str:
        """Return where a notebook opens: in JupyterLab, with any earlier workspace ignored, or in Notebook 7."""
        return f"{self.url}/lab/tree/{name}?reset" if host == "lab" else f"{self.url}/notebooks/{name}"

    def write_notebook(self, name: str, cells: Sequence[str | NotebookNode], kernel: str = "python3") -> None:
        """Write a notebook that the server has not signed: code cells as text, or whole cells of any kind."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells],
            metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
        )
        (self.root / name).write_text(nbformat.writes(notebook), "utf-8")

    def read_notebook(self, name: str) -> NotebookNode:
        return nbformat.read(self.root / name, as_version=4)

    def set(self, plugin: str, **values: Any) -> None:
        """Set what the user would in JupyterLab's settings; pages opened from now on follow it."""
        package, _, name = plugin.rpartition(":")
        path = self._settings / package / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), "utf-8")

    def set_theme(self, theme: str) -> None:
        self.set("@jupyterlab/apputils-extension:themes", theme=THEMES[theme])

    def save_widget_state(self) -> None:
        """Do what *Save Widget State Automatically* does, which JupyterLab leaves off."""
        self.set("@jupyter-widgets/jupyterlab-manager:plugin", saveState=True)

    def reset_settings(self) -> None:
        shutil.rmtree(self._settings, ignore_errors=True)
        # The news are the one thing that JupyterLab itself fetches from elsewhere.
        self.set("@jupyterlab/apputils-extension:notification", fetchNews="false", checkForUpdates=False)

    def shut_down_kernels(self) -> None:
        for session in self.request("api/sessions"):
            self.request(f"api/sessions/{session['id']}", method="DELETE")

    def stop(self) -> None:
        """End the kernels, then the server. Asked politely, the server takes longer than all the tests of a module."""
        with contextlib.suppress(OSError):
            self.shut_down_kernels()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
