"""Runs the missing steps on the database that `store.migrate` hands in.

In one transaction, but for a step on PostgreSQL that says otherwise by `autocommit_block`.
"""

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


def _run(connection: Any) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    # Alembic's own transaction, where it takes one: a step may leave it for what PostgreSQL does in
    # none, such as an index that is made while others write.
    with context.begin_transaction():
        context.run_migrations()


try:
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            _run(connection)
    else:
        with engine.connect() as connection:
            _run(connection)
finally:
    engine.dispose()
