"""Reading the files that shops export: first as rows of named cells, then as products."""

from packshot.catalog.readers.formats import Item, format_of
from packshot.catalog.readers.tables import SUFFIXES, Row, Table, open_table

__all__ = ["SUFFIXES", "Item", "Row", "Table", "format_of", "open_table"]
