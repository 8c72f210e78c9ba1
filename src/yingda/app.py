"""Settings in, a wired gateway out; providers and server API are made by `adapters`.

`Gateway` starts and stops its parts in order; tests wire the same one with other parts.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import structlog

from yingda.adapters import media_tools, provider_of, wechat_api
from yingda.clock import Clock
from yingda.config import Settings
from yingda.engine.accounts import Account, FixedAccounts, PushMode
from yingda.engine.acknowledging import Acknowledging
from yingda.engine.admission import Capacity
from yingda.engine.attempts import Attempts
from yingda.engine.board import Board
from yingda.engine.candidates import Standby
from yingda.engine.chooser import Chooser
from yingda.engine.costs import Costs
from yingda.engine.enclosing import Enclosing
from yingda.engine.enclosure_plan import EnclosurePlan
from yingda.engine.erasure import Erasing
from yingda.engine.health import Health
from yingda.engine.housekeeping import Chore, Housekeeping
from yingda.engine.inputs import Inputs
from yingda.engine.learnt import Learnt
from yingda.engine.ledger import Ledger
from yingda.engine.lookups import rounds_of
from yingda.engine.media_base import Media
from yingda.engine.patience import Patience
from yingda.engine.pricing import PriceTable
from yingda.engine.push_age import PushAges
from yingda.engine.push_rights import PushRights
from yingda.engine.pusher import Pusher
from yingda.engine.rating import RatingTelling
from yingda.engine.recalling import Summarising
from yingda.engine.receipts import Receipts
from yingda.engine.reception import Reception
from yingda.engine.route import Route
from yingda.engine.runner import Runner
from yingda.engine.stalls import Stalls
from yingda.engine.suggesting import Suggesting
from yingda.engine.typing_states import TypingStates
from yingda.jobs.local import LocalJobs
from yingda.providers.base import Provider
from yingda.store.base import Store
from yingda.store.sqlite import open_sqlite
from yingda.web.callback import Callback
from yingda.wechat.api import WechatApi
from yingda.wechat.api_base import ServiceDesk
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
        board, ages, learnt = Board(), PushAges(), Learnt()
        known, rights = FixedAccounts(accounts), PushRights(store, clock)
        self._clock = clock
        self._providers = providers
        #: By account; an account without a secret has none.
        self._apis = apis or {}
        self._store = store
        self._media = media
        inputs = Inputs(
            store=store,
            providers=providers,
            accounts=known,
            desks=self._apis,
            media=media,
            fallbacks=standby.fallbacks,
            clock=clock,
        )
        desks = _desks(accounts, self._apis)
        plan = EnclosurePlan(known, providers, can_send=media is not None)
        self._jobs = LocalJobs(clock, lane_limits=capacity.concurrency)
        self._runner = Runner(
            store=store,
            jobs=self._jobs,
            board=board,
            providers=providers,
            accounts=known,
            costs=Costs(known, prices or {}, clock),
            inputs=inputs,
            plan=plan,
            clock=clock,
            afterwards=(
                Summarising(store=store, providers=providers, accounts=known),
                Suggesting(
                    store=store,
                    providers=providers,
                    accounts=known,
                    desks=desks,
                    rights=rights,
                    clock=clock,
                ),
            ),
            standby=standby,
            concurrency=capacity.concurrency,
        )
        erasing = Chore("erasing", Erasing(store, providers, clock).run)
        rating = Chore("rating", RatingTelling(store, providers, clock).run)
        self._housekeeping = Housekeeping(clock, (erasing, rating))
        self._stalls = Stalls(clock, ages)
        self._typing = TypingStates(desks, rights, clock)
        self._enclosing = Enclosing(
            store=store,
            accounts=known,
            desks=self._apis,
            plan=plan,
            media=media,
            rights=rights,
            typing=self._typing,
            clock=clock,
        )
        self._receipts = Receipts(store, clock, self._enclosing.handed_over)
        self._pusher = self._pushing(known, board, desks, rights)
        self._health = Health(store, clock)
        self._rounds = rounds_of(learnt, accounts, providers, self._apis, clock)
        ledger = Ledger(
            store,
            clock,
            ages,
            pseudonym_key,
            Reception(learnt),
            senses=inputs.senses,
            on_due=self._housekeeping.wake,
            max_open_turns=capacity.max_open_turns,
        )
        self._route = self._routed(
            known, ledger, self._attempts(board, ages, rights, capacity.max_held)
        )
        #: What the server serves.
        self.application = Callback(self._route, self._health, clock)

    def _pushing(
        self,
        known: FixedAccounts,
        board: Board,
        desks: Mapping[str, ServiceDesk],
        rights: PushRights,
    ) -> Pusher:
        return Pusher(
            store=self._store,
            live=self._runner,
            board=board,
            accounts=known,
            desks=desks,
            rights=rights,
            typing=self._typing,
            handed_over=self._enclosing.handed_over,
            clock=self._clock,
        )

    def _attempts(
        self, board: Board, ages: PushAges, rights: PushRights, max_held: int
    ) -> Attempts:
        store, clock = self._store, self._clock
        acknowledging = Acknowledging(
            store=store, rights=rights, typing=self._typing, pusher=self._pusher, clock=clock
        )
        return Attempts(
            store=store,
            board=board,
            chooser=Chooser(store, self._runner, self._jobs, clock),
            patience=Patience(store, clock),
            ages=ages,
            acknowledging=acknowledging,
            clock=clock,
            max_held=max_held,
        )

    def _routed(self, known: FixedAccounts, ledger: Ledger, attempts: Attempts) -> Route:
        return Route(
            accounts=known,
            ledger=ledger,
            attempts=attempts,
            jobs=self._jobs,
            runner=self._runner,
            receipts=self._receipts,
            stalls=self._stalls,
            pusher=self._pusher,
            clock=self._clock,
        )

    async def start(self) -> None:
        """Take over what an earlier process left, and begin to run turns."""
        recovered = await self._store.recover()
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
        began_s = self._clock.monotonic()
        await asyncio.gather(self._jobs.drain(timeout_s), self._clock.sleep(stay_s))
        await self._pusher.drain(timeout_s - (self._clock.monotonic() - began_s))

    async def stop(self) -> None:
        """Let go of everything, once no request is open any more."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._store.close)
            for provider in self._providers.values():
                stack.push_async_callback(provider.aclose)
            if self._media is not None:
                stack.push_async_callback(self._media.aclose)
            for api in self._apis.values():
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
    store = await open_sqlite(settings.database_path)
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


def _desks(
    accounts: tuple[Account, ...], apis: Mapping[str, WechatApi]
) -> Mapping[str, ServiceDesk]:
    """Of each account that may push, by its name."""
    names = [own.name for own in accounts if own.push_mode is not PushMode.PASSIVE]
    return {name: apis[name] for name in names if name in apis}
