"""Writes `src/yingda/store/schema.sql` from the tables in `yingda.store.schema`.

Run it after every change of a table, together with the migration that makes the same change.
"""

from sqlalchemy import Index
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from yingda.store.migrate import SCHEMA_SQL
from yingda.store.schema import metadata
from yingda.store.schema_base import ONLY_ON

HEADER = "-- Written by scripts/schema_sql.py from yingda.store.schema; do not edit.\n"


def schema_sql() -> str:
    """Every table and index as SQLite's own statements."""
    dialect = sqlite.dialect()

    def is_made(index: Index) -> bool:
        return bool(index.info.get(ONLY_ON, dialect.name) == dialect.name)

    statements = []
    for table in metadata.sorted_tables:
        statements.append(CreateTable(table).compile(dialect=dialect))
        by_name = sorted(filter(is_made, table.indexes), key=lambda index: str(index.name))
        statements.extend(CreateIndex(index).compile(dialect=dialect) for index in by_name)
    lines = (f"{str(statement).strip()};\n" for statement in statements)
    return HEADER + "".join(line.replace("\t", "    ").replace(" \n", "\n") for line in lines)


if __name__ == "__main__":
    SCHEMA_SQL.write_text(schema_sql(), encoding="utf-8")
