"""Content credentials (C2PA): the last step, for any later change breaks the signature. Needs ``packshot[c2pa]``.

Source: C2PA Technical Specification 2.2, sections 14.5 (certificate profile) and 18.15 (actions).
"""

from __future__ import annotations

import datetime
import io
import json
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from packshot import __version__
from packshot.errors import PackshotError, missing_extra
from packshot.finishing.label import Labels, has_manifest
from packshot.images.encode import Format

# ``trial`` is a signature that is whole and made with packshot's own certificate for trying.
Signature = Literal["none", "valid", "trusted", "trial", "broken"]
# What the manifest of one signature takes in a file, with room to spare.
ROOM = 24_000
_TRIAL = "packshot trial"
_MIME = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif"}
# Neither certificates' revocation nor manifests kept elsewhere are looked up: packshot opens no connection.
# A small picture of the picture in its own file would only take room.
_SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
_CURVES = {256: "ES256", 384: "ES384", 521: "ES512"}


@dataclass(frozen=True)
class Credentials:
    """Whose signature it is.

    Attributes:
        chain: the certificate and those that vouch for it, PEM, the signer's own first.
        key: its private key, PEM.
        algorithm: as C2PA names it.
        trial: True for a certificate that nobody vouches for.
    """

    chain: str
    key: str = field(repr=False)
    algorithm: str
    trial: bool = False


def load(certificate: Path, key: Path) -> Credentials:
    """A user's own certificate chain and private key, both PEM.

    Raises:
        PackshotError: a file cannot be read, or the key is of a kind that C2PA does not know.
    """
    _require()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    try:
        chain, secret = certificate.read_text(), key.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise PackshotError(f"cannot read the certificate or its key: {error}") from None
    try:
        private = serialization.load_pem_private_key(secret.encode(), None)
    except (ValueError, TypeError) as error:
        raise PackshotError(f"not a private key without a password: {str(error)[:100]}", key) from None
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.key_size in _CURVES:
        algorithm = _CURVES[private.key_size]
    elif isinstance(private, ed25519.Ed25519PrivateKey):
        algorithm = "ED25519"
    elif isinstance(private, rsa.RSAPrivateKey):
        algorithm = "PS256"
    else:
        raise PackshotError("C2PA has no such key", key, "Use an EC, Ed25519 or RSA key.")
    return Credentials(chain, secret, algorithm)


def trial() -> Credentials:
    """A certificate made on the spot, for trying: everybody can see that nobody vouches for it."""
    _require()
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def named(name: str) -> Any:
        parts = ((NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, _TRIAL))
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])

    def certificate(subject: str, public: Any, *, root: bool) -> Any:
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign",
             "encipher_only", "decipher_only"), False,
        )  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named("packshot trial root"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(digital_signature=not root, key_cert_sign=root, **usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        )
        if not root:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purpose, critical=False)
        return builder.sign(root_key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    chain = b"".join(
        c.public_bytes(pem)
        for c in (
            certificate("packshot trial signer", key.public_key(), root=False),
            certificate("packshot trial root", root_key.public_key(), root=True),
        )
    )
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Credentials(chain.decode(), secret.decode(), "ES256", trial=True)


def sign(data: bytes, format: Format, labels: Labels, source: bytes, credentials: Credentials) -> bytes:
    """Sign a finished file.

    An AI-made picture is signed as created by AI, any other as edited from its source.

    Args:
        data: the finished file.
        source: the file it was made from.

    Raises:
        PackshotError: the certificate or its key does not do.
    """
    c2pa = _require()
    name = labels.generation.get("model", "")
    info = [{"name": "packshot", "version": __version__, **({"model": str(name)} if name else {})}]
    manifest = {"claim_generator_info": info, "format": _MIME[format], "assertions": []}
    try:
        # The key in PEM goes to the library as it is; no time stamp is asked of a server.
        algorithm = getattr(c2pa.C2paSigningAlg, credentials.algorithm)
        identity = c2pa.C2paSignerInfo(algorithm, credentials.chain.encode(), credentials.key.encode(), None)
        context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))
        with c2pa.Signer.from_info(identity) as signer, c2pa.Builder(manifest, context) as builder:
            if labels.ai:
                kind = c2pa.C2paDigitalSourceType
                composite = labels.source_term == "compositeWithTrainedAlgorithmicMedia"
                made = kind.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA if composite else kind.TRAINED_ALGORITHMIC_MEDIA
                builder.set_intent(c2pa.C2paBuilderIntent.CREATE, made)
            else:
                builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
                parent = {"title": "source", "relationship": "parentOf"}
                builder.add_ingredient(parent, _mime_of(source), io.BytesIO(source))
            out = io.BytesIO()
            builder.sign(signer, _MIME[format], io.BytesIO(data), out)
    except c2pa.C2paError as error:
        raise PackshotError(f"cannot sign: {' '.join(str(error).split())[:200]}") from None
    return out.getvalue()


def verify(data: bytes) -> Signature | None:
    """What a file's signature is worth.

    Returns:
        ``none`` without one, ``broken`` if the file was changed after it was signed, ``trial`` for packshot's own
        certificate for trying, ``trusted`` if a known authority vouches for the signer, ``valid`` if the signature is
        whole and nobody does; None if there is one and ``packshot[c2pa]`` is not installed to read it.
    """
    if not has_manifest(data):
        return "none"
    try:
        c2pa = _require()
    except PackshotError:
        return None
    try:
        context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))
        reader = c2pa.Reader.try_create(_mime_of(data), io.BytesIO(data), context=context)
        if reader is None:
            return "none"
        with reader:
            state = reader.get_validation_state()
            content = json.loads(reader.json())
    except (c2pa.C2paError, ValueError):
        return "broken"
    if state not in ("Valid", "Trusted"):
        return "broken"
    active = content.get("manifests", {}).get(content.get("active_manifest", ""), {})
    if active.get("signature_info", {}).get("issuer") == _TRIAL:
        return "trial"
    return "trusted" if state == "Trusted" else "valid"


def _mime_of(data: bytes) -> str:
    heads = {b"\xff\xd8": "jpeg", b"\x89PNG": "png", b"GIF8": "gif", b"II*\0": "tiff", b"MM\0*": "tiff"}
    for head, kind in heads.items():
        if data.startswith(head):
            return f"image/{kind}"
    return "image/avif" if data[4:8] == b"ftyp" else "image/webp"


def _require() -> Any:
    try:
        # By name, for the package has no types to check against.
        return import_module("c2pa")
    except ImportError:
        raise missing_extra("c2pa", "c2pa-python") from None
