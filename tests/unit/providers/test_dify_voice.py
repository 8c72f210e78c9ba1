"""Speech into text and text into speech, by Dify."""

import pytest

from support.dify_pair import Pair, dify_pair
from yingda.errors import (
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    VoiceUnusable,
)
from yingda.providers.capabilities import Recording
from yingda.providers.dify_voice import RECORDING_LIMIT_BYTES
from yingda.providers.http import BODY_LIMIT_BYTES
from yingda.simulator.dify_extras import silence

WAV = Recording(content=silence(0.1), content_type="audio/wav")


async def heard(pair: Pair, recording: Recording) -> str:
    transcriber = pair.dify.capabilities.transcriber
    assert transcriber is not None
    return await transcriber.transcribe(recording, "u1")


async def spoken(pair: Pair, text: str = "你好") -> Recording:
    speaker = pair.dify.capabilities.speaker
    assert speaker is not None
    return await speaker.speak(text, "u1")


@pytest.mark.parametrize(
    ("content_type", "sent_as", "name"),
    [
        ("audio/wav", "audio/wav", "voice.wav"),
        ("audio/x-wav", "audio/wav", "voice.wav"),
        ("audio/mpeg", "audio/mp3", "voice.mp3"),
        ("Audio/MP3; rate=16000", "audio/mp3", "voice.mp3"),
        ("audio/amr", "audio/amr", "voice.amr"),
        ("audio/mp4", "audio/m4a", "voice.m4a"),
    ],
)
async def test_a_recording_is_named_as_dify_wants_it(
    content_type: str, sent_as: str, name: str
) -> None:
    async with dify_pair() as pair:
        pair.server.extras.heard = " 今天星期几？\n"
        recording = Recording(content=b"some sound", content_type=content_type)
        assert await heard(pair, recording) == "今天星期几？"
        (sent,) = pair.server.extras.recordings
        assert (sent.content_type, sent.name) == (sent_as, name)
        assert (sent.content, sent.user) == (b"some sound", "u1")


async def test_silence_is_no_error() -> None:
    async with dify_pair() as pair:
        pair.server.extras.heard = ""
        assert await heard(pair, WAV) == ""


@pytest.mark.parametrize(
    "recording",
    [
        Recording(content=b"x", content_type="audio/ogg"),
        Recording(content=b"", content_type="audio/wav"),
        Recording(content=bytes(RECORDING_LIMIT_BYTES + 1), content_type="audio/wav"),
    ],
    ids=["type", "empty", "large"],
)
async def test_a_recording_that_dify_cannot_take_is_not_sent(recording: Recording) -> None:
    async with dify_pair() as pair:
        with pytest.raises(VoiceUnusable):
            await heard(pair, recording)
        assert pair.server.requests == []


async def test_an_app_without_speech_to_text_is_told_with_its_setting() -> None:
    async with dify_pair() as pair:
        pair.server.introduction = {"speech_to_text": {"enabled": False}}
        with pytest.raises(ProviderMisconfigured) as caught:
            await heard(pair, WAV)
        assert "Speech to Text" in caught.value.mend


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (413, "audio_too_large", VoiceUnusable),
        (413, "", VoiceUnusable),
        (415, "unsupported_audio_type", VoiceUnusable),
        (400, "no_audio_uploaded", VoiceUnusable),
        (400, "provider_not_support_speech_to_text", ProviderMisconfigured),
        (400, "provider_not_initialize", ProviderMisconfigured),
        (401, "unauthorized", ProviderMisconfigured),
        (500, "internal_server_error", ProviderUnavailable),
    ],
)
async def test_a_refusal_is_the_recordings_fault_or_the_operators_or_passing(
    status: int, code: str, kind: type[ProviderError]
) -> None:
    async with dify_pair() as pair:
        pair.server.extras.refusals["/v1/audio-to-text"] = [(status, code)]
        with pytest.raises(ProviderError) as caught:
            await heard(pair, WAV)
        assert type(caught.value) is kind


async def test_a_text_is_read_aloud_in_the_voice_that_is_set() -> None:
    async with dify_pair(voice="nova") as pair:
        recording = await spoken(pair, "读这句")
        assert recording.content == pair.server.extras.speech
        assert recording.content_type == "audio/wav"
        assert pair.server.extras.spoken == [("读这句", "nova")]


async def test_without_a_setting_the_app_chooses_the_voice() -> None:
    async with dify_pair() as pair:
        await spoken(pair)
        assert pair.server.extras.spoken == [("你好", "")]


async def test_the_type_of_speech_is_what_it_is_not_what_it_is_called() -> None:
    async with dify_pair() as pair:
        pair.server.extras.speech = b"ID3\x04 and so on"
        assert (await spoken(pair)).content_type == "audio/mpeg"


@pytest.mark.parametrize("speech", [b"", b'{"result": "success"}', b"\0" * 100])
async def test_what_is_no_recording_is_not_given_out_as_one(speech: bytes) -> None:
    async with dify_pair() as pair:
        pair.server.extras.speech = speech
        with pytest.raises(ProviderUnavailable):
            await spoken(pair)


async def test_speech_beyond_the_cap_is_refused() -> None:
    async with dify_pair() as pair:
        pair.server.extras.speech = b"ID3" + bytes(BODY_LIMIT_BYTES)
        with pytest.raises(ProviderUnavailable, match="too large"):
            await spoken(pair)


async def test_an_app_without_text_to_speech_is_told_with_its_setting() -> None:
    async with dify_pair() as pair:
        pair.server.introduction = {"text_to_speech": {"enabled": False}}
        with pytest.raises(ProviderMisconfigured) as caught:
            await spoken(pair)
        assert "Text to Speech" in caught.value.mend


async def test_no_error_repeats_what_was_said() -> None:
    async with dify_pair() as pair:
        pair.server.extras.speech = b"nothing"
        with pytest.raises(ProviderError) as caught:
            await spoken(pair, "秘密的话")
        assert "秘密" not in f"{caught.value} {caught.value.mend}"
