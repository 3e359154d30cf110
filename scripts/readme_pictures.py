"""Make docs/images/default.png: what the default model draws from descriptions in both languages.

python scripts/readme_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from packshot.files import write_atomic
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.images.encode import encode
from packshot.images.resize import resize

ROWS = (
    ("red dress", "绿色连衣裙", "black T-shirt", "粉色T恤", "blue trousers", "黑色裤子", "red shoes", "棕色鞋子"),
    ("blue jacket", "灰色外套", "white shirt", "蓝色衬衫", "green shorts", "红色短裤", "black hat", "蓝色帽子"),
    ("red skirt", "黑色半身裙", "grey hoodie", "红色连帽卫衣", "white polo shirt", "绿色Polo衫", "red top", "白色上衣"),
)
SEED, SIDE = 1, 128


def main() -> None:
    wanted = [(text, SEED + i) for row in ROWS for i, text in enumerate(row)]
    pictures = [resize(g.pixels, SIDE, SIDE) for g in Generator(open_model(None)).pictures(wanted)]
    width = len(ROWS[0])
    sheet = [np.concatenate(pictures[i : i + width], axis=1) for i in range(0, len(pictures), width)]
    target = Path(__file__).parents[1] / "docs" / "images" / "default.png"
    write_atomic(target, encode(np.concatenate(sheet), "png"))
    print(target)


if __name__ == "__main__":
    main()
