"""The settings of the embedding projector, which stand beside event files in a file ``projector_config.pbtxt``.

Source of the format: ``tensorboard/plugins/projector/projector_config.proto``, written as text:
https://protobuf.dev/reference/protobuf/textformat-spec/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

FILE = "projector_config.pbtxt"

DEEPEST = 20
"""Messages within messages; the format has three."""

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]*                                        # stepped over
    | (?P<text>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | (?P<word>[^\s"'#{}<>\[\]:;,]+)
    | (?P<mark>[{}<>\[\]:;,])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_LETTERS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_ENDS = {"{": "}", "<": ">"}

Message = dict[str, list[Any]]
"""Fields by name, each a list of str (of words and of strings) and messages."""


class Embedding(NamedTuple):
    """An embedding; what is not given is empty.

    Attributes
    ----------
    tensor_name : str
    tensor_path, metadata_path, bookmarks_path, sprite_path : str
        Files, relative to that of the settings.
    tensor_shape : tuple of int
    sprite_size : tuple of int
        Width and height in pixels of one picture in the sprite.
    """

    tensor_name: str
    tensor_path: str
    tensor_shape: tuple[int, ...]
    metadata_path: str
    bookmarks_path: str
    sprite_path: str
    sprite_size: tuple[int, ...]


class Projector(NamedTuple):
    """Settings of the embedding projector: where the checkpoint is, if anywhere, and the embeddings."""

    checkpoint_path: str
    embeddings: tuple[Embedding, ...]


def decode_projector(data: bytes) -> Projector:
    """Decode the contents of a ``projector_config.pbtxt``; fields that are not known are stepped over.

    Raises
    ------
    ValueError
        If this is no protobuf message as text.
    """
    settings = parse(data.decode(errors="replace"))
    embeddings = tuple(_embedding(part) for part in settings.get("embeddings", []) if isinstance(part, dict))
    return Projector(_last(settings, "model_checkpoint_path"), embeddings)


def _embedding(part: Message) -> Embedding:
    sprites = [sprite for sprite in part.get("sprite", []) if isinstance(sprite, dict)]
    sprite = sprites[-1] if sprites else {}
    return Embedding(
        _last(part, "tensor_name"),
        _last(part, "tensor_path"),
        _integers(part, "tensor_shape"),
        _last(part, "metadata_path"),
        _last(part, "bookmarks_path"),
        _last(sprite, "image_path"),
        _integers(sprite, "single_image_dim"),
    )


def _last(message: Message, name: str) -> str:
    values = [value for value in message.get(name, []) if isinstance(value, str)]
    return values[-1] if values else ""


def _integers(message: Message, name: str) -> tuple[int, ...]:
    values = [value for value in message.get(name, []) if isinstance(value, str)]
    return tuple(int(value) for value in values if value.isdecimal() and len(value) < 20)


def parse(text: str) -> Message:
    """Parse a message in the text format."""
    tokens = [*_tokens(text), ""]
    message, at = _message(tokens, 0, "", 0)
    if at != len(tokens):
        raise _malformed(tokens[at - 1])
    return message


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _malformed(text[at : at + 20])
        if match.lastgroup:
            yield match[0]
        at = match.end()


def _message(tokens: list[str], at: int, end: str, depth: int) -> tuple[Message, int]:
    """The message that starts at ``at``, and where it has ended with the token ``end``."""
    if depth > DEEPEST:
        raise ValueError("the projector's settings are nested too deeply")
    message: Message = {}
    while tokens[at] != end:
        name = tokens[at]
        if name == "[":  # the name of an extension
            if "]" not in tokens[at:]:
                raise _malformed("")
            at = tokens.index("]", at)
        elif not name or name[0] in "{}<>]:;,\"'":
            raise _malformed(name)
        at += 1
        at += tokens[at] == ":"
        values, at = _values(tokens, at, depth)
        message.setdefault(name, []).extend(values)
        at += tokens[at] in (",", ";")
    return message, at + 1


def _values(tokens: list[str], at: int, depth: int) -> tuple[list[Any], int]:
    token = tokens[at]
    if token in _ENDS:
        message, at = _message(tokens, at + 1, _ENDS[token], depth + 1)
        return [message], at
    if token == "[":
        values: list[Any] = []
        at += 1
        while tokens[at] != "]":
            more, at = _values(tokens, at, depth + 1)
            values += more
            at += tokens[at] == ","
        return values, at + 1
    if token[:1] in ('"', "'"):
        parts = []
        while tokens[at][:1] in ('"', "'"):
            parts.append(_unescaped(tokens[at][1:-1]))
            at += 1
        return ["".join(parts)], at
    if not token or token in "}>]:;,":
        raise _malformed(token)
    return [token], at + 1


def _unescaped(text: str) -> str:
    def meant(match: re.Match[bytes]) -> bytes:
        octal, hexadecimal, short, long, letter = match.groups()
        if octal or hexadecimal:
            return bytes([(int(octal, 8) if octal else int(hexadecimal, 16)) & 255])
        if short or long:
            number = int(short or long, 16)
            return (chr(number) if number < 0x110000 else "\ufffd").encode(errors="replace")
        return _LETTERS.get(letter, letter)

    return _ESCAPE.sub(meant, text.encode(errors="replace")).decode(errors="replace")


def _malformed(token: str) -> ValueError:
    return ValueError(f"the projector's settings are no protobuf text: {token[:40] or 'their end'!r} was not expected")
