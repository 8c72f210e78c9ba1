"""Runs the missing steps on the database that `store.migrate` hands in, in one transaction."""

from typing import Any

from alembic import context
from sqlalchemy import event

from yingda.store.schema import metadata

engine = context.config.attributes["engine"]

if engine.dialect.name == "sqlite":
    # Python's driver begins no transaction before a change of tables, unless it is told to leave
    # transactions alone; then a step that fails half-way would stay half done.
    @event.listens_for(engine, "connect")
    def _leave_transactions_alone(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


try:
    with engine.begin() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        context.run_migrations()
finally:
    engine.dispose()
