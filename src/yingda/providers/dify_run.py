"""One question put to Dify, from the first request to the last event.

Knows when a question may be asked once more (`dify_errors` decides, this module does it), how
long to wait, and when to close the connection. Knows no mode and no recovery after a crash.
"""

from collections.abc import Mapping

import aiohttp

from yingda.clock import Clock
from yingda.providers.base import ConversationReset, Event, Prompt
from yingda.providers.dify_api import DifyApi, is_uuid
from yingda.providers.dify_events import RunReader
from yingda.providers.dify_settings import DifySettings
from yingda.providers.failures import RunFailed, retry_delay_s
from yingda.providers.gathering import Gathering
from yingda.providers.intake import Intake, IntakeSettings
from yingda.providers.sse import EventSplitter

_TIMEOUT_MEND = "Look at the run's log in Dify, or raise this deadline."


class DifyRun:
    """Gives the events of one question, step by step.

    A step waits for what was gathered, however many events that is. `over` is set with the last
    event. `close` must be called at the end, whichever end it is.
    """

    def __init__(
        self,
        api: DifyApi,
        settings: DifySettings,
        clock: Clock,
        gathering: Gathering,
        prompt: Prompt,
    ) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._gathering = gathering
        self._prompt = prompt
        self._conversation_id = prompt.conversation_id or None
        #: Whether Dify said that the app is of a type that cannot chat.
        self.no_chat_app = False
        self._tries_made = 0
        self._total_due_s = clock.monotonic() + settings.total_s
        self._response: aiohttp.ClientResponse | None = None
        self._intake: Intake | None = None
        #: Whether `Finished` was given.
        self.over = False
        #: Another provider's id, or a damaged one: Dify would refuse it for ever with a 400.
        self._reset_due = self._conversation_id is not None and not is_uuid(self._conversation_id)

    async def step(self) -> list[Event]:
        """The next events, perhaps none. Raises a `ProviderError` when no whole answer comes."""
        if self._reset_due:
            return self._reset()
        try:
            if self._intake is None:
                self._intake = await self._open()
                return []
            events = await self._intake.next_events()
            self.over = self._intake.over
        except RunFailed as failed:
            text_came = self._intake is not None and self._intake.text_came
            self.close()
            return await self._recover(failed, text_came=text_came)
        return events

    def close(self) -> None:
        """End the request; the connection goes with it, as the body may not have ended."""
        if self._intake is not None:
            self._intake.close()
            self._intake = None
        if self._response is not None:
            self._response.close()
            self._response = None

    def request_body(self) -> Mapping[str, object]:
        """The body of `POST /chat-messages`; always streaming, and never a title made."""
        prompt = self._prompt
        body: dict[str, object] = {
            "query": prompt.text,
            "inputs": dict(self._settings.inputs),
            "response_mode": "streaming",
            "user": prompt.user,
            "auto_generate_name": False,
        }
        if self._conversation_id is not None:
            body["conversation_id"] = self._conversation_id
        if prompt.trace_id is not None:
            body["trace_id"] = prompt.trace_id
        return body

    async def _open(self) -> Intake:
        settings = self._settings
        now_s = self._clock.monotonic()
        self._tries_made += 1
        response = self._response = await self._api.open_stream(
            self.request_body(),
            deadline_s=min(settings.first_event_s, self._total_due_s - now_s),
            in_conversation=self._conversation_id is not None,
        )
        limits = IntakeSettings(
            service="Dify",
            timeout_mend=_TIMEOUT_MEND,
            read_s=settings.read_s,
            grace_s=settings.grace_s,
            first_due_s=now_s + settings.first_event_s,
            total_due_s=self._total_due_s,
        )
        splitter = EventSplitter(
            line_limit_bytes=settings.line_limit_bytes,
            total_limit_bytes=settings.total_limit_bytes,
        )
        reader = RunReader(settings.answer_limit_chars)
        return Intake(
            response, reader, splitter, limits, clock=self._clock, gathering=self._gathering
        )

    async def _recover(self, failed: RunFailed, *, text_came: bool) -> list[Event]:
        """Ask again where that is safe; otherwise raise what failed."""
        failure = failed.failure
        self.no_chat_app = failure.code == "not_chat_app"
        if not text_came:
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
