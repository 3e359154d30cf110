"""Copies of pictures, changed as shops, market places and scrapers change them.

``SIX`` are the kinds that the thresholds of ``packshot.catalog.agreement`` were set on; ``OTHERS`` were only measured.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

SIX = ("recompressed", "resized", "cropped", "brightness", "color shift", "mirrored")
OTHERS = (
    "all but mirrored", "rotated 1-2°", "framed", "watermark", "logo", "gamma", "webp", "blur", "cropped 6-10 %",
    "grayscale", "contrast", "noise", "sharpened", "stretched", "saturation", "hue", "jpeg 10", "perspective",
)  # fmt: skip


def changed(image: Image.Image, way: str, rng: np.random.Generator) -> Image.Image:
    """An RGB copy of an RGB picture, changed in one of the ways of ``SIX`` or ``OTHERS``."""
    match way:
        case "recompressed":
            return encoded(image, "JPEG", int(rng.integers(20, 60)))
        case "resized":
            return resized(image, rng.uniform(0.4, 0.8))
        case "cropped":
            return cropped(image, rng.uniform(0.01, 0.06, 4))
        case "brightness":
            return ImageEnhance.Brightness(image).enhance(float(rng.choice([0.7, 0.8, 1.2, 1.3])))
        case "color shift":
            return tinted(image, rng.uniform(0.85, 1.15, 3))
        case "mirrored":
            return ImageOps.mirror(image)
        case "all but mirrored":
            small = resized(cropped(image, rng.uniform(0, 0.05, 4)), rng.uniform(0.4, 0.8))
            return encoded(tinted(small, rng.uniform(0.85, 1.15, 3)), "JPEG", 60)
        case "rotated 1-2°":
            angle = float(rng.choice([-2, -1, 1, 2]))
            return image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
        case "framed":
            return framed(image, rng)
        case "watermark":
            return watermarked(image, rng)
        case "logo":
            return with_logo(image, rng)
        case "gamma":
            gamma = float(rng.choice([0.6, 0.75, 1.35, 1.7]))
            return Image.fromarray((255 * (np.asarray(image, np.float32) / 255) ** gamma).astype(np.uint8))
        case "webp":
            return encoded(image, "WEBP", int(rng.integers(15, 50)))
        case "blur":
            return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.8, 2.2)) * max(image.size) / 320))
        case "cropped 6-10 %":
            return cropped(image, rng.uniform(0.06, 0.1, 4))
        case "grayscale":
            return image.convert("L").convert("RGB")
        case "contrast":
            return ImageEnhance.Contrast(image).enhance(float(rng.choice([0.6, 1.5])))
        case "noise":
            noise = rng.normal(0, 12, (image.height, image.width, 3))
            return Image.fromarray(np.clip(np.asarray(image, np.float32) + noise, 0, 255).astype(np.uint8))
        case "sharpened":
            return image.filter(ImageFilter.UnsharpMask(2, 150))
        case "stretched":
            return image.resize((round(image.width * float(rng.choice([0.88, 1.12]))), image.height))
        case "saturation":
            return ImageEnhance.Color(image).enhance(float(rng.choice([0.4, 1.8])))
        case "hue":
            hsv = np.array(image.convert("HSV"))
            hsv[..., 0] = (hsv[..., 0].astype(int) + int(rng.choice([-12, 12, 18]))) % 256
            return Image.fromarray(hsv, "HSV").convert("RGB")
        case "jpeg 10":
            return encoded(image, "JPEG", 10)
        case "perspective":
            return seen_aslant(image, rng)
    raise ValueError(way)


def encoded(image: Image.Image, kind: str, quality: int) -> Image.Image:
    data = io.BytesIO()
    image.save(data, kind, quality=quality)
    return Image.open(data).convert("RGB")


def resized(image: Image.Image, scale: float) -> Image.Image:
    size = max(32, round(image.width * scale)), max(32, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS)


def cropped(image: Image.Image, sides: np.ndarray) -> Image.Image:
    """Without these shares of the width or height: left, top, right, bottom."""
    left, top, right, bottom = sides
    width, height = image.size
    return image.crop(
        (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    )


def tinted(image: Image.Image, gains: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.asarray(image, np.float32) * gains, 0, 255).astype(np.uint8))


def framed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """With 4 to 15 % of white, light grey or black on each side."""
    width, height = image.size
    left, top, right, bottom = rng.uniform(0.04, 0.15, 4)
    grey = int(rng.choice([0, 255, 255, 240]))
    border = int(width * left), int(height * top), int(width * right), int(height * bottom)
    return ImageOps.expand(image, border, (grey, grey, grey))


def watermarked(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = image.size
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    font = ImageFont.load_default(size=max(12, int(width * rng.uniform(0.08, 0.14))))
    grey, alpha = int(rng.choice([0, 255])), int(rng.integers(90, 200))
    place = rng.uniform(0.02, 0.3) * width, rng.uniform(0.1, 0.8) * height
    words = str(rng.choice(["SAMPLE", "my-shop.com", "© PHOTO"]))
    ImageDraw.Draw(layer).text(place, words, fill=(grey, grey, grey, alpha), font=font)
    if rng.random() < 0.5:
        layer = layer.rotate(float(rng.uniform(-30, 30)))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def with_logo(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """With a disc of 12 to 22 % of the width in a corner."""
    width, height = image.size
    marked, share = image.copy(), rng.uniform(0.12, 0.22)
    x, y = rng.integers(0, 2) * (1 - share) * width, rng.integers(0, 2) * (1 - share) * height
    color = tuple(rng.integers(0, 256, 3).tolist())
    ImageDraw.Draw(marked).ellipse((x, y, x + share * width, y + share * width), fill=color)
    return marked


def seen_aslant(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = image.size
    x0, y0, x1, y1, x2, y2, x3, y3 = rng.uniform(0, 0.03, 8) * width
    corners = (x0, y0, x1, height - y1, width - x2, height - y2, width - x3, y3)
    return image.transform((width, height), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
