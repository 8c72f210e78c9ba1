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
    breakers_of,
    enclosing_of,
    ground_of,
    housekeeping_of,
    inputs_of,
    jobs_of,
    ledger_of,
    ownership_of,
    presence_of,
    pusher_of,
    runner_of,
    texts_of,
)
from yingda.clock import Clock
from yingda.config import Settings
from yingda.databases import Shared, open_shared, open_store
from yingda.engine.accounts.accounts import Account
from yingda.engine.accounts.learnt import Learnt
from yingda.engine.accounts.lookups import rounds_of
from yingda.engine.accounts.pricing import PriceTable
from yingda.engine.asking.candidates import Standby
from yingda.engine.health import Health
from yingda.engine.inputs.media_base import Media
from yingda.engine.inputs.senses import Senses
from yingda.engine.intake.admission import Capacity
from yingda.engine.pushing.enclosing import Enclosing
from yingda.engine.pushing.enclosure_plan import EnclosurePlan
from yingda.engine.pushing.pusher import Pusher
from yingda.engine.pushing.typing_states import TypingStates
from yingda.engine.route import Route
from yingda.engine.sharing.ownership import heard_rounds
from yingda.engine.sharing.settings_watch import LOOK_EVERY_S, SettingsWatch
from yingda.engine.waiting.receipts import Receipts
from yingda.engine.waiting.stalls import Stalls
from yingda.providers.base import Provider
from yingda.signals.base import Signals, Topic
from yingda.signals.quiet import QuietSignals
from yingda.store.base import Recovered, Store
from yingda.store.presence_base import Round, RoundKind
from yingda.store.snapshot_base import Snapshot
from yingda.web.callback import Callback
from yingda.wechat.api import WechatApi
from yingda.wiring import account_of, capacity_of, price_tables_of, snapshots_of, standby_of

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
        signals: Signals | None = None,
        snapshots: tuple[Snapshot, ...] = (),
        keep_months: int | None = None,
        shared: Shared | None = None,
        runs_turns: bool = True,
    ) -> None:
        self._shared = shared
        self._runs_turns = runs_turns
        self._ground = ground = ground_of(
            accounts,
            providers=providers,
            store=store,
            clock=clock,
            apis=apis or {},
            media=media,
            signals=signals or (QuietSignals() if shared is None else shared.signals),
        )
        plan = EnclosurePlan(ground.accounts, providers, can_send=media is not None)
        inputs = inputs_of(ground, standby)
        self._breakers = breakers_of(ground, standby, snapshots)
        self._jobs = jobs_of(ground, shared, capacity)
        self._runner = runner_of(
            ground,
            jobs=self._jobs,
            inputs=inputs,
            plan=plan,
            prices=prices or {},
            breakers=self._breakers,
            standby=standby,
            capacity=capacity,
        )
        self._texts = texts_of(ground, self._runner)
        self._housekeeping = housekeeping_of(ground, keep_months)
        self._stalls = Stalls(clock, ground.ages)
        self._typing = TypingStates(ground.desks, ground.rights, clock)
        self._enclosing, self._pusher = self._senders(plan, shared)
        self._receipts = Receipts(store, clock, self._enclosing.handed_over)
        self._presence = presence_of(shared, self._begin_round, runs_turns=runs_turns)
        self._health = Health(store, clock)
        learnt = Learnt()
        self._rounds = rounds_of(learnt, accounts, providers, ground.apis, clock)
        if snapshots:
            watch = SettingsWatch(store, clock, snapshots)
            self._rounds.add("settings", LOOK_EVERY_S, watch.look)
        self._route = self._routed(learnt, pseudonym_key, inputs.senses, capacity)
        #: What the server serves.
        self.application = Callback(self._route, self._health, clock)

    def _senders(self, plan: EnclosurePlan, shared: Shared | None) -> tuple[Enclosing, Pusher]:
        enclosing = enclosing_of(
            self._ground, plan, self._typing, ownership_of(shared, RoundKind.ENCLOSURE)
        )
        pusher = pusher_of(
            self._ground,
            self._texts,
            self._typing,
            enclosing,
            ownership_of(shared, RoundKind.PUSH),
        )
        return enclosing, pusher

    def _routed(
        self, learnt: Learnt, pseudonym_key: bytes, senses: Senses, capacity: Capacity
    ) -> Route:
        ledger = ledger_of(
            self._ground,
            pseudonym_key,
            learnt,
            senses=senses,
            housekeeping=self._housekeeping,
            capacity=capacity,
        )
        attempts = attempts_of(
            self._ground,
            jobs=self._jobs,
            live=self._texts,
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
        """Take over what an earlier process left, and begin to run turns. Raises StoreError."""
        if self._shared is not None:
            heard = heard_rounds(self._shared.process_id, self._begin_round)
            self._ground.signals.hear(Topic.FOLLOWER, heard)
        await self._ground.signals.start()
        await self._breakers.start()
        if self._runs_turns:
            self._jobs.start(self._runner.run)
        if self._presence is None:
            await self._take_over(await self._ground.store.recover())
        else:
            await self._presence.start()
        self._rounds.start()
        self._housekeeping.start()

    async def _take_over(self, recovered: Recovered) -> None:
        """All that there is was left by a process that is no more."""
        if recovered.to_run or recovered.doubtful_count:
            _log.info(
                "recovered", turns=len(recovered.to_run), doubtful_replies=recovered.doubtful_count
            )
        await self._jobs.adopt(recovered.to_run)
        for account, openid in recovered.to_push:
            self._pusher.push(account, openid)
        for account, openid in recovered.to_enclose:
            self._enclosing.handed_over(account, openid)

    def _begin_round(self, left: Round) -> None:
        """Nobody who lives sends to this follower what is due."""
        if left.kind is RoundKind.PUSH:
            self._pusher.push(left.account, left.openid)
        else:
            self._enclosing.handed_over(left.account, left.openid, was_left=True)

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
            stack.push_async_callback(self._jobs.close)
            stack.push_async_callback(self._ground.signals.close)
            if self._presence is not None:
                stack.push_async_callback(self._presence.close)
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
            stack.push_async_callback(self._breakers.close)
            stack.push_async_callback(self._runner.close)
            stack.push_async_callback(self._rounds.close)
            stack.push_async_callback(self._housekeeping.close)
            stack.push_async_callback(self._stalls.close)
            await self._jobs.drain(0.0)


async def open_gateway(settings: Settings, clock: Clock, *, runs_turns: bool = True) -> Gateway:
    """Make the gateway that the settings describe; it is yet to be started.

    Where several processes share a database, one that does not run turns leaves them to others.
    Raises StoreError when the database cannot be used.
    """
    shared: Shared | None = None
    if settings.postgres_url is None:
        store = await open_store(settings)
    else:
        shared = await open_shared(
            settings.postgres_url,
            clock,
            concurrency=settings.worker_concurrency,
            lane_limits=capacity_of(settings).concurrency,
            connections=settings.database_connections,
        )
        store, clock = shared.store, shared.clock
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
        snapshots=snapshots_of(settings, fingerprint_key),
        keep_months=settings.keep_months,
        shared=shared,
        runs_turns=runs_turns,
    )
