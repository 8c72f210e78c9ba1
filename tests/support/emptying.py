"""Makes a used database of PostgreSQL as good as new, in half the time of making one."""

from typing import Any

import psycopg

#: What makes the tables what they are. Copies of one database have the same numbers in it.
_FORM = """
    SELECT array_agg(said ORDER BY said) FROM (
        SELECT concat_ws(' ', 'relation', oid, relname, reloptions) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', 'column', attrelid, attnum, attname, atttypid, attnotnull)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0
        UNION ALL SELECT concat_ws(' ', 'constraint', oid, conname) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', 'function', oid, prosrc) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT version_num FROM alembic_version
    ) AS form (said)
"""
_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname != 'alembic_version'
"""
_IF_FILLED = "SELECT '{0}' WHERE EXISTS (SELECT FROM \"{0}\")"
_NUMBERS = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"


def form_of(connection: psycopg.Connection[Any]) -> object:
    """What the tables are like; None when the version that they are at stands nowhere."""
    try:
        return connection.execute(_FORM).fetchone()
    except psycopg.errors.UndefinedTable:
        return None


def empty(connection: psycopg.Connection[Any]) -> None:
    """Remove every row, and begin every number anew. The connection is on autocommit."""
    tables = [name for (name,) in connection.execute(_TABLES)]
    filled = connection.execute(" UNION ALL ".join(_IF_FILLED.format(name) for name in tables))
    names = [f'"{name}"' for (name,) in filled]
    if names:
        # Not by DELETE, which is quicker: new rows would lie between what is left of old ones, and
        # who reads them in the order in which they lie would find another one than in a new table.
        connection.execute(f"TRUNCATE {', '.join(names)} CASCADE")
    connection.execute(_NUMBERS)
