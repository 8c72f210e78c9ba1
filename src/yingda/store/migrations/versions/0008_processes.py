"""Which processes work on the database, and which of them sends to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "process",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.Column("runs_turns", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_process"),
    )
    op.create_table(
        "round_owner",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("owner", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kind", "account", "openid", name="pk_round_owner"),
    )
    op.create_index("ix_round_owner_owner", "round_owner", ["owner"])
