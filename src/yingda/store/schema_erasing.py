"""The tables of erasing: what is due, what waits for a yes, what providers still keep.

And what stays of turns that are gone. A part of `store.schema`.
"""

from sqlalchemy import Column, Double, Integer, Table, Text, UniqueConstraint, text

from yingda.store.schema_base import Id, metadata

#: What a follower wrote and was told, up to these rows, is to be erased from this moment on.
erasure = Table(
    "erasure",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Text, nullable=False),
    Column("openid", Text, nullable=False),
    Column("entered_at", Double, nullable=False),
    Column("due_at", Double, nullable=False, index=True),
    #: The last turn it means.
    Column("up_to_turn_id", Id, nullable=False),
    #: The push that asked for it: the ones before it are meant.
    Column("up_to_push_id", Id, nullable=False),
)

#: A follower who asked for an erasure and has not confirmed it yet.
forget_request = Table(
    "forget_request",
    metadata,
    Column("account", Text, primary_key=True),
    Column("openid", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
)

#: A conversation that is still to be deleted at its provider. Whoever takes it on moves
#: `due_at` forward, so that nobody else does meanwhile.
provider_deletion = Table(
    "provider_deletion",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("provider_conversation_id", Text, nullable=False),
    Column("due_at", Double, nullable=False, index=True),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("provider", "provider_conversation_id"),
    sqlite_autoincrement=True,
)

#: The highest number among a follower's turns that are gone, so that none is given twice.
numbering = Table(
    "numbering",
    metadata,
    Column("account", Text, primary_key=True),
    Column("openid", Text, primary_key=True),
    Column("number", Integer, nullable=False),
)
