"""What a user's mistake or a bad file turns into: one line, never a traceback."""

from __future__ import annotations


class PackshotError(Exception):
    """Something that the user can act on.

    Args:
        what: what went wrong, without a full stop.
        where: the file, column, option or row it concerns; empty if it is nowhere in particular.
        hint: what to do about it, a sentence with its full stop; empty if there is nothing to add.
        usage: True when the command line itself is at fault (exit status 2 instead of 1).
    """

    def __init__(self, what: str, where: object = "", hint: str = "", *, usage: bool = False) -> None:
        self.what = what
        self.where = str(where)
        self.hint = hint
        self.usage = usage
        super().__init__(str(self))

    def __str__(self) -> str:
        line = f"{self.what} ({self.where})." if self.where else f"{self.what}."
        # A file name or an upstream message may hold line breaks; the contract is one line.
        return " ".join(f"{line} {self.hint}".split())

    @property
    def exit_code(self) -> int:
        return 2 if self.usage else 1


def missing_extra(extra: str, package: str) -> PackshotError:
    """The error for a verb that needs packages which the base installation leaves out."""
    return PackshotError(
        f"this needs the optional package {package}",
        hint=f"Install it with: pip install 'packshot[{extra}]'.",
    )
