"""Labels that say in the file that a machine made the picture, and how: written, and read back from any file.

Three readers are served. IPTC's ``DigitalSourceType`` in XMP (Google Merchant Center, EU AI Act Article 50),
the ``AIGC`` field of GB 45438-2025 (China), and the ``parameters`` text that picture viewers know from
Automatic1111.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image, UnidentifiedImageError

from packshot import __version__
from packshot.artifact import Strict
from packshot.finishing import xmp as _xmp
from packshot.images.decode import FORMATS, MAX_PIXELS, DecodeError
from packshot.images.encode import text_chunks

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = _SOURCE_TYPES + "trainedAlgorithmicMedia"
COMPOSITE = _SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"
# The terms of IPTC's vocabulary that mean generative AI took part.
_AI_TERMS = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")
AIGC_FIELDS = (
    "Label", "ContentProducer", "ProduceID", "ReservedCode1",
    "ContentPropagator", "PropagateID", "ReservedCode2",
)  # fmt: skip
# Pillow opens MPO as JPEG and has no opener of that name.
_OPENED = tuple(name for name in FORMATS if name != "MPO")
# A longer description is cut in the labels: JPEG holds 64 KB of XMP, and a Chinese character is 3 bytes.
_MAX_TEXT = 4000


class GenerationRecord(Strict):
    """How a picture was generated; enough to make it again.

    Attributes:
        text: the description it was made from.
        seed: of its noise.
        model: the model's name.
        identity: the model folder's identity.
        family: which family drew it.
        width, height: pixels, as the model drew it.
        steps: sampling steps, where the family has them.
        guidance: classifier-free guidance scale, where the family has it.
        sampler: name of the sampling method, where the family has one.
        temperature: scale of the noise.
        strength: how far a given picture was varied; None where it was drawn from the text alone.
        producer: who answers for it under GB 45438-2025 (a company's name or code), else "packshot".
        packshot_version: which packshot made it.
    """

    text: str
    seed: int
    model: str
    identity: str
    family: str
    width: int
    height: int
    steps: int | None = None
    guidance: float | None = None
    sampler: str = ""
    temperature: float = 1.0
    strength: float | None = None
    producer: str = ""
    packshot_version: str = __version__


@dataclass(frozen=True)
class Labels:
    """What a file says about where its picture comes from.

    Attributes:
        source_type: IPTC DigitalSourceType, empty if the file has none.
        system, system_version, prompt, prompt_writer: the AI fields of IPTC 2025.1.
        aigc: the AIGC field of GB 45438-2025.
        parameters: generation parameters as Automatic1111 writes them.
        generation: packshot's own record of a generated picture.
        finish: packshot's own record of a finished picture.
        problems: labels that are there and cannot be read, one line each.
    """

    source_type: str = ""
    system: str = ""
    system_version: str = ""
    prompt: str = ""
    prompt_writer: str = ""
    aigc: Mapping[str, str] = field(default_factory=dict)
    parameters: str = ""
    generation: Mapping[str, Any] = field(default_factory=dict)
    finish: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def source_term(self) -> str:
        """The term of IPTC's vocabulary without its address, as ``trainedAlgorithmicMedia``."""
        return self.source_type.rstrip("/").replace(":", "/").rpartition("/")[2]

    @property
    def ai(self) -> bool:
        """True if anything in the file says that AI made the picture or took part in it."""
        fields = self.system or self.system_version or self.prompt or self.prompt_writer
        return bool(self.source_term in _AI_TERMS or self.aigc or self.parameters or self.generation or fields)

    def complete(self) -> Labels:
        """These labels and those that every AI picture must carry; unchanged for other pictures."""
        if not self.ai:
            return self
        prompt = self.prompt or _prompt_of(self.parameters)
        aigc = self.aigc or dict.fromkeys(AIGC_FIELDS, "") | {"Label": "1"}
        return replace(self, source_type=self.source_type or GENERATED, prompt=prompt, aigc=aigc)


def of_record(record: GenerationRecord) -> Labels:
    """The labels of a generated picture."""
    text = _short(record.text)
    content = hashlib.sha256(f"{record.text}\n{record.width}x{record.height}".encode()).hexdigest()[:8]
    aigc = dict.fromkeys(AIGC_FIELDS, "") | {
        "Label": "1",
        "ContentProducer": record.producer or "packshot",
        "ProduceID": f"{record.identity}-{record.seed}-{content}",
    }
    return Labels(
        source_type=GENERATED,
        system=f"packshot {record.model}",
        system_version=f"{record.packshot_version} ({record.identity})",
        prompt=text,
        aigc=aigc,
        parameters=_parameters(record, text),
        generation=record.model_copy(update={"text": text}).model_dump(exclude_none=True),
    )


def xmp(record: GenerationRecord) -> bytes:
    """The XMP packet of a generated picture."""
    return packet(of_record(record))


def png_text(record: GenerationRecord) -> dict[str, str]:
    """The PNG text chunks of a generated picture: ``parameters``, ``packshot`` and ``AIGC``."""
    return chunks(of_record(record))


def packet(labels: Labels) -> bytes:
    """An XMP packet that holds the labels, for any format; empty if there are none."""
    properties = {
        "Iptc4xmpExt:DigitalSourceType": labels.source_type,
        "Iptc4xmpExt:AISystemUsed": labels.system,
        "Iptc4xmpExt:AISystemVersionUsed": labels.system_version,
        "Iptc4xmpExt:AIPromptInformation": _short(labels.prompt),
        "Iptc4xmpExt:AIPromptWriterName": labels.prompt_writer,
        "TC260:AIGC": _json(labels.aigc),
        "packshot:Generation": _json(labels.generation),
        "packshot:Finish": _json(labels.finish),
    }
    return _xmp.write(properties) if any(properties.values()) else b""


def chunks(labels: Labels) -> dict[str, str]:
    """PNG text chunks that hold the labels, beside the XMP packet."""
    found = {
        "parameters": labels.parameters,
        "packshot": _json(labels.generation),
        "AIGC": _json(labels.aigc),
    }
    return {key: value for key, value in found.items() if value}


def read_labels(data: bytes) -> Labels:
    """Read the labels of a PNG, JPEG, WebP, AVIF, TIFF or GIF file, whoever wrote them.

    Raises:
        DecodeError: not a picture.
    """
    text, raw = _texts(data)
    problems: list[str] = []
    found: dict[str, str] = {}
    if raw:
        try:
            found = _xmp.read(raw)
        except ValueError as error:
            problems.append(str(error))
    aigc = _object("AIGC", found.get("TC260:AIGC") or text.get("AIGC", ""), problems)
    return Labels(
        source_type=found.get("Iptc4xmpExt:DigitalSourceType", "") or _signed_source_type(data),
        system=found.get("Iptc4xmpExt:AISystemUsed", ""),
        system_version=found.get("Iptc4xmpExt:AISystemVersionUsed", ""),
        prompt=found.get("Iptc4xmpExt:AIPromptInformation", ""),
        prompt_writer=found.get("Iptc4xmpExt:AIPromptWriterName", ""),
        aigc={key: str(value) for key, value in aigc.items()},
        parameters=text.get("parameters", ""),
        generation=_object("packshot record", found.get("packshot:Generation") or text.get("packshot", ""), problems),
        finish=_object("packshot finish record", found.get("packshot:Finish", ""), problems),
        problems=tuple(problems),
    )


def has_manifest(data: bytes) -> bool:
    """True if a file seems to hold C2PA content credentials: a JUMBF box of C2PA's kind."""
    return b"jumb" in data and b"c2pa" in data


def _signed_source_type(data: bytes) -> str:
    """The AI source type that content credentials tell of, empty if none; they hold their texts as they are."""
    if has_manifest(data):
        for uri in (GENERATED, COMPOSITE):
            if uri.encode() in data:
                return uri
    return ""


def _texts(data: bytes) -> tuple[dict[str, str], bytes]:
    """PNG text chunks and the XMP packet of a file."""
    if not data:
        raise DecodeError("empty file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_OPENED) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise DecodeError(f"picture too large: {image.width}×{image.height} pixels")
                # Chunks may follow the pixels, and Pillow then reads them only with the pixels.
                text = text_chunks(image) if image.format == "PNG" else {}
                info: Mapping[Any, Any] = image.info
                # TIFF keeps its packet in tag 700.
                tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
                packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or tags.get(700) or b""
    except DecodeError:
        raise
    except UnidentifiedImageError:
        raise DecodeError("not a picture") from None
    except Exception as error:
        # Broken files make Pillow's format readers raise nearly anything.
        raise DecodeError(f"damaged picture: {str(error)[:120] or type(error).__name__}") from None
    return text, packet.encode() if isinstance(packet, str) else bytes(packet)


def _object(name: str, text: str, problems: list[str]) -> dict[str, Any]:
    if not text:
        return {}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        problems.append(f"{name} is not a JSON object")
        return {}
    return content


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) if content else ""


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _parameters(record: GenerationRecord, text: str) -> str:
    """One line of ``key: value`` pairs under the description, as Automatic1111's PNG info has it."""
    values: dict[str, object] = {
        "Steps": record.steps if record.steps is not None else 1,
        "Sampler": record.sampler or record.family,
        "CFG scale": f"{record.guidance if record.guidance is not None else 1:g}",
        "Seed": record.seed,
        "Size": f"{record.width}x{record.height}",
        "Model hash": record.identity,
        "Model": record.model,
        "Version": f"packshot {record.packshot_version}",
    }
    return f"{text}\n" + ", ".join(f"{key}: {_quoted(str(value))}" for key, value in values.items())


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search("[,:\n]", value) else value


def _prompt_of(parameters: str) -> str:
    return re.split(r"\n(?:Negative prompt|Steps): ", parameters, maxsplit=1)[0].strip()
