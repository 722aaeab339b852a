"""The rule which tags share a chart, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbviz.charts import ROLES, Place, family, place

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
