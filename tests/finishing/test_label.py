import io
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from packshot.errors import PackshotError
from packshot.finishing import label
from packshot.finishing.finish import finish
from packshot.finishing.label import GENERATED, Labels, read_labels
from packshot.finishing.preset import load
from packshot.images.decode import DecodeError
from packshot.images.encode import FORMATS, encode

from .drawn import RECORD, product

PIXELS = np.full((8, 8, 3), 90, np.uint8)


@pytest.mark.parametrize("format", FORMATS)
def test_a_generated_file_gives_back_its_labels(format):
    data = encode(PIXELS, format, xmp=label.xmp(RECORD), text=label.png_text(RECORD))
    found = read_labels(data)
    assert found.ai
    assert found.source_type == GENERATED
    assert found.prompt == RECORD.text
    assert found.aigc["Label"] == "1"
    assert set(found.aigc) == set(label.AIGC_FIELDS)
    assert found.generation["seed"] == 7
    assert found.problems == ()


def test_the_same_record_makes_the_same_bytes():
    assert label.xmp(RECORD) == label.xmp(RECORD)
    assert label.png_text(RECORD) == label.png_text(RECORD)
    other = RECORD.model_copy(update={"seed": 8})
    assert label.xmp(RECORD) != label.xmp(other)


def test_parameters_have_the_form_that_viewers_know():
    text = label.png_text(RECORD)["parameters"]
    description, _, line = text.rpartition("\n")
    assert description == RECORD.text
    assert line == (
        "Steps: 8, Sampler: flow, CFG scale: 2.5, Seed: 7, Size: 64x64, Model hash: ab12cd34ef, "
        'Model: "flow, small", Version: packshot 0.1.0'
    )


def test_pillow_reads_the_png_chunks():
    data = encode(PIXELS, "png", xmp=label.xmp(RECORD), text=label.png_text(RECORD))
    with Image.open(io.BytesIO(data)) as image:
        assert json.loads(image.text["AIGC"])["ContentProducer"] == "packshot"
        assert json.loads(image.text["packshot"])["text"] == RECORD.text
        assert "Seed: 7" in image.text["parameters"]


@pytest.mark.parametrize("format", FORMATS)
def test_exiftool_reads_the_xmp(format, tmp_path: Path):
    if not shutil.which("exiftool"):
        pytest.skip("exiftool is not installed; Debian has it as libimage-exiftool-perl")
    file = tmp_path / f"a.{format}"
    file.write_bytes(encode(PIXELS, format, xmp=label.xmp(RECORD), text=label.png_text(RECORD)))
    run = subprocess.run(["exiftool", "-j", "-n", "-XMP:all", str(file)], capture_output=True, check=True)
    tags = json.loads(run.stdout)[0]
    assert tags["DigitalSourceType"] == GENERATED
    assert tags["AISystemUsed"] == "packshot flow, small"
    assert tags["AIPromptInformation"] == RECORD.text
    aigc = tags.get("Aigc") or tags.get("AIGC")
    assert (json.loads(aigc) if isinstance(aigc, str) else aigc)["Label"] in ("1", 1)


def test_a_photo_has_no_labels():
    found = read_labels(encode(PIXELS, "jpeg"))
    assert found == Labels()
    assert not found.ai
    assert label.packet(found) == b""
    assert found.complete() is found


def test_a_foreign_picture_with_parameters_alone_counts_as_ai():
    info = PngInfo()
    info.add_text("parameters", "a red shoe\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, Seed: 1")
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    found = read_labels(out.getvalue()).complete()
    assert found.ai
    assert found.source_type == GENERATED
    assert found.prompt == "a red shoe"
    assert found.aigc["Label"] == "1"


@pytest.mark.parametrize(
    "term",
    [
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
        "digsrctype:trainedAlgorithmicMedia",
        "trainedAlgorithmicMedia",
    ],
)
def test_source_types_in_any_spelling(term):
    assert Labels(source_type=term).ai
    assert Labels(source_type=term).complete().source_type == term


def test_a_camera_is_no_ai():
    assert not Labels(source_type="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture").ai


def test_xmp_as_attributes_and_with_other_prefixes():
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" e:AISystemUsed="Other" '
        b'xmlns:T="http://www.tc260.org.cn/ns/AIGC/1.0/"><T:AIGC>{&quot;Label&quot;:&quot;2&quot;}</T:AIGC>'
        b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    found = read_labels(encode(PIXELS, "jpeg", xmp=packet))
    assert found.system == "Other"
    assert found.aigc == {"Label": "2"}


@pytest.mark.parametrize("format", FORMATS)
def test_exiftool_reads_a_finished_file(format, tmp_path: Path):
    if not shutil.which("exiftool"):
        pytest.skip("exiftool is not installed; Debian has it as libimage-exiftool-perl")
    source = encode(product(128), "png", xmp=label.xmp(RECORD), text=label.png_text(RECORD))
    done = finish(source, load("taobao").changed(format=format))
    file = tmp_path / f"a{done.suffix}"
    file.write_bytes(done.data)
    run = subprocess.run(["exiftool", "-j", "-n", "-XMP:all", str(file)], capture_output=True, check=True)
    (tags,) = json.loads(run.stdout)
    assert tags["DigitalSourceType"] == GENERATED
    record = json.loads(tags["Finish"]) if isinstance(tags["Finish"], str) else tags["Finish"]
    assert record["preset"] == "taobao"
    assert record["pixels"] not in ("0" * 16, 0)


def test_broken_labels_are_problems_not_crashes():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    found = read_labels(encode(PIXELS, "png", xmp=bomb, text={"AIGC": "{not json", "packshot": "[1]"}))
    assert len(found.problems) == 3
    assert not found.ai


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_survives(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    record = RECORD.model_copy(update={"text": text})
    found = read_labels(encode(PIXELS, "webp", xmp=label.xmp(record)))
    assert found.problems == ()
    assert found.generation["text"] == text


def test_a_very_long_description_still_fits_a_jpeg():
    record = RECORD.model_copy(update={"text": "鞋" * 50_000})
    found = read_labels(encode(PIXELS, "jpeg", xmp=label.xmp(record)))
    assert found.prompt.endswith("…")
    assert found.generation["seed"] == 7


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_bytes_of_any_kind_are_read_or_refused(data):
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1", b"RIFF\x00\x00\x00\x00WEBP"):
        with pytest.raises(PackshotError):
            read_labels(head + data)


def test_no_picture():
    with pytest.raises(DecodeError, match="not a picture"):
        read_labels(b"hello")
