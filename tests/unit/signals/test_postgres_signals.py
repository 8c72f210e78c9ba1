"""What signals make of PostgreSQL alone: batches, cut connections, strangers on the channel."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from support.postgres import OwnServer, server
from yingda.clock import SystemClock
from yingda.errors import StoreError
from yingda.postgres.address import Connection, address_of
from yingda.postgres.listening import Ear
from yingda.signals.base import Topic
from yingda.signals.postgres import CHANNEL, PostgresSignals

_PATIENCE_S = 15.0
_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = %s AND datname = current_database()
"""
_PID = """
    SELECT pid FROM pg_stat_activity
    WHERE application_name = %s AND datname = current_database()
"""


def ask(url: str, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode(), values).fetchall()


class Process:
    """One process and what it hears of ends."""

    def __init__(self, url: str) -> None:
        address, clock = address_of(url), SystemClock()
        self.signals = PostgresSignals(address, Ear(address, clock), clock)
        self.heard: list[str] = []
        self.gaps: list[bool] = []
        self._changed = asyncio.Event()
        self.signals.hear(Topic.END, self._take)
        self.signals.on_gap(self._note)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    async def until_heard(self, *bodies: str) -> None:
        await self.until(lambda: len(self.heard) >= len(bodies))
        assert self.heard == list(bodies)

    def _take(self, body: str) -> None:
        self.heard.append(body)
        self._changed.set()

    def _note(self) -> None:
        self.gaps.append(self.signals.is_deaf)
        self._changed.set()


@pytest.fixture(scope="module")
def url() -> str:
    return server().url(server().empty())


@pytest.fixture
async def pair(url: str) -> AsyncIterator[tuple[Process, Process]]:
    made = (Process(url), Process(url))
    for each in made:
        await each.signals.start()
    yield made
    for each in made:
        await each.signals.close()


Pair = tuple[Process, Process]


async def test_thousands_at_once_take_few_statements(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    statements: list[object] = []
    execute = Connection.execute

    async def counted(self: Connection, *args: Any, **more: Any) -> Any:
        statements.append(args[0])
        return await execute(self, *args, **more)

    monkeypatch.setattr(Connection, "execute", counted)
    for n in range(10_000):
        first.signals.tell(Topic.END, str(n))
    await second.until_heard(*(str(n) for n in range(10_000)))
    assert 1 <= len([each for each in statements if "pg_notify" in str(each)]) <= 3


async def test_a_cut_listening_connection_makes_it_deaf_and_the_gap_is_told(
    url: str, pair: Pair
) -> None:
    first, second = pair
    with capture_logs() as logs:
        ask(url, _CUT, ("yingda listens",))
        await second.until(lambda: second.gaps == [False, True, False])
    assert {line["event"] for line in logs} == {"notifications_missed"}
    first.signals.tell(Topic.END, "1")
    await second.until_heard("1")


async def test_a_cut_telling_connection_loses_nothing_that_waits(url: str, pair: Pair) -> None:
    first, second = pair
    first.signals.tell(Topic.END, "before")
    await second.until_heard("before")
    with capture_logs() as logs:
        ask(url, _CUT, ("yingda tells",))
        for n in range(2000):
            first.signals.tell(Topic.END, str(n))
        await second.until_heard("before", *(str(n) for n in range(2000)))
    assert {line["event"] for line in logs} == {"signals_delayed"}


async def test_what_the_server_refuses_is_dropped_and_the_rest_goes_on(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    with capture_logs() as logs:
        monkeypatch.setattr("yingda.signals.postgres._NOTIFY", "SELECT $1, 1 / length($2[2]) - 1")
        first.signals.tell(Topic.END, "refused")
        await first.signals._is_idle.wait()
        monkeypatch.undo()
        first.signals.tell(Topic.END, "taken")
        await second.until_heard("taken")
    assert [line["event"] for line in logs] == ["signals_not_told"]
    assert "refused" not in str(logs[0]["reason"]).replace("the database refused", "")


async def test_what_others_say_on_the_channel_is_passed_over(url: str, pair: Pair) -> None:
    first, second = pair
    strange = ["", "hello", "[]", '["x"]', '["x",[["end"]]]', '["x",[["end",1]]]', "{}", "[" * 3000]
    with capture_logs() as logs:
        for payload in strange:
            ask(url, "SELECT pg_notify(%s, %s)", (CHANNEL, payload))
        first.signals.tell(Topic.END, "1")
        await second.until_heard("1")
    assert {line["event"] for line in logs} == {"signal_not_understood"}
    assert "hello" not in str(logs)


async def test_half_a_surrogate_pair_is_dropped_with_a_warning(pair: Pair) -> None:
    first, second = pair
    with capture_logs() as logs:
        first.signals.tell(Topic.END, "a\ud800")
    first.signals.tell(Topic.END, "1")
    await second.until_heard("1")
    assert [line["event"] for line in logs] == ["signal_not_encodable"]


def test_what_waits_is_bounded_and_the_oldest_goes_first(url: str) -> None:
    signals = Process(url).signals
    for n in range(30_000):
        signals.tell(Topic.END, str(n))
    assert (len(signals._waiting), signals._waiting[0]) == (20_000, b'["end","10000"]')
    for _ in range(2000):
        signals.tell(Topic.TEXT, "a" * 7800)
    assert sum(map(len, signals._waiting)) == signals._waiting_bytes <= 8_000_000


async def test_a_close_waits_no_longer_than_a_second_for_a_server_that_is_gone(url: str) -> None:
    process = Process(url)
    process.signals.tell(Topic.END, "1")
    process.signals._task = asyncio.ensure_future(asyncio.Event().wait())  # type: ignore[arg-type]
    with capture_logs() as logs:
        async with asyncio.timeout(5):
            await process.signals.close()
    assert [line["event"] for line in logs] == ["signals_not_told"]


async def test_a_server_that_hangs_in_a_statement_keeps_no_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = OwnServer()
    process = Process(own.url)
    await process.signals.start()
    process.signals.tell(Topic.END, "before")
    await process.signals._is_idle.wait()
    ((backend,),) = ask(own.url, _PID, ("yingda tells",))
    os.kill(backend, signal.SIGSTOP)
    monkeypatch.setattr("yingda.signals.postgres._CLOSE_S", 0.1)
    process.signals.tell(Topic.END, "never")
    with capture_logs() as logs:
        async with asyncio.timeout(3):
            await process.signals.close()
    assert [line["event"] for line in logs] == ["signals_not_told"]
    os.kill(backend, signal.SIGCONT)
    own.remove()


async def test_a_database_that_cannot_be_reached_is_told_at_the_start() -> None:
    with pytest.raises(StoreError, match="createdb"):
        await Process(server().url("yingda_no_such_database")).signals.start()
