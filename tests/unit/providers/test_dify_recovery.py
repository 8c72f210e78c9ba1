"""A lost run's answer is looked for where Dify keeps it, and never asked for."""

import asyncio
from typing import cast

import msgspec
import pytest

from support.dify_pair import Pair, dify_pair, events_of, ids_of, outlast, text_of
from yingda.clock import SystemClock, VirtualClock
from yingda.errors import ProviderError, ProviderMisconfigured, ProviderUnavailable
from yingda.providers.base import FoundAnswer, Prompt, RunTrace, Source, Started, TextDelta, Usage
from yingda.providers.dify import Dify
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_reading import Reading
from yingda.providers.dify_recovery import DifyRecovery
from yingda.providers.dify_settings import DifySettings
from yingda.simulator.dify_script import THINKING, AppMode, DifyScript, Trouble

QUESTION = "今天星期几？"
TEXT = DifyScript().text


async def lose(pair: Pair, *, user: str = "u1") -> RunTrace:
    """Ask, and lose the stream at its first event."""
    asked_at = pair.server.clock.now()
    stream = pair.dify.stream(Prompt(text=QUESTION, user=user))
    async for event in stream:
        if isinstance(event, Started):
            await stream.aclose()
            ids = msgspec.structs.asdict(event)
            return RunTrace(question=QUESTION, user=user, asked_at=asked_at, **ids)
    raise AssertionError("no ids came")


def without_ids(trace: RunTrace, *names: str) -> RunTrace:
    return msgspec.structs.replace(trace, **dict.fromkeys(names))


@pytest.mark.parametrize("mode", [AppMode.CHAT, AppMode.ADVANCED_CHAT])
async def test_a_run_that_ended_meanwhile_is_found_without_its_reasoning(mode: AppMode) -> None:
    async with dify_pair(mode=mode, script=DifyScript(text=THINKING + TEXT)) as pair:
        trace = await lose(pair)
        found = await pair.dify.find_finished(trace)
        assert found is not None
        assert found.text == TEXT
        assert (found.conversation_id, found.message_id) == (
            trace.conversation_id,
            trace.message_id,
        )
        assert pair.server.calls[QUESTION] == 1


@pytest.mark.parametrize(
    "unknown",
    [
        ("workflow_run_id",),
        ("workflow_run_id", "message_id"),
        ("workflow_run_id", "message_id", "conversation_id", "task_id"),
    ],
)
async def test_a_run_is_found_by_the_ids_that_are_known(unknown: tuple[str, ...]) -> None:
    async with dify_pair(mode=AppMode.ADVANCED_CHAT) as pair:
        trace = await lose(pair)
        found = await pair.dify.find_finished(without_ids(trace, *unknown))
        assert found is not None
        assert found.text == TEXT
        assert found.conversation_id == trace.conversation_id


async def test_a_run_in_a_known_conversation_is_found_though_no_event_came() -> None:
    async with dify_pair() as pair:
        first = ids_of(await events_of(pair.dify, Prompt(text="之前", user="u1")))
        prompt = Prompt(text=QUESTION, user="u1", conversation_id=first.conversation_id)
        await events_of(pair.dify, prompt)
        trace = RunTrace(
            question=QUESTION,
            user="u1",
            asked_at=SystemClock().now(),
            asked_in_conversation_id=first.conversation_id,
        )
        found = await pair.dify.find_finished(trace)
        assert found is not None
        assert found.text == TEXT


async def test_an_older_run_of_the_same_question_is_not_mistaken_for_it() -> None:
    async with dify_pair() as pair:
        trace = await lose(pair)
        later = msgspec.structs.replace(trace, asked_at=trace.asked_at + 60.0, message_id=None)
        assert await pair.dify.find_finished(later) is None
        elsewhere = without_ids(later, "conversation_id")
        assert await pair.dify.find_finished(elsewhere) is None


async def test_another_followers_run_is_not_found() -> None:
    async with dify_pair() as pair:
        trace = await lose(pair)
        other = msgspec.structs.replace(trace, user="u2")
        assert await pair.dify.find_finished(other) is None
        assert await pair.dify.find_finished(without_ids(other, "conversation_id")) is None


@pytest.mark.parametrize("mode", [AppMode.CHAT, AppMode.ADVANCED_CHAT])
@pytest.mark.parametrize(("first_s", "is_found"), [(20.0, True), (500.0, False)])
async def test_a_run_that_goes_on_is_waited_for_but_not_for_ever(
    mode: AppMode, first_s: float, *, is_found: bool
) -> None:
    clock = VirtualClock()
    script = DifyScript(first_s=first_s)
    async with dify_pair(clock=clock, script=script, mode=mode) as pair:
        ask = asyncio.create_task(events_of(pair.dify, Prompt(text=QUESTION, user="u1")))
        while not pair.server.messages:  # noqa: ASYNC110 - a socket tells no event
            await asyncio.sleep(0.001)
        ask.cancel()
        ids = pair.server.messages[0].ids
        trace = RunTrace(
            question=QUESTION, user="u1", asked_at=clock.now(), conversation_id=ids.conversation_id
        )
        if mode is AppMode.ADVANCED_CHAT:
            trace = msgspec.structs.replace(trace, workflow_run_id=ids.workflow_run_id)
        find = asyncio.create_task(pair.dify.find_finished(trace))
        await outlast(clock, find, step_s=1.0)
        found = find.result()
        assert (found is not None) is is_found
        assert pair.server.calls[QUESTION] == 1
        assert clock.monotonic() <= 65.0


@pytest.mark.parametrize("mode", [AppMode.CHAT, AppMode.ADVANCED_CHAT])
async def test_a_failed_run_is_not_found_and_not_waited_for(mode: AppMode) -> None:
    script = DifyScript(trouble=Trouble.ERROR_EVENT)
    async with dify_pair(mode=mode, script=script) as pair:
        assert await pair.dify.find_finished(await lose(pair)) is None


async def test_a_dify_that_cannot_be_asked_is_an_error_and_no_absence() -> None:
    settings = DifySettings(base_url="http://127.0.0.1:1", api_key="app-x")
    dify = Dify(settings, SystemClock())
    trace = RunTrace(question=QUESTION, user="u1", asked_at=0.0, task_id="t1")
    with pytest.raises(ProviderUnavailable):
        await dify.find_finished(trace)
    with pytest.raises(ProviderUnavailable):
        await dify.stop(trace)
    with pytest.raises(ProviderUnavailable):
        await dify.forget("6f1c2f8e-2f6b-4f0e-9d0a-0c7a3b1d9e11", "u1")
    await dify.aclose()


async def test_stop_ends_a_running_answer_at_dify() -> None:
    async with dify_pair(script=DifyScript(gap_s=0.02)) as pair:
        events = []
        async for event in pair.dify.stream(Prompt(text=QUESTION, user="u1")):
            events.append(event)
            if isinstance(event, TextDelta) and not pair.server.stopped:
                ids = msgspec.structs.asdict(ids_of(events))
                await pair.dify.stop(RunTrace(question=QUESTION, user="u1", asked_at=0.0, **ids))
        assert pair.server.stopped == [ids_of(events).task_id]
        assert len(text_of(events)) < len(TEXT)


async def test_forget_erases_the_conversation_at_dify() -> None:
    async with dify_pair() as pair:
        trace = await lose(pair)
        await pair.dify.forget(trace.conversation_id or "", "u1")
        assert await pair.dify.find_finished(trace) is None
        assert pair.server.requests[-2].method == "DELETE"
        await pair.dify.forget(trace.conversation_id or "", "u1")


async def test_a_refused_erasure_is_told() -> None:
    async with dify_pair(api_key="app-other") as pair:
        with pytest.raises(ProviderError, match="401"):
            await pair.dify.forget("6f1c2f8e-2f6b-4f0e-9d0a-0c7a3b1d9e11", "u1")


class Canned:
    """Answers the small calls of a Dify of another version."""

    def __init__(self, bodies: dict[str, bytes | None]) -> None:
        self.bodies = bodies

    async def call(self, _: str, path: str, **__: object) -> bytes | None:
        body = self.bodies[path]
        if body == b"refused":
            raise ProviderMisconfigured("not_workflow_app")
        return body


ID = "6f1c2f8e-2f6b-4f0e-9d0a-0c7a3b1d9e11"
KEPT = b'{"data":[{"id":"m1","query":"q","answer":"kept","created_at":5}]}'
CHATFLOW = RunTrace(question="q", user="u1", asked_at=5.0, conversation_id=ID, workflow_run_id="r1")


async def find_among(
    bodies: dict[str, bytes | None], trace: RunTrace = CHATFLOW, *, limit_chars: int = 100
) -> str | None:
    found = await found_among(bodies, trace, limit_chars=limit_chars)
    return None if found is None else found.text


async def found_among(
    bodies: dict[str, bytes | None], trace: RunTrace = CHATFLOW, *, limit_chars: int = 100
) -> FoundAnswer | None:
    clock = VirtualClock()
    settings = DifySettings(base_url="http://x", api_key="app-x", answer_limit_chars=limit_chars)
    recovery = DifyRecovery(cast("DifyApi", Canned(bodies)), settings, clock)
    return await clock.run(recovery.find(trace, Reading()))


@pytest.mark.parametrize(
    "record",
    [
        b"refused",
        None,
        b"{}",
        b'{"status":"succeeded","outputs":null}',
        b'{"status":"succeeded","outputs":{"answer":5}}',
        b'{"status":"partial-succeeded","outputs":{"answer":"<think>x"}}',
    ],
)
async def test_where_the_runs_record_tells_nothing_the_messages_do(record: bytes | None) -> None:
    assert await find_among({"/workflows/run/r1": record, "/messages": KEPT}) == "kept"


async def test_what_a_found_answer_cost_is_told_where_dify_keeps_it() -> None:
    record = b'{"status":"succeeded","outputs":{"answer":"whole"},"total_tokens":"9"}'
    found = await found_among({"/workflows/run/r1": record})
    assert found is not None
    assert found.usage == Usage(total_tokens=9)
    cost = b'"message_tokens":3,"answer_tokens":6,"total_price":"0.01","currency":"USD",'
    messages = KEPT.replace(b'"query"', cost + b'"query"')
    found = await found_among({"/workflows/run/r1": None, "/messages": messages})
    assert found is not None
    assert found.usage == Usage(
        prompt_tokens=3, completion_tokens=6, total_price="0.01", currency="USD"
    )


@pytest.mark.parametrize("status", ["failed", "stopped", "paused"])
async def test_a_workflow_that_ended_badly_has_no_answer(status: str) -> None:
    record = b'{"status":"%s","outputs":{"answer":"half"}}' % status.encode()
    assert await find_among({"/workflows/run/r1": record}) is None


async def test_a_record_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ProviderUnavailable, match="cannot be read"):
        await find_among({"/workflows/run/r1": b"<html>"})


async def test_an_answer_of_reasoning_alone_is_no_answer() -> None:
    kept = KEPT.replace(b"kept", b"<think>only")
    assert await find_among({"/workflows/run/r1": None, "/messages": kept}) is None


def kept(*messages: tuple[str, int]) -> dict[str, bytes | None]:
    """A conversation where the same was asked several times; the answer is the message's id."""
    data = [
        {"id": id_, "query": "q", "answer": id_, "created_at": created_at}
        for id_, created_at in messages
    ]
    return {"/messages": msgspec.json.encode({"data": data})}


@pytest.mark.parametrize("gives_sources", [True, False])
async def test_a_found_answer_names_its_documents_where_that_is_set(*, gives_sources: bool) -> None:
    resources = b'"retriever_resources":[{"document_id":"1","document_name":"Price list"}]'
    bodies: dict[str, bytes | None] = {"/messages": KEPT.replace(b'"id"', resources + b',"id"')}
    trace = msgspec.structs.replace(CHATFLOW, workflow_run_id=None)
    settings = DifySettings(base_url="http://x", api_key="app-x")
    clock = VirtualClock()
    recovery = DifyRecovery(cast("DifyApi", Canned(bodies)), settings, clock)
    found = await clock.run(recovery.find(trace, Reading(gives_sources=gives_sources)))
    assert found is not None
    assert found.sources == ((Source("Price list"),) if gives_sources else ())


AGAIN = RunTrace(question="q", user="u1", asked_at=105.0, conversation_id=ID)


@pytest.mark.parametrize(
    "messages", [[("earlier", 100), ("mine", 106)], [("mine", 106), ("earlier", 100)]]
)
async def test_of_several_messages_of_the_same_words_the_newest_is_taken(
    messages: list[tuple[str, int]],
) -> None:
    assert await find_among(kept(*messages), AGAIN) == "mine"


async def test_a_message_of_another_turn_is_not_taken_for_the_lost_one() -> None:
    trace = msgspec.structs.replace(AGAIN, known_message_ids=frozenset({"earlier", "later"}))
    assert await find_among(kept(("earlier", 100)), trace) is None
    among = kept(("earlier", 100), ("mine", 106), ("later", 108))
    assert await find_among(among, trace) == "mine"


@pytest.mark.parametrize(
    ("created_at", "is_found"),
    # The turn before ended at 102.6; what came just after it says 102.
    [(100, False), (101, False), (102, True), (103, True)],
)
async def test_a_message_from_before_the_end_of_the_turn_before_is_not_the_lost_one(
    created_at: int, *, is_found: bool
) -> None:
    trace = msgspec.structs.replace(AGAIN, not_before=102.6)
    found = await find_among(kept(("mine", created_at)), trace)
    assert found == ("mine" if is_found else None)


async def test_a_known_id_of_its_own_message_decides_alone() -> None:
    trace = msgspec.structs.replace(AGAIN, message_id="mine", not_before=102.6)
    assert await find_among(kept(("mine", 90), ("other", 106)), trace) == "mine"


@pytest.mark.parametrize(("limit_chars", "is_found"), [(4, True), (3, False)])
async def test_an_answer_over_the_limit_is_not_found_whole(
    limit_chars: int, *, is_found: bool
) -> None:
    found = await find_among(kept(("mine", 106)), AGAIN, limit_chars=limit_chars)
    assert (found is not None) is is_found
