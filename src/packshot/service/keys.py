"""API keys: shown once when they are made, kept as salted hashes, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packshot.errors import PackshotError
from packshot.files import write_atomic

_PREFIX = "ps-"


class Keys:
    """The keys of a state folder; a key that is added or removed counts from the next request on.

    A key is 256 random bits, so one round of SHA-256 with a salt keeps it: there is nothing to guess.
    """

    def __init__(self, state: Path) -> None:
        self.path = state / "keys.json"
        self._seen: tuple[int, int] | None = None
        self._entries: list[dict[str, Any]] = []

    def add(self, name: str) -> str:
        """Make a key for ``name`` and return it.

        Raises:
            PackshotError: the name is empty or taken.
        """
        if not name.strip():
            raise PackshotError("a key needs a name", "--new-key", usage=True)
        entries = self._read()
        if any(entry["name"] == name for entry in entries):
            raise PackshotError(f"there is a key called {name!r} already", "--new-key", usage=True)
        key, salt = _PREFIX + secrets.token_urlsafe(32), secrets.token_hex(16)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        entries.append({"name": name, "salt": salt, "sha256": _digest(salt, key), "created": created})
        write_atomic(self.path, json.dumps(entries, ensure_ascii=False, indent=2).encode())
        self.path.chmod(0o600)
        return key

    def remove(self, name: str) -> None:
        """Forget the key of that name.

        Raises:
            PackshotError: there is none.
        """
        entries = self._read()
        kept = [entry for entry in entries if entry["name"] != name]
        if len(kept) == len(entries):
            raise PackshotError(f"there is no key called {name!r}", "--remove-key", usage=True)
        write_atomic(self.path, json.dumps(kept, ensure_ascii=False, indent=2).encode())
        self.path.chmod(0o600)

    def __bool__(self) -> bool:
        return bool(self._read())

    def owner(self, key: str) -> str | None:
        """Whose key it is, or None. It takes as long for a wrong key as for a right one."""
        found = None
        for entry in self._read():
            if hmac.compare_digest(_digest(entry["salt"], key), entry["sha256"]):
                found = str(entry["name"])
        return found

    def _read(self) -> list[dict[str, Any]]:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._seen, self._entries = None, []
            return []
        if self._seen != (stat.st_mtime_ns, stat.st_ino):
            try:
                self._entries = json.loads(self.path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise PackshotError("the file with the keys cannot be read", self.path) from error
            self._seen = (stat.st_mtime_ns, stat.st_ino)
        return self._entries


def _digest(salt: str, key: str) -> str:
    return hashlib.sha256(f"{salt}{key}".encode()).hexdigest()
