"""Rights and quotas of accounts that may push, and parts that no reply carries."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# SQLite gives only `INTEGER PRIMARY KEY` columns their own row ids.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_NONE = sa.text("0")


def upgrade() -> None:
    """Add the tables and columns, and let an offer be without a push."""
    op.add_column("turn", sa.Column("is_pushed", sa.Integer, nullable=False, server_default=_NONE))
    op.add_column("turn", sa.Column("push_end", sa.Text))
    pushed = sa.text("is_pushed = 1")
    op.create_index(
        "ix_turn_pushed",
        "turn",
        ["account", "openid", "id"],
        sqlite_where=pushed,
        postgresql_where=pushed,
    )
    with op.batch_alter_table("offer") as offer:
        offer.alter_column("push_id", existing_type=_ID, nullable=True)
    op.create_table(
        "push_right",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("is_allowed", sa.Integer, nullable=False),
        sa.Column("learnt_at", sa.Double, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_push_right"),
    )
    op.create_table(
        "quota",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.Column("messages_left", sa.Integer, nullable=False),
        sa.Column("acted_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("account", "openid", name="pk_quota"),
    )
