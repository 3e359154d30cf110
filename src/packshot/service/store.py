"""Images that are fetched by address, for a while."""

from __future__ import annotations

import re
import secrets
import threading
import time
from pathlib import Path

from packshot.files import write_atomic

_NAME = re.compile(r"[A-Za-z0-9_-]{22}\.(png|jpg|webp|avif)")
_SWEEP_SECONDS = 60.0


class ImageStore:
    """A folder of images under names that nobody can guess (128 random bits).

    Args:
        folder: where they lie.
        seconds: how long each is kept.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds
        self._swept, self._lock = 0.0, threading.Lock()

    def put(self, data: bytes, suffix: str) -> str:
        """Keep an image and return its name."""
        self._sweep()
        name = secrets.token_urlsafe(16) + suffix
        write_atomic(self.folder / name, data)
        return name

    def find(self, name: str) -> Path | None:
        """The file of a name, or None if there is none or it has expired."""
        if not _NAME.fullmatch(name):
            return None
        path = self.folder / name
        try:
            age = time.time() - path.stat().st_mtime
        except OSError:
            return None
        return path if age < self.seconds else None

    def _sweep(self) -> None:
        with self._lock:
            if time.monotonic() - self._swept < _SWEEP_SECONDS or not self.folder.is_dir():
                return
            self._swept = time.monotonic()
        for path in self.folder.iterdir():
            try:
                if time.time() - path.stat().st_mtime > self.seconds:
                    path.unlink()
            except OSError:
                # Another process sweeps the same folder.
                continue
