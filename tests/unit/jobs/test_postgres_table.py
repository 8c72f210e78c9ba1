"""How PostgreSQL goes about what a worker asks of its jobs."""

from datetime import timedelta

import pytest

from support.shared_jobs import prepared
from yingda.clock import SystemClock
from yingda.jobs import postgres_table
from yingda.jobs.postgres_engine import OPEN, fetching
from yingda.jobs.postgres_table import _END, JobTable
from yingda.postgres.address import Connection, address_of


async def test_what_was_planned_without_jobs_reads_few_of_thousands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_table, "_CONNECTIONS", 1)
    table = JobTable(address_of(prepared()), SystemClock())
    await table.fetch(1, {OPEN: 0}, timedelta(seconds=6))
    await table.adopt([(n, OPEN) for n in range(1, 501)])
    running = [job.job_id for job in await table.fetch(500, {OPEN: 0}, timedelta(seconds=6))]
    await table.beat(running)
    await table.end(running[:1])
    async with table._pool.connection() as connection:
        cursor = await connection.execute("SELECT name, statement FROM pg_prepared_statements")
        names = dict(reversed(row) for row in await cursor.fetchall())
        plans = {
            sql.split(maxsplit=1)[0]: await plan_of(connection, names[sql], values)
            for sql, values in (
                (_END, f"'{{1}}', '{table.worker}'"),
                (
                    fetching(1, {OPEN: 0}, table.worker, timedelta(seconds=6)).sql,
                    f"1, '{{{OPEN}}}', '{table.worker}', '6 s'",
                ),
            )
        }
    await table.close()
    assert "Seq Scan" not in "".join(plans.values())
    assert "Bitmap" not in "".join(plans.values())
    assert "pgqueuer_picked_heartbeat_idx" in plans["WITH"]
    assert "pgqueuer_pkey" in plans["DELETE"]


async def plan_of(connection: Connection, name: str, values: str) -> str:
    cursor = await connection.execute(f"EXPLAIN EXECUTE {name}({values})".encode(), prepare=False)
    return "\n".join(row[0] for row in await cursor.fetchall())
