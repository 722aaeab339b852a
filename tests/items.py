"""Items for tests: files of one value an event, and what they are read as."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from scipy.io import wavfile
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.custom_scalar import metadata as layout_metadata
from tensorboard.util import tensor_util

from nbviz.run import Run
from nbviz.sources.events import read
from tests.tfevents import VERSION, accumulated, event, framed

NAME = "events.out.tfevents.1.host"
RNG = np.random.default_rng(0)


def torch_writer(path: Path) -> Any:
    return pytest.importorskip("torch.utils.tensorboard").SummaryWriter(str(path))


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


def image_of(encoded: bytes) -> Any:
    return summary_pb2.Summary.Value(tag="x", image=summary_pb2.Summary.Image(encoded_image_string=encoded))


def wav(samples: Any, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


def audio_of(encoded: bytes) -> Any:
    return summary_pb2.Summary.Value(tag="x", audio=summary_pb2.Summary.Audio(encoded_audio_string=encoded))
