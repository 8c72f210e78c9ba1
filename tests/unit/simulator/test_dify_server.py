"""The simulated Dify keeps to the reference, so that what passes against it means something."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from support.dify_pair import until
from yingda.clock import SystemClock
from yingda.simulator.dify_script import AppMode, DifyScript, Ending, Trouble, steered
from yingda.simulator.dify_server import SAMPLE_KEY, DifyServer

HEADERS = {"Authorization": f"Bearer {SAMPLE_KEY}"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=HEADERS) as opened:
        yield opened


async def ask(
    session: aiohttp.ClientSession, server: DifyServer, query: str = "问", **more: object
) -> list[dict[str, object]]:
    body = {"query": query, "inputs": {}, "user": "u1", "response_mode": "streaming", **more}
    async with session.post(f"{server.base_url}/chat-messages", json=body) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        text = await response.text()
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


async def status_and_code(
    session: aiohttp.ClientSession, server: DifyServer, query: str, **more: object
) -> tuple[int, str]:
    body = {"query": query, "inputs": {}, "user": "u1", **more}
    async with session.post(f"{server.base_url}/chat-messages", json=body) as response:
        is_json = response.content_type == "application/json"
        return response.status, (await response.json())["code"] if is_json else "html"


def names(events: list[dict[str, object]]) -> list[object]:
    """The names of the events in order, repetitions once."""
    found = [event["event"] for event in events]
    return [name for name, before in zip(found, [None, *found], strict=False) if name != before]


ORDERS = {
    AppMode.CHAT: ["message", "message_end"],
    AppMode.AGENT_CHAT: ["agent_thought", "agent_message", "message_end"],
    AppMode.AGENT: ["agent_message", "message", "message_end"],
    AppMode.ADVANCED_CHAT: [
        "workflow_started",
        "node_finished",
        "message",
        "message_end",
        "workflow_finished",
    ],
}


@pytest.mark.parametrize(("mode", "order"), ORDERS.items())
async def test_each_app_type_sends_its_events_in_its_order(
    session: aiohttp.ClientSession, mode: AppMode, order: list[str]
) -> None:
    async with DifyServer(SystemClock(), mode=mode) as server:
        assert names(await ask(session, server)) == order


@pytest.mark.parametrize(
    ("ending", "last"),
    [
        (Ending.WORKFLOW_FIRST, ["workflow_finished", "message_end"]),
        (Ending.NO_MESSAGE_END, ["message", "workflow_finished"]),
        (Ending.NO_WORKFLOW_FINISHED, ["message", "message_end"]),
    ],
)
async def test_a_chatflow_ends_in_the_order_asked_for(
    session: aiohttp.ClientSession, ending: Ending, last: list[str]
) -> None:
    script = DifyScript(ending=ending)
    async with DifyServer(SystemClock(), script, mode=AppMode.ADVANCED_CHAT) as server:
        assert names(await ask(session, server))[-2:] == last


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("#busy", (429, "too_many_requests")),
        ("#quota", (429, "rate_limit_error")),
        ("#500", (500, "internal_server_error")),
        ("#502", (502, "html")),
        ("#504", (504, "html")),
        ("#401", (401, "unauthorized")),
        ("#unavailable", (400, "app_unavailable")),
    ],
)
async def test_a_keyword_in_the_question_brings_its_refusal(
    session: aiohttp.ClientSession, query: str, expected: tuple[int, str]
) -> None:
    async with DifyServer(SystemClock()) as server:
        assert await status_and_code(session, server, query) == expected
        assert server.calls[query] == 1


async def test_a_script_for_a_question_leaves_other_questions_alone(
    session: aiohttp.ClientSession,
) -> None:
    async with DifyServer(SystemClock()) as server:
        server.on("坏", DifyScript(trouble=Trouble.SERVER_ERROR, trouble_times=1))
        assert (await status_and_code(session, server, "坏"))[0] == 500
        assert names(await ask(session, server, "坏")) == ORDERS[AppMode.CHAT]
        assert names(await ask(session, server, "好")) == ORDERS[AppMode.CHAT]
        assert server.calls == {"坏": 2, "好": 1}


async def test_a_conversation_belongs_to_one_user(session: aiohttp.ClientSession) -> None:
    async with DifyServer(SystemClock()) as server:
        conversation_id = (await ask(session, server))[0]["conversation_id"]
        same = await ask(session, server, "再问", conversation_id=conversation_id)
        assert same[0]["conversation_id"] == conversation_id
        other = await status_and_code(
            session, server, "问", conversation_id=conversation_id, user="u2"
        )
        assert other == (404, "not_found")


async def test_what_was_asked_is_listed_newest_first_until_it_is_deleted(
    session: aiohttp.ClientSession,
) -> None:
    async with DifyServer(SystemClock(), DifyScript(text="答")) as server:
        conversation_id = str((await ask(session, server, "一"))[0]["conversation_id"])
        await ask(session, server, "二", conversation_id=conversation_id)
        where = {"user": "u1", "conversation_id": conversation_id}
        async with session.get(f"{server.base_url}/messages", params=where) as response:
            rows = (await response.json())["data"]
        assert [(row["query"], row["answer"]) for row in rows] == [("二", "答"), ("一", "答")]
        address = f"{server.base_url}/conversations/{conversation_id}"
        async with session.delete(address, json={"user": "u1"}) as response:
            assert response.status == 204
        async with session.get(f"{server.base_url}/messages", params=where) as response:
            assert response.status == 404


async def test_a_cut_may_strike_inside_a_character(session: aiohttp.ClientSession) -> None:
    body = {"query": "#cut-character", "inputs": {}, "user": "u1"}
    came = bytearray()

    async def read_on(response: aiohttp.ClientResponse) -> None:
        while chunk := await response.content.readany():
            came.extend(chunk)

    async with DifyServer(SystemClock()) as server:
        response = await session.post(f"{server.base_url}/chat-messages", json=body)
        with pytest.raises(aiohttp.ClientPayloadError):
            await read_on(response)
        response.close()
    with pytest.raises(UnicodeDecodeError):
        came.decode()


async def test_a_client_that_leaves_ends_the_stream(session: aiohttp.ClientSession) -> None:
    body = {"query": "#pings", "inputs": {}, "user": "u1"}
    async with DifyServer(SystemClock()) as server:
        response = await session.post(f"{server.base_url}/chat-messages", json=body)
        assert await response.content.readline() == b"event: ping\n"
        assert server.open_streams == 1
        response.close()
        await until(lambda: server.open_streams == 0)


async def test_a_server_that_closes_leaves_no_stream_behind(
    session: aiohttp.ClientSession,
) -> None:
    body = {"query": "#pings", "inputs": {}, "user": "u1"}
    async with DifyServer(SystemClock()) as server:
        response = await session.post(f"{server.base_url}/chat-messages", json=body)
        await response.content.readline()
    await asyncio.sleep(0)
    assert server.open_streams == 0
    response.close()


async def test_info_and_parameters_tell_about_the_app(session: aiohttp.ClientSession) -> None:
    async with DifyServer(SystemClock(), mode=AppMode.AGENT) as server:
        async with session.get(f"{server.base_url}/info") as response:
            assert (await response.json())["mode"] == "agent"
        async with session.get(f"{server.base_url}/parameters") as response:
            assert "user_input_form" in await response.json()
        async with session.get(f"{server.base_url}/nowhere") as response:
            assert (response.status, response.content_type) == (404, "text/html")


def test_keywords_steer_pace_length_and_reasoning() -> None:
    slow = steered(DifyScript(), "#slow=12")
    assert slow.first_s + slow.gap_s * slow.pieces == pytest.approx(12.0)
    assert len(steered(DifyScript(), "#long=700").text) == 700
    assert steered(DifyScript(), "#think").text.startswith("<think>")
    assert steered(DifyScript(), "#empty").text == ""
    assert steered(DifyScript(), "#node=5").node_bytes == 5
    assert steered(DifyScript(), "#workflow-first").ending is Ending.WORKFLOW_FIRST
    assert steered(DifyScript(), "#busy=2").trouble_times == 2
    assert steered(DifyScript(), "价格 #1 和 #unknown") == DifyScript()
