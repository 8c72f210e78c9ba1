"""Where every table is gathered, and the type of a row's id."""

from sqlalchemy import BigInteger, Integer, MetaData

# SQLite gives only `INTEGER PRIMARY KEY` columns their own row ids.
Id = BigInteger().with_variant(Integer, "sqlite")

#: A number that a provider tells: SQLite's every whole number has room for it.
Told = Id

#: Every table that `schema` and its parts define.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
