"""Runs turns: has each one asked, and gives every turn a sure end.

A turn's text stays in memory until the stream ends. How a question is asked stands in `asking`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

import structlog

from yingda.clock import Clock
from yingda.delivery import passive
from yingda.engine.accounts.accounts import Accounts
from yingda.engine.asking.asking import Asking
from yingda.engine.asking.breakers import Breakers
from yingda.engine.asking.costs import Costs, figures_of
from yingda.engine.asking.fallback import Fallback
from yingda.engine.asking.gates import Gates
from yingda.engine.asking.prompting import Prompting
from yingda.engine.asking.recalling import Recalling
from yingda.engine.asking.run_notes import RunNotes
from yingda.engine.chores.afterwards import Afterward, Afterwards
from yingda.engine.errands import Errands
from yingda.engine.inputs.inputs import Inputs
from yingda.engine.insist import insist
from yingda.engine.pushing.enclosure_plan import EnclosurePlan
from yingda.engine.running_turn import RunningTurn
from yingda.engine.sharing.board import Board
from yingda.engine.sharing.live import LiveText
from yingda.engine.sharing.pieces import turn_in
from yingda.errors import ProviderError, StoreError
from yingda.jobs.base import Jobs
from yingda.providers.base import Provider
from yingda.signals.base import Signals, Topic
from yingda.store.base import Store
from yingda.store.runs import Claim, Ended, Outcome
from yingda.turn.model import Turn

T = TypeVar("T")

_log = structlog.get_logger()

#: How long the provider is given to take a stop. Our choice; nobody waits for it.
_STOP_LIMIT_S = 10.0
_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_UNBOUNDED: Mapping[str, int] = MappingProxyType({})


class Runner:
    """Runs the turns that the jobs bring."""

    def __init__(
        self,
        *,
        store: Store,
        jobs: Jobs,
        board: Board,
        signals: Signals,
        providers: Mapping[str, Provider],
        accounts: Accounts,
        costs: Costs,
        inputs: Inputs,
        plan: EnclosurePlan,
        clock: Clock,
        afterwards: Sequence[Afterward] = (),
        breakers: Breakers,
        fallbacks: Mapping[str, tuple[str, ...]] = _NONE,
        concurrency: Mapping[str, int] = _UNBOUNDED,
    ) -> None:
        self._costs = costs
        self._plan = plan
        self._store = store
        self._jobs = jobs
        self._board = board
        self._signals = signals
        self._providers = providers
        self._clock = clock
        self._running: dict[int, RunningTurn] = {}
        self._errands = Errands()
        self._afterwards = Afterwards(afterwards, clock)
        self._notes = RunNotes(store, clock, self._errands)
        recalling = Recalling(store=store, providers=providers, accounts=accounts, clock=clock)
        fallback = Fallback(
            store=store,
            providers=providers,
            fallbacks=fallbacks,
            gates=Gates(concurrency, breakers),
            prompting=Prompting(accounts, recalling),
            notes=self._notes,
            inputs=inputs,
            clock=clock,
            leave_lane=jobs.leave_lane,
        )
        self._asking = Asking(
            store=store,
            providers=providers,
            accounts=accounts,
            fallback=fallback,
            inputs=inputs,
            clock=clock,
        )
        signals.hear(Topic.CANCEL, self._hear_cancel)

    async def run(self, turn_id: int) -> None:
        """Run a turn to its end; the jobs call this. Does nothing for a turn that has ended."""
        claim = await self._insist(lambda: self._store.claim(turn_id, self._clock.now()))
        if claim is None:
            return
        running = RunningTurn(claim, self._clock)
        self._running[turn_id] = running
        try:
            outcome = self._costs.counted(running, await self._asking.outcome(running))
            outcome = self._plan.planned(claim.turn, running.provider, outcome)
            if running.note is not None:
                running.note.cancel()
            ended = await self._insist(
                lambda: self._store.finish(turn_id, claim.turn.run_no, outcome, self._clock.now())
            )
        except asyncio.CancelledError:
            # Another process will look for this run's answer.
            self._notes.now(running)
            raise
        finally:
            del self._running[turn_id]
        if ended is None:
            # It was cancelled in the very moment: what it brought, and cost, is kept all the same.
            self._errands.send(self._keep(running))
        else:
            await self._settle_read(ended.turn)
            self._close(claim, ended)
            self._afterwards.send(claim, ended)
            self._costs.tell(ended.turn.account, ended.spent)
            _tell(running, outcome, ended)

    def written(self, turn_id: int) -> LiveText | None:
        """What the turn has written, if it runs here."""
        running = self._running.get(turn_id)
        return None if running is None else running.live()

    def cancel(self, turn_ids: tuple[int, ...]) -> None:
        """These turns were withdrawn in the store: interrupt them, and stop their providers.

        What does not run here may run elsewhere, and whoever runs it is told. If that is lost, it
        runs on for nothing: the store takes no answer of a turn that was withdrawn.
        """
        for turn_id in turn_ids:
            runs_here = self._leave_off(turn_id)
            self._board.announce_end(turn_id)
            if not runs_here:
                self._signals.tell(Topic.CANCEL, str(turn_id))

    async def close(self) -> None:
        """Wait for what was begun on the side."""
        await self._afterwards.close()
        await self._errands.close()

    def _hear_cancel(self, body: str) -> None:
        turn_id = turn_in(body)
        if turn_id is not None:
            # Whoever withdrew it has told of its end as well.
            self._leave_off(turn_id)

    def _leave_off(self, turn_id: int) -> bool:
        """Interrupt the turn, stop its provider and keep what came; whether it ran here."""
        running = self._running.get(turn_id)
        self._jobs.cancel(turn_id)
        if running is None:
            return False
        self._errands.send(self._stop(running))
        self._errands.send(self._keep(running))
        return True

    def _close(self, claim: Claim, ended: Ended) -> None:
        self._board.announce_end(ended.turn.id)
        if ended.to_run is not None:
            # A conversation stays with the provider that it began with.
            self._jobs.defer(ended.to_run, claim.provider)

    async def _settle_read(self, turn: Turn) -> None:
        """What was offered while the turn ran may have been all of it; then nothing is unread."""
        if turn.parts_offered and passive.is_wholly_offered(turn):
            await self._insist(lambda: self._store.mark_read(turn))

    async def _stop(self, running: RunningTurn) -> None:
        provider = self._providers.get(running.provider)
        if provider is None:
            return
        try:
            async with self._clock.timeout(_STOP_LIMIT_S):
                await provider.stop(running.trace())
        except (ProviderError, TimeoutError) as error:
            _log.warning("stop_refused", turn=running.turn_id, reason=str(error))

    async def _keep(self, running: RunningTurn) -> None:
        """Keep what a run had brought when its turn was cancelled."""
        run_no, due_at = running.claim.turn.run_no, self._clock.now() + _STOP_LIMIT_S
        try:
            spent = await self._store.keep_cut_run(
                running.turn_id,
                run_no,
                running.ids,
                text=running.text,
                at=due_at,
                cost=self._costs.of(running),
            )
        except StoreError:
            _log.warning("cut_run_not_kept", turn=running.turn_id)
        else:
            self._costs.tell(running.claim.turn.account, spent)

    async def _insist(self, operation: Callable[[], Awaitable[T]]) -> T:
        return await insist(self._clock, operation)


def _tell(running: RunningTurn, outcome: Outcome, ended: Ended) -> None:
    turn = ended.turn
    _log.info(
        "turn_ended",
        turn=turn.id,
        account=turn.account,
        provider=running.provider,
        state=turn.state.value,
        failure=turn.failure and turn.failure.value,
        run_no=turn.run_no,
        answer_chars=len(turn.answer),
        took_s=round((turn.ended_at or 0.0) - turn.entered_at, 3),
        **figures_of(outcome, ended),
    )
