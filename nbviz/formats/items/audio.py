"""Audio: WAV as it was written, and its samples."""

from __future__ import annotations

import base64
import html
import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.event import AUDIO, TENSOR
from nbviz.formats.items.item import SHOWN_BYTES, Item, Source, counted
from nbviz.formats.protobuf import MalformedError, Message, text
from nbviz.formats.tensor import decode_tensor

#     Summary.Audio      sample_rate 1: float, num_channels 2, length_frames 3: int64, encoded_audio_string 4: bytes,
#                        content_type 5: string
#     tensor of "audio"  strings of shape [k, 2]: an encoded clip and its label each; or [k], without labels
#                        (tensorboard/plugins/audio/summary_v2.py)
Samples = NDArray[np.float32]

# WAV: https://learn.microsoft.com/windows/win32/api/mmeapi/ns-mmeapi-waveformatex and -waveformatextensible.
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")


class _Clip(NamedTuple):
    encoding: int
    channels: int
    sample_rate: int
    bits: int
    data: bytes


@dataclass(frozen=True, eq=False, repr=False)
class Audio(Item):
    """One clip of audio, or those of a batch that were logged at once.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    clips : tuple of bytes
        Each clip as it was encoded.
    labels : tuple of str
        What the writer says of each; mostly empty.
    """

    clips: tuple[bytes, ...]
    labels: tuple[str, ...]
    _rate: float

    def _about(self) -> str:
        several = f"{len(self.clips):,} clips, " if len(self.clips) != 1 else ""
        rate = f" at {self.sample_rate:,.0f} Hz" if self.sample_rate else ""
        return f"{several}{counted(sum(map(len, self.clips)), 'byte')}{rate}"

    def _repr_html_(self) -> str | None:
        """A player in a notebook for each clip that is a WAV file."""
        clips = [clip for clip in self.clips if clip[:4] == b"RIFF" and clip[8:12] == b"WAVE"]
        if not clips or len(clips) < len(self.clips) or sum(map(len, clips)) > SHOWN_BYTES:
            return None
        return "".join(map(_player, clips, self.labels))

    @property
    def encoded(self) -> bytes:
        """The first clip as it was encoded: mostly the contents of a WAV file; empty if there is none."""
        return self.clips[0] if self.clips else b""

    @property
    def label(self) -> str:
        """What the writer says of the first clip."""
        return self.labels[0] if self.labels else ""

    @property
    def sample_rate(self) -> float:
        """Frames a second, as the writer says, or else the clip itself; 0.0 if neither does."""
        try:
            return self._rate or float(_parse(self.encoded).sample_rate)
        except ValueError:
            return 0.0

    @property
    def array(self) -> Samples:
        """Samples of the first clip, shape (frames, channels), float32, whole numbers scaled to -1 ... 1.

        Raises
        ------
        ValueError
            If the clip is no WAV file of 8, 16, 24 or 32 bits PCM or of floats.
        """
        return _samples(self.encoded)

    @property
    def arrays(self) -> list[Samples]:
        """Samples of each clip; see `array`."""
        return [_samples(clip) for clip in self.clips]


def _player(clip: bytes, label: str) -> str:
    data = base64.b64encode(clip).decode("ascii")
    name = f"<div>{html.escape(label)}</div>" if label else ""
    return f'<div>{name}<audio controls src="data:audio/wav;base64,{data}"></audio></div>'


def decode_audio(source: Source) -> Audio:
    """Find the encoded clips of a value."""
    if source.content == AUDIO:
        parts = Message(source.data, source.start, source.stop)
        return Audio(source.step, source.wall_time, (parts.blob(4),), ("",), parts.single(1))
    if source.content != TENSOR:
        raise MalformedError("a clip of audio is neither a Summary.Audio nor a tensor")
    strings = decode_tensor(source.data, source.start, source.stop)
    if strings.dtype != object:
        raise MalformedError("a clip of audio is a tensor of something other than encoded clips")
    pairs = strings if strings.ndim == 2 and strings.shape[1] == 2 else None
    clips = strings.ravel() if pairs is None else pairs[:, 0]
    labels = [b""] * len(clips) if pairs is None else pairs[:, 1]
    return Audio(source.step, source.wall_time, tuple(clips), tuple(text(label) for label in labels), 0.0)


def _parse(encoded: bytes) -> _Clip:
    if encoded[:4] != b"RIFF" or encoded[8:12] != b"WAVE":
        raise ValueError("the clip is no WAV file, the only audio that is decoded; .encoded has its bytes as they are")
    format_, at = b"", 12
    while at + 8 <= len(encoded):
        name, size = struct.unpack_from("<4sI", encoded, at)
        content = encoded[at + 8 : at + 8 + size]  # a size beyond the end, as in a stream, means all there is
        if name == b"fmt " and len(content) >= _FORMAT.size:
            format_ = content
        elif name == b"data" and format_:
            encoding, channels, rate, _, _, bits = _FORMAT.unpack_from(format_)
            if encoding == _EXTENSIBLE and len(format_) >= 26:
                (encoding,) = struct.unpack_from("<H", format_, 24)
            return _Clip(encoding, channels, rate, bits, content)
        at += 8 + size + size % 2
    raise ValueError("the clip is a WAV file without samples; .encoded has its bytes as they are")


def _samples(encoded: bytes) -> Samples:
    encoding, channels, _, bits, data = _parse(encoded)
    known = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
    if bits not in known.get(encoding, ()) or not channels:
        raise ValueError(
            f"the clip is a WAV file of encoding {encoding} with {bits} bits and {channels} channels: expected PCM of "
            "8, 16, 24 or 32 bits, or floats; .encoded has its bytes as they are"
        )
    size = bits // 8
    data = data[: len(data) // (size * channels) * (size * channels)]
    flat: Samples
    if encoding == _FLOAT:
        with np.errstate(over="ignore"):
            flat = np.frombuffer(data, f"<f{size}").astype(np.float32)
    elif bits == 8:
        flat = (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / np.float32(128)
    else:
        wide = np.zeros((len(data) // size, 4), np.uint8)  # the upper bytes of int32s
        wide[:, 4 - size :] = np.frombuffer(data, np.uint8).reshape(-1, size)
        flat = (wide.view("<i4").ravel() / 2.0**31).astype(np.float32)
    return flat.reshape(-1, channels)
