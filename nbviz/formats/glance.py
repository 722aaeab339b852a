"""Single records that are like ones met before, decoded without parsing them."""

from __future__ import annotations

import struct
from collections import defaultdict
from typing import NamedTuple

from nbviz.formats.event import CONTENTS, SIMPLE_VALUE, STEP, SUMMARY, TAG, VALUE, WALL_TIME, Batch, EventDecoder
from nbviz.formats.foretold import CODES, Guess, guess
from nbviz.formats.frame import FOOTER, HEADER, header
from nbviz.formats.layout import Layout, Template, UnusualError
from nbviz.formats.protobuf import MalformedError, signed, text, varint

_MET = 3
"""Records of one length that are parsed before one of them is taken for an example."""
_MOST_EXAMPLES = 1024
_LONGEST = 1024
"""Bytes of a payload beyond which reading its head is cheaper than comparing all."""
_HEAD = 320
_LONG_CONTENTS = CONTENTS - {SIMPLE_VALUE}

_STRUCTS = {dtype: struct.Struct(f"<{code}") for dtype, code in CODES.items()}
_double = struct.Struct("<d").unpack_from


class _Look(NamedTuple):
    """The bits that payloads of one structure share, all templates that were met of it, and where their parts lie."""

    mask: int
    templates: dict[int, tuple[Template, Guess | None]]
    wall_time: int
    step: int
    number: tuple[int, struct.Struct] | None
    item: tuple[int, int]


class Glances:
    """Knows payloads by the bits that must not differ: one look-up instead of a walk through the fields.

    Attributes
    ----------
    met : Guess or None
        What the payload that was added last looks like.
    """

    def __init__(self) -> None:
        self.met: Guess | None = None
        self._looks: dict[int, list[_Look]] = defaultdict(list)
        self._met: dict[int, int] = defaultdict(int)

    def add(self, payload: bytes | memoryview, offset: int, batch: Batch, decoder: EventDecoder) -> bool:
        """Add what a payload holds to the batch; False if the payload must be parsed."""
        self.met = None
        if len(payload) > _LONGEST:
            return self._add_long(payload, offset, batch, decoder)
        payload = bytes(payload)
        bits = int.from_bytes(payload, "little")
        for mask, templates, wall_time, step_at, number, (start, stop) in self._looks.get(len(payload), ()):
            known = templates.get(bits & mask)
            if known is None:
                continue
            template, self.met = known
            kind = decoder.kind_of(*template, number is not None)
            step = varint(payload, step_at)[0] if step_at else 0
            if step >> 63:
                step = signed(step)
            wall = _double(payload, wall_time)[0]
            if kind == "scalar" and number:
                batch.add_scalar(template.tag, step, wall, number[1].unpack_from(payload, number[0])[0], stop - start)
            elif kind:
                batch.add_item(template.tag, kind, step, wall, offset + start, stop - start)
            return bool(kind)
        self._meet(payload)
        return False

    def _add_long(self, payload: bytes | memoryview, offset: int, batch: Batch, decoder: EventDecoder) -> bool:
        """Index one value whose content is the end of the payload, as histograms of torch are: its head tells all."""
        head, size = bytes(payload[:_HEAD]), len(payload)
        step = start = 0
        at = 9
        try:
            if head[at] == STEP:
                step, at = varint(head, 10)
            for key in (SUMMARY, VALUE):
                if head[at] != key:
                    return False
                length, at = varint(head, at + 1)
                if at + length != size:
                    return False
            start = at
            length, at = varint(head, start + 1)
            name, at = head[at : at + length], at + length
            content = head[at]
            length, at = varint(head, at + 1)
        except (IndexError, MalformedError):
            return False
        if head[0] != WALL_TIME or head[start] != TAG or content not in _LONG_CONTENTS or at + length != size:
            return False
        tag = text(name)
        kind = decoder.kind_of(tag, content, "", b"", False)
        if kind:
            batch.add_item(tag, kind, signed(step), _double(head, 1)[0], offset + start, size - start)
        return bool(kind)

    def _meet(self, payload: bytes) -> None:
        size = len(payload)
        self._met[size] += 1
        if not _MET <= self._met[size] <= _MOST_EXAMPLES:
            return
        record = header(size) + payload + bytes(FOOTER.size)
        try:
            layout = Layout(record)
        except UnusualError:
            return
        mask = int.from_bytes(layout.fixed.tobytes()[HEADER.size : HEADER.size + size], "little")
        number = None
        if layout.number:
            at, dtype = layout.number
            number = at - HEADER.size, _STRUCTS[dtype]
        look = _Look(
            mask,
            {},
            layout.wall_time.start - HEADER.size,
            max(0, layout.step.start - HEADER.size),
            number,
            (layout.item.start - HEADER.size, layout.item.stop - HEADER.size),
        )
        looks = self._looks[size]
        same = [other for other in looks if other.mask == mask and other[2:] == look[2:]]
        if not same:
            looks.append(look)
        (same or [look])[0].templates[int.from_bytes(payload, "little") & mask] = (
            layout.template(),
            guess(layout, record),
        )
