"""Frames that both languages must decode alike. `python -m tests.golden.frames` writes them anew."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from nbviz.formats.wire import Frame, HistogramColumns, ScalarColumns, Splice, encode

FOLDER = Path(__file__).parent


def column(*values: float) -> Any:
    return np.array(values, np.float64)


def frames() -> dict[str, Frame]:
    even = ScalarColumns(column(5, 6, 7), column(100, 100.5, 101), column(0.1, math.nan, math.inf))
    uneven = ScalarColumns(column(0, 10, 7), column(1, 2, 3), column(1, -math.inf, 3))
    reduced = ScalarColumns(column(0, 30, 99), column(0, 3, 9.9), column(4, -2, 8), np.array([0, 30, 99], np.uint32))
    uniform = HistogramColumns(
        steps=column(0, 10),
        walls=column(1, 2),
        counts=[column(2, 2, 0), column(0, 0, 0)],
        edges=[column(-1, 0, 1, 2), column(0, 1, 2, 3)],
        nonfinite=column(0, 4),
    )
    uneven_bins = HistogramColumns(
        steps=column(3),
        walls=column(1),
        counts=[column(10, 0, 10)],
        edges=[column(-8, -0.5, 0.5, 2)],
        nonfinite=column(0),
        depth="u1",
    )
    return {
        "rows": Frame(7, "live", [Splice("loss", "scalar", 0, 5, 3, even)]),
        "series": Frame(
            8,
            "finished",
            [
                Splice("val/損失", "scalar", 2, 0, 3, uneven, ("損失", "validation", "", "")),
                Splice("accuracy", "scalar", 0, 0, 100, reduced, ("accuracy", "train", "percent", "max")),
                Splice("layer/weight", "histogram", 0, 0, 2, uniform, ("layer/weight", "train", "", "")),
                Splice("layer/gradient", "histogram", 1, 4, 1, uneven_bins),
            ],
        ),
        "totals": Frame(9, "following", [], {"loss": (0, 8), "__proto__": (3, 1)}),
    }


def plain(value: Any) -> Any:
    """As JSON can hold it: numbers that are not finite are their names."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def described(frame: Frame) -> dict[str, Any]:
    """A frame in the words of js/src/wire.ts."""
    splices = []
    for splice in frame.splices:
        columns: dict[str, Any] = {"steps": plain(splice.columns.steps), "walls": plain(splice.columns.walls)}
        if isinstance(splice.columns, ScalarColumns):
            index = splice.columns.index
            columns |= {"values": plain(splice.columns.values), "index": None if index is None else plain(index)}
        else:
            columns |= {
                "nonfinite": plain(splice.columns.nonfinite),
                "totals": [float(counts.sum()) for counts in splice.columns.counts],
                "counts": plain(list(splice.columns.counts)),
                "edges": plain(list(splice.columns.edges)),
            }
        place = dict(zip(("chart", "role", "unit", "best"), splice.place, strict=True)) if splice.place else None
        head = {"tag": splice.tag, "kind": splice.kind, "generation": splice.generation}
        rows = {"start": splice.start, "rows": splice.rows, "points": len(splice.columns.walls)}
        splices.append({**head, **rows, "place": place, "columns": columns})
    totals = {tag: list(total) for tag, total in frame.totals.items()}
    return {"number": frame.number, "state": frame.state, "splices": splices, "totals": totals}


if __name__ == "__main__":
    for name, frame in frames().items():
        (FOLDER / f"{name}.bin").write_bytes(encode(frame))
        text = json.dumps(described(frame), indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")
