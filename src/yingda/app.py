"""Settings in, a wired gateway out; providers and server API are made by `adapters`.

`Gateway` starts and stops its parts in order; tests wire the same one with other parts.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import structlog

from yingda.adapters import media_tools, provider_of, wechat_api
from yingda.assembly import (
    attempts_of,
    enclosing_of,
    ground_of,
    housekeeping_of,
    inputs_of,
    ledger_of,
    pusher_of,
    runner_of,
)
from yingda.clock import Clock
from yingda.config import Settings
from yingda.databases import open_store
from yingda.engine.accounts import Account
from yingda.engine.admission import Capacity
from yingda.engine.candidates import Standby
from yingda.engine.enclosure_plan import EnclosurePlan
from yingda.engine.health import Health
from yingda.engine.learnt import Learnt
from yingda.engine.ledger import Ledger
from yingda.engine.lookups import rounds_of
from yingda.engine.media_base import Media
from yingda.engine.pricing import PriceTable
from yingda.engine.receipts import Receipts
from yingda.engine.route import Route
from yingda.engine.stalls import Stalls
from yingda.engine.typing_states import TypingStates
from yingda.jobs.local import LocalJobs
from yingda.providers.base import Provider
from yingda.store.base import Store
from yingda.web.callback import Callback
from yingda.wechat.api import WechatApi
from yingda.wiring import account_of, capacity_of, price_tables_of, standby_of

_log = structlog.get_logger()

#: How soon the repeat of a held attempt has come and got its promise: what is left of one window,
#: and another one up to its decision. Our choice.
_REPEAT_LIMIT_S = 6.0
_CAPACITY = Capacity()
_STANDBY = Standby()


class Gateway:
    """A running gateway: the ASGI application, and the parts behind it."""

    def __init__(
        self,
        *,
        accounts: tuple[Account, ...],
        providers: Mapping[str, Provider],
        store: Store,
        pseudonym_key: bytes,
        clock: Clock,
        apis: Mapping[str, WechatApi] | None = None,
        media: Media | None = None,
        capacity: Capacity = _CAPACITY,
        prices: Mapping[str, PriceTable] | None = None,
        standby: Standby = _STANDBY,
    ) -> None:
        self._ground = ground = ground_of(
            accounts, providers=providers, store=store, clock=clock, apis=apis or {}, media=media
        )
        plan = EnclosurePlan(ground.accounts, providers, can_send=media is not None)
        inputs = inputs_of(ground, standby)
        self._jobs = LocalJobs(clock, lane_limits=capacity.concurrency)
        self._runner = runner_of(
            ground,
            jobs=self._jobs,
            inputs=inputs,
            plan=plan,
            prices=prices or {},
            standby=standby,
            capacity=capacity,
        )
        self._housekeeping = housekeeping_of(ground)
        self._stalls = Stalls(clock, ground.ages)
        self._typing = TypingStates(ground.desks, ground.rights, clock)
        self._enclosing = enclosing_of(ground, plan, self._typing)
        self._receipts = Receipts(store, clock, self._enclosing.handed_over)
        self._pusher = pusher_of(ground, self._runner, self._typing, self._enclosing)
        self._health = Health(store, clock)
        learnt = Learnt()
        self._rounds = rounds_of(learnt, accounts, providers, ground.apis, clock)
        ledger = ledger_of(
            ground,
            pseudonym_key,
            learnt,
            senses=inputs.senses,
            housekeeping=self._housekeeping,
            capacity=capacity,
        )
        self._route = self._routed(ledger, capacity)
        #: What the server serves.
        self.application = Callback(self._route, self._health, clock)

    def _routed(self, ledger: Ledger, capacity: Capacity) -> Route:
        attempts = attempts_of(
            self._ground,
            jobs=self._jobs,
            runner=self._runner,
            pusher=self._pusher,
            typing=self._typing,
            capacity=capacity,
        )
        return Route(
            accounts=self._ground.accounts,
            ledger=ledger,
            attempts=attempts,
            jobs=self._jobs,
            runner=self._runner,
            receipts=self._receipts,
            stalls=self._stalls,
            pusher=self._pusher,
            clock=self._ground.clock,
        )

    async def start(self) -> None:
        """Take over what an earlier process left, and begin to run turns."""
        recovered = await self._ground.store.recover()
        if recovered.to_run or recovered.doubtful_count:
            _log.info(
                "recovered", turns=len(recovered.to_run), doubtful_replies=recovered.doubtful_count
            )
        self._jobs.start(self._runner.run)
        for turn_id, provider in recovered.to_run:
            self._jobs.defer(turn_id, provider)
        for account, openid in recovered.to_push:
            self._pusher.push(account, openid)
        for account, openid in recovered.to_enclose:
            self._enclosing.handed_over(account, openid)
        self._rounds.start()
        self._housekeeping.start()

    async def drain(self, timeout_s: float) -> None:
        """Let running turns end, while pushes are still taken; start no others.

        What is asked meanwhile is durable, gets a promise, and runs after the next start.
        """
        self._health.begin_drain()
        is_awaited = self._route.begin_drain()
        # An attempt that was cut just now comes again directly; then it finds somebody.
        stay_s = min(timeout_s, _REPEAT_LIMIT_S) if is_awaited else 0.0
        began_s = self._ground.clock.monotonic()
        await asyncio.gather(self._jobs.drain(timeout_s), self._ground.clock.sleep(stay_s))
        await self._pusher.drain(timeout_s - (self._ground.clock.monotonic() - began_s))

    async def stop(self) -> None:
        """Let go of everything, once no request is open any more."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._ground.store.close)
            for provider in self._ground.providers.values():
                stack.push_async_callback(provider.aclose)
            if self._ground.media is not None:
                stack.push_async_callback(self._ground.media.aclose)
            for api in self._ground.apis.values():
                stack.push_async_callback(api.aclose)
            stack.push_async_callback(self._typing.close)
            stack.push_async_callback(self._enclosing.close)
            stack.push_async_callback(self._pusher.close)
            stack.push_async_callback(self._receipts.close)
            stack.push_async_callback(self._runner.close)
            stack.push_async_callback(self._rounds.close)
            stack.push_async_callback(self._housekeeping.close)
            stack.push_async_callback(self._stalls.close)
            await self._jobs.drain(0.0)


async def open_gateway(settings: Settings, clock: Clock) -> Gateway:
    """Make the gateway that the settings describe; it is yet to be started.

    Raises StoreError when the database cannot be used.
    """
    store = await open_store(settings)
    fingerprint_key = await store.secret("fingerprint")
    return Gateway(
        accounts=tuple(account_of(account, fingerprint_key) for account in settings.accounts),
        providers={name: provider_of(own, clock) for name, own in settings.providers.items()},
        store=store,
        pseudonym_key=await store.secret("pseudonym"),
        clock=clock,
        apis={
            account.name: api
            for account in settings.accounts
            if (api := wechat_api(account, store, clock))
        },
        media=media_tools(settings.providers, clock),
        capacity=capacity_of(settings),
        prices=price_tables_of(settings.providers),
        standby=standby_of(settings.providers),
    )
