"""What is drawn for a product, or why nothing is."""

from __future__ import annotations

import pytest

from packshot.artifact import ModelConfig
from packshot.batch.serving import Prompt, Refusal, Wording, prompt_for, wording_named
from packshot.catalog.describe import describe
from packshot.errors import PackshotError
from packshot.generation.models import open_model
from packshot.text.attributes import Vocabulary, load_vocabulary


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture(scope="module")
def config() -> ModelConfig:
    return open_model(None).config


def _ask(config: ModelConfig, vocabulary: Vocabulary, wording: Wording = "auto", **fields: str) -> Prompt | Refusal:
    return prompt_for(describe(fields, None, vocabulary), config, vocabulary, wording)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"title": "red dress"}, "dress"),
        ({"title": "红色连衣裙"}, "dress"),
        ({"title": "Summer breeze", "category": "Women > Dresses"}, "dress"),
        ({"title": "Leather sandals with bag", "category": "Shoes"}, "sandals"),
        ({"title": "Red dress with leather belt", "category": "Dress"}, "dress"),
        ({"title": "Summer sale", "category": "New arrivals", "description": "A blue skirt. Fits all."}, "skirt"),
        ({"title": "Long-Sleeve Logo Jersey, S", "category": "Jerseys"}, "longsleeve"),
        ({"title": "Jeans", "category": "Apple"}, "trousers"),
        ({"title": "红色连衣裙配黑色腰带"}, "dress"),
        ({"title": "牛仔外套内搭T恤"}, "outwear"),
        ({"title": "衬衫（含领带）"}, "shirt"),
        ({"title": "红配绿连衣裙"}, "dress"),
    ],
)
def test_what_it_is(fields: dict[str, str], kind: str, config: ModelConfig, vocabulary: Vocabulary) -> None:
    prompt = _ask(config, vocabulary, **fields)
    assert isinstance(prompt, Prompt)
    assert prompt.attributes["category"][0] == kind


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": "Mountain-200 Silver, 38", "category": "Mountain Bikes"}, "bicycle"),
        ({"title": "Mountain Pump", "category": "Pumps"}, "bicycle-part"),
        ({"title": "Minipump", "category": "Pumps"}, "bicycle-part"),
        ({"title": "Leather belt for jeans", "category": "Accessories"}, "belt"),
        ({"title": "Denim belt", "category": "Belts"}, "belt"),
        ({"title": "Item 7", "category": "Widgets"}, "widgets"),
        ({"title": "Gift voucher"}, "nothing says"),
    ],
)
def test_what_the_model_cannot_serve(
    fields: dict[str, str], reason: str, config: ModelConfig, vocabulary: Vocabulary
) -> None:
    refusal = _ask(config, vocabulary, **fields)
    assert isinstance(refusal, Refusal)
    assert reason in refusal.reason


def test_short_words_are_kept_and_long_ones_put_into_a_few(config: ModelConfig, vocabulary: Vocabulary) -> None:
    long = {
        "title": "Short-Sleeve Classic Jersey, S",
        "category": "Jerseys",
        "color": "Yellow",
        "description": "Short sleeve classic breathable jersey with superior moisture control and 3 back pockets.",
        "description_zh": "短袖、式样经典的透气型运动衫，极佳的湿度控制。",
    }

    def text(wording: Wording = "auto", **fields: str) -> str:
        prompt = _ask(config, vocabulary, wording, **fields)
        assert isinstance(prompt, Prompt)
        return prompt.text

    assert text(title="men's red cotton shirt") == "men's red cotton shirt"
    assert text(**long) == "yellow T-shirt"
    assert text("own", **long).startswith("yellow T-shirt; Short-Sleeve Classic Jersey, S.")
    assert text("composed", title="men's red cotton shirt") == "red cotton button-up shirt for men"
    assert text(title="Summer breeze", category="Dress", color="红色") == "red dress"
    assert text(title="夏日微风", category="连衣裙", color="红色") == "红色连衣裙"


def test_a_color_never_trained_on_is_said_and_drawn(config: ModelConfig, vocabulary: Vocabulary) -> None:
    prompt = _ask(config, vocabulary, title="multicolor dress")
    assert isinstance(prompt, Prompt)
    assert "multicolor" in prompt.note


def test_wordings_by_name() -> None:
    assert wording_named("own") == "own"
    with pytest.raises(PackshotError, match="Wordings are auto"):
        wording_named("loud")
