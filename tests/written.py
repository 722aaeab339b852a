"""Logs of every kind of event, made by TensorBoard's own messages, and what may be read of them."""

from __future__ import annotations

import dataclasses
import math
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from tensorboard.compat.proto import (
    event_pb2,
    graph_pb2,
    node_def_pb2,
    summary_pb2,
    tensor_pb2,
    tensor_shape_pb2,
    types_pb2,
)
from tensorboard.plugins.histogram import summary as histogram_summary
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar import summary_v2 as scalar_summary
from tensorboard.util import tensor_util

from nbviz.run import Run
from nbviz.series import Series
from tests.tfevents import VERSION, framed

Value = summary_pb2.Summary.Value
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73"
    "0000001249444154789c63f8cfc0c0f0ffff7f0000190904fe5e7be2650000000049454e44ae426082"
)
STEPS = (0, 1, 127, 128, 16383, 16384, 2**31, 2**40, 2**53 + 1, 2**63 - 1, -1, -(2**63))
TAGS = ("loss", "β/größe", "a/" * 70, "", "x")
TYPES = ("DT_FLOAT", "DT_DOUBLE", "DT_INT32", "DT_INT64", "DT_UINT8", "DT_BOOL", "DT_HALF", "DT_BFLOAT16", "DT_STRING")

steps = st.sampled_from(STEPS) | st.integers(-(2**63), 2**63 - 1)
numbers = st.floats(width=32)


def _of_plugin(value: Any, plugin: str) -> Any:
    value.metadata.plugin_data.plugin_name = plugin
    return value


def _simple(number: float) -> Any:
    return Value(simple_value=number)


def _scalar(number: float) -> Any:
    return scalar_summary.scalar_pb("", number).value[0]


def _scalar_content(number: float) -> Any:
    """As TensorFlow itself writes a scalar: the tensor's bytes, not a list of numbers."""
    value = scalar_summary.scalar_pb("", number).value[0]
    value.tensor.CopyFrom(_tensor("DT_FLOAT", (), struct.pack("<f", number)))
    return value


def _double(number: float) -> Any:
    value = scalar_summary.scalar_pb("", 0.0).value[0]
    value.tensor.CopyFrom(tensor_util.make_tensor_proto(np.float64(number)))
    return value


def _tensor(kind: str, shape: tuple[int, ...], content: bytes) -> Any:
    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in shape]
    shaped = tensor_shape_pb2.TensorShapeProto(dim=dims)
    return tensor_pb2.TensorProto(dtype=types_pb2.DataType.Value(kind), tensor_shape=shaped, tensor_content=content)


def _odd_tensor(number: float) -> Any:
    content = struct.pack("<6d", *[number] * 6)
    value = Value(tensor=_tensor(TYPES[sum(content) % len(TYPES)], (2, 3), content))
    return _of_plugin(value, "unheard-of")


def _strings(number: float) -> Any:
    tensor = tensor_util.make_tensor_proto(np.array([["# a", str(number)], ["b", "<b>"]], object))
    return _of_plugin(Value(tensor=tensor), "text")


def _histogram(number: float) -> Any:
    width = abs(number) if math.isfinite(number) and abs(number) < 1e30 else 1.0
    return histogram_summary.histogram_pb("", np.linspace(-width, width + 1, 50)).value[0]


def _old_histogram(number: float) -> Any:
    content = summary_pb2.HistogramProto(
        min=-1, max=2, num=3, sum=number, sum_squares=4, bucket_limit=[-0.5, 0.5, 2.5], bucket=[1, 0, 2]
    )
    return Value(histo=content)


def _image(_: float) -> Any:
    return Value(image=summary_pb2.Summary.Image(width=2, height=2, colorspace=3, encoded_image_string=PNG))


def _new_image(_: float) -> Any:
    value = Value(tensor=tensor_util.make_tensor_proto(np.array([b"2", b"2", PNG], object)))
    value.metadata.CopyFrom(image_metadata.create_summary_metadata("", ""))
    return value


def _audio(number: float) -> Any:
    audio = summary_pb2.Summary.Audio(sample_rate=8000, num_channels=1, length_frames=4, content_type="audio/wav")
    audio.encoded_audio_string = b"RIFF" + struct.pack("<f", number)
    return Value(audio=audio)


def _pr_curve(number: float) -> Any:
    value = Value(tensor=_tensor("DT_FLOAT", (6, 3), np.full((6, 3), number, np.float32).tobytes()))
    return _of_plugin(value, "pr_curves")


MAKERS: dict[str, Callable[[float], Any]] = {
    "simple": _simple,
    "scalar": _scalar,
    "content": _scalar_content,
    "double": _double,
    "histogram": _histogram,
    "old histogram": _old_histogram,
    "image": _image,
    "new image": _new_image,
    "audio": _audio,
    "text": _strings,
    "tensor": _odd_tensor,
    "pr curve": _pr_curve,
}
SHARED = ("simple", "old histogram", "image")
"""What a tag need not have said before, so that one tag can hold all of them."""


@st.composite
def values(draw: st.DrawFn) -> Any:
    """A summary's value of any kind; now and then with a field that no reader knows."""
    kind = draw(st.sampled_from(list(MAKERS)))
    value = MAKERS[kind](draw(numbers))
    name = draw(st.sampled_from(TAGS))
    value.tag = name if kind in SHARED else f"{kind}/{name}"
    return _with_unknown_field(value, draw(st.booleans()))


def _with_unknown_field(message: Any, wanted: bool) -> Any:
    return message.FromString(message.SerializeToString() + b"\xaa\x06\x03abc") if wanted else message


@st.composite
def events(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from(["summary"] * 12 + ["log", "graph", "session", "metadata", "nothing"]))
    message = event_pb2.Event(step=draw(steps))
    if kind == "summary":
        message.summary.value.extend(draw(st.lists(values(), max_size=3)))
    elif kind == "log":
        message.log_message.message = "a log"
    elif kind == "graph":
        message.graph_def = graph_pb2.GraphDef(node=[node_def_pb2.NodeDef(name="a", op="Add")]).SerializeToString()
    elif kind == "session":
        message.session_log.status = draw(st.sampled_from([1, 2, 3]))
    elif kind == "metadata":
        message.tagged_run_metadata.tag = "step"
        message.tagged_run_metadata.run_metadata = b"\x0a\x02\x08\x01"
    return _with_unknown_field(message, draw(st.booleans()))


@st.composite
def logs(draw: st.DrawFn, max_size: int = 20) -> Written:
    """A log in which the wall time of each event tells which one it is."""
    messages = draw(st.lists(events(), min_size=1, max_size=max_size))
    for row, message in enumerate(messages):
        message.wall_time = row + 2.0
    return Written([VERSION, *(message.SerializeToString() for message in messages)])


Row = tuple[str, int, float, str]
"""Tag, step, wall time, and a value's digits."""


class Written:
    """A log and its truth, as TensorBoard's messages tell it.

    Attributes
    ----------
    data : bytes
    starts : list of int
        Where each record starts, and where the last one ends.
    rows : list of list of Row
        The scalars of each record.
    """

    def __init__(self, payloads: Iterable[bytes]) -> None:
        records = [(payload, framed(payload)) for payload in payloads]
        self.data = b"".join(record for _, record in records)
        self.starts = np.cumsum([0, *(len(record) for _, record in records)]).tolist()
        self.rows = [list(_scalars(payload)) for payload, _ in records]

    def __repr__(self) -> str:
        return f"Written({len(self.rows)} records, {self.data!r})"

    def record_at(self, offset: int) -> int:
        """Return which record the byte is in."""
        return int(np.searchsorted(self.starts, offset, side="right")) - 1


def _scalars(payload: bytes) -> Iterator[Row]:
    event = event_pb2.Event.FromString(payload)
    for value in event.summary.value:
        if value.HasField("simple_value"):
            yield value.tag, event.step, event.wall_time, digits(value.simple_value)
        elif value.metadata.plugin_data.plugin_name == "scalars":
            yield value.tag, event.step, event.wall_time, digits(tensor_util.make_ndarray(value.tensor).item())


def digits(number: float) -> str:
    """Return what tells a number from every other, and minus zero from zero; all NaNs are one."""
    return float(number).hex()


def scalars(run: Run) -> list[Row]:
    """Return all scalars of a run, under the tags that they were written with."""
    found = []
    for tag in run.tags("scalar"):
        series = run[tag]
        columns = series.steps.tolist(), series.wall_times.tolist(), series.values.tolist()
        found += [(plain(series), step, wall, digits(value)) for step, wall, value in zip(*columns, strict=True)]
    return found


def plain(series: Series) -> str:
    """Return the tag without the kind that tells it from another series of its name."""
    return series.tag.removesuffix(f" ({series.kind})")


def columns(run: Run) -> dict[tuple[str, str], Any]:
    """Return all there is to know of a run, as bytes and words, by tag and kind."""
    found: dict[tuple[str, str], Any] = {}
    for tag in run.tags():
        series = run[tag]
        contents = (
            series.values.tobytes()
            if series.kind == "scalar"
            else [looked_at(series, row) for row in range(len(series))]
        )
        found[plain(series), series.kind] = (
            series.plugin,
            series.steps.tobytes(),
            series.wall_times.tobytes(),
            series.superseded.tobytes(),
            contents,
        )
    return found


def looked_at(series: Any, row: int) -> Any:
    """Decode an item and look at everything it has. Only a ValueError is allowed."""
    try:
        item = series[row]
    except ValueError as error:
        return type(error).__name__
    found = {}
    for name in dir(item):
        if name.startswith("_"):
            continue
        try:
            value = getattr(item, name)
        except ValueError as error:
            found[name] = type(error).__name__
        else:
            if not callable(value):
                found[name] = spelled(value)
    return found


def spelled(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (str(value.dtype), value.shape, value.tolist() if value.dtype == object else value.tobytes())
    if dataclasses.is_dataclass(value) or (isinstance(value, tuple) and hasattr(value, "_fields")):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return [spelled(each) for each in value]
    return repr(value)


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
