"""One question put to an OpenAI-compatible server, from the first request to the last event.

Knows how long to wait for what; how a question is asked once more stands in `run_base`.
"""

from yingda.clock import Clock
from yingda.providers.base import Event, Prompt
from yingda.providers.failures import RunFailed
from yingda.providers.gathering import Gathering
from yingda.providers.intake import Intake, IntakeSettings
from yingda.providers.openai_api import OpenAiApi
from yingda.providers.openai_body import BodySplitter
from yingda.providers.openai_errors import SERVICE
from yingda.providers.openai_events import ChatReader
from yingda.providers.openai_request import request_body
from yingda.providers.openai_settings import OpenAiSettings
from yingda.providers.run_base import HttpRun

_TIMEOUT_MEND = "Look at the load of the model's server, or raise this deadline."


class OpenAiRun(HttpRun):
    """Gives the events of one question, step by step.

    A step waits for what was gathered, however many events that is.
    """

    def __init__(
        self,
        api: OpenAiApi,
        settings: OpenAiSettings,
        clock: Clock,
        gathering: Gathering,
        prompt: Prompt,
    ) -> None:
        super().__init__(clock, prompt, total_s=settings.total_s, tries=settings.tries)
        self._api = api
        self._settings = settings
        self._gathering = gathering

    async def step(self) -> list[Event]:
        """The next events, perhaps none. Raises a `ProviderError` when no whole answer comes."""
        try:
            if self._intake is None:
                await self._open()
                return []
            events = await self._intake.next_events()
            self.over = self._intake.over
        except RunFailed as failed:
            self._tries_made += 1
            await self._wait_to_repeat(failed, text_came=self._fail())
            return []
        return events

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
