"""Records that come as foretold while a file is followed are read as a parser reads them, and any other as well."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2

from benchmarks import logs
from nbviz.formats import reader
from nbviz.formats.event import Batch, EventDecoder
from nbviz.formats.frame import Stretch
from nbviz.formats.reader import MARGIN, EventReader, Part
from nbviz.run import Run
from nbviz.sources.runs import Following
from tests.tfevents import VERSION, event, framed, losses, simple, unhurried

WRITERS = {"torch": logs.torch_scalars, "TF2": logs.tf2_scalars}
RESTART = event_pb2.Event(
    step=3, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)
).SerializeToString()


def payloads(writer: str, step: int, count: int) -> list[bytes]:
    """Five tags a step, from ``step`` on."""
    source = logs.rows(logs.METRICS, 5 * step + count, np.random.default_rng(0))
    return list(WRITERS[writer](islice(source, 5 * step, None)))


def content(batches: Iterable[Batch]) -> list[Any]:
    """What batches hold, as text, in which NaN equals itself; a batch with a restart begins a new part."""
    parts: list[Any] = [[None, {}, {}, {}]]
    for batch in batches:
        if batch.restart is not None:
            parts.append([batch.restart, {}, {}, {}])
        _, columns, sizes, problems = parts[-1]
        for key, found in batch.columns.items():
            held = columns.setdefault(key, [[] for _ in found])
            for column, added in zip(held, found, strict=True):
                column.extend(map(repr, np.asarray(added).tolist()))
        for tag, size in batch.sizes.items():
            sizes[tag] = sizes.get(tag, 0) + size
        for sentence, tag in batch.problems.items():
            problems.setdefault(sentence, tag)
    return parts


def poll(event_reader: EventReader, decoder: EventDecoder, records: list[bytes], offset: int = 0) -> list[Batch]:
    data = framed(*records)
    buffer = np.zeros(len(data) + MARGIN, np.uint8)
    buffer[: len(data)] = np.frombuffer(data, np.uint8)
    (decoded,) = event_reader.decode(buffer, [Part(Stretch(0, len(data), False, None), offset, decoder)])
    assert (decoded.used, decoded.records, decoded.problems) == (len(data), len(records), [])
    return decoded.batches


def followed(polls: list[list[bytes]]) -> list[Any]:
    """What one reader makes of records that land a few at a time."""
    event_reader, decoder, offset, batches = EventReader(), EventDecoder(), 0, list[Batch]()
    for records in polls:
        batches += poll(event_reader, decoder, records, offset)
        offset += len(framed(*records))
    return content(batches)


def parsed(records: list[bytes]) -> list[Any]:
    decoder, offset, placed = EventDecoder(), 0, []
    for payload in records:
        placed.append((offset + 12, payload))
        offset += len(payload) + 16
    return content(decoder.decode(placed))


@pytest.fixture
def foretold(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records came as foretold, each time that they were looked at."""
    counts: list[int] = []
    read_on = reader.read_on

    def counted(*arguments: Any) -> Any:
        found = read_on(*arguments)
        counts.append(found[1])
        return found

    monkeypatch.setattr(reader, "read_on", counted)
    return counts


@pytest.mark.parametrize("writer", WRITERS)
def test_all_records_of_a_poll_come_as_foretold_once_the_order_is_known(writer: str, foretold: list[int]) -> None:
    records = payloads(writer, 200, 60)
    assert followed([records[:40], records[40:]]) == parsed(records)
    assert foretold[-1] == 20


@pytest.mark.parametrize("writer", WRITERS)
@unhurried
@given(st.data())
def test_records_of_a_followed_file_are_what_a_parser_says_they_are(writer: str, data: st.DataObject) -> None:
    records = payloads(writer, data.draw(st.sampled_from([0, 120, 16380])), 90)
    for at in data.draw(st.lists(st.integers(0, len(records) - 1), max_size=4)):
        at %= len(records)
        change = data.draw(
            st.sampled_from(["altered", "left out", "twice", "a restart", "another tag", "an earlier one"])
        )
        if change == "altered":
            contents = bytearray(records[at])
            contents[data.draw(st.integers(0, len(contents) - 1))] ^= 1 << data.draw(st.integers(0, 7))
            records[at] = bytes(contents)
        elif change == "left out":
            records[at : at + 1] = []
        elif change == "twice":
            records[at:at] = [records[at]]
        elif change == "a restart":
            records[at:at] = [RESTART]
        elif change == "another tag":
            records[at] = event(simple("lost", 2.5), step=7)
        else:
            records[at] = records[at // 2]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=6)))
    polls = [records[start:stop] for start, stop in pairwise([0, *cuts, len(records)])]
    assert followed(polls) == parsed(records)


def test_a_tag_that_this_run_says_is_a_text_is_no_scalar_because_another_run_said_so() -> None:
    records = payloads("TF2", 200, 60)
    event_reader, of_scalars, of_texts = EventReader(), EventDecoder(), EventDecoder()
    of_texts.plugins["loss"], of_texts.metadata["loss"] = "text", b"said before"
    poll(event_reader, of_scalars, records[:40])
    kinds = {key for batch in poll(event_reader, of_texts, records[40:]) for key in batch.columns}
    assert ("loss", "text") in kinds
    assert ("loss", "scalar") not in kinds


def ten_losses(directory: Path) -> tuple[Path, Following, Run]:
    """An event file, whoever follows it, and its run."""
    path = directory / "events.out.tfevents.1"
    path.write_bytes(framed(VERSION) + losses(0, 10))
    following = Following(directory)
    following.poll()
    (run,) = following.values()
    return path, following, run


def test_a_series_that_is_held_while_its_file_grows_has_the_new_rows_when_it_is_read(tmp_path: Path) -> None:
    path, following, run = ten_losses(tmp_path)
    series = run["loss"]
    values = series.values
    for start in range(10, 30, 5):
        with path.open("ab") as file:
            file.write(losses(start, start + 5))
        following.poll()
    assert len(values) == 10
    assert len(series) == 30
    assert series.values.tolist() == [step / 2 for step in range(30)]
    assert run.last_step == 29


def test_a_run_wakes_its_listeners_before_anybody_reads_what_it_has_got(tmp_path: Path) -> None:
    path, following, run = ten_losses(tmp_path)
    run.commit()
    woken: list[int] = []
    run.listen(lambda: woken.append(1))
    with path.open("ab") as file:
        file.write(losses(10, 15))
    following.poll()
    assert woken == [1]
    run.commit()
    assert len(run.committed()[0]) == 15
    assert woken == [1]
