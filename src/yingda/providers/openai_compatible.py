"""Any model behind an OpenAI-compatible chat completions API, as a provider.

The front of the OpenAI files: `openai_run` asks, `openai_request` says how, `openai_events`
reads, `openai_errors` judges. Knows nothing of WeChat, turns or the store.
"""

from collections.abc import AsyncGenerator

from yingda.clock import Clock
from yingda.providers.base import Event, FoundAnswer, Prompt, RunTrace
from yingda.providers.capabilities import Capabilities, Memory
from yingda.providers.gathering import Gathering
from yingda.providers.openai_api import OpenAiApi
from yingda.providers.openai_audio import OpenAiSpeaker, OpenAiTranscriber
from yingda.providers.openai_run import OpenAiRun
from yingda.providers.openai_settings import OpenAiSettings


class OpenAiCompatible:
    """One model of one server.

    Raises `ProviderMisconfigured` at once when address or key cannot be used at all.
    """

    def __init__(self, settings: OpenAiSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._api = OpenAiApi(settings, clock)
        self._gathering = Gathering(clock, settings.gather_s)
        self._capabilities = _capabilities(settings, self._api)

    def __repr__(self) -> str:
        return f"OpenAiCompatible({self._settings!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What the model can do besides answering, as it is set."""
        return self._capabilities

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """Ask once, and yield events up to and including `Finished`; see the seam.

        Text is gathered for `gather_s` and told in one `TextDelta`. A second request is sent
        only when the first was refused before work began.
        """
        run = OpenAiRun(self._api, self._settings, self._clock, self._gathering, prompt)
        try:
            while not run.over:
                for event in await run.step():
                    yield event
        finally:
            run.close()

    async def find_finished(self, trace: RunTrace) -> FoundAnswer | None:  # noqa: ARG002 the seam's
        """None: the API keeps no answers."""
        return None

    async def stop(self, trace: RunTrace) -> None:
        """Nothing: closing the stream has ended the run."""

    async def forget(self, conversation_id: str, user: str) -> None:
        """Nothing: the API keeps no conversations."""

    async def aclose(self) -> None:
        """Close every connection."""
        await self._api.aclose()


def _capabilities(settings: OpenAiSettings, api: OpenAiApi) -> Capabilities:
    listens, speaks = settings.transcription_model, settings.speech_model
    speech_s = settings.speech_s
    return Capabilities(
        memory=Memory.HERE,
        takes_pictures=settings.vision,
        transcriber=OpenAiTranscriber(api, listens, speech_s) if listens else None,
        speaker=OpenAiSpeaker(api, speaks, settings.speech_voice, speech_s) if speaks else None,
    )
