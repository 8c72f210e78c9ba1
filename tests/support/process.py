"""A real `yingda serve` in a process of its own, as an operator runs it."""

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from yingda.clock import SystemClock
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Mode, Platform, SimulatedAccount
from yingda.simulator.transport import HttpTransport

TOKEN = "gatewaytoken"
APP_ID = "wx0123456789abcdef"
AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#: A slow machine may take its time; a healthy one is up within one second.
_START_LIMIT_S = 120.0
_YINGDA = ("-m", "yingda")
_ANY_PORT = {"serve": ("--port", "0")}
#: Two phones in the same second must not give two messages the same MsgId.
_seeds = itertools.count(1)


class Process:
    """One server process, and a WeChat in front of it.

    `variables` complete those of an account `default`; `bare` leaves these out.
    """

    def __init__(self, folder: Path, variables: dict[str, str], *, bare: bool = False) -> None:
        self._folder = folder
        self._variables = variables if bare else {**_default_account(folder), **variables}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._serving: asyncio.Future[str] | None = None
        self.log: list[dict[str, object]] = []

    async def start(
        self, *arguments: str, verb: str = "serve", program: Sequence[str] = _YINGDA
    ) -> str:
        """Start it, and return its address, "" for one that has none.

        `program` is what Python runs. Raises RuntimeError with what it said if it ends.
        """
        self._serving = asyncio.get_running_loop().create_future()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, *program, verb, *_ANY_PORT.get(verb, ()), *arguments),
            env={**_bare_environment(), **self._variables},
            cwd=self._folder,
            stderr=asyncio.subprocess.PIPE,
        )
        self._reading = asyncio.create_task(self._read())
        return await asyncio.wait_for(self._serving, _START_LIMIT_S)

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def end(self, number: signal.Signals) -> int:
        """Send it a signal, and return its exit status once it has ended."""
        if self.is_running:
            self.send(number)
        return await self.ended()

    async def ended(self) -> int:
        """Its exit status, once it has ended by itself."""
        assert self._process is not None
        assert self._reading is not None
        status = await self._process.wait()
        await self._reading
        return status

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        assert self._serving is not None
        said: list[str] = []
        async for raw in self._process.stderr:
            said.append(raw.decode())
            if raw.startswith(b"{"):
                entry = json.loads(raw)
                self.log.append(entry)
                if entry["event"] in {"serving", "working"}:
                    self._serving.set_result(str(entry.get("address", "")))
        if not self._serving.done():
            self._serving.set_exception(RuntimeError("".join(said)))


def _default_account(folder: Path) -> dict[str, str]:
    return {
        "YINGDA_WECHAT_TOKEN": TOKEN,
        "YINGDA_WECHAT_ENCODING_AES_KEY": AES_KEY,
        "YINGDA_WECHAT_APP_ID": APP_ID,
        "YINGDA_DATA_DIR": str(folder / "data"),
        "YINGDA_PROVIDER": "echo",
        "YINGDA_PATIENCE": "unlimited",
    }


def _bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("YINGDA_")}


@asynccontextmanager
async def serving(folder: Path, **variables: str) -> AsyncIterator[tuple[Process, str]]:
    """A started server and its address; killed at the end if it still runs."""
    process = Process(folder, variables)
    address = await process.start()
    try:
        yield process, address
    finally:
        await process.end(signal.SIGKILL)


@asynccontextmanager
async def phone_at(address: str, openid: str = "o_follower") -> AsyncIterator[Phone]:
    """A follower of the account `default` at this address, in real time."""
    account = SimulatedAccount(
        account_id="gh_default",
        token=TOKEN,
        mode=Mode.SAFE,
        app_id=APP_ID,
        encoding_aes_key=AES_KEY,
    )
    transport = HttpTransport(f"{address}/wechat/default")
    try:
        yield Phone(Platform(account, transport, SystemClock(), seed=next(_seeds)), openid)
    finally:
        await transport.aclose()
