"""XMP packets: a few text properties written, and the same read back from anybody's packet.

Source: ISO 16684-1:2019 (XMP data model and RDF serialisation), IPTC Photo Metadata Standard 2025.1 for the
``Iptc4xmpExt`` names, GB 45438-2025 with TC260-PG-20258A for ``TC260:AIGC``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import escape

NAMESPACES: Mapping[str, str] = {
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
    "packshot": "urn:packshot:1.0/",
}
# What JPEG can hold in one APP1 segment, less its header (XMP specification part 3, 1.1.3).
MAX_PACKET = 65_000
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}
# Characters that XML 1.0 has no way to write.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write(properties: Mapping[str, str]) -> bytes:
    """An XMP packet with simple text properties.

    Args:
        properties: ``prefix:Name`` → text, with a prefix of ``NAMESPACES``; empty texts are left out.

    Returns:
        The packet in UTF-8, without padding: the same bytes for the same properties.
    """
    kept = {name: _ILLEGAL.sub("", value) for name, value in properties.items() if value}
    prefixes = sorted({name.split(":")[0] for name in kept})
    lines = [
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
        f' <rdf:RDF xmlns:rdf="{_RDF}">',
        '  <rdf:Description rdf:about=""'
        + "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)
        + ">",
        # A carriage return would come back from an XML reader as a line feed unless it is escaped.
        *(f"   <{name}>{escape(value, {chr(13): '&#13;'})}</{name}>" for name, value in kept.items()),
        "  </rdf:Description>",
        " </rdf:RDF>",
        "</x:xmpmeta>",
        '<?xpacket end="w"?>',
    ]
    return "\n".join(lines).encode("utf-8")


def read(packet: bytes) -> dict[str, str]:
    """The properties of ``NAMESPACES`` in a packet, as ``prefix:Name`` → text.

    A list, a language alternative or a structure gives its first text. Attributes count as properties.

    Raises:
        ValueError: the packet is not XML, or it declares a document type: XMP has none, and entities are how
            XML files make readers run out of memory.
    """
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", packet, re.IGNORECASE):
        raise ValueError("XMP with a document type")
    try:
        root = ElementTree.fromstring(packet.strip(b"\x00 \r\n\t"))
    except (ElementTree.ParseError, LookupError, UnicodeError) as error:
        raise ValueError(f"XMP is not XML: {error}") from None
    found: dict[str, str] = {}
    for description in root.iter(f"{{{_RDF}}}Description"):
        for key, value in description.attrib.items():
            _take(found, key, value)
        for child in description:
            resource = child.get(f"{{{_RDF}}}resource", "")
            _take(found, child.tag, resource or next((t for t in child.itertext() if t.strip()), ""))
    return found


def _take(found: dict[str, str], key: str, value: str) -> None:
    uri, _, name = key.removeprefix("{").rpartition("}")
    if uri in _PREFIXES and value.strip():
        found.setdefault(f"{_PREFIXES[uri]}:{name}", value)
