"""The demo as its user gets it, run once for all tests, in a copy of its folder and with fewer steps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "demo"
STEPS = 200


def ran_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the demo ran; what it printed is in ``printed.txt``."""
    folder = tmp_path_factory.getbasetemp() / "demo"
    if not folder.exists():
        folder.mkdir()
        for path in (*SOURCE.glob("*.py"), SOURCE / "digits.ipynb"):
            shutil.copy(path, folder)
        done = subprocess.run(
            [sys.executable, str(folder / "train_digits.py"), "--steps", str(STEPS)],
            # It signs the notebook, which is remembered there.
            env={**os.environ, "JUPYTER_DATA_DIR": str(folder / "jupyter")},
            cwd=folder.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        (folder / "printed.txt").write_text(done.stdout + done.stderr, "utf-8")
        assert done.returncode == 0, done.stdout + done.stderr
    return folder
