"""Apps without conversations over real HTTP: asked, stopped, found again, and told of pauses."""

import contextlib

import msgspec
import pytest

from support.dify_pair import (
    dify_pair,
    events_and_error,
    events_of,
    ids_of,
    is_whole,
    text_of,
    under_virtual_time,
)
from yingda.errors import AnswerIncomplete, NeedsPerson
from yingda.providers.base import (
    ConversationReset,
    Event,
    Finished,
    Prompt,
    RunTrace,
    Source,
    TextDelta,
)
from yingda.simulator.dify_script import AppMode, DifyScript, Trouble
from yingda.simulator.dify_stream import FORM_TITLE

PROMPT = Prompt(text="问", user="u1")
UUID = "6f1c2f8e-2f6b-4f0e-9d0a-0c7a3b1d9e11"
MEMORYLESS = [AppMode.COMPLETION, AppMode.WORKFLOW]
PICTURE: dict[str, object] = {
    "filename": "图.png",
    "type": "image",
    "transfer_method": "tool_file",
    "url": "/files/tools/1.png?sign=a",
}


def trace_of(events: list[Event]) -> RunTrace:
    ids = msgspec.structs.asdict(ids_of(events))
    return RunTrace(question=PROMPT.text, user="u1", asked_at=0.0, **ids)


@pytest.mark.parametrize("mode", MEMORYLESS)
@pytest.mark.parametrize("conversation_id", [UUID, "of-another-provider"])
async def test_a_conversation_of_another_app_is_left_out_without_a_word(
    mode: AppMode, conversation_id: str
) -> None:
    prompt = msgspec.structs.replace(PROMPT, conversation_id=conversation_id)
    async with dify_pair(mode=mode) as pair:
        events = await events_of(pair.dify, prompt)
        assert is_whole(events)
        assert not any(isinstance(event, ConversationReset) for event in events)
        assert "conversation_id" not in pair.server.requests[-1].values


@pytest.mark.parametrize("mode", MEMORYLESS)
async def test_a_busy_app_is_asked_again(mode: AppMode) -> None:
    script = DifyScript(trouble=Trouble.BUSY, trouble_times=1)
    events, error, _, server = await under_virtual_time(script, PROMPT, mode=mode)
    assert error is None
    assert is_whole(events)
    assert server.calls["问"] == 2


async def test_a_workflow_that_tells_no_chunks_answers_by_its_outputs() -> None:
    outputs: dict[str, object] = {"reply": "成品", "score": 0.9}
    script = DifyScript(has_chunks=False, outputs=outputs)
    async with dify_pair(mode=AppMode.WORKFLOW, script=script) as pair:
        events = await events_of(pair.dify, PROMPT)
    assert text_of(events) == "成品"
    assert isinstance(events[-1], Finished)
    assert events[-1].usage is not None
    assert events[-1].usage.total_tokens == 9


@pytest.mark.parametrize("mode", MEMORYLESS)
async def test_stop_ends_a_running_answer(mode: AppMode) -> None:
    async with dify_pair(mode=mode, script=DifyScript(gap_s=0.02)) as pair:
        events: list[Event] = []
        # A stopped workflow tells that it is not whole.
        with contextlib.suppress(AnswerIncomplete):
            async for event in pair.dify.stream(PROMPT):
                events.append(event)
                if isinstance(event, TextDelta) and not pair.server.stopped:
                    await pair.dify.stop(trace_of(events))
        assert pair.server.stopped == [ids_of(events).task_id]


@pytest.mark.parametrize("status", ["succeeded", "partial-succeeded"])
async def test_a_workflow_s_lost_answer_is_found_by_its_run(status: str) -> None:
    outputs: dict[str, object] = {"reply": "<think>想</think>成品", "pic": PICTURE}
    script = DifyScript(outputs=outputs, workflow_status=status)
    async with dify_pair(mode=AppMode.WORKFLOW, script=script) as pair:
        events = await events_of(pair.dify, PROMPT)
        found = await pair.dify.find_finished(trace_of(events))
        assert found is not None
        assert found.text == text_of(events)
        origin = pair.server.base_url.removesuffix("/v1")
        assert found.text == f"成品\n\n![图.png]({origin}/files/tools/1.png?sign=a)"
        assert found.conversation_id is None


async def test_a_workflow_s_run_without_an_id_is_not_looked_for_among_messages() -> None:
    async with dify_pair(mode=AppMode.WORKFLOW) as pair:
        trace = RunTrace(question=PROMPT.text, user="u1", asked_at=0.0, conversation_id=UUID)
        assert await pair.dify.find_finished(trace) is None
        assert {each.path for each in pair.server.requests} == {"/v1/info"}


async def test_a_text_generator_has_nothing_to_be_found() -> None:
    async with dify_pair(mode=AppMode.COMPLETION) as pair:
        events = await events_of(pair.dify, PROMPT)
        assert await pair.dify.find_finished(trace_of(events)) is None
        assert not pair.dify.capabilities.finds_finished


@pytest.mark.parametrize("mode", MEMORYLESS)
async def test_there_is_no_conversation_to_erase(mode: AppMode) -> None:
    async with dify_pair(mode=mode) as pair:
        await pair.dify.forget(UUID, "u1")
        assert not any(each.method == "DELETE" for each in pair.server.requests)


@pytest.mark.parametrize("mode", [AppMode.ADVANCED_CHAT, AppMode.WORKFLOW])
async def test_a_pause_for_a_person_is_told_with_the_form_s_name(mode: AppMode) -> None:
    script = DifyScript(trouble=Trouble.WORKFLOW_PAUSED)
    async with dify_pair(mode=mode, script=script) as pair:
        events, error = await events_and_error(pair.dify, PROMPT)
        assert isinstance(error, NeedsPerson)
        assert FORM_TITLE in error.mend
        assert script.text.startswith(text_of(events))
        assert text_of(events)
        assert pair.server.calls["问"] == 1


@pytest.mark.parametrize("mode", [AppMode.CHAT, AppMode.ADVANCED_CHAT, AppMode.COMPLETION])
async def test_sources_and_files_come_with_the_end(mode: AppMode) -> None:
    resources: tuple[dict[str, object], ...] = ({"document_name": "手册"},)
    script = DifyScript(text="看这张图", files=(PICTURE,), resources=resources)
    at = "https://files.example.com"
    async with dify_pair(mode=mode, script=script, sources=True, files_url=at) as pair:
        events = await events_of(pair.dify, PROMPT)
    picture = "![图.png](https://files.example.com/files/tools/1.png?sign=a)"
    assert text_of(events) == f"看这张图\n\n{picture}"
    assert isinstance(events[-1], Finished)
    assert events[-1].sources == (Source("手册"),)


async def test_addresses_of_files_in_a_found_answer_are_whole() -> None:
    script = DifyScript(text="![图](/files/1.png)")
    async with dify_pair(script=script) as pair:
        events = await events_of(pair.dify, PROMPT)
        found = await pair.dify.find_finished(trace_of(events))
        assert found is not None
        assert found.text == text_of(events)
        assert found.text.startswith("![图](http://127.0.0.1")
