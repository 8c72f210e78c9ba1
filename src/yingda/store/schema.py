"""The tables. One source for both databases; migrations must end equal to this.

Times are Unix seconds as floating-point numbers. Text columns hold what people wrote; nothing
else in the system keeps it.
"""

from sqlalchemy import (
    BigInteger,
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

from yingda.store.schema_asking import attachment, preference, spending
from yingda.store.schema_base import ONLY_ON, Id, Told, index_where, metadata
from yingda.store.schema_delivery import hold, is_unsettled, offer, push
from yingda.store.schema_enclosing import enclosure
from yingda.store.schema_erasing import erasure, forget_request, numbering, provider_deletion
from yingda.store.schema_months import part_by_month
from yingda.store.schema_platform import access_token, push_right, quota
from yingda.store.schema_processes import process, round_owner
from yingda.store.schema_shared import breaker, settings_snapshot

__all__ = [
    "access_token",
    "attachment",
    "breaker",
    "conversation",
    "enclosure",
    "erasure",
    "forget_request",
    "has_ended",
    "hold",
    "is_pending",
    "is_pushed",
    "is_said",
    "is_to_be_rated",
    "is_unread",
    "is_unsettled",
    "lost_run",
    "metadata",
    "numbering",
    "offer",
    "preference",
    "process",
    "provider_deletion",
    "push",
    "push_right",
    "quota",
    "round_owner",
    "secret",
    "settings_snapshot",
    "spending",
    "turn",
]

#: Random bytes that must stay the same for the life of the data, such as the pseudonyms' key.
secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

conversation = Table(
    "conversation",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Text, nullable=False),
    Column("openid", Text, nullable=False),
    #: The pseudonym the provider knows the follower by.
    Column("user", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("provider_conversation_id", Text),
    Column("opened_at", Double, nullable=False),
    Column("closed_at", Double),
    #: What was said before the turns that are still told, in short, and the number of the last
    #: turn that it covers; of a conversation that we keep ourselves.
    Column("summary", Text, nullable=False, server_default=text("''")),
    Column("summary_through", Integer, nullable=False, server_default=text("0")),
    Index("ix_conversation_follower", "account", "openid"),
    sqlite_autoincrement=True,
)
#: A follower has at most one open conversation with each provider.
index_where(
    "uq_conversation_open",
    conversation.c.account,
    conversation.c.openid,
    conversation.c.provider,
    unique=True,
    where=conversation.c.closed_at.is_(None),
)

turn = Table(
    "turn",
    metadata,
    Column("id", Id, primary_key=True),
    Column("conversation_id", Id, ForeignKey("conversation.id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("openid", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("run_no", Integer, nullable=False, server_default=text("0")),
    Column("entered_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("answer", Text, nullable=False, server_default=text("''")),
    Column("failure", Text),
    Column("failure_detail", Text, nullable=False, server_default=text("''")),
    Column("conversation_was_reset", Integer, nullable=False, server_default=text("0")),
    # How far the answer was handed over.
    Column("cursor_source_chars", Integer, nullable=False, server_default=text("0")),
    Column("cursor_block_chars", Integer, nullable=False, server_default=text("0")),
    Column("parts_offered", Integer, nullable=False, server_default=text("0")),
    Column("is_unread", Integer, nullable=False, server_default=text("0")),
    Column("promised_at", Double),
    #: The follower left: whoever follows again is shown nothing of it.
    Column("is_withdrawn", Integer, nullable=False, server_default=text("0")),
    # What the provider calls the present run.
    Column("run_started_at", Double),
    Column("asked_in_conversation_id", Text),
    Column("run_conversation_id", Text),
    Column("task_id", Text),
    Column("message_id", Text),
    Column("workflow_run_id", Text),
    # What it cost, as far as the provider tells.
    Column("prompt_tokens", Told),
    Column("completion_tokens", Told),
    Column("total_tokens", Told),
    Column("total_price", Text),
    Column("currency", Text),
    #: Goes up whenever the text begins anew: a cursor belongs to one revision.
    Column("revision", Integer, nullable=False, server_default=text("0")),
    #: What the first part of a text that began anew has to say; see `turn.model.Notice`.
    Column("notice", Text),
    #: The text of which a part had been offered when another took its place.
    Column("replaced_answer", Text),
    # What waiting for it cost: attempts held, and how likely it seemed that the last one pays.
    Column("holds", Integer, nullable=False, server_default=text("0")),
    Column("chance", Double),
    #: When its texts and the provider's names for it were erased; the row itself stays.
    Column("erased_at", Double),
    #: Its parts are to be sent as service messages, as they come.
    Column("is_pushed", Integer, nullable=False, server_default=text("0")),
    #: Why no more of it is pushed; see `push_base.PushEnd`.
    Column("push_end", Text),
    #: Who was asked last; None in rows of old versions, and then it is the conversation's.
    Column("provider", Text),
    #: How the question came; see `turn.model.Form`.
    Column("form", Text, nullable=False, server_default=text("'text'")),
    Column("first_text_at", Double),
    #: The price in billionths of `currency`, for sums without rounding.
    Column("price_nano", BigInteger),
    #: Questions that may come next: a JSON list of texts.
    Column("suggestions", Text),
    #: What the follower thinks of the answer, and when that is to be told to the provider.
    Column("rating", Text),
    Column("rating_due_at", Double),
    #: Those of `prompt_tokens` that the provider had read before.
    Column("cached_prompt_tokens", Told),
    Column("rated_at", Double),
    # A key over parts has to hold what parts them. There the follower's lock, under which numbers
    # are given, is what keeps them apart.
    UniqueConstraint("account", "openid", "number").ddl_if(dialect="sqlite"),
    Index(
        "ix_turn_account_openid_number",
        "account",
        "openid",
        "number",
        info={ONLY_ON: "postgresql"},
    ).ddl_if(dialect="postgresql"),
    sqlite_autoincrement=True,
    postgresql_partition_by="RANGE (id)",
)
part_by_month(turn)
has_ended = text("ended_at IS NOT NULL")
is_pending = text("state IN ('queued', 'running')")
is_unread = text("is_unread = 1")
is_pushed = text("is_pushed = 1")
is_to_be_rated = text("rating_due_at IS NOT NULL")
is_said = text("answer <> '' AND is_withdrawn = 0")

#: Finds a follower's open turns, the head of each conversation among them, and at start every
#: turn that still has to run.
index_where(
    "ix_turn_pending",
    turn.c.account,
    turn.c.openid,
    turn.c.id,
    where=is_pending,
)
index_where(
    "ix_turn_unread",
    turn.c.account,
    turn.c.openid,
    turn.c.id,
    where=is_unread,
)
#: Finds a follower's pushed turns, and at start everyone who has any.
index_where(
    "ix_turn_pushed",
    turn.c.account,
    turn.c.openid,
    turn.c.id,
    where=is_pushed,
)

#: Finds what was said in a conversation, newest first.
index_where(
    "ix_turn_said",
    turn.c.conversation_id,
    turn.c.number,
    where=is_said,
)
#: Finds what ended in a span of time, for sums over it.
index_where(
    "ix_turn_ended",
    turn.c.account,
    turn.c.ended_at,
    where=has_ended,
)
#: Finds what providers are still to be told.
index_where(
    "ix_turn_rating",
    turn.c.rating_due_at,
    where=is_to_be_rated,
)

#: A run that was cut off and taken over by the next one: what was known of it.
lost_run = Table(
    "lost_run",
    metadata,
    Column("turn_id", Id, ForeignKey("turn.id"), primary_key=True),
    Column("run_no", Integer, primary_key=True),
    Column("started_at", Double, nullable=False),
    Column("taken_over_at", Double, nullable=False),
    Column("conversation_id", Text),
    Column("task_id", Text),
    Column("message_id", Text),
    Column("workflow_run_id", Text),
    #: Who was asked; None in rows of old versions.
    Column("provider", Text),
)
