"""Items as a notebook shows them: what IPython makes of one at the end of a cell."""

from __future__ import annotations

import base64
import html
import re
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.audio import metadata as audio_metadata
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.histogram import summary_v2 as histogram_summary
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.text import summary_v2 as text_summary

from nbviz.formats.items.image import Image
from nbviz.formats.items.item import SHOWN_BYTES
from tests.items import audio_of, image_of, layout_value, noise, plugin, png, strings, wav, written

TONE = wav(np.arange(400, dtype=np.int16))


def shown(item: Any) -> dict[str, Any]:
    """The MIME bundle of an item; no formatter may fail."""
    formatter = DisplayFormatter()
    formatter.ipython_display_formatter.catch_errors = False
    bundle, _ = formatter.format(item)
    return dict(bundle)


def text_item(path: Path, text: str) -> Any:
    return written(path, text_summary.text_pb("note", text).value[0])["note"][0]


def clips(*pairs: tuple[bytes, str]) -> Any:
    metadata = audio_metadata.create_summary_metadata("", "", audio_metadata.Encoding.Value("WAV"))
    return strings("x", [[clip, label.encode()] for clip, label in pairs], metadata)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_an_image_is_shown_as_the_picture_that_was_logged(tmp_path: Path, form: str) -> None:
    encoded = png(noise(4, 5, 3), form)
    item = written(tmp_path, image_of(encoded))["x"][0]
    bundle = shown(item)
    assert set(bundle) == {"text/plain", f"image/{form.lower()}"}
    assert base64.b64decode(bundle[f"image/{form.lower()}"]) == encoded
    assert bundle["text/plain"] == repr(item)


def test_a_batch_of_images_is_shown_whole(tmp_path: Path) -> None:
    batch = [png(noise(4, 5, 3)), png(noise(4, 5), "JPEG")]
    metadata = image_metadata.create_summary_metadata("", "")
    item = written(tmp_path, strings("img", [b"5", b"4", *batch], metadata))["img"][0]
    page = shown(item)["text/html"]
    addresses = re.findall(r'<img src="data:(image/png|image/jpeg);base64,([\w+/=]+)" style="[^"]*">', page)
    assert [kind for kind, _ in addresses] == ["image/png", "image/jpeg"]
    assert [base64.b64decode(data) for _, data in addresses] == batch
    assert repr(item) == f"<Image at step 0: 2 images of 5 × 4 pixels, {sum(map(len, batch)):,} bytes>"


@pytest.mark.parametrize("encoded", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", b"%PDF-1.4"])
def test_what_is_no_raster_image_is_never_shown_as_one(tmp_path: Path, encoded: bytes) -> None:
    item = written(tmp_path, image_of(encoded))["x"][0]
    bundle = shown(item)
    assert set(bundle) == {"text/plain"}
    assert bundle["text/plain"].startswith(f"{item!r}: the image cannot be decoded: expected PNG")


def test_an_image_that_claims_too_many_pixels_is_not_handed_to_a_page(tmp_path: Path) -> None:
    encoded = png(noise(1, 1))
    huge = encoded[:16] + (100_000).to_bytes(4, "big") * 2 + encoded[24:]
    crc = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    item = written(tmp_path, image_of(huge[:29] + crc + huge[33:]))["x"][0]
    assert set(shown(item)) == {"text/plain"}
    assert "was refused" in shown(item)["text/plain"]


def test_an_image_of_too_many_bytes_is_told_of() -> None:
    item = Image(0, 0.0, 1, 1, (bytes(SHOWN_BYTES + 1),))
    told = "not shown, as it takes more than 16,777,216 bytes; .array has its pixels"
    assert shown(item) == {"text/plain": f"{item!r}: {told}"}


def test_a_batch_of_no_images_is_told_of() -> None:
    assert shown(Image(0, 0.0, 5, 4, ())) == {"text/plain": "<Image at step 0: 0 images of 5 × 4 pixels, 0 bytes>"}


def test_without_pillow_an_image_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = written(tmp_path, image_of(png(noise(4, 5, 3))))["x"][0]
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert set(shown(item)) == {"text/plain"}
    assert shown(item)["text/plain"].endswith("install it with  pip install 'nbviz[images]'")


def test_a_text_is_shown_as_the_plain_text_it_is(tmp_path: Path) -> None:
    text = "**bold** <script>alert(1)</script>\n\tsecond line ü 日本"
    item = text_item(tmp_path, text)
    assert shown(item) == {"text/plain": text}
    assert repr(item) == f"<Text at step 0: {text!r}>"


def test_control_characters_of_a_text_are_spelled_out(tmp_path: Path) -> None:
    assert shown(text_item(tmp_path, "a\x1b[2J\rb\x00")) == {"text/plain": r"a\x1b[2J\rb\x00"}


def test_an_empty_text_is_told_of(tmp_path: Path) -> None:
    assert shown(text_item(tmp_path, "")) == {"text/plain": "<Text at step 0: ''>"}


def test_a_long_text_is_cut_and_says_so(tmp_path: Path) -> None:
    item = text_item(tmp_path, "x" * 1_000_000)
    plain = shown(item)["text/plain"]
    assert plain == "x" * 10_000 + "\n… and 990,000 more characters; .text has all"
    assert len(repr(item)) < 120


def test_audio_is_shown_as_a_player_for_each_clip(tmp_path: Path) -> None:
    item = written(tmp_path, clips((TONE, "<script>"), (TONE, "")))["x"][0]
    page = shown(item)["text/html"]
    assert [base64.b64decode(data) for data in re.findall('src="data:audio/wav;base64,([^"]*)"', page)] == [TONE, TONE]
    assert re.findall("<(?!/)([a-z]*)", page) == ["div", "div", "audio", "div", "audio"]
    assert html.escape("<script>") in page
    assert repr(item) == f"<Audio at step 0: 2 clips, {2 * len(TONE):,} bytes at 8,000 Hz>"


def test_a_clip_that_is_no_wav_file_is_only_told_of(tmp_path: Path) -> None:
    item = written(tmp_path, audio_of(b"<script>"))["x"][0]
    assert shown(item) == {"text/plain": "<Audio at step 0: 8 bytes>"}


def described() -> list[tuple[Any, str]]:
    triple = histogram_summary.histogram_pb("x", np.arange(100.0), 4).value[0]
    pr_curve = strings("x", np.ones((6, 5)), plugin("pr_curves"))
    category = layout_pb2.Category(title="c", chart=[layout_pb2.Chart(title="both")])
    start = hparams_summary.hparams_pb({"lr": 0.1, "opt": "adam"}).value[0]
    nothing = summary_pb2.Summary.Value(tag="x", metadata=plugin("m\n"))
    return [
        (triple, "<Histogram at step 0: 100 values in 4 bins from 0 to 99>"),
        (pr_curve, "<PRCurve at step 0: 5 thresholds>"),
        (layout_value(layout_pb2.Layout(category=[category])), "<Layout at step 0: 1 chart in 1 category>"),
        (start, "<HParams at step 0: session start, {'lr': 0.1, 'opt': 'adam'}>"),
        (strings("x", b"GRAPH", plugin("graphs")), "<Graph at step 0: graph, 5 bytes>"),
        (strings("x", 1.0, plugin("mine")), "<Tensor at step 0: 10 bytes of a tensor for the plugin 'mine'>"),
        (nothing, r"<Tensor at step 0: 0 bytes of no tensor for the plugin 'm\n'>"),
    ]


@pytest.mark.parametrize(("value", "expected"), described(), ids=lambda part: part if isinstance(part, str) else "")
def test_every_other_item_is_told_on_one_line(tmp_path: Path, value: Any, expected: str) -> None:
    run = written(tmp_path, value)
    (tag,) = run.tags()
    assert repr(run[tag][0]) == expected
