"""Puts a turn's question to its providers, and makes an outcome of whatever comes.

Looks for the answer of a run that was cut off before it asks again. Refuses to know who is asked
in which order, and how turns are claimed and ended.
"""

from collections.abc import Mapping, Sequence

import msgspec
import structlog

from yingda.clock import Clock
from yingda.delivery.settled import handed_over
from yingda.engine.accounts.accounts import Accounts
from yingda.engine.asking.citing import cited
from yingda.engine.asking.fallback import Fallback
from yingda.engine.inputs.inputs import Inputs
from yingda.engine.insist import insist
from yingda.engine.running_turn import RunningTurn
from yingda.errors import FailureKind, ProviderError, ProviderTimeout
from yingda.providers.base import FoundAnswer, Provider
from yingda.store.base import OfferedPart, Store
from yingda.store.runs import Outcome
from yingda.texts import Texts
from yingda.turn.model import Cursor, Turn

_log = structlog.get_logger()

#: A run may take no longer, whatever the provider's own deadlines are: a turn has a sure end.
#: Our choice: above the longest total that a provider may be given (1200 s), with 300 s left for
#: the search for an earlier run's answer.
RUN_LIMIT_S = 1500.0
#: A question is asked again once after a crash, not more: it may be what brings the process down.
#: Our choice, see docs/discussions/nothing-is-lost.
_RUNS_LIMIT = 2


class Asking:
    """Asks, for one run after the other."""

    def __init__(
        self,
        *,
        store: Store,
        providers: Mapping[str, Provider],
        accounts: Accounts,
        fallback: Fallback,
        inputs: Inputs,
        clock: Clock,
    ) -> None:
        self._store = store
        self._providers = providers
        self._accounts = accounts
        self._fallback = fallback
        self._inputs = inputs
        self._clock = clock

    async def outcome(self, running: RunningTurn) -> Outcome:
        """How the run ended; never raises but when it is cancelled."""
        try:
            async with self._clock.timeout(RUN_LIMIT_S):
                outcome = await self._ask(running)
            return self._cited(running, outcome)
        except ProviderError as error:
            return running.failed(error.kind, error.detail)
        except TimeoutError:
            return running.failed(ProviderTimeout.kind, f"the run took over {RUN_LIMIT_S:.0f} s")
        # The end of a task: whatever a bug raises, the turn still ends and the follower is told.
        except Exception as error:  # noqa: BLE001
            _log.exception("turn_crashed", turn=running.turn_id)
            return running.failed(FailureKind.INTERNAL, type(error).__name__)

    async def _ask(self, running: RunningTurn) -> Outcome:
        await self._hear(running)
        claim = running.claim
        if found := await self._find_earlier(running):
            return await self._continued(running.found(found), claim.turn)
        if claim.turn.run_no > _RUNS_LIMIT:
            detail = f"{_RUNS_LIMIT} runs were cut off by the end of their process"
            return running.failed(FailureKind.INTERNAL, detail)
        if claim.earlier is not None:
            await insist(
                self._clock, lambda: self._store.begin_anew(running.turn_id, claim.turn.run_no)
            )
        return await self._fallback.answered(running)

    def _cited(self, running: RunningTurn, outcome: Outcome) -> Outcome:
        account = self._accounts.get(running.claim.turn.account)
        texts = Texts() if account is None else account.style.texts
        return cited(outcome, running.sources, texts)

    async def _hear(self, running: RunningTurn) -> None:
        try:
            await self._inputs.hearing.hear(running)
        except ProviderError as error:
            _log.warning(
                "recording_not_heard",
                turn=running.turn_id,
                kind=error.kind.value,
                detail=error.detail,
                mend=error.mend,
            )
            raise

    async def _find_earlier(self, running: RunningTurn) -> FoundAnswer | None:
        """The answer of a run that was cut off: asking twice costs twice, and may differ."""
        trace = running.earlier_trace()
        provider = self._providers.get(running.asked_earlier)
        if trace is None or provider is None:
            return None
        try:
            found = await provider.find_finished(trace)
        except ProviderError as error:
            _log.warning("earlier_run_unknown", turn=running.turn_id, detail=error.detail)
            return None
        _log.info("turn_resumed", turn=running.turn_id, was_found=found is not None)
        return found

    async def _continued(self, outcome: Outcome, turn: Turn) -> Outcome:
        """The found answer goes on where the lost run's parts end, if they are parts of it."""
        parts = await insist(self._clock, lambda: self._store.offered_parts(turn.id))
        if all(_is_part_of(outcome.answer, part) for part in parts):
            return outcome
        return msgspec.structs.replace(outcome, replaced_answer=_joined(parts))


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
