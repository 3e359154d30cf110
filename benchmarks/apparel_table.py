"""A table of apparel as many shops would word it, to see how much of it ``packshot fill`` serves.

    python benchmarks/apparel_table.py DESCRIPTIONS.csv TABLE.csv [--rows 1000] [--seed 1]
    packshot fill TABLE.csv -o OUT --preset taobao --json

DESCRIPTIONS.csv has the columns text, language, category and color. Every description of it is a row; the others say
the same kinds of product in other words, with shades, cuts, sizes and selling points around them, in both languages,
half of them with a shop's category beside. All are apparel, so a row that is refused is a fault or a gap.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

KINDS = {
    "T-Shirt": (
        ["T-shirt", "tee", "graphic tee", "crew neck t-shirt", "v-neck T-Shirt", "short sleeve tee", "boxy tee shirt"],
        ["T恤", "短袖T恤", "圆领T恤", "V领短袖", "半袖体恤衫", "打底T恤", "宽松短袖上衣"],
    ),
    "Longsleeve": (
        ["long-sleeve top", "sweater", "knit pullover", "cardigan", "turtleneck jumper", "sweatshirt"],
        ["长袖上衣", "毛衣", "针织开衫", "高领打底衫", "圆领卫衣", "长袖T恤", "羊毛衫"],
    ),
    "Pants": (
        ["trousers", "jeans", "chinos", "joggers", "wide-leg pants", "leggings", "cargo trousers", "sweatpants"],
        ["裤子", "牛仔裤", "休闲长裤", "阔腿裤", "运动裤", "西裤", "工装裤", "打底裤"],
    ),
    "Shoes": (
        ["pair of shoes", "sneakers", "running trainers", "ankle boots", "loafers", "ballet flats", "sandals"],
        ["鞋子", "运动鞋", "小白鞋", "马丁靴", "乐福鞋", "高跟鞋", "皮鞋", "凉鞋"],
    ),
    "Shirt": (
        ["button-up shirt", "shirt", "oxford shirt", "linen shirt", "button down shirt", "denim shirt"],
        ["衬衫", "长袖衬衫", "衬衣", "牛津纺衬衫", "牛仔衬衫", "亚麻衬衫", "格子衬衫"],
    ),
    "Dress": (
        ["dress", "maxi dress", "wrap dress", "midi dress", "slip dress", "sundress", "knit dress", "shirt dress"],
        ["连衣裙", "长裙", "吊带裙", "针织连衣裙", "衬衫裙", "碎花裙", "茶歇裙", "背心裙"],
    ),
    "Outwear": (
        ["jacket", "coat", "parka", "trench coat", "puffer jacket", "denim jacket", "windbreaker", "wool overcoat"],
        ["外套", "夹克", "羽绒服", "风衣", "毛呢大衣", "棉服", "牛仔外套", "冲锋衣"],
    ),
    "Shorts": (
        ["shorts", "denim shorts", "running shorts", "Bermuda shorts", "cargo shorts", "linen shorts"],
        ["短裤", "牛仔短裤", "运动短裤", "五分裤", "休闲短裤", "沙滩裤"],
    ),
    "Hat": (
        ["hat", "baseball cap", "beanie", "bucket hat", "straw hat", "beret"],
        ["帽子", "棒球帽", "渔夫帽", "针织帽", "草帽", "贝雷帽"],
    ),
    "Skirt": (
        ["skirt", "pleated skirt", "mini skirt", "A-line skirt", "denim skirt", "pencil skirt"],
        ["半身裙", "百褶裙", "A字裙", "包臀裙", "牛仔半身裙", "短裙"],
    ),
    "Hoodie": (
        ["hoodie", "zip hoodie", "hooded sweatshirt", "pullover hoodie", "fleece hoody"],
        ["连帽卫衣", "连帽衫", "带帽卫衣", "拉链帽衫", "加绒连帽卫衣"],
    ),
    "Polo": (
        ["polo shirt", "polo", "pique polo", "short-sleeve polo shirt", "golf polo"],
        ["Polo衫", "POLO衫", "翻领polo衫", "短袖polo衫", "商务Polo衫"],
    ),
}  # fmt: skip
SHADES = {
    "black": (["black", "jet black"], ["黑色", "黑", "纯黑色"]),
    "blue": (["blue", "navy", "sky blue", "royal blue"], ["蓝色", "藏青色", "天蓝色", "浅蓝"]),
    "grey": (["grey", "gray", "charcoal", "heather grey"], ["灰色", "浅灰色", "深灰", "花灰"]),
    "pink": (["pink", "dusty pink", "hot pink"], ["粉色", "粉红色", "藕粉", "玫红"]),
    "red": (["red", "burgundy", "crimson"], ["红色", "酒红色", "大红"]),
    "green": (["green", "olive", "forest green", "mint"], ["绿色", "军绿色", "墨绿", "薄荷绿"]),
    "brown": (["brown", "camel", "chocolate"], ["棕色", "咖啡色", "驼色"]),
    "white": (["white", "off-white", "ivory"], ["白色", "米白色", "纯白"]),
}
ENGLISH = (
    "{c} {k}",
    "{w} {k} - {c}",
    "{w} {f} {k} in {c}",
    "{f} {c} {k}, size {s}",
    "{c} {f} {k} for {a}",
    "NEW {w} {c} {k} ({s})",
    "{k}, {c}, {s}",
    "The Everyday {k} | {c}",
    "{c} {k} with {d}",
    "{f} {k} {c}. Made of {m}, with {d}. Machine wash cold.",
    "Our {w} {k} comes in {c} and goes with everything: {d}, {m}, sizes XS to XXL.",
)
CHINESE = (
    "{c}{k}",
    "{w}{c}{k}",
    "2025新款{f}{c}{k}{w}",
    "{w}{k} {c} {s}码",
    "{f}{k}（{c}）",
    "【现货】{w}{f}{k} {c}",
    "{k}{w}{f}百搭{c}",
    "{c}{f}{k},{d}",
    "{f}{d}{c}{k}女夏季薄款ins潮",
    "这款{k}采用{m}面料，{d}，颜色为{c}，{w}日常通勤都合适。",
    "{c} {k} {m} {d} 包邮",
)
ENGLISH_WORDS = {
    "w": ["Women's", "Men's", "Kids'", "Unisex"],
    "f": ["casual", "slim fit", "oversized", "vintage", "classic", "lightweight", "striped"],
    "a": ["women", "men", "girls", "boys"],
    "s": ["S", "M", "L", "XL", "38"],
    "d": ["two pockets", "embroidered logo", "contrast trim", "elastic waist", "soft lining"],
    "m": ["100% cotton", "recycled polyester", "a linen blend", "merino wool", "leather"],
}
CHINESE_WORDS = {
    "w": ["女", "男", "女士", "男士", "儿童", "情侣款"],
    "f": ["宽松", "修身显瘦", "复古", "韩版", "法式", "简约", "条纹", "加厚"],
    "s": ["S", "M", "L", "XL", "38"],
    "d": ["口袋设计", "刺绣", "松紧腰", "高级感", "透气舒适", "拼接"],
    "m": ["纯棉", "涤纶", "亚麻", "羊毛", "真丝"],
}
# What shops call their shelves.
SHELVES = {
    "T-Shirt": ("Tops > T-Shirts", "上装/T恤"),
    "Longsleeve": ("Knitwear & Sweatshirts", "毛衣/针织"),
    "Pants": ("Bottoms > Trousers", "裤装"),
    "Shoes": ("Footwear", "鞋靴"),
    "Shirt": ("Shirts", "衬衫"),
    "Dress": ("Dresses", "裙装/连衣裙"),
    "Outwear": ("Coats & Jackets", "外套"),
    "Shorts": ("Shorts", "短裤"),
    "Hat": ("Hats & Caps", "配饰/帽子"),
    "Skirt": ("Skirts", "半身裙"),
    "Hoodie": ("Hoodies", "卫衣"),
    "Polo": ("Polos", "Polo衫"),
}


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("descriptions", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with asked.descriptions.open(encoding="utf-8") as file:
        given = list(csv.DictReader(file))
    dice = random.Random(asked.seed)
    titles = {row["text"]: (row["category"], row["color"], "") for row in given}
    while len(titles) < asked.rows:
        row, chinese = dice.choice(given), dice.random() < 0.5
        kind = dice.choice(KINDS[row["category"]][chinese])
        color = dice.choice(sorted(SHADES))
        words = {name: dice.choice(choice) for name, choice in (CHINESE_WORDS if chinese else ENGLISH_WORDS).items()}
        frame = dice.choice(CHINESE if chinese else ENGLISH)
        title = frame.format(k=kind, c=dice.choice(SHADES[color][chinese]), **words)
        shelf = SHELVES[row["category"]][chinese] if dice.random() < 0.5 else ""
        titles.setdefault(title, (row["category"], color, shelf))
    with asked.table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("sku", "title", "category", "expected_category", "expected_color"))
        for number, (title, (category, color, shelf)) in enumerate(titles.items(), 1):
            writer.writerow((f"W-{number:04}", title, shelf, category, color))


if __name__ == "__main__":
    main()
