"""Long stretches of nonsense within a log end, cost what their size says, and hide nothing that comes after them."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from tensorboard.summary.writer.record_writer import masked_crc32c

from nbviz.formats.event import EventDecoder
from nbviz.formats.frame import Stretch
from nbviz.formats.reader import MARGIN, Decoded, EventReader, Part
from nbviz.run import Run
from nbviz.sources.events import Following, read
from tests.tfevents import VERSION, event, framed, losses, simple
from tests.written import write

pytestmark = [pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning"), pytest.mark.timeout(30)]

NAME = "events.out.tfevents.1.host"
SIZE = 1_000_000


def header(length: int) -> bytes:
    """Return the header of a record, with its good checksum."""
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


NONSENSE = {
    "zeros": bytes(SIZE),
    "ones": b"\xff" * SIZE,
    "random bytes": random.Random(0).randbytes(SIZE),
    "lengths without records": struct.pack("<Q", 40) * (SIZE // 8),
    "headers of records longer than the file": header(2**30) * (SIZE // 12),
    "headers of long records": header(2**16) * (SIZE // 12),
    "headers of empty records": header(0) * (SIZE // 12),
}


def steps(run: Run) -> list[int]:
    found: list[int] = run["loss"].steps.tolist()
    return found


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_passed_over_and_reported_briefly(tmp_path: Path, name: str) -> None:
    nonsense = NONSENSE[name]
    start = framed(VERSION) + losses(0, 50)
    path = write(tmp_path / "run" / NAME, start + nonsense + losses(50, 6000))
    (run,) = read(path).values()
    # A header with a good checksum may hide what lies within the length that it gives.
    hidden = 1 + (2**16 // len(losses(1000, 1001)) if name == "headers of long records" else 0)
    assert steps(run)[:50] == list(range(50))
    assert steps(run)[50:] == list(range(6000 - len(steps(run)) + 50, 6000))
    assert len(steps(run)) >= 6000 - hidden
    assert run.problems[0].startswith(f"{path}, byte {len(start)}: ")
    assert len(run.problems) <= 11


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_passed_over_while_it_is_being_written(tmp_path: Path, nonsense: bytes) -> None:
    """In pieces, as it may arrive. What a header promises may still come, so only the end shows what it hid."""
    path = write(tmp_path / "run" / NAME, framed(VERSION) + losses(0, 50))
    runs = Following(tmp_path)
    contents = nonsense[: SIZE // 4] + losses(50, 6000)
    for at in range(0, len(contents), 20_000):
        with path.open("ab") as file:
            file.write(contents[at : at + 20_000])
        while runs.poll():
            pass
    runs.stop()
    whole = read(path)["run"]
    assert steps(runs["run"]) == steps(whole)
    assert runs["run"].problems == whole.problems


def test_two_records_in_a_row_that_claim_more_than_the_file_holds_hide_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "run" / NAME, framed(VERSION) + losses(0, 5) + header(2**30) * 2 + losses(5, 10))
    run = read(path)["run"]
    assert steps(run) == list(range(10))
    assert len(run.problems) == 1


def test_records_of_no_bytes_are_no_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "run" / NAME, framed(VERSION) + framed(b"") * 20_000 + losses(0, 10))
    (run,) = read(path).values()
    assert steps(run) == list(range(10))
    assert run.problems == []


def test_following_a_file_whose_first_record_is_damaged_says_where_and_does_not_say_that_it_is_skipped(
    tmp_path: Path,
) -> None:
    contents = bytearray(framed(VERSION) + losses(0, 10))
    contents[3] ^= 1
    path = write(tmp_path / "run" / NAME, bytes(contents[:30]))
    runs = Following(tmp_path)
    runs.poll()
    with path.open("ab") as file:
        file.write(contents[30:])
    runs.stop()
    run = runs["run"]
    assert steps(run) == list(range(10))
    assert len(run.problems) == 1
    assert run.problems[0].startswith(f"{path}, byte 0: ")


def test_a_search_for_the_next_record_goes_on_whatever_the_log_before_it_looked_like() -> None:
    reader = EventReader()

    def decode(contents: bytes, lost: bool) -> Decoded:
        data = np.frombuffer(contents + bytes(MARGIN), np.uint8)
        part = Part(Stretch(0, len(contents), lost), 0, EventDecoder(), more=True)
        return reader.decode(data, [part])[0]

    decode(framed(event(simple("x" * 200_000, 1.0), step=1)) * 20, lost=False)
    decoded = decode(b"\xff" * 100_000, lost=True)
    assert decoded.used > 99_000
    assert decoded.lost
