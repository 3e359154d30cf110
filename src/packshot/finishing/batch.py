"""Many pictures: each finished on its own, so that a bad one is reported and never stops the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packshot.engines import LocalEngine
from packshot.errors import PackshotError
from packshot.files import write_new
from packshot.finishing.check import Report, check
from packshot.finishing.finish import Options, finish, finished_from
from packshot.finishing.preset import Preset
from packshot.images.encode import SUFFIXES

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


@dataclass(frozen=True)
class Outcome:
    """What became of one picture.

    Attributes:
        source, target: paths; the target is None if nothing was made.
        written: False if the same file was there before.
        ai: True if it is labelled as made by AI.
        enlarged: see `Finished`.
        notes: what a person should know.
        error: why nothing was made, one line; empty if something was.
    """

    source: Path
    target: Path | None
    written: bool = False
    ai: bool = False
    enlarged: float = 0.0
    notes: tuple[str, ...] = ()
    error: str = ""


def pictures(paths: Iterable[Path]) -> list[Path]:
    """Files as they are, and the pictures of folders, sorted by name.

    Raises:
        PackshotError: a path does not exist, or a folder holds no picture.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
            if not inside:
                raise PackshotError("no pictures in the folder", path)
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise PackshotError("no such file", path)
    return found


def finish_files(
    sources: Sequence[Path],
    preset: Preset,
    folder: Path,
    options: Options | None = None,
    *,
    overwrite: bool = False,
    workers: int | None = None,
) -> Iterator[Outcome]:
    """Finish pictures into a folder, in order, on all cores.

    What an earlier run has finished there already, with the same preset and options, is left as it is.

    Args:
        sources: files; each becomes a file of the same name in ``folder``.
        workers: processes; None is one a core. A single picture is finished in the calling process.

    Raises:
        PackshotError: two sources would become the same file.
    """
    jobs = list(zip(sources, _targets(sources, folder, SUFFIXES[preset.make.format]), strict=True))
    if len(jobs) == 1:
        # Nothing else could be lost with it, so no process has to start.
        workers = 0
    work = partial(_one, preset=preset, options=options or Options(), overwrite=overwrite)
    yield from LocalEngine(workers).map(work, jobs, _lost)


@dataclass(frozen=True)
class Checked:
    """What came of holding one file against the rules.

    Attributes:
        source: path.
        report: None if the file could not be looked at.
        error: why not, one line; empty if it could.
    """

    source: Path
    report: Report | None
    error: str = ""


def check_files(sources: Sequence[Path], preset: Preset) -> Iterator[Checked]:
    """Hold files against a market's rules, in order, on all cores."""
    # One file is looked at before another process would have started.
    workers = 0 if len(sources) == 1 else None
    yield from LocalEngine(workers).map(partial(_checked, preset=preset), sources, _unchecked)


def _checked(source: Path, preset: Preset) -> Checked:
    try:
        return Checked(source, check(read(source), preset))
    except PackshotError as error:
        return Checked(source, None, error.what)
    except Exception as error:
        return Checked(source, None, _unexpected(error))


def _unchecked(source: Path) -> Checked:
    return Checked(source, None, "checking it killed the process.")


def _unexpected(error: Exception) -> str:
    return " ".join(f"unexpected {type(error).__name__}: {error}".split())[:300]


def _targets(sources: Sequence[Path], folder: Path, suffix: str) -> list[Path]:
    owner: dict[Path, Path] = {}
    for source in sources:
        target = folder / f"{source.stem}{suffix}"
        if target in owner:
            raise PackshotError(
                f"two pictures would become {target.name}",
                f"{owner[target]} and {source}",
                "Finish them into different folders.",
                usage=True,
            )
        owner[target] = source
    return list(owner)


def _one(job: tuple[Path, Path], preset: Preset, options: Options, overwrite: bool) -> Outcome:
    source, target = job
    try:
        data = read(source)
        # A run that was killed goes on where it was; signatures, which no second run repeats, are no conflict then.
        done = None if overwrite or not target.is_file() else finished_from(data, read(target), preset, options)
        if done is not None:
            return Outcome(source, target, False, done.ai, done.enlarged, done.notes)
        done = finish(data, preset, options)
        written = write_new(target, done.data, overwrite=overwrite)
    except PackshotError as error:
        # The path is the outcome's own; an error that came from the bytes alone does not know it.
        return Outcome(source, None, error=str(error))
    except Exception as error:
        # Ten thousand files hold every fault there is; this one is reported like any other, and the rest go on.
        return Outcome(source, None, error=_unexpected(error))
    return Outcome(source, target, written, done.ai, done.enlarged, done.notes)


def _lost(job: tuple[Path, Path]) -> Outcome:
    return Outcome(job[0], None, error="finishing it killed the process.")


def read(path: Path) -> bytes:
    """A file's content.

    Raises:
        PackshotError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackshotError(f"cannot read: {error.strerror or error}", path) from None
