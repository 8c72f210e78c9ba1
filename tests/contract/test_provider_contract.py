"""What every provider keeps to; a new one is tested by adding its name."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import msgspec
import pytest

from support.dify_pair import (
    dify_pair,
    events_and_error,
    events_of,
    ids_of,
    is_whole,
    text_of,
    until,
)
from support.openai_pair import openai_pair
from support.scripted_provider import Script, ScriptedProvider
from yingda.clock import SystemClock
from yingda.errors import AnswerIncomplete, ProviderError
from yingda.providers.base import (
    Event,
    Exchange,
    Prompt,
    Provider,
    RunTrace,
    Started,
    TextDelta,
)
from yingda.providers.capabilities import Memory
from yingda.providers.echo import Echo, EchoSettings
from yingda.simulator.dify_script import AppMode, DifyScript, Trouble
from yingda.simulator.openai_script import ChatEnding, ChatScript

ANSWER = "第一句。第二句，带一个 emoji 😀。\n\n- 列表\n- 第二项"
FAILS = "这个问题会失败"
LONG = "这个问题要很久，慢 60"


class Subject(msgspec.Struct, frozen=True):
    """A provider, what it is expected to say, and how many requests are open."""

    provider: Provider
    is_answer: Callable[[str, str], bool]
    open_requests: Callable[[], int]
    fails: bool = True


@asynccontextmanager
async def dify(mode: AppMode) -> AsyncIterator[Subject]:
    async with dify_pair(mode=mode, script=DifyScript(text=ANSWER)) as pair:
        pair.server.on(FAILS, DifyScript(text=ANSWER, trouble=Trouble.CUT))
        pair.server.on(LONG, DifyScript(text=ANSWER, gap_s=30.0))
        yield Subject(pair.dify, lambda _, text: text == ANSWER, lambda: pair.server.open_streams)


@asynccontextmanager
async def openai(*, whole: bool = False) -> AsyncIterator[Subject]:
    async with openai_pair(script=ChatScript(text=ANSWER, whole=whole)) as pair:
        pair.server.on(FAILS, ChatScript(text=ANSWER, ending=ChatEnding.CUT))
        pair.server.on(LONG, ChatScript(text=ANSWER, gap_s=30.0))
        provider, server = pair.provider, pair.server
        yield Subject(provider, lambda _, text: text == ANSWER, lambda: server.open_streams)


@asynccontextmanager
async def scripted() -> AsyncIterator[Subject]:
    provider = ScriptedProvider(SystemClock(), Script(text=ANSWER, chunks=4))
    provider.on(FAILS, Script(text=ANSWER, fail=AnswerIncomplete("cut"), fail_after_chars=3))
    provider.on(LONG, Script(text=ANSWER, chunks=4, during_s=120.0))
    yield Subject(provider, lambda _, text: text == ANSWER, lambda: provider.running)


@asynccontextmanager
async def echo() -> AsyncIterator[Subject]:
    provider = Echo(EchoSettings(duration_s=0.01), SystemClock())
    yield Subject(provider, lambda question, text: question in text, lambda: 0, fails=False)


SUBJECTS: dict[str, Callable[[], AbstractAsyncContextManager[Subject]]] = {
    "dify-chat": lambda: dify(AppMode.CHAT),
    "dify-agent-chat": lambda: dify(AppMode.AGENT_CHAT),
    "dify-agent": lambda: dify(AppMode.AGENT),
    "dify-advanced-chat": lambda: dify(AppMode.ADVANCED_CHAT),
    "dify-completion": lambda: dify(AppMode.COMPLETION),
    "dify-workflow": lambda: dify(AppMode.WORKFLOW),
    "openai": openai,
    "openai-in-one-go": lambda: openai(whole=True),
    "scripted": scripted,
    "echo": echo,
}


@pytest.fixture(params=SUBJECTS)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with SUBJECTS[request.param]() as opened:
        yield opened
        await opened.provider.aclose()


def keeps_conversations(provider: Provider) -> bool:
    """Whether answers name a conversation; known for sure after the first of them."""
    return provider.capabilities.memory is Memory.THERE


def asking(question: str, **fields: str) -> Prompt:
    return msgspec.structs.replace(Prompt(text=question, user="follower-1"), **fields)


def trace_of(question: str, events: list[Event]) -> RunTrace:
    ids = ids_of(events)
    return RunTrace(
        question=question,
        user="follower-1",
        asked_at=SystemClock().now(),
        conversation_id=ids.conversation_id,
        task_id=ids.task_id,
        message_id=ids.message_id,
        workflow_run_id=ids.workflow_run_id,
    )


async def test_a_whole_answer_begins_with_its_ids_and_ends_with_finished(subject: Subject) -> None:
    events = await events_of(subject.provider, asking("今天星期几"))
    assert isinstance(events[0], Started)
    assert ids_of(events).task_id
    assert is_whole(events)


async def test_the_pieces_make_up_the_answer(subject: Subject) -> None:
    events = await events_of(subject.provider, asking("今天星期几"))
    assert subject.is_answer("今天星期几", text_of(events))


async def test_a_second_question_stays_in_the_conversation(subject: Subject) -> None:
    first = ids_of(await events_of(subject.provider, asking("第一问")))
    if not keeps_conversations(subject.provider):
        assert first.conversation_id is None
        told = (Exchange("第一问", "第一答"),)
        prompt = msgspec.structs.replace(asking("第二问"), history=told)
        assert is_whole(await events_of(subject.provider, prompt))
        return
    assert first.conversation_id is not None
    prompt = asking("第二问", conversation_id=first.conversation_id)
    events = await events_of(subject.provider, prompt)
    assert is_whole(events)
    assert (ids_of(events).conversation_id or "")[:20] == first.conversation_id[:20]


async def test_closing_the_iterator_ends_the_request(subject: Subject) -> None:
    stream = subject.provider.stream(asking(LONG))
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    assert isinstance(stream, AsyncGenerator)
    await stream.aclose()
    await until(lambda: subject.open_requests() == 0)
    assert subject.open_requests() == 0


async def test_cancelling_the_reader_ends_the_request(subject: Subject) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in subject.provider.stream(asking(LONG)):
            begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await until(lambda: subject.open_requests() == 0)
    assert task.cancelled()


async def test_a_failure_is_a_provider_error_after_the_text_that_came(subject: Subject) -> None:
    events, error = await events_and_error(subject.provider, asking(FAILS))
    if not subject.fails:
        assert is_whole(events)
        return
    assert isinstance(error, ProviderError)
    assert not any(is_whole([event]) for event in events)
    assert ANSWER.startswith(text_of(events))
    assert text_of(events)


async def test_concurrent_streams_do_not_mix(subject: Subject) -> None:
    questions = [f"同时的第{number}问" for number in range(20)]
    runs = await asyncio.gather(*(events_of(subject.provider, asking(q)) for q in questions))
    assert all(is_whole(events) for events in runs)
    pairs = zip(questions, runs, strict=True)
    assert all(subject.is_answer(question, text_of(events)) for question, events in pairs)
    assert len({ids_of(events).task_id for events in runs}) == len(questions)
    conversations = {ids_of(events).conversation_id for events in runs}
    expected = len(questions) if keeps_conversations(subject.provider) else 1
    assert len(conversations) == expected


async def test_a_finished_run_is_found_whole_or_not_at_all(subject: Subject) -> None:
    events = await events_of(subject.provider, asking("会被找到吗"))
    found = await subject.provider.find_finished(trace_of("会被找到吗", events))
    assert found is None or found.text == text_of(events)
    assert found is None or subject.provider.capabilities.finds_finished


async def test_an_id_of_another_provider_s_conversation_does_no_harm(subject: Subject) -> None:
    prompt = asking("换了服务", conversation_id="of-another-provider")
    assert is_whole(await events_of(subject.provider, prompt))


async def test_stop_and_forget_are_harmless_for_runs_that_are_over(subject: Subject) -> None:
    events = await events_of(subject.provider, asking("说完就停"))
    trace = trace_of("说完就停", events)
    await subject.provider.stop(trace)
    await subject.provider.forget(trace.conversation_id or "", "follower-1")
    await subject.provider.forget(trace.conversation_id or "", "follower-1")
    await subject.provider.stop(RunTrace(question="无", user="follower-1", asked_at=0.0))
    assert is_whole(await events_of(subject.provider, asking("还在吗")))
