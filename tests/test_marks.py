"""Marks: what was worth a note is kept, read back, sent to pages, and never in the way of training."""

from __future__ import annotations

from pathlib import Path

import pytest

import nbviz
from nbviz import LiveLoss, NbvizWarning, Run
from nbviz.formats.wire import decode, encode
from nbviz.sender import MARKS, NOTE, Sender
from tests.tfevents import accumulated


def marked() -> Run:
    run = Run("digits")
    for step in range(10):
        run.log(loss=1.0 / (step + 1))
        if step == 4:
            run.mark("lr drop")
    run.mark("ahead", step=500)
    run.mark(step=2)
    return run


def test_a_mark_is_at_the_step_of_the_latest_log_or_where_it_is_said() -> None:
    run = marked()
    assert run.marks == [(2, ""), (4, "lr drop"), (500, "ahead")]
    assert run.last_step == 9, "a mark ahead of training is no step of it"
    run.log(loss=0.1)
    assert run["loss"].steps[-1] == 10


def test_the_same_mark_twice_is_one_and_two_notes_of_one_step_are_two() -> None:
    run = marked()
    for note in ("lr drop", "lr drop", "checkpoint"):
        run.mark(note, step=4)
    assert [mark.note for mark in run.marks if mark.step == 4] == ["checkpoint", "lr drop"]


def test_a_mark_makes_no_run_live_that_is_over() -> None:
    run = marked()
    run.finish()
    run.mark("the best", step=7)
    assert len(run.marks) == 4 and run.state == "finished"
    run.log(loss=0.1)
    run.commit()
    assert run.state == "live"


def test_a_rewind_forgets_marks_and_a_restart_keeps_them() -> None:
    run = marked()
    run.restart(3)
    assert [mark.step for mark in run.marks] == [2, 4, 500]
    run.rewind(4)
    assert [mark.step for mark in run.marks] == [2]


def test_what_is_no_note_or_no_step_is_reported_and_training_goes_on() -> None:
    run = Run()
    with pytest.warns(
        NbvizWarning, match=r"a note of type int: expected a text; a step goes by name, as in mark\(step=30\)"
    ):
        run.mark(30)  # type: ignore[arg-type]
    with pytest.warns(NbvizWarning, match=r"mark\(\) ignored a step of type str"):
        run.mark("now", step="now")  # type: ignore[arg-type]
    assert run.marks == []


HOSTILE = ["<script>alert(1)</script>", "a\u202eb", "x" * 10_000, "half \ud83d", ""]


def test_marks_are_saved_and_read_back_and_tensorboard_reads_the_file(tmp_path: Path) -> None:
    run = marked()
    for step, note in enumerate(HOSTILE, 20):
        run.mark(note, step=step)
    path = run.save(tmp_path / "run")
    found = nbviz.read(tmp_path)["run"]
    assert found.marks == [(step, note.replace("\ud83d", "\\ud83d")) for step, note in run.marks]
    assert found["loss"].values.tolist() == run["loss"].values.tolist() and not found["loss"].superseded.any()
    theirs = accumulated(path)
    assert [(event.step, event.tensor_proto.string_val[0]) for event in theirs.Tensors("nbviz/marks")][:2] == [
        (4, b"lr drop"),
        (500, b"ahead"),
    ]
    assert theirs.SummaryMetadata("nbviz/marks").plugin_data.plugin_name == "text"
    assert len(theirs.Scalars("loss")) == 10


def test_marks_are_recorded_while_the_run_trains(tmp_path: Path) -> None:
    run = Run("live", logdir=tmp_path / "live")
    run.log(loss=1.0)
    run.mark("begun")
    run.finish()
    assert nbviz.read(tmp_path)["live"].marks == [(0, "begun")]


def test_a_page_hears_of_marks_once_and_again_at_rest() -> None:
    run = marked()
    run.total_steps = 600
    sender = Sender(run)
    first, second = sender.take(), sender.take()
    assert (first.marks, first.planned) == ([(2, ""), (4, "lr drop"), (500, "ahead")], 600)
    assert second.marks is None, "what did not change costs nothing"
    for frame in (sender.totals(), sender.snapshot()):
        again = decode(encode(frame))
        assert (again.marks, again.planned) == (first.marks, 600)
    run.mark("more", step=600)
    assert len(sender.take().marks or []) == 4


def test_what_a_page_is_told_of_marks_is_bounded() -> None:
    run = Run()
    for step in range(MARKS + 50):
        run.mark("x" * 10_000, step=step)
    marks = Sender(run).snapshot().marks
    assert marks is not None and len(marks) == MARKS
    assert marks[0][0] == 50 and {len(note) for _, note in marks} == {NOTE}


def test_a_live_view_marks_its_run() -> None:
    live = LiveLoss()
    live.log(loss=1.0)
    live.mark("lr drop")
    live.mark("later", step=7)
    assert live.run.marks == [(0, "lr drop"), (7, "later")]
