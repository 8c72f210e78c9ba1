"""Speech by an OpenAI-compatible server, written down and read aloud."""

from typing import Any

import pytest

from support.openai_pair import openai_pair
from yingda.errors import (
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    VoiceUnusable,
)
from yingda.providers.capabilities import Recording
from yingda.providers.http import BODY_LIMIT_BYTES
from yingda.simulator.openai_script import Refusal
from yingda.simulator.openai_server import SOUND

RECORDING = Recording(content=SOUND, content_type="audio/wav")
MODELS: dict[str, Any] = {
    "transcription_model": "whisper-1",
    "speech_model": "tts-1",
    "speech_voice": "alloy",
}


def refusal(status: int, message: str, **more: str) -> Refusal:
    return Refusal(status=status, body={"error": {"message": message, **more}})


async def test_a_recording_is_sent_as_a_file_of_its_kind_and_its_words_come_back() -> None:
    async with openai_pair(**MODELS) as pair:
        transcriber = pair.provider.capabilities.transcriber
        assert transcriber is not None
        assert await transcriber.transcribe(RECORDING, "follower-1") == pair.server.transcript
        told = pair.server.requests[-1].values
        assert told == {"model": "whisper-1", "name": "voice.wav", "type": "audio/wav"}


async def test_silence_is_an_empty_transcript() -> None:
    async with openai_pair(**MODELS) as pair:
        pair.server.transcript = " \n"
        transcriber = pair.provider.capabilities.transcriber
        assert transcriber is not None
        assert await transcriber.transcribe(RECORDING, "follower-1") == ""


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (refusal(400, "Invalid file format."), VoiceUnusable),
        (refusal(400, "x", code="invalid_api_key"), ProviderMisconfigured),
        (refusal(404, "The model `whisper-1` does not exist"), ProviderMisconfigured),
        (refusal(429, "slow", code="rate_limit_exceeded"), ProviderBusy),
        (Refusal(status=404, body="<html>no such page</html>"), ProviderMisconfigured),
    ],
)
async def test_a_recording_that_is_refused_is_told_from_a_wrong_set_up(
    refused: Refusal, kind: type[ProviderError]
) -> None:
    async with openai_pair(**MODELS) as pair:
        pair.server.audio_refusal = refused
        transcriber = pair.provider.capabilities.transcriber
        assert transcriber is not None
        with pytest.raises(ProviderError) as caught:
            await transcriber.transcribe(RECORDING, "follower-1")
    assert type(caught.value) is kind


async def test_a_text_becomes_sound_whose_kind_its_bytes_tell() -> None:
    async with openai_pair(**MODELS) as pair:
        speaker = pair.provider.capabilities.speaker
        assert speaker is not None
        # The simulated server calls it MP3, as some do whatever they send.
        assert await speaker.speak("你好", "follower-1") == RECORDING
        values = pair.server.requests[-1].values
        assert (values["model"], values["voice"], values["input"]) == ("tts-1", "alloy", "你好")


@pytest.mark.parametrize(
    "sent", [b'{"audio": null}', b"\xff\xd8\xff\xe0", b"ID3" + bytes(BODY_LIMIT_BYTES)]
)
async def test_what_is_no_sound_or_cut_off_is_no_speech(sent: bytes) -> None:
    async with openai_pair(**MODELS) as pair:
        pair.server.sound = sent
        speaker = pair.provider.capabilities.speaker
        assert speaker is not None
        with pytest.raises(ProviderUnavailable):
            await speaker.speak("你好", "follower-1")
