"""A record among thousands that looks almost like them, with a good checksum, is read as what it is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.util import tensor_util

from benchmarks import logs
from nbviz.sources.events import read
from tests.tfevents import VERSION, event, framed, simple
from tests.written import Row, digits, scalars, write

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")

COUNT = 6000
WRITERS: dict[str, Callable[[Iterator[logs.Row]], Iterator[bytes]]] = {
    "torch": logs.torch_scalars,
    "TF2": logs.tf2_scalars,
}
ORDERS = {"periodic": logs.rows, "irregular": logs.shuffled}
TAGS = ("loss", "lost", "accuracy")


@cache
def means(payload: bytes) -> list[Row] | None:
    """Return the scalars of an event, as TensorBoard's messages tell them; None if they cannot tell.

    A message that occurs twice in another counts as unreadable: protobuf would merge the two, and no writer does that.
    """
    try:
        event = event_pb2.Event.FromString(payload)
        assert event.ByteSize() == len(payload)
        return [row for value in event.summary.value for row in _rows(event, value)]
    except Exception:
        return None


def _rows(event: event_pb2.Event, value: event_pb2.Summary.Value) -> Iterator[Row]:
    # What a tag was said to be first holds, as in TensorBoard.
    if value.HasField("simple_value"):
        yield value.tag, event.step, event.wall_time, digits(value.simple_value)
    elif value.HasField("tensor") and (value.tag in TAGS or value.metadata.plugin_data.plugin_name == "scalars"):
        yield value.tag, event.step, event.wall_time, digits(tensor_util.make_ndarray(value.tensor).item())


def found(path: Path, payloads: list[bytes]) -> Counter[Row]:
    write(path, framed(VERSION, *payloads))
    (run,) = read(path).values()
    return Counter(scalars(run))


def altered(payload: bytes, at: int, draw: random.Random) -> bytes:
    contents = bytearray(payload)
    contents[at] ^= 1 << draw.randrange(8)
    return bytes(contents)


def assert_told_apart(path: Path, payloads: list[bytes], others: dict[int, bytes]) -> None:
    """Replace some of the records; all the rest is to stay what it is, and these are to be what they mean."""
    rows = found(path, [others.get(row, payload) for row, payload in enumerate(payloads)])
    rows.subtract(chain(*(means(payload) or [] for row, payload in enumerate(payloads) if row not in others)))
    meant = [means(other) for other in others.values()]
    rows.subtract(chain(*(each for each in meant if each is not None)))
    assert not -rows, "a row is missing"
    assert (+rows).total() <= meant.count(None), "a row was never written"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("writer", ["torch", "TF2"])
def test_one_record_is_changed_in_one_byte(tmp_path: Path, writer: str, order: str) -> None:
    payloads = list(WRITERS[writer](ORDERS[order](TAGS, COUNT, np.random.default_rng(0))))
    draw = random.Random(writer + order)
    for at in draw.sample(range(len(payloads[5000])), 20):
        assert_told_apart(tmp_path / "tfevents", payloads, {5000: altered(payloads[5000], at, draw)})


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("writer", ["torch", "TF2"])
def test_many_records_are_changed_in_one_byte_each(tmp_path: Path, writer: str, order: str) -> None:
    payloads = list(WRITERS[writer](ORDERS[order](TAGS, COUNT, np.random.default_rng(0))))
    draw = random.Random(writer + order)
    for _ in range(5):
        chosen = draw.sample(range(100, COUNT), 300)
        others = {row: altered(payloads[row], draw.randrange(len(payloads[row])), draw) for row in chosen}
        assert_told_apart(tmp_path / "tfevents", payloads, others)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("writer", WRITERS)
def test_one_record_is_longer_or_shorter_by_a_byte(tmp_path: Path, writer: str, order: str) -> None:
    payloads = list(WRITERS[writer](ORDERS[order](TAGS, COUNT, np.random.default_rng(0))))
    payload = payloads[3000]
    for other in (payload + b"\0", payload[:-1], b"", payload[1:], payload + b"\x10\x05"):
        assert_told_apart(tmp_path / "tfevents", payloads, {3000: other})


def test_metadata_that_are_malformed_cost_nothing_but_themselves(tmp_path: Path) -> None:
    payloads = list(logs.tf2_scalars(logs.rows(["loss"], COUNT, np.random.default_rng(0))))
    payloads[5000] = payloads[5000][:-10] + b"\xff" + payloads[5000][-9:]
    assert found(tmp_path / "tfevents", payloads).total() >= COUNT - 1


def test_what_a_tag_was_said_to_be_first_holds(tmp_path: Path) -> None:
    """Some records are built otherwise, so that those of one length are not all read at once."""
    payloads = list(logs.tf2_scalars(logs.shuffled(TAGS, COUNT, np.random.default_rng(0))))
    payloads[652] = payloads[652].replace(b'\x00"\x04', b"\x002\x04")
    payloads[965] = payloads[965].replace(b"B\n\x08\x01", b"\xc2\n\x08\x01")
    payloads[5291] = payloads[5291].replace(b"B\n\x08\x01", b"B\x0e\x08\x01")
    payloads[5907] = payloads[5907].replace(b"scalars", b"sc!lars")
    assert found(tmp_path / "tfevents", payloads).total() >= COUNT - 3


def test_reading_draws_no_random_numbers_from_the_generator_that_training_uses(tmp_path: Path) -> None:
    payloads = list(logs.torch_scalars(logs.shuffled(TAGS, COUNT, np.random.default_rng(0))))
    random.seed(5)
    before = random.getstate()
    found(tmp_path / "tfevents", payloads)
    assert random.getstate() == before


@pytest.mark.parametrize("count", [10, COUNT])
def test_a_key_in_more_bytes_than_it_needs_is_the_same_key(tmp_path: Path, count: int) -> None:
    payloads = [event(simple("loss", step / 2), step=step) for step in range(1, count)]
    padded = [payload[:9] + b"\x90\x00" + payload[10:] for payload in payloads]
    assert event_pb2.Event.FromString(padded[-1]).step == count - 1
    assert found(tmp_path / "tfevents", padded) == found(tmp_path / "tfevents", payloads)


def test_tensors_are_scalars_from_where_their_tag_is_said_to_hold_scalars(tmp_path: Path) -> None:
    """As they are to whoever reads one record after the other, as a follower does."""
    payloads = []
    for step in range(3000):
        for tag in ("loss", "late"):
            value = scalar_pb(tag, step / 2).value[0]
            if tag == "late" and step != 700:
                value.ClearField("metadata")
            payloads.append(event(value, step=step))
    write(tmp_path / "tfevents", framed(VERSION, *payloads))
    (run,) = read(tmp_path).values()
    assert [(tag, len(run[tag])) for tag in run] == [("loss", 3000), ("late", 700), ("late (scalar)", 2300)]
    assert run["late (scalar)"].steps.tolist() == list(range(700, 3000))


def test_a_long_event_whose_scalar_looks_like_a_length_is_no_item(tmp_path: Path) -> None:
    """The first bytes of the float, read as a length, lead exactly to the end of the event."""
    unknown = bytes([0x92, 0x01, 0xC0, 0x10]) + bytes(0x840)  # field 18, of 0x840 bytes
    looks = 2 + len(unknown)
    value = simple("loss", 0.0).SerializeToString()[:-4] + bytes([looks & 127 | 128, looks >> 7, 0, 0]) + unknown
    payload = event_pb2.Event(wall_time=1.5, step=3).SerializeToString() + b"*" + prefixed(b"\n" + prefixed(value))
    assert len(means(payload) or []) == 1
    assert found(tmp_path / "tfevents", [payload]) == Counter(means(payload) or [])


def prefixed(message: bytes) -> bytes:
    """The message behind its length, which takes two bytes."""
    return bytes([len(message) & 127 | 128, len(message) >> 7]) + message


@pytest.mark.parametrize("count", [10, COUNT], ids=["few", "many"])
def test_metadata_without_a_plugin_are_kept_too(tmp_path: Path, count: int) -> None:
    value = simple("loss", 0.5)
    value.metadata.display_name = "the loss"
    write(tmp_path / "tfevents", framed(VERSION, *(event(value, step=step) for step in range(count))))
    (run,) = read(tmp_path).values()
    assert (run["loss"].plugin, run["loss"].metadata) == ("", value.metadata.SerializeToString())


def test_an_unusual_record_may_say_what_the_tensors_after_it_are(tmp_path: Path) -> None:
    payloads = [event(simple("loss", step / 2), step=step) for step in range(3000)]
    for step in (500, 1500):
        silent = scalar_pb("late", step / 2).value[0]
        silent.ClearField("metadata")
        payloads[step] = event(silent, step=step)
    payloads[1000] = event(simple("other", 1.0), scalar_pb("late", 500.0).value[0], step=1000)
    write(tmp_path / "tfevents", framed(VERSION, *payloads))
    (run,) = read(tmp_path).values()
    assert (run["late"].kind, run["late"].steps.tolist()) == ("tensor", [500])
    assert run["late (scalar)"].steps.tolist() == [1000, 1500]
