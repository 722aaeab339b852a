"""What TensorBoard's readers lose without a word, nbviz keeps or reports. Each test shows both."""

from __future__ import annotations

import contextlib
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer.record_writer import masked_crc32c

from nbviz.run import Run
from nbviz.sources.events import Following, read
from tests.data_server import served
from tests.tfevents import VERSION, accumulated, event, framed, losses, simple

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")

NAME = "events.out.tfevents.1.host"
HEADER = len(framed(VERSION))


def log(directory: Path, *contents: bytes, name: str = NAME) -> Path:
    """Write an event file: its version, then the contents."""
    path = directory / "run" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(framed(VERSION) + b"".join(contents))
    return path


def scalars(*steps_and_values: tuple[int, float]) -> bytes:
    """Return records whose wall times count up from 1."""
    rows = enumerate(steps_and_values, 1)
    return framed(*(event(simple("loss", value), step=step, wall_time=wall) for wall, (step, value) in rows))


def ours(path: Path, tag: str = "loss") -> tuple[Run, list[int], list[float]]:
    (run,) = read(path.parent).values()
    return run, run[tag].steps.tolist(), run[tag].values.tolist()


def theirs(path: Path, tag: str = "loss") -> list[int]:
    """Return the steps that EventAccumulator has."""
    return [event.step for event in accumulated(path.parent).Scalars(tag)]


def server(path: Path, *flags: str, tag: str = "loss") -> list[int]:
    """Return the steps that the data server has, asked to keep every point."""
    served_tags = served(path.parent, "--samples-per-plugin=scalars=all", *flags)
    assert served_tags is not None
    return [step for step, _, _ in served_tags.get(tag, [])]


def test_a_bad_checksum_costs_one_record_and_the_peers_all_that_follow(tmp_path: Path) -> None:
    contents, at = bytearray(losses(0, 20)), len(losses(0, 10))
    contents[len(losses(0, 11)) - 5] ^= 0x40  # within the value of step 10
    path = log(tmp_path, contents)
    run, steps, values = ours(path)
    assert steps == [step for step in range(20) if step != 10]
    assert values == [step / 2 for step in steps]
    (problem,) = run.problems
    assert problem.startswith(f"{path}, byte {HEADER + at}: ")
    assert theirs(path) == server(path, "--checksum") == list(range(10))


def test_a_flipped_value_is_never_delivered_and_the_server_delivers_it(tmp_path: Path) -> None:
    contents = bytearray(losses(0, 20))
    contents[len(losses(0, 11)) - 5] ^= 0x40
    path = log(tmp_path, contents)
    assert 10 not in ours(path)[1]
    tags = served(path.parent)
    assert tags is not None
    assert next(value for step, _, value in tags["loss"] if step == 10) != 5.0


def test_a_flipped_letter_of_a_tag_makes_no_tag_and_the_server_makes_one(tmp_path: Path) -> None:
    contents = bytearray(losses(0, 20))
    contents[contents.index(b"loss", len(losses(0, 10))) + 1] ^= 1
    path = log(tmp_path, contents)
    run, steps, _ = ours(path)
    assert (run.tags(), len(steps)) == (["loss"], 19)
    assert set(served(path.parent) or ()) == {"loss", "lnss"}


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        ([0, 1, 2, 3, 2, 3, 4], [0, 1, 2, 3, 4]),
        ([1, 2, 2, 2, 3], [1, 2, 3]),
        ([5, 3, 9, 1, 7], [1, 7]),
        ([0] * 10, [0]),
    ],
    ids=["a restart", "duplicates", "unsorted", "all at step 0"],
)
def test_steps_that_do_not_increase_stay_and_the_server_drops_points(
    tmp_path: Path, steps: list[int], kept: list[int]
) -> None:
    path = log(tmp_path, scalars(*((step, float(row)) for row, step in enumerate(steps))))
    run, *found = ours(path)
    assert found == [steps, [float(row) for row in range(len(steps))]]
    assert run.problems == []
    assert server(path) == kept


def test_what_a_restart_logs_anew_is_flagged_and_eventaccumulator_drops_it(tmp_path: Path) -> None:
    start = framed(_session_start(step=2))
    path = log(tmp_path, losses(0, 5), start, losses(2, 6))
    run, steps, _ = ours(path)
    assert steps == [0, 1, 2, 3, 4, 2, 3, 4, 5]
    assert run["loss"].superseded.tolist() == [False, False, True, True, True, False, False, False, False]
    accumulator = EventAccumulator(str(path.parent))
    accumulator.Reload()
    assert [event.step for event in accumulator.Scalars("loss")] == [0, 1, 2, 3, 4, 5]


def _session_start(step: int) -> bytes:
    from tensorboard.compat.proto import event_pb2

    started = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    return bytes(event_pb2.Event(step=step, wall_time=1.5, session_log=started).SerializeToString())


def test_a_tag_that_is_no_utf8_stays_with_all_around_it_and_the_peers_lose_the_file(tmp_path: Path) -> None:
    bad = event(simple("good", 1.0), step=5).replace(b"good", b"b\xff\xfed")
    path = log(tmp_path, losses(0, 5), framed(bad), losses(5, 10))
    run, steps, _ = ours(path)
    assert steps == list(range(10))
    (other,) = set(run.tags()) - {"loss"}
    assert other.startswith("b") and other.endswith("d")
    assert run[other].values.tolist() == [1.0]
    assert server(path) == list(range(5))
    with pytest.raises(Exception, match="UTF-8"):
        accumulated(path.parent)


def test_a_wall_time_that_is_no_number_stays_and_the_server_loses_the_rest_of_the_file(tmp_path: Path) -> None:
    path = log(tmp_path, losses(0, 5), framed(event(simple("loss", 2.5), step=5, wall_time=math.nan)), losses(6, 10))
    run, steps, _ = ours(path)
    assert steps == list(range(10))
    assert math.isnan(run["loss"].wall_times[5])
    assert not run["loss"].superseded.any()
    assert server(path) == list(range(5))


def test_every_point_is_kept_and_the_peers_keep_a_random_sample(tmp_path: Path) -> None:
    path = log(tmp_path, losses(0, 12_000))
    run, steps, values = ours(path)
    assert steps == list(range(12_000))
    assert values == [step / 2 for step in range(12_000)]
    assert run.problems == []
    sampled = served(path.parent)
    assert sampled is not None and len(sampled["loss"]) == 1000
    accumulator = EventAccumulator(str(path.parent))
    accumulator.Reload()
    assert len(accumulator.Scalars("loss")) == 10_000


def test_an_older_file_that_grows_is_read_and_eventaccumulator_never_looks_again(tmp_path: Path) -> None:
    older = log(tmp_path, losses(0, 5))
    runs = Following(tmp_path)
    runs.poll()
    accumulator = EventAccumulator(str(older.parent), purge_orphaned_data=False)
    accumulator.Reload()
    log(tmp_path, losses(100, 105), name="events.out.tfevents.2.host")
    runs.poll()
    accumulator.Reload()
    with older.open("ab") as file:
        file.write(losses(5, 10))
    for _ in range(2):
        runs.poll()
        accumulator.Reload()
    runs.stop()
    assert sorted(runs["run"]["loss"].steps) == [*range(10), *range(100, 105)]
    assert sorted(event.step for event in accumulator.Scalars("loss")) == [*range(5), *range(100, 105)]


@pytest.mark.parametrize("length", [2**40, 2**63, 2**64 - 1], ids=["2^40", "2^63", "2^64 - 1"])
def test_a_forged_length_under_a_good_checksum_costs_nothing_and_stops_the_peers(tmp_path: Path, length: int) -> None:
    forged = struct.pack("<Q", length)
    forged += struct.pack("<I", masked_crc32c(forged))
    path = log(tmp_path, losses(0, 5), forged, losses(5, 10))
    run, steps, values = ours(path)
    assert steps == list(range(10))
    assert values == [step / 2 for step in steps]
    (problem,) = run.problems
    assert problem.startswith(f"{path}, byte {HEADER + len(losses(0, 5))}: ")
    with contextlib.suppress(MemoryError, OverflowError):  # where the machine refuses so much memory
        assert theirs(path) == list(range(5))
    if length == 2**40:  # it hangs at the others
        tags = served(path.parent)
        assert tags is None or len(tags["loss"]) == 5


def test_a_forged_length_within_the_bounds_of_a_file_that_is_longer_costs_nothing(tmp_path: Path) -> None:
    """The length is believable: only the file's end shows that it is not."""
    forged = struct.pack("<Q", 2**30)
    forged += struct.pack("<I", masked_crc32c(forged))
    path = log(tmp_path, losses(0, 5), forged, losses(5, 10))
    run, steps, _ = ours(path)
    assert steps == list(range(10))
    (problem,) = run.problems
    assert problem.startswith(f"{path}, byte {HEADER + len(losses(0, 5))}: ")
    assert theirs(path) == list(range(5))


def test_values_that_are_no_numbers_stay(tmp_path: Path) -> None:
    odd = [math.nan, math.inf, -math.inf, -0.0, 1e-45]
    _, steps, values = ours(log(tmp_path, scalars(*enumerate(odd))))
    assert steps == list(range(5))
    assert np.array(values).tobytes() == np.array(odd, np.float32).astype(float).tobytes()


def test_a_wrong_header_costs_one_record_and_the_peers_all_that_follow(tmp_path: Path) -> None:
    contents, at = bytearray(losses(0, 20)), len(losses(0, 10))
    contents[at] ^= 1
    path = log(tmp_path, contents)
    run, steps, _ = ours(path)
    assert steps == [step for step in range(20) if step != 10]
    (problem,) = run.problems
    assert problem.startswith(f"{path}, byte {HEADER + at}: ")
    assert theirs(path) == server(path) == list(range(10))
