"""One accepted answer of Dify's, taken in as it comes and given on in gathered events.

Reads each chunk within the call that brings it and wakes its consumer only when there is reason
to: at once for ids, replacements and the end, after a short gathering for text. Knows no
request and no second try.
"""

import asyncio

import aiohttp

from yingda.clock import Clock
from yingda.errors import AnswerIncomplete, ProviderTimeout
from yingda.providers.base import Event
from yingda.providers.body_tap import BodyTap
from yingda.providers.dify_api import broken_off
from yingda.providers.dify_errors import Failure, RunFailed
from yingda.providers.dify_events import RunReader
from yingda.providers.dify_settings import DifySettings
from yingda.providers.gathering import Gathering
from yingda.providers.sse import EventSplitter
from yingda.providers.stream_watch import Expiry, StreamWatch

_TIMEOUT_MEND = "Look at the run's log in Dify, or raise this deadline."
#: Events kept for a slow consumer before Dify has to wait. Our choice: text is gathered into one,
#: so that only an app that replaces its answer again and again comes so far.
_KEPT_LIMIT = 64


class DifyIntake:
    """The events of one response; `close` must be called at the end, whichever end it is.

    `first_due_s` and `total_due_s` are readings of the clock's `monotonic`.
    """

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        settings: DifySettings,
        clock: Clock,
        gathering: Gathering,
        *,
        first_due_s: float,
        total_due_s: float,
    ) -> None:
        self._gathering = gathering
        self._grace_s = settings.grace_s
        self._reader = RunReader(settings.answer_limit_chars)
        self._splitter = EventSplitter(
            line_limit_bytes=settings.line_limit_bytes,
            total_limit_bytes=settings.total_limit_bytes,
        )
        self._failed: RunFailed | None = None
        self._is_ripe = False
        self._is_gathered = False
        self._is_paused = False
        self._was_begun = self._was_settled = False
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._watch = StreamWatch(
            clock,
            self._expire,
            first_due_s=first_due_s,
            read_s=settings.read_s,
            total_due_s=total_due_s,
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
        self._watch.stop()
        self._tap.close()

    def _take_in(self, chunk: bytes) -> None:
        self._watch.read_begins()
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
            self._is_gathered = True
            self._gathering.join(self._end_gathering)

    def _note_progress(self) -> None:
        """What is rare: a run's first event, its ids, its settling, text that is replaced."""
        reader = self._reader
        if reader.began and not self._was_begun:
            self._was_begun = True
            self._watch.first_event_came()
        if reader.settled and not self._was_settled:
            self._was_settled = True
            self._watch.settle(self._grace_s)
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
        if cause is not None:
            self._break(cause)
            return
        self._reader.feed_rest(self._splitter.finish())
        self._end_reader()

    def _break(self, cause: BaseException) -> None:
        if self._reader.settled:
            self._end_reader()
        else:
            self._fail(Failure(error=AnswerIncomplete(broken_off(cause))), cause)

    def _expire(self) -> None:
        expired = self._watch.expired
        if expired is Expiry.SETTLED:
            self._end_reader()
            return
        late = ProviderTimeout(f"Dify's {expired} deadline passed", mend=_TIMEOUT_MEND)
        # Only pings came: some versions show a missing conversation so (Dify issue #37197).
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

    def _end_gathering(self) -> None:
        self._is_gathered = False
        if self._reader.has_text:
            self._ripen()

    def _ripen(self) -> None:
        """What there is shall be taken now."""
        self._is_ripe = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
