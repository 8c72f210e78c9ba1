"""The database on PostgreSQL, with or without processes that use it. Reads only."""

import asyncio

from yingda.config import Settings
from yingda.databases import look_at
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.texts import finding
from yingda.errors import StoreError
from yingda.postgres.liveness import DEAD_AFTER_S
from yingda.store.looking import Look
from yingda.store.migrate import HEAD


async def check_postgres(settings: Settings) -> Findings:
    """Whether it can be reached, and is what this yingda works with."""
    return await asyncio.to_thread(_check, settings)


def _check(settings: Settings) -> Findings:
    name = settings.database_name
    try:
        with look_at(settings) as seen:
            if seen is None:
                return (finding(Subject.STORE, "store_new", name),)
            reached = finding(Subject.STORE, "store_reached", name, version=HEAD)
            return (reached, _processes(seen, name))
    except StoreError as error:
        return (finding(Subject.STORE, "store_refused", name, reason=str(error)),)


def _processes(seen: Look, name: str) -> Finding:
    count, workers = seen.processes(within_s=DEAD_AFTER_S)
    if count and not workers:
        return finding(Subject.STORE, "store_no_worker", name, count=count)
    code = "store_processes" if count else "store_no_process"
    return finding(Subject.STORE, code, name, count=count, workers=workers)
