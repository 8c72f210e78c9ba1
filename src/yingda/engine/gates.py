"""The way in to each provider: how many ask it at once, and whether it is asked at all.

One gate for those who ask a provider first and for those whom another one failed. Knows this
process alone; what it has learnt of a provider's health is forgotten at its end.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import structlog

from yingda.clock import Clock
from yingda.errors import (
    FailureKind,
    ProviderBusy,
    ProviderError,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.breaker import Breaker, BreakerRules, BreakerState, Ticket

_log = structlog.get_logger()

_DEFAULT_RULES = BreakerRules()
#: What a follower is told of a provider that is left alone, by what it failed with last. A
#: question that was not asked did not take too long.
_SKIPPED: Mapping[FailureKind, type[ProviderError]] = {
    FailureKind.BUSY: ProviderBusy,
    FailureKind.QUOTA: QuotaExhausted,
}


class _Gate:
    """One provider's."""

    __slots__ = ("breaker", "places")

    def __init__(self, limit: int | None, rules: BreakerRules) -> None:
        self.breaker = Breaker(rules)
        self.places = None if limit is None else asyncio.Semaphore(limit)


class Gates:
    """The gates of every provider, by name."""

    def __init__(
        self, limits: Mapping[str, int], rules: Mapping[str, BreakerRules], clock: Clock
    ) -> None:
        self._limits = limits
        self._rules = rules
        self._clock = clock
        self._gates: dict[str, _Gate] = {}

    @asynccontextmanager
    async def entered(self, name: str, *, waits: bool) -> AsyncIterator[None]:
        """Ask the provider within; what comes of it tells how it is.

        Raises a `ProviderError`, and asks nobody, when it is left alone, or when it has no place
        and `waits` is False.
        """
        gate = self._gate(name)
        self._refuse_if_open(name, gate)
        if gate.places is None:
            with self._watched(name, gate):
                yield
            return
        if not waits and gate.places.locked():
            mend = "Raise `concurrency`, if the provider allows it, or name one more in `fallback`."
            raise ProviderBusy(f"{name} is asked as much at once as allowed", mend=mend)
        async with gate.places:
            with self._watched(name, gate):
                yield

    def _gate(self, name: str) -> _Gate:
        gate = self._gates.get(name)
        if gate is None:
            rules = self._rules.get(name, _DEFAULT_RULES)
            gate = self._gates[name] = _Gate(self._limits.get(name), rules)
        return gate

    def _refuse_if_open(self, name: str, gate: _Gate) -> None:
        if open_for_s := gate.breaker.open_for_s(self._clock.monotonic()):
            raise _left_alone(name, gate.breaker, open_for_s)

    @contextmanager
    def _watched(self, name: str, gate: _Gate) -> Iterator[None]:
        breaker = gate.breaker
        ticket = breaker.ticket(self._clock.monotonic())
        if ticket is None:
            raise _left_alone(name, breaker, breaker.open_for_s(self._clock.monotonic()))
        if ticket.is_test:
            _log.info("breaker_half_open", provider=name)
        try:
            yield
        except ProviderError as error:
            self._failed(name, breaker, ticket, error)
            raise
        except BaseException:
            breaker.untold(ticket)
            raise
        self._settle(name, breaker, ticket)

    def _failed(self, name: str, breaker: Breaker, ticket: Ticket, error: ProviderError) -> None:
        was, now_s = breaker.state, self._clock.monotonic()
        breaker.failed(ticket, error.kind, now_s, retry_after_s=error.retry_after_s)
        if breaker.state is BreakerState.OPEN and was is not BreakerState.OPEN:
            _log.warning(
                "breaker_opened",
                provider=name,
                kind=error.kind.value,
                for_s=round(breaker.open_for_s(now_s), 1),
                detail=error.detail,
                mend=error.mend,
            )
        elif breaker.state is BreakerState.CLOSED and was is not BreakerState.CLOSED:
            _log.info("breaker_closed", provider=name)

    def _settle(self, name: str, breaker: Breaker, ticket: Ticket) -> None:
        was = breaker.state
        breaker.answered(ticket)
        if breaker.state is not was:
            _log.info("breaker_closed", provider=name)


def _left_alone(name: str, breaker: Breaker, for_s: float) -> ProviderError:
    kind = _SKIPPED.get(breaker.last_kind, ProviderUnavailable)
    span = f"for {for_s:.0f} s more" if for_s else "while one question tries it"
    detail = f"{name} is left alone {span}, for it failed with {breaker.last_kind.value}"
    return kind(detail, mend="see the line breaker_opened in the log for what it failed with")
