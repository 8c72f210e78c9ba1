"""What processes know of providers' health, and with which settings they run."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "breaker",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("open_until", sa.Double, nullable=False),
        sa.Column("tested_until", sa.Double, nullable=False),
        sa.Column("doublings", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_breaker"),
    )
    op.create_table(
        "settings_snapshot",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.Column("differed_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_settings_snapshot"),
    )
