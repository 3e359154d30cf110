"""Attributes parsed from what sellers write, in both languages."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import PackshotError
from packshot.text.attributes import FACETS, load_vocabulary
from packshot.text.compose import called, compose
from tests.conftest import DATA

# fmt: off
PHRASES = [
    ("navy crewneck tee", {"category": "t-shirt", "color": "blue"}),
    ("酒红色碎花长袖连衣裙", {"category": "dress", "color": "red", "pattern": "floral"}),
    ("children's denim trousers", {"category": "trousers", "material": "denim", "audience": "kids"}),
    ("Women's Running Sneaker - Black/White", {"category": "sneakers", "color": "black", "audience": "women"}),
    ("男士纯棉短袖", {"category": "t-shirt", "material": "cotton", "audience": "men"}),
    ("red short-sleeved t-shirt with white logo", {"category": "t-shirt", "color": "red"}),
    ("V-neck cotton T-Shirt in navy blue", {"category": "t-shirt", "color": "blue", "material": "cotton"}),
    ("Off-white knitted turtleneck jumper", {"category": "longsleeve", "color": "white", "material": "knit"}),
    ("Slim-fit stretch jeans, dark blue", {"category": "trousers", "color": "blue", "material": "denim"}),
    ("Girls' pink tulle party dress", {"category": "dress", "color": "pink", "audience": "kids", "style": "party"}),
    ("light-blue button-down oxford shirt for men", {"category": "shirt", "color": "blue", "audience": "men"}),
    ("黑色高腰阔腿牛仔裤女", {"category": "trousers", "color": "black", "material": "denim", "audience": "women"}),
    ("藏青色男士商务西装外套", {"category": "blazer", "color": "blue", "audience": "men", "style": "formal"}),
    ("女童粉色蓬蓬裙", {"category": "skirt", "color": "pink", "audience": "kids"}),
    ("米白色针织开衫", {"category": "longsleeve", "color": "white", "material": "knit"}),
    ("军绿色工装短裤男", {"category": "shorts", "color": "green", "audience": "men"}),
    ("卡其色风衣外套女中长款", {"category": "outwear", "color": "beige", "audience": "women"}),
    ("白色帆布鞋", {"category": "shoes", "color": "white", "material": "canvas"}),
    ("真皮马丁靴 黑色", {"category": "boots", "color": "black", "material": "leather"}),
    ("brown leather Chelsea boots", {"category": "boots", "color": "brown", "material": "leather"}),
    ("Black faux-leather mini skirt", {"category": "skirt", "color": "black", "material": "leather"}),
    ("hooded zip-up sweatshirt, charcoal grey", {"category": "hoodie", "color": "grey"}),
    ("灰色连帽卫衣 加绒", {"category": "hoodie", "color": "grey"}),
    ("Striped polo, green and white", {"category": "polo", "color": "green", "pattern": "striped"}),
    ("条纹Polo衫", {"category": "polo", "pattern": "striped"}),
    ("Dress shoes, black leather", {"category": "shoes", "color": "black", "material": "leather"}),
    ("shirt dress in blue stripes", {"category": "dress", "color": "blue", "pattern": "striped"}),
    ("dress with pockets, yellow", {"category": "dress", "color": "yellow"}),
    ("belt for jeans", {"category": "belt"}),
    ("T-SHIRT - RED - XL", {"category": "t-shirt", "color": "red"}),
    ("tshirts", {"category": "t-shirt"}),
    ("gray cardigan", {"category": "longsleeve", "color": "grey"}),
    ("burgundy wool coat", {"category": "outwear", "color": "red", "material": "wool"}),
    ("denim jacket", {"category": "outwear", "material": "denim"}),
    ("牛仔外套", {"category": "outwear", "material": "denim"}),
    ("牛仔夹克 浅蓝色", {"category": "outwear", "color": "blue", "material": "denim"}),
    ("白衬衫", {"category": "shirt", "color": "white"}),
    ("小黑裙", {"category": "dress", "color": "black"}),
    ("打底裤 黑", {"category": "trousers", "color": "black"}),
    ("儿童防晒帽", {"category": "hat", "audience": "kids"}),
    ("宝蓝色吊带长裙", {"category": "dress", "color": "blue"}),
    ("Men's Chino Shorts", {"category": "shorts", "audience": "men"}),
    ("baby bodysuit white", {"category": "body", "color": "white", "audience": "kids"}),
    ("婴儿连体衣", {"category": "body", "audience": "kids"}),
    ("teal high-heeled pumps", {"category": "heels", "color": "blue"}),
    ("裸色高跟鞋", {"category": "heels", "color": "beige"}),
    ("运动裤 灰色 男", {"category": "trousers", "color": "grey", "audience": "men", "style": "sports"}),
    ("红T恤", {"category": "t-shirt", "color": "red"}),
    ("蓝色t恤 圆领", {"category": "t-shirt", "color": "blue"}),
    ("long sleeve dress, green", {"category": "dress", "color": "green"}),
    ("long-sleeved shirt white", {"category": "shirt", "color": "white"}),
    ("sleeveless top, black", {"category": "undershirt", "color": "black"}),
    ("unisex bucket hat", {"category": "hat", "audience": "unisex"}),
    ("a pair of blue suede shoes", {"category": "shoes", "color": "blue", "material": "leather"}),
    ("golden retriever print hoodie", {"category": "hoodie"}),
    ("pink puffer jacket for toddlers", {"category": "outwear", "color": "pink", "audience": "kids"}),
    ("橙色羽绒服", {"category": "outwear", "color": "orange"}),
    ("紫色半身长裙", {"category": "skirt", "color": "purple"}),
    ("巧克力色皮夹克", {"category": "outwear", "color": "brown", "material": "leather"}),
    ("woman's blouse cream", {"category": "blouse", "color": "beige"}),
    ("mens swim trunks navy", {"category": "shorts", "color": "blue", "audience": "men"}),
    ("黑白格子衬衫", {"category": "shirt", "color": "black", "pattern": "checked"}),
    ("T恤 白色 女款 短袖", {"category": "t-shirt", "color": "white", "audience": "women"}),
    ("长袖衬衫 男", {"category": "shirt", "audience": "men"}),
    ("Blue and white striped long-sleeve top", {"category": "longsleeve", "color": "blue", "pattern": "striped"}),
    ("Levi's 501 Original Fit Jeans", {"category": "trousers"}),
    ("red-and-black flannel shirt", {"category": "shirt", "color": "red"}),
    ("桃红色运动文胸", {"category": "bra", "color": "pink"}),
    ("Apple green dress", {"category": "dress", "color": "green"}),
    ("orange juice", {"category": "carton"}),
    ("皮衣 黑色 女", {"category": "outwear", "color": "black", "material": "leather", "audience": "women"}),
    ("毛衣 红", {"category": "longsleeve", "color": "red"}),
    ("牛津纺白衬衫", {"category": "shirt", "color": "white"}),
    ("黑裤子", {"category": "trousers", "color": "black"}),
    ("蓝帽子", {"category": "hat", "color": "blue"}),
    ("Leather biker jacket with silver zips, black", {"category": "outwear", "color": "black"}),
    ("white dress with black belt in linen", {"category": "dress", "color": "white", "material": "linen"}),
    ("watch with a black dial", {"category": "watch", "color": "black"}),
    ("This navy sweater looks great over jeans", {"category": "longsleeve", "color": "blue"}),
    ("白色连衣裙 黑色腰带装饰", {"category": "dress", "color": "white"}),
    ("black skirt, belt detail", {"category": "skirt", "color": "black"}),
    ("t-shirt dress black jersey", {"category": "dress", "color": "black"}),
    ("Cycling jersey", {"category": "jersey"}),
    ("Women's Pump in Nude", {"category": "heels", "color": "beige", "audience": "women"}),
    ("Bike pump", {"category": "bicycle-part"}),
    ("T-Strap Heel Black", {"category": "heels", "color": "black"}),
    ("oxford shirt, blue", {"category": "shirt", "color": "blue"}),
    ("Men's Suede Oxford", {"category": "shoes", "material": "leather", "audience": "men"}),
    ("Red Tape Men Brown Formal Shoes", {"category": "shoes", "color": "brown", "audience": "men"}),
    ("Sonata Analog Black Dial", {"category": "watch", "color": "black"}),
    ("Apple Watch Sport Band White", {"category": "watch-part", "color": "white"}),
    ("Smart Bracelet", {"category": "watch"}),
    ("Laptop Sleeve Black", {"category": "bag", "color": "black"}),
    ("Diaper bag grey", {"category": "bag", "color": "grey"}),
    ("Gym Duffel", {"category": "bag"}),
    ("Hardside Trolley 68 cm", {"category": "luggage"}),
    ("light-wash boyfriend jeans", {"category": "trousers", "color": "blue"}),
    ("dark wash jeans, black", {"category": "trousers", "color": "black"}),
    ("皮裤女黑色", {"category": "trousers", "color": "black", "material": "leather"}),
    ("尖头细跟高跟鞋女单鞋", {"category": "heels"}),
    ("单鞋女平底", {"category": "flats"}),
    ("床单被套1.8米床", {"category": "bedding"}),
    ("白T恤", {"category": "t-shirt", "color": "white"}),
    ("黑T 男", {"category": "t-shirt", "color": "black"}),
    ("纯棉睡衣长袖套装", {"category": "sleepwear"}),
    ("leopard ballet flat", {"category": "flats"}),
]
# fmt: on
_LABELS = {"T-Shirt": "t-shirt", "Pants": "trousers"}


@pytest.mark.parametrize(("text", "expected"), PHRASES)
def test_the_first_term_of_each_facet(text: str, expected: dict[str, str]) -> None:
    parsed = load_vocabulary().parse(text)
    assert {facet: parsed.get(facet, ("",))[0] for facet in expected} == expected


def test_titles_of_all_trades_are_read() -> None:
    """Hand-labelled titles, worded as catalogs word them, beyond the phrases that the vocabulary grew on."""
    with (Path(__file__).parent / "titles.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    vocabulary = load_vocabulary()
    for facet in ("category", "color", "material", "pattern", "audience"):
        labelled = [row for row in rows if row[facet]]
        wrong = [r["text"] for r in labelled if vocabulary.parse(r["text"]).get(facet, ("",))[0] != r[facet]]
        assert len(wrong) <= 0.02 * len(labelled), wrong
        if facet != "category":
            invented = [r["text"] for r in rows if not r[facet] and vocabulary.parse(r["text"]).get(facet)]
            assert len(invented) <= 0.02 * len(rows), invented


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("衬衫女上衣", "shirt"),
        ("上衣", "top"),
        ("连衣裙短袖", "dress"),
        ("短袖", "t-shirt"),
        ("运动鞋女鞋", "sneakers"),
        ("men’s tee", "t-shirt"),
        ("Dress shirt long sleeve", "shirt"),
        ("hooded jacket", "outwear"),
        ("连帽羽绒服", "outwear"),
        ("long-sleeve jacket", "outwear"),
        ("fleece coat", "outwear"),
        ("针织开衫外套", "longsleeve"),
        ("加绒卫衣男连帽", "hoodie"),
        ("猪鬃鞋刷", "shoe-care"),
        ("black shoe polish", "shoe-care"),
        ("棕色皮表带", "watch-part"),
        ("Watch, leather watch strap", "watch"),
        ("运动鞋 透气鞋垫", "sneakers"),
        ("hat stand", "storage"),
    ],
)
def test_the_narrower_category_is_meant(text: str, category: str) -> None:
    assert load_vocabulary().parse(text)["category"][0] == category


def test_words_that_only_look_like_attributes_are_ignored() -> None:
    parsed = load_vocabulary().parse("防紫外线 蓝牙音箱, Black Friday")
    assert "color" not in parsed


def test_the_shared_prompts_are_all_read_right() -> None:
    path = DATA.parent / "prompts" / "apparel.csv"
    if not path.is_file():
        pytest.skip(f"no shared prompts at {path}; set PACKSHOT_DATA")
    vocabulary = load_vocabulary()
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            parsed = vocabulary.parse(row["text"])
            category = _LABELS.get(row["category"], row["category"].lower())
            assert (parsed["category"][0], parsed["color"][0]) == (category, row["color"]), row["text"]


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("Longsleeve", "longsleeve"),
        ("T-Shirt", "t-shirt"),
        ("Outwear", "outwear"),
        ("Pants", "trousers"),
        ("Xyz", None),
    ],
)
def test_labels_are_looked_up(label: str, category: str | None) -> None:
    assert load_vocabulary().lookup("category", label) == category


@given(st.text(max_size=60))
def test_any_text_parses_into_known_terms(text: str) -> None:
    vocabulary = load_vocabulary()
    for facet, terms in vocabulary.parse(text).items():
        assert facet in FACETS
        assert all((facet, term) in vocabulary.terms for term in terms)


def test_what_is_composed_parses_back() -> None:
    vocabulary = load_vocabulary()
    for category in ("t-shirt", "dress", "trousers", "hoodie", "sneakers"):
        for color in ("red", "blue", "black"):
            known = {"category": (category,), "color": (color,), "audience": ("kids",)}
            for text in compose(known, vocabulary):
                parsed = vocabulary.parse(text)
                assert (parsed["category"][0], parsed["color"][0], parsed["audience"][0]) == (category, color, "kids")


def test_a_shop_extends_the_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[category.kimono]\nen = ["kimono"]\nzh = ["和服"]\n', encoding="utf-8")
    assert load_vocabulary(path).parse("红色和服")["category"] == ("kimono",)
    path.write_text('[shape.round]\nen = ["round"]\n')
    with pytest.raises(PackshotError, match="unknown facet 'shape'"):
        load_vocabulary(path)


def test_a_shops_own_kinds_count_where_no_other_is_named() -> None:
    own = load_vocabulary().with_kinds(["gizmo-set", "men", "甲乙丙器", "dress", ""])
    assert own.parse("a red gizmo set")["category"] == ("gizmo-set",)
    assert own.parse("红色甲乙丙器")["category"] == ("甲乙丙器",)
    assert own.parse("shoes men")["category"][0] == "shoes"
    assert own.terms["category", "dress"] == load_vocabulary().terms["category", "dress"]
    assert load_vocabulary().with_kinds(["dress", ""]) is load_vocabulary()


def test_anything_can_be_called_something() -> None:
    vocabulary = load_vocabulary()
    assert called({"category": ("dress",), "color": ("red",)}, vocabulary) == ("红色连衣裙", "red dress")
    assert called({"color": ("red",)}, vocabulary) == ("红色", "red")
    assert all(called({}, vocabulary))


def test_some_words_are_colors_in_a_column_alone() -> None:
    vocabulary = load_vocabulary()
    for value, color in (("Coffee", "brown"), (" SKIN ", "beige"), ("Lime", "green"), ("Two-Tone", "multicolor")):
        assert vocabulary.parse_column("color", value) == (color,)
        assert vocabulary.lookup("color", value) == color
    assert vocabulary.parse_column("color", "navy blue / white") == ("blue", "white")
    assert vocabulary.parse_column("color", "42") == ()
    for text in ("Coffee mug", "skin lotion", "Stone vase"):
        assert "color" not in vocabulary.parse(text)
