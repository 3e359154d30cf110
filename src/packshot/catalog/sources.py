"""From the folders and files that a user names to candidates: records, each with one of its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from packshot.catalog.columns import Columns, as_boolean, first_words, match_columns, plain
from packshot.catalog.options import Options
from packshot.catalog.pictures import IMAGE_SUFFIXES, Pictures
from packshot.catalog.readers import SUFFIXES, Item, Row, Table, format_of, open_table
from packshot.catalog.readers.formats import Format
from packshot.catalog.readers.imagefolder import folder_table
from packshot.catalog.records import Candidate, Record, Tally
from packshot.errors import PackshotError
from packshot.text.attributes import Vocabulary, load_vocabulary

_NOT_PRODUCTS = frozenset(
    {"license", "licence", "readme", "notice", "requirements", "robots", "catalog", "rejected", "report"}
)


@dataclass
class Source:
    """One SOURCE of the command line.

    Attributes:
        name: what it is called in reports.
        folder: where its pictures are looked for and its licence lies.
        tables: the tables with products in it.
    """

    name: str
    folder: Path
    tables: list[tuple[Table, Format, Columns]] = field(default_factory=list)


class Reader:
    """Reads all sources of a build in one order that never changes.

    Raises:
        PackshotError: a source is missing, empty, or has no column that packshot can use.
    """

    def __init__(self, sources: Sequence[Path], options: Options, out: Path) -> None:
        if not sources:
            raise PackshotError("no source given", hint="Name a folder or a product table.", usage=True)
        for folder in options.images:
            if not folder.is_dir():
                raise PackshotError("no such folder of images", folder, usage=True)
        self.options, self.tally = options, Tally()
        self.sources = [self._open(Path(s)) for s in sources]
        self._check_names()
        self.pictures = Pictures([*(s.folder for s in self.sources), *options.images], ignore=out.resolve())
        self._vocabulary = load_vocabulary()

    def fingerprint(self) -> list[list[object]]:
        """What tells one state of the sources from another: every table's path, size and time of change."""
        state: list[list[object]] = []
        for path in (table.path for source in self.sources for table, _, _ in source.tables):
            # A folder without a table has its pictures for a table.
            files = [path] if path.is_file() else [f for f in self.pictures.files if path.parent.resolve() in f.parents]
            stats = [f.stat() for f in files]
            state.append([str(path.resolve()), sum(s.st_size for s in stats), max(s.st_mtime_ns for s in stats)])
        return state

    def candidates(self) -> Iterator[Candidate]:
        """All candidates, in the order of the sources, tables, rows and pictures."""
        self.tally.records = 0
        for source in self.sources:
            for table, form, columns in source.tables:
                for item in form.items(table, columns):
                    self.tally.records += 1
                    yield from self._with_pictures(source, table, columns, item)

    def _with_pictures(self, source: Source, table: Table, columns: Columns, item: Item) -> Iterator[Candidate]:
        record = self._record(source, table, columns, item)
        beside = table.path.parent.resolve()
        for number, reference in enumerate(record.images or ("",)):
            if item.cells.picture is not None:
                yield Candidate(record, number, reference, source.name, data=item.cells.picture)
                continue
            # Without a picture column, a file called like the product is its picture.
            path, address = self._locate(reference or record.fields["sku"], beside)
            problem = "" if path or address else "no such picture" if reference else "no picture named"
            yield Candidate(record, number, reference, source.name, str(path) if path else None, address, None, problem)

    def _locate(self, reference: str, beside: Path) -> tuple[Path | None, str]:
        """The file, or else the address, that a reference leads to."""
        ways = [reference, *reference.split("|")] if "|" in reference else [reference]
        for way in ways:
            address = f"https:{way}" if way.startswith("//") else way
            if address.lower().startswith(("http://", "https://")) and "|http" not in address:
                saved = self.pictures.find_saved(address)
                return saved, "" if saved else address
            path = self.pictures.find(way, beside)
            if path is not None:
                return path, ""
        return None, ""

    def _record(self, source: Source, table: Table, columns: Columns, item: Item) -> Record:
        fields = dict(item.fields)
        audience = [n for n in columns.names if _says_audience(n, item.cells.get(n, ""), columns, self._vocabulary)]
        if audience:
            fields["audience"] = " ".join((fields.get("audience", ""), *audience)).strip()
        if not fields.get("sku"):
            fields["sku"] = fields.get("product") or _stem(item.images) or f"{table.path.stem}-{item.row}"
        name = table.path.relative_to(source.folder).as_posix() if table.path.is_file() else ""
        return Record(name, item.row, fields, tuple(item.images), self._junk(columns, item.cells))

    def _junk(self, columns: Columns, row: Row) -> str:
        for name, values in self.options.drop.items():
            column = columns.column(name)
            cell = row.get(column, "").strip() if column else ""
            if column and cell.lower() in {v.lower() for v in values}:
                return f"{column}={cell}"
        return ""

    def _open(self, path: Path) -> Source:
        if not path.exists():
            raise PackshotError("no such file or folder", path)
        source = Source(path.stem, path.parent) if path.is_file() else Source(path.resolve().name, path)
        paths = [path] if path.is_file() else _tables_below(path)
        problems = []
        for file in paths:
            try:
                self._add(source, open_table(file))
            except PackshotError as error:
                # Other tables of the folder may hold the products; if none does, the first complaint is raised.
                problems.append(error)
                self.tally.unused[str(file)] = str(error)
        if not paths and (labelled := folder_table(path)) is not None:
            self._add(source, labelled)
        if not source.tables:
            raise (
                problems[0]
                if problems
                else PackshotError("no product table in this folder", path, f"Give one of {', '.join(SUFFIXES)}.")
            )
        return source

    def _add(self, source: Source, table: Table) -> None:
        form = format_of(table)
        columns = match_columns(table.columns, self.options.map, form.ignored)
        if not columns.usable:
            raise PackshotError(
                f"no usable column among {first_words(table.columns)}",
                table.path,
                "Say which holds what, as in --map title=COLUMN --map image=COLUMN.",
            )
        source.tables.append((table, form, columns))
        self.tally.tables[str(table.path)] = {"format": form.name, "columns": dict(columns.of)}

    def _check_names(self) -> None:
        """A --map or --drop that no table has a column for is a slip that must not pass unseen."""
        tables = [columns for s in self.sources for _, _, columns in s.tables]
        seen = first_words(dict.fromkeys(n for c in tables for n in c.names))
        for name, column in self.options.map.items():
            if not any(plain(column) in {plain(n) for n in c.names} for c in tables):
                raise PackshotError(f"no column {column!r}", f"--map {name}", f"The columns are {seen}.", usage=True)
        for name in self.options.drop:
            if not any(c.column(name) for c in tables):
                raise PackshotError(f"no column or field {name!r}", "--drop", f"The columns are {seen}.", usage=True)


def _tables_below(folder: Path) -> list[Path]:
    """The tables in a folder, or else in those one level below it."""
    for pattern in ("*", "*/*"):
        found = [p for p in sorted(folder.glob(pattern)) if p.suffix.lower() in SUFFIXES and p.is_file()]
        found = [p for p in found if not p.name.startswith(".") and p.stem.lower() not in _NOT_PRODUCTS]
        if found:
            return found
    return []


def _stem(images: Sequence[str]) -> str:
    """The first picture's file name without its suffix."""
    if not images or images[0] == "embedded":
        return ""
    name = PurePosixPath(images[0].split("|")[0].split("?")[0].replace("\\", "/")).name
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in IMAGE_SUFFIXES else name


def _says_audience(name: str, cell: str, columns: Columns, vocabulary: Vocabulary) -> bool:
    """Whether a column such as ``kids`` is named like an audience and is true for this row."""
    return (
        as_boolean(cell) is True
        and name not in columns.of.values()
        and "audience" in vocabulary.parse(name.replace("_", " "))
    )
