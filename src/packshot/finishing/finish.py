"""One picture, finished for a market: placed on its background, encoded within its limits, labelled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot import __version__
from packshot.finishing import label, mark, shadow, sign
from packshot.finishing.advert import compose
from packshot.finishing.bounded import open_bounded, regained
from packshot.finishing.enhance import enhance
from packshot.finishing.enlarge import FACTOR
from packshot.finishing.facts import Facts
from packshot.finishing.fit import encode_within
from packshot.finishing.label import GENERATED, Labels, read_labels
from packshot.finishing.place import arrange, laid, lift, place, straight, whole
from packshot.finishing.preset import Preset
from packshot.finishing.sign import Credentials
from packshot.finishing.upscale import upscale
from packshot.images.decode import DecodeError, Picture, decode
from packshot.images.encode import SUFFIXES, encode

# Stands for the digest of a file's pixels until there is a file; as long as one, so that the file stays as long.
_NO_DIGEST = "0" * 16


@dataclass(frozen=True)
class Options:
    """What a user may ask of ``finish`` beyond the preset.

    Attributes:
        ai_generated: label the picture as AI-made though it carries no label.
        mark: write the visible AI label on AI pictures; None is as the preset says.
        enhance: correct exposure, cast, haze, noise and softness where they are found.
        shadow: draw a soft contact shadow under the product.
        upscale: enlarge a picture that is smaller than the frame with Real-ESRGAN, which invents fine detail.
        title, price: texts for a preset with a template.
        credentials: sign the file with them (C2PA).
    """

    ai_generated: bool = False
    mark: bool | None = None
    enhance: bool = False
    shadow: bool = False
    upscale: bool = False
    title: str = ""
    price: str = ""
    credentials: Credentials | None = None


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
    complete = labels.complete()
    kept = _kept(data, labels, preset, options) if complete == labels else None
    if kept:
        return kept
    notes = [f"label unreadable: {problem}" for problem in labels.problems]
    picture, resized = open_bounded(data, preset.make)
    source_width = picture.rgb.shape[1] / resized
    if picture.animated:
        notes.append("animated: only the first frame was taken")
    if options.enhance:
        better = enhance(picture.rgb)
        picture = replace(picture, rgb=better.rgb)
        notes += better.notes
    if options.upscale and max(picture.rgb.shape[:2]) < max(preset.make.width, preset.make.height):
        picture, resized = _upscaled(picture), float(FACTOR)
        notes.append(f"enlarged {FACTOR} times with Real-ESRGAN: fine detail is invented")
    pixels, scale = _composed(picture, preset, options, notes, drawn=bool(labels.generation))
    enlarged = _enlarged(complete, source_width, scale * resized)
    record: dict[str, Any] = {
        "preset": preset.name,
        "identity": _identity(preset, options),
        "source": _source(data),
        "enlarged": enlarged,
        "version": __version__,
    }
    if labels.ai and (preset.make.mark if options.mark is None else options.mark):
        pixels, written = mark.draw(pixels)
        record["mark"] = written.as_dict()
    content, fault = _sealed(pixels, preset, complete, record, sign.ROOM if options.credentials else 0)
    if options.credentials:
        content = sign.sign(content, preset.make.format, complete, data, options.credentials)
    elif label.has_manifest(data):
        notes.append("the content credentials (C2PA) of the source end here: the picture is another now")
    if fault:
        notes.append(f"file size: {fault}")
    height, width = pixels.shape[:2]
    return Finished(content, SUFFIXES[preset.make.format], width, height, enlarged, labels.ai, tuple(notes))


def finished_from(source: bytes, data: bytes, preset: Preset, options: Options | None = None) -> Finished | None:
    """A file that `finish` made of a picture before, so that a run that was cut short need not make it again.

    Args:
        source: the picture file.
        data: what may have been made of it.
        preset, options: as for `finish`.

    Returns:
        The file as it is; None if it is not what this packshot makes of that picture, or was changed since.
    """
    options = options or Options()
    try:
        labels = read_labels(data)
        record = labels.finish
        if record.get("source") != _source(source) or record.get("version") != __version__:
            return None
        return _kept(data, labels, preset, options)
    except DecodeError:
        return None


def _source(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _sealed(
    pixels: NDArray[np.uint8], preset: Preset, labels: Labels, record: dict[str, Any], room: int
) -> tuple[bytes, str]:
    """The file, its record holding a digest of the pixels that a reader will decode from it.

    Args:
        room: bytes to leave for a signature.
    """
    make = preset.make
    low, high = preset.bounds("file_bytes")
    high -= room
    lossless = make.format == "png"
    digest = _digest(_seen(pixels)) if lossless else _NO_DIGEST
    embedded = _embedded(labels, record | {"pixels": digest})
    data, quality, fault = encode_within(pixels, make.format, quality=make.quality, low=low, high=high, **embedded)
    if lossless:
        return data, fault
    digest = _digest(decode(data))
    before, after = (f'"pixels":"{value}"'.encode() for value in (_NO_DIGEST, digest))
    if data.count(before) == 1:
        # XMP lies in these formats as it is, under no checksum.
        return data.replace(before, after), fault
    embedded = _embedded(labels, record | {"pixels": digest})
    return encode(pixels, make.format, quality=quality, **embedded), fault


def _embedded(labels: Labels, record: dict[str, Any]) -> dict[str, Any]:
    labels = replace(labels, finish=record)
    return {"xmp": label.packet(labels), "text": label.chunks(labels)}


def _seen(pixels: NDArray[np.uint8]) -> Picture:
    """What a reader decodes from pixels that were stored without loss."""
    alpha = pixels[..., 3] if pixels.shape[2] == 4 and (pixels[..., 3] < 255).any() else None
    return Picture(np.ascontiguousarray(pixels[..., :3]), alpha, "PNG", False)


def _digest(picture: Picture) -> str:
    seen = hashlib.sha256(repr(picture.rgb.shape).encode() + picture.rgb.tobytes())
    if picture.alpha is not None:
        seen.update(picture.alpha.tobytes())
    return seen.hexdigest()[:16]


def _identity(preset: Preset, options: Options) -> str:
    # Who signs is no matter of the picture; that it is signed is.
    asked = replace(options, credentials=None)
    return hashlib.sha256(f"{preset.identity} {asked!r} {bool(options.credentials)}".encode()).hexdigest()[:10]


def _kept(data: bytes, labels: Labels, preset: Preset, options: Options) -> Finished | None:
    """The file as it is, if this very call would make it: made so, its pixels untouched, nothing added to it."""
    record = labels.finish
    if not record or record.get("identity") != _identity(preset, options) or labels.problems:
        return None
    if options.credentials and sign.verify(data) not in ("valid", "trusted", "trial"):
        return None
    facts = Facts(data)
    if facts.stray_metadata != "none" or record.get("pixels") != _digest(facts.picture):
        return None
    enlarged = facts.enlarged or 1.0
    suffix = SUFFIXES[preset.make.format]
    return Finished(data, suffix, facts.width, facts.height, enlarged, labels.ai, ("finished before: kept as it is",))


def _upscaled(picture: Picture) -> Picture:
    return regained(upscale(picture.on_white()), picture)


def _composed(
    picture: Picture, preset: Preset, options: Options, notes: list[str], *, drawn: bool
) -> tuple[NDArray[np.uint8], float]:
    """The frame's pixels, (h, w, 3) or, on a transparent background, (h, w, 4) uint8, and the scale.

    Args:
        drawn: packshot's own model drew the picture.
    """
    make = preset.make
    if preset.template is not None:
        texts = options.title, options.price
        return compose(picture, make.width, make.height, preset.template, *texts, notes)
    # A shadow of our own takes the place of the picture's; and models that learnt from cut-outs draw none: what is
    # faint under their products is a smudge.
    keep = make.shadow == "keep" and not options.shadow and not drawn
    subject = lift(picture, onto_white=make.background == "white", shadow=keep)
    if isinstance(subject, str):
        notes.append(f"background left as it is: {subject}")
        return whole(picture, make.width, make.height)
    if subject.touches:
        sides = " and ".join(sorted(subject.touches))
        notes.append(f"the product runs into the picture's edge at the {sides}: it may be cut off")
    if make.background == "white" and not options.shadow:
        return place(subject, make.width, make.height, make.fill)
    if subject.fades:
        notes.append("the product fades into its white paper: its edge may look cut out")
    layers, scale = arrange(subject, make.width, make.height, make.fill)
    if options.shadow:
        layers = shadow.under(layers)
    if make.background == "transparent":
        return straight(layers), scale
    return laid(layers, (255.0, 255.0, 255.0)), scale


def _enlarged(labels: Labels, width: float, scale: float) -> float:
    """How far pixels were stretched since the camera or the model gave them, over all runs of ``finish``.

    Args:
        width: of the picture that came in, pixels.
        scale: from its pixels to the result's.
    """
    before = labels.finish.get("enlarged")
    drawn = labels.generation.get("width")
    if isinstance(before, int | float) and before > 0:
        scale *= before
    elif isinstance(drawn, int) and drawn > 0:
        scale *= width / drawn
    return float(f"{scale:.4g}")
