"""Which features a person asked for."""

from __future__ import annotations

from pathlib import Path

from packshot.features.base import Features
from packshot.features.lite0 import Lite0


def choose_features(inception: str | None = None, folder: Path | None = None) -> Features:
    """lite0 unless others are named.

    Args:
        inception: path of ``inception-2015-12-05.pt``, or ``download``.
        folder: of a Hugging Face vision model.

    Raises:
        PackshotError: what is named is missing, or needs a package that is not installed.
    """
    if inception:
        from packshot.features.inception import Inception, download

        return Inception(download() if inception == "download" else Path(inception))
    if folder:
        from packshot.features.hub import HubFeatures

        return HubFeatures(folder)
    return Lite0()
