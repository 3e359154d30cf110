"""From the drawn catalog to model folders."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog, build
from packshot.cli import run
from packshot.errors import PackshotError
from packshot.families import FAMILIES, config_class
from packshot.generation.generator import Generator
from packshot.text.attributes import Attributes, load_vocabulary
from packshot.text.condition import Conditioner, terms_of
from packshot.text.encoder import SentenceEncoder
from packshot.training import loop, stages
from packshot.training.data import MOST_REPEATS, balanced, grouped, load_training_set, mirrorable, vocabulary_counts
from packshot.training.feed import Feed
from packshot.training.loop import MANY, measure_step, rate_at
from packshot.training.recipe import Recipe, TrainingConfig, load_recipe
from packshot.training.train import train

from ..conftest import SMALL, write_shop


def _history(model: Path) -> list[dict[str, float]]:
    return json.loads((model / "training" / "checkpoint.json").read_text())["history"]


def test_the_vae_loss_falls(trained: dict[str, Path]) -> None:
    history = _history(trained["vae"])
    # The shipped autoencoder draws what it never saw, and is adjusted; grey in grey would be off by 0.4.
    assert all(row["reconstruction"] < 0.1 for row in history if row["stage"] == "autoencoder")
    prior = [row for row in history if row["stage"] == "prior"]
    assert prior[-1]["reconstruction"] < prior[0]["reconstruction"] - 0.5


def test_the_discriminator_learns_to_tell(trained: dict[str, Path]) -> None:
    history = _history(trained["gan"])
    # 2 · log 2 is what guessing scores.
    assert min(row["real"] + row["drawn"] for row in history) < 2 * np.log(2) - 0.1


@pytest.mark.parametrize("family", FAMILIES)
def test_red_descriptions_come_out_redder_than_blue_ones(family: str, trained: dict[str, Path]) -> None:
    generator = Generator(ModelFolder(trained[family]))

    def redness(words: list[str]) -> float:
        pixels = np.stack([g.pixels for g in generator.pictures([(w, s) for w in words for s in range(8)])])
        return float((pixels[..., 0].astype(float) - pixels[..., 2]).mean())

    red = redness(["red dress", "红色连衣裙", "red trousers"])
    blue = redness(["blue dress", "蓝色连衣裙", "blue trousers"])
    assert red > blue + 5


def test_the_model_folder_says_what_it_was_trained_on(trained: dict[str, Path]) -> None:
    config = ModelFolder(trained["vae"]).config
    assert set(config.categories) == {"dress", "trousers", "hat"}
    assert set(config.colors) == {"red", "blue", "green", "black"}
    assert config.training.license.lower().startswith("cc0")
    assert {"model.safetensors", "graphs/decoder.onnx", "graphs/prior.onnx"} <= set(config.files)
    assert (trained["vae"] / "samples.png").stat().st_size > 1000
    card = (trained["vae"] / "README.md").read_text()
    assert card.startswith("---\n")
    assert "dress" in card


def _train(catalog: Path, out: Path, *, family: str = "vae", steps: int = 24, resume: bool = False, seed: int = 3):
    recipe = load_recipe(family, SMALL[family], steps=steps, seed=seed)
    return train(catalog, out, recipe, budget=None, resume=resume)


@pytest.mark.usefixtures("bare")
def test_a_seed_and_a_number_of_steps_give_one_loss_curve(catalog_path: Path, tmp_path: Path) -> None:
    _train(catalog_path, tmp_path / "a")
    _train(catalog_path, tmp_path / "b")
    _train(catalog_path, tmp_path / "c", seed=4)
    a, b, c = (_history(tmp_path / name) for name in "abc")
    assert a == b
    assert a != c


STAGES = [(family, stage.name) for family in FAMILIES for stage in config_class(family)().stages]
# So that every stage is long enough to be killed in.
_EVEN = {"flow": ("model.autoencoder_share=0.2", "model.distill_share=0.2", "model.sharpen_share=0.2"),
         "vae": ("model.autoencoder_share=0.4",)}  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(catalog_path: Path, tmp_path_factory) -> Callable[[str], Path]:
    """Family → its model of an undisturbed training, made at the first call."""

    @cache
    def of(family: str) -> Path:
        out = tmp_path_factory.mktemp(family) / "whole"
        train(catalog_path, out, _long_recipe(family), budget=None, resume=False)
        return out

    return of


def _long_recipe(family: str) -> Recipe:
    return load_recipe(family, _long_enough(family), steps=30, seed=3)


def _long_enough(family: str) -> tuple[str, ...]:
    return (*SMALL[family], *_EVEN.get(family, ()))


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("family", "stage"), STAGES)
def test_a_run_resumes_from_any_stage_to_the_same_weights(
    family: str, stage: str, catalog_path: Path, tmp_path: Path, undisturbed: Callable[[str], Path], monkeypatch
) -> None:
    out, save = tmp_path / "stopped", loop.save_checkpoint

    class Stopped(BaseException):
        pass

    def save_and_stop(folder: Path, at: str, state: loop.State) -> None:
        save(folder, at, state)
        if folder.name == "training" and at == stage and state.step >= 3:
            raise Stopped

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(loop, "SAVE_SECONDS", 0.0)
        patch.setattr(loop, "save_checkpoint", save_and_stop)
        train(catalog_path, out, _long_recipe(family), budget=None, resume=False)
    _goes_on_to_the_same_end(catalog_path, out, _long_recipe(family), undisturbed(family))


# The stage that keeps most, and the two players of the gan; a process takes seconds to start.
@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("family", "stage"), [("gan", "main"), ("flow", "sharpen")])
def test_a_killed_run_resumes_to_the_same_weights(
    family: str, stage: str, catalog_path: Path, tmp_path: Path, undisturbed: Callable[[str], Path]
) -> None:
    out = tmp_path / "killed"
    # A checkpoint every step, so that the kill comes between any two.
    script = (
        "import packshot.training.loop as loop; loop.SAVE_SECONDS = 0.0\n"
        "from packshot.cli import run; import sys; sys.exit(run(sys.argv[1:]))"
    )
    arguments = ["train", str(catalog_path), "-o", str(out), "--family", family, "--steps", "30", "--seed", "3"]
    for setting in _long_enough(family):
        arguments += ["--set", setting]
    process = subprocess.Popen([sys.executable, "-c", script, *arguments], stderr=subprocess.DEVNULL)
    head = out / "training" / "checkpoint.json"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if head.exists() and (at := json.loads(head.read_text()))["stage"] == stage and at["step"] >= 3:
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "it was to be killed in the middle"
    _goes_on_to_the_same_end(catalog_path, out, _long_recipe(family), undisturbed(family))


def _goes_on_to_the_same_end(catalog: Path, out: Path, recipe: Recipe, undisturbed: Path) -> None:
    assert not (out / "config.json").exists()
    train(catalog, out, recipe, budget=None, resume=True)
    ours, theirs = (load_file(p / "model.safetensors") for p in (out, undisturbed))
    assert ours.keys() == theirs.keys()
    for name, weights in ours.items():
        np.testing.assert_array_equal(weights, theirs[name], err_msg=name)
    assert _history(out) == _history(undisturbed)


def test_an_interrupt_keeps_the_step_that_was_done(catalog_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "stopped"
    arguments = ["train", str(catalog_path), "-o", str(out), "--family", "vae", "--steps", "100000"]
    for setting in SMALL["vae"]:
        arguments += ["--set", setting]
    process = subprocess.Popen(
        [sys.executable, "-m", "packshot", *arguments], stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    # The journal is begun with the first step.
    begun = out / "training" / "logs"
    deadline = time.monotonic() + 120
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "packshot: error: stopped"
    assert json.loads((out / "training" / "checkpoint.json").read_text())["step"] >= 1


@pytest.mark.usefixtures("bare")
def test_a_budget_becomes_steps_that_are_stored(catalog_path: Path, tmp_path: Path) -> None:
    recipe = load_recipe("vae", (*SMALL["vae"], "model.autoencoder_share=0.4"), seed=1)
    started = time.monotonic()
    model = train(catalog_path, tmp_path / "m", recipe, budget=6.0, resume=False)
    plan = json.loads((tmp_path / "m" / "training" / "plan.json").read_text())
    assert sum(plan["steps"].values()) == model.config.training.steps
    assert all(steps > 2 for steps in plan["steps"].values())
    assert 2 < model.config.training.seconds < 15
    assert time.monotonic() - started < 60


def test_every_picture_is_seen_once_an_epoch(catalog_path: Path) -> None:
    data = _data(catalog_path)
    seen = np.concatenate([data._rows(step, 10, seed=5) for step in range(len(data) // 10 + 1)])
    first_epoch = seen[: len(data)]
    assert sorted(first_epoch) == list(range(len(data)))


def test_rare_kinds_are_shown_more_often_and_none_is_left_out() -> None:
    kinds = ["shoe"] * 128 + ["hat"] * 32 + ["scarf"] * 8
    shown = [np.bincount(balanced(kinds, balance), minlength=len(kinds)) for balance in (0.0, 0.5, 1.0)]
    assert (shown[0] == 1).all()
    assert (shown[1][:128] == 1).all()
    assert (shown[1][128:160] == 2).all()
    assert (shown[1][160:] == MOST_REPEATS).all()
    assert (shown[2][128:] == MOST_REPEATS).all()


def test_misread_and_unnamed_products_are_not_shown_more_often() -> None:
    kinds = ["shoe"] * 64 + ["book"] * 3 + [""] * 200
    assert (np.bincount(balanced(kinds, 1.0), minlength=len(kinds)) == 1).all()
    assert len(balanced([""] * 20, 0.5)) == 20


def test_kinds_that_look_one_way_are_not_mirrored() -> None:
    rng = np.random.default_rng(0)
    heel = np.zeros((32, 32), np.uint8)
    heel[16:, :8] = 200
    noise = rng.integers(0, 20, (60, 32, 32), dtype=np.uint8)
    either = np.stack([heel[:, ::-1] if i % 2 else heel for i in range(20)])
    caps = np.zeros((16, 32, 32), np.uint8)
    grey = noise + np.concatenate([np.stack([heel] * 20), either, np.stack([heel] * 4), caps])
    pixels = np.repeat(grey[..., None], 3, axis=3)
    kinds = ["shoe"] * 20 + ["bag"] * 20 + ["watch"] * 4 + ["cap"] * 16
    assert mirrorable(pixels, kinds).tolist() == [False] * 20 + [True] * 40


def test_what_may_not_be_mirrored_is_not(catalog_path: Path) -> None:
    data = _data(catalog_path)
    flags = np.arange(len(data)) % 2 == 0
    seen = {"mirror": True, "drop_text": 0.0, "drop_attributes": 0.0}
    free, bound = data.batch(0, 64, 1, **seen), dataclasses.replace(data, mirrored=flags).batch(0, 64, 1, **seen)
    rows = data._rows(0, 64, 1)
    turned = (free.pixels != bound.pixels).any(axis=(1, 2, 3))
    assert turned.any()
    assert not flags[rows[turned]].any()
    np.testing.assert_array_equal(bound.pixels[~flags[rows]], data.pixels[rows[~flags[rows]]])


def test_titles_that_ask_for_the_same_are_no_rivals(catalog_path: Path) -> None:
    data = _data(catalog_path)
    # Two hats; then what no kind is named of: two black things of one title, one of another, one that is nothing.
    attributes = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [0, 0]], np.float32)
    texts = np.repeat(np.array([[0, 1], [2, 3], [6, 6], [6, 6], [7, 7], [6, 6]])[:, None], 2, axis=1)
    few = dataclasses.replace(data.few(6), attributes=attributes, texts=texts, terms=("category:hat", "color:black"))
    same = few.asked[:, None] == few.asked
    expected = np.eye(6, dtype=bool)
    expected[0, 1] = expected[1, 0] = expected[2, 3] = expected[3, 2] = True
    np.testing.assert_array_equal(same, expected)


def test_a_step_says_of_which_pictures_a_color_is_asked_for(catalog_path: Path) -> None:
    data = _data(catalog_path)
    colors = [i for i, term in enumerate(data.terms) if term.startswith("color:")]
    seen = data.batch(0, 256, 1, mirror=False, drop_text=0.0, drop_attributes=0.5)
    told = seen.condition[:, data.vectors.shape[1] :]
    np.testing.assert_array_equal(seen.colored, told[:, colors].any(axis=1))
    assert 0 < seen.colored.sum() < 256


def test_a_title_is_now_and_then_replaced_by_what_its_attributes_make(tmp_path: Path) -> None:
    shop = write_shop(tmp_path / "shop", 48)
    table = shop / "products.csv"
    lines = table.read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    titled = [f"{sku},Summer breeze {i} {en},,{kind},{image}" for i, (sku, en, _zh, kind, image) in enumerate(rows)]
    table.write_text("\n".join([lines[0], *titled]))
    build([shop], tmp_path / "catalog")
    data = _data(tmp_path / "catalog")
    (title_zh, title), (short_zh, short) = data.texts[0]
    assert title_zh == short_zh
    assert len({title, short, short_zh}) == 3
    seen = [data.batch(i, 32, 1, mirror=False, drop_text=0.0, drop_attributes=1.0) for i in range(10)]
    rows = np.concatenate([data._rows(i, 32, 1) for i in range(10)])
    told = np.concatenate([s.condition for s in seen])[:, : data.vectors.shape[1]]
    counts = {
        form: np.mean([np.array_equal(t, data.vectors[data.texts[r][form]]) for t, r in zip(told, rows, strict=True)])
        for form in ((0, 1), (1, 1), (0, 0))
    }
    assert counts[0, 1] == pytest.approx(3 / 8, abs=0.08)
    assert counts[1, 1] == pytest.approx(1 / 8, abs=0.06)
    assert counts[0, 0] == pytest.approx(1 / 2, abs=0.08)


def test_a_shop_with_a_kind_of_its_own_can_ask_for_it() -> None:
    known: list[Attributes] = [{"category": ("doohickeys",), "color": ("red",)}] * 4
    vocabulary = load_vocabulary().with_kinds(["doohickeys", "dress"])
    conditioner = Conditioner(SentenceEncoder(), terms_of(known, vocabulary), vocabulary)
    (asked,) = conditioner.multi_hot([vocabulary.parse("a red Doohickeys")])
    np.testing.assert_array_equal(asked, conditioner.multi_hot(known[:1])[0])


def test_what_is_prepared_before_the_first_step_is_part_of_the_budget(
    catalog_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dataclasses.replace(_data(catalog_path), latents=None)
    recipe = load_recipe("vae", SMALL["vae"], seed=1)
    monkeypatch.setattr(stages, "measure_step", lambda *_: 0.1)
    clock = iter(np.arange(100.0))
    monkeypatch.setattr(stages.time, "perf_counter", lambda: next(clock))
    steps = stages.steps_for(recipe, recipe.model_config_for(data.condition_dim), data, 100.0)
    # One second for at most 128 pictures, in the one stage that prepares any.
    share = 1 - recipe.model["autoencoder_share"]
    assert steps["prior"] == int((94 - len(data) / min(len(data), 128)) * share / 0.1)


def test_an_epoch_of_balanced_pictures_is_mixed(catalog_path: Path) -> None:
    data = dataclasses.replace(_data(catalog_path), order=np.array([0, 0, 1, 2, 3]))
    seen = np.concatenate([data._rows(step, 5, seed=5) for step in range(2)])
    assert sorted(seen[:5]) == sorted(seen[5:]) == [0, 0, 1, 2, 3]
    assert list(seen[:5]) != list(seen[5:])
    twice = data.joined(data)
    assert sorted(twice.epoch) == [0, 0, 1, 2, 3, *(len(data) + i for i in (0, 0, 1, 2, 3))]


def test_a_batch_is_a_function_of_its_step(catalog_path: Path) -> None:
    data = _data(catalog_path)
    options = {"mirror": True, "drop_text": 0.2, "drop_attributes": 0.2}
    a, b, c = (data.batch(step, 8, 1, **options) for step in (4, 4, 5))
    np.testing.assert_array_equal(a.pixels, b.pixels)
    np.testing.assert_array_equal(a.condition, b.condition)
    assert (a.condition != c.condition).any()


def test_a_batch_says_the_same_in_the_other_language(catalog_path: Path) -> None:
    data = _data(catalog_path)
    assert (data.texts[..., 0] != data.texts[..., 1]).any()
    seen, length = data.batch(0, 8, 1, mirror=False, drop_text=0.0, drop_attributes=0.0), data.vectors.shape[1]
    rows = data._rows(0, 8, 1)
    for told, other, row in zip(seen.condition, seen.translated, rows, strict=True):
        forms = data.vectors[data.texts[row]]
        assert sorted([told[0], other[0]]) in [sorted(form[:, 0]) for form in forms]
        np.testing.assert_array_equal(told[length:], data.attributes[row])
        np.testing.assert_array_equal(other[length:], data.attributes[row])
    # In whichever language, a description asks for the same; another one does not.
    for i, j in product(range(8), range(8)):
        assert (seen.asked[i] == seen.asked[j]) == (list(data.attributes[rows[i]]) == list(data.attributes[rows[j]]))


def test_batches_made_ready_ahead_are_those_made_on_demand(catalog_path: Path) -> None:
    data, config = _data(catalog_path), TrainingConfig(batch=8)
    demanded, ahead = Feed(data, config, ahead=False), Feed(data, config, ahead=True)
    for step in (0, 1, 2, 7, 8, 0):
        a, b = demanded(step), ahead(step)
        assert torch.equal(a.pixels, b.pixels)
        assert torch.equal(a.condition, b.condition)
        assert a.asked is not None
        assert b.asked is not None
        assert torch.equal(a.asked, b.asked)


def test_pictures_of_one_kind_stand_side_by_side(catalog_path: Path) -> None:
    data = dataclasses.replace(_data(catalog_path), kinds=np.arange(len(_data(catalog_path))) % 3, group=4)
    whole = len(data) - len(data) % 4
    epochs = [[int(r) for s in range(whole // 4) for r in data._rows(whole // 4 * e + s, 4, seed=5)] for e in (0, 1)]
    for seen in epochs:
        assert len(set(seen)) == whole
        of_one_kind = [len({int(data.kinds[r]) for r in seen[i : i + 4]}) == 1 for i in range(0, whole, 4)]
        # What is left over of each kind shares a group with the next.
        assert sum(of_one_kind) >= whole // 4 - 2
    assert epochs[0] != epochs[1]
    # Pictures that are shown several times are not their own neighbours.
    mixed = np.random.default_rng(0).permutation(np.repeat(np.arange(24), 3))
    groups = grouped(mixed, mixed // 8, 4, np.random.default_rng(0)).reshape(-1, 4)
    assert sorted(groups.ravel()) == sorted(mixed)
    assert all(len(set(g)) == 4 and len(set(g // 8)) == 1 for g in groups)
    # The groups come from the catalog's categories and colors.
    of_catalog = _data(catalog_path, group=4)
    assert of_catalog.kinds is not None
    assert 1 < len(set(of_catalog.kinds.tolist())) < len(of_catalog)


def _data(catalog_path: Path, group: int = 1):
    catalog, vocabulary = Catalog(catalog_path), load_vocabulary()
    terms = terms_of(catalog.attributes("train"), vocabulary)
    conditioner = Conditioner(SentenceEncoder(), terms, vocabulary)
    return load_training_set(catalog, range(len(catalog.train)), 32, "pad", conditioner, group=group)


def test_what_a_step_takes_is_measured_where_all_of_it_is_done(catalog_path: Path) -> None:
    recipe = load_recipe("gan", (*SMALL["gan"], "model.lead=0.5", "model.apart_after=0.9", "model.diversity=1"))
    data = _data(catalog_path)
    state, objective = stages.build(recipe, recipe.model_config_for(data.condition_dim), "main", MANY)
    seen: set[str] = set()
    losses = objective.losses
    objective.losses = lambda *of: [found := losses(*of), seen.update(found)][0]
    assert measure_step(state, objective, data, recipe.training, rounds=2) > 0
    assert {"generator", "diversity", "penalty"} <= seen


def test_the_learning_rate_rises_holds_and_falls_to_zero() -> None:
    config = TrainingConfig(warmup=10, decay=0.5)
    rates = [rate_at(step, 100, config) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[20] == rates[49] == 1.0
    assert rates[99] < 0.01
    assert rates[50:] == sorted(rates[50:], reverse=True)
    early = [rate_at(step, 100, config, fall=20, end=70) for step in range(70)]
    assert early[19] == 1.0
    assert early[20:] == rates[50:]


def test_a_diverged_training_says_so_and_keeps_its_checkpoint(catalog_path: Path, tmp_path: Path, monkeypatch) -> None:
    import packshot.training.loop as loop
    from packshot.families.vae.objective import Objective

    monkeypatch.setattr(loop, "SAVE_SECONDS", 0.0)
    original = Objective.losses

    def broken(self, player, batch, step):
        losses = dict(original(self, player, batch, step))
        return {k: v * (float("nan") if step == 5 else 1.0) for k, v in losses.items()}

    monkeypatch.setattr(Objective, "losses", broken)
    with pytest.raises(PackshotError, match="diverged") as error:
        _train(catalog_path, tmp_path / "m")
    assert "step 5" in str(error.value)
    assert json.loads((tmp_path / "m" / "training" / "checkpoint.json").read_text())["step"] == 5


def test_a_gradient_that_is_no_number_is_a_divergence_and_is_not_saved(
    catalog_path: Path, tmp_path: Path, monkeypatch
) -> None:
    import packshot.training.loop as loop
    from packshot.families.vae.objective import Objective

    monkeypatch.setattr(loop, "SAVE_SECONDS", 0.0)
    original = Objective.losses

    def rooted(self, player, batch, step):
        losses = dict(original(self, player, batch, step))
        if step == 5 and losses:
            name, value = next(iter(losses.items()))
            # Its value is the old one; its slope is 0 times infinity.
            losses[name] = value + (value - value).sqrt()
        return losses

    monkeypatch.setattr(Objective, "losses", rooted)
    with pytest.raises(PackshotError, match="diverged"):
        _train(catalog_path, tmp_path / "m")
    work = tmp_path / "m" / "training"
    head = json.loads((work / "checkpoint.json").read_text())
    assert head["step"] == 5
    for path in work.glob("*.safetensors"):
        assert all(np.isfinite(v).all() for v in load_file(path).values()), path


@pytest.mark.usefixtures("bare")
def test_resuming_takes_another_learning_rate_and_nothing_else(catalog_path: Path, tmp_path: Path, capsys) -> None:
    out, command = tmp_path / "m", ["train", str(catalog_path), "-o", str(tmp_path / "m")]
    _train(catalog_path, out)
    before = (out / "training" / "plan.json").read_bytes()
    for asked, message in (
        (["--family", "gan", "--steps", "24"], "this training has family = vae, not gan"),
        (["--set", "training.batch=4"], "this training has training.batch"),
        (["--seed", "9"], "training.seed = 3, not 9"),
        (["--steps", "48"], "training.steps = 24, not 48"),
        (["--from", str(out)], "began with no model"),
    ):
        assert run([*command, "--resume", *asked]) == 2
        assert message in capsys.readouterr().err
        assert (out / "training" / "plan.json").read_bytes() == before
    assert run([*command, "--resume", "--set", "training.learning_rate=0.00002"]) == 0
    assert json.loads((out / "training" / "plan.json").read_text())["recipe"]["training"]["learning_rate"] == 2e-5


def test_a_kind_of_few_products_is_not_said_to_be_known() -> None:
    known: list[Attributes] = [{"category": (name,)} for name in ["watch"] * 9 + ["bag"] * 4 + ["bracelet"]]
    assert vocabulary_counts(known, "category") == ("watch", "bag")
    assert vocabulary_counts(known[8:10] + known[-1:], "category") == ("bag", "bracelet", "watch")
    assert vocabulary_counts(known, "color") == ()


def test_a_training_without_a_length_is_refused_before_anything_is_read(catalog_path: Path, tmp_path: Path) -> None:
    with pytest.raises(PackshotError, match="how long"):
        train(catalog_path, tmp_path / "m", load_recipe("vae", SMALL["vae"]), budget=None, resume=False)
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("model.chanels=8",), "chanels"),
        (("training.batch=0",), "batch"),
        (("batch=4",), "section.key=value"),
        (("model.resolution=50",), "resolution"),
    ],
)
def test_a_wrong_setting_is_named(settings: tuple[str, ...], message: str) -> None:
    with pytest.raises(PackshotError, match=message) as error:
        load_recipe("vae", settings)
    assert error.value.exit_code == 2


def test_training_is_not_started_over_another(trained: dict[str, Path], catalog_path: Path) -> None:
    with pytest.raises(PackshotError, match="not empty"):
        _train(catalog_path, trained["vae"])


def test_nothing_to_resume_is_said(catalog_path: Path, tmp_path: Path) -> None:
    with pytest.raises(PackshotError, match="nothing to resume"):
        _train(catalog_path, tmp_path / "none", resume=True)


@pytest.mark.usefixtures("bare")
def test_a_model_folder_does_not_say_where_on_this_machine_it_began(
    catalog_path: Path, tmp_path: Path, trained: dict[str, Path]
) -> None:
    recipe = load_recipe("gan", (*SMALL["gan"], f"training.start={trained['gan']}"), steps=3, seed=3)
    train(catalog_path, tmp_path / "m", recipe, budget=None, resume=False)
    published = [(tmp_path / "m" / name).read_text() for name in ("README.md", "config.json")]
    assert "It began with the weights of the model “gan”." in published[0]
    assert not any(str(trained["gan"].parent) in text for text in published)
