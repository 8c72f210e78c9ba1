"""The gateway's tables and transactions, as far as jobs are concerned.

Smaller tables than the product's, under the same rules: only the head turn of a conversation
has a job; row and job are one transaction; ending a turn defers the next one under the
conversation's row lock; every write names its run number. Each of these is one transaction on a
psycopg connection of ours, into which the engine's job is written.
"""

import time
from typing import NamedTuple

from bench.jobs.base import Connection, Engine

SCHEMA = """
    CREATE TABLE conversation (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY);
    CREATE TABLE turn (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        conversation_id bigint NOT NULL REFERENCES conversation,
        state text NOT NULL DEFAULT 'queued',
        run_no integer NOT NULL DEFAULT 0,
        ai_s float8 NOT NULL,
        answer text NOT NULL DEFAULT '',
        entered_at float8 NOT NULL,
        ended_at float8,
        -- Of the yardstick without an engine: whether the turn may be fetched, and who has it.
        is_due boolean NOT NULL DEFAULT false,
        worker_id bigint
    );
    CREATE INDEX ix_turn_pending ON turn (conversation_id, id)
        WHERE state IN ('queued', 'running');
    CREATE INDEX ix_turn_due ON turn (id) WHERE is_due;
    CREATE INDEX ix_turn_running ON turn (worker_id) WHERE state = 'running';
    CREATE TABLE run (
        turn_id bigint NOT NULL REFERENCES turn,
        run_no integer NOT NULL,
        pid integer NOT NULL,
        started_at float8 NOT NULL,
        PRIMARY KEY (turn_id, run_no)
    );
"""
_INSERT = """
    INSERT INTO turn (conversation_id, ai_s, entered_at) VALUES (%s, %s, %s) RETURNING id
"""
_LOCK = "SELECT 1 FROM conversation WHERE id = %s FOR UPDATE"
_HEAD = """
    SELECT id FROM turn WHERE conversation_id = %s AND state IN ('queued', 'running')
    ORDER BY id LIMIT 1
"""
_CLAIM = """
    UPDATE turn SET state = 'running', run_no = run_no + 1
    WHERE id = %s AND state IN ('queued', 'running') RETURNING run_no, ai_s
"""
_CLAIMED = "SELECT run_no, ai_s FROM turn WHERE id = %s AND run_no = %s"
_NOTE_RUN = "INSERT INTO run (turn_id, run_no, pid, started_at) VALUES (%s, %s, %s, %s)"
_FINISH = """
    UPDATE turn SET state = 'answered', answer = %s, ended_at = %s, is_due = false
    WHERE id = %s AND run_no = %s AND state = 'running' RETURNING conversation_id
"""
#: An answer of an ordinary length: some 300 Chinese characters.
_ANSWER = "答" * 300


class Claim(NamedTuple):
    """A turn that was taken on."""

    turn_id: int
    run_no: int
    ai_s: float


async def enter(connection: Connection, engine: Engine, conversation_id: int, ai_s: float) -> int:
    """A new question, at the end of its conversation's queue; returns its turn."""
    async with connection.transaction():
        await connection.execute(_LOCK, (conversation_id,))
        cursor = await connection.execute(_INSERT, (conversation_id, ai_s, time.time()))
        turn_id = int((await cursor.fetchall())[0][0])
        cursor = await connection.execute(_HEAD, (conversation_id,))
        if (await cursor.fetchall())[0][0] == turn_id:
            await engine.defer(connection, turn_id)
    return turn_id


async def claim(connection: Connection, turn_id: int, run_no: int | None, pid: int) -> Claim | None:
    """Take a turn on; None for one that has ended. `run_no` is there if a fetch has claimed it."""
    started_at = time.time()
    async with connection.transaction():
        if run_no is None:
            cursor = await connection.execute(_CLAIM, (turn_id,))
        else:
            cursor = await connection.execute(_CLAIMED, (turn_id, run_no))
        row = await cursor.fetchone()
        if row is None:
            return None
        await connection.execute(_NOTE_RUN, (turn_id, row[0], pid, started_at))
    return Claim(turn_id, row[0], row[1])


async def finish(connection: Connection, engine: Engine, claimed: Claim) -> bool:
    """End a turn and defer the next one; False if the run is no longer the turn's."""
    async with connection.transaction():
        cursor = await connection.execute(
            _FINISH, (_ANSWER, time.time(), claimed.turn_id, claimed.run_no)
        )
        row = await cursor.fetchone()
        if row is None:
            return False
        await connection.execute(_LOCK, row)
        cursor = await connection.execute(_HEAD, row)
        head = await cursor.fetchone()
        if head is not None:
            await engine.defer(connection, head[0])
    return True
