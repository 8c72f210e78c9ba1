"""What every provider with a capability keeps to; a new one is tested by adding its name."""

import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import msgspec
import pytest

from support.dify_pair import dify_pair, events_and_error, events_of, ids_of, is_whole, text_of
from support.openai_pair import openai_pair
from yingda.clock import SystemClock
from yingda.errors import ProviderError
from yingda.file_kinds import kind_of
from yingda.providers.base import Event, Picture, Prompt, Provider, RunTrace, TextDelta
from yingda.providers.capabilities import Rating, Recording
from yingda.simulator.dify_extras import silence
from yingda.simulator.dify_script import AppMode, DifyScript

USER = "follower-1"
LONG = DifyScript(text="很长的回答。" * 50, pieces=100, gap_s=0.01)
PICTURES = (
    Picture(content=b"\xff\xd8\xff\xe0 first", content_type="image/jpeg"),
    Picture(content=b"\x89PNG\r\n\x1a\n second", content_type="image/png"),
)
SPEECH = Recording(content=silence(0.2), content_type="audio/wav")


class Able(msgspec.Struct, frozen=True):
    """A provider, the pictures that its server saw, and how to let all further calls fail."""

    provider: Provider
    saw: Callable[[bytes], bool]
    lock_out: Callable[[], None]


@asynccontextmanager
async def dify(mode: AppMode) -> AsyncIterator[Able]:
    async with dify_pair(mode=mode) as pair:
        server, uploads = pair.server, pair.server.extras.uploads
        server.on("很长吗", LONG)

        def saw(content: bytes) -> bool:
            return any(each.content == content for each in uploads.values())

        yield Able(pair.dify, saw, lambda: setattr(server, "api_key", "another"))


@asynccontextmanager
async def openai() -> AsyncIterator[Able]:
    models = {"transcription_model": "whisper-1", "speech_model": "tts-1"}
    async with openai_pair(vision=True, **cast("Any", models)) as pair:
        server = pair.server

        def saw(content: bytes) -> bool:
            encoded = base64.b64encode(content).decode()
            return any(encoded in str(each.values) for each in server.requests)

        yield Able(pair.provider, saw, lambda: setattr(server, "api_key", "another"))


SUBJECTS: dict[str, Callable[[], AbstractAsyncContextManager[Able]]] = {
    "dify-chat": lambda: dify(AppMode.CHAT),
    "dify-advanced-chat": lambda: dify(AppMode.ADVANCED_CHAT),
    "dify-completion": lambda: dify(AppMode.COMPLETION),
    "dify-workflow": lambda: dify(AppMode.WORKFLOW),
    "openai": openai,
}
SUGGESTING = ["dify-chat", "dify-advanced-chat"]
RATED = [*SUGGESTING, "dify-completion"]
STOPPING = [*RATED, "dify-workflow"]


@pytest.fixture(params=SUBJECTS)
async def able(request: pytest.FixtureRequest) -> AsyncIterator[Able]:
    async with SUBJECTS[request.param]() as opened:
        yield opened


def having(names: list[str]) -> pytest.MarkDecorator:
    """Only the subjects that have the capability."""
    return pytest.mark.parametrize("able", names, indirect=True)


async def test_pictures_reach_the_provider(able: Able) -> None:
    assert able.provider.capabilities.takes_pictures
    prompt = Prompt(text="这是什么？", user=USER, pictures=PICTURES)
    assert is_whole(await events_of(able.provider, prompt))
    assert all(able.saw(each.content) for each in PICTURES)


async def test_pictures_that_cannot_be_brought_there_end_the_question_with_an_error(
    able: Able,
) -> None:
    able.lock_out()
    prompt = Prompt(text="这是什么？", user=USER, pictures=PICTURES)
    events, error = await events_and_error(able.provider, prompt)
    assert text_of(events) == ""
    assert isinstance(error, ProviderError)
    assert error.mend


async def test_a_recording_becomes_text(able: Able) -> None:
    transcriber = able.provider.capabilities.transcriber
    assert transcriber is not None
    text = await transcriber.transcribe(SPEECH, USER)
    assert text
    assert text == text.strip()


async def test_a_text_becomes_a_recording_of_the_type_that_is_told(able: Able) -> None:
    speaker = able.provider.capabilities.speaker
    assert speaker is not None
    recording = await speaker.speak("你好", USER)
    assert recording.content_type == kind_of(recording.content)


async def test_speech_fails_as_every_call_does(able: Able) -> None:
    able.lock_out()
    transcriber = able.provider.capabilities.transcriber
    speaker = able.provider.capabilities.speaker
    assert transcriber is not None
    assert speaker is not None
    for call in (transcriber.transcribe(SPEECH, USER), speaker.speak("秘密", USER)):
        with pytest.raises(ProviderError) as caught:
            await call
        assert caught.value.mend
        assert "秘密" not in caught.value.detail


@having(SUGGESTING)
async def test_at_most_three_questions_are_suggested(able: Able) -> None:
    suggester = able.provider.capabilities.suggester
    assert suggester is not None
    message_id = ids_of(await events_of(able.provider, Prompt(text="问", user=USER))).message_id
    questions = await suggester.suggest(message_id or "", USER)
    assert 1 <= len(questions) <= 3
    assert len(set(questions)) == len(questions)
    assert all(each.strip() for each in questions)
    assert await suggester.suggest("of-another-provider", USER) == ()


@having(RATED)
async def test_ratings_are_taken_and_those_of_unknown_answers_are_fine(able: Able) -> None:
    rater = able.provider.capabilities.rater
    assert rater is not None
    message_id = ids_of(await events_of(able.provider, Prompt(text="问", user=USER))).message_id
    for rating in (Rating.LIKE, Rating.DISLIKE, None, None):
        await rater.rate(message_id or "", USER, rating)
    await rater.rate("of-another-provider", USER, Rating.LIKE)
    await rater.rate("0d7a4c52-6a0c-4a39-8f57-6a1f2f0e9b11", USER, Rating.LIKE)
    able.lock_out()
    with pytest.raises(ProviderError):
        await rater.rate(message_id or "", USER, Rating.LIKE)


@having(STOPPING)
async def test_stop_ends_a_run_before_its_answer_is_whole(able: Able) -> None:
    assert able.provider.capabilities.stops
    events: list[Event] = []
    has_stopped = False
    # How the stream of a stopped run ends, each kind of app has for itself.
    with contextlib.suppress(ProviderError):
        async for event in able.provider.stream(Prompt(text="很长吗", user=USER)):
            events.append(event)
            if isinstance(event, TextDelta) and not has_stopped:
                has_stopped = True
                await able.provider.stop(_trace(events))
    assert 0 < len(text_of(events)) < len(LONG.text)


def _trace(events: list[Event]) -> RunTrace:
    ids = ids_of(events)
    return RunTrace(
        question="很长吗",
        user=USER,
        asked_at=SystemClock().now(),
        conversation_id=ids.conversation_id,
        task_id=ids.task_id,
        message_id=ids.message_id,
    )
