"""Where every table is gathered, and the type of a row's id."""

from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Index, Integer, MetaData, TextClause

# SQLite gives only `INTEGER PRIMARY KEY` columns their own row ids.
Id = BigInteger().with_variant(Integer, "sqlite")

#: A number that a provider tells: SQLite's every whole number has room for it.
Told = Id

#: Under this key, an index of one database alone names its dialect.
ONLY_ON = "only_on"

#: Every table that `schema` and its parts define.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def index_where(
    name: str,
    *columns: Column[Any],
    where: TextClause | ColumnElement[bool],
    unique: bool = False,
) -> None:
    """An index on these columns, of the rows alone that the condition holds for."""
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)
