"""One question put to Dify, from the first request to the last event.

Knows when a question may be asked once more (`dify_errors` decides, this module does it), how
long to wait, and when to close the connection. Knows no mode and no recovery after a crash.
"""

from collections.abc import Mapping

import aiohttp

from yingda.clock import Clock
from yingda.errors import AnswerIncomplete, ProviderTimeout
from yingda.providers.base import ConversationReset, Event, Prompt
from yingda.providers.dify_api import DifyApi, broken_off, is_uuid
from yingda.providers.dify_errors import Failure, RunFailed, retry_delay_s
from yingda.providers.dify_events import RunReader
from yingda.providers.dify_settings import DifySettings
from yingda.providers.sse import EventSplitter
from yingda.providers.stream_watch import Expiry, StreamWatch

_TIMEOUT_MEND = "Look at the run's log in Dify, or raise this deadline."


class DifyRun:
    """Gives the events of one question, step by step.

    A step waits for one chunk of the network, however many events it holds. `over` is set with
    the last event. `close` must be called at the end, whichever end it is.
    """

    def __init__(self, api: DifyApi, settings: DifySettings, clock: Clock, prompt: Prompt) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._prompt = prompt
        self._conversation_id = prompt.conversation_id or None
        #: Whether Dify said that the app is of a type that cannot chat.
        self.no_chat_app = False
        self._tries_made = 0
        self._total_due_s = clock.monotonic() + settings.total_s
        self._response: aiohttp.ClientResponse | None = None
        self._reader = RunReader(settings.answer_limit_chars)
        self._splitter = EventSplitter()
        self._watch: StreamWatch | None = None
        #: Another provider's id, or a damaged one: Dify would refuse it for ever with a 400.
        self._reset_due = self._conversation_id is not None and not is_uuid(self._conversation_id)

    @property
    def over(self) -> bool:
        """Whether `Finished` was given."""
        return self._reader.over

    async def step(self) -> list[Event]:
        """The next events, perhaps none. Raises a `ProviderError` when no whole answer comes."""
        if self._reset_due:
            return self._reset()
        try:
            if self._response is None or self._watch is None:
                await self._open()
                return []
            return await self._read(self._response, self._watch)
        except RunFailed as failed:
            self.close()
            return await self._recover(failed)

    def close(self) -> None:
        """End the request; the connection goes with it, as the body may not have ended."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        if self._response is not None:
            self._response.close()
            self._response = None

    def request_body(self) -> Mapping[str, object]:
        """The body of `POST /chat-messages`; always streaming, and never a title made."""
        prompt = self._prompt
        body: dict[str, object] = {
            "query": prompt.text,
            "inputs": {**self._settings.inputs, **prompt.inputs},
            "response_mode": "streaming",
            "user": prompt.user,
            "auto_generate_name": False,
        }
        if self._conversation_id is not None:
            body["conversation_id"] = self._conversation_id
        if prompt.trace_id is not None:
            body["trace_id"] = prompt.trace_id
        return body

    async def _open(self) -> None:
        settings = self._settings
        now_s = self._clock.monotonic()
        first_due_s = now_s + settings.first_event_s
        self._tries_made += 1
        self._reader = RunReader(settings.answer_limit_chars)
        self._splitter = EventSplitter(
            line_limit_bytes=settings.line_limit_bytes,
            total_limit_bytes=settings.total_limit_bytes,
        )
        response = await self._api.open_stream(
            self.request_body(),
            deadline_s=min(settings.first_event_s, self._total_due_s - now_s),
            in_conversation=self._conversation_id is not None,
        )
        self._response = response
        self._watch = StreamWatch(
            self._clock,
            response.close,
            first_due_s=first_due_s,
            read_s=settings.read_s,
            total_due_s=self._total_due_s,
        )

    async def _read(self, response: aiohttp.ClientResponse, watch: StreamWatch) -> list[Event]:
        if self._reader.failure is not None:
            raise RunFailed(self._reader.failure)
        watch.read_begins()
        try:
            chunk = await response.content.readany()
        except aiohttp.ClientError as cause:
            return self._after_break(watch, cause)
        watch.read_ends()
        if not chunk:
            return self._at_end()
        reader = self._reader
        was_settled = reader.settled
        try:
            events = reader.read(self._splitter.feed(chunk))
        except AnswerIncomplete as error:
            raise RunFailed(Failure(error=error)) from None
        if reader.began:
            watch.first_event_came()
        if reader.settled and not was_settled:
            watch.settle(self._settings.grace_s)
        return events

    def _at_end(self) -> list[Event]:
        events = self._reader.read(self._splitter.finish())
        if not self.over and self._reader.failure is None:
            events += self._reader.end()
        return events

    def _after_break(self, watch: StreamWatch, cause: aiohttp.ClientError) -> list[Event]:
        """The read failed: by our own deadline, or because the connection did."""
        if watch.expired is Expiry.SETTLED or (watch.expired is None and self._reader.settled):
            return self._reader.end()
        if watch.expired is None:
            error = AnswerIncomplete(broken_off(cause))
            raise RunFailed(Failure(error=error)) from cause
        late = ProviderTimeout(f"Dify's {watch.expired} deadline passed", mend=_TIMEOUT_MEND)
        # Only pings came: some versions show a missing conversation so (Dify issue #37197).
        lost = watch.expired is Expiry.FIRST_EVENT
        raise RunFailed(Failure(error=late, conversation_lost=lost)) from cause

    async def _recover(self, failed: RunFailed) -> list[Event]:
        """Ask again where that is safe; otherwise raise what failed."""
        failure = failed.failure
        self.no_chat_app = failure.code == "not_chat_app"
        if not self._reader.text_came:
            if failure.conversation_lost and self._conversation_id is not None:
                return self._reset()
            delay_s = retry_delay_s(
                failure, tries_made=self._tries_made, tries=self._settings.tries
            )
            if delay_s is not None and self._clock.monotonic() + delay_s < self._total_due_s:
                await self._clock.sleep(delay_s)
                return []
        raise failure.error from failed.__cause__

    def _reset(self) -> list[Event]:
        """Ask the next time without the conversation; possible once, as then there is none."""
        self._reset_due = False
        self._conversation_id = None
        return [ConversationReset()]
