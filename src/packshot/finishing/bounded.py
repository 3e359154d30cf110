"""A picture file opened no larger than a frame has use for, so that neither time nor memory grows with the camera."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.finishing.place import lift
from packshot.finishing.preset import Make
from packshot.images.decode import Picture, decode
from packshot.images.resize import resize

# Pictures are worked on at up to this many times the frame's longer side: a product that fills 0.4 of its picture
# then still has a pixel for each of the frame's.
_ROOM = 2.5
# Pixels for one of the frame's, along a side, that are enough where the product's size in its picture is known; how
# many times more are worth finding that out on a copy; and the copy's most pixels.
_ENOUGH, _WORTH, _LOOK_SIDE = 1.5, 1.4, 512


def open_bounded(data: bytes, make: Make) -> tuple[Picture, float]:
    """The picture in a file, made smaller if it is far larger than the frame, and by how much.

    Raises:
        DecodeError: not a usable picture.
    """
    picture = decode(data, least_side=math.ceil(_ROOM * max(make.width, make.height)))
    bounded = _bounded(picture, make)
    return bounded, bounded.rgb.shape[1] / picture.full_size[0]


def _bounded(picture: Picture, make: Make) -> Picture:
    """The picture, made smaller if it is far larger than the frame has use for: time and memory stay bounded."""
    height, width = picture.rgb.shape[:2]
    scale = min(1.0, _ROOM * max(make.width, make.height) / max(height, width))
    if _WORTH * _ENOUGH * min(make.width / width, make.height / height) < scale:
        scale = min(scale, _ENOUGH * _scale_seen(picture, make))
    if scale >= 1:
        return picture
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    return regained(resize(picture.on_white(), new_width, new_height), picture)


def _scale_seen(picture: Picture, make: Make) -> float:
    """About the scale from a picture's pixels to the frame's, told from a small copy."""
    height, width = picture.rgb.shape[:2]
    image = Image.fromarray(picture.on_white())
    small = regained(np.asarray(image.reduce(math.ceil(max(height, width) / _LOOK_SIDE))), picture)
    subject = lift(small, onto_white=True)
    if isinstance(subject, str):
        return min(make.width / width, make.height / height)
    left, top, right, bottom = subject.box
    rows, columns = small.rgb.shape[:2]
    return make.fill * min(
        make.width / ((right - left) * width / columns), make.height / ((bottom - top) * height / rows)
    )


def regained(rgb: NDArray[np.uint8], picture: Picture) -> Picture:
    """A picture that was resized on white, so that no colour hidden under transparency bleeds in, off the white again.

    Args:
        rgb: (h, w, 3) uint8, ``picture`` on white in another size.
    """
    if picture.alpha is None:
        return replace(picture, rgb=rgb)
    height, width = rgb.shape[:2]
    alpha = resize(picture.alpha, width, height)
    opacity = alpha[..., None].astype(np.float32) / 255
    colour = 255 - (255 - rgb.astype(np.float32)) / np.maximum(opacity, 1 / 255)
    return replace(picture, rgb=np.clip(np.rint(colour), 0, 255).astype(np.uint8), alpha=alpha)
