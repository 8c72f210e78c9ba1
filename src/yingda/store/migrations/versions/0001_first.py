"""The first tables.

They are spelt out here, for a migration must go on meaning what it meant on the day it was
written, whatever becomes of `yingda.store.schema`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite gives only `INTEGER PRIMARY KEY` columns their own row ids.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# A number that a provider tells.
_TOLD = _ID
_NONE = sa.text("0")
_EMPTY = sa.text("''")


def upgrade() -> None:
    """Make every table and index."""
    _secrets()
    _conversations()
    _turns()
    _lost_runs()
    _pushes()
    _offers()


def _secrets() -> None:
    op.create_table(
        "secret",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secret"),
    )


def _conversations() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("provider_conversation_id", sa.Text),
        sa.Column("opened_at", sa.Double, nullable=False),
        sa.Column("closed_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sqlite_autoincrement=True,
    )
    _partial_index(
        "uq_conversation_open", "conversation", ["account", "openid"], "closed_at IS NULL", "unique"
    )


def _turns() -> None:
    op.create_table(
        "turn",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("run_no", sa.Integer, nullable=False, server_default=_NONE),
        sa.Column("entered_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("answer", sa.Text, nullable=False, server_default=_EMPTY),
        sa.Column("failure", sa.Text),
        sa.Column("failure_detail", sa.Text, nullable=False, server_default=_EMPTY),
        sa.Column("conversation_was_reset", sa.Integer, nullable=False, server_default=_NONE),
        sa.Column("cursor_source_chars", sa.Integer, nullable=False, server_default=_NONE),
        sa.Column("cursor_block_chars", sa.Integer, nullable=False, server_default=_NONE),
        sa.Column("parts_offered", sa.Integer, nullable=False, server_default=_NONE),
        sa.Column("is_unread", sa.Integer, nullable=False, server_default=_NONE),
        sa.Column("promised_at", sa.Double),
        sa.Column("is_withdrawn", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("run_started_at", sa.Double),
        sa.Column("asked_in_conversation_id", sa.Text),
        sa.Column("run_conversation_id", sa.Text),
        sa.Column("task_id", sa.Text),
        sa.Column("message_id", sa.Text),
        sa.Column("workflow_run_id", sa.Text),
        sa.Column("prompt_tokens", _TOLD),
        sa.Column("completion_tokens", _TOLD),
        sa.Column("total_tokens", _TOLD),
        sa.Column("total_price", sa.Text),
        sa.Column("currency", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_turn"),
        sa.UniqueConstraint("account", "openid", "number", name="uq_turn_account_openid_number"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_turn_conversation_id"
        ),
        sqlite_autoincrement=True,
    )
    pending = "state IN ('queued', 'running')"
    _partial_index("ix_turn_pending", "turn", ["account", "openid", "id"], pending)
    _partial_index("ix_turn_unread", "turn", ["account", "openid", "id"], "is_unread = 1")


def _lost_runs() -> None:
    op.create_table(
        "lost_run",
        sa.Column("turn_id", _ID, nullable=False),
        sa.Column("run_no", sa.Integer, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("taken_over_at", sa.Double, nullable=False),
        sa.Column("conversation_id", sa.Text),
        sa.Column("task_id", sa.Text),
        sa.Column("message_id", sa.Text),
        sa.Column("workflow_run_id", sa.Text),
        sa.PrimaryKeyConstraint("turn_id", "run_no", name="pk_lost_run"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_lost_run_turn_id"),
    )


def _pushes() -> None:
    op.create_table(
        "push",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("first_seen_at", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("turn_id", _ID),
        sa.Column("reply", sa.LargeBinary),
        sa.Column("chosen_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_push"),
        sa.UniqueConstraint("account", "openid", "key", name="uq_push_account_openid_key"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_push_turn_id"),
        sqlite_autoincrement=True,
    )


def _offers() -> None:
    op.create_table(
        "offer",
        sa.Column("id", _ID, nullable=False),
        sa.Column("turn_id", _ID, nullable=False),
        sa.Column("push_id", _ID, nullable=False),
        sa.Column("run_no", sa.Integer, nullable=False),
        sa.Column("part_no", sa.Integer, nullable=False),
        sa.Column("start_source_chars", sa.Integer, nullable=False),
        sa.Column("start_block_chars", sa.Integer, nullable=False),
        sa.Column("end_source_chars", sa.Integer, nullable=False),
        sa.Column("end_block_chars", sa.Integer, nullable=False),
        sa.Column("completes", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("offered_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_offer"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_offer_turn_id"),
        sa.UniqueConstraint("push_id", name="uq_offer_push_id"),
        sa.ForeignKeyConstraint(["push_id"], ["push.id"], name="fk_offer_push_id"),
    )
    op.create_index("ix_offer_turn_id", "offer", ["turn_id"])
    _partial_index("ix_offer_unsettled", "offer", ["id"], "state = 'chosen'")


def _partial_index(
    name: str, table: str, columns: list[str], condition: str, kind: str = ""
) -> None:
    where = sa.text(condition)
    op.create_index(
        name,
        table,
        columns,
        unique=kind == "unique",
        sqlite_where=where,
        postgresql_where=where,
    )
