"""``python -m nbviz``: info and export, from the outside."""

from __future__ import annotations

import csv
import io
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.histogram import summary as histogram_summary
from tensorboard.plugins.text import summary_v2 as text_summary

from nbviz.command import main, reading
from tests.tfevents import VERSION, accumulated, event, framed, losses, simple

NAME = "events.out.tfevents.1.host"


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Return exit status, output and errors."""
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as end:
        status = end.code  # type: ignore[assignment]
    return (status, *capsys.readouterr())


def problems(output: str) -> list[str]:
    return [line.strip() for line in output.partition(":\n  ")[2].splitlines()]


def test_info_prints_the_table_and_says_that_there_are_no_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "logs" / "train" / NAME, framed(VERSION) + losses(0, 1200))
    put(tmp_path / "logs" / "validation" / NAME, framed(VERSION) + losses(0, 3))
    size = len(framed(VERSION) + losses(0, 1200)) + len(framed(VERSION) + losses(0, 3))
    status, output, errors = run(capsys, "info", tmp_path / "logs")
    assert (status, errors) == (0, "")
    assert output.splitlines() == [
        f"{tmp_path}/logs: 2 runs, 2 series, 1,203 rows; read {size:,} bytes in 2 files",
        "",
        "run         tag   kind    count  first step  last step  seconds   bytes",
        "train       loss  scalar  1,200           0      1,199      0.0  13,200",
        "validation  loss  scalar      3           0          2      0.0      33",
        "",
        "No problems.",
    ]


def test_info_prints_every_problem_and_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = framed(VERSION) + losses(0, 10)
    corrupt = bytearray(losses(10, 11))
    corrupt[20] ^= 1
    restarted = framed(event(simple("loss", math.nan), step=5), event(simple("loss", 1.0), step=6))
    cut = losses(7, 8)[:-5]
    path = put(tmp_path / "train" / NAME, before + bytes(corrupt) + restarted + cut)
    status, output, errors = run(capsys, "info", tmp_path)
    assert (status, errors) == (1, "")
    assert "\n4 problems:\n" in output
    lost = f"a record of {len(corrupt) - 16} bytes fails its checksum, so it was left out."
    assert problems(output) == [
        f"train: {path}, byte {len(before)}: {lost}",
        f"train: {path} ends within a record, whose first {len(cut)} bytes are there: cut short, or being written.",
        "train: restarted at step 5, so 5 rows logged before are superseded.",
        "train: 'loss' holds 1 value that is not finite, the first nan at step 5.",
    ]


def test_info_lists_more_places_than_a_warning_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray(losses(1, 31))
    for step in range(1, 31):
        data[len(losses(1, step)) + 15] ^= 1
    put(tmp_path / NAME, framed(VERSION) + bytes(data) + losses(31, 32))
    _, output, _ = run(capsys, "info", tmp_path)
    assert len(problems(output)) == 30


def test_a_wrong_length_that_hides_records_is_no_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = framed(bytes(10_000))[:12] + losses(3, 6)
    put(tmp_path / NAME, losses(1, 3) + hidden)
    status, output, _ = run(capsys, "info", tmp_path)
    assert (status, len(problems(output))) == (1, 1)
    assert "claims more bytes than the file holds" in output


def test_text_from_files_never_controls_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;title\x07\x1b[2J\r\n\u202e"
    put(tmp_path / f"run{evil[:3]}" / NAME, framed(event(simple(evil, math.nan))) + b"no record, sixteen bytes")
    status, output, errors = run(capsys, "info", tmp_path)
    assert status == 1
    assert all(char.isprintable() or char == "\n" for char in output + errors)
    assert r"\x1b]0;title\x07\x1b[2J\r\n\u202e" in output


def test_runs_and_tags_are_chosen_by_regular_expressions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a/train", "a/val", "b/train"):
        put(tmp_path / name / NAME, losses(0, 2) + losses(0, 2, "accuracy"))
    _, output, _ = run(capsys, "info", tmp_path, "--runs", "train$", "--tags", "^loss")
    assert [line.split()[:2] for line in output.splitlines()[3:5]] == [["a/train", "loss"], ["b/train", "loss"]]
    assert ": 2 runs, 2 series, 4 rows; read " in output
    status, output, errors = run(capsys, "info", tmp_path, "--tags", "nothing")
    assert (status, output) == (2, "")
    assert errors == f"nbviz: nothing in {tmp_path} has a run and a tag like that, so there is nothing to do.\n"


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["info", "{}/nowhere"], "nbviz: {}/nowhere does not exist: expected a log directory or an event file.\n"),
        (["info", "{}"], "nbviz: {} holds no event files: expected files with 'tfevents' in their names.\n"),
        (["info", "{}", "--runs", "["], "argument --runs: '[' is no regular expression: unterminated character set"),
        (["export", "{}", "x.png"], "argument OUT: 'x.png' should end in .html, .csv or .parquet, which says what"),
        (["export", "{}/nowhere", "{}/x.csv"], "nbviz: {}/nowhere does not exist"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    status, output, errors = run(capsys, *(argument.format(tmp_path) for argument in arguments))
    assert (status, output) == (2, "")
    assert sentence.format(tmp_path) in errors
    assert list(tmp_path.iterdir()) == []


def test_help_says_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("info", "export"):
        status, output, _ = run(capsys, command, "--help")
        assert status == 0
        assert [line[:4] for line in output.splitlines()[-3:]] == ["  0 ", "  1 ", "  2 "]


def test_a_table_of_scalars_as_text_has_every_digit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbviz.tables.CSV_ROWS", 7)
    rng = np.random.default_rng(0)
    tags = ["loss", 'a "quoted", tag', "größe"]
    payloads = [
        event(simple(tag, value), step=step, wall_time=1e9 * rng.random())
        for step, value in enumerate([*rng.normal(size=20), math.nan, math.inf, -math.inf, -0.0, 1e-45])
        for tag in tags
    ]
    path = put(tmp_path / "logs" / "train" / NAME, framed(VERSION, *payloads))
    status, output, errors = run(capsys, "export", tmp_path / "logs", tmp_path / "out.csv")
    assert (status, output, errors) == (0, f"{tmp_path}/out.csv: 75 rows of 1 run\n", "")
    text = (tmp_path / "out.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    for tag in tags:
        ours = [(row["run"], int(row["step"]), row["wall_time"], row["value"]) for row in rows if row["tag"] == tag]
        theirs = accumulated(path.parent).Scalars(tag)
        assert ours == [("train", event.step, repr(event.wall_time), repr(float(event.value))) for event in theirs]
    assert {row["superseded"] for row in rows} == {"False"}


def test_what_is_no_scalar_is_counted_and_left_out_of_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    histogram = histogram_summary.histogram_pb("weights", [1.0, 2.0]).value[0]
    put(tmp_path / "train" / NAME, losses(0, 3) + framed(event(histogram)))
    _, output, _ = run(capsys, "export", tmp_path, tmp_path / "out.csv")
    assert output == f"{tmp_path}/out.csv: 3 rows of 1 run; 1 series that hold no scalars were left out\n"


def test_a_page_says_what_it_leaves_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = text_summary.text_pb("note", "words").value[0]
    put(tmp_path / "train" / NAME, losses(0, 3) + framed(event(note)))
    _, output, _ = run(capsys, "export", tmp_path, tmp_path / "out.html")
    left_out = "1 series that hold neither scalars nor histograms were left out"
    assert re.fullmatch(rf"{tmp_path}/out.html: a page of 1 run, \d+ kB; {left_out}\n", output)


def test_a_directory_that_does_not_exist_is_not_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "train" / NAME, losses(0, 3))
    out = tmp_path / "nowhere" / "out.csv"
    told = f"nbviz: {out} cannot be written: there is no directory {out.parent}.\n"
    assert run(capsys, "export", tmp_path, out) == (2, "", told)


def test_info_leaves_columns_out_that_a_terminal_has_no_room_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "train" / NAME, losses(0, 3))
    monkeypatch.setenv("COLUMNS", "40")
    assert "seconds" in run(capsys, "info", tmp_path)[1].splitlines()[2]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(capsys, "info", tmp_path)[1].splitlines()[2:5] == [
        "run    tag   kind    count  last step",
        "train  loss  scalar      3          2",
        "No room here for the columns: first step, seconds, bytes.",
    ]


def test_superseded_rows_are_exported_and_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "train" / NAME, losses(0, 3) + losses(1, 3))
    run(capsys, "export", tmp_path, tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open("r", encoding="utf-8")))
    assert [(row["step"], row["superseded"]) for row in rows] == [
        ("0", "False"),
        ("1", "True"),
        ("2", "True"),
        ("1", "False"),
        ("2", "False"),
    ]


def test_parquet_holds_the_same_bits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rng = np.random.default_rng(0)
    values = np.array([*rng.normal(size=20), math.nan, math.inf, -0.0], np.float32)
    for name in ("train", "実験"):
        put(
            tmp_path / "logs" / name / NAME,
            framed(*(event(simple("loss", value), step=step) for step, value in enumerate(values))),
        )
    status, output, _ = run(capsys, "export", tmp_path / "logs", tmp_path / "out.parquet")
    assert (status, output) == (0, f"{tmp_path}/out.parquet: 46 rows of 2 runs\n")
    frame = parquet.read_table(tmp_path / "out.parquet")
    assert frame.column_names == ["run", "tag", "step", "wall_time", "value", "superseded"]
    assert frame["run"].to_pylist() == ["train"] * 23 + ["実験"] * 23
    assert frame["tag"].to_pylist() == ["loss"] * 46
    assert frame["step"].to_pylist() == [*range(23), *range(23)]
    assert frame["value"].to_numpy().tobytes() == np.tile(values.astype(float), 2).tobytes()


def test_without_pyarrow_it_says_what_to_install_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    put(tmp_path / "logs" / NAME, losses(0, 3))
    status, _, errors = run(capsys, "export", tmp_path / "logs", tmp_path / "out.parquet")
    assert status == 2
    assert "needs pyarrow, which is not installed: pip install 'nbviz[arrow]'" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_a_page_holds_what_was_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("train", "validation", "other"):
        put(tmp_path / "logs" / name / NAME, losses(0, 3) + losses(0, 3, "accuracy"))
    out = tmp_path / "out.html"
    status, output, errors = run(capsys, "export", tmp_path / "logs", out, "--runs", "^(train|val)", "--tags", "loss")
    assert (status, errors) == (0, "")
    assert re.fullmatch(rf"{out}: a page of 2 runs, \d+ kB\n", output)
    page = out.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert '"train"' in page and '"validation"' in page and '"other"' not in page


def test_an_export_of_a_damaged_log_is_written_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray(losses(0, 3))
    data[20] ^= 1
    put(tmp_path / "logs" / NAME, framed(VERSION) + bytes(data))
    put(tmp_path / "out.csv", b"what was there before")
    status, output, errors = run(capsys, "export", tmp_path / "logs", tmp_path / "out.csv")
    assert (status, output) == (1, f"{tmp_path}/out.csv: 2 rows of 1 run\n")
    assert errors == f"nbviz: 1 problem on reading; python -m nbviz info {tmp_path}/logs lists them.\n"
    assert len((tmp_path / "out.csv").read_text("utf-8").splitlines()) == 3


def test_a_failed_export_leaves_the_file_that_was_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "logs" / NAME, losses(0, 3))
    put(tmp_path / "out.csv", b"what was there before")

    def full(*_: object) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nbviz.command.export.write_csv", full)
    status, _, errors = run(capsys, "export", tmp_path / "logs", tmp_path / "out.csv")
    assert (status, errors) == (2, "nbviz: [Errno 28] No space left on device\n")
    assert (tmp_path / "out.csv").read_bytes() == b"what was there before"
    assert len(list(tmp_path.iterdir())) == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream, shows", [(Terminal(), True), (io.StringIO(), False)], ids=["terminal", "file"])
def test_long_work_shows_its_progress_on_a_terminal_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, shows: bool
) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0)
    monkeypatch.setattr(reading, "REFRESH", 0)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("nbviz.sources.reading.CHUNK", 1)  # a file at a time
    for number in range(4):
        put(tmp_path / f"run{number}" / NAME, losses(0, 3))
    assert main(["info", str(tmp_path)]) == 0
    assert ("reading:  50%" in stream.getvalue(), "2.0/4" in stream.getvalue()) == (shows, shows)


def test_short_work_shows_no_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / NAME, losses(0, 3))
    monkeypatch.setattr(sys, "stderr", stream := Terminal())
    assert main(["info", str(tmp_path)]) == 0
    assert stream.getvalue() == ""


def test_it_runs_as_a_module_where_the_terminal_knows_only_ascii_and_a_pipe_is_closed(tmp_path: Path) -> None:
    put(
        tmp_path / "größe" / NAME,
        framed(event_pb2.Event(file_version="brain.Event:2").SerializeToString()) + losses(0, 3),
    )
    command = [sys.executable, "-m", "nbviz", "info", str(tmp_path)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"gr\xf6\xdfe" in done.stdout
    read_end, write_end = os.pipe()
    os.close(read_end)
    closed = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert (closed.returncode, closed.stderr) == (141, "")
