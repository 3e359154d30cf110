"""One candidate: read its picture, measure it, describe it, store it clean. Runs in many processes."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalog.colour import product_color
from packshot.catalog.damage import jpeg_damage
from packshot.catalog.describe import describe, has_words
from packshot.catalog.hashing import perceptual_hash
from packshot.catalog.looks import looks
from packshot.catalog.privacy import redact
from packshot.catalog.quality import SMALL_SIDE, Quality, judge
from packshot.catalog.readers.tables import LIST_SEPARATOR
from packshot.catalog.records import Candidate
from packshot.cutout import CutOut, cut_out, on_plain, place_on_white
from packshot.features.lite0 import Lite0
from packshot.images.decode import DecodeError, decode
from packshot.images.encode import encode
from packshot.images.resize import resize, small_copy
from packshot.text.attributes import Vocabulary, load_vocabulary

Row = dict[str, Any]
_THUMBNAIL = 96
# Pixels at which lite0 sees a picture: enough to propose duplicates, at a third of the cost of 224.
_FEATURE_SIDE = 112
_UNKNOWN = ("box", "sha256", "phash", "image", "thumbnail", "looks", "features", "measured", "width", "height")
# Longer side of a cut-out's product as a share of its square.
_FILL = 0.9
# Source pictures are not read in whole beyond this many bytes.
_MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Job:
    """A candidate and what of the options its inspection depends on."""

    number: int
    candidate: Candidate
    cut_out: bool
    gate: float | None
    max_side: int
    cut_out_side: int


def inspect(job: Job) -> Row:
    """Everything that can be said of a candidate without knowing the others, as a row of ``work_schema``.

    A candidate that must be left out has a ``reason`` and, where something was measured, ``measured``.
    """
    row = _named(job)
    candidate = job.candidate
    if candidate.record.junk:
        return row | {"thumbnail": _glimpse(candidate)}
    if row["reason"]:
        return row
    try:
        data = _read(candidate)
        row["sha256"] = hashlib.sha256(data).hexdigest()
        # Nothing looks at more than the pixels that are stored.
        picture = decode(data, least_side=job.max_side)
        if damage := jpeg_damage(data):
            raise DecodeError(f"damaged picture: {damage}")
    except DecodeError as error:
        return row | {"reason": "unreadable", "measured": error.what}
    rgb, alpha = picture.on_white(), picture.alpha
    row["width"], row["height"] = picture.full_size
    small = small_copy(rgb, SMALL_SIDE)
    quality = judge(rgb, small)
    if quality.reason:
        return row | {"reason": quality.reason, "measured": quality.measured, "thumbnail": _thumbnail(rgb)}
    rgb, alpha = _limited(rgb, alpha, job.max_side)
    row["looks"] = looks(rgb, small).tobytes()
    return _finished(job, row, rgb, small, alpha, quality)


def not_inspected(job: Job) -> Row:
    """The row of a candidate whose inspection killed its process."""
    row = _named(job)
    return row if row["reason"] else row | {"reason": "unreadable", "measured": "decoding it killed the process"}


def _finished(
    job: Job,
    row: Row,
    rgb: NDArray[np.uint8],
    small: NDArray[np.uint8],
    alpha: NDArray[np.uint8] | None,
    quality: Quality,
) -> Row:
    fields = job.candidate.record.fields
    row["phash"] = perceptual_hash(rgb)
    row["thumbnail"] = _thumbnail(rgb)
    row["features"] = features(rgb).tobytes()
    flags = list(quality.flags)
    colorless = "color" not in json.loads(row["attributes"])
    # A mask that is only to see the color by need not be fine, and is there where the background is plain anyway.
    looked, cut = (rgb, cut_out(rgb, alpha)) if job.cut_out else (small, on_plain(small) if colorless else None)
    mask = cut.mask if cut is not None and _passes(cut, job.gate) else None
    color = product_color(looked, mask) if colorless and (mask is not None or not has_words(fields)) else None
    if color:
        row |= _columns(describe(fields, color, _vocabulary()))
        flags.append("measured-color")
    if not row["text"]:
        return row | {"reason": "no text"}
    kind = "jpeg"
    if job.cut_out and mask is not None:
        rgb, kind = place_on_white(rgb, mask, job.cut_out_side, _FILL), "png"
        row["box"] = _placed(_box(mask), job.cut_out_side)
        flags.append("cut-out")
    elif job.cut_out:
        flags.append("background")
    stored = encode(rgb, "png") if kind == "png" else encode(rgb, "jpeg", quality=95)
    row["height"], row["width"] = rgb.shape[:2]
    row["image"] = {"bytes": stored, "path": _file_name(row["sku"], job.candidate.number, kind)}
    return row | {"flags": flags, "size": len(stored)}


def _passes(cut: CutOut, gate: float | None) -> bool:
    return cut.good if gate is None else cut.quality >= gate


def features(rgb: NDArray[np.uint8]) -> NDArray[np.float16]:
    """The (1280,) lite0 features by which duplicates of (h, w, 3) pixels are proposed, seen at 112 pixels."""
    row: NDArray[np.float16] = _lite0().embed([small_copy(rgb, _FEATURE_SIDE)])[0].astype(np.float16)
    return row


def _named(job: Job) -> Row:
    """A row with what the record alone tells, a reason to leave it out among it."""
    candidate = job.candidate
    record = candidate.record
    source = {
        "source": candidate.source,
        "table": record.table,
        "row": record.row,
        "image": candidate.reference,
        "category": redact(record.fields.get("category", ""))[0],
        "variants": record.fields.get("variants", "").split(LIST_SEPARATOR) if "variants" in record.fields else [],
    }
    row: Row = dict.fromkeys(_UNKNOWN)
    row |= {
        "number": job.number,
        "sku": record.fields["sku"],
        "reason": "junk label" if record.junk else candidate.problem,
        "measured": record.junk or (candidate.detail or candidate.reference if candidate.problem else None),
        "size": 0,
        "flags": [],
        "group": "",
    }
    row |= _columns(describe(record.fields, None, _vocabulary()))
    row["price"] = price(record.fields.get("price", ""))
    row["source"] = json.dumps(source, ensure_ascii=False)
    # The same product key in two sources is chance.
    row["product"] = "\x1f".join((candidate.source, record.fields.get("product") or record.fields["sku"]))
    return row


def _columns(said: Any) -> Row:
    return {
        "title": said.title,
        "description": said.description,
        "text": said.text,
        "text_zh": said.zh,
        "text_en": said.en,
        "composed": said.composed,
        "language": said.language,
        "category": said.category,
        "attributes": json.dumps(said.attributes, ensure_ascii=False),
        "redactions": json.dumps(said.redactions),
    }


def price(text: str) -> float | None:
    """The first number of a price such as ``¥1,299.00`` or ``1.299,00 €``; None without one."""
    match = re.search(r"\d[\d.,' \u00a0]*", text)
    if match is None:
        return None
    digits = re.sub(r"[' \u00a0]", "", match.group()).rstrip(".,")
    last = max(digits.rfind("."), digits.rfind(","))
    # The last separator starts the decimals, unless three digits follow it and there is none of the other kind.
    if last >= 0 and (len(digits) - last - 1 != 3 or len(set(digits) & {".", ","}) == 2):
        return float(re.sub(r"[.,]", "", digits[:last]) + "." + digits[last + 1 :])
    return float(re.sub(r"[.,]", "", digits))


def _read(candidate: Candidate) -> bytes:
    if candidate.data is not None:
        return candidate.data
    path = Path(candidate.path or "")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DecodeError(f"file too large: {path.stat().st_size >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise DecodeError(f"cannot read: {error.strerror or error}") from None


def _limited(
    rgb: NDArray[np.uint8], alpha: NDArray[np.uint8] | None, side: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    height, width = rgb.shape[:2]
    if max(height, width) <= side:
        return rgb, alpha
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return resize(rgb, *size), None if alpha is None else resize(alpha, *size)


def _glimpse(candidate: Candidate) -> bytes | None:
    """A small picture for the report of a candidate that is left out whatever it shows."""
    if candidate.path is None and candidate.data is None:
        return None
    try:
        return _thumbnail(decode(_read(candidate), least_side=_THUMBNAIL).on_white())
    except DecodeError:
        return None


def _thumbnail(rgb: NDArray[np.uint8]) -> bytes:
    small = small_copy(rgb, _THUMBNAIL) if max(rgb.shape[:2]) > _THUMBNAIL else rgb
    return encode(small, "jpeg", quality=80)


def _box(mask: NDArray[np.float32]) -> list[int] | None:
    """Left, top, right, bottom of the product in pixels, right and bottom exclusive."""
    rows, columns = np.flatnonzero((mask > 0.5).any(axis=1)), np.flatnonzero((mask > 0.5).any(axis=0))
    if not len(rows):
        return None
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def _placed(box: list[int] | None, side: int) -> list[int] | None:
    """The box of a product that was placed on a square of ``side`` pixels."""
    if box is None:
        return None
    width, height = box[2] - box[0], box[3] - box[1]
    scale = _FILL * side / max(width, height)
    across, down = width * scale / 2, height * scale / 2
    return [round(side / 2 + d) for d in (-across, -down, across, down)]


def _file_name(sku: str, number: int, kind: str) -> str:
    safe = re.sub(r"[^\w.-]+", "_", sku)[:80] or "product"
    return f"{safe}-{number}.{'png' if kind == 'png' else 'jpg'}"


@cache
def _lite0() -> Lite0:
    return Lite0(threads=1, side=_FEATURE_SIDE)


@cache
def _vocabulary() -> Vocabulary:
    return load_vocabulary()
