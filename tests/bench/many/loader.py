"""Questions put straight into the store, each with its job, as a web process would enter them.

    python -m bench.many.loader URL PROVIDER

Takes an `Order` as a line of JSON, and says when each question was known to be durable.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator

import msgspec
import uvloop

from bench.world import hear, say
from yingda.clock import SystemClock
from yingda.jobs.postgres import PostgresJobs
from yingda.postgres.address import address_of
from yingda.postgres.listening import Ear
from yingda.store.entries import NewPush, NewQuestion, PushKind
from yingda.store.postgres import PostgresStore, open_postgres
from yingda.store.steps import Query, Steps, execute, fetch

#: Questions that are entered at once, at most.
_AT_ONCE = 8
# A backlog is made in one go: entering is not what it is measured with.
_CONVERSATIONS = """
    INSERT INTO conversation (account, openid, "user", provider, opened_at)
    SELECT 'default', 'b_' || :name || n, 'wx', :provider, :at
    FROM generate_series(1, CAST(:count AS bigint)) AS n
"""
_TURNS = """
    INSERT INTO turn (conversation_id, account, openid, number, question, state, entered_at,
        provider, form)
    SELECT id, account, openid, 1, openid || ' ' || :span, 'queued', :at, provider, 'text'
    FROM conversation WHERE openid LIKE 'b_' || :name || '%' RETURNING id
"""


class Order(msgspec.Struct):
    """What is to be asked."""

    #: Begins every key, and is never used twice.
    name: str
    count: int
    #: How long the AI is to take, in seconds; `inf` until it is released.
    span: str = "0"
    #: Questions a second; None makes a backlog in one go.
    per_s: float | None = None


class Loader:
    """Enters questions."""

    def __init__(self, store: PostgresStore, jobs: PostgresJobs, provider: str) -> None:
        self._store = store
        self._jobs = jobs
        self._provider = provider
        self._entered_s: dict[str, float] = {}

    async def do(self, order: Order) -> dict[str, float]:
        """Each key, and when its question was durable; monotonic seconds."""
        self._entered_s = {}
        if order.per_s is None:
            await self._pile_up(order)
        else:
            await self._enter_steadily(order, order.per_s)
        return self._entered_s

    async def _pile_up(self, order: Order) -> None:
        name, at = f"{order.name}_", time.time()

        def steps() -> Steps[list[int]]:
            yield from execute(
                _CONVERSATIONS, name=name, provider=self._provider, at=at, count=order.count
            )
            rows = yield from fetch(_TURNS, name=name, span=order.span, at=at)
            return [row[0] for row in rows]

        turn_ids = await self._store._run(steps, None)
        await self._jobs.adopt([(turn_id, self._provider) for turn_id in turn_ids])

    async def _enter_steadily(self, order: Order, per_s: float) -> None:
        places = asyncio.Semaphore(_AT_ONCE)
        begin_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(order.count):
                await asyncio.sleep(begin_s + number / per_s - time.monotonic())
                tasks.create_task(self._enter(f"{order.name}_{number}", order.span, places))

    async def _enter(self, key: str, span: str, places: asyncio.Semaphore) -> None:
        async with places:
            entered = await self._store.enter_question(
                _push(key), _question(f"{key} {span}", self._provider)
            )
            self._entered_s[key] = time.monotonic()
            assert entered.to_run is not None, "it is its conversation's first"
            self._jobs.defer(entered.to_run, self._provider)


_numbers: Iterator[int] = itertools.count()


def _push(key: str) -> NewPush:
    now = time.time()
    return NewPush(
        account="default",
        openid=f"o_{key}",
        key=f"m:{next(_numbers)}",
        kind=PushKind.QUESTION,
        created_at=now,
        received_at=now,
    )


def _question(text: str, provider: str) -> NewQuestion:
    return NewQuestion(text=text, user="wx", provider=provider, queue_limit=3, refuse=lambda _: b"")


async def _load(url: str, provider: str) -> None:
    clock, address = SystemClock(), address_of(url)
    jobs = PostgresJobs(address, Ear(address, clock), clock)
    store = await open_postgres(
        url, deferral=lambda turn_id, lane: Query(*jobs.deferral(turn_id, lane))
    )
    loader = Loader(store, jobs, provider)
    say("ready")
    while line := await hear():
        say(await loader.do(msgspec.json.decode(line, type=Order)))


if __name__ == "__main__":
    uvloop.run(_load(sys.argv[1], sys.argv[2]))
