"""TFRecord framing; TensorBoard's record writer is the oracle."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviz.formats.crc import masked_crc
from nbviz.formats.frame import Framed, Stretch, frame
from tests.tfevents import framed, unhurried

PAYLOADS = [b"first", b"", b"third record", bytes(40), bytes(range(256))]
FILE = framed(*PAYLOADS)
DAMAGED = "the header of a record is damaged, so reading went on at the next sound one"


def frames(*files: bytes, lost: bool = False) -> tuple[bytes, list[Framed]]:
    """Frame files that lie one after the other in a buffer."""
    whole = b"".join(files)
    stops = np.cumsum([len(file) for file in files]).tolist()
    stretches = [Stretch(start, stop, lost) for start, stop in zip([0, *stops], stops, strict=False)]
    return whole, frame(np.frombuffer(whole + bytes(4096), np.uint8), stretches)


def payloads(file: bytes) -> list[bytes]:
    data, (found,) = frames(file)
    return [data[start + 12 : start + 12 + size] for start, size in zip(found.starts, found.sizes, strict=True)]


def header(length: int) -> bytes:
    """Return a header whose checksum is right, whatever it claims."""
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc(packed))


def many(count: int, size: int = 60) -> bytes:
    """Records enough to be followed from many places at once, of lengths about ``size``."""
    return framed(*(bytes([index % 256]) * (size + index * index % 7) for index in range(count)))


def test_payloads_are_found_as_tensorboard_framed_them() -> None:
    assert payloads(FILE) == PAYLOADS
    assert payloads(b"") == []


@unhurried
@given(st.lists(st.lists(st.binary(max_size=60)), min_size=1, max_size=4))
def test_files_in_one_buffer_are_framed_apart(files: list[list[bytes]]) -> None:
    data, found = frames(*(framed(*file) for file in files))
    starts = [[data[at + 12 : at + 12 + size] for at, size in zip(*each[:2], strict=True)] for each in found]
    assert starts == files


@pytest.mark.parametrize("size", [1, 40, 200, 500, 3000])
def test_a_long_file_is_framed_whatever_the_length_of_its_records(size: int) -> None:
    count = max(6000, 400_000 // size)
    file = many(count, size)
    expected = np.cumsum([0] + [size + index * index % 7 + 16 for index in range(count)])
    for cut in (0, 1, 13):
        _, (found,) = frames(file[: len(file) - cut])
        assert found.starts.tolist() == expected[: count - (cut > 0)].tolist()
        assert (found.stop, found.problems) == (expected[count - (cut > 0)], [])


def test_many_files_are_followed_at_once_each_to_its_end() -> None:
    files = [many(300 + number) for number in range(40)]
    cut = [file[: len(file) - number % 5] for number, file in enumerate(files)]
    _, found = frames(*cut)
    assert [len(each.starts) for each in found] == [300 + number - (number % 5 > 0) for number in range(40)]


def test_a_cut_last_record_is_not_yet_there_wherever_it_is_cut() -> None:
    ends = [len(framed(*PAYLOADS[:count])) for count in range(len(PAYLOADS) + 1)]
    for cut in range(len(FILE)):
        _, (found,) = frames(FILE[:cut])
        whole = sum(end <= cut for end in ends) - 1
        assert (len(found.starts), found.stop, found.problems) == (whole, ends[whole], []), cut


@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_a_wrong_byte_in_a_header_costs_its_record_and_no_other(bits: int) -> None:
    for hit in range(len(PAYLOADS)):
        start = len(framed(*PAYLOADS[:hit]))
        for at in range(start, start + 12):
            damaged = FILE[:at] + bytes([FILE[at] ^ bits]) + FILE[at + 1 :]
            _, (found,) = frames(damaged)
            assert found.problems == [(start, DAMAGED)], at
            assert payloads(damaged) == PAYLOADS[:hit] + PAYLOADS[hit + 1 :], at


def test_a_wrong_length_in_a_long_file_costs_its_record_and_no_other() -> None:
    file = many(8000)
    _, (sound,) = frames(file)
    for hit in (0, 63, 64, 4000, 7999):
        damaged = bytearray(file)
        damaged[sound.starts[hit]] ^= 4
        _, (found,) = frames(bytes(damaged))
        assert found.problems == [(sound.starts[hit], DAMAGED)]
        assert found.starts.tolist() == np.delete(sound.starts, hit).tolist()


@pytest.mark.parametrize("length", [2**31, 2**40, 2**63, 2**64 - 1])
def test_an_impossible_length_is_stepped_over(length: int) -> None:
    assert payloads(framed(b"before") + header(length) + framed(b"after")) == [b"before", b"after"]


@pytest.mark.parametrize("length", [100, 2**20, 2**31 - 1])
def test_a_length_beyond_the_end_is_waited_for(length: int) -> None:
    _, (found,) = frames(framed(b"before") + header(length) + framed(b"after", b"last"))
    assert (len(found.starts), found.stop, found.lost, found.problems) == (1, 22, False, [])


def test_zeros_at_the_end_are_one_problem() -> None:
    data, (found,) = frames(FILE + bytes(5000))
    assert (len(found.starts), found.problems, found.lost) == (len(PAYLOADS), [(len(FILE), DAMAGED)], True)
    assert len(data) - found.stop < 12


def test_framing_goes_on_behind_damage() -> None:
    _, (found,) = frames(b"no records here " * 100 + framed(b"found"), lost=True)
    assert (found.starts.tolist(), found.lost, found.problems) == ([1600], False, [])
