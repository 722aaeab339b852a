"""The table of what runs hold."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.plugins.histogram import summary as histogram_summary

from nbviz.run import Run
from nbviz.sources.events import read
from nbviz.sources.table import SHOWN, Row, printable, table
from tests.tfevents import event, framed, simple

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")

NAME = "events.out.tfevents.1.host"


def run_of(tag: str, count: int = 1, name: str = "run") -> Run:
    run = Run(name)
    run.extend(tag, range(count), np.arange(count) * 1.5, np.zeros(count))
    return run


def test_a_row_tells_what_a_series_holds(tmp_path: Path) -> None:
    histogram = histogram_summary.histogram_pb("weights", [1.0, 2.0]).value[0]
    assert (len(histogram.SerializeToString()), len(simple("loss", 3).SerializeToString())) == (763, 11)
    payloads = [
        event(simple("loss", value), step=step, wall_time=10 + step / 4) for step, value in enumerate([3, 2, 1])
    ]
    payloads += [event(simple("loss", value), step=1, wall_time=20.0) for value in (math.nan, math.inf)]
    payloads += [event(histogram, step=step, wall_time=5.0) for step in (7, 1_000_000)]
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / NAME).write_bytes(framed(*payloads) + b"damage damage damage")
    runs = read(tmp_path)
    assert list(runs.table()) == [
        Row("train", "loss", "scalar", "", 5, 0, 2, 10.0, 5 * 11, 2, 2, 1),
        Row("train", "weights", "histogram", "histograms", 2, 7, 1_000_000, 0.0, 2 * 763, 0, None, 1),
    ]
    head, *lines = str(runs.table()).splitlines()
    assert head.endswith("last step  seconds  bytes  superseded  not finite  problems")
    assert lines == [
        f"train  loss     scalar         5           0          2     10.0     55{'2':>12}{'2':>12}{'1':>10}",
        f"train  weights  histogram      2           7  1,000,000      0.0  1,526{'1':>34}",
    ]


def test_columns_with_nothing_to_say_are_left_out() -> None:
    assert str(table({"run": run_of("loss", 3)})).splitlines() == [
        "run  tag   kind    count  first step  last step  seconds",
        "run  loss  scalar      3           0          2      3.0",
    ]


def test_a_plugin_is_shown_only_of_tensors_as_the_kind_tells_it_of_all_else() -> None:
    run = run_of("loss")
    for tag, kind in (("weights", "histogram"), ("mine", "tensor")):
        run.extend_items(tag, kind, [0], [0.0], [None]).plugin = f"{tag} plugin"  # type: ignore[arg-type]
    assert str(table({"run": run})).splitlines() == [
        "run  tag      kind       plugin       count  first step  last step  seconds",
        "run  loss     scalar                      1           0          0      0.0",
        "run  weights  histogram                   1           0          0      0.0",
        "run  mine     tensor     mine plugin      1           0          0      0.0",
    ]


def test_a_narrow_terminal_is_told_which_columns_have_no_room() -> None:
    rows = table({"run": run_of("loss", 3)})
    full = "run  tag   kind    count  first step  last step  seconds"
    assert rows.text(len(full)) == str(rows)
    assert rows.text(len(full) - 1).splitlines() == [
        "run  tag   kind    count  first step  last step",
        "run  loss  scalar      3           0          2",
        "No room here for the columns: seconds.",
    ]
    assert rows.text(0).splitlines() == [
        "run  tag   kind    count  last step",
        "run  loss  scalar      3          2",
        "No room here for the columns: first step, seconds.",
    ]


def test_headings_stand_over_their_columns_on_a_page() -> None:
    page = table({"run": run_of("loss")})._repr_html_()
    head, body = (
        re.findall(f'<{cell} style="text-align: (left|right); white-space: nowrap">', page) for cell in ("th", "td")
    )
    assert head == body == ["left"] * 3 + ["right"] * 4


def test_wide_characters_and_accents_keep_the_columns_in_line() -> None:
    lines = str(table({"実験": run_of("loss"), "e\u0301": run_of("loss"), "abcd": run_of("loss")})).splitlines()
    assert [line.partition("loss")[0] for line in lines[1:]] == ["実験  ", "e\u0301     ", "abcd  "]


def test_text_from_files_reaches_neither_terminal_nor_page_as_it_is() -> None:
    rows = table({"<b>\x1b[31m\u202e": run_of("<script>alert(1)</script>\n")})
    assert r"<b>\x1b[31m\u202e" in str(rows)
    page = rows._repr_html_()
    assert r"&lt;b&gt;\x1b[31m\u202e" in page
    assert r"&lt;script&gt;alert(1)&lt;/script&gt;\n" in page
    assert "<script" not in page
    assert printable("a\x00b\ud800c\u009b größe 実験") == r"a\x00b\ud800c\x9b größe 実験"


def test_a_long_table_is_cut_in_a_notebook_and_whole_when_printed() -> None:
    run = Run()
    for number in range(SHOWN + 1000):
        run.extend(f"tag{number}", [0], [0.0], [0.0])
    rows = table({"run": run})
    assert len(str(rows).splitlines()) == SHOWN + 1001
    assert repr(rows).splitlines()[-2].split()[1] == f"tag{SHOWN - 1}"
    assert repr(rows).splitlines()[-1] == "… and 1,000 more rows; print() shows them all."
    assert rows._repr_html_().count("<tr>") == SHOWN + 1
    assert len(rows[:5]) == 5 and rows[:5][-1] == rows[4]


def test_a_series_whose_wall_times_are_not_finite_has_a_row() -> None:
    run = Run()
    run.extend("loss", [0, 1], [math.nan, math.inf], [0.0, 1.0])
    run.extend("empty", [], [], [])
    assert [(row.count, row.first_step, row.seconds) for row in table({"run": run})] == [(2, 0, None), (0, None, None)]


def test_the_table_is_a_data_frame_when_asked() -> None:
    pandas = pytest.importorskip("pandas")
    frame = table({"run": run_of("loss", 3)}).to_pandas()
    expected: dict[str, Any] = {name: [value] for name, value in table({"run": run_of("loss", 3)})[0]._asdict().items()}
    pandas.testing.assert_frame_equal(frame, pandas.DataFrame(expected))


def test_without_pandas_the_data_frame_is_missed_in_so_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"needs pandas, which is not installed: pip install 'nbviz\[pandas\]'"):
        table({}).to_pandas()


@pytest.mark.parametrize("count", [50, 30_000], ids=["decoded one by one", "decoded together"])
def test_the_bytes_of_scalars_are_those_of_their_values_in_the_file(tmp_path: Path, count: int) -> None:
    tags = ["loss", "accuracy", "a/longer/tag"]
    payloads = [event(simple(tags[step * step % 7 % 3], step), step=step) for step in range(count)]
    (tmp_path / NAME).write_bytes(framed(*payloads))
    logged = Counter(tags[step * step % 7 % 3] for step in range(count))
    expected = {tag: number * len(simple(tag, 1).SerializeToString()) for tag, number in logged.items()}
    assert {row.tag: row.bytes for row in read(tmp_path).table()} == expected
