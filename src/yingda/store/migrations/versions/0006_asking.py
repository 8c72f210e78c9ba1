"""Who answered, what it cost, what belongs to a question; conversations by provider."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# SQLite gives only `INTEGER PRIMARY KEY` columns their own row ids.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_NONE = sa.text("0")
_NOTHING = sa.text("''")


def upgrade() -> None:
    """Add the columns and tables, and let a follower have a conversation with each provider."""
    _conversations()
    _turns()
    op.add_column("lost_run", sa.Column("provider", sa.Text))
    _attachments()
    op.create_table(
        "preference",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("chosen_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("account", "openid", name="pk_preference"),
    )
    op.create_table(
        "spending",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("price_nano", sa.BigInteger, nullable=False, server_default=_NONE),
        sa.Column("answers", sa.Integer, nullable=False, server_default=_NONE),
        sa.PrimaryKeyConstraint("account", "month", "currency", name="pk_spending"),
    )
    _enclosures()


def _conversations() -> None:
    op.add_column(
        "conversation", sa.Column("summary", sa.Text, nullable=False, server_default=_NOTHING)
    )
    op.add_column(
        "conversation",
        sa.Column("summary_through", sa.Integer, nullable=False, server_default=_NONE),
    )
    op.drop_index("uq_conversation_open", "conversation")
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_conversation_open",
        "conversation",
        ["account", "openid", "provider"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _turns() -> None:
    op.add_column("turn", sa.Column("provider", sa.Text))
    op.add_column(
        "turn", sa.Column("form", sa.Text, nullable=False, server_default=sa.text("'text'"))
    )
    op.add_column("turn", sa.Column("first_text_at", sa.Double))
    op.add_column("turn", sa.Column("price_nano", sa.BigInteger))
    op.add_column("turn", sa.Column("suggestions", sa.Text))
    op.add_column("turn", sa.Column("rating", sa.Text))
    op.add_column("turn", sa.Column("rating_due_at", sa.Double))
    is_said = sa.text("answer <> '' AND is_withdrawn = 0")
    op.create_index(
        "ix_turn_said",
        "turn",
        ["conversation_id", "number"],
        sqlite_where=is_said,
        postgresql_where=is_said,
    )
    op.add_column("turn", sa.Column("cached_prompt_tokens", _ID))
    has_ended = sa.text("ended_at IS NOT NULL")
    op.create_index(
        "ix_turn_ended",
        "turn",
        ["account", "ended_at"],
        sqlite_where=has_ended,
        postgresql_where=has_ended,
    )
    is_due = sa.text("rating_due_at IS NOT NULL")
    op.create_index(
        "ix_turn_rating",
        "turn",
        ["rating_due_at"],
        sqlite_where=is_due,
        postgresql_where=is_due,
    )


def _attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("received_at", sa.Double, nullable=False),
        sa.Column("turn_id", _ID),
        sa.Column("url", sa.Text, nullable=False, server_default=_NOTHING),
        sa.Column("media_id", sa.Text, nullable=False, server_default=_NOTHING),
        sa.Column("fine_media_id", sa.Text, nullable=False, server_default=_NOTHING),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_attachment_turn_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attachment_turn_id", "attachment", ["turn_id"])
    op.create_index("ix_attachment_follower", "attachment", ["account", "openid", "received_at"])
    op.create_index("ix_attachment_received_at", "attachment", ["received_at"])


def _enclosures() -> None:
    op.create_table(
        "enclosure",
        sa.Column("id", _ID, nullable=False),
        sa.Column("turn_id", _ID, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False, server_default=_NOTHING),
        sa.Column("media_id", sa.Text, nullable=False, server_default=_NOTHING),
        sa.Column("media_expires_at", sa.Double),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("doubts", sa.Integer, nullable=False, server_default=_NONE),
        sa.PrimaryKeyConstraint("id", name="pk_enclosure"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_enclosure_turn_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_enclosure_turn_id", "enclosure", ["turn_id"])
    is_open = sa.text("state IN ('due', 'chosen')")
    op.create_index(
        "ix_enclosure_open",
        "enclosure",
        ["account", "openid"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
