"""TFRecord framing; TensorBoard's record writer is the oracle."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbviz.formats.record import RecordReader, masked_crc
from tests.tfevents import framed, unhurried

PAYLOADS = [b"first", b"", b"third record", bytes(40), bytes(range(256))]
FILE = framed(*PAYLOADS)


def read(data: bytes, chunks: list[int] | None = None) -> tuple[list[bytes], list[tuple[int, str]]]:
    """Read data in chunks of the given sizes, the rest in one; return payloads and problems."""
    reader = RecordReader()
    payloads: list[tuple[int, bytes]] = []
    for size in chunks or []:
        payloads += reader.decode(data[:size])
        data = data[size:]
    payloads += reader.decode(data) + reader.flush()
    return [payload for _, payload in payloads], reader.problems


def taken(payloads: list[tuple[int, bytes]]) -> list[bytes]:
    return [payload for _, payload in payloads]


def header(length: int) -> bytes:
    """Return a header whose checksum is right, whatever it claims."""
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc(packed))


def flipped(data: bytes, at: int, bits: int = 0x10) -> bytes:
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


def test_payloads_come_back_as_tensorboard_framed_them() -> None:
    assert read(FILE) == (PAYLOADS, [])


def test_payloads_come_with_their_offsets() -> None:
    reader = RecordReader()
    for at in range(0, len(FILE), 7):
        for offset, payload in reader.decode(FILE[at : at + 7]):
            assert FILE[offset : offset + len(payload)] == payload
    assert reader.records == len(PAYLOADS)


@unhurried
@given(st.lists(st.binary(max_size=60)), st.lists(st.integers(0, 30)))
def test_chunks_of_any_size_give_the_same(payloads: list[bytes], chunks: list[int]) -> None:
    assert read(framed(*payloads), chunks) == (payloads, [])


def test_one_byte_at_a_time_delivers_each_record_with_its_last_byte() -> None:
    reader = RecordReader()
    seen = []
    for at in range(len(FILE)):
        seen += [(at + 1, payload) for payload in taken(reader.decode(FILE[at : at + 1]))]
    assert [payload for _, payload in seen] == PAYLOADS
    assert [end for end, _ in seen] == [len(framed(*PAYLOADS[: count + 1])) for count in range(len(PAYLOADS))]


def test_a_cut_last_record_is_not_yet_there_wherever_it_is_cut() -> None:
    ends = [len(framed(*PAYLOADS[:count])) for count in range(len(PAYLOADS) + 1)]
    for cut in range(len(FILE)):
        whole = sum(end <= cut for end in ends) - 1
        assert read(FILE[:cut]) == (PAYLOADS[:whole], []), cut


def test_a_cut_record_is_delivered_once_the_rest_arrives() -> None:
    reader = RecordReader()
    assert taken(reader.decode(FILE[:-1])) == PAYLOADS[:-1]
    assert reader.pending == 12 + 256 + 3
    assert taken(reader.decode(FILE[-1:])) == PAYLOADS[-1:]
    assert reader.pending == 0


@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_one_wrong_byte_anywhere_costs_its_record_and_no_other(bits: int) -> None:
    ends = [len(framed(*PAYLOADS[: count + 1])) for count in range(len(PAYLOADS))]
    for at in range(len(FILE)):
        hit = sum(end <= at for end in ends)
        payloads, problems = read(flipped(FILE, at, bits))
        assert payloads == PAYLOADS[:hit] + PAYLOADS[hit + 1 :], at
        assert [offset for offset, _ in problems] == [len(framed(*PAYLOADS[:hit]))], at


def test_problems_say_what_was_damaged() -> None:
    second = len(framed(PAYLOADS[0]))
    assert read(flipped(FILE, second))[1] == [
        (second, "the header of a record is damaged, so reading went on at the next sound one")
    ]
    assert read(flipped(FILE, 14))[1] == [(0, "a record of 5 bytes fails its checksum, so it was left out")]


@unhurried
@given(
    st.lists(st.binary(max_size=40), max_size=12),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), max_size=4),
    st.lists(st.integers(0, 30)),
)
def test_damage_is_read_alike_in_chunks_of_any_size(
    payloads: list[bytes], flips: list[tuple[int, int]], chunks: list[int]
) -> None:
    data = framed(*payloads)
    for at, bits in flips:
        if data:
            data = flipped(data, at % len(data), bits)
    assert read(data, chunks) == read(data)
    assert set(read(data)[0]) <= set(payloads)


@pytest.mark.parametrize("length", [2**31, 2**40, 2**63, 2**64 - 1])
def test_an_impossible_length_is_stepped_over_without_memory(length: int) -> None:
    data = framed(b"before") + header(length) + framed(b"after")
    tracemalloc.start()
    try:
        reader = RecordReader()
        assert taken(reader.decode(data)) == [b"before", b"after"]
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert [offset for offset, _ in reader.problems] == [len(framed(b"before"))]


@pytest.mark.parametrize("length", [100, 2**20, 2**31 - 1])
def test_a_length_beyond_the_end_waits_while_the_file_may_grow_and_is_stepped_over_when_it_may_not(length: int) -> None:
    reader = RecordReader()
    assert taken(reader.decode(framed(b"before") + header(length) + framed(b"after", b"last"))) == [b"before"]
    assert reader.problems == []
    assert taken(reader.flush()) == [b"after", b"last"]
    assert reader.problems == [(22, "a record claims more bytes than the file holds, so it was left out")]


def test_zeros_at_the_end_are_one_problem() -> None:
    payloads, problems = read(FILE + bytes(5000))
    assert payloads == PAYLOADS
    assert [offset for offset, _ in problems] == [len(FILE)]


def test_a_lost_reader_holds_on_to_no_memory() -> None:
    reader = RecordReader()
    for _ in range(100):
        reader.decode(b"no records here " * 1000)
        assert reader.pending < 12
    assert taken(reader.decode(framed(b"found"))) == [b"found"]
    assert len(reader.problems) == 1
