"""One question put to an OpenAI-compatible server, from the first request to the last event.

Knows when a question may be asked once more (`failures` decides, this module does it), how long
to wait, and when to close the connection.
"""

import aiohttp

from yingda.clock import Clock
from yingda.providers.base import Event, Prompt
from yingda.providers.failures import RunFailed, retry_delay_s
from yingda.providers.gathering import Gathering
from yingda.providers.hushing import hushed
from yingda.providers.intake import Intake, IntakeSettings
from yingda.providers.openai_api import OpenAiApi
from yingda.providers.openai_body import BodySplitter
from yingda.providers.openai_errors import SERVICE
from yingda.providers.openai_events import ChatReader
from yingda.providers.openai_request import request_body
from yingda.providers.openai_settings import OpenAiSettings

_TIMEOUT_MEND = "Look at the load of the model's server, or raise this deadline."


class OpenAiRun:
    """Gives the events of one question, step by step.

    A step waits for what was gathered, however many events that is. `over` is set with the last
    event. `close` must be called at the end, whichever end it is.
    """

    def __init__(
        self,
        api: OpenAiApi,
        settings: OpenAiSettings,
        clock: Clock,
        gathering: Gathering,
        prompt: Prompt,
    ) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._gathering = gathering
        self._prompt = prompt
        self._tries_made = 0
        self._total_due_s = clock.monotonic() + settings.total_s
        self._response: aiohttp.ClientResponse | None = None
        self._intake: Intake | None = None
        #: Whether `Finished` was given.
        self.over = False

    async def step(self) -> list[Event]:
        """The next events, perhaps none. Raises a `ProviderError` when no whole answer comes."""
        try:
            if self._intake is None:
                await self._open()
                return []
            events = await self._intake.next_events()
            self.over = self._intake.over
        except RunFailed as failed:
            text_came = self._intake is not None and self._intake.text_came
            self.close()
            await self._wait_to_repeat(failed, text_came=text_came)
            return []
        return events

    def close(self) -> None:
        """End the request; the connection goes with it, as the body may not have ended."""
        if self._intake is not None:
            self._intake.close()
            self._intake = None
        if self._response is not None:
            self._response.close()
            self._response = None

    async def _open(self) -> None:
        settings = self._settings
        now_s = self._clock.monotonic()
        first_due_s = now_s + settings.first_event_s
        response = await self._api.open_stream(
            request_body(settings, self._prompt, self._api.concessions),
            deadline_s=min(first_due_s, self._total_due_s) - now_s,
        )
        if response is None:
            return
        self._response = response
        limits = IntakeSettings(
            service=SERVICE,
            timeout_mend=_TIMEOUT_MEND,
            read_s=settings.read_s,
            grace_s=settings.grace_s,
            first_due_s=first_due_s,
            total_due_s=self._total_due_s,
        )
        splitter = BodySplitter(
            line_limit_bytes=settings.line_limit_bytes,
            total_limit_bytes=settings.total_limit_bytes,
        )
        reader = ChatReader(settings.answer_limit_chars)
        self._intake = Intake(
            response, reader, splitter, limits, clock=self._clock, gathering=self._gathering
        )

    async def _wait_to_repeat(self, failed: RunFailed, *, text_came: bool) -> None:
        """Wait where it is safe to ask again; otherwise raise what failed."""
        failure = failed.failure
        self._tries_made += 1
        if not text_came:
            delay_s = retry_delay_s(
                failure, tries_made=self._tries_made, tries=self._settings.tries
            )
            if delay_s is not None and self._clock.monotonic() + delay_s < self._total_due_s:
                await self._clock.sleep(delay_s)
                return
        raise hushed(failure.error, self._prompt) from failed.__cause__
