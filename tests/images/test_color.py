"""Colour spaces and names."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from packshot.images.color import NAMES, main_colors, name_pixels, to_lab


def test_lab_is_that_of_another_implementation() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    theirs = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    np.testing.assert_allclose(to_lab(rgb), theirs, atol=0.35)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ffffff", "white"), ("808080", "grey"), ("101010", "black"), ("dc143c", "red"), ("800000", "red"),
        ("a01e46", "red"), ("ff69b4", "pink"), ("c71585", "pink"), ("d81b60", "pink"), ("e8d0d8", "pink"),
        ("301934", "purple"), ("7e57c2", "purple"), ("14213d", "blue"), ("1e88e5", "blue"), ("708090", "blue"),
        ("4b5563", "grey"), ("0f766e", "green"), ("2e7d32", "green"), ("101820", "black"), ("fdd835", "yellow"),
        ("fb8c00", "orange"), ("6d4c41", "brown"), ("d7c4a3", "beige"),
    ],
)  # fmt: skip
def test_colors_have_the_names_that_people_give_them(code: str, name: str) -> None:
    rgb = np.array([[bytes.fromhex(code)[i] for i in range(3)]], np.uint8)
    assert NAMES[name_pixels(rgb)[0]] == name


def test_a_white_shirt_is_white_with_its_folds() -> None:
    shirt = np.full((40, 40, 3), 235, np.uint8)
    shirt[:, ::3] = 150
    shirt[20:24] = (200, 30, 40)
    found = main_colors(shirt, least=0.05)
    assert [name for name, _ in found] == ["white", "red"]
    assert sum(share for _, share in found) == pytest.approx(1)
    only_red = np.zeros((40, 40), np.float32)
    only_red[20:24] = 1
    assert main_colors(shirt, only_red) == [("red", pytest.approx(1))]
    assert main_colors(shirt, np.zeros((40, 40), np.float32)) == []
