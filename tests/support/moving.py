"""Databases to be moved, with rows in every table that there is, and what stands in them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import BigInteger, Column, Table

from yingda.store.moving_base import Row, Value
from yingda.store.schema import metadata

#: What people and providers write, in the order of rows; no two are equal.
TEXTS = (
    "天空为什么蓝？",
    "nul \0 in it",
    "emoji 👩‍👩‍👧 and 𠮷",
    "]]> <xml> & \\N \\. \t\r\n\x01",
    "' \" % $1 :name {brace}",
    "",
)
NUMBERS = (0, 1, -1, 2**31 - 1, -(2**31), 7)
LONG_NUMBERS = (0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1)
FLOATS = (0.1 + 0.2, -0.0, 1e300, 5e-324, 1_732_870_800.123456, -1.5)
BYTES = (b"", b"\0", bytes(range(256)), "答".encode(), b"x", b"\xff")
_COUNT = len(TEXTS)


def fill_oddly(path: Path) -> None:
    """Six rows more in every table of a new store's file, each as odd as its columns let it be."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in metadata.sorted_tables:
            places = ", ".join("?" * len(table.columns))
            rows = (_odd_row(table, number) for number in range(_COUNT))
            connection.executemany(f'INSERT INTO "{table.name}" VALUES ({places})', rows)  # noqa: S608 - our own name


def _odd_row(table: Table, number: int) -> Row:
    return tuple(_odd_value(column, number) for column in table.columns)


def _odd_value(column: Column[object], number: int) -> Value:
    if column.nullable and not number:
        return None
    kind = column.type.python_type
    if kind is int and (column.primary_key or column.foreign_keys):
        # Gaps, as after a deletion.
        return 5 * number + 3
    if kind is int:
        return (LONG_NUMBERS if isinstance(column.type, BigInteger) else NUMBERS)[number]
    if kind is float:
        return FLOATS[number]
    return BYTES[number] if kind is bytes else TEXTS[number]


def in_sqlite(path: Path) -> dict[str, list[Row]]:
    """Every row of every table of the file."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table.name: _sorted(connection.execute(_select(table)).fetchall())
            for table in metadata.sorted_tables
        }


def in_postgres(url: str) -> dict[str, list[Row]]:
    """Every row of every table of the database."""
    with psycopg.connect(url) as connection:
        return {
            table.name: _sorted(connection.execute(_select(table).encode()).fetchall())
            for table in metadata.sorted_tables
        }


def _select(table: Table) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'SELECT {columns} FROM "{table.name}"'  # noqa: S608 - our own names


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=repr)
