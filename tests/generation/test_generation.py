"""Model folder and descriptions to pictures."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from packshot.artifact import SCHEMA_VERSION, ModelFolder
from packshot.errors import PackshotError
from packshot.families import FAMILIES
from packshot.families.common.family import SamplingOptions, from_uint8, noise, to_uint8
from packshot.generation.coverage import warnings_for
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.generation.write import file_name, save, to_png
from packshot.text.attributes import load_vocabulary

from ..conftest import draw_product


@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_is_the_same_whatever_else_is_asked_for(family: str, trained: dict[str, Path]) -> None:
    alone = Generator(ModelFolder(trained[family]), threads=1).picture("red dress", 5).pixels
    wanted = [("red dress", 5 + i) for i in range(9)] + [("蓝色裤子", 5)]
    many = [g.pixels for g in Generator(ModelFolder(trained[family]), threads=3).pictures(wanted)]
    np.testing.assert_array_equal(alone, many[0])
    assert len({p.tobytes() for p in many}) == len(many)


def test_a_picture_can_be_varied(trained: dict[str, Path]) -> None:
    generator = Generator(ModelFolder(trained["vae"]))
    source = draw_product("dress", "red", np.random.default_rng(3))
    like = generator.like(source)
    near = generator.picture("red dress", 1, SamplingOptions(like=like, strength=0.1)).pixels
    far = generator.picture("red dress", 1, SamplingOptions(like=like, strength=1.0)).pixels
    target = to_uint8(like[None])[0].astype(float)
    assert np.abs(near - target).mean() < np.abs(far - target).mean() + 1e-9
    assert np.abs(near.astype(float) - far).mean() > 0.1


def test_a_gan_cannot_vary_a_picture_and_says_so(trained: dict[str, Path]) -> None:
    generator = Generator(ModelFolder(trained["gan"]))
    with pytest.raises(PackshotError, match="cannot vary"):
        generator.picture("red dress", 1, SamplingOptions(like=generator.like(np.zeros((9, 9, 3), np.uint8))))


def test_what_a_family_does_not_know_is_refused(trained: dict[str, Path]) -> None:
    gan, flow = (Generator(ModelFolder(trained[family])) for family in ("gan", "flow"))
    for options in (SamplingOptions(steps=4), SamplingOptions(guidance=2.0)):
        with pytest.raises(PackshotError, match=r"a gan model knows no (steps|guidance)") as error:
            gan.picture("red dress", 1, options)
        assert error.value.exit_code == 2
    # Few steps were taught up to some guidance; many take any.
    with pytest.raises(PackshotError, match="guidance above 4 was not taught"):
        flow.picture("red dress", 1, SamplingOptions(guidance=7.0))
    flow.picture("red dress", 1, SamplingOptions(guidance=7.0, steps=16))


def test_the_file_tells_description_seed_model_and_that_it_is_generated(
    trained: dict[str, Path], tmp_path: Path
) -> None:
    model = ModelFolder(trained["vae"])
    path = save(Generator(model).picture("黑色连衣裙", 11), tmp_path)
    assert path.name == "黑色连衣裙-11.png"
    with Image.open(path) as image:
        record = json.loads(image.text["packshot"])
        xmp = image.text["XML:com.adobe.xmp"]
    # Whatever the chunk's form, these must be in it.
    flat = json.dumps(record, ensure_ascii=False)
    assert "黑色连衣裙" in flat
    assert "11" in flat
    assert model.identity in flat
    assert "trainedAlgorithmicMedia" in xmp


def test_files_are_the_same_bytes_again_and_never_overwritten(trained: dict[str, Path], tmp_path: Path) -> None:
    picture = Generator(ModelFolder(trained["vae"])).picture("red dress", 1)
    path = save(picture, tmp_path)
    before = path.read_bytes()
    assert before == to_png(picture)
    save(picture, tmp_path)
    path.write_bytes(b"mine")
    with pytest.raises(PackshotError, match="exists already"):
        save(picture, tmp_path)
    assert path.read_bytes() == b"mine"
    save(picture, tmp_path, overwrite=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["../../etc/passwd", "a/b\\c", "...", "CON: <red>", "x" * 500, "红" * 300])
def test_file_names_are_safe(text: str, trained: dict[str, Path]) -> None:
    name = file_name(Generator(ModelFolder(trained["vae"])).picture(text, 0))
    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith(".")
    assert len(name.encode()) < 255


def test_long_descriptions_that_end_differently_have_files_of_their_own() -> None:
    generator, long = Generator(open_model(None)), "dress with long sleeves and a very long description,"
    red, blue = (file_name(generator.picture(f"{long} all of it in {color}", 0)) for color in ("red", "blue"))
    assert red != blue
    assert red.startswith("dress-with-long-sleeves")


@pytest.mark.parametrize("text", ["", "   ", "<b></b>", "😀"])
def test_an_empty_description_is_refused(text: str, trained: dict[str, Path]) -> None:
    with pytest.raises(PackshotError, match="empty description"):
        Generator(ModelFolder(trained["vae"])).picture(text, 0)


def test_what_the_model_was_never_trained_on_is_said(trained: dict[str, Path]) -> None:
    config, vocabulary = ModelFolder(trained["vae"]).config, load_vocabulary()
    assert warnings_for("red dress", config, vocabulary) == []
    assert warnings_for("红色裤子", config, vocabulary) == []
    assert "refrigerator" in warnings_for("refrigerator", config, vocabulary)[0]
    assert "names no kind" in warnings_for("flux compensator", config, vocabulary)[0]
    assert "purple" in warnings_for("purple dress", config, vocabulary)[0]
    # The thing that is asked for counts, not what it comes with.
    assert "umbrella" in warnings_for("umbrella with a hat", config, vocabulary)[0]


def test_what_sums_up_the_kinds_that_were_trained_on_is_known(trained: dict[str, Path]) -> None:
    config, vocabulary = ModelFolder(trained["vae"]).config, load_vocabulary()
    terms = ("category:sneakers", "category:boots", "category:shoes")
    shop = config.model_copy(
        update={
            "categories": ("sneakers", "boots", "gizmo-set"),
            "text": config.text.model_copy(update={"terms": terms}),
        }
    )
    assert warnings_for("red shoes", shop, vocabulary) == []
    assert "sandals" in warnings_for("red sandals", shop, vocabulary)[0]
    # A kind that only this shop has is found by its own name.
    assert "names no kind" in warnings_for("red gizmo set", shop, vocabulary)[0]
    assert warnings_for("red gizmo set", shop, vocabulary.with_kinds(shop.categories)) == []


def _copy(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "copy", ignore=shutil.ignore_patterns("training")))


def test_a_damaged_graph_is_found(trained: dict[str, Path], tmp_path: Path) -> None:
    copy = _copy(trained["vae"], tmp_path)
    graph = copy / "graphs" / "decoder.onnx"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(bytes(content))
    with pytest.raises(PackshotError, match=r"damaged.*decoder"):
        Generator(ModelFolder(copy)).picture("red dress", 0)
    graph.unlink()
    with pytest.raises(PackshotError, match="missing"):
        Generator(ModelFolder(copy)).picture("red dress", 0)


def test_a_newer_schema_is_refused(trained: dict[str, Path], tmp_path: Path) -> None:
    copy = _copy(trained["vae"], tmp_path)
    config = json.loads((copy / "config.json").read_text())
    config["schema_version"] = SCHEMA_VERSION + 1
    config["something new"] = 1
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(PackshotError, match=r"newer.*Update packshot"):
        ModelFolder(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema_version": 1}'])
def test_a_damaged_configuration_is_one_line(content: str, trained: dict[str, Path], tmp_path: Path) -> None:
    copy = _copy(trained["vae"], tmp_path)
    (copy / "config.json").write_text(content)
    with pytest.raises(PackshotError, match="damaged") as error:
        ModelFolder(copy)
    assert "\n" not in str(error.value)


def test_noise_depends_on_its_own_seed_only() -> None:
    np.testing.assert_array_equal(noise([4, 5], (3,))[1], noise([5], (3,))[0])
    assert noise([2**63 - 1], (2, 2)).shape == (1, 2, 2)


def test_pixels_survive_the_way_to_the_model_and_back() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    np.testing.assert_array_equal(to_uint8(from_uint8(pixels)), pixels)


def test_generating_finishing_and_reading_catalogs_need_no_torch() -> None:
    code = (
        "import sys, packshot.generation.generator, packshot.generation.write, packshot.finishing.finish, "
        "packshot.catalog, packshot.evaluation.evaluate, packshot.cli; "
        "assert not {'torch', 'onnx', 'safetensors'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
