"""Dify's apps as a provider: Chatbot, Agent, New Agent, Chatflow, Text Generator and Workflow.

The front of the Dify files: `dify_run` asks, `dify_events` reads, `dify_errors` judges,
`dify_recovery` looks for lost answers. Knows nothing of WeChat, turns or the store.
"""

from collections.abc import AsyncGenerator
from urllib.parse import quote

from yingda.clock import Clock
from yingda.providers.base import Event, FoundAnswer, Prompt, RunTrace
from yingda.providers.capabilities import Capabilities, Memory, Opening
from yingda.providers.dify_api import is_uuid
from yingda.providers.dify_app import DifyApp
from yingda.providers.dify_mode import MEMORYLESS
from yingda.providers.dify_opening import opening_in
from yingda.providers.dify_pictures import DifyPictures
from yingda.providers.dify_reactions import DifyReactions
from yingda.providers.dify_recovery import DifyRecovery
from yingda.providers.dify_request import stop_path
from yingda.providers.dify_run import DifyRun
from yingda.providers.dify_settings import AppMode, DifySettings
from yingda.providers.dify_voice import DifyVoice


class Dify:
    """One Dify app, known by its key.

    Raises `ProviderMisconfigured` at once when address or key cannot be used at all.
    """

    def __init__(self, settings: DifySettings, clock: Clock) -> None:
        self._settings = settings
        self._app = DifyApp(settings, clock)
        self._recovery = DifyRecovery(self._app.api, settings, clock)
        self._pictures = DifyPictures(self._app.api, settings, clock)
        self._voice = DifyVoice(self._app.api, settings)
        self._reactions = DifyReactions(self._app.api, settings, clock)

    def __repr__(self) -> str:
        return f"Dify({self._settings!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What an app of this type can do besides answering; a chat app's until it is known.

        What the app's owner may switch off counts as there: the call itself tells, with a mend.
        """
        mode = self._app.mode.known
        return Capabilities(
            memory=Memory.NONE if mode in MEMORYLESS else Memory.THERE,
            takes_pictures=True,
            stops=True,
            finds_finished=mode is not AppMode.COMPLETION,
            welcomer=self,
            transcriber=self._voice,
            speaker=self._voice,
            suggester=None if mode in MEMORYLESS else self._reactions,
            rater=None if mode is AppMode.WORKFLOW else self._reactions,
        )

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """Ask once, and yield events up to and including `Finished`; see the seam.

        Text is gathered for `gather_s` and told in one `TextDelta`. A second request is sent
        only when the first was refused before work began, or for the sake of a lost conversation.
        """
        run = DifyRun(self._app, prompt)
        try:
            run.attached = await self._pictures.attach(prompt)
            while not run.over:
                for event in await run.step():
                    yield event
        finally:
            run.close()

    async def find_finished(self, trace: RunTrace) -> FoundAnswer | None:
        """The answer of a run whose stream was lost, waited for within `recovery_s`."""
        mode = await self._app.mode.find()
        if mode is AppMode.COMPLETION:
            # Dify tells of its messages only where they stand in a conversation.
            return None
        return await self._recovery.find(trace, self._app.reading(mode))

    async def stop(self, trace: RunTrace) -> None:
        """Ask Dify to stop a run; a run that is unknown or over is fine.

        Raises a `ProviderError` when Dify could not be asked.
        """
        if trace.task_id:
            path = stop_path(await self._app.mode.find(), trace.task_id)
            await self._app.api.call("POST", path, body={"user": trace.user})

    async def forget(self, conversation_id: str, user: str) -> None:
        """Erase a conversation at Dify; one that is not there is fine.

        Raises a `ProviderError` when Dify could not be asked: nothing is erased then.
        """
        if not is_uuid(conversation_id) or await self._app.mode.find() in MEMORYLESS:
            return
        path = f"/conversations/{quote(conversation_id, safe='')}"
        await self._app.api.call("DELETE", path, body={"user": user})

    async def opening(self) -> Opening | None:
        """The app's opening statement, with the questions that it suggests.

        Raises a `ProviderError` when Dify could not be asked.
        """
        body = await self._app.api.call("GET", "/parameters")
        # It is the same for everybody, so what a template names of a question stays out.
        return opening_in(body or b"{}", self._app.inputs({}))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._app.api.aclose()
