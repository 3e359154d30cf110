"""The optional packages of this room."""

from __future__ import annotations

from importlib.util import find_spec

from packshot.errors import missing_extra

_PACKAGES = ("polars", "pyarrow", "cv2", "faiss", "charset_normalizer", "simplejpeg")


def require(*packages: str) -> None:
    """Check that the packages which the room always uses, and ``packages``, are installed.

    Raises:
        PackshotError: one is not; the hint says what to install.
    """
    for package in (*_PACKAGES, *packages):
        if find_spec(package) is None:
            raise missing_extra("catalog", package)
