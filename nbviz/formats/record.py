"""TFRecord framing: the layer of an event file that knows of lengths and checksums and of nothing else.

Source of the format: ``tensorflow/core/lib/io/record_writer.h`` in tensorflow/tensorflow, and
``tensorboard/data/server/tf_record.rs`` in tensorflow/tensorboard.
"""

from __future__ import annotations

import re
import struct

from crc32c import crc32c

# One record, little-endian; a file is nothing but records, one after the other:
#
#     0         8           12                  12 + length    16 + length
#     +---------+-----------+-------------------+--------------+
#     | length  | masked    | payload           | masked       |
#     | uint64  | CRC of    | length bytes      | CRC of       |
#     |         | length    |                   | payload      |
#     +---------+-----------+-------------------+--------------+
HEADER = struct.Struct("<QI")
FOOTER = struct.Struct("<I")

# A protobuf message is shorter than 2 GiB (https://protobuf.dev/programming-guides/proto-limits/), so a longer record
# cannot be an event. Its header is damaged or forged, whatever its checksum says.
LONGEST = 2**31 - 1

# The upper half of a believable length is zero. The second condition steps over a file's zero-filled end, which a power
# cut leaves behind, without trying every byte of it; it misses the one length (0xde7aa85) whose checksum is zero.
_PERHAPS_HEADER = re.compile(rb"(?=\0{4}(?!\0{4}))")


def masked_crc(data: bytes | bytearray | memoryview) -> int:
    """CRC-32C of `data`, rotated and offset, so that a CRC of data that holds CRCs stays a good one."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


class RecordReader:
    """Cuts the bytes of one event file, given in chunks of any size, into the payloads of its records.

    A record that is not complete is *not yet there*, never an error. A damaged payload under a sound header costs that
    record alone. After a damaged header the reader looks for the next sound one, byte by byte. A header is sound if its
    checksum agrees and its length is below 2 GiB.

    Memory is bounded by the bytes given: the reader holds at most one record that is still growing, and allocates
    nothing on the word of a length.

    Attributes
    ----------
    records : int
        How many payloads were delivered.
    problems : list of (int, str)
        What was damaged: the offset in the file, in bytes, and one sentence. The caller may empty it.
    """

    def __init__(self) -> None:
        self.records = 0
        self.problems: list[tuple[int, str]] = []
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's first byte in the file
        self._lost = False  # no sound header since the last damaged one

    @property
    def pending(self) -> int:
        """How many bytes are held back, because they belong to a record that is not yet complete."""
        return len(self._buffer)

    def decode(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """Take the next bytes of the file; return the payloads that they complete, in file order.

        Each comes with its offset in the file, in bytes.
        """
        self._buffer += chunk
        return self._take(complete=False)

    def flush(self) -> list[tuple[int, bytes]]:
        """Say that the file ends here; return what a wrong length had hidden behind a record that never ends.

        A file that merely stops within its last record, as one does that is still being written, has nothing hidden and
        no problem.
        """
        return self._take(complete=True)

    def _take(self, complete: bool) -> list[tuple[int, bytes]]:
        payloads: list[tuple[int, bytes]] = []
        at, cut = 0, -1
        with memoryview(self._buffer) as view:
            while True:
                if self._lost:
                    at = self._find_header(at)
                if self._lost or len(view) - at < HEADER.size:
                    break
                length = self._sound_length(at)
                if length is None:
                    self._report(at, "the header of a record is damaged, so reading went on at the next sound one")
                    self._lost = True
                    at += 1
                    continue
                start, end = at + HEADER.size, at + HEADER.size + length
                if end + FOOTER.size > len(view):
                    if not complete:
                        break
                    cut = at if cut < 0 else cut
                    self._lost = True
                    at += 1
                    continue
                payload = bytes(view[start:end])
                if masked_crc(payload) == FOOTER.unpack_from(view, end)[0]:
                    payloads.append((self._offset + start, payload))
                    if cut >= 0:
                        self._report(cut, "a record claims more bytes than the file holds, so it was left out")
                        cut = -1
                else:
                    self._report(at, f"a record of {length} bytes fails its checksum, so it was left out")
                at = end + FOOTER.size
        del self._buffer[:at]
        self._offset += at
        self.records += len(payloads)
        return payloads

    def _sound_length(self, at: int) -> int | None:
        """Return the length that the header at `at` gives, unless it is damaged."""
        length, checksum = HEADER.unpack_from(self._buffer, at)
        if length <= LONGEST and masked_crc(self._buffer[at : at + 8]) == checksum:
            return int(length)
        return None

    def _find_header(self, at: int) -> int:
        """Where the next sound header starts, at or after `at`; while there is none, from where to look on."""
        for match in _PERHAPS_HEADER.finditer(self._buffer, at + 4):
            start = match.start() - 4
            if start + HEADER.size > len(self._buffer):
                break
            if self._sound_length(start) is not None:
                self._lost = False
                return start
        return max(at, len(self._buffer) - HEADER.size + 1)

    def _report(self, at: int, sentence: str) -> None:
        self.problems.append((self._offset + at, sentence))
