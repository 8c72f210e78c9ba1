"""Opens the database that the settings name, to work in it or to look at it.

Knows which database is which kind's; what is done with it is the store's.
"""

from contextlib import AbstractContextManager

from yingda.config import Settings
from yingda.store.base import Store
from yingda.store.looking import Look, look
from yingda.store.sqlite import open_sqlite


async def open_store(settings: Settings) -> Store:
    """The store, with its tables brought up to date. Raises StoreError."""
    if settings.postgres_url is None:
        return await open_sqlite(settings.database_path)
    # Its driver costs a start 0.14 s (measured), which SQLite's many users need not wait for.
    from yingda.store.postgres import open_postgres  # noqa: PLC0415 - as said

    return await open_postgres(settings.postgres_url)


def look_at(settings: Settings) -> AbstractContextManager[Look | None]:
    """The database as it is, whoever works in it; None when there is none yet.

    Raises StoreError when it is entered, for what is damaged, not ours, or of another version.
    """
    if settings.postgres_url is None:
        return look(settings.database_path)
    from yingda.store.postgres_looking import look_at_postgres  # noqa: PLC0415 - as above

    return look_at_postgres(settings.postgres_url)
