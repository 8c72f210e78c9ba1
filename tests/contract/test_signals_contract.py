"""What signals keep to, between processes on PostgreSQL and in the hub that scenarios use."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from functools import partial

import msgspec
import pytest
from structlog.testing import capture_logs

from support.postgres import server
from support.signals import Hub
from yingda.clock import SystemClock
from yingda.postgres.address import address_of
from yingda.postgres.listening import Ear
from yingda.signals.base import BODY_LIMIT_BYTES, Signals, Topic
from yingda.signals.postgres import PostgresSignals

#: How long a test waits before it says that a signal was lost.
_PATIENCE_S = 10.0


@functools.cache
def database() -> str:
    """One for all of these tests: signals leave nothing in it."""
    return server().url(server().empty())


def on_postgres() -> Callable[[], Signals]:
    address, clock = address_of(database()), SystemClock()
    return lambda: PostgresSignals(address, Ear(address, clock), clock)


MAKE: dict[str, Callable[[], Callable[[], Signals]]] = {
    "hub": lambda: Hub().signals,
    "postgres": on_postgres,
}


class Process:
    """One process: what it hears, in order."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self.heard: list[tuple[Topic, str]] = []
        #: Whether it was deaf, each time that it was told of a gap.
        self.gaps: list[bool] = []
        self._changed = asyncio.Event()
        for topic in (Topic.END, Topic.WANT):
            signals.hear(topic, partial(self._take, topic))
        signals.on_gap(self._note_gap)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until what it heard makes this true."""
        async with asyncio.timeout(_PATIENCE_S):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    async def until_heard(self, body: str) -> None:
        """Wait until it heard this; whatever was told before was heard or lost by then."""
        await self.until(lambda: bool(self.heard) and self.heard[-1][1] == body)

    def _take(self, topic: Topic, body: str) -> None:
        self.heard.append((topic, body))
        self._changed.set()

    def _note_gap(self) -> None:
        self.gaps.append(self.signals.is_deaf)
        self._changed.set()


@pytest.fixture(params=MAKE)
async def processes(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[Process, Process, Process]]:
    make = MAKE[request.param]()
    made = (Process(make()), Process(make()), Process(make()))
    for each in made:
        assert each.signals.is_deaf, "it was not started"
        await each.signals.start()
    yield made
    for each in made:
        await each.signals.close()


Three = tuple[Process, Process, Process]


async def test_every_other_process_hears_a_signal_and_the_teller_does_not(
    processes: Three,
) -> None:
    first, second, third = processes
    first.signals.tell(Topic.END, "1")
    await second.until_heard("1")
    await third.until_heard("1")
    second.signals.tell(Topic.END, "2")
    await first.until_heard("2")
    assert first.heard == [(Topic.END, "2")]
    assert second.heard == [(Topic.END, "1")]


async def test_a_started_process_is_not_deaf_nor_alone_and_was_told_to_look_once(
    processes: Three,
) -> None:
    for each in processes:
        assert not each.signals.is_deaf
        assert not each.signals.is_alone
        assert each.gaps == [False]


async def test_signals_keep_their_order_across_topics(processes: Three) -> None:
    first, second, _ = processes
    told = [(Topic.END if n % 3 else Topic.WANT, str(n)) for n in range(300)]
    for topic, body in told:
        first.signals.tell(topic, body)
    await second.until(lambda: len(second.heard) == len(told))
    assert second.heard == told


async def test_what_nobody_asked_for_is_passed_over(processes: Three) -> None:
    first, second, _ = processes
    first.signals.tell(Topic.BREAKER, "dify")
    first.signals.tell(Topic.END, "1")
    await second.until_heard("1")
    assert second.heard == [(Topic.END, "1")]


@pytest.mark.parametrize(
    "body",
    ["", "应答", "她说：“好”", 'a "quoted" \\ word', "a\nb\tc\x00d\x1f", "😀" * 50, "'; --", "[]"],
)
async def test_any_text_arrives_as_it_was(processes: Three, body: str) -> None:
    first, second, _ = processes
    first.signals.tell(Topic.WANT, body)
    first.signals.tell(Topic.END, "last")
    await second.until_heard("last")
    assert second.heard == [(Topic.WANT, body), (Topic.END, "last")]


@pytest.mark.parametrize("letter", ["a", "答", '"', "\x01", "😀"])
async def test_a_body_may_be_as_long_as_the_limit_says(processes: Three, letter: str) -> None:
    first, second, _ = processes
    each = len(msgspec.json.encode(letter)) - 2
    body = letter * ((BODY_LIMIT_BYTES - 2) // each)
    for _ in range(3):
        first.signals.tell(Topic.WANT, body)
    first.signals.tell(Topic.END, "last")
    await second.until_heard("last")
    assert second.heard[0] == (Topic.WANT, body)


async def test_what_is_too_long_is_dropped_with_a_warning_and_nothing_else_is(
    processes: Three,
) -> None:
    first, second, _ = processes
    first.signals.tell(Topic.END, "before")
    with capture_logs() as logs:
        first.signals.tell(Topic.WANT, "答" * BODY_LIMIT_BYTES)
    first.signals.tell(Topic.END, "after")
    await second.until_heard("after")
    assert second.heard == [(Topic.END, "before"), (Topic.END, "after")]
    assert [(line["event"], line["topic"]) for line in logs] == [("signal_too_long", "want")]
    assert "答" not in str(logs)


async def test_thousands_at_once_arrive_whole(processes: Three) -> None:
    first, second, third = processes
    for n in range(5000):
        first.signals.tell(Topic.END, str(n))
    await second.until_heard("4999")
    await third.until_heard("4999")
    expected = [(Topic.END, str(n)) for n in range(5000)]
    assert second.heard == third.heard == expected


async def test_all_may_tell_at_once(processes: Three) -> None:
    for n in range(100):
        for place, each in enumerate(processes):
            each.signals.tell(Topic.END, f"{place} {n}")
    for place, each in enumerate(processes):
        await each.until(lambda each=each: len(each.heard) == 200)  # type: ignore[misc]
        for other in {0, 1, 2} - {place}:
            theirs = [body for _, body in each.heard if body.startswith(f"{other} ")]
            assert theirs == [f"{other} {n}" for n in range(100)]


async def test_a_close_tells_what_is_still_to_be_told(processes: Three) -> None:
    first, second, _ = processes
    for n in range(3000):
        first.signals.tell(Topic.END, str(n))
    await first.signals.close()
    await second.until_heard("2999")
    assert len(second.heard) == 3000
    assert first.signals.is_deaf


async def test_a_closed_process_hears_nothing_and_may_be_closed_twice(processes: Three) -> None:
    first, second, third = processes
    await second.signals.close()
    await second.signals.close()
    first.signals.tell(Topic.END, "1")
    await third.until_heard("1")
    assert second.heard == []
