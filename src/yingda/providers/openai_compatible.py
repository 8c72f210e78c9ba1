"""Any model behind an OpenAI-compatible chat completions API, as a provider.

The front of the OpenAI files: `openai_run` asks, `openai_request` says how, `openai_events`
reads, `openai_errors` judges. Knows nothing of WeChat, turns or the store.
"""

from collections.abc import AsyncGenerator

import msgspec

from yingda.clock import Clock
from yingda.providers.base import Event, FoundAnswer, Prompt, RunTrace
from yingda.providers.capabilities import Capabilities, Memory, MemoryBounds
from yingda.providers.gathering import Gathering
from yingda.providers.openai_api import OpenAiApi
from yingda.providers.openai_audio import OpenAiSpeaker, OpenAiTranscriber
from yingda.providers.openai_run import OpenAiRun
from yingda.providers.openai_settings import OpenAiSettings
from yingda.providers.openai_summary import OpenAiSummariser
from yingda.providers.tokens import tokens_of


class OpenAiCompatible:
    """One model of one server.

    Raises `ProviderMisconfigured` at once when address or key cannot be used at all.
    """

    def __init__(self, settings: OpenAiSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._api = OpenAiApi(settings, clock)
        self._gathering = Gathering(clock, settings.gather_s)
        self._capabilities = self._made_capabilities()

    def __repr__(self) -> str:
        return f"OpenAiCompatible({self._settings!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What the model can do besides answering, as it is set."""
        return self._capabilities

    def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """Ask once, and yield events up to and including `Finished`; see the seam.

        Text is gathered for `gather_s` and told in one `TextDelta`. A second request is sent
        only when the first was refused before work began.
        """
        run = OpenAiRun(self._api, self._settings, self._clock, self._gathering, prompt)
        return self._events(run)

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

    def _made_capabilities(self) -> Capabilities:
        settings, api = self._settings, self._api
        listens, speaks, speech_s = (
            settings.transcription_model,
            settings.speech_model,
            settings.speech_s,
        )
        return Capabilities(
            memory=Memory.HERE,
            memory_bounds=_bounds(settings),
            summariser=OpenAiSummariser(self._plainly) if settings.summarise else None,
            takes_pictures=settings.vision,
            transcriber=OpenAiTranscriber(api, listens, speech_s) if listens else None,
            speaker=OpenAiSpeaker(api, speaks, settings.speech_voice, speech_s) if speaks else None,
        )

    def _plainly(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """Ask without the operator's system prompt."""
        plain = msgspec.structs.replace(self._settings, system_prompt=None)
        return self._events(OpenAiRun(self._api, plain, self._clock, self._gathering, prompt))

    async def _events(self, run: OpenAiRun) -> AsyncGenerator[Event, None]:
        try:
            while not run.over:
                for event in await run.step():
                    yield event
        finally:
            run.close()


def _bounds(settings: OpenAiSettings) -> MemoryBounds:
    prompt = settings.system_prompt
    own = "" if prompt is None else prompt.filled({})
    return MemoryBounds(
        turns=settings.memory_turns, tokens=settings.memory_tokens, own_tokens=tokens_of(own)
    )
