"""What is to be erased, here and at the providers.

It is spelt out here, for a migration must go on meaning what it meant on the day it was written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite gives only `INTEGER PRIMARY KEY` columns their own row ids.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, and the column that says what was erased."""
    op.add_column("turn", sa.Column("erased_at", sa.Double))
    op.create_table(
        "erasure",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("entered_at", sa.Double, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("up_to_turn_id", _ID, nullable=False),
        sa.Column("up_to_push_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
    )
    op.create_index("ix_erasure_due_at", "erasure", ["due_at"])
    op.create_table(
        "forget_request",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("account", "openid", name="pk_forget_request"),
    )
    op.create_index("ix_forget_request_expires_at", "forget_request", ["expires_at"])
    op.create_table(
        "provider_deletion",
        sa.Column("id", _ID, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("provider_conversation_id", sa.Text, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("id", name="pk_provider_deletion"),
        sa.UniqueConstraint(
            "provider",
            "provider_conversation_id",
            name="uq_provider_deletion_provider_provider_conversation_id",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_provider_deletion_due_at", "provider_deletion", ["due_at"])
