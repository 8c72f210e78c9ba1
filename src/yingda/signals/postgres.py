"""Signals by NOTIFY and LISTEN: gathered while the last ones travel, and sent together.

Sent by a connection of its own outside of any transaction: within one, PostgreSQL would let all
transactions that notify end one after the other, each with its flush.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import structlog
from psycopg import Error

from yingda.clock import Clock
from yingda.postgres.address import LIMITS, Connection
from yingda.postgres.listening import Ear
from yingda.postgres.refusals import is_lost, store_error
from yingda.signals.base import Heard, Topic

_log = structlog.get_logger()

CHANNEL: Final = "yingda"
#: PostgreSQL takes fewer than 8000 bytes (official page: sql-notify).
_PAYLOAD_BYTES: Final = 7999
#: The frame around the signals of a payload: the sender's name, brackets and a comma.
_FRAME_BYTES: Final = 16
_SIGNAL_BYTES: Final = _PAYLOAD_BYTES - _FRAME_BYTES
#: Payloads of one statement. Our choice: some hundred kilobytes at once.
_PAYLOADS: Final = 32
#: What waits to be told, at most; older signals go first. Our choice: a minute of ends of a busy
#: machine, or some thousand texts, and nothing depends on any of them.
_KEPT: Final = 20_000
_KEPT_BYTES: Final = 8_000_000
#: How long a close waits for what is still to be told. Our choice.
_CLOSE_S: Final = 1.0
#: A connection that was lost is replaced at once, for the server may only have cut it; one that
#: cannot be had is tried again so much later. Our choice.
_AGAIN_AFTER_S: Final = 0.5
_NOTIFY: Final = "SELECT pg_notify($1, payload) FROM unnest(CAST($2 AS text[])) AS payload"

_decoder = msgspec.json.Decoder(tuple[str, list[tuple[str, str]]])


class PostgresSignals:
    """Implements `signals.base.Signals` on a PostgreSQL database.

    Starts and closes its ear, which others may share.
    """

    is_alone = False

    def __init__(self, address: dict[str, Any], ear: Ear, clock: Clock) -> None:
        self._address = address | {"application_name": "yingda tells"}
        self._ear = ear
        self._clock = clock
        #: What we say is heard by ourselves as well, and passed over by this name.
        self._own_name = secrets.token_hex(4)
        self._heard: dict[str, list[Heard]] = {}
        #: Each as it stands in a payload.
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        #: Payloads under way; told once more when the connection is lost.
        self._sending: list[str] = []
        self._told = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._task: asyncio.Task[None] | None = None
        ear.hear(CHANNEL, self._take)

    @property
    def is_deaf(self) -> bool:
        return self._ear.is_deaf

    def tell(self, topic: Topic, body: str) -> None:
        try:
            signal = msgspec.json.encode((topic, body))
        except UnicodeEncodeError:
            # Half of a surrogate pair is no text that a database could carry.
            _log.warning("signal_not_encodable", topic=topic.value)
            return
        if len(signal) > _SIGNAL_BYTES:
            _log.warning("signal_too_long", topic=topic.value, bytes=len(signal))
            return
        self._waiting.append(signal)
        self._waiting_bytes += len(signal)
        while len(self._waiting) > _KEPT or self._waiting_bytes > _KEPT_BYTES:
            self._pop()
        self._is_idle.clear()
        self._told.set()

    def hear(self, topic: Topic, heard: Heard) -> None:
        self._heard.setdefault(topic, []).append(heard)

    def on_gap(self, told: Callable[[], None]) -> None:
        self._ear.on_change(told)

    async def start(self) -> None:
        await self._ear.start()
        self._task = asyncio.ensure_future(self._speak())

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            try:
                async with self._clock.timeout(_CLOSE_S):
                    await self._is_idle.wait()
            except TimeoutError:
                _log.warning("signals_not_told", reason="yingda ends", count=len(self._waiting))
            task.cancel()
            await asyncio.wait((task,), timeout=_CLOSE_S)
            # A server that hangs takes no withdrawal either: the second time the driver hangs up.
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._ear.close()

    def _take(self, payload: str) -> None:
        try:
            name, signals = _decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeError):
            # Another program, or a newer version, uses the channel.
            _log.warning("signal_not_understood", bytes=len(payload))
            return
        if name == self._own_name:
            return
        for topic, body in signals:
            for heard in self._heard.get(topic, ()):
                heard(body)

    async def _speak(self) -> None:
        pause_s = 0.0
        while True:
            try:
                async with await Connection.connect(**self._address) as connection:
                    await connection.execute(LIMITS)
                    while True:
                        await self._tell_all(connection)
                        pause_s = 0.0
                        await self._told.wait()
            except Error as error:
                _log.warning("signals_delayed", reason=str(store_error(error)))
            await self._clock.sleep(pause_s)
            pause_s = _AGAIN_AFTER_S

    async def _tell_all(self, connection: Connection) -> None:
        """Tell what waits. Raises psycopg.Error when the connection is lost."""
        self._told.clear()
        while self._sending or self._waiting:
            self._sending = self._sending or list(self._payloads())
            try:
                await connection.execute(_NOTIFY, [CHANNEL, self._sending])
            except Error as error:
                if is_lost(connection, error):
                    raise
                _log.warning("signals_not_told", reason=str(store_error(error)))
            self._sending = []
        self._is_idle.set()

    def _payloads(self) -> Iterator[str]:
        """What waits, in as few payloads as hold it, up to what one statement takes."""
        for _ in range(_PAYLOADS):
            if not self._waiting:
                return
            yield self._payload()

    def _payload(self) -> str:
        taken = [self._pop()]
        left_bytes = _SIGNAL_BYTES - len(taken[0])
        while self._waiting and len(self._waiting[0]) < left_bytes:
            taken.append(self._pop())
            left_bytes -= len(taken[-1]) + 1
        return f'["{self._own_name}",[{b",".join(taken).decode()}]]'

    def _pop(self) -> bytes:
        signal = self._waiting.popleft()
        self._waiting_bytes -= len(signal)
        return signal
