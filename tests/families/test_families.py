"""The template that every family passes."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from packshot.errors import PackshotError
from packshot.families import FAMILIES, config_class, make_sampler, saved_config, training_parts
from packshot.families.common.adversarial import Adversary, same
from packshot.families.common.augment import _warped, augment
from packshot.families.common.family import SamplingOptions
from packshot.families.common.graphs import export_graph
from packshot.families.common.judge import Discriminator, FeatureDiscriminator, _with_spread, own
from packshot.families.common.objective import Batch
from packshot.families.gan.objective import mean_color
from packshot.runtime import Graph

from ..conftest import COLORS, KINDS, draw_product

DIM = 20
COMMON = {"resolution": 32, "channels": 4, "width": 16, "condition_dim": DIM}
LATENT = {"autoencoder": "scratch", "latent_channels": 4, "adversarial_after": 0.0}
SMALL = {
    "flow": {**COMMON, **LATENT, "depth": 2, "heads": 2},
    "gan": {**COMMON, "latent": 8},
    "vae": {**COMMON, **LATENT, "latent": 8, "hidden": 8},
}
families = pytest.mark.parametrize("family", FAMILIES)
STAGES = [(family, stage.name) for family in FAMILIES for stage in config_class(family)().stages]
stages = pytest.mark.parametrize(("family", "stage"), STAGES)


def _parts(family: str, stage: str | None = None, **changes: object):
    torch.manual_seed(0)
    config = config_class(family).model_validate({**SMALL[family], **changes})
    parts = training_parts(family)
    network = parts.Network(config)
    return config, network, parts.Objective(network, config, stage or config.stages[-1].name, 100), parts


def _batch(objective, n: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(1)
    pixels = torch.rand(n, 3, 32, 32, generator=generator) * 2 - 1
    with torch.no_grad():
        latents = objective.latents(pixels) if objective.latents else None
    return Batch(pixels, torch.randn(n, DIM, generator=generator), latents)


def _shake(module: torch.nn.Module, size: float) -> None:
    """Uncover what zero-initialised layers hide."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * size)


def _runner(exported):
    """Runs the exported modules as a sampler wants its graphs run."""

    def run(name: str, inputs):
        module, order, _ = exported[name]
        with torch.no_grad():
            out = module(*(torch.from_numpy(inputs[key]) for key in order))
        return [t.numpy() for t in (out if isinstance(out, tuple) else (out,))]

    return run


@families
def test_an_unknown_setting_is_refused(family: str) -> None:
    with pytest.raises(ValidationError):
        config_class(family).model_validate({**SMALL[family], "chanels": 8})


@stages
def test_every_player_gets_finite_losses_that_reach_all_its_weights(family: str, stage: str) -> None:
    _, network, objective, _ = _parts(family, stage)
    _shake(network, 0.1)
    batch = _batch(objective)
    for player in objective.players:
        losses = objective.losses(player.name, batch, 50)
        assert losses
        assert all(torch.isfinite(v) and v.dim() == 0 for v in losses.values())
        parameters = [p for module in player.modules for p in module.parameters() if p.requires_grad]
        gradients = torch.autograd.grad(sum(losses.values()), parameters, allow_unused=True)
        idle = [i for i, g in enumerate(gradients) if g is None or not g.abs().sum() > 0]
        # Only distillation gives a meaning to how far a step leads and how much the description is stressed; a
        # relativistic loss sees differences of scores, so the biases of its four heads cancel.
        allowed = 4 if (family, stage) in {("flow", "flow"), ("gan", "main")} else 0
        assert len(idle) <= allowed, f"{player.name}: {len(idle)} of {len(parameters)} weights get no gradient"


@stages
def test_every_player_overfits_a_batch(family: str, stage: str) -> None:
    _, network, objective, _ = _parts(family, stage)
    if stage in ("distill", "sharpen"):
        _shake(network.teacher, 0.05)
    if stage == "sharpen":
        # A decoder that was never trained draws the same of everything.
        _shake(network.model.autoencoder, 0.2)
    batch, begun = _batch(objective), copy.deepcopy(network.state_dict())
    for player in objective.players:
        network.load_state_dict(begun)
        parameters = [p for m in player.modules for p in m.parameters() if p.requires_grad]
        optimizer, totals = torch.optim.Adam(parameters, lr=2e-3), []
        for _ in range(30):
            torch.manual_seed(3)
            # All make their move, in their order, but only one learns of it.
            moves = {p.name: objective.losses(p.name, batch, 50) for p in objective.players}
            total = sum(moves[player.name].values())
            for parameter, gradient in zip(
                parameters, torch.autograd.grad(total, parameters, allow_unused=True), strict=True
            ):
                parameter.grad = gradient
            optimizer.step()
            totals.append(total.item())
        assert totals[-1] < totals[0] * (0.9 if totals[0] > 0 else 1.1), player.name


@families
@pytest.mark.filterwarnings("ignore")
def test_exported_graphs_draw_what_the_modules_draw(family: str, tmp_path) -> None:
    config, _, objective, parts = _parts(family)
    exported = parts.export(objective.averaged, config)
    graphs = {}
    for name, (module, inputs, outputs) in exported.items():
        export_graph(module, inputs, outputs, tmp_path / f"{name}.onnx", half=False)
        graphs[name] = Graph(tmp_path / f"{name}.onnx")

    condition = np.random.default_rng(0).standard_normal((3, DIM)).astype(np.float32)
    with_graphs = make_sampler(family, config, lambda name, inputs: graphs[name](**inputs))
    drawn = with_graphs.sample(condition, [5, 6, 7], SamplingOptions())
    assert drawn.shape == (3, 3, 32, 32)
    reference = make_sampler(family, config, _runner(exported)).sample(condition, [5, 6, 7], SamplingOptions())
    np.testing.assert_allclose(drawn, reference, atol=1e-4)


@families
def test_the_seed_decides_the_noise(family: str) -> None:
    config, _, objective, parts = _parts(family)
    _shake(objective.averaged, 0.05)
    exported = parts.export(objective.averaged, config)

    sampler = make_sampler(family, config, _runner(exported))
    condition = np.ones((1, DIM), np.float32)
    first, again, other = (sampler.sample(condition, [s], SamplingOptions()) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
    still = [sampler.sample(condition, [s], SamplingOptions(temperature=0.0)) for s in (1, 2)]
    np.testing.assert_array_equal(*still)


@pytest.mark.parametrize("family", ["flow", "vae"])
def test_a_picture_is_varied_by_the_strength_asked_for(family: str) -> None:
    config, _, objective, parts = _parts(family)
    _shake(objective.averaged, 0.05)
    exported = parts.export(objective.averaged, config)

    sampler = make_sampler(family, config, _runner(exported))
    condition, like = np.ones((1, DIM), np.float32), _batch(objective, 1).pixels[0].numpy()
    base = sampler.sample(condition, [1], SamplingOptions(like=like, strength=0.0))
    moved = [sampler.sample(condition, [1], SamplingOptions(like=like, strength=s)) for s in (0.0, 0.5, 1.0)]
    distances = [np.abs(m - base).mean() for m in moved]
    assert distances[0] == 0
    assert distances[0] < distances[1] < distances[2]


def test_the_shipped_autoencoder_keeps_a_products_form_and_color() -> None:
    config = config_class("vae").model_validate({**COMMON, "channels": 48, "resolution": 64, "autoencoder": "shipped"})
    model = training_parts("vae").Network(config).model
    rng = np.random.default_rng(0)
    drawn = [draw_product(kind, color, rng, side=64) for kind in KINDS for color in COLORS]
    pixels = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        model.standardise(pixels)
        latents = model.encode(pixels)
        again = model.decode(latents).clamp(-1, 1)
    assert latents.shape[1:] == (16, 8, 8)
    assert latents.std().item() == pytest.approx(1, abs=0.2)
    decibels = -10 * torch.log10(((again - pixels) / 2).square().mean(dim=(1, 2, 3)))
    assert decibels.min() > 22
    assert decibels.mean() > 27
    product = (pixels.amax(dim=1, keepdim=True) < 0.9).float()
    color = [(x * product).sum(dim=(2, 3)) / product.sum(dim=(2, 3)) for x in (pixels, again)]
    assert (color[0] - color[1]).abs().mean() < 0.15


@pytest.mark.parametrize(("family", "player"), [("flow", "drawing"), ("gan", "generator")])
def test_a_discriminator_leads(family: str, player: str) -> None:
    _, _, objective, _ = _parts(family, None, lead=0.1)
    batch = _batch(objective)
    for step, moves in ((0, False), (9, False), (10, True)):
        for one in objective.players:
            losses = objective.losses(one.name, batch, step)
            assert bool(losses) == (moves or one.name != player)


def test_what_is_rehearsed_is_held_to_what_was_drawn_before() -> None:
    _, network, objective, _ = _parts("gan", rehearse=3.0, loss="non-saturating")
    batch = _batch(objective)
    _shake(network.generator, 0.05)
    objective.begin(batch.pixels)

    def held_to(part: Batch) -> Mapping[str, torch.Tensor]:
        torch.manual_seed(1)
        objective.losses("discriminator", part, 1)
        return objective.losses("generator", part, 1)

    assert "rehearse" not in held_to(batch)
    half = dataclasses.replace(batch, rehearsed=torch.arange(8) < 4)
    assert held_to(half)["rehearse"] == 0
    _shake(network.generator, 0.05)
    held = held_to(half)["rehearse"]
    torch.manual_seed(1)
    latent = torch.randn(8, 8)[:4]
    apart = network.generator(latent, batch.condition[:4]) - network.teacher(latent, batch.condition[:4])
    torch.testing.assert_close(held, 3 * apart.square().mean())
    assert held > 0


@pytest.mark.parametrize(("stage", "taught"), [("flow", False), ("distill", True)])
def test_strides_and_guidance_are_taught_from_distillation_on(stage: str, taught: bool) -> None:
    _, network, objective, _ = _parts("flow", stage)
    _shake(network.model.prior, 0.05)
    losses = objective.losses("flow", _batch(objective), 1)
    total = sum(loss for name, loss in losses.items() if not name.startswith("_"))
    parameters = [p for p in network.model.prior.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    moved = {id(p) for p, gradient in zip(parameters, gradients, strict=True) if gradient is not None}
    for waves in (network.model.prior.stride, network.model.prior.stress):
        assert all((id(p) in moved) == taught for p in waves.parameters())
    assert id(network.model.prior.time.last.weight) in moved


def test_a_sharpened_walk_is_held_near_where_it_led_before() -> None:
    _, network, objective, _ = _parts("flow", "sharpen", keep=3.0)
    batch = _batch(objective)
    _shake(network.model.prior, 0.05)
    network.teacher.load_state_dict(network.model.prior.state_dict())

    def kept() -> torch.Tensor:
        objective.losses("judge", batch, 50)
        return objective.losses("drawing", batch, 50)["keep"]

    assert kept() == 0
    _shake(network.model.prior, 0.05)
    assert kept() > 0


def test_shares_that_leave_nothing_for_the_flow_are_refused() -> None:
    for shares in ({"sharpen_share": 0.5, "distill_share": 0.2}, {"sharpen_share": 0.2, "distill_share": 0}):
        with pytest.raises(ValidationError, match="share"):
            config_class("flow").model_validate({**SMALL["flow"], "autoencoder_share": 0.3, **shares})


def test_the_shipped_autoencoder_has_one_size() -> None:
    with pytest.raises(ValidationError, match="shipped autoencoder has channels 48"):
        config_class("flow").model_validate({**COMMON, "autoencoder": "shipped"})


@pytest.mark.parametrize("judge", ["pixels", "lite0"])
@pytest.mark.parametrize("loss", ["relativistic", "non-saturating", "hinge", "wasserstein"])
@pytest.mark.parametrize("penalty", ["r1", "r1+r2", "wgan-gp"])
def test_every_gan_loss_and_penalty_can_be_computed(judge: str, loss: str, penalty: str) -> None:
    _, _, objective, _ = _parts("gan", judge=judge, loss=loss, penalty=penalty)
    batch = _batch(objective)
    losses = objective.losses("discriminator", batch, 0)
    game = {"pair"} if loss == "relativistic" else {"real", "drawn"}
    assert game | {"mismatch", "penalty"} == set(losses)
    assert "penalty" not in objective.losses("discriminator", batch, 1)
    assert losses["penalty"] > 0


def test_a_step_of_the_gan_draws_and_looks_once(monkeypatch) -> None:
    _, network, objective, _ = _parts("gan", lead=0.05, diversity=0.0, loss="non-saturating")
    batch, looked, drawn = _batch(objective), [], []
    see, draw = network.discriminator.see, objective._draw
    monkeypatch.setattr(network.discriminator, "see", lambda x: looked.append(see(x)) or looked[-1])
    monkeypatch.setattr(objective, "_draw", lambda *a: drawn.append(draw(*a)) or drawn[-1])
    # The discriminator leads for five of the hundred steps.
    for step in (0, 4, 5):
        looked.clear(), drawn.clear()
        losses = objective.losses("discriminator", batch, step)
        # What the discriminator learns from does not lead back into the generator.
        led = torch.autograd.grad(sum(losses.values()), [*network.generator.parameters()], allow_unused=True)
        assert all(gradient is None for gradient in led)
        # The discriminator moves between the two; the generator is judged by what has become of it.
        _shake(network.discriminator, 0.05)
        moved = objective.losses("generator", batch, step)
        assert (len(looked), len(drawn)) == (2, 1)
        assert bool(moved) == (step == 5)
        if moved:
            scores = own(network.discriminator.judge(looked[0], batch.condition))
            torch.testing.assert_close(moved["generator"], torch.nn.functional.softplus(-scores).mean())
            assert torch.autograd.grad(moved["generator"], [network.generator.drawer.first.weight])[0].abs().sum() > 0


class _Linear(Discriminator):
    """Two heads that see a picture each; a score is its sum, weighted, and as much again for each unit of the
    description, which has no slope."""

    weight = torch.tensor([0.5, -1.0, 2.0, 0.25])

    def see(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        return [pixels, -2 * pixels]

    def judge(self, seen: list[torch.Tensor], condition: torch.Tensor) -> torch.Tensor:
        pictured = torch.stack([(m.flatten(1) @ self.weight)[:, None] for m in seen])
        return pictured + pictured.detach() * condition.sum(dim=1)


def _one_move(loss: str, penalty: str, **settings: float) -> tuple[dict[str, float], tuple[np.ndarray, ...]]:
    """A discriminator's losses, and the scores they are made of: real, drawn and under another's description."""
    generator = torch.Generator().manual_seed(3)
    real, drawn = (torch.randn(6, 1, 2, 2, generator=generator) for _ in range(2))
    condition, judge = torch.randn(6, 3, generator=generator), _Linear()
    adversary = Adversary(loss, penalty, lazy=4, **settings)
    seen = [judge.see(x) for x in (real, drawn)]
    losses = adversary.judge(judge, *seen, Batch(real, condition), 0)
    scores = [judge.judge(x, condition).numpy() for x in seen]
    other = scores[0][:, np.arange(6), np.arange(6) - 3]
    at_own = (s.diagonal(axis1=1, axis2=2) for s in scores)
    return {k: v.item() for k, v in losses.items()}, (*at_own, other)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, x)


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        ("non-saturating", lambda r, d, o: (_softplus(-r), _softplus(d), _softplus(o))),
        ("hinge", lambda r, d, o: (np.maximum(0, 1 - r), np.maximum(0, 1 + d), np.maximum(0, 1 + o))),
        ("wasserstein", lambda r, d, o: (-r, d, o - r)),
    ],
)
def test_a_discriminator_descends_what_the_papers_say(loss: str, wanted) -> None:
    losses, scores = _one_move(loss, "r1", mismatch=0.5)
    real, drawn, other = wanted(*scores)
    assert losses["real"] == pytest.approx(real.mean(), rel=1e-5)
    assert losses["drawn"] == pytest.approx(drawn.mean(), rel=1e-5)
    assert losses["mismatch"] == pytest.approx(0.5 * other.mean(), rel=1e-5)


def test_a_relativistic_discriminator_compares_pairs() -> None:
    losses, (real, drawn, other) = _one_move("relativistic", "r1+r2", mismatch=0.5)
    assert losses["pair"] == pytest.approx(_softplus(drawn - real).mean(), rel=1e-5)
    assert losses["mismatch"] == pytest.approx(0.5 * _softplus(other - real).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        ("non-saturating", lambda d, _: _softplus(-d)),
        ("hinge", lambda d, _: -d),
        ("wasserstein", lambda d, _: -d),
        ("relativistic", lambda d, r: _softplus(r - d)),
    ],
)
def test_what_draws_descends_what_the_papers_say(loss: str, wanted) -> None:
    drawn, real = torch.tensor([[-2.0, 0.5, 3.0]]), torch.tensor([[1.0, -1.0, 0.0]])
    found = Adversary(loss).against(drawn, real)
    assert found.item() == pytest.approx(wanted(drawn.numpy(), real.numpy()).mean(), rel=1e-6)


def test_penalties_are_those_of_a_known_slope() -> None:
    slope = float(_Linear.weight.square().sum())
    for penalty, wanted in (("r1", slope / 2), ("r1+r2", slope), ("wgan-gp", (slope**0.5 - 1) ** 2)):
        losses, _ = _one_move("wasserstein", penalty, gamma=3.0)
        # Weighted up, since it is taken every fourth step only.
        assert losses["penalty"] == pytest.approx(3 * 4 * wanted, rel=1e-4)


def test_penalties_count_in_units_of_what_is_seen(monkeypatch) -> None:
    plain = _one_move("non-saturating", "r1+r2")[0]["penalty"]
    monkeypatch.setattr(_Linear, "unit", 3.0)
    assert _one_move("non-saturating", "r1+r2")[0]["penalty"] == pytest.approx(9 * plain, rel=1e-5)
    # What lite0 sees of products is as far from what the unit says as pixels are from 1, give or take.
    rng = np.random.default_rng(0)
    drawn = np.stack([draw_product(kind, color, rng, side=64) for kind in KINDS for color in COLORS])
    pixels = torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 127.5 - 1
    judge = FeatureDiscriminator(64, DIM, 64)
    for seen in judge.see(pixels):
        assert 0.4 < seen.std() / judge.unit < 2


def test_r1_is_half_the_squared_gradient_at_real_pictures() -> None:
    _, network, objective, _ = _parts("gan", judge="pixels", gamma=2.0, lazy=1, mismatch=0, penalty="r1")
    batch = _batch(objective)
    torch.manual_seed(5)
    found = objective.losses("discriminator", batch, 0)["penalty"]
    torch.manual_seed(5)
    with torch.no_grad():
        augment(objective._draw(objective._noise(batch), batch.condition))
    real = augment(batch.pixels).requires_grad_(True)
    score = network.discriminator(real, batch.condition)

    joint = torch.autograd.grad(score.sum(), real)[0].square().sum(dim=(1, 2, 3)).mean().item()
    assert found.item() == pytest.approx(2.0 * 0.5 * joint, rel=1e-4)


def test_a_discriminator_sees_how_far_apart_a_group_is() -> None:
    torch.manual_seed(0)
    alike, varied = torch.randn(1, 3, 4, 4).repeat(4, 1, 1, 1), torch.randn(4, 3, 4, 4)
    seen = _with_spread(torch.cat([alike, varied]))
    torch.testing.assert_close(seen[:, :3], torch.cat([alike, varied]))
    spread = varied.std(dim=0, unbiased=False).mean(dim=(1, 2))
    torch.testing.assert_close(seen[:, 3:].mean(dim=(2, 3))[4:], spread.expand(4, 3), rtol=1e-4, atol=1e-4)
    assert seen[:4, 3:].abs().max() < 1e-3


def test_the_contrast_is_the_cross_entropy_of_ones_own_description() -> None:
    torch.manual_seed(0)
    adversary, scores = Adversary(contrast=2.0), torch.randn(1, 8, 8)
    condition = torch.randn(8, DIM)
    found = adversary.told_apart("contrast", scores, same(Batch(scores, condition)))["contrast"]
    wanted = 2 * torch.nn.functional.cross_entropy(scores[0], torch.arange(8))
    torch.testing.assert_close(found, wanted)
    # What asks for the same, in other words, is no rival.
    twice = torch.arange(8) // 2
    found = adversary.told_apart("contrast", scores, same(Batch(scores, condition, asked=twice)))["contrast"]
    for i in range(8):
        scores[0, i, i ^ 1] = -1e9
    torch.testing.assert_close(found, 2 * torch.nn.functional.cross_entropy(scores[0], torch.arange(8)))
    # Where all ask for the same there is nothing to tell apart.
    alike = same(Batch(scores, condition[:1].expand(8, DIM)))
    scores.requires_grad_(True)
    nothing = adversary.told_apart("contrast", scores, alike)["contrast"]
    assert nothing == 0
    assert (torch.autograd.grad(nothing, scores)[0] == 0).all()
    assert Adversary().told_apart("contrast", scores, alike) == {}


def test_a_discriminator_scores_every_picture_under_every_description() -> None:
    _, _, objective, _ = _parts("gan")
    judge, condition, pixels = objective.network.discriminator, torch.randn(8, DIM), torch.randn(8, 3, 32, 32)
    scores = judge.judge(judge.see(pixels), condition)
    for k in (1, 3):
        moved = judge(pixels, condition.roll(-k, dims=0))
        torch.testing.assert_close(moved, torch.stack([scores[:, i, (i + k) % 8] for i in range(8)], dim=1))


def test_a_critic_that_is_never_heard_does_not_learn() -> None:
    for weight, players in ((0.0, ["autoencoder"]), (0.1, ["autoencoder", "critic"])):
        _, _, objective, _ = _parts("vae", "autoencoder", adversarial=weight)
        assert [player.name for player in objective.players] == players


@pytest.mark.parametrize(("family", "stage"), [("gan", "main"), ("vae", "prior")])
def test_truncation_is_a_temperature_of_the_models_own(family: str, stage: str) -> None:
    config, _, objective, parts = _parts(family, stage)
    _shake(objective.averaged, 0.05)
    run, condition = _runner(parts.export(objective.averaged, config)), np.ones((1, DIM), np.float32)
    cold = make_sampler(family, config, run).sample(condition, [1], SamplingOptions(temperature=0.5))
    own = make_sampler(family, config.model_copy(update={"truncation": 0.5}), run)
    np.testing.assert_array_equal(own.sample(condition, [1], SamplingOptions()), cold)


def test_a_model_of_another_version_is_told_from_a_damaged_one() -> None:
    older = {**COMMON, "autoencoder": "shipped", "channels": 48, "latent_channels": 8}
    with pytest.raises(PackshotError, match="another version of packshot: the shipped autoencoder has") as error:
        saved_config("vae", older)
    assert error.value.exit_code == 1


def test_an_unknown_family_is_a_usage_error() -> None:
    with pytest.raises(PackshotError, match="unknown family") as error:
        config_class("diffusion")
    assert error.value.exit_code == 2


def test_a_products_mean_color_does_not_depend_on_the_paper_around_it() -> None:
    pixels = torch.ones(2, 3, 32, 32)
    pixels[0, :, 4:20, 4:20] = torch.tensor([0.6, -0.8, -0.7])[:, None, None]
    pixels[1, :, 10:14, 10:14] = torch.tensor([0.6, -0.8, -0.7])[:, None, None]
    found = mean_color(pixels)
    torch.testing.assert_close(found, torch.tensor([[0.6, -0.8, -0.7]] * 2), atol=0.02, rtol=0)
    # Where there is no product, there is paper, and a gradient.
    blank = torch.ones(1, 3, 32, 32, requires_grad=True)
    mean_color(blank).sum().backward()
    assert torch.isfinite(blank.grad).all()


def test_a_drawn_color_is_held_to_the_real_one_only_where_one_is_asked_for() -> None:
    _, _, objective, _ = _parts("gan", diversity=0.0)
    batch = _batch(objective)
    asked = torch.arange(len(batch.condition)) < 3

    def color(part: Batch) -> float:
        torch.manual_seed(0)
        objective.losses("discriminator", part, 0)
        return float(objective.losses("generator", part, 0)["color"].detach())

    some = dataclasses.replace(batch, colored=asked)
    assert color(batch) > color(some) > 0
    pixels = torch.where(asked[:, None, None, None], batch.pixels, -batch.pixels)
    # Another color of what asked for none changes nothing; of what asked for one, it does.
    assert color(dataclasses.replace(some, pixels=pixels)) == pytest.approx(color(some))
    assert color(dataclasses.replace(some, pixels=-pixels)) != pytest.approx(color(some))
    assert color(dataclasses.replace(batch, colored=~asked & asked)) == 0


@pytest.mark.parametrize("steps", range(1, 10))
def test_a_flow_that_was_taught_long_steps_takes_only_such(steps: int) -> None:
    config = config_class("flow").model_validate(SMALL["flow"])
    calls: list[tuple[float, float]] = []

    def run(name: str, inputs):
        if name != "velocity":
            return [inputs["latent"]]
        calls.append((float(inputs["time"][0]), float(inputs["stride"][0])))
        return [np.ones_like(inputs["latent"])]

    condition = np.zeros((1, DIM), np.float32)
    make_sampler("flow", config, run).sample(condition, [3], SamplingOptions(steps=steps))
    if steps > 8:
        # Along the velocity itself, told and untold.
        assert len(calls) == 2 * steps
        assert all(stride == 0 for _, stride in calls)
        return
    assert len(calls) == max(2, steps)
    assert sum(stride for _, stride in calls) == 1
    for time, stride in calls:
        # What is taught: a half, a quarter or an eighth, from a multiple of itself on.
        assert stride in (0.5, 0.25, 0.125)
        assert time % stride == 0
    assert [time for time, _ in calls] == [sum(s for _, s in calls[:i]) for i in range(len(calls))]


def test_a_warp_turns_and_scales_some_of_the_pictures_about_their_middle() -> None:
    torch.manual_seed(0)
    # A standing bar on white paper.
    pixels = torch.ones(64, 3, 64, 64)
    pixels[:, :, 16:48, 28:36] = -1
    moved = _warped(pixels, 0.5)
    changed = (moved != pixels).flatten(1).any(dim=1)
    assert 20 < changed.sum() < 44
    ink = (1 - moved[changed].mean(dim=1)) / 2
    area = ink.sum(dim=(1, 2)) / (32 * 8)
    assert 1.25**-2 - 0.03 < area.min() < 0.8
    assert 1.25 < area.max() < 1.25**2 + 0.03
    at = torch.arange(64) - 31.5
    x, y = ((ink * part).sum(dim=(1, 2)) / ink.sum(dim=(1, 2)) for part in (at[None, None], at[None, :, None]))
    assert max(x.abs().max(), y.abs().max()) < 0.2
    across, along = at[None, None] - x[:, None, None], at[None, :, None] - y[:, None, None]
    turn = 0.5 * torch.atan2(2 * (ink * across * along).sum(dim=(1, 2)), (ink * (along**2 - across**2)).sum(dim=(1, 2)))
    assert 15 < turn.abs().max().rad2deg() < 20.5
    assert turn.min() < 0 < turn.max()
    seen = pixels.clone().requires_grad_(True)
    augment(seen, warp=1.0).sum().backward()
    assert torch.isfinite(seen.grad).all()
    assert seen.grad.abs().sum() > 0
