"""Items of every kind, from files as the writers make them; TensorBoard, protobuf, Pillow and scipy are the oracles."""

from __future__ import annotations

import io
import json
import os
import struct
import wave
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from scipy.io import wavfile
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import config_pb2, event_pb2, graph_pb2, step_stats_pb2, summary_pb2
from tensorboard.plugins.audio import metadata as audio_metadata
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as layout_metadata
from tensorboard.plugins.distribution import compressor
from tensorboard.plugins.graph import keras_util
from tensorboard.plugins.histogram import summary as histogram_summary
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.plugins.hparams import plugin_data_pb2 as hparams_pb2
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.mesh import metadata as mesh_metadata
from tensorboard.plugins.mesh import plugin_data_pb2 as mesh_pb2
from tensorboard.plugins.text import summary_v2 as text_summary
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter as SummaryWriterX

from nbviz.formats.event import EventDecoder
from nbviz.formats.items import decode_item
from nbviz.formats.items.image import LARGEST_IMAGE
from nbviz.formats.protobuf import MalformedError
from nbviz.run import Run
from nbviz.sender import Sender
from nbviz.sources.events import read
from tests.tfevents import VERSION, accumulated, event, framed, simple, unhurried

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")

NAME = "events.out.tfevents.1.host"
RNG = np.random.default_rng(0)


def torch_writer(path: Path) -> Any:
    return pytest.importorskip("torch.utils.tensorboard").SummaryWriter(str(path))


@pytest.fixture(params=[torch_writer, lambda path: SummaryWriterX(str(path))], ids=["torch", "tensorboardX"])
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with request.param(tmp_path) as writer:
        yield writer


def reading(path: Path) -> Run:
    (run,) = read(path).values()
    return run


def closed(writer: Any) -> tuple[Run, Any]:
    """What we read of the file of a writer, and what TensorBoard does."""
    writer.close()
    path = Path(writer.log_dir if hasattr(writer, "log_dir") else writer.logdir)
    return reading(path), accumulated(path)


def written(path: Path, *values: Any) -> Run:
    """Read a file with one event a value, at the steps 0, 1, ..."""
    payloads = [VERSION, *(event(value, step=step, wall_time=step + 0.5) for step, value in enumerate(values))]
    (path / NAME).write_bytes(framed(*payloads))
    run = reading(path)
    assert run.problems == []
    return run


def strings(tag: str, data: Any, metadata: Any) -> Any:
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor_util.make_tensor_proto(data), metadata=metadata)


def plugin(name: str, content: bytes = b"") -> Any:
    data = summary_pb2.SummaryMetadata.PluginData(plugin_name=name, content=content)
    return summary_pb2.SummaryMetadata(plugin_data=data)


def layout_value(layout: Any) -> Any:
    metadata = layout_metadata.create_summary_metadata()
    return strings(layout_metadata.CONFIG_SUMMARY_TAG, layout.SerializeToString(), metadata)


def png(array: Any, form: str = "PNG", **settings: Any) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(array).save(file, form, **settings)
    return file.getvalue()


def noise(*shape: int) -> Any:
    return RNG.integers(0, 256, shape, np.uint8)


# Images


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


def test_figures_are_images(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib.figure")
    writer = torch_writer(tmp_path)
    figure = matplotlib.Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([1, 2])
    writer.add_figure("figure", figure, 1)
    run, _ = closed(writer)
    assert run["figure"][0].array.shape == (50, 100, 3)


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


def image_of(encoded: bytes) -> Any:
    return summary_pb2.Summary.Value(tag="x", image=summary_pb2.Summary.Image(encoded_image_string=encoded))


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


def test_pixels_without_pillow_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = written(tmp_path, image_of(png(noise(2, 2))))["x"][0]
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"pip install 'nbviz\[images\]'"):
        _ = item.array


# Audio


def wav(samples: Any, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


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


def audio_of(encoded: bytes) -> Any:
    return summary_pb2.Summary.Value(tag="x", audio=summary_pb2.Summary.Audio(encoded_audio_string=encoded))


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


# Text


def test_texts_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    for step, text in enumerate(["plain", "<script>alert(1)</script>", "größer\n| a | b |", ""]):
        writer.add_text("note", text, step)
    run, peer = closed(writer)
    assert run.tags("text") == ["note/text_summary"]
    series = run["note/text_summary"]
    for ours, theirs in zip(series, peer.Tensors("note/text_summary"), strict=True):
        assert (ours.step, ours.wall_time) == (theirs.step, theirs.wall_time)
        expected = np.vectorize(bytes.decode, [object])(tensor_util.make_ndarray(theirs.tensor_proto))
        assert (ours.texts.shape, ours.texts.tolist()) == (expected.shape, expected.tolist())
    assert series[1].text == "<script>alert(1)</script>"
    assert series.plugin == "text"
    assert series.metadata == peer.summary_metadata["note/text_summary"].SerializeToString()


def test_tables_of_texts_keep_their_shape_and_bad_utf8_is_replaced(tmp_path: Path) -> None:
    table = text_summary.text_pb("table", [["a", "b"], ["c", "d"]]).value[0]
    single = text_summary.text_pb("single", "one").value[0]
    bad = strings("bad", b"l\xffss", plugin("text"))
    run = written(tmp_path, table, single, bad)
    assert run["table"][0].texts.tolist() == [["a", "b"], ["c", "d"]]
    assert run["table"][0].text == "a\nb\nc\nd"
    assert (run["single"][0].texts.shape, run["single"][0].text) == ((), "one")
    assert run["bad"][0].text == "l\ufffdss"


# PR curves and meshes

ROWS = ("true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall")


def test_pr_curves_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    for step in range(2):
        writer.add_pr_curve("pr", RNG.integers(0, 2, 100), RNG.uniform(size=100), step, num_thresholds=31)
    run, peer = closed(writer)
    assert run.tags("pr_curve") == ["pr"]
    for ours, theirs in zip(run["pr"], peer.Tensors("pr"), strict=True):
        expected = tensor_util.make_ndarray(theirs.tensor_proto)
        assert (ours.step, ours.wall_time, ours.values.dtype) == (theirs.step, theirs.wall_time, expected.dtype)
        for row, name in enumerate(ROWS):
            np.testing.assert_array_equal(getattr(ours, name), expected[row])
        assert ours.thresholds.tolist() == np.linspace(0.0, 1.0, 31).tolist()


def test_meshes_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    torch = pytest.importorskip("torch")
    vertices, faces = torch.rand(1, 8, 3), torch.randint(0, 8, (1, 4, 3))
    writer.add_mesh("ball", vertices, torch.randint(0, 256, (1, 8, 3)), faces, {"camera": {"cls": "X"}}, 3)
    run, peer = closed(writer)
    assert len(run.tags("mesh")) == 3
    kinds = {"VERTEX": "vertices", "FACE": "faces", "COLOR": "colors"}
    for tag in run.tags("mesh"):
        (theirs,) = peer.Tensors(tag)
        about = mesh_metadata.parse_plugin_metadata(peer.summary_metadata[tag].plugin_data.content)
        ours = run[tag][0]
        np.testing.assert_array_equal(ours.values, tensor_util.make_ndarray(theirs.tensor_proto))
        assert list(ours.shape) == list(about.shape)
        assert (ours.name, ours.config) == (about.name, about.json_config)
        assert ours.content_type == kinds[mesh_pb2.MeshPluginData.ContentType.Name(about.content_type)]


# Hyper-parameters and layouts


def hparams_items(path: Path) -> list[Any]:
    items = []
    for run in read(path).values():
        items += [item for tag in run.tags("hparams") for item in run[tag]]
    return items


def parsed(item: Any) -> Any:
    return hparams_pb2.HParamsPluginData.FromString(item.encoded)


def test_hparams_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    settings = {"lr": 0.1, "layers": 3, "name": "größer", "bias": True}
    writer.add_hparams(settings, {"accuracy": 0.5, "loss": 1.0})
    writer.close()
    path = Path(writer.log_dir if hasattr(writer, "log_dir") else writer.logdir)
    experiment, start, end = hparams_items(path)
    theirs = parsed(experiment).experiment
    assert [info.name for info in experiment.infos] == [info.name for info in theirs.hparam_infos]
    assert [info.type for info in experiment.infos] == [
        {1: "string", 2: "bool", 3: "float"}[info.type] for info in theirs.hparam_infos
    ]
    assert [metric.tag for metric in experiment.metrics] == ["accuracy", "loss"]
    assert (start.kind, start.hparams) == ("session start", settings)
    assert set(start.hparams) == set(parsed(start).session_start_info.hparams)
    assert (end.kind, end.status) == ("session end", "success")
    assert (experiment.kind, end.time) == ("experiment", parsed(end).session_end_info.end_time_secs)


def test_hparams_of_keras_are_what_tensorboard_reads(tmp_path: Path) -> None:
    lr, act = hparams_summary.HParam("lr", hparams_summary.RealInterval(0.1, 0.5)), "activation"
    choice = hparams_summary.HParam(
        act, hparams_summary.Discrete(["relu", "tanh"]), display_name="act", description="f"
    )
    metric = hparams_summary.Metric("loss", "validation", "Loss", "low is good", hparams_summary.Metric.VALIDATION)
    config = hparams_summary.hparams_config_pb([lr, choice], [metric], time_created_secs=12.5).value[0]
    start = hparams_summary.hparams_pb({lr: 0.2, choice: "relu"}, trial_id="group", start_time_secs=13.5).value[0]
    ended = hparams_pb2.HParamsPluginData(session_end_info=hparams_pb2.SessionEndInfo(status=2, end_time_secs=14.5))
    end = summary_pb2.Summary.Value(tag=hparams_metadata.SESSION_END_INFO_TAG)
    end.metadata.CopyFrom(hparams_metadata.create_summary_metadata(ended))
    written(tmp_path, config, start, end)
    experiment, started, over = hparams_items(tmp_path)
    assert (experiment.time, [info.interval for info in experiment.infos]) == (12.5, [(0.1, 0.5), None])
    assert experiment.infos[1] == (act, "act", "f", "string", ("relu", "tanh"), None)
    assert experiment.metrics == (("loss", "validation", "Loss", "low is good", "validation"),)
    assert (started.hparams, started.group_name, started.time) == ({"lr": 0.2, act: "relu"}, "group", 13.5)
    assert (over.status, over.time, over.step) == ("failure", 14.5, 2)


def test_each_event_of_hparams_is_an_item_of_its_own(tmp_path: Path) -> None:
    values = [hparams_summary.hparams_pb({"lr": rate}, start_time_secs=1.0).value[0] for rate in (0.1, 0.2)]
    run = written(tmp_path, *values)
    assert [item.hparams for item in run[values[0].tag]] == [{"lr": 0.1}, {"lr": 0.2}]


def test_layouts_of_writers_are_what_tensorboard_reads(writer: Any) -> None:
    charts = {"both": ["Multiline", ["loss/.*", "acc"]], "band": ["Margin", ["value", "low", "high"]]}
    writer.add_custom_scalars({"first": charts, "second": {"one": ["Multiline", ["x"]]}})
    run, peer = closed(writer)
    assert run.tags("layout") == ["custom_scalars__config__"]
    (theirs,) = peer.Tensors("custom_scalars__config__")
    (layout,) = run["custom_scalars__config__"]
    assert layout.encoded == tensor_util.make_ndarray(theirs.tensor_proto).item()
    expected = layout_pb2.Layout.FromString(layout.encoded)
    assert [category.title for category in layout.categories] == [category.title for category in expected.category]
    assert [chart[:2] for chart in layout.categories[0].charts] == [("both", ("loss/.*", "acc")), ("band", ())]
    assert layout.categories[0].charts[1].margins == (("value", "low", "high"),)


def test_a_layout_of_tensorboard_itself_is_read(tmp_path: Path) -> None:
    proto = layout_pb2.Layout(category=[layout_pb2.Category(title="closed", closed=True)])
    run = written(tmp_path, layout_value(proto))
    ((category,),) = (item.categories for item in run["custom_scalars__config__"])
    assert category == ("closed", (), True)


# Graphs


def assert_same_nodes(ours: list[Any], theirs: Any) -> None:
    assert len(ours) == len(theirs)
    for node, expected in zip(ours, theirs, strict=True):
        assert node[:4] == (expected.name, expected.op, tuple(expected.input), expected.device)
        assert sorted(node.attributes) == sorted(expected.attr)


def test_a_graph_of_torch_is_what_tensorboard_reads(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    writer = torch_writer(tmp_path)
    writer.add_graph(torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU()), torch.rand(2, 3))
    run, peer = closed(writer)
    graph = run["__run_graph__"][0]
    assert (graph.form, run["__run_graph__"].plugin) == ("graph", "graphs")
    assert len(graph.nodes) > 5
    assert_same_nodes(graph.nodes, peer.Graph().node)
    (tag,) = peer.Tags()["run_metadata"]
    theirs = peer.RunMetadata(tag)
    assert run[tag].plugin == "graph_tagged_run_metadata"
    assert config_pb2.RunMetadata.FromString(run[tag][0].encoded) == theirs
    assert [node.name for node in run[tag][0].nodes] == [
        stats.node_name for device in theirs.step_stats.dev_stats for stats in device.node_stats
    ]


def test_a_meta_graph_is_the_graph_in_it(tmp_path: Path) -> None:
    from tensorboard.compat.proto import meta_graph_pb2

    graph = graph_pb2.GraphDef()
    graph.node.add(name="a", op="Const", input=["b:1", "^c"], device="/gpu:0").attr["dtype"].i = 1
    meta = meta_graph_pb2.MetaGraphDef(graph_def=graph).SerializeToString()
    payload = event_pb2.Event(step=3, wall_time=1.5, meta_graph_def=meta).SerializeToString()
    (tmp_path / NAME).write_bytes(framed(VERSION, payload))
    (item,) = reading(tmp_path)["__meta_graph__"]
    assert (item.form, item.encoded, item.step) == ("meta graph", meta, 3)
    assert_same_nodes(item.nodes, graph.node)


def test_run_metadata_has_the_nodes_of_its_graphs_or_those_that_ran(tmp_path: Path) -> None:
    before, after = (graph_pb2.GraphDef() for _ in range(2))
    before.node.add(name="before", op="Mul")
    after.node.add(name="after", op="Add")
    functions = config_pb2.RunMetadata.FunctionGraphs(pre_optimization_graph=before, post_optimization_graph=after)
    stats = step_stats_pb2.DeviceStepStats(device="/cpu:0", node_stats=[step_stats_pb2.NodeExecStats(node_name="ran")])
    ran = step_stats_pb2.StepStats(dev_stats=[stats])
    values = [
        strings("x", [config_pb2.RunMetadata(**parts).SerializeToString()], plugin("graph_run_metadata_graph"))
        for parts in ({"function_graphs": [functions]}, {"partition_graphs": [after]}, {"step_stats": ran})
    ]
    nodes = [item.nodes[0][:4] for item in written(tmp_path, *values)["x"]]
    assert nodes == [("before", "Mul", (), ""), ("after", "Add", (), ""), ("ran", "", (), "/cpu:0")]


def keras_layer(name: str, *inbound: str, kind: str = "Dense", version: int = 3, **config: Any) -> dict[str, Any]:
    if version == 3:
        nodes: Any = [
            {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}], "kwargs": {}}
            for source in inbound
        ]
    else:
        nodes = [[[source, 0, 0, {}] for source in inbound]] if inbound else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}


@pytest.mark.parametrize("version", [2, 3])
def test_a_keras_model_is_the_graph_that_tensorboard_makes_of_it(tmp_path: Path, version: int) -> None:
    layers = [
        keras_layer("in", kind="InputLayer", version=version),
        keras_layer("left", "in", version=version),
        keras_layer("right", "in", version=version),
        keras_layer("sum", "left", "right", kind="Add", version=version),
    ]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["sum", 0, 0]]}
    model = {"class_name": "Functional", "config": {"name": "model", "layers": layers, **ends}}
    item = written(tmp_path, strings("keras", json.dumps(model), plugin("graph_keras_model")))["keras"][0]
    assert (item.form, json.loads(item.encoded)) == ("keras", model)
    assert [(node.name, node.op, node.inputs) for node in item.nodes] == [
        ("in", "InputLayer", ()),
        ("left", "Dense", ("in",)),
        ("right", "Dense", ("in",)),
        ("sum", "Add", ("left", "right")),
    ]
    if version == 3:
        theirs = keras_util.keras_model_to_graph_def(model)
        assert [(f"model/{node.name}", node.inputs) for node in item.nodes] == [
            (node.name, tuple(name.removeprefix("model/") for name in node.input)) for node in theirs.node
        ]


def test_a_sequential_keras_model_is_a_chain(tmp_path: Path) -> None:
    layers = [{"class_name": "Dense", "config": {"name": name}} for name in ("a", "b", "c")]
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    (item,) = written(tmp_path, strings("keras", json.dumps(model), plugin("graph_keras_model")))["keras"]
    assert [(node.name, node.inputs) for node in item.nodes] == [("a", ()), ("b", ("a",)), ("c", ("b",))]


@pytest.mark.parametrize("model", ["", "[]", '{"config": {"layers": [3]}}', '{"config":' * 50_000, "[" * 100_000])
def test_a_malformed_keras_model_is_one_sentence(tmp_path: Path, model: str) -> None:
    (item,) = written(tmp_path, strings("keras", model, plugin("graph_keras_model")))["keras"]
    with pytest.raises(ValueError, match=r"the Keras model is (malformed|nested too deeply)"):
        _ = item.nodes


# Tensors and histograms


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.float32(0.5),
        np.array([1 + 2j, 3], np.complex64),
        np.array([], np.float64),
        np.array([[b"a", b"bc"]], object),
        np.array([True, False]),
    ],
    ids=lambda array: str(np.asarray(array).dtype),
)
@pytest.mark.parametrize("name", ["of_somebody", ""])
def test_tensors_of_unknown_plugins_are_what_tensorboard_reads(tmp_path: Path, array: Any, name: str) -> None:
    proto = tensor_util.make_tensor_proto(array)
    value = summary_pb2.Summary.Value(tag="x", tensor=proto, metadata=plugin(name, b"\1\2") if name else None)
    series = written(tmp_path, value)["x"]
    expected = tensor_util.make_ndarray(proto)
    assert (series.kind, series.plugin, series[0].plugin) == ("tensor", name, name)
    assert series[0].encoded == proto.SerializeToString()
    assert series[0].plugin_content == (b"\1\2" if name else b"")
    assert (series[0].array.dtype, series[0].array.shape) == (expected.dtype, expected.shape)
    assert series[0].array.tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["half", "bfloat16", "float32", "float64", "uint8", "int16", "int64", "complex64"])
def test_tensors_of_torch_are_what_was_logged(tmp_path: Path, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    tensor = (
        torch.tensor([[0.5, -2.0, 3.0]]).to(getattr(torch, dtype)) if dtype != "uint8" else torch.arange(3)[None].byte()
    )
    writer = torch_writer(tmp_path)
    writer.add_tensor("x", tensor, 1)
    run, _ = closed(writer)
    assert run["x"][0].array.tolist() == tensor.tolist()


def test_a_value_of_metadata_alone_is_kept(tmp_path: Path) -> None:
    (item,) = written(tmp_path, summary_pb2.Summary.Value(tag="x", metadata=plugin("mine", b"data")))["x"]
    assert (item.plugin, item.plugin_content, item.encoded) == ("mine", b"data", b"")
    with pytest.raises(ValueError, match="this value holds no tensor"):
        _ = item.array


def test_distributions_are_those_of_tensorboard(tmp_path: Path) -> None:
    values = [histogram_summary.histogram_pb("h", RNG.normal(size=size) * size).value[0] for size in (3, 50, 5000)]
    series = written(tmp_path, *values, histogram_summary.histogram_pb("h", []).value[0])["h"]
    expected = [
        [value for _, value in compressor.compress_histogram(tensor_util.make_ndarray(value.tensor))]
        for value in values
    ]
    assert series.quantiles().shape == (4, 9)
    assert series.quantiles()[:3].tolist() == expected
    assert series.quantiles()[3].tolist() == [0.0] * 9
    assert series.quantiles([0.5])[:, 0].tolist() == series.quantiles()[:, 4].tolist()


def test_distributions_of_torch_are_those_of_tensorboard(writer: Any) -> None:
    for step in range(3):
        writer.add_histogram("h", RNG.normal(size=500) * step, step)
    run, peer = closed(writer)
    for index, logged in enumerate(peer.CompressedHistograms("h")):
        theirs = [value for _, value in logged.compressed_histogram_values]
        np.testing.assert_allclose(run["h"].quantiles()[index], theirs, rtol=1e-6, atol=1e-30)


def test_a_bad_histogram_is_empty_and_told_once(tmp_path: Path) -> None:
    bad = strings("h", [1.0, 2.0], plugin("histograms"))
    run = written(tmp_path, bad, bad)
    assert [item.counts.tolist() for item in run["h"]] == [[0.0], [0.0]]
    assert run["h"][-1].step == 1
    sentence = "a histogram is a tensor of another shape than [k, 3], so it was left out (first seen at tag 'h')."
    assert run.problems == [f"{tmp_path / NAME}: {sentence}"]


# The file later on


def broken(change: Callable[[Path], object], path: Path) -> str:
    """What an item says after a change of its file."""
    run = written(path, text_summary.text_pb("a", "first").value[0], text_summary.text_pb("b", "second").value[0])
    change(path / NAME)
    with pytest.raises(ValueError, match="cannot be read from") as error:
        _ = run["b"][0]
    start, _, why = str(error.value).partition(f" cannot be read from {path / NAME}: ")
    assert start == "the text 'b' at step 1"
    return why


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def test_an_item_whose_file_changed_says_how(tmp_path: Path) -> None:
    assert broken(Path.unlink, tmp_path) == "the file is gone."
    assert broken(replaced, tmp_path) == "the file was replaced by another since it was read."
    assert broken(lambda path: path.write_bytes(path.read_bytes()[:-20]), tmp_path) == (
        "the file is shorter now than when it was read."
    )
    changed = broken(lambda path: path.write_bytes(path.read_bytes().replace(b"\n\1b", b"\n\1c")), tmp_path)
    assert changed == "the file no longer holds it where it was found."
    wiped = broken(lambda path: path.write_bytes(path.read_bytes()[:100] + bytes(path.stat().st_size - 100)), tmp_path)
    assert wiped == changed


def test_a_file_written_anew_in_its_place_is_another_though_it_looks_alike(tmp_path: Path) -> None:
    def log(wall_time: float, text: str) -> None:
        value = text_summary.text_pb("note", text).value[0]
        version = event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2").SerializeToString()
        (tmp_path / NAME).write_bytes(framed(version, event(value)))

    log(1.0, "before")
    run = reading(tmp_path)
    assert run["note"][0].text == "before"
    log(2.0, "behind")
    os.utime(tmp_path / NAME, (99, 99))
    with pytest.raises(ValueError, match="the file was replaced by another since it was read"):
        _ = run["note"][0]


def test_a_view_goes_on_when_the_file_of_its_histograms_is_gone(tmp_path: Path) -> None:
    run = written(tmp_path, *(histogram_summary.histogram_pb("h", [1.0, 2.0]).value[0] for _ in range(3)))
    (tmp_path / NAME).unlink()
    Sender(run).snapshot()
    sentence = f"the histogram 'h' at step 0 cannot be read from {tmp_path / NAME}: the file is gone."
    assert run.problems == [f"{sentence} It is shown as empty, and so are others like it."]


def test_items_of_a_file_that_grows_are_one_sequence(tmp_path: Path) -> None:
    from nbviz.sources.events import Following

    texts = [event(text_summary.text_pb("a", str(step)).value[0], step=step) for step in range(20)]
    (tmp_path / NAME).write_bytes(framed(VERSION))
    runs = Following(str(tmp_path))
    for payload in texts:
        with (tmp_path / NAME).open("ab") as file:
            file.write(framed(payload))
        runs.poll()
    (run,) = runs.values()
    assert [item.text for item in run["a"]] == [str(step) for step in range(20)]
    assert len(run["a"]._parts) == 1
    runs.stop()


def test_a_series_is_a_sequence_and_gives_the_bytes_of_an_item_as_well(tmp_path: Path) -> None:
    value = text_summary.text_pb("a", "text").value[0]
    run = written(tmp_path, value, value)
    assert run["a"].encoded(1) == value.SerializeToString()
    assert [item.step for item in run["a"][::-1]] == [1, 0]
    run.rewind(1)
    assert run["a"].encoded(-1) == value.SerializeToString()
    run.log_histogram("h", [1.0])
    assert (run["h"].encoded(0), len(run["a"])) == (b"", 1)


def test_rows_that_a_restarted_session_supersedes_are_those_that_tensorboard_drops(tmp_path: Path) -> None:
    def session(first: int, last: int, start: int) -> list[bytes]:
        log = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        started = event_pb2.Event(step=first, wall_time=start, session_log=log).SerializeToString()
        rows = [
            event(simple("loss", start), image_of(str(start).encode()), step=step, wall_time=start + step)
            for step in range(first, last)
        ]
        return [started, *rows]

    payloads = session(0, 10, 1000) + session(6, 9, 2000) + session(8, 12, 3000) + session(20, 22, 4000)
    (tmp_path / NAME).write_bytes(framed(VERSION, *payloads))
    run = reading(tmp_path)
    peer = EventAccumulator(str(tmp_path), size_guidance=dict.fromkeys(("scalars", "images"), 0))
    peer.Reload()
    for series, theirs in ((run["loss"], peer.Scalars("loss")), (run["x"], peer.Images("x"))):
        kept = ~series.superseded
        assert len(series) == 10 + 3 + 4 + 2
        assert series.steps[kept].tolist() == [row.step for row in theirs]
        assert series.wall_times[kept].tolist() == [row.wall_time for row in theirs]


# Anything at all

EVERYTHING = event(
    simple("loss", 0.5),
    image_of(png(noise(3, 3))),
    audio_of(wav(np.arange(9, dtype=np.int16))),
    text_summary.text_pb("t", [["a", "b"]]).value[0],
    hparams_summary.hparams_pb({"lr": 0.5, "act": "relu"}).value[0],
    layout_value(layout_pb2.Layout(category=[layout_pb2.Category(title="c")])),
    strings(
        "g", [graph_pb2.GraphDef(node=[{"name": "a", "op": "b"}]).SerializeToString()], plugin("graph_run_metadata")
    ),
    strings("k", '{"config": {"layers": []}}', plugin("graph_keras_model")),
    strings("p", np.ones((6, 3)), plugin("pr_curves")),
    strings("m", np.ones((1, 3, 3), np.float32), plugin("mesh")),
    step=300,
)
PROPERTIES = ("array", "arrays", "frames", "sample_rate", "text", "thresholds", "nodes", "shape")


@unhurried
@given(st.lists(st.tuples(st.integers(0, len(EVERYTHING) - 1), st.integers(0, 255)), max_size=4))
def test_mangled_items_raise_nothing_but_one_clear_error(changes: list[tuple[int, int]]) -> None:
    data = bytearray(EVERYTHING)
    for at, byte in changes:
        data[at] = byte
    decoder = EventDecoder()
    for batch in decoder.decode([(0, bytes(data))]):
        for (tag, kind), items in batch.items.items():
            metadata = decoder.metadata.get(tag, b"")
            for step, wall_time, offset, size in zip(*items, strict=True):
                try:
                    item, _ = decode_item(kind, bytes(data[offset : offset + size]), step, wall_time, tag, metadata)
                except MalformedError:
                    continue
                for name in PROPERTIES:
                    try:
                        getattr(item, name, None)
                    except ValueError:
                        continue
