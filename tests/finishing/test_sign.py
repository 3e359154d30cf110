import json
import struct
import zlib

import pytest

from packshot.cli import run
from packshot.errors import PackshotError
from packshot.finishing import label, preset, sign
from packshot.finishing.batch import finish_files
from packshot.finishing.check import check
from packshot.finishing.finish import Options, finish
from packshot.images.encode import FORMATS, encode

from .drawn import RECORD, png, product

TAOBAO = preset.load("taobao")
GENERATED = encode(product(64), "png", xmp=label.xmp(RECORD), text=label.png_text(RECORD))


@pytest.fixture(scope="module")
def credentials():
    pytest.importorskip("c2pa", reason="packshot[c2pa] is not installed")
    return sign.trial()


def status(data: bytes, name: str = "taobao") -> dict[str, str]:
    return {r.rule: r.status for r in check(data, preset.load(name)).results}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("source", [GENERATED, png(product())], ids=["generated", "photo"])
def test_a_signature_is_read_back_and_breaks(credentials, format, source):
    done = finish(source, TAOBAO.changed(format=format), Options(credentials=credentials))
    assert sign.verify(done.data) == "trial"
    assert status(done.data)["signature"] == "pass"
    assert status(done.data)["signer"] == "warning"
    assert label.read_labels(done.data).ai == (source is GENERATED)
    changed = done.data.replace(b"packshot:Finish>{", b"packshot:Finish> ", 1)
    if format == "png":
        # A chunk of its own, since PNG guards every chunk with a checksum.
        note = b"tEXtkey\0value"
        chunk = struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note))
        changed = done.data[:-12] + chunk + done.data[-12:]
    assert changed != done.data
    assert sign.verify(changed) == "broken"
    assert status(changed)["signature"] == "fail"


def test_the_manifest_says_what_was_done(credentials):
    import io

    import c2pa

    signed = finish(GENERATED, TAOBAO, Options(credentials=credentials)).data
    content = json.loads(c2pa.Reader("image/jpeg", io.BytesIO(signed)).json())
    manifest = content["manifests"][content["active_manifest"]]
    action = manifest["assertions"][0]["data"]["actions"][0]
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"] == label.GENERATED
    signed = finish(png(product()), TAOBAO, Options(credentials=credentials)).data
    content = json.loads(c2pa.Reader("image/jpeg", io.BytesIO(signed)).json())
    manifest = content["manifests"][content["active_manifest"]]
    assert manifest["assertions"][0]["data"]["actions"][0]["action"] == "c2pa.opened"


def test_signed_twice_is_signed_once_and_limits_hold(credentials):
    options = Options(credentials=credentials)
    white = preset.load("taobao-white")
    once = finish(GENERATED, white, options)
    assert len(once.data) <= 300_000
    assert finish(once.data, white, options).data == once.data


def test_ai_is_known_from_content_credentials_alone(credentials):
    bare = encode(product(64), "png")
    signed = sign.sign(bare, "png", label.of_record(RECORD), bare, credentials)
    found = label.read_labels(signed)
    assert found.source_type == label.GENERATED
    done = finish(signed, TAOBAO)
    assert done.ai
    assert any("content credentials" in note for note in done.notes)
    assert label.read_labels(done.data).source_type == label.GENERATED


def test_a_users_own_certificate(credentials, tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(png(product()))
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    certificate.write_text(credentials.chain)
    key.write_text(credentials.key)
    base = ["finish", str(tmp_path / "a.png"), "--preset", "taobao", "-o", str(tmp_path / "out")]
    assert run([*base, "--sign-cert", str(certificate)]) == 2
    assert run([*base, "--sign-cert", str(certificate), "--sign-key", str(key)]) == 0
    assert sign.verify((tmp_path / "out" / "a.jpg").read_bytes()) == "trial"
    key.write_text("no key")
    assert run([*base, "--sign-cert", str(certificate), "--sign-key", str(key)]) == 1
    assert "not a private key" in capsys.readouterr().err
    assert run([*base, "--sign-trial", "--overwrite"]) == 0
    assert "nobody vouches" in capsys.readouterr().err


def test_without_the_package(monkeypatch):
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(sign, "import_module", missing)
    with pytest.raises(PackshotError, match=r"packshot\[c2pa\]"):
        sign.trial()
    assert sign.verify(png(product(32))) == "none"
    assert sign.verify(b"jumb c2pa") is None


def test_the_key_is_never_printed(credentials):
    assert "PRIVATE" not in repr(credentials)
    assert "PRIVATE" not in repr(Options(credentials=credentials))


def test_a_signed_batch_goes_on_where_it_was(credentials, tmp_path):
    (tmp_path / "a.png").write_bytes(GENERATED)
    for _ in range(2):
        (outcome,) = finish_files([tmp_path / "a.png"], TAOBAO, tmp_path / "out", Options(credentials=credentials))
        assert not outcome.error
    assert not outcome.written
