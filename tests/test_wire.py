"""The bytes of a frame: the golden ones stay as they are, and both languages read them alike (js/wire.test.ts)."""

from __future__ import annotations

import json

import pytest

from nbviz.formats.wire import decode, encode
from tests.golden.frames import FOLDER, described, frames


@pytest.mark.parametrize("name", frames())
def test_a_frame_is_encoded_as_the_golden_bytes(name: str) -> None:
    assert encode(frames()[name]) == (FOLDER / f"{name}.bin").read_bytes()


@pytest.mark.parametrize("name", frames())
def test_the_golden_bytes_are_decoded_as_described(name: str) -> None:
    decoded = decode((FOLDER / f"{name}.bin").read_bytes())
    assert described(decoded) == json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", frames())
def test_every_column_of_a_frame_is_aligned(name: str) -> None:
    block = (FOLDER / f"{name}.bin").read_bytes()
    assert len(block) % 8 == 0
    assert (4 + int.from_bytes(block[:4], "little")) % 8 == 0


def test_one_row_of_one_metric_costs_little_more_than_its_numbers() -> None:
    block = encode(frames()["rows"])
    assert len(block) - 3 * 16 <= 96
