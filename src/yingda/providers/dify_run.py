"""One question put to Dify, from the first request to the last event.

Knows how long to wait for what, and when a conversation is left; how a question is asked once more
stands in `run_base`. Knows no recovery after a crash.
"""

from yingda.providers.base import ConversationReset, Event, Prompt
from yingda.providers.dify_api import is_uuid
from yingda.providers.dify_app import DifyApp
from yingda.providers.dify_errors import WRONG_TYPE
from yingda.providers.dify_events import RunReader
from yingda.providers.dify_features import NOTHING_ATTACHED
from yingda.providers.dify_mode import MEMORYLESS
from yingda.providers.dify_settings import AppMode
from yingda.providers.failures import RunFailed
from yingda.providers.intake import Intake, IntakeSettings
from yingda.providers.run_base import HttpRun
from yingda.providers.sse import EventSplitter

_TIMEOUT_MEND = "Look at the run's log in Dify, or raise this deadline."


class DifyRun(HttpRun):
    """Gives the events of one question, step by step.

    A step waits for what was gathered, however many events that is.
    """

    def __init__(self, app: DifyApp, prompt: Prompt) -> None:
        settings = app.settings
        super().__init__(app.clock, prompt, total_s=settings.total_s, tries=settings.tries)
        self._app = app
        self._settings = settings
        #: The prompt's pictures, once they are uploaded; every try names the same.
        self.attached = NOTHING_ATTACHED
        self._conversation_id = prompt.conversation_id or None
        self._mode = AppMode.CHAT

    async def step(self) -> list[Event]:
        """The next events, perhaps none. Raises a `ProviderError` when no whole answer comes."""
        try:
            if self._intake is None:
                if await self._has_lost_conversation():
                    return self._reset()
                self._intake = await self._open()
                return []
            events = await self._intake.next_events()
            self.over = self._intake.over
        except RunFailed as failed:
            return await self._recover(failed, text_came=self._fail())
        return events

    async def _has_lost_conversation(self) -> bool:
        """Whether the id is another provider's, or damaged: Dify would refuse it with a 400.

        An app without conversations has none to lose.
        """
        if self._conversation_id is None or is_uuid(self._conversation_id):
            return False
        return await self._app.mode.find() not in MEMORYLESS

    async def _open(self) -> Intake:
        settings = self._settings
        request = await self._app.request(self._prompt, self._conversation_id, self.attached)
        self._mode = request.mode
        if not request.in_conversation:
            # Another app's: this run has none to lose, and no cause to be asked twice.
            self._conversation_id = None
        now_s = self._clock.monotonic()
        response = self._response = await self._app.api.open_stream(
            request.path,
            request.body,
            deadline_s=min(settings.first_event_s, self._total_due_s - now_s),
            in_conversation=request.in_conversation,
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
        reader = RunReader(settings.answer_limit_chars, self._app.reading(request.mode))
        return Intake(
            response, reader, splitter, limits, clock=self._clock, gathering=self._app.gathering
        )

    async def _recover(self, failed: RunFailed, *, text_came: bool) -> list[Event]:
        """Ask again where that is safe; otherwise raise what failed."""
        failure = failed.failure
        if failure.code in WRONG_TYPE and self._app.mode.refused(self._mode):
            # Nothing was begun: this was no try.
            return []
        self._tries_made += 1
        if failure.conversation_lost and self._conversation_id is not None and not text_came:
            return self._reset()
        await self._wait_to_repeat(failed, text_came=text_came)
        return []

    def _reset(self) -> list[Event]:
        """Ask the next time without the conversation; possible once, as then there is none."""
        self._conversation_id = None
        return [ConversationReset()]
