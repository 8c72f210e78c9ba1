"""Dify's chat apps as a provider: Chatbot, Agent, New Agent and Chatflow.

The front of the Dify files: `dify_run` asks, `dify_events` reads, `dify_errors` judges,
`dify_recovery` looks for lost answers. Knows nothing of WeChat, turns or the store. Text
Generator and Workflow apps are refused with a mend.
"""

from collections.abc import AsyncGenerator
from urllib.parse import quote

from yingda.clock import Clock
from yingda.providers.base import Event, FoundAnswer, Prompt, RunTrace
from yingda.providers.capabilities import Capabilities, Opening
from yingda.providers.dify_api import DifyApi, is_uuid
from yingda.providers.dify_mode import DifyMode
from yingda.providers.dify_opening import opening_in
from yingda.providers.dify_recovery import DifyRecovery
from yingda.providers.dify_run import DifyRun
from yingda.providers.dify_settings import DifySettings
from yingda.providers.gathering import Gathering


class Dify:
    """One Dify app, known by its key.

    Raises `ProviderMisconfigured` at once when address or key cannot be used at all.
    """

    def __init__(self, settings: DifySettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._api = DifyApi(settings, clock)
        self._mode = DifyMode(self._api, settings, clock)
        self._gathering = Gathering(clock, settings.gather_s)
        self._recovery = DifyRecovery(self._api, settings, clock)

    def __repr__(self) -> str:
        return f"Dify({self._settings!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What a chat app of Dify's can do besides answering."""
        return Capabilities(stops=True, finds_finished=True, welcomer=self)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """Ask once, and yield events up to and including `Finished`; see the seam.

        Text is gathered for `gather_s` and told in one `TextDelta`. A second request is sent
        only when the first was refused before work began, or for the sake of a lost conversation.
        """
        await self._mode.require_chat()
        run = DifyRun(self._api, self._settings, self._clock, self._gathering, prompt)
        try:
            while not run.over:
                for event in await run.step():
                    yield event
        finally:
            run.close()
            if run.no_chat_app:
                self._mode.learn_no_chat()

    async def find_finished(self, trace: RunTrace) -> FoundAnswer | None:
        """The answer of a run whose stream was lost, waited for within `recovery_s`."""
        return await self._recovery.find(trace)

    async def stop(self, trace: RunTrace) -> None:
        """Ask Dify to stop a run; a run that is unknown or over is fine.

        Raises a `ProviderError` when Dify could not be asked.
        """
        if trace.task_id:
            path = f"/chat-messages/{quote(trace.task_id, safe='')}/stop"
            await self._api.call("POST", path, body={"user": trace.user})

    async def forget(self, conversation_id: str, user: str) -> None:
        """Erase a conversation at Dify; one that is not there is fine.

        Raises a `ProviderError` when Dify could not be asked: nothing is erased then.
        """
        if not is_uuid(conversation_id):
            return
        path = f"/conversations/{quote(conversation_id, safe='')}"
        await self._api.call("DELETE", path, body={"user": user})

    async def opening(self) -> Opening | None:
        """The app's opening statement, with the questions that it suggests.

        Raises a `ProviderError` when Dify could not be asked.
        """
        body = await self._api.call("GET", "/parameters")
        return opening_in(body or b"{}", self._settings.inputs)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._api.aclose()
