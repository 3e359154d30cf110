"""packshot: makes, finishes and judges product images from product descriptions."""

__version__ = "0.1.0"
