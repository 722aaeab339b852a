"""Events out again: from columns and items to the records of an event file, with no protobuf library.

Sources of the format: ``event.proto`` and ``summary.proto`` in ``tensorboard/compat/proto`` of tensorflow/tensorboard,
on the wire format of https://protobuf.dev/programming-guides/encoding/, framed as `nbviz.formats.frame` says.

Scalars are written as ``simple_value``, a float. TensorBoard's data server delivers no scalar that is a double tensor
(``tensor_proto_to_scalar`` in ``tensorboard/data/server/data_compat.rs`` takes floats only), so where a value is no
float, the double stands beside it in the field `nbviz.formats.extra.EXACT`. Histograms are written as the tensors of
TF2, of doubles: both of TensorBoard's backends hand them on as they are, whereas a ``HistogramProto`` is turned into
floats and loses its empty outer bins.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from nbviz.formats.crc import masked_crc
from nbviz.formats.extra import EXACT
from nbviz.formats.frame import FOOTER
from nbviz.formats.protobuf import BYTES, FIXED32, FIXED64, VARINT

Floats = NDArray[np.float64]
Steps = NDArray[np.int64]
Extra = Iterable[tuple[int, "int | bytes"]]

_double = struct.Struct("<d").pack

# As in nbviz.formats.event; and of a SummaryMetadata: plugin_data 1 with plugin_name 1, data_class 4 (TENSOR is 2).
_WALL_TIME, _STEP = 1 << 3 | FIXED64, 2 << 3 | VARINT
_FILE_VERSION, _SUMMARY, _SESSION_LOG = 3 << 3 | BYTES, 5 << 3 | BYTES, 7 << 3 | BYTES
_TAG, _SIMPLE_VALUE, _TENSOR, METADATA = 1 << 3 | BYTES, 2 << 3 | FIXED32, 8 << 3 | BYTES, 9 << 3 | BYTES
_VALUE = _PLUGIN_DATA = _PLUGIN_NAME = 1 << 3 | BYTES
_PLUGIN_CONTENT = 2 << 3 | BYTES
_START = bytes((1 << 3 | VARINT, 1))
_DTYPE_DOUBLE, _SHAPE, _CONTENT = bytes((1 << 3 | VARINT, 2)), 2 << 3 | BYTES, 4 << 3 | BYTES
_DTYPE_STRING, _STRING = bytes((1 << 3 | VARINT, 7)), 8 << 3 | BYTES
_DIM, _SIZE = 2 << 3 | BYTES, 1 << 3 | VARINT
_TENSOR_CLASS = bytes((4 << 3 | VARINT, 2))

_VARINT_ENDS = np.array([1 << 7 * size for size in range(1, 10)], np.uint64)
"""The smallest numbers whose varints take 2, 3, … 10 bytes."""


def varint(value: int) -> bytes:
    """A number in base 128, lowest digit first; a negative one as its 64 bits."""
    value &= 0xFFFFFFFFFFFFFFFF
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def field(key: int, content: bytes) -> bytes:
    """A field that holds bytes."""
    return varint(key) + varint(len(content)) + content


def encode_tag(tag: str) -> bytes:
    """A tag as UTF-8; half a surrogate pair is spelled out, as one bad tag hides a file from TensorBoard's server."""
    return tag.encode(errors="backslashreplace")


def record(payload: bytes) -> bytes:
    """Frame one payload."""
    length = len(payload).to_bytes(8, "little")
    return b"".join((length, FOOTER.pack(masked_crc(length)), payload, FOOTER.pack(masked_crc(payload))))


def event(step: int, wall_time: float, content: bytes) -> bytes:
    """The record of an event; ``content`` is the field that says what happened."""
    counted = varint(_STEP) + varint(step) if step else b""
    return record(b"".join((bytes([_WALL_TIME]), _double(wall_time), counted, content)))


def version_event(wall_time: float) -> bytes:
    """The record that an event file starts with."""
    return event(0, wall_time, field(_FILE_VERSION, b"brain.Event:2"))


def restart_event(step: int, wall_time: float) -> bytes:
    """The record that says that the run goes on from ``step``, whereupon TensorBoard forgets what it had from there."""
    return event(step, wall_time, field(_SESSION_LOG, _START))


def value_event(step: int, wall_time: float, value: bytes) -> bytes:
    """The record of one ``Summary.Value``."""
    return event(step, wall_time, field(_SUMMARY, field(_VALUE, value)))


def plugin_metadata(plugin: str, content: bytes = b"") -> bytes:
    """The ``SummaryMetadata`` of a plugin that shows tensors; ``content`` is what the plugin keeps there."""
    about = field(_PLUGIN_NAME, plugin.encode()) + (field(_PLUGIN_CONTENT, content) if content else b"")
    return field(_PLUGIN_DATA, about) + _TENSOR_CLASS


def tensor_value(tag: str, values: Floats, metadata: bytes) -> bytes:
    """The ``Summary.Value`` of a tensor of doubles."""
    shape = b"".join(field(_DIM, varint(_SIZE) + varint(size)) for size in values.shape)
    content = values.astype("<f8").tobytes()
    tensor = _DTYPE_DOUBLE + field(_SHAPE, shape) + field(_CONTENT, content)
    return b"".join((field(_TAG, encode_tag(tag)), field(_TENSOR, tensor), field(METADATA, metadata)))


def text_value(tag: str, text: str) -> bytes:
    """The ``Summary.Value`` of a text."""
    content = _DTYPE_STRING + field(_SHAPE, b"") + field(_STRING, encode_tag(text))
    return b"".join((field(_TAG, encode_tag(tag)), field(_TENSOR, content), field(METADATA, plugin_metadata("text"))))


def histogram_value(tag: str, counts: Floats, edges: Floats, extra: Extra = (), metadata: bytes = b"") -> bytes:
    """The ``Summary.Value`` of a histogram with ``counts`` (k,) and ``edges`` (k + 1,).

    ``extra`` has fields of `nbviz.formats.extra` and what they hold, which is left out where it is 0 or empty.
    """
    triples = np.column_stack((edges[:-1], edges[1:], counts))
    parts = [tensor_value(tag, triples, metadata or plugin_metadata("histograms"))]
    for key, value in extra:
        if value:
            parts.append(field(key, value) if isinstance(value, bytes) else varint(key) + varint(value))
    return b"".join(parts)


def scalar_events(tag: str, steps: Steps, wall_times: Floats, values: Floats, metadata: bytes = b"") -> list[bytes]:
    """The records of scalars of one tag, in order; each column has shape (n,)."""
    with np.errstate(all="ignore"):
        exact = values.astype(np.float32).astype(np.float64).view(np.int64) == values.view(np.int64)
    sizes = np.searchsorted(_VARINT_ENDS, steps.view(np.uint64), "right") + 1
    layouts = np.where(steps == 0, 0, sizes) * 2 + exact
    found = np.unique(layouts) if layouts.min() != layouts.max() else layouts[:1]
    if len(found) == 1:
        return _alike(tag, steps, wall_times, values, metadata, *divmod(int(found[0]), 2))
    records = np.empty(len(steps), object)
    for layout in found.tolist():
        rows = np.flatnonzero(layouts == layout)
        records[rows] = _alike(tag, steps[rows], wall_times[rows], values[rows], metadata, *divmod(layout, 2))
    return list(records)


def _alike(
    tag: str, steps: Steps, wall_times: Floats, values: Floats, metadata: bytes, size: int, exact: int
) -> list[bytes]:
    """Records of one length: a template, repeated, into which the columns are written."""
    named = field(_TAG, encode_tag(tag)) + varint(_SIMPLE_VALUE)
    between = field(METADATA, metadata) if metadata else b""
    double = b"" if exact else varint(EXACT) + bytes(8)
    value_size = len(named) + 4 + len(between) + len(double)
    counted = bytes([_STEP]) + bytes(size) if size else b""
    lead = varint(_SUMMARY) + varint(1 + len(varint(value_size)) + value_size) + varint(_VALUE) + varint(value_size)
    head = bytes([_WALL_TIME]) + bytes(8) + counted + lead + named
    payload = head + bytes(4) + between + double
    length = len(payload).to_bytes(8, "little")
    template = length + FOOTER.pack(masked_crc(length)) + payload + bytes(4)
    layout = np.dtype(
        {
            "names": ["wall_time", "step", "single", "double", "payload", "footer"],
            "formats": ["<f8", ("u1", (max(size, 1),)), "<f4", "<f8", f"V{len(payload)}", "<u4"],
            "offsets": [13, 22, 12 + len(head), len(template) - 12, 12, len(template) - 4],
            "itemsize": len(template),
        }
    )
    rows = np.frombuffer(bytearray(template) * len(steps), layout)
    rows["wall_time"] = wall_times
    if size:
        rows["step"] = _varints(steps, size)
    with np.errstate(all="ignore"):
        rows["single"] = values
    if not exact:
        rows["double"] = values
    sums = np.fromiter(map(crc32c, rows["payload"].tolist()), np.uint32, len(rows))
    rows["footer"] = (sums >> 15 | sums << 17) + np.uint32(0xA282EAD8)
    return list(rows.view(f"V{len(template)}").tolist())


def _varints(values: Steps, size: int) -> NDArray[np.uint8]:
    """The varints, of shape (n, size), of numbers that all take ``size`` bytes."""
    shifts = np.arange(size, dtype=np.uint64) * np.uint64(7)
    digits: NDArray[np.uint8] = ((values.view(np.uint64)[:, None] >> shifts) & np.uint64(127)).astype(np.uint8)
    digits[:, :-1] |= 128
    return digits
