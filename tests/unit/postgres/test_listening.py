"""One ear on a real server: several channels, a cut connection, a server that goes and comes."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from support.postgres import OwnServer, server
from yingda.clock import SystemClock
from yingda.errors import StoreError
from yingda.postgres.address import address_of
from yingda.postgres.listening import Ear

_PATIENCE_S = 15.0
_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'yingda listens' AND datname = current_database()
"""
_LISTENERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'yingda listens' AND datname = current_database()
"""


def ask(url: str, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode(), values).fetchall()


def notify(url: str, channel: str, payload: str) -> None:
    ask(url, "SELECT pg_notify(%s, %s)", (channel, payload))


class Listener:
    """An ear with two channels, and all that it hears and is told."""

    def __init__(self, url: str) -> None:
        self.ear = Ear(address_of(url), SystemClock())
        self.heard: list[tuple[str, str]] = []
        self.changes: list[bool] = []
        self._changed = asyncio.Event()
        for channel in ("one", 'Two "2"'):
            self.ear.hear(channel, partial(self._take, channel))
        self.ear.on_change(self._note)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    def _take(self, channel: str, payload: str) -> None:
        self.heard.append((channel, payload))
        self._changed.set()

    def _note(self) -> None:
        self.changes.append(self.ear.is_deaf)
        self._changed.set()


@pytest.fixture(scope="module")
def url() -> str:
    return server().url(server().empty())


@pytest.fixture
async def listener(url: str) -> AsyncIterator[Listener]:
    made = Listener(url)
    await made.ear.start()
    yield made
    await made.ear.close()


async def test_each_channel_is_heard_by_its_own_name_and_no_other_is(
    url: str, listener: Listener
) -> None:
    for channel, payload in (("one", "a"), ("three", "b"), ('Two "2"', "c"), ("two", "d")):
        notify(url, channel, payload)
    notify(url, "one", "last")
    await listener.until(lambda: listener.heard[-1:] == [("one", "last")])
    assert listener.heard == [("one", "a"), ('Two "2"', "c"), ("one", "last")]


async def test_a_hearer_that_fails_is_logged_and_makes_nobody_deaf(
    url: str, listener: Listener
) -> None:
    def fail(payload: str) -> None:
        raise KeyError(payload)

    listener.ear.hear('Two "2"', fail)
    with capture_logs() as logs:
        notify(url, 'Two "2"', "bad")
        notify(url, "one", "good")
        await listener.until(lambda: len(listener.heard) == 2)
    assert [line["event"] for line in logs] == ["notification_failed"]
    assert not listener.ear.is_deaf


async def test_who_fails_to_be_told_of_a_change_is_logged_and_hearing_begins(url: str) -> None:
    listener = Listener(url)

    def fail() -> None:
        raise KeyError

    listener.ear.on_change(fail)
    with capture_logs() as logs:
        await listener.ear.start()
    assert [line["event"] for line in logs] == ["notification_failed"]
    notify(url, "one", "heard")
    await listener.until(lambda: listener.heard == [("one", "heard")])
    await listener.ear.close()


async def test_a_cut_connection_makes_it_deaf_and_it_comes_back_by_itself(
    url: str, listener: Listener
) -> None:
    with capture_logs() as logs:
        ask(url, _CUT)
        await listener.until(lambda: listener.changes == [False, True, False])
    assert [line["event"] for line in logs] == ["notifications_missed"]
    notify(url, "one", "again")
    await listener.until(lambda: listener.heard == [("one", "again")])
    assert ask(url, _LISTENERS) == [(1,)]


async def test_several_may_start_and_close_one_ear(url: str, listener: Listener) -> None:
    await listener.ear.start()
    assert ask(url, _LISTENERS) == [(1,)]
    await listener.ear.close()
    await listener.ear.close()
    assert listener.ear.is_deaf
    assert listener.changes == [False]


async def test_a_close_in_the_very_moment_of_the_start_leaves_no_connection(url: str) -> None:
    ear = Ear(address_of(url), SystemClock())
    await ear.start()
    connection = ear._connection
    await ear.close()
    assert connection is not None
    assert connection.closed


async def test_a_database_that_cannot_be_reached_is_told_at_the_start() -> None:
    nowhere = server().url("yingda_no_such_database")
    with pytest.raises(StoreError, match="createdb"):
        await Ear(address_of(nowhere), SystemClock()).start()


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    made = OwnServer()
    yield made
    made.remove()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_it_hears_again_once_a_stopped_server_is_back(
    own: OwnServer, how: signal.Signals
) -> None:
    listener = Listener(own.url)
    await listener.ear.start()
    with capture_logs() as logs:
        await asyncio.to_thread(own.stop, how)
        await listener.until(lambda: listener.changes == [False, True])
        await asyncio.to_thread(own.start)
        await listener.until(lambda: listener.changes == [False, True, False])
    assert [line["event"] for line in logs] == ["notifications_missed"]
    notify(own.url, "one", "back")
    await listener.until(lambda: listener.heard == [("one", "back")])
    await listener.ear.close()
