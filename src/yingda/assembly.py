"""Makes the engine's parts of the ground that they share; `app` puts them together.

Knows who needs whom. Refuses to know settings, and starts and stops nothing.
"""

from collections.abc import Callable, Mapping

import msgspec

from yingda.clock import Clock
from yingda.databases import Shared
from yingda.engine.accounts.accounts import Account, FixedAccounts, PushMode
from yingda.engine.accounts.learnt import Learnt
from yingda.engine.accounts.pricing import PriceTable
from yingda.engine.asking.breakers import Breakers
from yingda.engine.asking.candidates import Standby
from yingda.engine.asking.costs import Costs
from yingda.engine.asking.recalling import Summarising
from yingda.engine.chores.erasure import Erasing
from yingda.engine.chores.housekeeping import Chore, Housekeeping
from yingda.engine.chores.pruning import Pruning
from yingda.engine.chores.rating import RatingTelling
from yingda.engine.chores.suggesting import Suggesting
from yingda.engine.inputs.inputs import Inputs
from yingda.engine.inputs.media_base import Media
from yingda.engine.inputs.senses import Senses
from yingda.engine.intake.admission import Capacity
from yingda.engine.intake.ledger import Ledger
from yingda.engine.intake.reception import Reception
from yingda.engine.pushing.enclosing import Enclosing
from yingda.engine.pushing.enclosure_plan import EnclosurePlan
from yingda.engine.pushing.push_rights import PushRights
from yingda.engine.pushing.pusher import Pusher
from yingda.engine.pushing.typing_states import TypingStates
from yingda.engine.runner import Runner
from yingda.engine.sharing.board import Board
from yingda.engine.sharing.far_text import FarTexts
from yingda.engine.sharing.live import LiveTexts
from yingda.engine.sharing.ownership import Ownership, SharedOwner, SoleOwner
from yingda.engine.sharing.presence import Presence
from yingda.engine.sharing.speaking import Speaker
from yingda.engine.waiting.acknowledging import Acknowledging
from yingda.engine.waiting.attempts import Attempts
from yingda.engine.waiting.chooser import Chooser
from yingda.engine.waiting.patience import Patience
from yingda.engine.waiting.push_age import PushAges
from yingda.jobs.base import Jobs
from yingda.jobs.local import LocalJobs
from yingda.providers.base import Provider
from yingda.signals.base import Signals
from yingda.store.base import Store
from yingda.store.presence_base import Round, RoundKind
from yingda.store.snapshot_base import Snapshot, SnapshotKind
from yingda.wechat.api import WechatApi
from yingda.wechat.api_base import ServiceDesk


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What most parts stand on."""

    accounts: FixedAccounts
    providers: Mapping[str, Provider]
    store: Store
    clock: Clock
    #: By account; an account without a secret has none.
    apis: Mapping[str, WechatApi]
    #: Of each account that may push, by its name.
    desks: Mapping[str, ServiceDesk]
    #: None where nothing is there to fetch and convert files with.
    media: Media | None
    rights: PushRights
    signals: Signals
    board: Board
    ages: PushAges


def ground_of(
    accounts: tuple[Account, ...],
    *,
    providers: Mapping[str, Provider],
    store: Store,
    clock: Clock,
    apis: Mapping[str, WechatApi],
    media: Media | None,
    signals: Signals,
) -> Ground:
    """The ground of one gateway."""
    pushing = [own.name for own in accounts if own.push_mode is not PushMode.PASSIVE]
    return Ground(
        accounts=FixedAccounts(accounts),
        providers=providers,
        store=store,
        clock=clock,
        apis=apis,
        desks={name: apis[name] for name in pushing if name in apis},
        media=media,
        rights=PushRights(store, clock),
        signals=signals,
        board=Board(signals),
        ages=PushAges(),
    )


def inputs_of(ground: Ground, standby: Standby) -> Inputs:
    """What takes pictures and recordings in."""
    return Inputs(
        store=ground.store,
        providers=ground.providers,
        accounts=ground.accounts,
        desks=ground.apis,
        media=ground.media,
        fallbacks=standby.fallbacks,
        clock=ground.clock,
    )


def breakers_of(ground: Ground, standby: Standby, snapshots: tuple[Snapshot, ...]) -> Breakers:
    """What knows which providers are left alone."""
    return Breakers(
        ground.store,
        ground.signals,
        ground.clock,
        names=ground.providers,
        rules=standby.breakers,
        fingerprints={
            each.name: each.fingerprint for each in snapshots if each.kind is SnapshotKind.PROVIDER
        },
    )


def jobs_of(ground: Ground, shared: Shared | None, capacity: Capacity) -> Jobs:
    """Who says which turn is to run, and when."""
    limits = capacity.concurrency
    return shared.jobs if shared else LocalJobs(ground.clock, lane_limits=limits)


def runner_of(
    ground: Ground,
    *,
    jobs: Jobs,
    inputs: Inputs,
    plan: EnclosurePlan,
    prices: Mapping[str, PriceTable],
    breakers: Breakers,
    standby: Standby,
    capacity: Capacity,
) -> Runner:
    """What runs turns, and what it does behind them."""
    store, providers, accounts = ground.store, ground.providers, ground.accounts
    return Runner(
        store=store,
        jobs=jobs,
        board=ground.board,
        signals=ground.signals,
        providers=providers,
        accounts=accounts,
        costs=Costs(accounts, prices, ground.clock),
        inputs=inputs,
        plan=plan,
        clock=ground.clock,
        afterwards=(
            Summarising(store=store, providers=providers, accounts=accounts),
            Suggesting(
                store=store,
                providers=providers,
                accounts=accounts,
                desks=ground.desks,
                rights=ground.rights,
                clock=ground.clock,
            ),
        ),
        breakers=breakers,
        fallbacks=standby.fallbacks,
        concurrency=capacity.concurrency,
    )


def texts_of(ground: Ground, runner: Runner) -> FarTexts:
    """Where running turns can be read; what runs here is told to other processes from now on."""
    Speaker(ground.signals, runner.written, ground.clock)
    return FarTexts(ground.signals, runner.written, ground.clock)


def housekeeping_of(ground: Ground, keep_months: int | None) -> Housekeeping:
    """What is done when it is due, whoever asks what."""
    of = (ground.store, ground.providers, ground.clock)
    erasing = Chore("erasing", Erasing(*of).run)
    rating = Chore("rating", RatingTelling(*of).run)
    pruning = Chore("pruning", Pruning(ground.store, ground.clock, keep_months).run)
    return Housekeeping(ground.clock, (erasing, rating, pruning))


def ledger_of(
    ground: Ground,
    pseudonym_key: bytes,
    learnt: Learnt,
    *,
    senses: Senses,
    housekeeping: Housekeeping,
    capacity: Capacity,
) -> Ledger:
    """What makes pushes durable, and does what they want."""
    return Ledger(
        ground.store,
        ground.clock,
        ground.ages,
        pseudonym_key,
        Reception(learnt),
        senses=senses,
        on_due=housekeeping.wake,
        max_open_turns=capacity.max_open_turns,
    )


def enclosing_of(
    ground: Ground, plan: EnclosurePlan, typing: TypingStates, ownership: Ownership
) -> Enclosing:
    """What sends pictures and recordings behind answers."""
    return Enclosing(
        store=ground.store,
        accounts=ground.accounts,
        desks=ground.apis,
        plan=plan,
        media=ground.media,
        rights=ground.rights,
        typing=typing,
        ownership=ownership,
        clock=ground.clock,
    )


def pusher_of(
    ground: Ground,
    live: LiveTexts,
    typing: TypingStates,
    enclosing: Enclosing,
    ownership: Ownership,
) -> Pusher:
    """What sends the parts of answers by themselves."""
    return Pusher(
        store=ground.store,
        live=live,
        board=ground.board,
        accounts=ground.accounts,
        desks=ground.desks,
        rights=ground.rights,
        typing=typing,
        handed_over=enclosing.handed_over,
        ownership=ownership,
        clock=ground.clock,
    )


def attempts_of(
    ground: Ground,
    *,
    jobs: Jobs,
    live: LiveTexts,
    pusher: Pusher,
    typing: TypingStates,
    capacity: Capacity,
) -> Attempts:
    """What lets attempts wait, and decides what each is answered."""
    store, clock = ground.store, ground.clock
    return Attempts(
        store=store,
        board=ground.board,
        chooser=Chooser(store, live, jobs, clock),
        patience=Patience(store, clock),
        ages=ground.ages,
        acknowledging=Acknowledging(
            store=store, rights=ground.rights, typing=typing, pusher=pusher, clock=clock
        ),
        clock=clock,
        max_held=capacity.max_held,
    )


def ownership_of(shared: Shared | None, kind: RoundKind) -> Ownership:
    """Who sends to whom what comes by itself."""
    if shared is None:
        return SoleOwner()
    return SharedOwner(kind, shared.process_id, shared.store, shared.signals, shared.clock)


def presence_of(
    shared: Shared | None, begin: Callable[[Round], None], *, runs_turns: bool
) -> Presence | None:
    """This process among the others, where there are any."""
    if shared is None:
        return None
    return Presence(
        shared.process_id,
        shared.store,
        shared.clock,
        runs_turns=runs_turns,
        begin=begin,
        adopt=shared.jobs.adopt,
        doubt=shared.store.mark_doubtful,
    )
