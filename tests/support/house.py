"""A whole gateway in a test: real store, real route, scripted provider, simulated WeChat.

On a virtual clock, so that fifteen seconds cost nothing. `crash` leaves nothing of the gateway but
its database, `repeat` brings an old request once more, `rows` tells what stands in the database.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import psycopg

from support.postgres import server
from support.scripted_provider import ScriptedProvider
from yingda.app import Gateway
from yingda.clock import VirtualClock
from yingda.delivery.style import ReplyStyle
from yingda.engine.accounts.accounts import Account, PushMode
from yingda.engine.accounts.pricing import PriceTable
from yingda.engine.asking.candidates import Standby
from yingda.engine.inputs.media_base import Media
from yingda.engine.intake.admission import Capacity
from yingda.providers.base import Provider
from yingda.signals.base import Signals
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Mode, Platform, SimulatedAccount
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import SAMPLE_APP_ID, SAMPLE_SECRET
from yingda.simulator.server_api_transport import InProcessApi
from yingda.simulator.transport import (
    AsgiEvent,
    AsgiTransport,
    HttpAnswer,
    Transport,
    Unreachable,
)
from yingda.simulator.verdict import Verdict
from yingda.store.postgres import PostgresStore, open_postgres
from yingda.store.snapshot_base import Snapshot
from yingda.store.sqlite import SqliteStore, open_sqlite
from yingda.texts import Texts
from yingda.wechat.api import WechatApi
from yingda.wechat.api_token import Credentials
from yingda.wechat.envelope import AesKey, Envelope

T = TypeVar("T")

#: Whether every house stands on PostgreSQL.
ON_POSTGRES = os.environ.get("YINGDA_TEST_STORE") == "postgres"

TOKEN = "gatewaytoken"
APP_ID = "wx0123456789abcdef"
AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


def account(mode: Mode = Mode.PLAIN, **changes: Any) -> Account:
    """An account named `default`, valid as it stands."""
    keys = () if mode is Mode.PLAIN else (AesKey.parse(AES_KEY),)
    settings: dict[str, Any] = {
        "name": "default",
        "token": TOKEN,
        "envelope": Envelope(token=TOKEN, app_id=APP_ID, keys=keys),
        "style": ReplyStyle(texts=Texts()),
        "provider": "scripted",
        "patience": None,
    }
    return Account(**(settings | changes))


class Request(NamedTuple):
    """One request as it reached the gateway."""

    transport: "Line"
    query: str
    body: bytes


class Line(Transport):
    """The way to the gateway: it keeps every request, and breaks when the process dies."""

    def __init__(self, house: "House", name: str) -> None:
        self._house = house
        self._inner = AsgiTransport(house.serve, f"/wechat/{name}")

    @property
    def crashes(self) -> list[BaseException]:
        """What the application raised."""
        return self._inner.crashes

    async def send(
        self, method: str, query: str, body: bytes, *, drops_reply: bool = False
    ) -> HttpAnswer:
        life = self._house.life
        if not self._house.is_open:
            raise Unreachable("nobody listens")
        self._house.requests.append(Request(self, query, body))
        answer = await self._inner.send(method, query, body, drops_reply=drops_reply)
        if self._house.life != life:
            raise Unreachable("the process died")
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class House:
    """A gateway and a WeChat in front of it."""

    def __init__(self, folder: Path, mode: Mode, accounts: tuple[Account, ...]) -> None:
        self.clock = VirtualClock()
        self.provider = ScriptedProvider(self.clock)
        self.providers: dict[str, Provider] = {"scripted": self.provider}
        #: The clients of the server API, by account.
        self.apis: dict[str, Any] = {}
        #: What fetches and converts; None takes neither pictures nor recordings.
        self.media: Media | None = None
        self.database = folder / "house.sqlite3"
        self.capacity = Capacity()
        #: Provider → what its tokens cost.
        self.prices: dict[str, PriceTable] = {}
        self.standby = Standby()
        #: What it tells other processes by; None where it is the only one.
        self.signals: Signals | None = None
        #: What tells its settings from those of others.
        self.snapshots: tuple[Snapshot, ...] = ()
        #: What is older goes; None keeps everything.
        self.keep_months: int | None = None
        #: Every request so far, of every account.
        self.requests: list[Request] = []
        #: Goes up whenever the process dies.
        self.life = 0
        self._accounts = accounts
        self._mode = mode
        self._store: SqliteStore | PostgresStore | None = None
        self._gateway: Gateway | None = None
        self.transport = Line(self, "default")
        self.platform = self.platform_for("default", transport=self.transport)
        #: The server API of the account `default`.
        self.api = ServerApi(self.platform.followers, self.clock, library=self.platform.library)
        #: Seconds that a call takes to reach it, and until an answer is given up.
        self.api_latency_s, self.api_answer_s = 0.0, 10.0
        self._is_moving = False
        self.clock.while_busy(lambda: self._is_moving)
        self.clock.while_busy(lambda: self._store is not None and self._store.is_busy)

    def platform_for(
        self, name: str, *, transport: Line | None = None, clock_offset_s: float = 0.0
    ) -> Platform:
        """WeChat in front of the account with this name."""
        simulated = SimulatedAccount(
            account_id=f"gh_{name}",
            token=TOKEN,
            mode=self._mode,
            app_id=APP_ID,
            encoding_aes_key=AES_KEY if self._mode is not Mode.PLAIN else "",
        )
        line = transport or Line(self, name)
        return Platform(simulated, line, self.clock, clock_offset_s=clock_offset_s)

    @property
    def gateway(self) -> Gateway:
        assert self._gateway is not None, "the house is open"
        return self._gateway

    @property
    def is_open(self) -> bool:
        """Whether there is a gateway to talk to."""
        return self._gateway is not None

    async def open(self) -> None:
        """Start the gateway on whatever stands in the database."""
        self._is_moving = True
        self._store = await self._open_store()
        self._is_moving = False
        self._gateway = await self._gateway_on(self._store, self.signals)
        await self._gateway.start()

    async def _gateway_on(
        self, store: SqliteStore | PostgresStore, signals: Signals | None
    ) -> Gateway:
        return Gateway(
            accounts=self._accounts,
            providers=self.providers,
            store=store,
            pseudonym_key=await store.secret("pseudonym"),
            clock=self.clock,
            apis=self._desks(store) | self.apis,
            media=self.media,
            capacity=self.capacity,
            prices=self.prices,
            standby=self.standby,
            signals=signals,
            snapshots=self.snapshots,
            keep_months=self.keep_months,
        )

    async def _open_store(self) -> SqliteStore | PostgresStore:
        if ON_POSTGRES:
            return await open_postgres(server().of_folder(self.database))
        return await open_sqlite(self.database)

    def _desks(self, store: SqliteStore | PostgresStore) -> dict[str, Any]:
        """The real client of each account that may push, without sockets."""
        credentials = Credentials(SAMPLE_APP_ID, SAMPLE_SECRET)
        return {
            own.name: WechatApi(credentials, self._api_line(), store, self.clock)
            for own in self._accounts
            if own.push_mode is not PushMode.PASSIVE
        }

    def _api_line(self) -> InProcessApi:
        return InProcessApi(
            self.api, self.clock, answer_s=self.api_answer_s, latency_s=self.api_latency_s
        )

    async def crash(self) -> None:
        """What is left of a process after kill -9: the database, and nothing else.

        What was handed to the store before is durable, what comes later is not done; requests
        under way break off.
        """
        store = self._store
        assert store is not None
        self._gateway = self._store = None
        self.life += 1
        _cancel_ours()
        # The writer takes no more from here on: this enters its end before any task goes on.
        self._is_moving = True
        await store.close()
        self._is_moving = False
        for _ in range(_LAST_STEPS):
            _cancel_ours()
            await asyncio.sleep(0)
        assert not _cancel_ours(), "nothing of the old process goes on"

    async def restart(self) -> None:
        """Die, and come back at once."""
        await self.crash()
        await self.open()

    async def change(self, **changes: Any) -> None:
        """Come back with every account's settings changed in this way."""
        self._accounts = tuple(msgspec.structs.replace(each, **changes) for each in self._accounts)
        await self.restart()

    async def close(self) -> None:
        """Stop the gateway in order."""
        if self._gateway is not None:
            await self._gateway.stop()
        self._gateway = self._store = None

    def phone(self, openid: str = "o_follower") -> Phone:
        """A follower of the account `default`."""
        return Phone(self.platform, openid)

    async def run(self, work: Awaitable[T]) -> T:
        """Do this, at no cost of time."""
        return await self.clock.run(work)

    async def together(self, *work: Awaitable[T]) -> list[T]:
        """Do these at the same time."""
        return list(await self.clock.run(asyncio.gather(*work)))

    async def after(self, delay_s: float, work: Awaitable[T]) -> T:
        """Do this so much later."""
        await self.clock.sleep(delay_s)
        return await work

    async def interrupted(self, work: Awaitable[T], at_s: float, by: Awaitable[object]) -> T:
        """Do the work while something else happens so many seconds after its beginning."""
        done: list[T] = []

        async def keep() -> None:
            done.append(await work)

        await self.clock.run(asyncio.gather(keep(), self.after(at_s, by)))
        return done[0]

    async def pass_s(self, seconds: float) -> None:
        """Let this much time pass."""
        await self.clock.run(self.clock.sleep(seconds))

    async def repeat(self, nth: int = -1, openid: str = "o_follower") -> tuple[Verdict, bytes]:
        """Bring a request once more as it was; what WeChat makes of the answer, and its bytes."""
        request = self.requests[nth]
        answer = await self.run(request.transport.send("POST", request.query, request.body))
        return self.platform._verdict(answer, openid), answer.body

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        if ON_POSTGRES:
            # Bytes are read as text in another way there.
            sql = sql.replace("CAST(reply AS TEXT)", "convert_from(reply, 'UTF8')")
            with psycopg.connect(server().of_folder(self.database)) as other:
                # Truth is a number in SQLite.
                return [
                    tuple(int(each) if isinstance(each, bool) else each for each in row)
                    for row in other.execute(sql.encode())
                ]
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()

    async def serve(self, scope: AsgiEvent, receive: Any, send: Any) -> None:
        """The ASGI application of the gateway that is there now."""
        await self.gateway.application(scope, receive, send)


#: Where the coroutines come from that live in the gateway's process and die with it.
_ROOMS = (
    "/yingda/engine/",
    "/yingda/jobs/",
    "/yingda/web/",
    "/yingda/wechat/api_token.py",
    "/yingda/store/",
    "/yingda/simulator/transport.py",
)
#: Turns of the loop that a cancelled task may need for its end.
_LAST_STEPS = 20


def _cancel_ours() -> int:
    """Cancel every task of the gateway; how many there were."""
    ours = [task for task in asyncio.all_tasks() if _is_ours(task)]
    for task in ours:
        task.cancel()
    return len(ours)


def _is_ours(task: "asyncio.Task[Any]") -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return (
        task is not asyncio.current_task()
        and code is not None
        and any(room in code.co_filename for room in _ROOMS)
    )


@asynccontextmanager
async def open_house(
    folder: Path,
    *accounts: Account,
    mode: Mode = Mode.PLAIN,
    capacity: Capacity | None = None,
    standby: Standby | None = None,
    **changes: Any,
) -> AsyncIterator[House]:
    """A house with one account named `default`, or with these."""
    house = House(folder, mode, accounts or (account(mode, **changes),))
    if capacity is not None:
        house.capacity = capacity
    if standby is not None:
        house.standby = standby
    await house.open()
    try:
        yield house
    except BaseException:
        # Whatever the test had begun may still be under way: no stop in order ends that.
        if house.is_open:
            await house.crash()
        raise
    await house.clock.run(house.close())
