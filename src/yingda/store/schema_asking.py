"""The tables around a question: what belongs to it, who is to answer it, what answers cost.

A part of `store.schema`.
"""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, Table, Text, text

from yingda.store.schema_base import Id, metadata

#: A picture or a recording that a follower sent: where it can be had, never the bytes.
attachment = Table(
    "attachment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Text, nullable=False),
    Column("openid", Text, nullable=False),
    #: `picture` or `voice`.
    Column("kind", Text, nullable=False),
    Column("received_at", Double, nullable=False),
    #: The question it belongs to; None while a picture waits for one.
    Column("turn_id", Id, ForeignKey("turn.id"), index=True),
    #: PicUrl; "" for a recording.
    Column("url", Text, nullable=False, server_default=text("''")),
    Column("media_id", Text, nullable=False, server_default=text("''")),
    #: MediaId16K: the same recording, better.
    Column("fine_media_id", Text, nullable=False, server_default=text("''")),
    Index("ix_attachment_follower", "account", "openid", "received_at"),
    Index("ix_attachment_received_at", "received_at"),
    sqlite_autoincrement=True,
)

#: Who is to answer a follower, as they chose.
preference = Table(
    "preference",
    metadata,
    Column("account", Text, primary_key=True),
    Column("openid", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("chosen_at", Double, nullable=False),
)

#: What an account's answers cost in a month of its time zone, counted up with each answer.
spending = Table(
    "spending",
    metadata,
    Column("account", Text, primary_key=True),
    #: Such as `2026-11`.
    Column("month", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("price_nano", BigInteger, nullable=False, server_default=text("0")),
    Column("answers", Integer, nullable=False, server_default=text("0")),
)
