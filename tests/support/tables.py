"""What the tables of a database are, said alike for SQLite and PostgreSQL."""

import re
from typing import Any

from sqlalchemy import Engine, ForeignKeyConstraint, Index, UniqueConstraint, inspect

from yingda.store.schema_base import ONLY_ON

#: What each database calls a type, in one word for both.
_TYPES = {
    "BIGINT": "number",
    "INTEGER": "number",
    "DOUBLE": "real",
    "DOUBLE PRECISION": "real",
    "TEXT": "text",
    "BLOB": "bytes",
    "BYTEA": "bytes",
}
#: The parts that PostgreSQL keeps turns in.
IS_PART = re.compile(r"turn_(first|default|\d{4}_\d{2})")
#: What one database alone has; `described_alike` tells of these as well.
_ON_ONE = {"ix_turn_account_openid_number", "uq_turn_account_openid_number"}


def compared() -> dict[str, Any]:
    """How Alembic is to compare a database with what the schema has for both kinds."""

    def is_meant(thing: Any, name: str | None, kind: str, *_: object) -> bool:
        if kind == "table":
            return name != "alembic_version" and not IS_PART.fullmatch(name or "")
        if isinstance(thing, ForeignKeyConstraint):
            # Of one that names a parted table, PostgreSQL keeps one for each part.
            return not IS_PART.fullmatch(thing.elements[0].target_fullname.partition(".")[0])
        if isinstance(thing, Index):
            return thing.info.get(ONLY_ON) is None and name not in _ON_ONE
        return not isinstance(thing, UniqueConstraint) or name not in _ON_ONE

    return {"compare_type": True, "compare_server_default": True, "include_object": is_meant}


def described_alike(engine: Engine) -> set[tuple[object, ...]]:
    """Every column, key and index; what the databases merely spell differently is spelt alike."""
    found: set[tuple[object, ...]] = set()
    seen = inspect(engine)
    for table in seen.get_table_names():
        if table == "alembic_version" or IS_PART.fullmatch(table):
            continue
        key = seen.get_pk_constraint(table)["constrained_columns"]
        found.add((table, "key", *key))
        for column in seen.get_columns(table):
            found.add((table, "column", *_column(column, is_given=column["name"] in key)))
        for foreign in seen.get_foreign_keys(table):
            if not IS_PART.fullmatch(foreign["referred_table"]):
                ends = foreign["constrained_columns"], foreign["referred_columns"]
                found.add((table, "names", *ends[0], foreign["referred_table"], *ends[1]))
        for unique in seen.get_unique_constraints(table):
            found.add((table, "unique", *unique["column_names"]))
        for index in seen.get_indexes(table):
            if not index.get("duplicates_constraint"):
                found.add((table, "index", *_index(index)))
    return found


def _column(column: Any, *, is_given: bool) -> tuple[object, ...]:
    default = None if is_given else column["default"]
    bare = None if default is None else default.removesuffix("::text")
    return column["name"], _TYPES[str(column["type"])], column["nullable"], bare


def _index(index: Any) -> tuple[object, ...]:
    options = index.get("dialect_options", {})
    where = options.get("postgresql_where", options.get("sqlite_where"))
    return (
        index["name"],
        bool(index["unique"]),
        *index["column_names"],
        None if where is None else _condition(str(where)),
    )


def _condition(written: str) -> str:
    """PostgreSQL writes IN as ANY over an array, casts, and sets brackets."""
    bare = re.sub(r"::text(\[\])?|[()\[\]]", "", written)
    bare = re.sub(r"= ANY ARRAY", "IN ", bare)
    return re.sub(r"\s+", " ", bare).strip()
