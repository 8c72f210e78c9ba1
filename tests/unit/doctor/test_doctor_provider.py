"""One provider, from its address to its app's variables."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from support.fronts import front
from yingda.clock import SystemClock
from yingda.config.providers import DifyProvider, EchoProvider
from yingda.doctor.base import Finding, Status
from yingda.doctor.provider import check_provider
from yingda.simulator.dify_script import AppMode
from yingda.simulator.dify_server import DifyServer

KEY = "app-Zq8Lk2Vt6Ws0"


async def examined(url: str, name: str = "dify", **settings: Any) -> list[Finding]:
    """What is found behind the address, which is reached."""
    dify = DifyProvider(**{"base_url": url, "api_key": KEY, **settings})
    first, *rest = await check_provider(name, dify, SystemClock())
    assert first.code == "reach_ok"
    return rest


async def codes(url: str, **settings: Any) -> list[str]:
    return [each.code for each in await examined(url, **settings)]


def answering(
    status: int = 200, body: object = None, *, text: str = "", kind: str = "application/json"
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        if text:
            return web.Response(status=status, text=text, content_type=kind)
        return web.json_response(body, status=status)

    return answer


async def test_an_app_that_converses_is_ready_and_was_asked_no_question() -> None:
    async with DifyServer(SystemClock(), api_key=KEY) as dify:
        (found,) = await examined(dify.base_url)
        assert (found.code, found.subject) == ("provider_ok", "dify")
        assert "simulated" in found.said.zh
        assert {each.path for each in dify.requests} == {"/v1/parameters", "/v1/info"}
        assert not dify.calls


async def test_a_dify_that_names_no_type_is_ready_too() -> None:
    async with DifyServer(SystemClock(), api_key=KEY, names_mode=False) as dify:
        assert await codes(dify.base_url) == ["provider_ok"]


async def test_a_wrong_key_is_told_with_where_it_is_set_and_never_shown() -> None:
    async with DifyServer(SystemClock(), api_key="app-another") as dify:
        (found,) = await examined(dify.base_url)
    assert found.code == "provider_key"
    assert "YINGDA_DIFY_API_KEY" in str(found.mend)
    assert KEY not in repr(found)


@pytest.mark.parametrize("mode", AppMode)
async def test_an_app_of_any_type_is_ready(mode: AppMode) -> None:
    async with DifyServer(SystemClock(), api_key=KEY, mode=mode) as dify:
        (found,) = await examined(dify.base_url)
    assert found.code == "provider_ok"
    assert mode.value in found.said.en


async def test_a_type_that_was_set_and_is_another_is_a_warning() -> None:
    async with DifyServer(SystemClock(), api_key=KEY, mode=AppMode.ADVANCED_CHAT) as dify:
        assert await codes(dify.base_url, mode="chat") == ["provider_ok", "provider_mode_differs"]


async def test_required_variables_without_a_value_are_named() -> None:
    async def answer(request: web.Request) -> web.Response:
        form = [
            {"text-input": {"variable": "city", "required": True, "label": "城市"}},
            {"select": {"variable": "tone", "required": True}},
            {"paragraph": {"variable": "extra", "required": False}},
            {"unheard-of": "x"},
        ]
        is_form = request.path.endswith("/parameters")
        return web.json_response({"user_input_form": form} if is_form else {"mode": "chat"})

    async with front(answer) as url:
        ready, missing = await examined(url, "bot", inputs={"tone": "polite"})
        assert (ready.code, missing.code) == ("provider_ok", "provider_inputs")
        assert "city" in missing.said.en
        assert "tone" not in missing.said.en
        assert "[providers.bot.inputs]" in str(missing.mend)
        assert await codes(url, inputs={"tone": "a", "city": "b"}) == ["provider_ok"]


def field(name: str, kind: str = "paragraph", **fields: object) -> dict[str, object]:
    return {kind: {"variable": name, "required": True, **fields}}


@pytest.mark.parametrize(
    ("mode", "form", "settings", "expected"),
    [
        (AppMode.WORKFLOW, [field("q")], {}, []),
        (AppMode.WORKFLOW, [field("q"), field("city")], {"inputs": {"city": "x"}}, []),
        (AppMode.WORKFLOW, [field("q"), field("r")], {"input_key": "q"}, ["provider_inputs"]),
        (AppMode.WORKFLOW, [field("q"), field("pdf", "file")], {}, ["provider_inputs"]),
        (
            AppMode.WORKFLOW,
            [field("a"), field("b")],
            {},
            ["provider_question", "provider_inputs"],
        ),
        (AppMode.WORKFLOW, [], {}, ["provider_question"]),
        (AppMode.COMPLETION, [field("query")], {}, []),
        (AppMode.COMPLETION, [field("topic")], {}, ["provider_question", "provider_inputs"]),
        (AppMode.COMPLETION, [field("topic")], {"input_key": "topic"}, []),
        (
            AppMode.COMPLETION,
            [field("query", "text-input", max_length=48)],
            {},
            ["provider_question_short"],
        ),
        (AppMode.CHAT, [field("query")], {}, ["provider_inputs"]),
    ],
)
async def test_the_variable_of_the_question_needs_no_value_and_has_to_be_there(
    mode: AppMode, form: list[object], settings: dict[str, Any], expected: list[str]
) -> None:
    async with DifyServer(SystemClock(), api_key=KEY, mode=mode) as dify:
        dify.introduction = {"user_input_form": form}
        assert await codes(dify.base_url, **settings) == ["provider_ok", *expected]


async def test_the_mend_of_a_missing_variable_names_those_that_there_are() -> None:
    async with DifyServer(SystemClock(), api_key=KEY, mode=AppMode.WORKFLOW) as dify:
        dify.introduction = {"user_input_form": [field("a"), field("b\n")]}
        found = (await examined(dify.base_url))[1]
    assert "query" in found.said.zh
    assert "providers.dify.input_key" in str(found.mend)
    assert "a, b" in str(found.mend)


@pytest.mark.parametrize(
    ("mode", "features", "expected"),
    [
        (AppMode.CHAT, {"speech_to_text": {"enabled": False}}, ["provider_no_speech"]),
        (
            AppMode.CHAT,
            {"suggested_questions_after_answer": {"enabled": False}},
            ["provider_no_suggestions"],
        ),
        (AppMode.WORKFLOW, {"suggested_questions_after_answer": {"enabled": False}}, []),
        (AppMode.CHAT, {"file_upload": {"image": {"enabled": False}}}, ["provider_no_pictures"]),
        (AppMode.CHAT, {"file_upload": {}, "speech_to_text": None}, []),
        (AppMode.CHAT, {"file_upload": {"image": {"enabled": True}}}, []),
        (AppMode.CHAT, {"speech_to_text": "odd"}, []),
    ],
)
async def test_what_is_off_in_the_app_is_told_and_no_fault(
    mode: AppMode, features: dict[str, object], expected: list[str]
) -> None:
    async with DifyServer(SystemClock(), api_key=KEY, mode=mode) as dify:
        dify.introduction = features
        found = await examined(dify.base_url)
    assert [each.code for each in found] == ["provider_ok", *expected]
    assert {each.status for each in found} == {Status.OK}


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "app_unavailable", "provider_unpublished"),
        (400, "agent_not_published", "provider_unpublished"),
        (403, "forbidden", "provider_forbidden"),
        (400, "something_new", "provider_refused"),
        (500, "internal_server_error", "provider_failing"),
        (429, "too_many_requests", "provider_busy"),
    ],
)
async def test_what_dify_refuses_is_told_by_its_code(status: int, code: str, expected: str) -> None:
    async with front(answering(status, {"code": code, "message": "m"})) as url:
        assert await codes(url) == [expected]


@pytest.mark.parametrize(
    ("status", "text", "kind", "expected"),
    [
        (404, "<html>nothing</html>", "text/html", "provider_address"),
        (200, "<html>the console</html>", "text/html", "provider_address"),
        (200, "not json", "application/json", "provider_address"),
        (301, "moved", "text/plain", "provider_address"),
        (401, "who", "text/plain", "provider_key"),
        (403, "no", "text/plain", "provider_forbidden"),
        (502, "<html>bad gateway</html>", "text/html", "provider_failing"),
    ],
)
async def test_what_is_no_dify_is_told_by_its_status(
    status: int, text: str, kind: str, expected: str
) -> None:
    async with front(answering(status, text=text, kind=kind)) as url:
        assert await codes(url) == [expected]


async def test_a_server_that_hangs_up_is_told() -> None:
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with front(hang_up) as url:
        assert await codes(url) == ["provider_no_answer"]


async def test_a_provider_that_is_not_reached_is_told_with_its_setting() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    (found,) = await check_provider("a", DifyProvider(base_url=url, api_key=KEY), SystemClock())
    assert found.code == "connect_refused"
    assert "providers.a.base_url" in str(found.mend)


async def test_a_proxy_of_this_machine_is_named_without_its_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with DifyServer(SystemClock(), api_key=KEY) as dify:
        origin = dify.base_url.removesuffix("/v1")
        proxy = origin.replace("://", "://user:secretlogin@")
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        settings = DifyProvider(base_url="http://dify.invalid/v1", api_key=KEY)
        found = await check_provider("a", settings, SystemClock())
    assert found[0].code == "provider_by_proxy"
    assert "secretlogin" not in repr(found)


async def test_a_proxy_of_the_provider_is_named_without_its_login() -> None:
    async with DifyServer(SystemClock(), api_key=KEY) as dify:
        proxy = dify.base_url.removesuffix("/v1").replace("://", "://user:secretlogin@")
        settings = DifyProvider(base_url="http://dify.invalid/v1", api_key=KEY, proxy=proxy)
        found = await check_provider("a", settings, SystemClock())
    assert found[0].code == "provider_by_proxy"
    assert "secretlogin" not in repr((found, settings))


async def test_the_echo_needs_nothing() -> None:
    (found,) = await check_provider("echo", EchoProvider(), SystemClock())
    assert found.code == "provider_echo"
