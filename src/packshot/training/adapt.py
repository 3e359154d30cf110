"""Adapting a trained model to a shop's own pictures.

What it has learned before is kept by rehearsal: it is trained on the new pictures and on pictures that it drew itself,
half of each (Robins 1995, pseudo-rehearsal; for generators Shin et al. 2017), so the old catalog is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from packshot.artifact import ModelFolder
from packshot.errors import PackshotError
from packshot.generation.generator import Generator
from packshot.generation.modes import modes_of
from packshot.progress import say, track
from packshot.text.attributes import Attributes, load_vocabulary
from packshot.text.compose import called, naming
from packshot.text.condition import Conditioner
from packshot.training.data import TrainingSet
from packshot.training.modes import Found
from packshot.training.recipe import Recipe

_REHEARSED = 512
# Seeds of each description whose mode is recalled.
_RECALLED = 8
# A discriminator, which no model folder keeps, learns alone for a tenth of the steps; what is rehearsed is held.
_ADAPTED = {"lead": 0.1, "rehearse": 10.0}


def recipe_from(recipe: Recipe, origin: ModelFolder) -> Recipe:
    """The recipe with the network of a model, its encoder and groups, half the learning rate, and no looks: a few
    dozen pictures are too few to judge by.

    Raises:
        PackshotError: the recipe is of another family.
    """
    config = origin.config
    if recipe.family != config.family:
        raise PackshotError(f"{origin.path} is a {config.family} model, not {recipe.family}", usage=True)
    gentler = {name: {**own, **_halved(own)} for name, own in recipe.stages.items()}
    training = recipe.training.model_copy(
        update={
            "encoder": config.text.encoder,
            "fit": config.fit,
            "group": config.training.recipe["training"]["group"],
            "modes": config.training.recipe["training"].get("modes", 0),
            "looks": 0,
            "learning_rate": recipe.training.learning_rate / 2,
        }
    )
    model = {k: v for k, v in config.architecture.items() if k != "condition_dim"}
    known = type(recipe.model_config_for(1)).model_fields
    model |= {name: value for name, value in _ADAPTED.items() if name in known}
    return recipe.model_copy(update={"model": model, "training": training, "stages": gentler})


def load_weights(averaged: nn.Module, origin: ModelFolder, terms: Sequence[str], modes: int = 0) -> None:
    """Begin where a model folder ended, which may know fewer attribute terms.

    Args:
        terms: the attribute inputs of the model to be trained, the other's among them.
        modes: the numbers that it is told of a mode.

    Raises:
        PackshotError: its weights are of another form.
    """
    try:
        taken = _taken_over(averaged, origin, terms, modes)
    except (RuntimeError, ValueError) as error:
        raise PackshotError("weights do not fit this version's network", origin.path) from error
    if taken < len(averaged.state_dict()):
        raise PackshotError("weights do not fit this version's network", origin.path)


def take_over(averaged: nn.Module, origin: ModelFolder, terms: Sequence[str], modes: int = 0) -> None:
    """Begin with whatever weights of another model have the same name and shape, of another resolution too.

    The picture of a generator that has a block more than the other's is the other's, enlarged, until training gives
    that block something to do (Karras et al. 2018).

    Where none do, as for a network of another size, it begins with nothing, and says so.

    Args:
        terms: the attribute inputs of the model to be trained.
        modes: the numbers that it is told of a mode.
    """
    taken = _taken_over(averaged, origin, terms, modes)
    say(f"begins with {taken} of {len(averaged.state_dict())} tensors of {origin.config.name}")


def _taken_over(averaged: nn.Module, origin: ModelFolder, terms: Sequence[str], modes: int) -> int:
    """How many tensors were found. Inputs of attribute terms are found by their term; new ones, and modes where the
    other model knows none, begin at zero.
    """
    theirs, ours = load_file(origin.file("model.safetensors")), averaged.state_dict()
    old_terms, told = origin.config.text.terms, origin.config.architecture["condition_dim"]
    known, taken = modes_of(origin), 0
    old_modes = known.dim if known else 0
    text = told - len(old_terms) - old_modes
    columns = [(i, i) for i in range(text)]
    columns += [(terms.index(t) + text, i + text) for i, t in enumerate(old_terms) if t in terms]
    # Of the same pictures' appearances, since the modes that are found are described as the origin's are.
    columns += [(text + len(terms) + i, text + len(old_terms) + i) for i in range(min(modes, old_modes))]
    to, from_ = (torch.tensor(side) for side in zip(*columns, strict=True))
    for name, own in ours.items():
        other = theirs.get(name)
        if other is None or other.dim() != own.dim():
            continue
        if own.dim() == 2 and own.shape[1] == text + len(terms) + modes and other.shape[1] == told:
            own.zero_()
            own[:, to] = other[:, from_].to(own.dtype)
        elif own.shape == other.shape:
            own.copy_(other)
        else:
            continue
        taken += 1
    averaged.load_state_dict(ours)
    return taken


def recalled(found: Found, origin: ModelFolder, conditioner: Conditioner) -> Found:
    """Modes that were found in new pictures, after those that the model has, and what it draws its own for.

    Args:
        conditioner: of the model to be trained.
    """
    generator, (every, said) = Generator(origin), _everything(origin)
    before = generator.modes
    assert before is not None, "found where the model has modes"
    texts, known = [t for pair in said for t in pair], [a for a in every for _ in range(2)]
    # Other seeds for each, as few of them are not spread evenly.
    drawn = [
        before.drawn(np.repeat(generator.condition(text), _RECALLED, axis=0), range(i * _RECALLED, (i + 1) * _RECALLED))
        for i, text in enumerate(texts)
    ]
    conditions = np.repeat(conditioner.encode(texts, known), _RECALLED, axis=0)
    # A shop's own dozens weigh as much as what the model has seen of a kind.
    often = max(1, round(2 * len(origin.config.colors or "1") * _RECALLED / max(1, len(found.shown))))
    found = found._replace(conditions=np.tile(found.conditions, (often, 1)), shown=np.tile(found.shown, often))
    kinds = np.zeros((len(before.centres), conditioner.dim), bool)
    text, old_terms = conditioner.encoder.dim, origin.config.text.terms
    kinds[:, [text + conditioner.terms.index(term) for term in old_terms]] = before.kinds[:, text:]
    return Found(
        before.appearance,
        np.concatenate([before.centres, found.centres]),
        np.concatenate([kinds, found.kinds]),
        np.concatenate([found.conditions, conditions]),
        np.concatenate([found.shown + len(before.centres), *drawn]),
    )


def rehearsal(origin: ModelFolder, terms: Sequence[str]) -> TrainingSet:
    """Pictures that a model draws of all it knows, with their descriptions in Chinese and English.

    Args:
        terms: the attribute inputs of the model to be trained.
    """
    generator = Generator(origin)
    every, said = _everything(origin)
    kinds = np.linspace(0, len(every), _REHEARSED, endpoint=False).astype(int)
    known, texts = [every[i] for i in kinds], [said[i] for i in kinds]
    wanted = [(pair[i % 2], i) for i, pair in enumerate(texts)]
    pixels = [g.pixels for g in track(generator.pictures(wanted), "rehearsal", len(wanted))]
    distinct = sorted({t for pair in texts for t in pair})
    index = {text: i for i, text in enumerate(distinct)}
    conditioner = Conditioner(generator.conditioner.encoder, terms, generator.vocabulary)
    before = generator.modes
    modes = [] if before is None else [before.drawn(generator.condition(text), [seed]) for text, seed in wanted]
    return TrainingSet(
        pixels=np.stack(pixels),
        vectors=_encoded(generator, distinct),
        texts=np.array([[[index[zh], index[en]]] * 2 for zh, en in texts]),
        attributes=conditioner.multi_hot(known),
        terms=tuple(terms),
        kinds=kinds,
        modes=None if before is None else np.concatenate([before.centres[m] for m in modes]),
    )


def _everything(origin: ModelFolder) -> tuple[list[Attributes], list[tuple[str, str]]]:
    """All that a model knows, each kind of product in each color, and how it is called in Chinese and in English."""
    config = origin.config
    vocabulary = load_vocabulary().with_kinds(config.categories)
    known = [naming(c, k) for c, k in product(config.categories or ("",), config.colors or ("",))]
    return known, [called(attributes, vocabulary) for attributes in known]


def _encoded(generator: Generator, texts: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    parts = [generator.conditioner.vectors(list(texts[i : i + 64])) for i in range(0, len(texts), 64)]
    return np.concatenate(parts)


def _halved(own: dict[str, object]) -> dict[str, object]:
    rate = own.get("learning_rate")
    return {"learning_rate": rate / 2} if isinstance(rate, int | float) else {}
