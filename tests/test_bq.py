"""Composing with bqplot, with no page: what marks hold, when they are brought up to date, what a brush selects."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bqplot
import ipywidgets
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.plugins.hparams import summary_v2 as hparams_summary

import nbviz
from nbviz import Run, bq
from nbviz.bq.experiments import columns_of, table_of
from nbviz.bq.reduction import POINTS, Reduction
from nbviz.channel import Channel
from nbviz.pump import Pump
from nbviz.reduce import kept_rows, stride_for
from tests.tfevents import VERSION, event, framed, simple, unhurried

TABLE = {
    "a": {"lr": 1e-4, "optimizer": "adam", "loss": 0.9},
    "b": {"lr": 1e-2, "optimizer": "sgd", "loss": 0.1},
    "c": {"lr": 1e-1, "optimizer": "adam", "loss": 0.5},
    "broken": {"lr": 1e-1, "optimizer": "adam", "loss": float("nan")},
}


class Time(Pump):
    """A pump that a test ticks, and whose clock it moves."""

    now = 1000.0

    def __init__(self) -> None:
        super().__init__(lambda: self.now)

    def start(self) -> None:
        """No thread."""

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while (wait := self.tick()) is not None and self.now + wait <= end:
            self.now += wait
        self.now = end


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr("nbviz.channel.pump", time)
    monkeypatch.setattr("nbviz.bq.follower.pump", time)
    return time


def trained(steps: int = 5) -> Run:
    run = Run("net")
    for step in range(steps):
        run.log(loss=1.0 / (1 + step), val_loss=2.0 / (1 + step))
    return run


def updates(mark: Any, time: Time) -> list[float]:
    """When the mark was changed from now on."""
    moments: list[float] = []
    mark.observe(lambda _: moments.append(time.now), "x")
    return moments


def test_a_line_has_the_rows_of_its_series_in_the_hue_and_the_dash_of_its_role(time: Time) -> None:
    run = trained()
    mark = bq.line(run["val_loss"])
    assert type(mark) is bqplot.Lines
    assert (mark.x.tolist(), mark.y.tolist()) == ([0, 1, 2, 3, 4], run["val_loss"].values.tolist())
    assert (mark.colors, mark.line_style, mark.labels) == (["#c35500"], "dashed", ["val_loss"])
    assert bq.line(run["loss"], colors=["red"], stroke_width=1.0).colors == ["red"]


def test_a_line_follows_its_run_at_most_four_times_a_second_and_misses_nothing_at_the_end(time: Time) -> None:
    run = trained()
    mark = bq.line(run["loss"])
    moments = updates(mark, time)
    for _ in range(300):
        run.log(loss=0.5)
        time.passes(0.01)
    time.passes(1.0)
    assert len(moments) <= 13 and min(np.diff(moments)) >= 0.25 - 1e-9
    assert mark.x.tolist() == list(range(305))
    assert moments[-1] <= 1003.3


def test_a_line_that_is_closed_is_left_alone_and_so_are_those_of_a_closed_figure(time: Time) -> None:
    run = trained()
    mark, figure = bq.line(run["loss"]), bq.figure(run, "loss")
    channel = Channel.of(run)
    assert len(channel._followers) == 2
    mark.close()
    figure.close()
    run.log(loss=0.5)
    channel.cursor = 2
    time.passes(2.0)
    assert len(mark.x) == 5 and len(figure.marks[0].x) == 5
    gc.collect()
    assert len(channel._followers) == 0


def test_a_mark_closed_by_hand_stops_no_figure(time: Time) -> None:
    run = trained()
    figure = bq.figure(run, ["loss", "val_loss"])
    figure.marks[0].close()
    run.log(loss=0.5, val_loss=0.25)
    time.passes(2.0)
    assert figure.marks[1].y[-1] == 0.25


def test_a_single_spike_of_a_million_rows_is_drawn_wherever_it_is(time: Time) -> None:
    run = Run()
    values = np.full(1_000_000, 0.5)
    values[[123_456, 777_777]] = 9.0, np.nan
    run.extend("loss", np.arange(len(values)), np.zeros(len(values)), values)
    mark = bq.line(run["loss"])
    assert len(mark.x) <= POINTS
    drawn = dict(zip(mark.x.tolist(), mark.y.tolist(), strict=True))
    assert drawn[123_456] == 9.0 and np.isnan(drawn[777_777]) and {0, 999_999} <= drawn.keys()


@unhurried
@given(st.lists(st.tuples(st.sampled_from(["more", "restart", "rewind"]), st.integers(1, 3000)), max_size=8))
def test_looking_at_new_rows_only_draws_what_looking_at_all_would(changes: list[tuple[str, int]]) -> None:
    run = Run()
    random = np.random.default_rng(0)
    run.extend("loss", [0], [0.0], [0.5])
    reduction = Reduction(run["loss"])
    for change, count in changes:
        if change == "rewind":
            run.rewind(count)
        else:
            last = run.last_step
            start = max(0, last - count) if change == "restart" else last + 1
            run.extend("loss", start + np.arange(count), np.full(count, 1.0 * last), random.normal(size=count))
        rows = reduction.rows()
        current = np.flatnonzero(~run["loss"].superseded)
        expected = current[kept_rows(run["loss"].values[current], stride_for(len(current), POINTS))]
        assert rows.tolist() == expected.tolist() and len(rows) <= POINTS


def test_a_figure_draws_the_cursor_and_says_the_values_there(time: Time) -> None:
    run = trained()
    figure = bq.figure(run, ["loss", "val_loss"], title="losses")
    loss, _, cursor = figure.marks
    assert (figure.title, loss.labels, cursor.x.tolist()) == ("losses", ["loss  0.2"], [4, 4])
    nbviz.Inspector(run).step = 1
    time.passes(0.3)
    assert (loss.labels, cursor.x.tolist()) == (["loss  0.5"], [1, 1])
    run.log(loss=0.125)
    time.passes(1.0)
    assert (loss.x[-1], cursor.x.tolist()) == (5, [1, 1])
    Channel.of(run).cursor = None
    time.passes(1.0)
    assert (loss.labels, cursor.x.tolist()) == (["loss  0.125"], [5, 5])


def test_the_value_at_the_cursor_is_the_one_that_was_logged_also_where_it_is_not_drawn(time: Time) -> None:
    run = Run()
    values = np.random.default_rng(0).normal(size=100_000)
    run.extend("loss", np.arange(len(values)), np.zeros(len(values)), values)
    figure = bq.figure(run, "loss")
    for step in (0, 1, 12_345, 54_321, 99_998, 99_999):
        Channel.of(run).cursor = step
        time.passes(0.3)
        assert figure.marks[0].labels == [f"loss  {values[step]:.4g}"]


def test_a_figure_of_several_runs_has_a_hue_for_each_and_follows_both(time: Time) -> None:
    runs = {"one": trained(3), "two": trained(4)}
    figure = bq.figure(runs, "loss")
    assert [mark.colors for mark in figure.marks[:2]] == [["#337ab5"], ["#c35500"]]
    assert [mark.labels for mark in figure.marks[:2]] == [["one  0.3333"], ["two  0.25"]]
    for run in runs.values():
        run.log(loss=0.5)
    time.passes(1.0)
    assert [len(mark.x) for mark in figure.marks[:2]] == [4, 5]


def test_a_histogram_shows_the_capture_at_the_cursor_and_loses_no_value(time: Time) -> None:
    run = Run()
    values = np.random.default_rng(0).normal(size=10_000)
    run.log_histogram("weights/fc1", np.append(values, [0.0] * 500), step=0)
    run.log_histogram("weights/fc1", 3 * values, step=10)
    mark = bq.histogram(run["weights/fc1"])
    assert type(mark) is bqplot.Bars and len(mark.x) == 64
    assert mark.y.sum() == pytest.approx(10_000)
    wide = mark.x[-1]
    Channel.of(run).cursor = 9
    time.passes(0.3)
    assert mark.y.sum() == pytest.approx(10_500) and mark.x[-1] < wide / 2
    width = mark.x[1] - mark.x[0]
    expected = np.histogram(values, np.append(mark.x - width / 2, mark.x[-1] + width / 2))[0]
    expected[np.abs(mark.x).argmin()] += 500
    assert np.abs(mark.y - expected).sum() < 0.08 * 10_500


def test_a_series_whose_run_is_gone_is_shown_as_it_is(time: Time) -> None:
    series = trained()["loss"]
    gc.collect()
    assert bq.line(series).x.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda run: bq.line("loss"), TypeError, r"bq.line\(\) shows a series of kind scalar, .*not <class 'str'>"),
        (lambda run: bq.line(run["w"]), TypeError, "not 'w', a series of kind histogram"),
        (lambda run: bq.histogram(run["loss"]), TypeError, "not 'loss', a series of kind scalar"),
        (lambda run: bq.confusion(run["loss"]), TypeError, r"bq.confusion\(\) shows a series of kind confusion"),
        (lambda run: bq.line(run["loss"], color_="red"), TypeError, "no keyword 'color_': expected traits of bqplot.L"),
        (lambda run: bq.figure(run, "lost"), KeyError, "none of the tags .*there are: 'loss', 'val_loss'"),
        (lambda run: bq.figure("logs", "loss"), TypeError, "shows a Run or a mapping of runs, not a str"),
        (lambda run: bq.scatter(TABLE, "lr", "los"), KeyError, "no run has 'los'; there are: 'loss'"),
        (lambda run: bq.scatter([1], "lr", "loss"), TypeError, "expected runs by name.*not a list"),
        (lambda run: bq.parallel(TABLE, "lr"), ValueError, "needs two columns or more, got 'lr'"),
        (lambda run: bq.view(bqplot.Figure(), {"a": run}, nbviz.Inspector), TypeError, "what bq.scatter"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(
    call: Callable[[Run], Any], error: type[Exception], sentence: str, time: Time
) -> None:
    run = trained()
    run.log_histogram("w", [1.0])
    with pytest.raises(error, match=sentence):
        call(run)


def test_a_confusion_matrix_follows_the_cursor(time: Time) -> None:
    run = Run()
    run.log_confusion("confusion", [[1, 1], [0, 0]], ["cat", "dog"], step=0)
    run.log_confusion("confusion", [[3, 1], [0, 4]], ["cat", "dog"], step=10)
    figure = bq.confusion(run["confusion"])
    (mark,) = figure.marks
    assert type(mark) is bqplot.GridHeatMap and mark.row.tolist() == ["cat", "dog"]
    assert mark.color.tolist() == [[0.75, 0.25], [0, 1]] and figure.title == "step 10: 87.5% of 8 right"
    Channel.of(run).cursor = 3
    time.passes(0.3)
    assert mark.color.tolist() == [[0.5, 0.5], [0, 0]] and figure.title == "step 0: 50.0% of 2 right"
    run.log_confusion("wide", np.eye(101))
    with pytest.raises(ValueError, match="at most 100 classes, and 'wide' has 101"):
        bq.confusion(run["wide"])


def test_runs_are_a_table_of_their_hyper_parameters_and_the_latest_values(tmp_path: Path) -> None:
    for name, rate, loss in (("a", 0.1, 0.5), ("b", 0.01, 0.25)):
        (tmp_path / name / "train").mkdir(parents=True)
        start = hparams_summary.hparams_pb({"lr": rate, "optimizer": "adam"}).value[0]
        (tmp_path / name / "events.tfevents").write_bytes(framed(VERSION) + framed(event(start)))
        values = [event(simple("loss", value), step=step) for step, value in enumerate((1.0, loss))]
        (tmp_path / name / "train" / "events.tfevents").write_bytes(framed(VERSION) + framed(*values))
    table = table_of(nbviz.read(tmp_path), {"a/train": {"depth": 3}})
    assert table["a/train"] == {"lr": 0.1, "optimizer": "adam", "loss": 0.5, "depth": 3}
    names, (rate, optimizer, loss) = columns_of(table, ["lr", "optimizer", "loss"])
    assert names == ["a/train", "b/train"] and rate.values.tolist() == [0.1, 0.01] and optimizer.names == ("adam",)


def test_a_frame_is_a_table_as_a_mapping_is() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame.from_dict(TABLE, orient="index")
    wanted = ["lr", "optimizer", "loss"]
    (names, ours), (same, theirs) = columns_of(table_of(TABLE, None), wanted), columns_of(table_of(frame, None), wanted)
    assert names == same == ["a", "b", "c"]
    assert [column.values.tolist() for column in ours] == [column.values.tolist() for column in theirs]


def test_the_brush_of_a_scatter_selects_runs_and_python_can(time: Time) -> None:
    heard: list[list[str]] = []
    figure = bq.scatter(TABLE, "lr", "loss", "optimizer")
    (mark,) = figure.marks
    assert type(mark.scales["x"]) is bqplot.LogScale and type(mark.scales["y"]) is bqplot.LinearScale
    figure.observe(lambda change: heard.append(change.new), "selected")
    figure.interaction.set_state({"selected_x": [1e-3, 1.0], "selected_y": [0.0, 0.6]})
    assert figure.selected == ["b", "c"] and list(mark.opacities) == [0.12, 1.0, 1.0]
    figure.interaction.set_state({"selected_x": [], "selected_y": []})
    assert figure.selected == [] and list(mark.opacities) == [1.0]
    figure.selected = ["a"]
    assert list(mark.opacities) == [1.0, 0.12, 0.12] and heard[-1] == ["a"]


def test_the_brush_of_parallel_coordinates_selects_what_passes_through_it_on_every_axis(time: Time) -> None:
    figure = bq.parallel(TABLE, ["lr", "optimizer", "loss"])
    (mark,) = figure.marks
    assert mark.y.tolist() == [[0, 0, 1], [pytest.approx(2 / 3), 1, 0], [1, 0, 0.5]]
    figure.interaction.selected = [[-0.1, 0.5], [0.1, 1.0]]
    assert figure.selected == ["b", "c"] and list(mark.opacities) == [0.12, 1.0, 1.0]
    figure.interaction.selected = [[-0.1, 0.5], [1.1, 1.0]]
    assert figure.selected == ["b"]
    figure.interaction.selected = [[0.2, 0.0], [0.8, 1.0]]
    assert figure.selected == [], "between the axes there is nothing to select"


def test_a_view_shows_the_runs_that_are_selected_and_all_while_none_is(time: Time) -> None:
    runs = {name: trained() for name in "abc"}
    figure = bq.scatter(runs, "lr", "loss", hparams=TABLE)
    box = bq.view(figure, runs, nbviz.Inspector)
    (view,) = box.children
    assert [name for name, _ in view.names] == ["a", "b", "c"] and view.selected == []
    figure.interaction.brushing = True
    figure.selected = ["b"]
    assert box.children == (view,) and view.selected == ["b"]
    figure.interaction.brushing = False
    figure.selected = []
    assert box.children == (view,) and view.selected == []
    box.close()
    figure.selected = ["c"]
    assert view.selected == []


def test_what_has_no_trait_for_the_runs_selected_is_made_anew(time: Time) -> None:
    made: list[list[str]] = []

    def make(runs: Any) -> ipywidgets.Label:
        made.append(list(runs))
        return ipywidgets.Label()

    figure = bq.scatter(TABLE, "lr", "loss")
    figure.selected = ["b"]
    box = bq.view(figure, {name: trained() for name in "abc"}, make)
    figure.interaction.brushing = True
    figure.selected = ["c"]
    assert made == [["a", "b", "c"], ["b"]], "while the brush moves nothing is made anew"
    figure.interaction.brushing = False
    assert made[2:] == [["c"]] and len(box.children) == 1
