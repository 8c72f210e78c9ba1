"""Has a question answered by the first provider that can, in the order that the settings name.

Another one is asked only while no text has come, and each at most once in a run. Refuses to know
what a prompt is made of, and how turns end.
"""

from collections.abc import Callable, Mapping

import structlog

from yingda.clock import Clock
from yingda.engine.asking.candidates import candidates, may_go_on
from yingda.engine.asking.gates import Gates
from yingda.engine.asking.prompting import Prompting
from yingda.engine.asking.run_notes import RunNotes
from yingda.engine.inputs.inputs import Inputs
from yingda.engine.insist import insist
from yingda.engine.running_turn import RunningTurn
from yingda.errors import AnswerEmpty, PictureUnusable, ProviderError, ProviderMisconfigured
from yingda.providers.base import Provider, Started
from yingda.store.base import Store
from yingda.store.runs import Outcome, StandIn

_log = structlog.get_logger()


class Fallback:
    """Asks the candidates of one run after the other."""

    def __init__(
        self,
        *,
        store: Store,
        providers: Mapping[str, Provider],
        fallbacks: Mapping[str, tuple[str, ...]],
        gates: Gates,
        prompting: Prompting,
        notes: RunNotes,
        inputs: Inputs,
        clock: Clock,
        leave_lane: Callable[[int], None],
    ) -> None:
        self._store = store
        self._providers = providers
        self._fallbacks = fallbacks
        self._gates = gates
        self._prompting = prompting
        self._notes = notes
        self._inputs = inputs
        self._clock = clock
        self._leave_lane = leave_lane

    async def answered(self, running: RunningTurn) -> Outcome:
        """The answer of the first who gives one.

        Raises the `ProviderError` of whoever was asked first, unless another one's is about the
        question itself or came after text.
        """
        failures: dict[str, ProviderError] = {}
        first = running.claim.provider
        names = candidates(first, self._fallbacks)
        for name in self._able(running, names):
            if name != first:
                await self._go_on(running, name)
            try:
                return await self._ask(name, running, waits=name == first)
            except ProviderError as error:
                _log_failure(running, name, error)
                if not may_go_on(error.kind, has_text=running.has_text):
                    raise
                failures[name] = error
        raise _of_all(failures)

    def _able(self, running: RunningTurn, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return self._inputs.looking.able(running, names)
        except PictureUnusable as error:
            _log_failure(running, names[0], error)
            raise

    async def _ask(self, name: str, running: RunningTurn, *, waits: bool) -> Outcome:
        provider = self._providers.get(name)
        if provider is None:
            mend = "Name one that there is, or set it up again."
            raise ProviderMisconfigured(f"no provider is called {name!r} any more", mend=mend)
        async with self._gates.entered(name, waits=waits):
            prompt = await self._prompting.prompt_of(running.claim_of(name), name)
            prompt = await self._inputs.looking.completed(prompt, running, provider.capabilities)
            async for event in provider.stream(prompt):
                running.take(event)
                if isinstance(event, Started):
                    self._notes.soon(running)
            if not running.has_text:
                mend = f"Look at what {name} made of the question: its answer had no text."
                raise AnswerEmpty("the run ended well and said nothing", mend=mend)
        return running.answered()

    async def _go_on(self, running: RunningTurn, name: str) -> None:
        """Nobody waits for the former candidate any more, and the next one is written down."""
        _log.warning("provider_fell_back", turn=running.turn_id, was=running.provider, to=name)
        self._leave_lane(running.turn_id)
        self._notes.drop(running)
        stand_in = StandIn(provider=name, left=running.ids, at=self._clock.now())
        run_no = running.claim.turn.run_no
        running.begin_with(name)
        await insist(self._clock, lambda: self._store.stand_in(running.turn_id, run_no, stand_in))


def _log_failure(running: RunningTurn, name: str, error: ProviderError) -> None:
    _log.warning(
        "provider_failed",
        turn=running.turn_id,
        provider=name,
        kind=error.kind.value,
        detail=error.detail,
        mend=error.mend,
    )


def _of_all(failures: Mapping[str, ProviderError]) -> ProviderError:
    """What the follower is told is the first one's; the record has them all."""
    first = next(iter(failures.values()))
    if len(failures) == 1:
        return first
    return type(first)("; ".join(f"{name}: {error.detail}" for name, error in failures.items()))
