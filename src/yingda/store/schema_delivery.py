"""The tables of what came from WeChat and what went back: pushes, offered parts, held attempts.

A part of `store.schema`.
"""

from sqlalchemy import (
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from yingda.store.schema_base import Id, index_where, metadata

push = Table(
    "push",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Text, nullable=False),
    Column("openid", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("first_seen_at", Double, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("1")),
    Column("turn_id", Id, ForeignKey("turn.id"), index=True),
    #: The reply chosen for this push, in clear; an empty value is an empty reply.
    Column("reply", LargeBinary),
    Column("chosen_at", Double),
    UniqueConstraint("account", "openid", "key"),
    sqlite_autoincrement=True,
)

#: A piece of an answer on its way to the follower, by a reply or a service message.
offer = Table(
    "offer",
    metadata,
    Column("id", Id, primary_key=True),
    Column("turn_id", Id, ForeignKey("turn.id"), nullable=False, index=True),
    #: The push whose reply carried it; None for a service message.
    Column("push_id", Id, ForeignKey("push.id"), unique=True),
    Column("run_no", Integer, nullable=False),
    Column("part_no", Integer, nullable=False),
    Column("start_source_chars", Integer, nullable=False),
    Column("start_block_chars", Integer, nullable=False),
    Column("end_source_chars", Integer, nullable=False),
    Column("end_block_chars", Integer, nullable=False),
    Column("completes", Integer, nullable=False),
    #: chosen, sent, doubtful or refused; see `store/replies.py` and `store/pushing.py`.
    Column("state", Text, nullable=False),
    Column("offered_at", Double, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    #: The part itself, if the answer was not whole yet: after a crash nothing else has it.
    Column("shown", Text),
)
is_unsettled = text("state = 'chosen'")

#: After a crash, finds the replies nobody saw sent.
index_where(
    "ix_offer_unsettled",
    offer.c.id,
    where=is_unsettled,
)

#: An attempt that was left to time out on purpose; kept as long as it counts.
hold = Table(
    "hold",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("openid", Text, nullable=False),
    Column("turn_id", Id, ForeignKey("turn.id"), nullable=False),
    Column("at", Double, nullable=False),
    Index("ix_hold_account_at", "account", "at"),
)
