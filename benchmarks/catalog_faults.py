"""What a catalog build finds of faults planted in clean pictures: recall and precision by kind.

    python benchmarks/catalog_faults.py FOLDER [--seed N] [--others]

FOLDER holds photos of different products, such as the images of a data set. A thousand are drawn and cleared of
their own duplicates; 300 near duplicates of six kinds, 50 broken files, 50 rows of placeholder pictures and 30 rows
with personal data are planted, the catalog is built once, and its rows and rejected candidates are held against what
was planted. With --others, the near duplicates are of kinds that nothing was set on.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageDraw, ImageFont
from planting import OTHERS, SIX, changed

from packshot.catalog import Catalog, Options, build
from packshot.catalog.hashing import bits, perceptual_hash

CLEAN, COPIES, BROKEN, PLACEHOLDERS, PERSONAL = 1000, 300, 50, 50, 30
# Originals nearer to each other than this many bits are not both taken.
_OWN_DUPLICATES = 10
_KINDS = ("dress", "T-shirt", "leather boots", "wooden chair", "silver watch", "backpack", "coffee mug", "desk lamp")
_NAMES = (
    "Alba", "Brio", "Cora", "Dune", "Echo", "Faro", "Gala", "Halo", "Iris", "Juno", "Kite", "Luna", "Mira", "Nova",
    "Opal", "Pina", "Quill", "Rune", "Sola", "Tess", "Una", "Vera", "Wren", "Xena", "Yara", "Zora",
)  # fmt: skip
# Numbers that are about the product.
_HARMLESS = (
    "Item no. 4006381333931", "100% cotton, 180 g", "EAN 5901234123457", "30 x 40 x 12 cm", "Model XJ-200-1180",
    "Art. 2023-08-15", "货号 20230815", "额定功率 1800W", "SKU 884411 / 39 / 2", "Size 36-38, price 1299.00",
)  # fmt: skip


@dataclass
class Shop:
    """A shop's export being written: rows, and what was planted."""

    folder: Path
    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    copy_of: dict[str, str] = field(default_factory=dict)
    way_of: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    placeholder: set[str] = field(default_factory=set)
    secret: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, sku: str, data: bytes, rng: np.random.Generator, suffix: str = ".jpg", said: str = "") -> None:
        kind, name = str(rng.choice(_KINDS)), " ".join(map(str, rng.choice(_NAMES, 3, replace=False)))
        (self.folder / f"{sku}{suffix}").write_bytes(data)
        self.rows.append((sku, f"{name} {kind}", said or str(rng.choice(_HARMLESS)), kind, f"{sku}{suffix}"))

    def write(self) -> None:
        with (self.folder / "products.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("sku", "title", "description", "category", "image"), *self.rows])


def originals(folder: Path, rng: np.random.Generator) -> Iterator[tuple[Path, Image.Image]]:
    """Pictures in random order, those left out that are near one which came before."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    seen = np.zeros((0, 8), np.uint8)
    for index in rng.permutation(len(files)):
        with Image.open(files[index]) as opened:
            image = opened.convert("RGB")
        both = bits([perceptual_hash(np.asarray(image)), perceptual_hash(np.asarray(image)[:, ::-1])])
        if len(seen) and np.bitwise_count(seen[:, None] ^ both).sum(-1).min() <= _OWN_DUPLICATES:
            continue
        seen = np.concatenate([seen, both[:1]])
        yield files[index], image


def broken_files(rng: np.random.Generator, good: Iterator[bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Kind, suffix and content of files that are not, or no longer, pictures."""
    png = io.BytesIO()
    Image.effect_noise((90, 90), 60).save(png, "PNG")
    png_data = png.getvalue()
    while True:
        data = next(good)
        third, half = len(data) // 3, len(data) // 2
        yield "empty", ".jpg", b""
        yield "cut off", ".jpg", data[: int(len(data) * rng.uniform(0.1, 0.95))]
        yield "cut off and closed", ".jpg", data[:half] + b"\xff\xd9"
        yield "zeros in the middle", ".jpg", data[:third] + bytes(third) + data[2 * third :]
        yield "random bytes in the middle", ".jpg", data[:half] + rng.bytes(2000) + data[half + 2000 :]
        yield "a hole in the middle", ".jpg", data[:half] + data[half + 2500 :]
        yield "header overwritten", ".jpg", bytes(100) + data[100:]
        yield "random bytes", ".png", rng.bytes(5000)
        yield "an error page", ".jpg", b"<!doctype html><title>404</title><p>Not found</p>"
        yield "PNG cut off", ".png", png_data[: int(len(png_data) * rng.uniform(0.2, 0.9))]
        yield "PNG with a wrong checksum", ".png", png_data[:60] + bytes([png_data[60] ^ 255]) + png_data[61:]
        yield "header alone", ".gif", b"GIF89a"


def placeholder(design: int) -> Image.Image:
    """A shop's stand-in for pictures it does not have."""
    grounds, words = ("#eeeeee", "#ffffff", "#dfe6ee"), ("NO IMAGE", "Coming soon", "Image not\navailable")
    image = Image.new("RGB", (400, 400), grounds[design])
    draw = ImageDraw.Draw(image)
    draw.rectangle((130, 110, 270, 210), outline="#999999", width=6)
    draw.ellipse((175, 135, 225, 185), outline="#999999", width=6)
    draw.text((90, 250), words[design], fill="#777777", font=ImageFont.load_default(size=44))
    return image


def personal(number: int, rng: np.random.Generator) -> tuple[str, str, str]:
    """Kind of personal data, the data, and a description that holds it."""
    digits = "".join(map(str, rng.integers(0, 10, 8)))
    mobile = f"1{rng.choice(list('3456789'))}{rng.integers(0, 10)}{digits}"
    spaced = f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}"
    identity, card = _chinese_id(rng), _card(rng)
    kinds = (
        ("Chinese mobile", mobile, f"有问题请打电话{mobile}，质量很好"),
        ("Chinese mobile, spaced", spaced, f"Soft and warm. Ask Li at {spaced}."),
        ("landline", f"010-{digits}", f"售后 010-{digits} 周一至周五"),
        ("international phone", "+44 20 7946 0958", "For bulk orders phone +44 20 7946 0958."),
        ("e-mail", f"shop.{digits[:4]}@example.co.uk", f"Questions? shop.{digits[:4]}@example.co.uk, we answer fast."),
        ("Chinese ID number", identity, f"联系人身份证 {identity}"),
        ("bank card", card, f"Transfer to {card} before dispatch"),
        ("WeChat", f"mm_{digits[:6]}", f"更多款式加微信：mm_{digits[:6]}"),
        ("QQ", f"1{digits}", f"客服QQ:1{digits} 在线"),
        ("order number", f"TB{digits}01", f"订单号：TB{digits}01 的同款"),
    )
    return kinds[number % len(kinds)]


def _chinese_id(rng: np.random.Generator) -> str:
    body = (
        f"110105{rng.integers(1955, 2004)}{rng.integers(1, 13):02d}{rng.integers(1, 28):02d}{rng.integers(0, 1000):03d}"
    )
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def _card(rng: np.random.Generator) -> str:
    body = "622202" + "".join(map(str, rng.integers(0, 10, 12)))
    total = sum(d * 2 - 9 * (d > 4) if i % 2 == 0 else d for i, d in enumerate(map(int, reversed(body))))
    whole = body + str(-total % 10)
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))


def planted(source: Path, folder: Path, ways: tuple[str, ...], rng: np.random.Generator) -> Shop:
    shop = Shop(folder)
    drawn = originals(source, rng)
    clean = [next(drawn) for _ in range(CLEAN)]
    for number, (path, _) in enumerate(clean):
        said = ""
        if number < PERSONAL:
            kind, secret, said = personal(number, rng)
            shop.secret[f"clean{number}"] = kind, secret
        shop.add(f"clean{number}", path.read_bytes(), rng, path.suffix.lower(), said)
    for number, original in enumerate(rng.choice(CLEAN, COPIES, replace=False)):
        way, sku, data = ways[number % len(ways)], f"copy{number}", io.BytesIO()
        copy = changed(clean[original][1], way, rng)
        copy.save(data, "JPEG", quality=35) if way == "recompressed" else copy.save(data, "JPEG", quality=92)
        shop.add(sku, data.getvalue(), rng)
        shop.copy_of[sku], shop.way_of[sku] = f"clean{original}", way
    files = broken_files(rng, (path.read_bytes() for path, _ in drawn if path.suffix.lower() != ".png"))
    for number in range(BROKEN):
        kind, suffix, content = next(files)
        shop.add(f"broken{number}", content, rng, suffix)
        shop.broken[f"broken{number}"] = kind
    for number in range(PLACEHOLDERS):
        data, image = io.BytesIO(), placeholder(number % 3)
        if number % 5 == 4:
            # The same stand-in, saved anew in another size.
            side = int(rng.integers(200, 600))
            image.resize((side, side), Image.Resampling.LANCZOS).save(data, "JPEG", quality=int(rng.integers(60, 95)))
        else:
            image.save(data, "PNG")
        shop.add(f"placeholder{number}", data.getvalue(), rng, ".jpg" if number % 5 == 4 else ".png")
        shop.placeholder.add(f"placeholder{number}")
    shop.write()
    return shop


def duplicates(shop: Shop, group: dict[str, str]) -> None:
    found, of, missed = Counter[str](), Counter[str](), []
    for sku, origin in shop.copy_of.items():
        hit = sku in group and group.get(origin) == group[sku]
        of[shop.way_of[sku]] += 1
        found[shop.way_of[sku]] += hit
        if not hit:
            missed.append(f"{sku} of {origin} ({shop.way_of[sku]})")
    members: dict[str, list[str]] = {}
    for sku, name in group.items():
        members.setdefault(name, []).append(sku)
    right, wrong = 0, []
    for together in members.values():
        for i, one in enumerate(together):
            for other in together[:i]:
                if shop.copy_of.get(one, one) == shop.copy_of.get(other, other):
                    right += 1
                else:
                    wrong.append((one, other))
    for way in of:
        print(f"  {way:<18} {found[way]:>4} of {of[way]:>4}")
    recall, precision = found.total() / of.total(), right / max(1, right + len(wrong))
    print(f"  near duplicates: recall {recall:.4f}, precision {precision:.4f}")
    for line in (*missed[:15], *(f"{a} and {b} in one group" for a, b in wrong[:15])):
        print(f"    {line}")


def rejections(name: str, wanted: set[str], got: set[str]) -> None:
    hit = len(wanted & got)
    print(f"  {name}: recall {hit / len(wanted):.4f}, precision {hit / max(1, len(got)):.4f}")
    for sku in sorted(wanted - got)[:10]:
        print(f"    {sku} was not found")
    for sku in sorted(got - wanted)[:10]:
        print(f"    {sku} is none")


def redactions(shop: Shop, text: dict[str, str]) -> None:
    left = [sku for sku, (_, secret) in shop.secret.items() if secret in text[sku]]
    said = {row[0]: row[2] for row in shop.rows}
    harmed = [sku for sku in text if sku not in shop.secret and not _intact(said[sku], text[sku])]
    taken = len(shop.secret) - len(left)
    print(
        f"  personal data: recall {taken / len(shop.secret):.4f}, precision {taken / max(1, taken + len(harmed)):.4f}"
    )
    for sku in left:
        print(f"    {shop.secret[sku][0]} is left in {sku}: {text[sku]}")
    for sku in harmed[:10]:
        print(f"    {said[sku]!r} became {text[sku]!r}")


def _intact(said: str, text: str) -> bool:
    digits = [c for c in said if c.isdigit()]
    return "".join(digits) in "".join(c for c in text if c.isdigit())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--workers", type=int)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "shop")
        folder.mkdir()
        shop = planted(options.folder, folder, OTHERS if options.others else SIX, rng)
        built = Path(temporary, "catalog")
        counts = build([folder], built, Options(mirrored=True, workers=options.workers))
        catalog, rejected = Catalog(built), pl.read_parquet(built / "rejected.parquet")
        rows = pl.concat([catalog.train, catalog.test])
        print(json.dumps(counts["rejected_by_reason"], ensure_ascii=False))
        by_reason = {reason: set(part["sku"]) for (reason,), part in rejected.group_by("reason")}
        duplicates(shop, dict(zip(rows["sku"], rows["group"], strict=True)))
        rejections("broken files", set(shop.broken), by_reason.get("unreadable", set()))
        for sku in set(shop.broken) & set(rows["sku"]):
            print(f"    {shop.broken[sku]}: {sku}")
        rejections("placeholders", shop.placeholder, by_reason.get("placeholder", set()))
        redactions(shop, dict(zip(rows["sku"], rows["text"], strict=True)))


if __name__ == "__main__":
    main()
