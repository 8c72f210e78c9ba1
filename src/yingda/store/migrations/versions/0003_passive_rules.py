"""Attempts that were held, texts that began anew, and parts of unfinished answers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite gives only `INTEGER PRIMARY KEY` columns their own row ids.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_NONE = sa.text("0")


def upgrade() -> None:
    """Add the columns, and the table of held attempts."""
    op.add_column("turn", sa.Column("revision", sa.Integer, nullable=False, server_default=_NONE))
    op.add_column("turn", sa.Column("notice", sa.Text))
    op.add_column("turn", sa.Column("replaced_answer", sa.Text))
    op.add_column("turn", sa.Column("holds", sa.Integer, nullable=False, server_default=_NONE))
    op.add_column("turn", sa.Column("chance", sa.Double))
    op.add_column("offer", sa.Column("revision", sa.Integer, nullable=False, server_default=_NONE))
    op.add_column("offer", sa.Column("shown", sa.Text))
    _holds()


def _holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("turn_id", _ID, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_hold_turn_id"),
    )
    op.create_index("ix_hold_account_at", "hold", ["account", "at"])
