"""The tables of what processes on one database know together: providers' health, and settings.

A part of `store.schema`. On SQLite, which has one process, it outlasts that process.
"""

from sqlalchemy import BigInteger, Column, Double, Integer, Table, Text

from yingda.store.schema_base import metadata

#: Whether a provider is left alone; a provider without a row never was.
breaker = Table(
    "breaker",
    metadata,
    Column("provider", Text, primary_key=True),
    #: Counts every change, so that nobody changes what he has not seen.
    Column("version", BigInteger, nullable=False),
    #: Until when it is left alone, and whoever tests it next has to begin later; 0 when it is well.
    Column("open_until", Double, nullable=False),
    #: Until when a question that tests it keeps others from testing; 0 when none does.
    Column("tested_until", Double, nullable=False),
    #: How many tests failed in a row.
    Column("doublings", Integer, nullable=False),
    #: What it failed with last; a `FailureKind`.
    Column("kind", Text, nullable=False),
    #: Tells the settings that it was asked with from others; holds no secret.
    Column("fingerprint", Text, nullable=False),
)

#: With which settings the process that started last runs, of each account and provider.
settings_snapshot = Table(
    "settings_snapshot",
    metadata,
    #: `account`, `provider`, or `names` for which of them there are.
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    #: A keyed hash of all that is set; holds no secret.
    Column("fingerprint", Text, nullable=False),
    #: Counts every change.
    Column("version", BigInteger, nullable=False),
    Column("changed_at", Double, nullable=False),
    #: When a process last said that it runs with others; 0 when none did since the change.
    Column("differed_at", Double, nullable=False),
)
