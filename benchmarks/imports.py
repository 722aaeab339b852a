"""What importing nbviz costs a fresh process, beside what a training script would import to the same end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from typing import Any

from benchmarks.kernel import ROOT
from benchmarks.measure import Row, arguments, interleaved, print_table, seconds

LIVE, READ = "from nbviz import LiveLoss", "from nbviz import read"
PEERS = ("ipywidgets", "bqplot", "matplotlib.pyplot", "livelossplot", "torch.utils.tensorboard")
OF_WIDGETS = ("anywidget", "ipywidgets", "traitlets")
UNWANTED = ("torch", "pandas", "bqplot", "matplotlib", "tensorboard")
CACHE = tempfile.TemporaryDirectory(prefix="nbviz-imports-")
CODE = """
import json, sys, time
{before}
start = time.perf_counter()
{statement}
print(json.dumps([time.perf_counter() - start, sorted(sys.modules)]))
"""


def imported(statement: str, before: str = "") -> tuple[float, list[str]]:
    """Seconds that an import takes in a fresh process, and the modules that are loaded then."""
    code = CODE.format(statement=statement, before=before)
    # An editable install was never compiled, as an installed wheel is; PYTHONDONTWRITEBYTECODE would keep it so.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": CACHE.name, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    found: Any = json.loads(done.stdout)
    return found[0], found[1]


def taken(statement: str, before: str = "") -> float:
    return imported(statement, before)[0]


def _unwanted(statement: str, names: tuple[str, ...]) -> Row:
    loaded = set(imported(statement)[1])
    found = [name for name in names if name in loaded]
    return Row(f"  of {', '.join(names)} loaded", ", ".join(found) or "none", "", len(found), 0, True, "")


def main() -> None:
    quick = arguments(__doc__).quick
    measures = {
        statement: partial(taken, statement) for statement in (LIVE, READ, *(f"import {name}" for name in PEERS))
    }
    measures["in a kernel"] = partial(taken, LIVE, "import ipykernel.ipkernel, ipywidgets")
    for measure in measures.values():
        measure()  # writes the compiled modules and fills the disk's cache
    found = interleaved(measures, 1 if quick else 7)
    ours = found[LIVE]
    rows = [Row(f"{LIVE}, in a fresh process", seconds(ours), "", round(ours, 3), 0.5, at_most=True, unit="s")]
    rows.append(Row("  where ipykernel and ipywidgets are there already", seconds(found["in a kernel"])))
    for name in PEERS:
        theirs = found[f"import {name}"]
        rows.append(Row(f"  against import {name}", seconds(ours), seconds(theirs), theirs / ours))
    rows.append(_unwanted(LIVE, UNWANTED))
    rows.append(Row(f"{READ}, numpy included", seconds(found[READ])))
    rows.append(_unwanted(READ, OF_WIDGETS))
    print_table(
        "Seconds to import, in fresh processes", rows, "torch", "matplotlib", "livelossplot", "bqplot", "ipywidgets"
    )


if __name__ == "__main__":
    main()
