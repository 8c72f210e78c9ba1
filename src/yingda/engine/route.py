"""THE ROUTE: one attempt of a push, from bytes to bytes, in eight named steps.

    verify   the query's signature; forged means refused before the body is read
    open     bytes to a clear push, plain or encrypted
    decode   the clear push to one frozen message
    enter    new turn, repeat of a known push, or command; durable before anything waits
    start    the turn runs in the background, or is joined where it runs already
    wait     until the turn ends or this attempt's time is up
    choose   an answer, a first part, a promise, or silence so that WeChat comes again; durable
             before it is sent
    seal     the reply to the bytes that the account's mode asks for

Read `answer` from top to bottom. Whatever goes wrong after `verify` ends in a legal reply or a 4xx.
"""

import secrets

import msgspec
import structlog

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Account, Accounts
from yingda.engine.accounts.sentences import sentence
from yingda.engine.intake.intents import HoldProbe
from yingda.engine.intake.ledger import Entering, Ledger
from yingda.engine.pushing.pusher import Pusher
from yingda.engine.runner import Runner
from yingda.engine.waiting.attempts import Attempts
from yingda.engine.waiting.chooser import Attempt
from yingda.engine.waiting.receipts import Receipts
from yingda.engine.waiting.stalls import Stalled, Stalls
from yingda.engine.waiting.window import Connection, Window
from yingda.errors import StoreAway, StoreError
from yingda.jobs.base import Jobs
from yingda.store.entries import Entered
from yingda.wechat.base import Message
from yingda.wechat.envelope import AesKey
from yingda.wechat.limits import BODY_LIMIT_BYTES, RANDOM_BYTES, WINDOW_S
from yingda.wechat.messages import decode
from yingda.wechat.replies import SUCCESS
from yingda.wechat.signature import SignedQuery, parse_query, verify

_log = structlog.get_logger()

#: How long a hold probe is left open. Our choice: past WeChat's cut, with room for a slow way back.
_PROBE_S = WINDOW_S + 0.5


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt is answered with."""

    body: bytes
    #: The push whose reply this is, to be told to `Route.settle`; None when nothing hangs on it.
    push_id: int | None = None
    #: The account and the openid that it is for; "" where nothing hangs on it.
    whose: tuple[str, str] = ("", "")


class Route:
    """The way of every attempt, and of the handshake."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        ledger: Ledger,
        attempts: Attempts,
        jobs: Jobs,
        runner: Runner,
        receipts: Receipts,
        stalls: Stalls,
        pusher: Pusher,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._ledger = ledger
        self._attempts = attempts
        self._jobs = jobs
        self._runner = runner
        self._receipts = receipts
        self._stalls = stalls
        self._pusher = pusher
        self._clock = clock

    def knows(self, account_name: str) -> bool:
        """Whether there is such an account."""
        return self._accounts.get(account_name) is not None

    def shake_hands(self, account_name: str, raw_query: bytes) -> bytes:
        """The body that proves to WeChat that this address is ours. Raises RequestRejected."""
        account = self._account(account_name)
        query = parse_query(raw_query)
        self._verify(account, query)
        return query.echostr.encode()

    async def answer(
        self, account_name: str, raw_query: bytes, connection: Connection
    ) -> Answer | None:
        """Answer one attempt; None when WeChat is to come again and has cut this one.

        Raises RequestRejected for what gets a 4xx.
        """
        window = Window(self._clock, connection)
        account = self._account(account_name)
        query = parse_query(raw_query)
        self._verify(account, query)
        opened = account.envelope.open(await connection.body(BODY_LIMIT_BYTES), query)
        message = decode(opened.clear)
        entering = self._ledger.enter(account, message)
        if isinstance(entering, HoldProbe):
            await window.wait(_PROBE_S)
            return Answer(body=SUCCESS)
        if isinstance(entering, bytes):
            self._pusher.renew(account, message)
            return Answer(body=self._seal(account, opened.key, entering))
        try:
            work = self._enter_and_choose(account, message, entering, window)
            answer = await self._stalls.watch(work, window)
        except StoreError as error:
            answer = await self._not_kept(account, message, window, error)
        if answer is None:
            return None
        body = self._seal(account, opened.key, answer.body)
        whose = (account.name, message.openid)
        return Answer(body=body, push_id=answer.push_id, whose=whose)

    def settle(self, answer: Answer, *, was_sent: bool) -> None:
        """Tell whether the connection took the answer's bytes."""
        if answer.push_id is None:
            return
        if was_sent:
            self._receipts.sent(answer.push_id, answer.whose)
        else:
            self._receipts.lost(answer.push_id)

    def begin_drain(self) -> bool:
        """The process is being stopped: leave no attempt to be repeated to nobody.

        Returns whether an attempt is held, whose repeat is yet to come.
        """
        return self._attempts.begin_drain()

    def _account(self, name: str) -> Account:
        account = self._accounts.get(name)
        if account is None:
            raise KeyError(name)
        return account

    def _verify(self, account: Account, query: SignedQuery) -> None:
        verify(query, account.token, now_s=self._clock.now(), freshness_s=account.freshness_s)

    async def _enter_and_choose(
        self, account: Account, message: Message, entering: Entering, window: Window
    ) -> Answer | None:
        """The steps that need the store; the answer in clear, None when there is to be none."""
        entered = await entering()
        self._start(account, entered)
        self._pusher.look_again(account.name, message.openid)
        chosen = await self._wait_and_choose(account, message, entered, window)
        if chosen is None:
            return None
        push_id = None if entered.turn is None else entered.push_id
        if window.is_given_up and push_id is not None:
            self._receipts.lost(push_id)
        return Answer(body=chosen, push_id=push_id)

    async def _not_kept(
        self, account: Account, message: Message, window: Window, error: StoreError
    ) -> Answer | None:
        """What to answer, in clear, when the store refused, hung or was away."""
        if isinstance(error, StoreAway):
            _log.warning("push_put_off", account=account.name, reason=str(error))
        elif not isinstance(error, Stalled):
            _log.error("push_not_kept", account=account.name, step="enter", exc_info=error)
            return Answer(body=sentence(account, message, "failed_internal"))
        is_draining = self._attempts.is_draining
        reply = await self._stalls.reply(account, message, window, is_draining=is_draining)
        return None if reply is None else Answer(body=reply)

    def _start(self, account: Account, entered: Entered) -> None:
        if entered.to_run is not None:
            asked = entered.turn.provider if entered.turn else account.provider
            self._jobs.defer(entered.to_run, asked)
        if entered.cancelled:
            self._runner.cancel(entered.cancelled)

    async def _wait_and_choose(
        self, account: Account, message: Message, entered: Entered, window: Window
    ) -> bytes | None:
        if entered.reply is not None:
            return entered.reply
        if entered.turn is None:
            return SUCCESS
        attempt = Attempt(account, message, entered)
        return await self._attempts.answered(attempt, entered.turn.id, window)

    def _seal(self, account: Account, key: AesKey | None, clear: bytes) -> bytes:
        if key is None:
            # Random bytes cost more than the rest of a cheap reply (measured), and none are used.
            return clear
        return account.envelope.seal(
            clear,
            key,
            timestamp_s=int(self._clock.now()),
            nonce=secrets.token_hex(8),
            random16=secrets.token_bytes(RANDOM_BYTES),
        )
