"""The database on PostgreSQL, with or without servers that use it. Reads only."""

import asyncio

from yingda.config import Settings
from yingda.databases import look_at
from yingda.doctor.base import Findings, Subject
from yingda.doctor.texts import finding
from yingda.errors import StoreError
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
            return (finding(Subject.STORE, "store_reached", name, version=HEAD),)
    except StoreError as error:
        return (finding(Subject.STORE, "store_refused", name, reason=str(error)),)
