"""Frames that both languages must decode alike. `python -m tests.golden.frames` writes them anew."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from nbviz.formats.splice import Frame, Grown, HistogramColumns, ScalarColumns, Splice
from nbviz.formats.wire import encode

KEYS = ("chart", "role", "unit", "best", "panel")
PLACE = ("train", "", "", "charts")
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
        zeros=column(0, 6),
    )
    uneven_bins = HistogramColumns(
        steps=column(3),
        walls=column(1),
        counts=[column(10, 0, 10)],
        edges=[column(-8, -0.5, 0.5, 2)],
        nonfinite=column(0),
        depth="u1",
    )
    coded = HistogramColumns(
        steps=column(3, 5),
        walls=column(1, 2),
        counts=[column(1, 0, 2, 3), column(1, 1)],
        edges=[column(-1.25, -(2.0**-12), 2.0**-12, 2.0**-11, 9), column(0.5, 0.5625, 0.625)],
        nonfinite=column(0, 0),
        extremes=np.array([[-1.25, 8.5], [np.nan, np.nan]], np.float32),
    )
    part = ScalarColumns(column(2, 70, 88), column(1, 2, 3), column(3, 2, 1), np.array([2, 60, 99], np.uint32))
    merged = HistogramColumns(
        steps=column(3, 5, 6),
        walls=column(1, 2, 3),
        counts=[column(2, 2), column(1, 1), column(0, 1)],
        edges=[column(-1, 0, 1), column(-1, 0, 1), column(-1, 0, 1)],
        nonfinite=column(0, 0, 0),
        index=np.array([3, 5, 6], np.uint32),
    )
    passes = ScalarColumns(column(4, 6, 5), column(1, 2, 3), column(3, 2, 1), np.array([4, 6, 21], np.uint32))
    few = Grown(0, 5, [0], column(12, 4), column(1, 2), [column(0.5, math.nan)])
    many = Grown(2, 70_000, [3, 1], column(5, 3, 1), column(1, 2, 3), [column(1, 2, 3), column(-1, math.inf, -3)])
    return {
        "grown": Frame(2**32 - 1, "live", [], grown=[few, many]),
        "rows": Frame(7, "live", [Splice("loss", "scalar", 0, 5, 3, even)]),
        "series": Frame(
            8,
            "finished",
            [
                Splice("val/損失", "scalar", 2, 0, 3, uneven, ("損失", "validation", "", "", "charts"), series=4),
                Splice("accuracy", "scalar", 0, 0, 100, reduced, ("accuracy", "train", "percent", "max", "layers")),
                Splice("layer/weight", "histogram", 0, 0, 2, uniform, ("layer/weight", *PLACE)),
                Splice("layer/gradient", "histogram", 1, 4, 1, uneven_bins),
                Splice("layer/output", "histogram", 0, 2, 2, coded),
            ],
        ),
        "restarts": Frame(
            10,
            "live",
            [
                Splice("loss", "scalar", 0, 2, 98, part, None, ((40, 10), (90, 55))),
                Splice("layer/weight", "histogram", 0, 0, 7, merged, ("layer/weight", *PLACE), ((5, 0),)),
                Splice("accuracy", "scalar", 0, 12, 0, ScalarColumns(column(), column(), column()), None, ((12, -3),)),
            ],
        ),
        "marks": Frame(11, "live", [], {}, [(-3, ""), (40, "lr ↓ \ud83d <b>")], 3000),
        "detail": Frame(
            11,
            "live",
            [
                Splice("loss", "scalar", 1, 4, 3, passes, None, ((16, 0),), of=40),
                Splice("accuracy", "scalar", 0, 5, 3, even, of=100),
            ],
            detail=(5, 6),
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
            zeros = splice.columns.zeros
            columns |= {
                "nonfinite": plain(splice.columns.nonfinite),
                "zeros": [0.0] * len(splice.columns.walls) if zeros is None else plain(zeros),
                "extremes": None if splice.columns.extremes is None else plain(splice.columns.extremes.ravel()),
                "totals": [float(counts.sum()) for counts in splice.columns.counts],
                "counts": plain(list(splice.columns.counts)),
                "edges": plain(list(splice.columns.edges)),
                "index": None if splice.columns.index is None else plain(splice.columns.index),
            }
        place = dict(zip(KEYS, splice.place, strict=True)) if splice.place else None
        head = {"tag": splice.tag, "kind": splice.kind, "generation": splice.generation}
        rows = {"start": splice.start, "rows": splice.rows, "points": len(splice.columns.walls)}
        rows["of"] = splice.start + splice.rows if splice.of is None else splice.of
        restarts = plain(splice.restarts)
        if splice.series is not None:
            head["series"] = splice.series
        splices.append({**head, **rows, "place": place, "restarts": restarts, "columns": columns})
    totals = {tag: list(total) for tag, total in frame.totals.items()}
    about = {} if frame.marks is None else {"marks": plain(frame.marks), "planned": frame.planned}
    detail = None if frame.detail is None else list(frame.detail)
    about["detail"] = detail
    if frame.grown:
        about["grown"] = [plain_grown(grown) for grown in frame.grown]
    return {"number": frame.number, "state": frame.state, "splices": splices, "totals": totals, **about}


def plain_grown(grown: Grown) -> dict[str, Any]:
    return {name: plain(value) for name, value in grown._asdict().items()}


if __name__ == "__main__":
    for name, frame in frames().items():
        (FOLDER / f"{name}.bin").write_bytes(encode(frame))
        text = json.dumps(described(frame), indent=1, ensure_ascii=name == "marks")
        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")
