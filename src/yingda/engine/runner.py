"""Runs turns: drives a provider's stream into a turn, and gives every turn a sure end.

A turn's text stays in memory until the stream ends; what the provider calls the run is written
down soon after it began, so that after a crash its answer can be looked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import msgspec
import structlog

from yingda.clock import Clock
from yingda.delivery import passive
from yingda.delivery.settled import handed_over
from yingda.engine.board import Board
from yingda.engine.errands import Errands
from yingda.engine.insist import insist
from yingda.engine.live import LiveText
from yingda.engine.running_turn import RunningTurn
from yingda.errors import FailureKind, ProviderError, ProviderTimeout, StoreError
from yingda.jobs.base import Jobs
from yingda.providers.base import FoundAnswer, Prompt, Provider, Started
from yingda.store.base import OfferedPart, Store
from yingda.store.runs import Claim, Ended, Outcome
from yingda.turn.model import Cursor, Turn

T = TypeVar("T")

_log = structlog.get_logger()

#: A run may take no longer, whatever the provider's own deadlines are: a turn has a sure end.
#: Our choice: above the longest total that a provider may be given (1200 s), with 300 s left for
#: the search for an earlier run's answer.
RUN_LIMIT_S = 1500.0
#: A question is asked again once after a crash, not more: it may be what brings the process down.
#: Promise 1 of the design.
_RUNS_LIMIT = 2
#: How long the ids of a run wait to be written: a run that ends sooner writes them with its end,
#: and spares a flush. Our choice: a crash in this moment is still met by a search for the words.
_NOTE_AFTER_S = 0.05
#: How long the provider is given to take a stop. Our choice; nobody waits for it.
_STOP_LIMIT_S = 10.0


class Runner:
    """Runs the turns that the jobs bring."""

    def __init__(
        self,
        *,
        store: Store,
        jobs: Jobs,
        board: Board,
        providers: Mapping[str, Provider],
        clock: Clock,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._board = board
        self._providers = providers
        self._clock = clock
        self._running: dict[int, RunningTurn] = {}
        self._errands = Errands()

    async def run(self, turn_id: int) -> None:
        """Run a turn to its end; the jobs call this. Does nothing for a turn that has ended."""
        claim = await self._insist(lambda: self._store.claim(turn_id, self._clock.now()))
        if claim is None:
            return
        running = RunningTurn(claim)
        self._running[turn_id] = running
        try:
            outcome = await self._outcome(running)
            if running.note is not None:
                running.note.cancel()
            ended = await self._insist(
                lambda: self._store.finish(turn_id, claim.turn.run_no, outcome, self._clock.now())
            )
        except asyncio.CancelledError:
            # Another process will look for this run's answer.
            self._note_now(running)
            raise
        finally:
            del self._running[turn_id]
        if ended is not None:
            await self._settle_read(ended.turn)
            self._close(claim, ended)

    async def so_far(self, turn_id: int) -> LiveText | None:
        """What the turn has written, if it runs here; implements `live.LiveTexts`."""
        running = self._running.get(turn_id)
        return None if running is None else running.live()

    def cancel(self, turn_ids: tuple[int, ...]) -> None:
        """These turns were withdrawn in the store: interrupt them, and stop their providers."""
        for turn_id in turn_ids:
            running = self._running.get(turn_id)
            self._jobs.cancel(turn_id)
            self._board.announce_end(turn_id)
            if running is not None:
                self._errands.send(self._stop(running))
                self._errands.send(self._keep(running))

    async def close(self) -> None:
        """Wait for what was begun on the side."""
        await self._errands.close()

    def _close(self, claim: Claim, ended: Ended) -> None:
        self._board.announce_end(ended.turn.id)
        if ended.to_run is not None:
            # A conversation stays with the provider that it began with.
            self._jobs.defer(ended.to_run, claim.provider)
        _log.info(
            "turn_ended",
            turn=ended.turn.id,
            account=ended.turn.account,
            provider=claim.provider,
            state=ended.turn.state.value,
            failure=ended.turn.failure and ended.turn.failure.value,
            run_no=ended.turn.run_no,
            answer_chars=len(ended.turn.answer),
            took_s=round((ended.turn.ended_at or 0.0) - ended.turn.entered_at, 3),
        )

    async def _outcome(self, running: RunningTurn) -> Outcome:
        try:
            async with self._clock.timeout(RUN_LIMIT_S):
                return await self._ask(running)
        except ProviderError as error:
            _log.warning(
                "provider_failed",
                turn=running.turn_id,
                provider=running.claim.provider,
                kind=error.kind.value,
                detail=error.detail,
                mend=error.mend,
            )
            return running.failed(error.kind, error.detail)
        except TimeoutError:
            return running.failed(ProviderTimeout.kind, f"the run took over {RUN_LIMIT_S:.0f} s")
        # The end of a task: whatever a bug raises, the turn still ends and the follower is told.
        except Exception as error:  # noqa: BLE001
            _log.exception("turn_crashed", turn=running.turn_id)
            return running.failed(FailureKind.INTERNAL, type(error).__name__)

    async def _ask(self, running: RunningTurn) -> Outcome:
        claim = running.claim
        provider = self._providers.get(claim.provider)
        if provider is None:
            detail = f"no provider is called {claim.provider!r} any more"
            return running.failed(FailureKind.CONFIGURATION, detail)
        if found := await self._find_earlier(provider, running):
            return await self._continued(running.found(found), claim.turn)
        if claim.turn.run_no > _RUNS_LIMIT:
            detail = f"{_RUNS_LIMIT} runs were cut off by the end of their process"
            return running.failed(FailureKind.INTERNAL, detail)
        if claim.earlier is not None:
            await self._insist(lambda: self._store.begin_anew(running.turn_id, claim.turn.run_no))
        prompt = Prompt(
            text=claim.turn.question,
            user=claim.user,
            conversation_id=claim.provider_conversation_id,
            trace_id=f"yingda-{claim.turn.id}-{claim.turn.run_no}",
        )
        async for event in provider.stream(prompt):
            running.take(event)
            if isinstance(event, Started):
                self._note_soon(running)
        return running.answered()

    async def _find_earlier(self, provider: Provider, running: RunningTurn) -> FoundAnswer | None:
        """The answer of a run that was cut off: asking twice costs twice, and may differ."""
        trace = running.earlier_trace()
        if trace is None:
            return None
        try:
            found = await provider.find_finished(trace)
        except ProviderError as error:
            _log.warning("earlier_run_unknown", turn=running.turn_id, detail=error.detail)
            return None
        _log.info("turn_resumed", turn=running.turn_id, was_found=found is not None)
        return found

    def _note_soon(self, running: RunningTurn) -> None:
        if running.note is None:
            running.note = self._clock.call_later(_NOTE_AFTER_S, partial(self._note_now, running))

    def _note_now(self, running: RunningTurn) -> None:
        if running.note is not None:
            running.note.cancel()
            running.note = None
            self._errands.send(self._note(running))

    async def _continued(self, outcome: Outcome, turn: Turn) -> Outcome:
        """The found answer goes on where the lost run's parts end, if they are parts of it."""
        parts = await self._insist(lambda: self._store.offered_parts(turn.id))
        if all(_is_part_of(outcome.answer, part) for part in parts):
            return outcome
        return msgspec.structs.replace(outcome, replaced_answer=_joined(parts))

    async def _settle_read(self, turn: Turn) -> None:
        """What was offered while the turn ran may have been all of it; then nothing is unread."""
        if turn.parts_offered and passive.is_wholly_offered(turn):
            await self._insist(lambda: self._store.mark_read(turn))

    async def _note(self, running: RunningTurn) -> None:
        try:
            await self._store.note_run(running.turn_id, running.claim.turn.run_no, running.ids)
        except StoreError:
            # Only a crash would miss it, and the answer itself is written with patience.
            _log.warning("run_not_noted", turn=running.turn_id)

    async def _stop(self, running: RunningTurn) -> None:
        provider = self._providers.get(running.claim.provider)
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
            await self._store.keep_cut_run(
                running.turn_id, run_no, running.ids, text=running.text, at=due_at
            )
        except StoreError:
            _log.warning("cut_run_not_kept", turn=running.turn_id)

    async def _insist(self, operation: Callable[[], Awaitable[T]]) -> T:
        return await insist(self._clock, operation)


def _is_part_of(answer: str, part: OfferedPart) -> bool:
    """Whether what was shown stands in the answer between the same two places."""
    before, behind = handed_over(answer, part.start), handed_over(answer, part.end)
    return _bare(before) + _bare(part.shown) == _bare(behind)


def _joined(parts: Sequence[OfferedPart]) -> str:
    """What was shown, less what was shown again because it was in doubt."""
    texts: list[str] = []
    end = Cursor()
    for part in sorted(parts, key=lambda part: part.start):
        if part.start >= end:
            texts.append(part.shown)
            end = part.end
    return "".join(texts)


def _bare(text: str) -> str:
    """Without blanks: seams between parts are blanks."""
    return "".join(text.split())
