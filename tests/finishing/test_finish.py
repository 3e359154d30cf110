import io
import json
import os
import signal

import numpy as np
import pytest
from PIL import Image

from packshot.cli import run
from packshot.errors import PackshotError
from packshot.finishing import batch, label, preset
from packshot.finishing.batch import _one as finish_one
from packshot.finishing.batch import finish_files, pictures
from packshot.finishing.check import check
from packshot.finishing.finish import Options, finish
from packshot.finishing.fit import encode_within
from packshot.finishing.label import GENERATED, read_labels
from packshot.images.decode import decode
from packshot.images.encode import FORMATS, encode

from .drawn import RECORD, png, product, shape

AMAZON = preset.load("amazon")
TAOBAO = preset.load("taobao")


def generated(size: int = 64) -> bytes:
    return encode(product(size), "png", xmp=label.xmp(RECORD), text=label.png_text(RECORD))


def test_a_finished_photo_is_what_the_market_wants():
    done = finish(png(product()), AMAZON)
    with Image.open(io.BytesIO(done.data)) as image:
        assert image.format == "JPEG"
        assert image.size == (1600, 1600)
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "xmp", "dpi"}
        assert image.getpixel((3, 3)) == (255, 255, 255)
    assert done.suffix == ".jpg"
    assert done.enlarged == pytest.approx(0.92 * 1600 / 120, rel=0.02)
    assert done.notes == ()


def test_the_same_bytes_come_out():
    assert finish(png(product()), TAOBAO).data == finish(png(product()), TAOBAO).data


def test_a_photo_is_not_called_ai_unless_asked():
    photo = png(product())
    assert not read_labels(finish(photo, TAOBAO).data).ai
    told = finish(photo, TAOBAO, Options(ai_generated=True))
    assert told.ai
    found = read_labels(told.data)
    assert found.source_type == GENERATED
    assert found.aigc["Label"] == "1"


@pytest.mark.parametrize(
    ("format", "background"),
    [(f, b) for f in FORMATS for b in ("white", "transparent") if (f, b) != ("jpeg", "transparent")],
)
@pytest.mark.parametrize("ai", [False, True])
def test_in_every_format_finishing_twice_is_finishing_once(format, background, ai):
    wanted = TAOBAO.changed(format=format, background=background)
    once = finish(generated(128) if ai else png(product(128)), wanted)
    again = finish(once.data, wanted)
    assert again.data == once.data
    assert again.notes == ("finished before: kept as it is",)
    report = check(once.data, wanted)
    assert "gb_visible" not in report.failed
    assert (decode(once.data).alpha is not None) == (background == "transparent")


def test_a_prompt_that_looks_like_a_record_harms_none():
    record = RECORD.model_copy(update={"text": '"pixels":"0000000000000000"'})
    source = encode(product(64), "png", xmp=label.xmp(record), text=label.png_text(record))
    once = finish(source, TAOBAO)
    assert finish(once.data, TAOBAO).notes == ("finished before: kept as it is",)
    assert read_labels(once.data).generation["text"] == record.text


def test_a_generated_picture_keeps_its_labels_and_its_first_size():
    done = finish(generated(), TAOBAO)
    found = read_labels(done.data)
    assert found.source_type == GENERATED
    assert found.prompt == RECORD.text
    assert found.generation["seed"] == 7
    assert found.finish["preset"] == "taobao"
    assert found.finish["enlarged"] == done.enlarged > 4


def test_enlargement_counts_from_what_the_model_drew():
    blown_up = encode(product(256), "png", xmp=label.xmp(RECORD))
    assert finish(blown_up, TAOBAO).enlarged == pytest.approx(finish(generated(), TAOBAO).enlarged, rel=0.05)


def test_a_picture_that_cannot_be_cut_out_is_kept_whole_and_said_so():
    noise = np.random.default_rng(0).integers(0, 255, (60, 120, 3)).astype(np.uint8)
    done = finish(png(noise), TAOBAO)
    assert any("background left as it is" in note for note in done.notes)
    assert (done.width, done.height) == (800, 800)


def test_encoding_meets_byte_limits_or_says_which_it_cannot():
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    free, quality, fault = encode_within(noise, "jpeg", quality=95)
    assert quality == 95
    assert not fault
    data, quality, fault = encode_within(noise, "jpeg", quality=95, high=len(free) * 0.6)
    assert len(data) <= len(free) * 0.6
    assert 60 <= quality < 95
    assert not fault
    data, quality, fault = encode_within(noise, "jpeg", quality=95, high=1000)
    assert quality == 60
    assert "above 1 KB" in fault
    plain = product(200)
    small, _, _ = encode_within(plain, "jpeg", quality=80)
    data, quality, fault = encode_within(plain, "jpeg", quality=80, low=len(small) + 1500)
    assert len(data) >= len(small) + 1500
    assert not fault
    _, _, fault = encode_within(plain, "jpeg", quality=80, low=500_000)
    assert "below 500 KB" in fault
    _, _, fault = encode_within(noise, "png", quality=80, high=1000)
    assert "PNG" in fault


def test_a_batch_reports_the_bad_file_and_finishes_the_rest(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.png").write_bytes(png(product()))
    (tmp_path / "b.png").write_bytes(png(product())[:300])
    (tmp_path / "d.png").write_bytes(b"")
    outcomes = list(finish_files(pictures([tmp_path]), TAOBAO, tmp_path / "out"))
    assert [bool(o.error) for o in outcomes] == [False, True, False, True]
    assert "damaged picture" in outcomes[1].error
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.jpg", "c.jpg"]


def broken(kind: str) -> bytes:
    """A PNG whose structure is sound but for one byte."""
    data = bytearray(generated())
    at = {"signature": 0, "header": 29, "text": data.index(b"tEXt") + 20, "pixels": data.index(b"IDAT") + 100}[kind]
    data[at] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize("kind", ["signature", "header", "text", "pixels"])
def test_one_wrong_byte_is_one_line_and_the_batch_goes_on(tmp_path, capsys, kind):
    (tmp_path / "a.png").write_bytes(broken(kind))
    (tmp_path / "b.png").write_bytes(png(product()))
    (tmp_path / "c.png").write_bytes(b"")
    assert run(["finish", str(tmp_path), "--preset", "taobao", "-o", str(tmp_path / "out")]) == 1
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(f"{tmp_path / 'a.png'}: ")
    assert "picture" in lines[0]
    assert lines[1] == f"{tmp_path / 'c.png'}: empty file."
    assert "Traceback" not in told.out + told.err
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["b.jpg"]


def test_a_second_run_makes_only_what_is_missing(tmp_path, monkeypatch):
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(png(product(60, colour=(60 * i, 80, 90))))
    sources, out = pictures([tmp_path]), tmp_path / "out"

    def run_again(options: Options | None = None, **how: bool) -> list[str]:
        made = []
        monkeypatch.setattr(batch, "finish", lambda *a: (made.append(1), finish(*a))[1])
        outcomes = list(finish_files(sources, TAOBAO, out, options, workers=0, **how))
        return [("made " if o.written else "") + o.error[:19] for o in outcomes] + [str(len(made))]

    assert run_again() == ["made ", "made ", "made ", "3"]
    (out / "1.jpg").unlink()
    assert run_again() == ["", "made ", "", "1"]
    # Another picture under the same name, another wish, a changed or broken result: made anew, and never overwritten.
    sources[0].write_bytes(png(product(60, colour=(200, 200, 0))))
    (out / "2.jpg").write_bytes((out / "2.jpg").read_bytes()[:-200])
    assert run_again() == ["file exists already", "", "file exists already", "2"]
    assert run_again(Options(shadow=True))[:3] == ["file exists already"] * 3
    assert run_again(overwrite=True) == ["made ", "", "made ", "3"]


def test_two_sources_of_one_name_are_refused_before_anything_is_written(tmp_path):
    (tmp_path / "a.png").write_bytes(png(product()))
    (tmp_path / "a.jpg").write_bytes(png(product(), "jpeg"))
    with pytest.raises(PackshotError, match=r"two pictures would become a\.jpg"):
        list(finish_files(pictures([tmp_path]), TAOBAO, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_the_verb(tmp_path, capsys):
    source, out = tmp_path / "a.png", tmp_path / "out"
    source.write_bytes(generated())
    assert run(["finish", str(source), "--preset", "taobao", "-o", str(out), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["finished"] == 1
    assert result["files"][0]["ai"] is True
    first = (out / "a.jpg").read_bytes()
    # The same again is no conflict, other content is.
    assert run(["finish", str(source), "--preset", "taobao", "-o", str(out)]) == 0
    source.write_bytes(png(product()))
    assert run(["finish", str(source), "--preset", "taobao", "-o", str(out)]) == 1
    assert "file exists already" in capsys.readouterr().out
    assert (out / "a.jpg").read_bytes() == first
    assert run(["finish", str(source), "--preset", "taobao", "-o", str(out), "--overwrite"]) == 0
    assert (out / "a.jpg").read_bytes() != first


def test_the_verb_and_its_mistakes(tmp_path, capsys):
    assert run(["finish", str(tmp_path / "no.png"), "--preset", "taobao", "-o", str(tmp_path)]) == 1
    assert "no such file" in capsys.readouterr().err
    assert run(["finish", str(tmp_path), "--preset", "nope", "-o", str(tmp_path)]) == 2
    assert "unknown preset" in capsys.readouterr().err
    assert run(["finish", str(tmp_path), "--preset", "taobao", "-o", str(tmp_path)]) == 1
    assert "no pictures in the folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["amazon", "taobao", "taobao-white", "ad-191x100"])
def test_finishing_twice_is_finishing_once(name):
    chosen = preset.load(name)
    once = finish(generated(), chosen)
    twice = finish(once.data, chosen)
    assert twice.data == once.data
    assert twice.enlarged == once.enlarged
    assert twice.notes == ("finished before: kept as it is",)


def test_what_was_changed_since_is_finished_again():
    once = finish(generated(), TAOBAO)
    assert finish(once.data, TAOBAO, Options(shadow=True)).data != once.data
    assert finish(once.data, TAOBAO.changed(fill=0.7)).data != once.data
    # The picture painted over, or its label taken out: the record alone is not believed.
    with Image.open(io.BytesIO(once.data)) as image:
        packet = image.info["xmp"]
        pixels = np.asarray(image).copy()
    pixels[:100, :100] = 0
    painted = encode(pixels, "jpeg", quality=95, xmp=packet)
    assert finish(painted, TAOBAO).notes != ("finished before: kept as it is",)
    stripped = once.data.replace(b"trainedAlgorithmicMedia", b"digitalCapture_________")
    assert stripped != once.data
    again = finish(stripped, TAOBAO)
    assert again.ai


def test_enlargement_is_counted_over_several_markets():
    first = finish(png(product(400)), AMAZON)
    second = finish(first.data, TAOBAO)
    assert second.enlarged == pytest.approx(finish(png(product(400)), TAOBAO).enlarged, rel=0.03)


def test_a_huge_picture_is_worked_on_in_bounded_memory(monkeypatch):
    import packshot.finishing.finish as module

    seen = []
    real_lift = module.lift
    monkeypatch.setattr(module, "lift", lambda p, **k: (seen.append(p.rgb.shape), real_lift(p, **k))[1])
    small = TAOBAO.changed(width=100, height=100)
    done = finish(png(product(1000)), small)
    assert max(seen[0]) <= 512, "looked at in full"
    assert max(seen[-1]) <= 1.5 * 82 / 0.6 + 2
    assert done.enlarged == pytest.approx(0.82 * 100 / 600, rel=0.03)


def test_a_huge_photo_ends_where_a_small_copy_of_it_would():
    large = product(2400, box=(0.3, 0.2, 0.6, 0.9))
    small = np.asarray(Image.fromarray(large).reduce(3))
    found = [decode(finish(png(rgb, "jpeg"), TAOBAO).data).rgb.astype(int) for rgb in (large, small)]
    assert np.abs(found[0] - found[1]).mean() < 0.5
    assert finish(png(large, "jpeg"), TAOBAO).enlarged == pytest.approx(0.82 * 800 / (0.7 * 2400), rel=0.02)
    # Larger than two and a half frames twice over: it is decoded at half its size.
    tiny = TAOBAO.changed(width=400, height=400)
    assert finish(png(large, "jpeg"), tiny).enlarged == pytest.approx(0.82 * 400 / (0.7 * 2400), rel=0.02)


def deadly(job, **options):
    """Finish as ever, but die over one picture."""
    if job[0].name == "1.png":
        os.kill(os.getpid(), signal.SIGKILL)
    return finish_one(job, **options)


def test_a_picture_that_kills_its_process_is_lost_alone(tmp_path, monkeypatch):
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(png(product(60)))
    monkeypatch.setattr(batch, "_one", deadly)
    done = list(finish_files(pictures([tmp_path]), TAOBAO, tmp_path / "out", workers=1))
    assert [o.error for o in done] == ["", "finishing it killed the process.", ""]


def test_a_batch_in_processes_is_the_batch_in_one(tmp_path):
    for i in range(8):
        (tmp_path / f"{i}.png").write_bytes(png(product(120, colour=(20 * i, 80, 90))))
    (tmp_path / "5.png").write_bytes(b"broken")
    sources = pictures([tmp_path])
    one = list(finish_files(sources, TAOBAO, tmp_path / "one", workers=0))
    two = list(finish_files(sources, TAOBAO, tmp_path / "two", workers=2))
    assert [o.error for o in one] == [o.error for o in two]
    assert sum(bool(o.error) for o in two) == 1
    for outcome in one:
        if outcome.target:
            assert outcome.target.read_bytes() == (tmp_path / "two" / outcome.target.name).read_bytes()


def test_a_smudge_under_a_product_that_packshot_drew_is_no_shadow():
    rgb = product(64, (0.2, 0.1, 0.7, 0.7))
    smudge = 255 - 18 * shape(64, (0.3, 0.6, 0.55, 1.0))[45:, :, None]
    rgb[45:] = np.minimum(rgb[45:], smudge).astype(np.uint8)
    photo = decode(finish(png(rgb), TAOBAO).data).rgb
    drawn = decode(finish(encode(rgb, xmp=label.xmp(RECORD)), TAOBAO, Options(mark=False)).data).rgb
    assert photo[-16:].min() < 245, "a photo keeps its shadow"
    assert drawn[-16:].min() >= 250


def test_a_huge_transparent_picture_has_no_pale_rim():
    cover = shape(1500, (0.2, 0.2, 0.7, 0.8))
    alpha = np.asarray(Image.fromarray(np.rint(cover * 255).astype(np.uint8)).resize((3000, 3000)))
    rgba = np.zeros((3000, 3000, 4), np.uint8)
    rgba[..., :3], rgba[..., 3] = (30, 60, 160), alpha
    small = TAOBAO.changed(background="transparent", format="png", width=400, height=400)
    out = decode(finish(encode(rgba, "png"), small).data)
    assert out.alpha is not None
    seen = out.rgb[out.alpha > 40].astype(int)
    assert np.abs(seen - (30, 60, 160)).max() <= 16
