"""The tables of what WeChat grants: tokens, rights and messages.

A part of `store.schema`.
"""

from sqlalchemy import BigInteger, Column, Double, Integer, Table, Text, text

from yingda.store.schema_base import metadata

#: The access token of WeChat's server API, shared by all processes: a secret.
access_token = Table(
    "access_token",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("value", Text),
    Column("refresh_at", Double, nullable=False, server_default=text("0")),
    Column("expires_at", Double, nullable=False, server_default=text("0")),
    # When WeChat was last forced to replace it, and how often on that day.
    Column("forced_at", Double, nullable=False, server_default=text("0")),
    Column("forced_count", Integer, nullable=False, server_default=text("0")),
    # Who may fetch the next one: the number of the last lease, and until when it holds.
    Column("lease", BigInteger, nullable=False),
    Column("leased_until", Double, nullable=False),
)

#: What WeChat last said of an account's right to send service messages.
push_right = Table(
    "push_right",
    metadata,
    Column("account", Text, primary_key=True),
    Column("is_allowed", Integer, nullable=False),
    Column("learnt_at", Double, nullable=False),
    #: Tells the settings it was learnt under from others; holds no secret.
    Column("fingerprint", Text, nullable=False),
)

#: How many service messages a follower may still be sent, and until when.
quota = Table(
    "quota",
    metadata,
    Column("account", Text, primary_key=True),
    Column("openid", Text, primary_key=True),
    #: The key of the push that granted them.
    Column("granted_by", Text, nullable=False),
    Column("messages_left", Integer, nullable=False),
    Column("acted_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)
