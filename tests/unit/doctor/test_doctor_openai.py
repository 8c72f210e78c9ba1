"""One OpenAI-compatible server, from its address to its list of models."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from support.fronts import front
from yingda.clock import SystemClock
from yingda.config.providers import OpenAiProvider
from yingda.doctor.base import Finding
from yingda.doctor.provider import check_provider
from yingda.simulator.openai_server import MODEL, OpenAiServer

KEY = "sk-Zq8Lk2Vt6Ws0"


async def examined(url: str, name: str = "openai", **settings: Any) -> Finding:
    """What is found behind the address, which is reached."""
    model = OpenAiProvider(**{"base_url": url, "api_key": KEY, "model": MODEL, **settings})
    way, found = await check_provider(name, model, SystemClock())
    assert way.code == "reach_ok"
    return found


def answering(
    status: int, body: object = None, *, page: str = ""
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        if page:
            return web.Response(status=status, text=page, content_type="text/html")
        return web.json_response(body, status=status)

    return answer


async def test_a_model_that_is_listed_is_ready_and_was_asked_nothing() -> None:
    async with OpenAiServer(SystemClock(), api_key=KEY) as server:
        found = await examined(server.base_url)
        assert found.code == "model_ok"
        assert MODEL in found.said.zh
        assert [each.path for each in server.requests] == ["/v1/models"]


async def test_a_model_that_is_not_listed_is_a_warning_that_names_its_setting() -> None:
    async with OpenAiServer(SystemClock(), api_key=KEY) as server:
        found = await examined(server.base_url, model="simulated-2")
    assert found.code == "model_unlisted"
    assert "YINGDA_OPENAI_MODEL" in str(found.mend)


async def test_a_server_without_a_list_is_well_if_it_refuses_an_empty_question() -> None:
    async with OpenAiServer(SystemClock(), api_key=KEY, lists_models=False) as server:
        assert (await examined(server.base_url)).code == "model_no_list"
        assert [each.values for each in server.requests] == [{}, {}]


async def test_a_wrong_key_is_told_with_where_it_is_set_and_never_shown() -> None:
    async with OpenAiServer(SystemClock(), api_key="sk-another") as server:
        found = await examined(server.base_url)
        named = await examined(server.base_url, name="own")
    assert found.code == named.code == "model_key"
    assert "YINGDA_OPENAI_API_KEY" in str(found.mend)
    assert "providers.own.api_key" in str(named.mend)
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (answering(402, {"error": {"message": "Insufficient Balance"}}), "model_quota"),
        (answering(403, {"error": {"message": "no", "code": "access_denied"}}), "model_forbidden"),
        (answering(429, {"error": {"message": "slow", "code": "rate_limit"}}), "model_busy"),
        (answering(500, {"error": {"message": "oh"}}), "model_failing"),
        (answering(400, {"error": {"message": "no", "type": "no_db"}}), "model_refused"),
        (answering(404, {"detail": "Not Found"}), "model_address"),
        (answering(404, page="<h1>404</h1>"), "model_address"),
        (answering(200, page="<h1>welcome</h1>"), "model_address"),
        (answering(200, {"hello": 1}), "model_address"),
        (answering(200, [{"id": MODEL}]), "model_ok"),
        (answering(200, [{"id": "other"}]), "model_unlisted"),
        (answering(301), "model_address"),
    ],
)
async def test_each_answer_has_a_finding_of_its_own(
    answer: Callable[[web.Request], Awaitable[web.Response]], code: str
) -> None:
    async with front(answer) as url:
        assert (await examined(url)).code == code


async def test_an_address_that_cannot_be_used_is_told_without_asking() -> None:
    provider = OpenAiProvider(base_url="https://a:b@c/v1", model="m")
    (found,) = await check_provider("openai", provider, SystemClock())
    assert found.code == "model_setting"
