"""Turns by month on PostgreSQL, and what old turns leave behind when they go."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MONTHS_AHEAD = 2
#: Table and column of every foreign key that names a turn.
_REFERRING = ("attachment", "enclosure", "hold", "lost_run", "offer", "push")
_FOLLOWER_ID = "account, openid, id"
#: Name → columns and condition, of every index of a turn but its key's.
_INDEXES = {
    "ix_turn_pending": (_FOLLOWER_ID, "state IN ('queued', 'running')"),
    "ix_turn_unread": (_FOLLOWER_ID, "is_unread = 1"),
    "ix_turn_pushed": (_FOLLOWER_ID, "is_pushed = 1"),
    "ix_turn_said": ("conversation_id, number", "answer <> '' AND is_withdrawn = 0"),
    "ix_turn_ended": ("account, ended_at", "ended_at IS NOT NULL"),
    "ix_turn_rating": ("rating_due_at", "rating_due_at IS NOT NULL"),
    "ix_turn_account_openid_number": ("account, openid, number", None),
}
_MONTH_NOW = """
    (extract(year FROM clock_timestamp() AT TIME ZONE 'UTC')::bigint - 2026) * 12
        + extract(month FROM clock_timestamp() AT TIME ZONE 'UTC')::bigint
"""
_NEXT_TURN_ID = f"""
    CREATE FUNCTION next_turn_id() RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        month_begin CONSTANT bigint := ({_MONTH_NOW}) << 40;
        id bigint := nextval('turn_id_seq');
    BEGIN
        IF id >= month_begin THEN
            RETURN id;
        END IF;
        -- The first turns of a month: one of them moves the sequence on.
        PERFORM pg_advisory_xact_lock(7236190816);
        IF (SELECT last_value FROM turn_id_seq) < month_begin THEN
            PERFORM setval('turn_id_seq', month_begin, false);
        END IF;
        RETURN nextval('turn_id_seq');
    END $$
"""


def upgrade() -> None:
    """Add the table and the indexes; on PostgreSQL, make the turns of today the first part."""
    op.create_table(
        "numbering",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("openid", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account", "openid", name="pk_numbering"),
    )
    op.create_index("ix_conversation_follower", "conversation", ["account", "openid"])
    op.create_index("ix_push_turn_id", "push", ["turn_id"])
    if op.get_bind().dialect.name == "postgresql":
        _part()


def _part() -> None:
    """Put a parted table in the turns' place, without copying any of them."""
    for table in _REFERRING:
        op.drop_constraint(f"fk_{table}_turn_id", table)
    _put_aside()
    op.execute("CREATE TABLE turn (LIKE turn_first INCLUDING DEFAULTS) PARTITION BY RANGE (id)")
    op.execute("ALTER TABLE turn ADD CONSTRAINT pk_turn PRIMARY KEY (id)")
    op.create_foreign_key(
        "fk_turn_conversation_id", "turn", "conversation", ["conversation_id"], ["id"]
    )
    for name, (columns, condition) in _INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON turn ({columns}){_where(condition)}")
    op.execute("ALTER SEQUENCE turn_id_seq OWNED BY turn.id")
    op.execute(_NEXT_TURN_ID)
    for table in ("turn", "turn_first"):
        op.execute(f"ALTER TABLE {table} ALTER id SET DEFAULT next_turn_id()")
    op.execute(f"ALTER TABLE turn ATTACH PARTITION turn_first {_ids(None, 1)}")
    _months(op.get_bind().scalar(sa.text(f"SELECT {_MONTH_NOW}")))
    op.execute("CREATE TABLE turn_default PARTITION OF turn DEFAULT")
    for table in _REFERRING:
        op.create_foreign_key(f"fk_{table}_turn_id", table, "turn", ["turn_id"], ["id"])


def _put_aside() -> None:
    """Give the old table and its indexes other names; the parted one takes theirs."""
    op.rename_table("turn", "turn_first")
    # A unique index is no part of one that is not, and a parted table's has to hold its key.
    op.drop_constraint("uq_turn_account_openid_number", "turn_first")
    op.execute("ALTER TABLE turn_first RENAME CONSTRAINT pk_turn TO pk_turn_first")
    op.execute(
        "ALTER TABLE turn_first"
        " RENAME CONSTRAINT fk_turn_conversation_id TO fk_turn_first_conversation_id"
    )
    for name in _INDEXES:
        if name != "ix_turn_account_openid_number":
            op.execute(f"ALTER INDEX {name} RENAME TO {name.replace('turn', 'turn_first')}")


def _months(now: Any) -> None:
    for month in range(now, now + _MONTHS_AHEAD + 1):
        name = f"turn_{2026 + (month - 1) // 12}_{(month - 1) % 12 + 1:02d}"
        op.execute(f"CREATE TABLE {name} PARTITION OF turn {_ids(month, month + 1)}")


def _ids(first: int | None, behind: int) -> str:
    least = "MINVALUE" if first is None else f"{first << 40}"
    return f"FOR VALUES FROM ({least}) TO ({behind << 40})"


def _where(condition: str | None) -> str:
    return "" if condition is None else f" WHERE {condition}"
