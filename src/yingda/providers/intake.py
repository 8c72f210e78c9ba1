"""One accepted answer, taken in as it comes and given on in gathered events.

Reads each chunk within the call that brings it and wakes its consumer only when there is reason
to: at once for ids, replacements and the end, after a short gathering for text. Knows no
request, no second try and no provider: a reader makes events of the payloads.
"""

import asyncio

import aiohttp
import msgspec

from yingda.clock import Clock
from yingda.errors import AnswerIncomplete, ProviderTimeout
from yingda.providers.base import Event
from yingda.providers.body_tap import BodyTap
from yingda.providers.failures import Failure, RunFailed
from yingda.providers.gathering import Gathering
from yingda.providers.http import broken_off
from yingda.providers.intake_base import Reader, Splitter
from yingda.providers.stream_watch import Expiry, StreamWatch

#: Events kept for a slow consumer before the provider has to wait. Our choice: text is gathered
#: into one, so that only an app that replaces its answer again and again comes so far.
_KEPT_LIMIT = 64
#: What may wait until it is read together with what follows: so many packets, and of each so many
#: bytes. Our choice: more than a fast model writes while text is gathered, and 256 KiB in all.
_WAITING_LIMIT = 64
_SMALL_BYTES = 4096


class IntakeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait, and how to tell of it.

    `first_due_s` and `total_due_s` are readings of the clock's `monotonic`, the others spans.
    """

    #: What an error's detail calls the provider.
    service: str
    timeout_mend: str
    read_s: float
    grace_s: float
    first_due_s: float
    total_due_s: float


class Intake:
    """The events of one response; `close` must be called at the end, whichever end it is."""

    __slots__ = (
        "_failed",
        "_gathering",
        "_is_gathered",
        "_is_paused",
        "_is_ripe",
        "_loop",
        "_reader",
        "_settings",
        "_splitter",
        "_tap",
        "_waiter",
        "_waiting",
        "_was_begun",
        "_was_settled",
        "_watch",
    )

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        reader: Reader,
        splitter: Splitter,
        settings: IntakeSettings,
        *,
        clock: Clock,
        gathering: Gathering,
    ) -> None:
        self._gathering = gathering
        self._settings = settings
        self._reader = reader
        self._splitter = splitter
        self._failed: RunFailed | None = None
        self._is_ripe = False
        self._is_gathered = False
        self._is_paused = False
        self._was_begun = self._was_settled = False
        #: Packets that nobody looked into: reading several in a row costs half as much, as what
        #: they touch is at hand from the second on.
        self._waiting: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._watch = StreamWatch(
            clock,
            self._expire,
            first_due_s=settings.first_due_s,
            read_s=settings.read_s,
            total_due_s=settings.total_due_s,
        )
        self._watch.read_begins()
        self._tap = BodyTap(response, self._take_in, self._end_body)
        self._tap.open()

    @property
    def over(self) -> bool:
        """Whether `Finished` is among the events, given or yet to be."""
        return self._reader.over

    @property
    def text_came(self) -> bool:
        """Whether any text came, shown or not."""
        return self._reader.text_came

    async def next_events(self) -> list[Event]:
        """Wait for events, and take all there are. Raises `RunFailed` once none will come."""
        if self._is_paused and not self._reader.event_count:
            self._resume()
        if not self._is_ripe:
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        self._is_ripe = self._failed is not None
        events = self._reader.take()
        if self._failed is not None and not events:
            raise self._failed
        return events

    def close(self) -> None:
        """Take nothing more in."""
        self._waiting.clear()
        self._watch.stop()
        self._tap.close()

    def _take_in(self, chunk: bytes) -> None:
        self._watch.read_begins()
        waiting = self._waiting
        waiting.append(chunk)
        if (
            not self._was_begun
            or len(chunk) > _SMALL_BYTES
            or len(waiting) >= _WAITING_LIMIT
            or not self._reader.may_wait(chunk)
        ):
            self._read_waiting()
        elif not self._is_gathered:
            self._gather()

    def _read_waiting(self) -> None:
        if not self._waiting:
            return
        chunk = b"".join(self._waiting)
        self._waiting.clear()
        reader = self._reader
        try:
            reader.feed(self._splitter.feed(chunk))
        except AnswerIncomplete as error:
            self._fail(Failure(error=error))
            return
        if reader.over or reader.failure is not None:
            self._finish()
        elif reader.event_count or not self._was_begun or reader.settled:
            self._note_progress()
        elif not self._is_gathered and reader.has_text:
            self._gather()

    def _note_progress(self) -> None:
        """What is rare: a run's first event, its ids, its settling, text that is replaced."""
        reader = self._reader
        if reader.began and not self._was_begun:
            self._was_begun = True
            self._watch.first_event_came()
        if reader.settled and not self._was_settled:
            self._was_settled = True
            self._watch.settle(self._settings.grace_s)
        if reader.event_count or reader.has_text:
            self._ripen()
        if reader.event_count > _KEPT_LIMIT and not self._is_paused:
            self._is_paused = True
            self._watch.read_ends()
            self._tap.pause()

    def _resume(self) -> None:
        self._is_paused = False
        self._watch.read_begins()
        self._tap.resume()

    def _end_body(self, cause: BaseException | None) -> None:
        if self._is_over_with_waiting():
            return
        if cause is not None:
            self._break(cause)
            return
        self._reader.feed_rest(self._splitter.finish())
        self._end_reader()

    def _break(self, cause: BaseException) -> None:
        if self._reader.settled:
            self._end_reader()
        else:
            service = self._settings.service
            mend = f"Look at the log of {service}, and at the read time-out of a proxy before it."
            error = AnswerIncomplete(broken_off(service, cause), mend=mend)
            self._fail(Failure(error=error), cause)

    def _expire(self) -> None:
        if self._is_over_with_waiting():
            return
        expired = self._watch.expired
        if expired is Expiry.SETTLED:
            self._end_reader()
            return
        settings = self._settings
        detail = f"the {expired} deadline of {settings.service} passed"
        late = ProviderTimeout(detail, mend=settings.timeout_mend)
        # Only pings came: some versions of Dify show a missing conversation so (issue #37197).
        lost = expired is Expiry.FIRST_EVENT
        self._fail(Failure(error=late, conversation_lost=lost))

    def _end_reader(self) -> None:
        if not self._reader.over and self._reader.failure is None:
            self._reader.end()
        self._finish()

    def _finish(self) -> None:
        failure = self._reader.failure
        if failure is not None:
            self._fail(failure)
            return
        self.close()
        self._ripen()

    def _fail(self, failure: Failure, cause: BaseException | None = None) -> None:
        self._failed = RunFailed(failure)
        self._failed.__cause__ = cause
        self.close()
        self._ripen()

    def _is_over_with_waiting(self) -> bool:
        """Read what waits; whether that is the end already."""
        self._read_waiting()
        return self._failed is not None or self._reader.over

    def _gather(self) -> None:
        self._is_gathered = True
        self._gathering.join(self._end_gathering)

    def _end_gathering(self) -> None:
        # Not before: what is read now is told now, and asks for no gathering of its own.
        self._read_waiting()
        self._is_gathered = False
        if self._reader.has_text:
            self._ripen()

    def _ripen(self) -> None:
        """What there is shall be taken now."""
        self._is_ripe = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
