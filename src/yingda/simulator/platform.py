"""WeChat as a server sees it: signed pushes, a window of five seconds, three attempts.

Knows the platform's rules on time, repeats and replies. Refuses to know how the server works:
all it has is a transport. Time goes by the clock that is passed in.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from yingda.clock import Clock
from yingda.simulator import pushes
from yingda.simulator.deliveries import CLEAR_WAY, Attempt, Counters, Delivered, Way
from yingda.simulator.failures import ALARM_SPAN_S, Failures
from yingda.simulator.followers import Followers
from yingda.simulator.library import Library
from yingda.simulator.pushes import Sent
from yingda.simulator.transport import HttpAnswer, Transport, Unreachable
from yingda.simulator.verdict import Judge, Mode, Outcome, SimulatedAccount, Verdict
from yingda.wechat.envelope import Envelope
from yingda.wechat.limits import ATTEMPTS, FAILURE_LINES, RANDOM_BYTES, WINDOW_S
from yingda.wechat.signature import sign
from yingda.wechat.xml_text import cdata
from yingda.wechat.xml_tree import read

__all__ = [
    "CLEAR_WAY",
    "Attempt",
    "Counters",
    "Delivered",
    "Mode",
    "Outcome",
    "Platform",
    "SimulatedAccount",
    "Way",
]

#: After these nothing is repeated.
_FINAL = frozenset({Outcome.ANSWERED, Outcome.ACCEPTED, Outcome.ILLEGAL})
_WELL = frozenset({Outcome.ANSWERED, Outcome.ACCEPTED})
#: The bits of a MsgId below its second. Our choice: 31 bits of time leave 62 in all, within the
#: 64 of the official page, and no number comes again when a simulation is started anew.
_MESSAGE_BITS = 30


class _Request(msgspec.Struct, frozen=True):
    """One push as bytes, the same on every attempt."""

    openid: str
    query: str
    body: bytes


def _ignore(_number: int) -> None:
    """Nobody wants to know which attempt is open."""


class Platform:
    """The platform of one account.

    `seed` makes nonces and MsgIds repeatable. `clock_offset_s` is how far the platform's clock is
    ahead of ours. `window_s` is WeChat's own but for tests over real sockets. `failures` keeps
    score of failed attempts; while it blocks, nothing is pushed. `followers` and `library` are
    shared with the account's server API. Raises ConfigurationError when the account's key does
    not fit its mode.
    """

    def __init__(
        self,
        account: SimulatedAccount,
        transport: Transport,
        clock: Clock,
        *,
        seed: int = 0,
        clock_offset_s: float = 0.0,
        window_s: float = WINDOW_S,
        failures: Failures | None = None,
        library: Library | None = None,
    ) -> None:
        self.account = account
        self.clock = clock
        self.followers = Followers(clock)
        self.failures = failures or Failures(clock)
        self.library = library or Library(clock)
        self._transport = transport
        self._clock_offset_s = clock_offset_s
        self._window_s = window_s
        self._random = random.Random(seed)
        self._key = account.aes_key()
        keys = (self._key,) if self._key else ()
        self._envelope = Envelope(token=account.token, app_id=account.app_id, keys=keys)
        self._judge = Judge(account, self._envelope)
        self._last_message = self._random.getrandbits(_MESSAGE_BITS)
        self._push_count = 0
        self._attempt_count = 0
        self._failure_lines = 0
        self._timeouts_s: deque[float] = deque()

    @property
    def counters(self) -> Counters:
        """The counts as of now."""
        while self._timeouts_s and self._timeouts_s[0] <= self.clock.monotonic() - ALARM_SPAN_S:
            self._timeouts_s.popleft()
        return Counters(
            self._push_count, self._attempt_count, len(self._timeouts_s), self._failure_lines
        )

    async def handshake(self) -> bool:
        """Whether the server passes the check that saving its address in the console starts."""
        timestamp, nonce = self._stamp()
        echo = str(self._random.getrandbits(62))
        query = urlencode({**self._signed(timestamp, nonce), "echostr": echo})
        answer = await self._answer(_Request("", query, b""), 1, CLEAR_WAY, method="GET")
        return (
            isinstance(answer, HttpAnswer)
            and answer.status == 200
            and answer.body == echo.encode("ascii")
        )

    async def deliver(
        self,
        sent: Sent,
        openid: str,
        *,
        way: Way = CLEAR_WAY,
        opened: Callable[[int], None] = _ignore,
    ) -> Delivered:
        """Bring one push to the server, at most three times, and say what the follower sees.

        `opened` is told the number of each attempt (from 1) when it begins. Cancelling hangs up.
        While the account is blocked there are no attempts, and the follower sees the failure
        line: our choice, for what they see then is not documented.
        """
        self.followers.saw(sent, openid)
        if self.failures.is_blocking:
            self._failure_lines += 1
            return Delivered((FAILURE_LINES[0],), (), 0.0, is_failure_line=True, decided_by=0)
        request = self._request(sent, openid)
        self._push_count += 1
        attempts: list[Attempt] = []
        while len(attempts) < ATTEMPTS:
            number = len(attempts) + 1
            if way.is_doubled and not attempts:
                both = [self._attempt(n, request, way, opened) for n in (number, number + 1)]
                attempts += await asyncio.gather(*both)
            else:
                attempts.append(await self._attempt(number, request, way, opened))
            if any(attempt.outcome in _FINAL for attempt in attempts):
                break
        return self._delivered(attempts)

    def _delivered(self, attempts: list[Attempt]) -> Delivered:
        final = [attempt for attempt in attempts if attempt.outcome in _FINAL]
        decisive = min(final, key=lambda attempt: attempt.ended_s) if final else attempts[-1]
        fails = decisive.outcome not in _WELL
        self._failure_lines += fails
        return Delivered(
            shown=(FAILURE_LINES[0],) if fails else decisive.verdict.shown,
            attempts=tuple(attempts),
            delay_s=decisive.ended_s - attempts[0].started_s,
            is_failure_line=fails,
            decided_by=decisive.number,
        )

    async def _attempt(
        self, number: int, request: _Request, way: Way, opened: Callable[[int], None]
    ) -> Attempt:
        self._attempt_count += 1
        opened(number)
        started_s = self.clock.monotonic()
        answer = await self._answer(request, number, way)
        ended_s = self.clock.monotonic()
        verdict = self._verdict(answer, request.openid)
        if verdict.outcome is Outcome.TIMED_OUT:
            self._timeouts_s.append(ended_s)
        if verdict.outcome not in _WELL:
            self.failures.add(request.openid)
        return Attempt(number, started_s, ended_s, verdict)

    async def _answer(
        self, request: _Request, number: int, way: Way, method: str = "POST"
    ) -> HttpAnswer | Verdict:
        delay_s = way.delay_s(number)
        try:
            async with self.clock.timeout(self._window_s):
                if delay_s:
                    await self.clock.sleep(delay_s)
                return await self._transport.send(
                    method, request.query, request.body, drops_reply=number in way.lost_replies
                )
        except TimeoutError:
            return Verdict(Outcome.TIMED_OUT)
        except Unreachable as unreachable:
            return Verdict(Outcome.UNREACHABLE, reason=str(unreachable))

    def _verdict(self, answer: HttpAnswer | Verdict, openid: str) -> Verdict:
        if isinstance(answer, Verdict):
            return answer
        if answer.status != 200:
            return Verdict(Outcome.REFUSED, status=answer.status)
        return self._judge.judge(answer.body, openid=openid)

    def _request(self, sent: Sent, openid: str) -> _Request:
        timestamp, nonce = self._stamp()
        clear = pushes.build(
            sent,
            account_id=self.account.account_id,
            openid=openid,
            created_at_s=timestamp,
            message_id=self._message_id(timestamp),
        )
        query = {**self._signed(timestamp, nonce), "openid": openid}
        if self._key is None:
            return _Request(openid, urlencode(query), clear)
        body, signature = self._sealed(clear, timestamp, nonce)
        query |= {"encrypt_type": "aes", "msg_signature": signature}
        return _Request(openid, urlencode(query), body)

    def _sealed(self, clear: bytes, timestamp: int, nonce: str) -> tuple[bytes, str]:
        """The body of a push in an encrypted mode, and its msg_signature."""
        sealed = read(
            self._envelope.seal(
                clear,
                self._key,
                timestamp_s=timestamp,
                nonce=nonce,
                random16=self._random.randbytes(RANDOM_BYTES),
            )
        )
        encrypt = f"<Encrypt>{cdata(sealed.text('encrypt'))}</Encrypt>"
        if self.account.mode is Mode.COMPATIBLE:
            body = clear.removesuffix(b"</xml>") + f"{encrypt}\n</xml>".encode()
        else:
            receiver = cdata(self.account.account_id)
            body = f"<xml><ToUserName>{receiver}</ToUserName>\n{encrypt}\n</xml>".encode()
        return body, sealed.text("msgsignature")

    def _signed(self, timestamp: int, nonce: str) -> dict[str, str]:
        signature = sign(self.account.token, str(timestamp), nonce)
        return {"signature": signature, "timestamp": str(timestamp), "nonce": nonce}

    def _stamp(self) -> tuple[int, str]:
        """The platform's time in whole seconds, and a fresh nonce."""
        return int(self.clock.now() + self._clock_offset_s), str(self._random.getrandbits(31))

    def _message_id(self, created_at_s: int) -> int:
        self._last_message = (self._last_message + 1) % (1 << _MESSAGE_BITS)
        return created_at_s << _MESSAGE_BITS | self._last_message
