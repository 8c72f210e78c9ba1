"""The table of what follows answers: pictures that they name, and answers read aloud.

A part of `store.schema`.
"""

from sqlalchemy import Column, Double, ForeignKey, Integer, Table, Text, text

from yingda.store.schema_base import Id, index_where, metadata

#: A file that is to be sent behind an answer; see `store/enclosing.py`.
enclosure = Table(
    "enclosure",
    metadata,
    Column("id", Id, primary_key=True),
    Column("turn_id", Id, ForeignKey("turn.id"), nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("openid", Text, nullable=False),
    #: Its order among those of its turn; the pieces of one recording share theirs.
    Column("place", Integer, nullable=False),
    #: `picture` or `voice`.
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False, server_default=text("''")),
    #: What WeChat calls the file once it was uploaded, and for how long.
    Column("media_id", Text, nullable=False, server_default=text("''")),
    Column("media_expires_at", Double),
    #: due, chosen, sent, doubtful or left.
    Column("state", Text, nullable=False),
    #: How often nobody knew whether it was sent.
    Column("doubts", Integer, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)
is_open = text("state IN ('due', 'chosen')")

#: Finds what is to be sent to a follower, and at start everyone who is to be sent something.
index_where(
    "ix_enclosure_open",
    enclosure.c.account,
    enclosure.c.openid,
    where=is_open,
)
