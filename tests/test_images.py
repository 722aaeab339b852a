"""Images and audio of event files; TensorBoard, Pillow, wave and scipy are the oracles."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from scipy.io import wavfile
from tensorboard.plugins.audio import metadata as audio_metadata
from tensorboard.plugins.image import metadata as image_metadata

from nbviz.formats.items.image import LARGEST_IMAGE, Image
from tests.items import (
    RNG,
    audio_of,
    closed,
    image_of,
    noise,
    png,
    strings,
    torch_writer,
    wav,
    written,
)
from tests.tfevents import unhurried

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")


def test_images_of_writers_are_what_tensorboard_and_pillow_read(writer: Any) -> None:
    for step in range(3):
        writer.add_image("img", noise(3, 4, 5), step)
        writer.add_image("grey", noise(1, 4, 5), step)
        writer.add_images("many", noise(4, 3, 6, 7), step)
    run, peer = closed(writer)
    assert run.tags("image") == ["img", "grey", "many"]
    for tag in run.tags("image"):
        assert run[tag].steps.tolist() == [0, 1, 2]
        for ours, theirs in zip(run[tag], peer.Images(tag), strict=True):
            assert (ours.step, ours.wall_time) == (theirs.step, theirs.wall_time)
            assert (ours.width, ours.height) == (theirs.width, theirs.height)
            assert ours.encoded == theirs.encoded_image_string
            pixels = np.asarray(Pillow.open(io.BytesIO(theirs.encoded_image_string)).convert("RGB"))
            assert ours.array.dtype == np.uint8
            np.testing.assert_array_equal(np.broadcast_to(ours.array, pixels.shape), pixels)


def test_a_batch_of_tf2_images_is_kept_whole(tmp_path: Path) -> None:
    pixels = [noise(4, 5, 3), noise(4, 5, 3)]
    metadata = image_metadata.create_summary_metadata("", "")
    batch = [b"5", b"4", *map(png, pixels)]
    item = written(tmp_path, strings("img", batch, metadata))["img"][0]
    assert (item.width, item.height, list(item.images)) == (5, 4, batch[2:])
    np.testing.assert_array_equal(item.arrays, pixels)
    np.testing.assert_array_equal(item.array, pixels[0])


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 2), (4, 5, 3), (4, 5, 4)])
def test_pixels_have_as_many_channels_as_the_image(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = noise(*shape)
    value = image_of(png(pixels))
    np.testing.assert_array_equal(written(tmp_path, value)["x"][0].array, pixels.reshape(4, 5, -1))


def test_other_encodings_are_what_pillow_reads(tmp_path: Path) -> None:
    jpeg = png(noise(8, 8, 3), "JPEG")
    palette = io.BytesIO()
    Pillow.fromarray(noise(8, 8, 3)).quantize(16).save(palette, "PNG")
    deep = png(np.arange(0, 6400, 100, np.uint16).reshape(8, 8))
    run = written(tmp_path, *map(image_of, (jpeg, palette.getvalue(), deep)))
    for index, encoded in enumerate((jpeg, palette.getvalue())):
        expected = np.asarray(Pillow.open(io.BytesIO(encoded)).convert("RGB"))
        np.testing.assert_array_equal(run["x"][index].array, expected)
    assert run["x"][2].array[:, :, 0].ravel().tolist() == [value // 256 for value in range(0, 6400, 100)]


def test_an_animation_as_videos_are_is_all_its_frames(tmp_path: Path) -> None:
    frames = [np.full((4, 5), shade, np.uint8) for shade in (10, 20, 30)]
    file = io.BytesIO()
    first, *rest = map(Pillow.fromarray, frames)
    first.save(file, "GIF", save_all=True, append_images=rest)
    item = written(tmp_path, image_of(file.getvalue()))["x"][0]
    assert item.frames.shape[:3] == (3, 4, 5)
    assert item.frames[:, 0, 0, 0].tolist() == [10, 20, 30]
    assert item.array[0, 0, 0] == 10


def forged_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims a size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("size", [(8193, 8192), (10_000, 9_500), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_indexed_and_refused_when_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    assert size[0] * size[1] > LARGEST_IMAGE
    item = written(tmp_path, image_of(forged_png(*size)))["x"][0]
    assert item.encoded == forged_png(*size)
    with pytest.raises(ValueError, match="the image was refused"):
        _ = item.array


@pytest.mark.parametrize("encoded", [b"", b"no image", b"%!PS-Adobe-3.0 EPSF-3.0\n", png(noise(90, 90))[:200]])
def test_a_bad_image_is_one_sentence_and_keeps_its_bytes(tmp_path: Path, encoded: bytes) -> None:
    item = written(tmp_path, image_of(encoded))["x"][0]
    with pytest.raises(ValueError, match=r"the image (cannot be decoded: expected PNG|is damaged)"):
        _ = item.array
    assert item.encoded == encoded


@unhurried
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP"]), st.data())
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_image_raises_nothing_but_a_value_error(form: str, data: Any) -> None:
    encoded = bytearray(png(np.arange(192, dtype=np.uint8).reshape(8, 8, 3), form))
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    item = Image(0, 0.0, 8, 8, (bytes(encoded[: data.draw(st.integers(0, len(encoded)))]),))
    try:
        assert item.frames.nbytes <= 4 * LARGEST_IMAGE
    except ValueError as error:
        assert str(error).startswith("the image ")


def test_pixels_without_pillow_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = written(tmp_path, image_of(png(noise(2, 2))))["x"][0]
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"pip install 'nbviz\[images\]'"):
        _ = item.array


def test_audio_of_writers_is_what_tensorboard_and_wave_read(tmp_path: Path) -> None:
    writer = torch_writer(tmp_path)
    for step in range(2):
        writer.add_audio("tone", np.sin(np.arange(500) / 5)[None] / 2, step, sample_rate=22050)
    run, peer = closed(writer)
    assert run.tags("audio") == ["tone"]
    for ours, theirs in zip(run["tone"], peer.Audio("tone"), strict=True):
        assert (ours.step, ours.wall_time, ours.encoded) == (theirs.step, theirs.wall_time, theirs.encoded_audio_string)
        assert (ours.sample_rate, ours.label, theirs.sample_rate) == (22050, "", 22050)
        with wave.open(io.BytesIO(theirs.encoded_audio_string)) as file:
            expected = np.frombuffer(file.readframes(500), "<i2").reshape(-1, 1) / np.float32(32768)
        np.testing.assert_array_equal(ours.array, expected)


@pytest.mark.parametrize("dtype", ["u1", "<i2", "<i4", "<f4", "<f8"])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_of_every_depth_is_what_scipy_reads(tmp_path: Path, dtype: str, channels: int) -> None:
    if dtype[1] == "f":
        samples = RNG.uniform(-1, 1, (50, channels)).astype(dtype)
        expected = samples.astype(np.float32)
    else:
        limits = np.iinfo(dtype)
        samples = RNG.integers(limits.min, limits.max, (50, channels), dtype, endpoint=True)
        middle = 128 if dtype == "u1" else 0
        expected = ((samples.astype(np.float64) - middle) / (limits.max - middle + 1)).astype(np.float32)
    item = written(tmp_path, audio_of(wav(samples)))["x"][0]
    assert item.array.dtype == np.float32
    np.testing.assert_array_equal(item.array, expected)


def test_24_bits_and_the_extensible_format_are_what_scipy_reads(tmp_path: Path) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as clip:
        clip.setparams((2, 3, 48000, 0, "NONE", ""))
        clip.writeframes(RNG.bytes(3 * 2 * 40))
    data = file.getvalue()
    sub_format = struct.pack("<HHIIHHHHIH14s", 0xFFFE, 2, 48000, 288000, 6, 24, 22, 24, 3, 1, bytes(14))
    extensible = data[:16] + struct.pack("<I", len(sub_format)) + sub_format + b"LIST\3\0\0\0odd\0" + data[36:]
    rate, expected = wavfile.read(io.BytesIO(data))
    run = written(tmp_path, audio_of(data), audio_of(extensible))
    for item in run["x"]:
        assert item.sample_rate == rate == 48000
        np.testing.assert_array_equal(item.array, (expected / 2.0**31).astype(np.float32))


def test_a_stream_that_does_not_know_its_size_has_the_samples_that_are_there(tmp_path: Path) -> None:
    data = bytearray(wav(np.arange(10, dtype=np.int16)))
    data[40:44] = b"\xff\xff\xff\xff"
    assert len(written(tmp_path, audio_of(bytes(data) + b"\1"))["x"][0].array) == 10


@pytest.mark.parametrize("labelled", [True, False])
def test_a_batch_of_tf2_audio_is_kept_whole(tmp_path: Path, labelled: bool) -> None:
    clips = [wav(np.arange(count, dtype=np.int16)) for count in (5, 9)]
    data = [[clips[0], b"a"], [clips[1], "größer".encode()]] if labelled else clips
    metadata = audio_metadata.create_summary_metadata("", "", audio_metadata.Encoding.Value("WAV"))
    item = written(tmp_path, strings("x", data, metadata))["x"][0]
    assert (list(item.clips), item.labels) == (clips, ("a", "größer") if labelled else ("", ""))
    assert [len(array) for array in item.arrays] == [5, 9]
    assert item.sample_rate == 8000


@pytest.mark.parametrize(
    ("encoded", "problem"),
    [
        (b"OggS....", "is no WAV file"),
        (wav(np.zeros(4, np.int16))[:40], "without samples"),
        (wav(np.zeros(4, np.int16)).replace(b"\1\0\1\0", b"\6\0\1\0", 1), "of encoding 6 with 16 bits"),
        (wav(np.zeros(4, np.int16)).replace(b"\1\0\1\0", b"\1\0\0\0", 1), "0 channels"),
    ],
)
def test_audio_that_is_not_decoded_says_so_and_keeps_its_bytes(tmp_path: Path, encoded: bytes, problem: str) -> None:
    item = written(tmp_path, audio_of(encoded))["x"][0]
    with pytest.raises(ValueError, match=problem):
        _ = item.array
    assert item.encoded == encoded
