"""The product's mask in a picture, and the product alone on white."""

from packshot.cutout.cut import cut_out, on_plain
from packshot.cutout.place import place_on_white
from packshot.cutout.result import CutOut

__all__ = ["CutOut", "cut_out", "on_plain", "place_on_white"]
