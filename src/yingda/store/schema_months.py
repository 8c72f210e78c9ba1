"""How PostgreSQL keeps the turns: in parts by month, and ids that tell the month.

An id is at least the number of its month, counted from January 2026 in UTC as 1, times 2⁴⁰; in a
month they go up one by one. So a turn's id says which part holds it, foreign keys stay what they
are, and an empty month is dropped as a table. The ids never go back, even if the clock does: the
sequence itself is moved on, by the first turn of a month. The first part holds all that was asked
before there were parts, and what was moved here from SQLite; what fits nowhere goes into the last.

A part of `store.schema`; `postgres_months` makes and drops the months.
"""

from sqlalchemy import DDL, Table, event

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
_AFTER_THE_TABLE = (
    _NEXT_TURN_ID,
    "ALTER TABLE turn ALTER id SET DEFAULT next_turn_id()",
    f"CREATE TABLE turn_first PARTITION OF turn FOR VALUES FROM (MINVALUE) TO ({1 << 40})",
    "CREATE TABLE turn_default PARTITION OF turn DEFAULT",
)


def part_by_month(turn: Table) -> None:
    """Have PostgreSQL's table of turns made so."""
    for statement in _AFTER_THE_TABLE:
        made = DDL(statement).execute_if(dialect="postgresql")  # type: ignore[no-untyped-call] # SQLAlchemy's own
        event.listen(turn, "after_create", made)
