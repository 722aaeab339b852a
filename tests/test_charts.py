"""The rule which tags share a chart, as a table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbviz.charts import ROLES, Choice, Place, choices, family, place

LOSS = Place("loss", "train", "", "min")
ACCURACY = Place("accuracy", "train", "percent", "max")

TABLE = {
    # One metric in all its roles, however the role is written.
    "loss": LOSS,
    "train/loss": LOSS,
    "loss/train": LOSS,
    "train_loss": LOSS,
    "loss_train": LOSS,
    "training loss": LOSS,
    "val/loss": LOSS._replace(role="validation"),
    "loss/val": LOSS._replace(role="validation"),
    "val_loss": LOSS._replace(role="validation"),
    "loss-val": LOSS._replace(role="validation"),
    "Val.loss": LOSS._replace(role="validation"),
    "valid_loss": LOSS._replace(role="validation"),
    "eval/loss": LOSS._replace(role="validation"),
    "dev/loss": LOSS._replace(role="validation"),
    "std_dev": Place("std_dev", "train", "", ""),
    "dice_loss": Place("dice_loss", "train", "", "min"),
    "val/iou_loss": Place("iou_loss", "validation", "", "min"),
    "test_loss": LOSS._replace(role="test"),
    "testing/loss": LOSS._replace(role="test"),
    # Keras
    "epoch_loss": LOSS,
    "epoch_accuracy": ACCURACY,
    # Everything like an accuracy shares a chart and is shown in percent.
    "accuracy": ACCURACY,
    "acc": ACCURACY,
    "val/acc_top5": ACCURACY._replace(role="validation"),
    "macro f1": ACCURACY,
    "test/mean_iou": ACCURACY._replace(role="test"),
    # Other metrics have charts of their own.
    "lr": Place("lr", "train"),
    "grad/norm": Place("grad/norm", "train"),
    "encoder/val_loss": Place("encoder/loss", "validation", "", "min"),
    "val/encoder/loss": Place("encoder/loss", "validation", "", "min"),
    "perplexity": Place("perplexity", "train", "", "min"),
    "mean_error": Place("mean_error", "train", "", "min"),
    # A word that only begins or ends like a role or a metric is none.
    "value": Place("value", "train"),
    "validator_count": Place("validator_count", "train"),
    "flossy": Place("flossy", "train"),
    "accident": Place("accident", "train"),
    # What is derived from layers stands in no chart, whatever its name looks like.
    "gradients/norm/val_fc.weight": Place("gradients/norm/val_fc.weight", "train", panel="layers"),
    "activations/dead/encoder/test": Place("activations/dead/encoder/test", "train", panel="layers"),
    "weights/norm": Place("weights/norm", "train"),
    "weights/norm.weight": Place("weights/norm.weight", "train"),
    "gradients/dead/fc": Place("gradients/dead/fc", "train"),
    # A role alone is a metric of that name.
    "train": Place("train", "train"),
    "test": Place("test", "train"),
    "": Place("", "train"),
}


@pytest.mark.parametrize("tag", TABLE)
def test_a_tag_has_its_place(tag: str) -> None:
    assert place(tag) == TABLE[tag]


@pytest.mark.parametrize(
    ("tag", "run", "role"),
    [
        ("loss", "exp/validation", "validation"),
        ("loss", "validation", "validation"),
        ("loss", "exp/Test", "test"),
        ("loss", "exp/train", "train"),
        ("loss", "exp", "train"),
        ("train/loss", "exp/validation", "train"),
    ],
)
def test_the_run_names_the_role_where_the_tag_does_not(tag: str, run: str, role: str) -> None:
    assert place(tag, run).role == role


def test_runs_that_differ_in_their_role_are_one_family() -> None:
    assert family("exp/train") == family("exp/validation") == "exp"
    assert family("exp/first") == "exp/first"
    assert family("train") == ""


parts = st.one_of(st.sampled_from([*ROLES, "loss", "epoch_", "/", "_", "-", ".", " ", "\n"]), st.text(max_size=3))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(parts).map("".join)), st.text())
def test_any_text_has_a_place(tag: str, run: str) -> None:
    shown = place(tag, run)
    assert shown.role in {"train", "validation", "test"}
    assert shown.best in {"", "min", "max"} and shown.unit in {"", "percent"}
    assert family(run) in run


def test_a_very_long_tag_is_placed_at_once() -> None:
    assert place("a_" * 50_000 + "/loss").best == "min"


def test_charts_are_written_as_tags_lists_or_sides() -> None:
    assert choices(["lr", ["loss", "val_loss"], {"left": "loss", "right": ["lr"]}]) == [
        Choice("lr", ["lr"], []),
        Choice("loss", ["loss", "val_loss"], []),
        Choice("loss, lr", ["loss"], ["lr"]),
    ]
    assert choices([{"right": "val_loss", "title": "validation"}]) == [Choice("validation", [], ["val_loss"])]
    assert [choice.title for choice in choices(["loss", ["loss"], {"left": "loss"}])] == [
        "loss",
        "loss (2)",
        "loss (3)",
    ]
    assert choices(choices([["loss", "lr"]])) == choices([["loss", "lr"]])


def test_a_chart_finds_tags_by_their_whole_name_or_by_a_regular_expression() -> None:
    (choice,) = choices([{"left": ["loss", "/NORM.fc/i"], "right": ["loss"]}])
    assert [choice.sides(tag) for tag in ("loss", "val_loss", "gradients/norm/fc1")] == [[False, True], [], [False]]


@pytest.mark.parametrize(
    ("charts", "words"),
    [
        ("loss", "charts is a list of charts, each a tag, a list of tags or a dict: ['lr', "),
        (3, "charts is a list"),
        ({"left": "loss"}, "charts is a list"),
        ([3], "a chart names its tags"),
        ([["loss", 3]], "a chart names its tags"),
        ([[]], "a chart has one tag or more"),
        ([{}], "a chart has 'left', 'right' and 'title'"),
        ([{"up": "loss"}], "a chart has 'left', 'right' and 'title'"),
        ([{"left": "loss", "title": 3}], "its title is a text"),
        (["/loss[/"], "'/loss[/' is no regular expression: unterminated character set"),
    ],
)
def test_what_are_no_charts_is_refused(charts: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        choices(charts)
    assert words in str(refused.value)
