"""The tables of the processes that share a database: who lives, and who sends to whom.

A part of `store.schema`. Of use on PostgreSQL alone, for SQLite has one process.
"""

from sqlalchemy import BigInteger, Column, Double, Integer, Table, Text

from yingda.store.schema_base import metadata

#: A process that works on this database.
process = Table(
    "process",
    metadata,
    #: Drawn at random at its start.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("started_at", Double, nullable=False),
    #: When it last said that it lives.
    Column("seen_at", Double, nullable=False),
    #: Whether it asks the AI, and does not only talk to WeChat.
    Column("runs_turns", Integer, nullable=False),
)

#: Which process sends to a follower what comes by itself; see `engine/rounds.py`.
round_owner = Table(
    "round_owner",
    metadata,
    #: `push` or `enclosure`.
    Column("kind", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("openid", Text, primary_key=True),
    #: A row of `process`, perhaps of one that is gone.
    Column("owner", BigInteger, nullable=False, index=True),
)
