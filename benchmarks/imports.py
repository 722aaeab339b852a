"""What `import nbviz` costs a fresh process, beside what a training script would import to the same end."""

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

PEERS = ("ipywidgets", "bqplot", "matplotlib.pyplot", "livelossplot", "torch.utils.tensorboard")
UNWANTED = ("torch", "pandas", "bqplot", "matplotlib", "tensorboard")
CACHE = tempfile.TemporaryDirectory(prefix="nbviz-imports-")
CODE = """
import json, sys, time
{before}
start = time.perf_counter()
import {module}
print(json.dumps([time.perf_counter() - start, sorted(sys.modules)]))
"""


def imported(module: str, before: str = "") -> tuple[float, list[str]]:
    """Seconds that an import takes in a fresh process, and the modules that are loaded then."""
    code = CODE.format(module=module, before=before)
    # An editable install was never compiled, as an installed wheel is; PYTHONDONTWRITEBYTECODE would keep it so.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": CACHE.name, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    found: Any = json.loads(done.stdout)
    return found[0], found[1]


def taken(module: str, before: str = "") -> float:
    return imported(module, before)[0]


def main() -> None:
    quick = arguments(__doc__).quick
    measures = {module: partial(taken, module) for module in ("nbviz", *PEERS)}
    measures["nbviz in a kernel"] = partial(taken, "nbviz", "import ipykernel.ipkernel, ipywidgets")
    for measure in measures.values():
        measure()  # writes the compiled modules and fills the disk's cache
    found = interleaved(measures, 1 if quick else 7)
    ours = found["nbviz"]
    rows = [Row("import nbviz in a fresh process", seconds(ours), "", round(ours, 3), 0.5, at_most=True, unit="s")]
    rows.append(Row("  where ipykernel and ipywidgets are there already", seconds(found["nbviz in a kernel"])))
    rows += [Row(f"  against import {name}", seconds(ours), seconds(found[name]), found[name] / ours) for name in PEERS]
    loaded = set(imported("nbviz")[1])
    unwanted = [name for name in UNWANTED if name in loaded]
    rows.append(
        Row(f"  of {', '.join(UNWANTED)} loaded", ", ".join(unwanted) or "none", "", len(unwanted), 0, True, "")
    )
    print_table(
        "Seconds to import, in fresh processes", rows, "torch", "matplotlib", "livelossplot", "bqplot", "ipywidgets"
    )


if __name__ == "__main__":
    main()
