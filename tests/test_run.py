"""Logging to a Run: what is taken, what is refused with one sentence, and what the columns look like."""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviz import NbvizWarning, Run
from nbviz.column import Column
from nbviz.stage import STAGE_LIMIT


@pytest.fixture(autouse=True)
def _no_warning_goes_unseen() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("default", NbvizWarning)
        yield


def ticking() -> Run:
    moments = iter(range(1000))
    return Run("run", clock=lambda: float(next(moments)))


# Steps


def test_the_step_counts_itself_from_zero() -> None:
    run = Run()
    for _ in range(3):
        run.log(loss=0.5)
    assert run["loss"].steps.tolist() == [0, 1, 2]


def test_an_explicit_step_is_kept_and_counting_goes_on_after_the_largest() -> None:
    run = Run()
    run.log(loss=0.5, step=10)
    run.log(loss=0.4, step=3)
    run.log(loss=0.3)
    assert run["loss"].steps.tolist() == [10, 3, 11]


def test_metrics_of_one_call_share_its_step_and_its_moment() -> None:
    run = ticking()
    run.log(loss=1.0)
    run.log({"val/loss": 2.0}, accuracy=0.5)
    assert [run[tag].steps.tolist() for tag in run.tags()] == [[0], [1], [1]]
    assert run["val/loss"].wall_times.tolist() == run["accuracy"].wall_times.tolist() == [1.0]


@pytest.mark.parametrize("step", [True, 1.0, np.int64(1), np.uint8(1), np.float64(1.0), np.array(1)])
def test_a_whole_number_of_any_type_is_a_step(step: Any) -> None:
    run = Run()
    run.log(loss=0.5, step=step)
    assert run["loss"].steps.tolist() == [1] and run.problems == []


@pytest.mark.parametrize("step", ["3", 1.5, math.nan, math.inf, 1e300, 2**53 + 1, -(2**70), [1], object(), 1j])
def test_a_step_that_is_none_warns_and_counting_goes_on(step: Any) -> None:
    run = Run()
    run.log(loss=0.5, step=7)
    with pytest.warns(NbvizWarning, match=f"step of type {type(step).__name__}: expected an integer"):
        run.log(loss=0.4, step=step)
    run.log(loss=0.3, step=step)
    assert run["loss"].steps.tolist() == [7, 8, 9]
    assert len(run.problems) == 1


def test_the_largest_step_that_float64_tells_apart_is_a_step() -> None:
    run = Run()
    run.log(loss=0.5, step=2**53)
    assert run.last_step == 2**53


# Tags


@pytest.mark.parametrize("tag", ["", "損失", "a/b c", "<script>", "__proto__", "\ud800", "run", "self", "values"])
def test_any_text_is_a_tag(tag: str) -> None:
    run = Run()
    run.log({tag: 1.5})
    run.log(None, **{tag: 2.5})  # type: ignore[arg-type]
    assert run[tag].values.tolist() == [1.5, 2.5]


def test_tags_are_listed_by_first_appearance_and_by_kind() -> None:
    run = Run()
    run.log(loss=1.0)
    run.log_histogram("weights", [1.0])
    run.log(accuracy=1.0, loss=1.0)
    assert run.tags() == list(run) == ["loss", "weights", "accuracy"]
    assert run.tags("scalar") == ["loss", "accuracy"]
    assert run.tags("histogram") == ["weights"]
    assert "loss" in run and "lose" not in run


def test_an_unknown_tag_names_the_close_ones() -> None:
    run = Run("mnist")
    run.log(loss=1.0, accuracy=0.5)
    with pytest.raises(KeyError, match=r"run 'mnist' has no tag 'acuracy'; did you mean 'accuracy'\?"):
        run["acuracy"]
    with pytest.raises(KeyError, match="nothing was logged yet"):
        Run()["loss"]


def test_a_tag_of_two_kinds_is_kept_as_two_series_and_said_once() -> None:
    run = Run()
    run.log(w=1.0)
    run.log_histogram("w", [1.0])
    run.log(w=2.0, loss=0.5)
    run.log_histogram("w", [1.0])
    with pytest.warns(
        NbvizWarning, match=r"'w' holds scalars, so what is of kind histogram is kept under 'w \(hist"
    ) as seen:
        assert run["w"].values.tolist() == [1.0, 2.0]
    assert len(seen) == 1
    assert run.tags() == ["w", "w (histogram)", "loss"]
    assert len(run["w (histogram)"]) == 2


def test_a_histogram_tag_stays_one_when_scalars_come() -> None:
    run = Run()
    run.log_histogram("w", [1.0])
    run.log(w=1.0, loss=0.5)
    with pytest.warns(NbvizWarning, match="'w' holds histograms, so what is of kind scalar is kept under"):
        assert run["w"].kind == "histogram"
    assert run["w (scalar)"].values.tolist() == [1.0]


# Values


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (True, 1.0),
        (Decimal("0.25"), 0.25),
        (Fraction(1, 4), 0.25),
        (np.float16(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(2), 2.0),
        (np.bool_(True), 1.0),
        (np.array(0.5), 0.5),
        (np.array([[0.5]]), 0.5),
        (math.nan, math.nan),
        (math.inf, math.inf),
        (np.float32("-inf"), -math.inf),
    ],
)
def test_one_number_of_any_type_is_taken(value: Any, number: float) -> None:
    run = Run()
    run.log(loss=value)
    np.testing.assert_array_equal(run["loss"].values, [number])
    assert run.problems == []


def test_torch_numbers_are_taken_at_the_call() -> None:
    torch = pytest.importorskip("torch")
    run, loss = Run(), torch.tensor(0.5, requires_grad=True)
    weight = torch.ones(1, 1, dtype=torch.bfloat16)
    run.log(loss=loss, weight=weight, step=torch.tensor(3))
    with torch.no_grad():
        loss.zero_(), weight.zero_()
    assert (run["loss"].values[0], run["weight"].values[0], run.last_step) == (0.5, 1.0, 3)


@pytest.mark.parametrize(
    "value", [10**400, 1j, "0.5", b"0.5", np.array("0.5"), None, [0.5], (), {}, np.ones(2), np.complex64(1), object()]
)
def test_what_is_no_number_is_left_out_with_one_sentence_and_the_rest_is_kept(value: Any) -> None:
    run = Run()
    with pytest.warns(NbvizWarning, match=f"log\\(\\) ignored 'odd'.*type {type(value).__name__};") as seen:
        run.log({"odd": value}, loss=0.5)
    run.log({"odd": value}, loss=0.4)
    assert len(seen) == len(run.problems) == 1
    assert run.tags() == ["loss"]
    assert run["loss"].steps.tolist() == [0, 1]


def test_each_tag_and_type_is_warned_of() -> None:
    run = Run()
    for tag, value in (("a", "x"), ("b", "x"), ("a", None), ("a", "y")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NbvizWarning)
            run.log({tag: value})
    assert [problem.split(":")[0] for problem in run.problems] == [f"log() ignored {tag!r}" for tag in "aba"]


def test_a_dict_is_copied_and_arrays_are_read_at_the_call() -> None:
    run, metrics, array = Run(), {"loss": 1.0}, np.array(2.0)
    run.log(metrics, array=array)
    metrics["loss"] = metrics["later"] = 9.0
    array[...] = 9.0
    assert run.tags() == ["loss", "array"]
    assert (run["loss"].values[0], run["array"].values[0]) == (1.0, 2.0)


class WithItems:
    items = None


@pytest.mark.parametrize("values", [0.5, "loss", [("loss", 1.0)], dict, WithItems()])
def test_what_is_no_mapping_warns_and_the_keywords_are_kept(values: Any) -> None:
    run = Run()
    with pytest.warns(NbvizWarning, match=rf"log\(loss=0.3\).*, not a {type(values).__name__}\."):
        run.log(values, accuracy=0.5)
    assert run.tags() == ["accuracy"]


def test_under_warnings_as_errors_nothing_raises_out_of_log() -> None:
    run = Run()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.log("no mapping", loss="no number", accuracy=1.0, step="no step")  # type: ignore[arg-type]
        run.log_histogram("weights", ["no number"])
        run.log_histogram("accuracy", [1.0])
        run.commit()
    assert len(run.problems) == 5
    assert run["accuracy"].values.tolist() == [1.0]


# Columns


def test_columns_have_their_types_and_cannot_be_written() -> None:
    run = ticking()
    run.log(loss=1)
    series = run["loss"]
    columns = (series.steps, series.wall_times, series.values)
    assert [column.dtype for column in columns] == [np.int64, np.float64, np.float64]
    for column in columns:
        assert column.shape == (len(series),) == (1,)
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 5


def test_a_view_taken_earlier_stays_as_it_was_while_more_is_logged() -> None:
    run = Run()
    run.log(loss=0.0)
    taken = run["loss"].values
    for value in range(1, 1000):
        run.log(loss=value)
    assert taken.tolist() == [0.0]
    run.rewind(0)
    run.log(loss=7.0)
    assert taken.tolist() == [0.0] and run["loss"].values.tolist() == [7.0]


def test_a_hundred_thousand_calls_at_once_are_all_kept_in_order() -> None:
    run = Run()
    for value in range(100_000):
        run.log(loss=float(value))
    assert len(run._stage) < STAGE_LIMIT, "a run that nobody looks at must commit its stage itself"
    assert np.array_equal(run["loss"].values, np.arange(100_000))
    assert np.array_equal(run["loss"].steps, np.arange(100_000))


calls = st.tuples(
    st.permutations(["loss", "accuracy", "lr"]).flatmap(lambda tags: st.sampled_from([tags, tags[:2], tags[:1], []])),
    st.none() | st.integers(-3, 30),
    st.integers(1, 5),
)


@given(st.lists(calls, max_size=12), st.sets(st.integers(0, 60)))
def test_whatever_is_logged_and_committed_together_every_row_is_where_its_call_put_it(
    logged: list[tuple[list[str], int | None, int]], commits: set[int]
) -> None:
    run = Run(clock=(float(moment) for moment in range(1000)).__next__)
    expected: dict[str, list[tuple[int, float, float]]] = {}
    following = moment = 0
    for tags, step, times in logged:
        for _ in range(times):
            run.log({tag: moment + index / 8 for index, tag in enumerate(tags)}, step=step)
            taken = following if step is None else step
            following = max(following, taken + 1)
            for index, tag in enumerate(tags):
                expected.setdefault(tag, []).append((taken, float(moment), moment + index / 8))
            moment += 1
            if moment in commits:
                run.commit()
    columns = {tag: (run[tag].steps, run[tag].wall_times, run[tag].values) for tag in run.tags()}
    rows = {tag: list(zip(*(column.tolist() for column in each), strict=True)) for tag, each in columns.items()}
    assert rows == expected and run.next_step == following


def test_threads_that_log_at_once_lose_nothing_and_wake_the_listener() -> None:
    run, woken = Run(), threading.Event()
    run.listen(woken.set)

    def work(name: str) -> None:
        for value in range(5000):
            run.log({name: float(value)})

    threads = [threading.Thread(target=work, args=(f"thread{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        run.commit()
    for number in range(6):
        assert np.array_equal(run[f"thread{number}"].values, np.arange(5000))
    steps = np.concatenate([run[tag].steps for tag in run.tags()])
    assert np.array_equal(np.sort(steps), np.arange(30_000)), "no two calls share a step"
    assert woken.is_set()


# States


def test_logging_after_finish_is_kept_and_the_run_is_live_again() -> None:
    run = Run()
    run.log(loss=1.0)
    run.finish()
    states = [run.state]
    run.log(loss=0.5)
    assert run["loss"].values.tolist() == [1.0, 0.5]
    assert [*states, run.state] == ["finished", "live"]


def test_what_was_logged_before_finish_does_not_make_the_run_live() -> None:
    run = Run()
    run.log(loss=1.0)
    run.finish("failed")
    assert run.tags() == ["loss"] and run.state == "failed"


def test_rewind_forgets_every_row_at_the_step_and_after_it() -> None:
    run = Run()
    for value in (0.0, 1.0, 2.0, 3.0):
        run.log(loss=value)
        run.log_histogram("weights", [value])
    run.log(late=1.0, step=9)
    run.rewind(2)
    assert (run["loss"].values.tolist(), len(run["weights"]), len(run["late"])) == ([0.0, 1.0], 2, 0)
    run.log_histogram("weights", [7.0])
    run.log(loss=2.5)
    assert run["loss"].steps.tolist() == [0, 1, 2]
    assert [run["weights"][row].step for row in range(3)] == [0, 1, 1]


def test_a_run_names_its_tags_when_printed() -> None:
    run = Run("mnist")
    assert repr(run) == "<Run 'mnist' live: nothing logged yet>"
    run.log(loss=1.0)
    assert repr(run) == "<Run 'mnist' live: loss (1)>"
    run.log({f"m{number}": 0.0 for number in range(20)})
    assert repr(run).endswith(", m6 (1), and 13 more tags>")


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"there is no kind 'images'; expected one of scalar, histogram, image, audio"):
        Run().tags(kind="images")  # type: ignore[arg-type]


def test_a_series_of_items_tells_its_kind_and_how_many_it_has() -> None:
    run = Run()
    run.extend_items("note", "text", [0], [0.0], ["first"])
    assert repr(run["note"]) == "<ItemSeries 'note': 1 of kind text>"
    with pytest.raises(IndexError, match=r"'note' has 1 texts, so there is none at 5"):
        run["note"][5]


def test_a_histogram_takes_the_step_of_the_latest_log_whichever_tag_that_was() -> None:
    run = Run("run")
    run.log(loss=1.0, step=10)
    run.log(val_loss=2.0, step=4)
    run.log(loss=0.5, step=11)
    run.commit()
    run.log_histogram("weights", [1.0, 2.0])
    assert run["weights"].steps.tolist() == [11]


def test_a_histogram_logged_to_a_run_from_files_takes_its_last_step() -> None:
    run = Run("run")
    run.extend("loss", [0, 1, 2], [0.0, 1.0, 2.0], [3.0, 2.0, 1.0])
    run.log_histogram("weights", [1.0, 2.0])
    assert run["weights"].steps.tolist() == [2]


def test_an_interrupt_while_the_stage_is_looked_at_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("run")
    for step in range(3):
        run.log(loss=float(step))
        run.log_histogram("weights", [1.0, 2.0])
    with monkeypatch.context() as patched:
        patched.setattr(run, "_of_kind", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run.commit()
    assert run["loss"].values.tolist() == [0.0, 1.0, 2.0]
    assert run["weights"].steps.tolist() == [0, 1, 2]


def test_logging_goes_on_after_the_largest_step_that_a_file_can_hold() -> None:
    run = Run("run")
    run.extend("loss", [2**63 - 1], [1.0], [1.0])
    run.log(loss=0.5)
    run.log(loss=0.25)
    assert run["loss"].values.tolist() == [1.0, 0.5, 0.25]


def test_the_last_step_is_the_largest_and_a_rewind_takes_it_back() -> None:
    run = Run("run")
    assert run.last_step == 0
    run.log(loss=1.0, step=-7)
    assert run.last_step == -7
    run.log(loss=1.0, step=30)
    run.log(loss=1.0, step=12)
    run.log_histogram("weights", [1.0], step=40)
    assert run.last_step == 40
    run.rewind(20)
    assert run.last_step == 12


def test_an_interrupt_in_the_middle_of_a_commit_shifts_no_later_row(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("run", clock=lambda: 1.0)
    run.extend("loss", [0], [0.0], [10.0])
    write = Column.write

    def interrupted(self: Column, start: int, values: Any) -> int:
        if self is run["loss"]._walls:
            raise KeyboardInterrupt
        return write(self, start, values)

    monkeypatch.setattr(Column, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.extend("loss", [1, 2], [1.0, 2.0], [11.0, 12.0])
    monkeypatch.undo()
    run.extend("loss", [3, 4], [3.0, 4.0], [13.0, 14.0])
    assert run["loss"].steps.tolist() == [0, 3, 4]
    assert run["loss"].values.tolist() == [10.0, 13.0, 14.0]


def test_columns_of_unequal_lengths_are_refused_and_shift_no_later_row() -> None:
    run = Run("run")
    run.extend("loss", [0], [0.0], [10.0])
    run.extend_items("sample", "text", [0], [0.0], ["a"])
    with pytest.raises(ValueError, match="expected as many steps, wall times and values, got 3, 2, 1"):
        run.extend("loss", [1, 2, 3], [1.0, 2.0], [11.0])
    with pytest.raises(ValueError, match="expected as many steps, wall times and values, got 1, 1, 0"):
        run.extend_items("sample", "text", [1], [1.0], [])
    run.extend("loss", [4], [4.0], [14.0])
    run.extend_items("sample", "text", [4], [4.0], ["b"])
    assert (run["loss"].steps.tolist(), run["loss"].values.tolist()) == ([0, 4], [10.0, 14.0])
    assert (run["sample"].steps.tolist(), list(run["sample"])) == ([0, 4], ["a", "b"])


# What is derived


def test_what_is_derived_takes_no_step_of_its_own() -> None:
    run = Run()
    assert run.next_step == 0
    run.log_derived({"gradients/norm/fc": 3.0}, step=0)
    assert run.next_step == 0
    run.log(loss=1.0)
    run.log_derived({"gradients/norm/fc": 2.0})
    run.log_derived({"gradients/norm/fc": 1.0}, step=40)
    run.log(loss=0.5)
    assert run["loss"].steps.tolist() == [0, 1]
    assert run["gradients/norm/fc"].steps.tolist() == [0, 0, 40]
    assert run.next_step == 2
