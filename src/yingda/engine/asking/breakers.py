"""Which providers are left alone: by what this process saw, and by what others on its database did.

A store that refuses keeps no question from being asked: this process goes by its own knowledge
then. Refuses to know how many ask at once; that is `gates`'.
"""

import asyncio
from collections.abc import Collection, Mapping

import msgspec
import structlog

from yingda.clock import Clock
from yingda.engine.asking import breaker_records as records
from yingda.engine.asking.breaker_exchange import BreakerExchange, Decide, Standing
from yingda.engine.errands import Errands
from yingda.errors import FailureKind, ProviderError
from yingda.providers.breaker import Breaker, BreakerRules, BreakerState, Ticket
from yingda.signals.base import Signals
from yingda.store.breaker_base import BreakerRecord, BreakerStore

_log = structlog.get_logger()

_DEFAULT_RULES = BreakerRules()


class Admitted(msgspec.Struct, frozen=True):
    """The right to ask a provider once; what comes of it is told by it."""

    ticket: Ticket
    #: The version of the record that has this question test the provider for all processes; 0 when
    #: it tests for nobody, or for this process alone.
    trial: int = 0


class Breakers:
    """The breaker of every provider, by name."""

    def __init__(
        self,
        store: BreakerStore,
        signals: Signals,
        clock: Clock,
        *,
        names: Collection[str],
        rules: Mapping[str, BreakerRules],
        fingerprints: Mapping[str, str],
    ) -> None:
        self._clock = clock
        self._rules = rules
        self._breakers = {name: Breaker(self._rules_of(name)) for name in names}
        self._exchange = BreakerExchange(
            store,
            signals,
            clock,
            fingerprints=fingerprints,
            heard=self._hear,
            is_any_open=self._is_any_open,
        )
        self._errands = Errands()

    async def start(self) -> None:
        """Take in what is known."""
        await self._exchange.start()

    async def close(self) -> None:
        """Tell what is still to be told."""
        await self._errands.close()
        await self._exchange.close()

    def open_for_s(self, name: str) -> float:
        """How long the provider is still left alone; 0 when it may be asked or tested."""
        return self._breakers[name].open_for_s(self._clock.monotonic())

    def last_kind(self, name: str) -> FailureKind:
        """What it failed with last."""
        return self._breakers[name].last_kind

    async def admit(self, name: str) -> Admitted | None:
        """The right to ask now; None when it is left alone, or somebody tests it already."""
        breaker = self._breakers[name]
        ticket = breaker.ticket(self._clock.monotonic())
        if ticket is None or not ticket.is_test:
            return None if ticket is None else Admitted(ticket)
        try:
            return await self._to_test(name, breaker, ticket)
        except BaseException:
            breaker.untold(ticket)
            raise

    def answered(self, name: str, admitted: Admitted) -> None:
        """The provider did as it was asked."""
        breaker = self._breakers[name]
        was = breaker.state
        breaker.answered(admitted.ticket)
        if breaker.state is not was:
            self._tell_closed(name)

    def failed(self, name: str, admitted: Admitted, error: ProviderError) -> None:
        """It did not."""
        breaker, now_s = self._breakers[name], self._clock.monotonic()
        was = breaker.state
        breaker.failed(admitted.ticket, error.kind, now_s, retry_after_s=error.retry_after_s)
        if breaker.state is was:
            self._withdraw(name, admitted.trial)
        elif breaker.state is BreakerState.OPEN:
            self._tell_opened(name, breaker, admitted, error)
        else:
            self._tell_closed(name)

    def untold(self, name: str, admitted: Admitted) -> None:
        """The question was withdrawn: another one may test."""
        self._breakers[name].untold(admitted.ticket)
        self._withdraw(name, admitted.trial)

    async def _to_test(self, name: str, breaker: Breaker, ticket: Ticket) -> Admitted | None:
        """Have this question alone test it; what others learnt meanwhile counts."""
        at = self._clock.now()
        latest = at + self._rules_of(name).longest_s
        asked = asyncio.ensure_future(
            self._exchange.change(
                name, lambda record: records.trial_begun(record, at=at, latest=latest)
            )
        )
        try:
            found = await asyncio.shield(asked)
        except asyncio.CancelledError:
            self._errands.send(self._give_back(name, asked))
            raise
        if not breaker.is_current(ticket):
            # The others' news has arrived: it is well, or left alone.
            return await self._anew(breaker)
        if found is not None and found.is_ours:
            breaker.doublings = found.record.doublings
            _log.info("breaker_half_open", provider=name)
            return Admitted(ticket, trial=found.record.version)
        if found is not None and records.is_open(found.record):
            self._hear(found.record)
            return None
        # The store refuses, or was never told that it is ill.
        _log.info("breaker_half_open", provider=name)
        return Admitted(ticket)

    async def _give_back(self, name: str, asked: "asyncio.Future[Standing | None]") -> None:
        """The question was withdrawn before it was let in."""
        found = await asked
        if found is not None and found.is_ours:
            self._withdraw(name, found.record.version)

    async def _anew(self, breaker: Breaker) -> Admitted | None:
        ticket = breaker.ticket(self._clock.monotonic())
        if ticket is None or not ticket.is_test:
            return None if ticket is None else Admitted(ticket)
        breaker.untold(ticket)
        return None

    def _tell_opened(
        self, name: str, breaker: Breaker, admitted: Admitted, error: ProviderError
    ) -> None:
        for_s = breaker.open_for_s(self._clock.monotonic())
        _log.warning(
            "breaker_opened",
            provider=name,
            kind=error.kind.value,
            for_s=round(for_s, 1),
            detail=error.detail,
            mend=error.mend,
        )
        at, kind, doublings = self._clock.now(), error.kind, breaker.doublings
        until, trial = at + for_s, admitted.trial
        latest = at + self._rules_of(name).longest_s
        if trial:
            self._change(
                name,
                lambda record: records.trial_failed(
                    record, trial=trial, until=until, doublings=doublings, kind=kind
                ),
            )
        else:
            self._change(
                name,
                lambda record: records.opened(record, until=until, kind=kind, latest=latest),
            )

    def _tell_closed(self, name: str) -> None:
        _log.info("breaker_closed", provider=name)
        at = self._clock.now()
        self._change(name, lambda record: records.trial_answered(record, at=at))

    def _withdraw(self, name: str, trial: int) -> None:
        if trial:
            self._change(name, lambda record: records.trial_withdrawn(record, trial=trial))

    def _change(self, name: str, decide: Decide) -> None:
        async def change() -> None:
            await self._exchange.change(name, decide)

        self._errands.send(change())

    def _hear(self, record: BreakerRecord) -> None:
        """What others learnt, or what they had learnt before this process was started."""
        breaker = self._breakers.get(record.provider)
        if breaker is None:
            return
        was = breaker.state
        if records.is_open(record):
            for_s = max(0.0, records.left_alone_until(record) - self._clock.now())
            breaker.opened_elsewhere(for_s, self._clock.monotonic())
            breaker.doublings, breaker.last_kind = record.doublings, record.kind
        else:
            breaker.closed_elsewhere()
        if breaker.state is BreakerState.OPEN and was is BreakerState.CLOSED:
            kind = record.kind.value
            _log.info("breaker_opened_elsewhere", provider=record.provider, kind=kind)
        elif breaker.state is BreakerState.CLOSED and was is not BreakerState.CLOSED:
            _log.info("breaker_closed_elsewhere", provider=record.provider)

    def _is_any_open(self) -> bool:
        return any(each.state is not BreakerState.CLOSED for each in self._breakers.values())

    def _rules_of(self, name: str) -> BreakerRules:
        return self._rules.get(name, _DEFAULT_RULES)
