"""Where the records of event files begin: TFRecord framing over whole buffers.

Source of the format: ``tensorflow/core/lib/io/record_writer.h`` in tensorflow/tensorflow, and
``tensorboard/data/server/tf_record.rs`` in tensorflow/tensorboard.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.crc import masked_crc, masked_crc_of_lengths

# One record, little-endian; a file is nothing but records, one after the other:
#
#     0         8           12                  12 + length    16 + length
#     +---------+-----------+-------------------+--------------+
#     | length  | masked    | payload           | masked       |
#     | uint64  | CRC of    | length bytes      | CRC of       |
#     |         | length    |                   | payload      |
#     +---------+-----------+-------------------+--------------+
LENGTH = struct.Struct("<Q")
HEADER = struct.Struct("<QI")
FOOTER = struct.Struct("<I")
FRAME = HEADER.size + FOOTER.size

# A protobuf message is shorter than 2 GiB (https://protobuf.dev/programming-guides/proto-limits/), so a longer record
# cannot be an event. Its header is damaged or forged, whatever its checksum says.
LONGEST = 2**31 - 1

# The upper half of a believable length is zero. The second condition steps over a file's zero-filled end, which a power
# cut leaves behind, without trying every byte of it; it misses the one length (0xde7aa85) whose checksum is zero.
_PERHAPS_HEADER = re.compile(rb"(?=\0{4}(?!\0{4}))")

CUT = "a record claims more bytes than the file holds, so it was left out"

LANE = 4096
"""Bytes between two places from which the chain of records is followed at once."""
FEW = 4096
"""Records that are faster followed one by one."""

Offsets = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Stretch(NamedTuple):
    """A part of a buffer that belongs to one file.

    Attributes
    ----------
    start, stop : int
        The buffer is at least 16 bytes longer than any ``stop``.
    lost : bool
        ``start`` lies behind a damaged header.
    end : int, optional
        Where the file ends, if it does not grow any more: a record that claims more is none.
    """

    start: int
    stop: int
    lost: bool = False
    end: int | None = None


class Framed(NamedTuple):
    """The records of a stretch, whose headers are sound.

    Attributes
    ----------
    starts, sizes : ndarray of int64, shape (n,)
        Where each record begins in the buffer, increasing, and the length of its payload.
    stop : int
        Up to where the stretch is done with: the start of a record that is not yet complete, if it ends with one.
    lost : bool
        No sound header was found since the last damaged one.
    problems : list of (int, str)
        What was damaged: the offset in the buffer, and one sentence.
    cut : int or None
        Where the last record begins that claims more than the file holds, if nothing sound came after it. A file that
        stops within its last record has such a one; it is a problem if something follows.
    """

    starts: Offsets
    sizes: Offsets
    stop: int
    lost: bool
    problems: list[tuple[int, str]]
    cut: int | None = None


@lru_cache(maxsize=65536)
def length_checksum(size: int) -> int:
    """The masked CRC of the length of a payload."""
    return masked_crc(LENGTH.pack(size))


@lru_cache(maxsize=65536)
def header(size: int) -> bytes:
    """The 12 bytes that lead a payload of ``size`` bytes."""
    return HEADER.pack(size, length_checksum(size))


def frame(data: Bytes, stretches: Sequence[Stretch]) -> list[Framed]:
    """Find the records of some files.

    A record that is not complete is *not yet there*, never an error. After a damaged header the next sound one is
    looked for, byte by byte.
    """
    view = data.data
    framed = []
    chains, ends = _chains(data, stretches)
    lengths = [_lengths(starts, end) for starts, end in zip(chains, ends, strict=True)]
    sound = _are_sound(data, np.concatenate(chains), np.concatenate(lengths))
    for stretch, starts, sizes, end in zip(stretches, chains, lengths, ends, strict=True):
        if stretch.lost or not (sound or _are_sound(data, starts, sizes)):
            framed.append(_frame_carefully(view, *stretch))
        elif stretch.stop - end >= HEADER.size and (stretch.end or sound_length(view, end) is None):
            rest = _frame_carefully(view, end, *stretch[1:])
            starts, sizes = np.concatenate((starts, rest.starts)), np.concatenate((sizes, rest.sizes))
            framed.append(Framed(starts, sizes, *rest[2:]))
        else:
            framed.append(Framed(starts, sizes, end, False, []))
    return framed


def _lengths(starts: Offsets, end: int) -> Offsets:
    """The lengths of the payloads of records that lie side by side up to ``end``."""
    lengths = np.empty_like(starts)
    lengths[:-1] = starts[1:]
    lengths[-1:] = end
    lengths -= starts + FRAME
    return lengths


def sound_length(view: memoryview, at: int) -> int | None:
    """The length that the header at ``at`` gives, unless it is damaged."""
    (length,) = LENGTH.unpack_from(view, at)
    return int(length) if length <= LONGEST and view[at : at + 12] == header(length) else None


def _are_sound(data: Bytes, starts: Offsets, sizes: Offsets) -> bool:
    """Whether the headers at ``starts`` give these lengths, with the right checksums."""
    view, single = data.data, sizes > 65535 if len(sizes) >= 64 else np.ones(len(sizes), bool)
    for at, size in zip(starts[single].tolist(), sizes[single].tolist(), strict=True):
        if view[at : at + 12] != header(size):
            return False
    if single.all():
        return True
    starts, sizes = starts[~single], sizes[~single]
    present = np.flatnonzero(np.bincount(sizes))
    expected = np.zeros((int(present[-1]) + 1, 12), np.uint8)
    expected[present] = [list(header(size)) for size in present.tolist()]
    found = np.ndarray(len(data) - 11, "V12", data, strides=(1,))[starts]
    return bool(np.array_equal(found.view(np.uint8), expected.view("V12").ravel()[sizes].view(np.uint8)))


# The chain of lengths


def _chains(data: Bytes, stretches: Sequence[Stretch]) -> tuple[list[Offsets], list[int]]:
    """The starts of the records of each stretch, by their lengths alone, and where its last complete one ends."""
    total = sum(stretch.stop - stretch.start for stretch in stretches)
    probed, end = _follow(data, stretches[0].start, stretches[0].stop, 64)
    mean = (end - stretches[0].start) / max(1, len(probed))
    if len(probed) == 64 and mean < 700 and total / mean > FEW:
        lanes, owners = _lanes(data, stretches, int(max(96, min(1024, mean * 2.2))))
        stops = np.array([stretch.stop for stretch in stretches])
        starts, ends, sound = _follow_lanes(data, lanes, owners, stops)
    else:
        starts, ends, sound = [np.empty(0, np.int64)] * len(stretches), [0] * len(stretches), [False] * len(stretches)
    for index, stretch in enumerate(stretches):
        if not sound[index] and not stretch.lost:
            followed, ends[index] = _follow(data, stretch.start, stretch.stop)
            starts[index] = np.array(followed, np.int64)
    return starts, ends


def leading(data: Bytes, most: int) -> tuple[list[int], int]:
    """The starts of at most ``most`` records at the start of ``data``, by their lengths alone, and where they end."""
    return _follow(data, 0, len(data), most)


def _follow(data: Bytes, at: int, stop: int, most: int = -1) -> tuple[list[int], int]:
    starts: list[int] = []
    length_at, append = LENGTH.unpack_from, starts.append
    view = data.data
    last = stop - FRAME
    while at <= last and len(starts) != most:
        (length,) = length_at(view, at)
        after = at + length + FRAME
        if after > stop:
            break
        append(at)
        at = after
    return starts, at


def _lanes(data: Bytes, stretches: Sequence[Stretch], window: int) -> tuple[Offsets, Offsets]:
    """Places, about `LANE` bytes apart, at which a sound header stands, and the stretch of each.

    Every stretch has its start, and others if they are found.
    """
    steps = [np.arange(start, max(start + 1, stop - window - HEADER.size), LANE) for start, stop, *_ in stretches]
    owners = np.repeat(np.arange(len(stretches)), [len(marks) for marks in steps])
    marks = np.concatenate(steps)
    windows = data[np.minimum(marks[:, None] + np.arange(window + 11), len(data) - 1)]
    lengths = np.ndarray((len(marks), window), "<u8", windows, strides=(window + 11, 1))
    lane, offset = np.divmod(np.flatnonzero(lengths.ravel() < 65536), window)
    sums = np.ndarray((len(marks), window), "<u4", windows, offset=8, strides=(window + 11, 1))[lane, offset]
    sound = np.flatnonzero(sums == masked_crc_of_lengths(lengths[lane, offset].astype(np.uint32)))
    starts = np.full(len(marks), -1)
    starts[lane[sound[::-1]]] = (marks[lane] + offset)[sound[::-1]]
    first = np.flatnonzero(np.diff(owners, prepend=-1))
    starts[first] = marks[first]
    return starts[starts >= 0], owners[starts >= 0]


def _follow_lanes(
    data: Bytes, lanes: Offsets, owners: Offsets, stops: Offsets
) -> tuple[list[Offsets], list[int], list[bool]]:
    """Follow the chain from all lanes at once, each to the start of the next or the stop of its stretch.

    Returns for each stretch the starts of its records, where the last complete one ends, and whether each of its lanes
    ended exactly where the next one starts. Lengths are read from two bytes: the checksums of the headers tell whether
    there was more to them.
    """
    final = np.diff(owners, append=len(stops)) > 0
    limits = np.where(final, stops[owners], np.append(lanes[1:], 0))
    at, ends, numbers = lanes, limits, np.arange(len(lanes)).astype(np.uint16 if len(lanes) < 65536 else np.int64)
    reached, steps, walkers = limits.copy(), [], []
    wide = bool((data[lanes + 1] != 0).any())
    while len(at):
        after = at + FRAME
        after += data.take(at)
        if wide:
            after += data.take(at + 1).astype(np.int64) << 8
        whole = after <= ends
        if whole.all():
            steps.append(at)
            walkers.append(numbers)
        else:
            steps.append(at[whole])
            walkers.append(numbers[whole])
            reached[numbers[~whole]] = at[~whole]
        going = after < ends
        if going.all():
            at = after
        else:
            at, numbers, ends = after[going], numbers[going], ends[going]
    walked = np.concatenate(walkers)
    starts = np.concatenate(steps)[np.argsort(walked, kind="stable")]
    counts = np.bincount(owners, np.bincount(walked, minlength=len(lanes)), len(stops)).astype(np.int64)
    broken = np.bincount(owners, ~final & (reached != limits), len(stops))
    return np.split(starts, np.cumsum(counts)[:-1]), reached[final].tolist(), (broken == 0).tolist()


# After damage


def _frame_carefully(view: memoryview, at: int, stop: int, lost: bool, end: int | None) -> Framed:
    cut: int | None = None
    told = lost
    starts: list[int] = []
    sizes: list[int] = []
    problems: list[tuple[int, str]] = []
    while True:
        if lost:
            at, lost = _find_header(view, at, stop)
        if lost or stop - at < HEADER.size:
            break
        length = sound_length(view, at)
        if length is None:
            problems.append((at, "the header of a record is damaged, so reading went on at the next sound one"))
            at, lost, told = at + 1, True, True
            continue
        after = at + length + FRAME
        if end is not None and after > end:
            cut = at if cut is None and not told else cut
            at, lost = at + 1, True
            continue
        if after > stop:
            break
        if cut is not None:
            problems.append((cut, CUT))
            cut = None
        told = False
        starts.append(at)
        sizes.append(length)
        at = after
    return Framed(np.array(starts, np.int64), np.array(sizes, np.int64), at, lost, problems, cut)


def _find_header(view: memoryview, at: int, stop: int) -> tuple[int, bool]:
    """Where the next sound header starts, at or after ``at``; while there is none, from where to look on, and True."""
    for match in _PERHAPS_HEADER.finditer(view, at + 4, stop):
        start = match.start() - 4
        if start + HEADER.size > stop:
            break
        if sound_length(view, start) is not None:
            return start, False
    return max(at, stop - HEADER.size + 1), True
