"""When a follower rated an answer: a provider is told of it for a day at most."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("turn", sa.Column("rated_at", sa.Double))
