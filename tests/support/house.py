"""A whole gateway in a test: real store, real route, scripted provider, simulated WeChat.

On a virtual clock, so that fifteen seconds cost nothing. `wire` gives what stands in the database.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, MutableMapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeVar

from support.scripted_provider import ScriptedProvider
from yingda.app import Gateway
from yingda.clock import VirtualClock
from yingda.delivery.passive import ReplyStyle
from yingda.engine.accounts import Account
from yingda.providers.base import Provider
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Mode, Platform, SimulatedAccount
from yingda.simulator.transport import AsgiTransport
from yingda.store.sqlite import SqliteStore, open_sqlite
from yingda.texts import Texts
from yingda.wechat.envelope import AesKey, Envelope

T = TypeVar("T")

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


class House:
    """A gateway and a WeChat in front of it."""

    def __init__(self, folder: Path, mode: Mode, accounts: tuple[Account, ...]) -> None:
        self.clock = VirtualClock()
        self.provider = ScriptedProvider(self.clock)
        self.providers: dict[str, Provider] = {"scripted": self.provider}
        self.database = folder / "house.sqlite3"
        self._accounts = accounts
        self._mode = mode
        self._store: SqliteStore | None = None
        self._gateway: Gateway | None = None
        self.transport = AsgiTransport(self._application, "/wechat/default")
        self.platform = self.platform_for("default")
        self.clock.while_busy(lambda: self._store is not None and self._store.is_busy)

    def platform_for(self, name: str) -> Platform:
        """WeChat in front of the account with this name."""
        transport = AsgiTransport(self._application, f"/wechat/{name}")
        simulated = SimulatedAccount(
            account_id=f"gh_{name}",
            token=TOKEN,
            mode=self._mode,
            app_id=APP_ID,
            encoding_aes_key=AES_KEY if self._mode is not Mode.PLAIN else "",
        )
        return Platform(simulated, transport, self.clock)

    @property
    def gateway(self) -> Gateway:
        assert self._gateway is not None, "the house is open"
        return self._gateway

    async def open(self) -> None:
        """Start the gateway on whatever stands in the database."""
        self._store = await open_sqlite(self.database)
        self._gateway = Gateway(
            accounts=self._accounts,
            providers=self.providers,
            store=self._store,
            pseudonym_key=await self._store.secret("pseudonym"),
            clock=self.clock,
        )
        await self._gateway.start()

    async def crash(self) -> None:
        """What is left of a process after kill -9: the database, and nothing else."""
        this, store = asyncio.current_task(), self._store
        assert store is not None
        self._gateway = self._store = None
        for task in asyncio.all_tasks():
            coroutine = str(task.get_coro())
            if task is not this and any(name in coroutine for name in _OURS):
                task.cancel()
        await store.close()

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

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()

    async def _application(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if self._gateway is None:
            raise ConnectionRefusedError("the process is down")
        await self._gateway.application(scope, receive, send)


#: Names of the coroutines that belong to the gateway and die with it.
_OURS = ("Runner.", "Receipts.", "_application", "AsgiTransport", "ScriptedProvider", "_Exchange")


@asynccontextmanager
async def open_house(
    folder: Path, *accounts: Account, mode: Mode = Mode.PLAIN, **changes: Any
) -> AsyncIterator[House]:
    """A house with one account named `default`, or with these."""
    house = House(folder, mode, accounts or (account(mode, **changes),))
    await house.open()
    try:
        yield house
    finally:
        await house.clock.run(house.close())
