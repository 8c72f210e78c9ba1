"""Speech into text and text into speech, by the models that a Dify app names.

Knows both calls, the types that Dify takes, and what its refusals mean here. Converts nothing.
Source: Dify service API, "Files and audio".
"""

from typing import Final

import msgspec

from yingda.errors import (
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    VoiceUnusable,
)
from yingda.file_kinds import kind_of
from yingda.providers.capabilities import Recording
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_settings import DifySettings
from yingda.providers.failures import Failure, RunFailed
from yingda.providers.forms import FileForm
from yingda.providers.http import BODY_LIMIT_BYTES
from yingda.providers.payloads import UNREADABLE

#: Dify service API: the most that audio-to-text takes.
RECORDING_LIMIT_BYTES: Final = 30 * 1024 * 1024
#: Our type → how Dify wants it named: `audio/mpeg` is refused, though it is the registered name.
_TAKEN: Final = {
    "audio/wav": ("voice.wav", "audio/wav"),
    "audio/mpeg": ("voice.mp3", "audio/mp3"),
    "audio/amr": ("voice.amr", "audio/amr"),
    "audio/mp4": ("voice.m4a", "audio/m4a"),
}
_NAMES: Final = {
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
}
_UNUSABLE: Final = frozenset({"no_audio_uploaded", "audio_too_large", "unsupported_audio_type"})
_HEAR: Final = "Switch Speech to Text on in the Dify app's features, and publish it."
_HEAR_MODEL: Final = "Choose a speech-to-text model in Dify (Settings, Model Provider)."
_OTHER: Final = "Nothing, if it was one recording; else choose another model for speech to text."
_SMALLER: Final = (
    "The recording is larger than Dify takes (30 MB), or than the proxy in front of it lets "
    "through."
)
_SPEAK: Final = (
    "Switch Text to Speech on in the Dify app's features, choose a model and a voice, and publish "
    "it; the setting `voice`, if any, must name a voice of that model."
)


class _Heard(msgspec.Struct, frozen=True):
    text: str | None = None


_HEARD: Final = msgspec.json.Decoder(_Heard)


class DifyVoice:
    """One app's ears and mouth."""

    def __init__(self, api: DifyApi, settings: DifySettings) -> None:
        self._api = api
        self._voice = settings.voice
        self._deadline_s = settings.speech_s

    async def transcribe(self, recording: Recording, user: str) -> str:
        """What is said, "" when nothing is.

        Raises VoiceUnusable when Dify cannot take this recording, ProviderMisconfigured when the
        app has no speech to text, and other `ProviderError`s as every call.
        """
        form = _form(recording, user)
        try:
            body = await self._api.ask(
                "POST", "/audio-to-text", body=form.body(), deadline_s=self._deadline_s
            )
        except RunFailed as failed:
            raise _not_heard(failed.failure) from failed.__cause__
        try:
            return (_HEARD.decode(body).text or "").strip()
        except UNREADABLE as cause:
            raise ProviderUnavailable("Dify's transcript cannot be read") from cause

    async def speak(self, text: str, user: str) -> Recording:
        """The text as speech, its type told by its content.

        Raises ProviderMisconfigured when the app has no text to speech, ProviderUnavailable when
        what comes is no recording or more than `BODY_LIMIT_BYTES`.
        """
        body: dict[str, object] = {"text": text, "user": user}
        if self._voice is not None:
            body["voice"] = self._voice
        try:
            content = await self._api.ask(
                "POST", "/text-to-audio", body=body, deadline_s=self._deadline_s
            )
        except RunFailed as failed:
            raise _not_spoken(failed.failure) from failed.__cause__
        if len(content) >= BODY_LIMIT_BYTES:
            raise ProviderUnavailable("Dify's speech is too large", mend="Let it read less.")
        kind = kind_of(content)
        if kind is None or kind.is_picture:
            mend = "Choose another text-to-speech model in Dify; MP3, WAV, Ogg and AAC are known."
            raise ProviderUnavailable("Dify's speech is no recording that is known", mend=mend)
        return Recording(content=content, content_type=kind.value)


def _form(recording: Recording, user: str) -> FileForm:
    said = recording.content_type.partition(";")[0].strip().lower()
    known = _TAKEN.get(_NAMES.get(said, said))
    if known is None:
        raise VoiceUnusable("Dify takes no recording of this type", mend=_OTHER)
    if not recording.content:
        raise VoiceUnusable("the recording is empty", mend=_OTHER)
    if len(recording.content) > RECORDING_LIMIT_BYTES:
        raise VoiceUnusable("the recording is too large", mend=_SMALLER)
    filename, content_type = known
    return FileForm(
        content=recording.content,
        filename=filename,
        content_type=content_type,
        fields={"user": user},
    )


def _not_heard(failure: Failure) -> ProviderError:
    if failure.code == "speech_to_text_disabled":
        return ProviderMisconfigured(failure.error.detail, mend=_HEAR)
    if failure.code == "provider_not_support_speech_to_text":
        return ProviderMisconfigured(failure.error.detail, mend=_HEAR_MODEL)
    if failure.code in _UNUSABLE or failure.status in {413, 415}:
        return VoiceUnusable(
            failure.error.detail, mend=_SMALLER if failure.status == 413 else _OTHER
        )
    return failure.error


def _not_spoken(failure: Failure) -> ProviderError:
    if failure.code in {"invalid_param", "bad_request"}:
        return ProviderMisconfigured(failure.error.detail, mend=_SPEAK)
    return failure.error
