"""A place for the access tokens of WeChat's server API."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NONE = sa.text("0")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "access_token",
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("refresh_at", sa.Double, nullable=False, server_default=_NONE),
        sa.Column("expires_at", sa.Double, nullable=False, server_default=_NONE),
        sa.Column("forced_at", sa.Double, nullable=False, server_default=_NONE),
        sa.Column("forced_count", sa.Integer, nullable=False, server_default=_NONE),
        sa.Column("lease", sa.BigInteger, nullable=False),
        sa.Column("leased_until", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("app_id", name="pk_access_token"),
    )
