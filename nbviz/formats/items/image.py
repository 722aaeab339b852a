"""Images: PNG, JPEG, GIF, WebP or BMP as they were written, and their pixels."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviz.formats.event import IMAGE, TENSOR
from nbviz.formats.items.item import SHOWN_BYTES, Item, Source, counted
from nbviz.formats.protobuf import MalformedError, Message
from nbviz.formats.tensor import decode_tensor

#     Summary.Image       height 1, width 2, colorspace 3: int32, encoded_image_string 4: bytes
#     tensor of "images"  strings: width and height in decimals, then one encoded image or more
#                         (tensorboard/plugins/image/summary_v2.py)
Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""What is decoded: what writers make and browsers show. Other decoders of Pillow never see the bytes of a log."""

LARGEST_IMAGE = 1 << 26
"""Pixels, those of all frames together. A file of a few kilobytes can claim billions of them."""


class TooLargeError(ValueError):
    """An image that claims more pixels than are decoded."""


@dataclass(frozen=True, eq=False, repr=False)
class Image(Item):
    """One image, or those of a batch that were logged at once.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    width, height : int
        In pixels, as the writer says.
    images : tuple of bytes
        Each image as it was encoded.
    """

    width: int
    height: int
    images: tuple[bytes, ...]

    def _about(self) -> str:
        several = f"{len(self.images):,} images of " if len(self.images) != 1 else ""
        size = counted(sum(map(len, self.images)), "byte")
        return f"{several}{self.width:,} × {self.height:,} pixels, {size}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """The picture itself in a notebook, or why there is none."""
        try:
            return {"text/plain": repr(self), **_shown(self.images)}
        except (ImportError, ValueError) as error:
            return {"text/plain": f"{self!r}: {error}"}

    @property
    def encoded(self) -> bytes:
        """The first image as it was encoded: the contents of a PNG, JPEG or GIF file; empty if there is none."""
        return self.images[0] if self.images else b""

    @property
    def array(self) -> Pixels:
        """Pixels of the first image, shape (height, width, channels), uint8; the first frame of an animation.

        Channels are grey, grey and alpha, RGB or RGBA.

        Raises
        ------
        ImportError
            If Pillow is missing.
        ValueError
            If the bytes are no image, are damaged, or claim more pixels than `LARGEST_IMAGE`.
        """
        return next(_frames(self.encoded))

    @property
    def arrays(self) -> list[Pixels]:
        """Pixels of each image; see `array`."""
        return [next(_frames(encoded)) for encoded in self.images]

    @property
    def frames(self) -> Pixels:
        """All frames of the first image, shape (frames, height, width, channels), uint8: a video is an animated GIF."""
        return np.stack(list(_frames(self.encoded)))


def _shown(images: tuple[bytes, ...]) -> dict[str, str]:
    """One image as it is; several as a page of nothing but them. Never what is no raster image, nor one too large."""
    if sum(map(len, images)) > SHOWN_BYTES:
        raise TooLargeError(f"not shown, as it takes more than {SHOWN_BYTES:,} bytes; .array has its pixels")
    encoded = [(_mime_type(image), base64.b64encode(image).decode("ascii")) for image in images]
    if len(encoded) < 2:
        return dict(encoded)
    tags = (f'<img src="data:{kind};base64,{data}" style="display: inline; margin: 2px">' for kind, data in encoded)
    return {"text/html": "".join(tags)}


def _mime_type(encoded: bytes) -> str:
    with _opened(encoded) as image:
        form = image.format if image.format in FORMATS else "JPEG"  # one of several pictures, as cameras write it
        return f"image/{form.lower()}"


def decode_image(source: Source) -> Image:
    """Find the encoded images of a value."""
    if source.content == IMAGE:
        parts = Message(source.data, source.start, source.stop)
        return Image(source.step, source.wall_time, parts.integer(2), parts.integer(1), (parts.blob(4),))
    if source.content != TENSOR:
        raise MalformedError("an image is neither a Summary.Image nor a tensor")
    strings = decode_tensor(source.data, source.start, source.stop).ravel()
    if strings.dtype != object or len(strings) < 2 or not all(part.isdigit() for part in strings[:2]):
        raise MalformedError("an image is a tensor of something other than width, height and encoded images")
    width, height = (int(part) if len(part) < 10 else 0 for part in strings[:2])
    return Image(source.step, source.wall_time, width, height, tuple(strings[2:]))


def _frames(encoded: bytes) -> Iterator[Pixels]:
    with _opened(encoded) as image:
        yield _pixels(image)
        width, height = image.size
        count = getattr(image, "n_frames", 1)
        _check_size(width, height, count)
        for index in range(1, count):
            image.seek(index)
            yield _pixels(image)


@contextmanager
def _opened(encoded: bytes) -> Iterator[Any]:
    """An image of a known format whose first frame may be decoded; whatever is wrong with it is a ValueError."""
    pillow = _pillow()
    try:
        with pillow.Image.open(io.BytesIO(encoded), formats=FORMATS) as image:
            width, height = image.size
            _check_size(width, height, 1)
            yield image
    except TooLargeError:
        raise
    except (pillow.Image.DecompressionBombError, pillow.Image.DecompressionBombWarning) as error:
        raise TooLargeError(f"the image was refused: {error}") from None
    except pillow.UnidentifiedImageError:
        raise ValueError(
            f"the image cannot be decoded: expected {', '.join(FORMATS)}; .encoded has its bytes as they are"
        ) from None
    except Exception as error:  # of any class: Pillow lets what its decoders stumble over through
        raise ValueError(f"the image is damaged ({error}); .encoded has its bytes as they are") from None


def _check_size(width: int, height: int, count: int) -> None:
    if width * height * count > LARGEST_IMAGE:
        raise TooLargeError(
            f"the image was refused: it claims {count} x {width} x {height} pixels, and at most {LARGEST_IMAGE:,} are "
            "decoded; .encoded has its bytes as they are"
        )


def _pixels(image: Any) -> Pixels:
    mode = image.mode
    if mode in ("I", "I;16", "I;16B", "I;16L", "F"):  # 16 bits of grey: the upper eight
        image = np.clip(np.asarray(image) // 256, 0, 255)
    elif mode not in ("L", "LA", "RGB", "RGBA"):
        alpha = mode in ("PA", "La", "RGBa") or "transparency" in image.info
        image = image.convert("L" if mode == "1" else "RGBA" if alpha else "RGB")
    array: Pixels = np.asarray(image, np.uint8)
    return array[:, :, None] if array.ndim == 2 else array


def _pillow() -> Any:
    try:
        import PIL
        import PIL.Image
    except ImportError:
        raise ImportError("the pixels of images need Pillow: install it with  pip install 'nbviz[images]'") from None
    return PIL
