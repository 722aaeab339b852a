"""The shape of the package: what it exports, who may import whom, and what a bare import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import nbviz

PACKAGE = Path(__file__).parent.parent / "nbviz"

# Who may import whom, as in docs/architecture.md; a sub-package stands for all its modules and may import itself.
# Everyone may import notice, which is how nbviz speaks up.
MAY_IMPORT: dict[str, set[str]] = {
    "notice": set(),
    "arrival": set(),
    "ondevice": {"arrival"},
    "column": set(),
    "formats": set(),
    "restarts": set(),
    "tables": set(),
    "history": {"formats"},
    "rows": {"column", "restarts"},
    "series": {"column", "formats", "history", "restarts", "rows", "tables"},
    "values": {"formats", "ondevice"},
    "marks": {"formats", "series"},
    "track": set(),
    "iterations": set(),
    "stage": {"formats", "iterations", "ondevice", "series", "values"},
    "sinks": {"formats", "restarts", "series"},
    "rundata": {"iterations", "marks", "series", "sinks", "stage"},
    "run": {
        "iterations",
        "layers",
        "marks",
        "ondevice",
        "rundata",
        "series",
        "sinks",
        "stage",
        "tables",
        "track",
        "values",
    },
    "hparams": {"run"},
    "layers": set(),
    "charts": {"layers"},
    "pump": set(),
    "display": set(),
    "rebin": {"formats", "series"},
    "reduce": set(),
    "detail": {"formats", "reduce", "restarts", "series"},
    "budget": {"formats", "rebin", "series"},
    "sender": {"budget", "charts", "detail", "formats", "marks", "rebin", "run", "series"},
    "cells": set(),
    "channel": {"budget", "cells", "charts", "formats", "pump", "run", "sender", "series", "values", "widget"},
    "crowd": {"channel", "formats", "run", "values", "widget"},
    "widget": set(),
    "console": {"charts", "run", "series"},
    "picture": {"channel", "charts", "layers", "rebin", "reduce", "run", "series"},
    "export": {"channel", "formats"},
    "exporter": {"export"},
    "sources": {"column", "formats", "run", "rundata", "series", "tables"},
    "capture": {"arrival", "formats", "iterations", "layers", "run"},
    "keras": {"capture"},
    "bq": {"channel", "charts", "display", "formats", "hparams", "picture", "reduce", "run", "series"},
    "command": {"export", "run", "series", "sources", "tables", "views"},
    "__main__": {"command"},
    "views": {
        "channel",
        "charts",
        "console",
        "crowd",
        "display",
        "formats",
        "hparams",
        "layers",
        "picture",
        "run",
        "rundata",
        "series",
        "tables",
        "track",
        "values",
        "widget",
    },
}

# Only views bring these: who reads a log does not wait for them.
OF_WIDGETS = ["anywidget", "ipywidgets", "traitlets"]

# These are imported where they are used, whatever is imported from nbviz.
HEAVY = [
    "PIL",
    "bqplot",
    "fsspec",
    "jax",
    "keras",
    "matplotlib",
    "pandas",
    "pyarrow",
    "resvg_py",
    "scipy",
    "sklearn",
    "tensorboard",
    "tensorflow",
    "torch",
    "tqdm",
]


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imported_from_nbviz(path: Path) -> set[str]:
    """Return the first-level parts of nbviz that a module imports, also inside its functions."""
    here = ("nbviz", *path.relative_to(PACKAGE).with_suffix("").parts)
    found: list[tuple[str, ...]] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else ()
            base += tuple((node.module or "").split(".")) if node.module else ()
            found += [(*base, alias.name) for alias in node.names]
    return {parts[1] for parts in found if parts[0] == "nbviz" and len(parts) > 1}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert part in MAY_IMPORT, f"say in MAY_IMPORT and docs/architecture.md what nbviz.{part} may import"
    assert imported_from_nbviz(path) - {part, "notice"} <= MAY_IMPORT[part]


def test_who_may_import_whom_has_no_circle() -> None:
    left = {part: set(others) for part, others in MAY_IMPORT.items()}
    while free := [part for part, others in left.items() if not others & left.keys()]:
        for part in free:
            del left[part]
    assert not left


def test_what_type_checkers_see_is_what_is_exported() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    seen = {alias.name: getattr(import_module(str(node.module)), alias.name)
            for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}  # fmt: skip
    assert seen == {name: getattr(nbviz, name) for name in nbviz.__all__}


def test_every_public_name_is_exported_on_purpose() -> None:
    for name in nbviz.__all__:
        getattr(nbviz, name)
    private = {"TYPE_CHECKING", "import_module"}
    public = {name for name, value in vars(nbviz).items() if name[0] != "_" and not isinstance(value, ModuleType)}
    assert public - private == set(nbviz.__all__)
    assert dir(nbviz) == sorted([*nbviz.__all__, "__version__"])
    with pytest.raises(AttributeError, match="module 'nbviz' has no attribute 'losses'"):
        getattr(nbviz, "losses")  # noqa: B009


def loaded_by(code: str, names: list[str]) -> list[str]:
    code = f"{code}\nimport sys; print(*[name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_bare_import_brings_nothing() -> None:
    assert loaded_by("import nbviz", [*HEAVY, *OF_WIDGETS, "numpy", "nbviz.run"]) == []


def test_no_public_name_brings_a_heavy_package() -> None:
    assert loaded_by("from nbviz import *; LiveLoss", HEAVY) == []


def test_reading_a_log_brings_no_widgets(tmp_path: Path) -> None:
    run = nbviz.Run()
    run.log(loss=0.5)
    run.log_histogram("weights", [1.0, 2.0])
    run.save(tmp_path / "log")
    unwanted = [*HEAVY, *OF_WIDGETS, "concurrent.futures", "http.client", "ssl"]
    code = f"""
import nbviz
runs = nbviz.read({str(tmp_path / "log")!r})
assert runs["log"]["loss"].values.tolist() == [0.5] and len(runs["log"]["weights"]) == 1
with nbviz.follow({str(tmp_path / "log")!r}):
    pass
nbviz.Run().log(loss=0.5)
"""
    assert loaded_by(code, unwanted) == []
