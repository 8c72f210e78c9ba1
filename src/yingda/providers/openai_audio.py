"""Speech by an OpenAI-compatible server: written down, and read aloud.

Knows the two endpoints. Source: OpenAI API reference, "Create transcription" and "Create speech".
"""

import msgspec

from yingda.errors import ProviderError, ProviderMisconfigured, ProviderUnavailable, VoiceUnusable
from yingda.file_kinds import kind_of
from yingda.providers.capabilities import Recording
from yingda.providers.forms import FileForm
from yingda.providers.http import BODY_LIMIT_BYTES
from yingda.providers.openai_api import OpenAiApi
from yingda.providers.openai_codes import REQUEST
from yingda.providers.payloads import UNREADABLE

_SERVER_MEND = "Look at the server and at the proxy in front of it."
#: Our choice among the forms that the endpoint offers: the one that every player knows.
_SPEECH_FORMAT = "mp3"


class _Transcript(msgspec.Struct, frozen=True):
    text: str | None = None


class OpenAiTranscriber:
    """Writes recordings down by the model that is set for it."""

    def __init__(self, api: OpenAiApi, model: str, deadline_s: float) -> None:
        self._api = api
        self._model = model
        self._deadline_s = deadline_s

    async def transcribe(self, recording: Recording, user: str) -> str:  # noqa: ARG002 the endpoint takes no user
        """What is said, "" when nothing is.

        Raises `VoiceUnusable` when the server cannot read the recording, else a `ProviderError`.
        """
        kind = kind_of(recording.content)
        form = FileForm(
            content=recording.content,
            filename="voice.bin" if kind is None else f"voice.{kind.ending}",
            content_type=recording.content_type if kind is None else kind.value,
            fields={"model": self._model, "response_format": "json"},
        )
        try:
            _, answer = await self._api.call(
                "/audio/transcriptions", form.body(), deadline_s=self._deadline_s
            )
        except ProviderMisconfigured as error:
            raise _about_recording(error) from error
        try:
            return (msgspec.json.decode(answer, type=_Transcript).text or "").strip()
        except UNREADABLE as error:
            detail = "the transcript cannot be read"
            raise ProviderUnavailable(detail, mend=_SERVER_MEND) from error


class OpenAiSpeaker:
    """Reads texts aloud by the model that is set for it."""

    def __init__(self, api: OpenAiApi, model: str, voice: str | None, deadline_s: float) -> None:
        self._api = api
        self._model = model
        self._voice = voice
        self._deadline_s = deadline_s

    async def speak(self, text: str, user: str) -> Recording:  # noqa: ARG002 the endpoint takes no user
        """The text as speech. Raises a `ProviderError`."""
        body = {"model": self._model, "input": text, "response_format": _SPEECH_FORMAT}
        if self._voice is not None:
            body["voice"] = self._voice
        _, content = await self._api.call("/audio/speech", body, deadline_s=self._deadline_s)
        # What the header says is often the form that was asked for, whatever came.
        if len(content) >= BODY_LIMIT_BYTES:
            raise ProviderUnavailable("the sound is too large", mend="Let it read less.")
        kind = kind_of(content)
        if kind is None or kind.is_picture:
            raise ProviderUnavailable("what came is no sound", mend=_SERVER_MEND)
        return Recording(content=content, content_type=kind.value)


def _about_recording(error: ProviderMisconfigured) -> ProviderError:
    """A request that is merely not taken is one whose recording is not: the rest never varies."""
    if error.mend == REQUEST.mend:
        return VoiceUnusable(error.detail, mend="Choose a model that takes this kind of recording.")
    return error
