"""One picture, finished for a market: placed on its background, encoded within its limits, labelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot import __version__
from packshot.finishing import label, mark
from packshot.finishing.fit import encode_within
from packshot.finishing.label import GENERATED, Labels, read_labels
from packshot.finishing.place import Subject, lift, place
from packshot.finishing.preset import Preset
from packshot.images.decode import Picture, decode
from packshot.images.encode import SUFFIXES
from packshot.images.resize import resize


@dataclass(frozen=True)
class Options:
    """What a user may ask of ``finish`` beyond the preset.

    Attributes:
        ai_generated: label the picture as AI-made though it carries no label.
        mark: write the visible AI label on AI pictures; None is as the preset says.
    """

    ai_generated: bool = False
    mark: bool | None = None


@dataclass(frozen=True)
class Finished:
    """A finished picture.

    Attributes:
        data: the file's content.
        suffix: of its name, with the dot.
        width, height: pixels.
        enlarged: pixels of the result for one pixel that the camera or the model gave, along a side.
        ai: True if it is labelled as made by AI.
        notes: what a person should know, one line each.
    """

    data: bytes
    suffix: str
    width: int
    height: int
    enlarged: float
    ai: bool
    notes: tuple[str, ...]


def finish(data: bytes, preset: Preset, options: Options | None = None) -> Finished:
    """Make a market's file from a picture. The same bytes in give the same bytes out.

    Args:
        data: a picture file of any format that can be decoded.
        preset: the market's.

    Raises:
        DecodeError: not a usable picture.
    """
    options = options or Options()
    labels = read_labels(data)
    if options.ai_generated and not labels.ai:
        labels = replace(labels, source_type=GENERATED)
    labels = labels.complete()
    notes = [f"label unreadable: {problem}" for problem in labels.problems]
    picture = decode(data)
    if picture.animated:
        notes.append("animated: only the first frame was taken")
    subject = lift(picture, onto_white=preset.make.background == "white", shadow=preset.make.shadow == "keep")
    if isinstance(subject, str):
        notes.append(f"background left as it is: {subject}")
        rgb, scale = whole(picture, preset.make.width, preset.make.height)
    else:
        if subject.touches:
            sides = " and ".join(sorted(subject.touches))
            notes.append(f"the product runs into the picture's edge at the {sides}: it may be cut off")
        rgb, scale = _placed(subject, preset)
    record = _record(preset, picture, _enlarged(labels, picture, scale))
    if labels.ai and (preset.make.mark if options.mark is None else options.mark):
        rgb, written = mark.draw(rgb)
        record["mark"] = written.as_dict()
    labels = replace(labels, finish=record)
    low, high = preset.bounds("file_bytes")
    make = preset.make
    content, _, fault = encode_within(
        rgb, make.format, quality=make.quality, low=low, high=high, xmp=label.packet(labels), text=label.chunks(labels)
    )
    if fault:
        notes.append(f"file size: {fault}")
    return Finished(
        content, SUFFIXES[make.format], rgb.shape[1], rgb.shape[0], record["enlarged"], labels.ai, tuple(notes)
    )


def whole(picture: Picture, width: int, height: int) -> tuple[NDArray[np.uint8], float]:
    """All of a picture in a frame, on the colour of its own border, for when its product cannot be told.

    Returns:
        (height, width, 3) uint8 and the scale.
    """
    rgb = picture.on_white()
    rows, columns = rgb.shape[:2]
    scale = min(width / columns, height / rows)
    small = resize(rgb, max(1, round(columns * scale)), max(1, round(rows * scale)))
    edges = (small[:, 0], small[:, -1]) if width / columns > height / rows else (small[0], small[-1])
    out = np.empty((height, width, 3), np.uint8)
    out[:] = np.median(np.concatenate(edges), axis=0).astype(np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out, scale


def _placed(subject: Subject, preset: Preset) -> tuple[NDArray[np.uint8], float]:
    make = preset.make
    return place(subject, make.width, make.height, make.fill)


def _enlarged(labels: Labels, picture: Picture, scale: float) -> float:
    """How far pixels were stretched since the camera or the model gave them, over all runs of ``finish``."""
    before = labels.finish.get("enlarged")
    if isinstance(before, int | float) and before > 0:
        return float(f"{before * scale:.4g}")
    drawn = labels.generation.get("width")
    if isinstance(drawn, int) and drawn > 0:
        scale *= picture.rgb.shape[1] / drawn
    return float(f"{scale:.4g}")


def _record(preset: Preset, picture: Picture, enlarged: float) -> dict[str, Any]:
    """What `check` and a second `finish` need to know of this one."""
    height, width = picture.rgb.shape[:2]
    return {
        "preset": preset.name,
        "identity": preset.identity,
        "source": [width, height],
        "enlarged": enlarged,
        "version": __version__,
    }
