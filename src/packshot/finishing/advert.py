"""Advertisements: the product on a colour of its own, with title and price, as a template lays it out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from packshot.finishing import paragraph, shadow, typeset
from packshot.finishing.place import Subject, arrange, fitted, laid, lift, place
from packshot.finishing.preset import Box, Template, TextBlock
from packshot.images.color import to_lab
from packshot.images.decode import Picture

Colour = tuple[int, int, int]
# Contrast ratio for text, WCAG 2.1, success criterion 1.4.3.
_CONTRAST = 4.5
# A product's share of its white panel; the corners' radius of panels and whole photos as a share of the shorter side.
_PANEL_FILL, _RADIUS = 0.86, 0.04
_LAB_TO_XYZ_WHITE = np.array([0.95047, 1.0, 1.08883])
_XYZ_TO_RGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)


def compose(
    picture: Picture, width: int, height: int, template: Template, title: str, price: str, notes: list[str]
) -> tuple[NDArray[np.uint8], float]:
    """An advertisement.

    Args:
        picture: the product.
        width, height: of the frame, pixels.
        title, price: texts; empty leaves one out.
        notes: what a person should know is added here.

    Returns:
        (height, width, 3) uint8, and the scale from the picture's pixels to the frame's.

    Raises:
        PackshotError: no font can write the texts.
    """
    subject = lift(picture, onto_white=False, shadow=False)
    tone = product_tone(subject) if isinstance(subject, Subject) else np.array([90.0, 0.0, 4.0])
    page = background(template, width, height, tone)
    left, top, right, bottom = _pixels(template.product, width, height)
    if isinstance(subject, Subject) and subject.fades:
        notes.append("shown on a white panel: the product fades into its white paper")
        panel, scale = place(_on_paper(picture), right - left, bottom - top, _PANEL_FILL)
        _lay(panel, page[top:bottom, left:right])
    elif isinstance(subject, Subject):
        # The shadow may leave the product's box, and ends in nothing, not in a line.
        layers = np.zeros((height, width, 4), np.float32)
        layers[top:bottom, left:right], scale = arrange(subject, right - left, bottom - top, 0.98)
        page = laid(shadow.under(layers), page)
    else:
        notes.append(f"the picture is used with its background: {subject}")
        small, scale = fitted(picture, right - left, bottom - top)
        y, x = (top + bottom - small.shape[0]) // 2, (left + right - small.shape[1]) // 2
        _lay(small, page[y : y + small.shape[0], x : x + small.shape[1]])
    if title and template.title:
        page = _text(page, template.title, title, tone, is_price=False)
    if price and template.price:
        page = _text(page, template.price, price, tone, is_price=True)
    return page, scale


def _on_paper(picture: Picture) -> Subject:
    """A product that lies on white paper, with the paper made white."""
    subject = lift(picture, onto_white=True)
    if isinstance(subject, str):
        raise AssertionError("what was found on white paper is found again")
    return subject


def _lay(picture: NDArray[np.uint8], page: NDArray[np.uint8]) -> None:
    """Lay a picture with round corners on a part of the page of the same size, (h, w, 3) uint8, in place."""
    height, width = page.shape[:2]
    # Drawn at four times the size, the corners are smooth.
    cover = Image.new("L", (4 * width, 4 * height))
    radius = 4 * round(_RADIUS * min(height, width))
    ImageDraw.Draw(cover).rounded_rectangle((0, 0, 4 * width - 1, 4 * height - 1), radius, fill=255)
    opacity = np.asarray(cover.reduce(4), np.float32)[..., None] / np.float32(255)
    page[:] = np.rint(picture * opacity + page * (1 - opacity))


def product_tone(subject: Subject) -> NDArray[np.float64]:
    """The product's mean colour in CIELAB, its colourful parts counting most; (3,)."""
    solid = subject.opacity > 0.9
    if not solid.any():
        return np.array([50.0, 0.0, 0.0])
    lab = to_lab(np.clip(subject.light[solid], 0, 255).astype(np.uint8)).astype(np.float64)
    weight = 1 + np.hypot(lab[:, 1], lab[:, 2])
    tone: NDArray[np.float64] = (lab * weight[:, None]).sum(0) / weight.sum()
    return tone


def background(template: Template, width: int, height: int, tone: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The page: a pale relative of the product's colour, or the template's own; (height, width, 3) uint8."""
    if template.background.startswith("#"):
        page = np.empty((height, width, 3), np.uint8)
        page[:] = _parsed(template.background)
        return page
    chroma = float(np.hypot(tone[1], tone[2]))
    # A colourful product gets a tint of its hue, a grey one a warm grey; a pale one a deeper page to stand out from.
    direction = tone[1:] / chroma if chroma > 6 else np.array([0.3, 0.95])
    strength = min(18.0, 5 + 0.3 * chroma)
    middle = 79.0 if tone[0] > 78 and chroma < 20 else 90.0
    rise = 5.0 if template.background == "gradient" else 0.0
    lightness = np.linspace(middle + rise, middle - rise, height)
    lab = np.stack([lightness, *(np.full(height, v * strength) for v in direction)], -1)
    rows = _to_rgb(lab)
    # Half a level of ordered noise keeps the slow gradient from banding.
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 0.5
    dither = np.tile(order, (height // 4 + 1, 1))[:height, :, None]
    # Every fourth column is the same.
    columns = np.clip(np.rint(rows[:, None, :] + (dither if rise else 0 * dither)), 0, 255).astype(np.uint8)
    return np.tile(columns, (1, width // 4 + 1, 1))[:, :width].copy()


def _text(
    page: NDArray[np.uint8], block: TextBlock, text: str, tone: NDArray[np.float64], *, is_price: bool
) -> NDArray[np.uint8]:
    height, width = page.shape[:2]
    left, top, right, bottom = _pixels(block.box, width, height)
    font = typeset.font_for(text + "…", block.font)
    size = block.size * min(width, height)
    if is_price:
        lines = [paragraph.price_runs(text)]
        size = min(paragraph.fit_line(lines[0], size, right - left, font), 1.0 * (bottom - top))
    else:
        lines, size = paragraph.fit(text, size, right - left, bottom - top, block.lines, font)
    stroke = max(1, round(size / 36)) if block.bold else 0
    colour = _parsed(block.color) if block.color != "auto" else _legible(page[top:bottom, left:right], tone)
    step = paragraph.leading(size)
    # The block stands in the middle of its box; the baseline lies 0.86 em below a line's top in most fonts.
    first = (top + bottom) / 2 - (step * (len(lines) - 1) + size) / 2 + 0.86 * size
    for number, runs in enumerate(lines):
        spare = right - left - paragraph.measure(runs, size, font)
        x = left + spare * {"left": 0.0, "center": 0.5, "right": 1.0}[block.align]
        page = paragraph.draw(page, runs, x, first + number * step, size, font, colour, stroke)
    return page


def _legible(under: NDArray[np.uint8], tone: NDArray[np.float64]) -> Colour:
    """A dark or light relative of the product's colour that can be read on a page."""
    page = float(np.median(to_lab(under)[..., 0]))
    for lightness in (24.0, 12.0, 0.0) if page > 50 else (92.0, 98.0, 100.0):
        lab = np.array([[lightness, tone[1] * 0.4, tone[2] * 0.4]])
        if _contrast(page, lightness) >= _CONTRAST:
            red, green, blue = (int(v) for v in np.rint(_to_rgb(lab)[0]))
            return red, green, blue
    return (0, 0, 0) if page > 50 else (255, 255, 255)


def _contrast(a: float, b: float) -> float:
    """WCAG contrast ratio of two lightnesses L*."""
    y = [((v + 16) / 116) ** 3 if v > 8 else v / 903.3 for v in (a, b)]
    return (max(y) + 0.05) / (min(y) + 0.05)


def _to_rgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB levels, 0..255, of CIELAB (D65), (n, 3); CIE 15:2004, section 8.2.1, inverted."""
    fy = (lab[:, 0] + 16) / 116
    f = np.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _LAB_TO_XYZ_WHITE
    linear = np.clip(xyz @ _XYZ_TO_RGB.T, 0, 1)
    levels: NDArray[np.float64] = 255 * np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return levels


def _parsed(color: str) -> Colour:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    return round(left * width), round(top * height), round(right * width), round(bottom * height)
