"""The public address, behind fronts that do everything wrong that a front can."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from support.fronts import TOKEN, Answering, Issuer, cut, front, gateway, is_probe
from yingda.clock import SystemClock
from yingda.config.values import AccountSettings
from yingda.doctor.address import Spans, Way, callback_urls, check_account, check_server, place
from yingda.doctor.base import Findings
from yingda.wechat.signature import parse_query

#: WeChat's spans by a tenth, and a hold that a test can wait for.
SPANS = Spans(window_s=0.5, hold_s=0.25, slow_s=0.15)
ACCOUNT = AccountSettings(name="default", token=TOKEN, provider="echo")
WELL = ["echo_ok", "forged_ok", "push_ok", "speed_ok"]


async def examined(
    answer: Answering, account: AccountSettings = ACCOUNT, *, holds: bool = False
) -> Findings:
    async with front(answer) as url:
        way = Way(clock=SystemClock(), spans=SPANS)
        return await check_account(f"{url}/wechat/{account.name}", account, way, holds=holds)


async def codes(answer: Answering, *, holds: bool = False) -> list[str]:
    return [each.code for each in await examined(answer, holds=holds)]


def replacing(echo_by: str, content_type: str = "text/plain") -> Answering:
    """A front that puts something in place of the answer to the handshake."""

    async def answer(request: web.Request) -> web.Response:
        whole = await gateway(request)
        if request.method != "GET" or whole.status != 200:
            return whole
        body = echo_by.replace("ECHO", str(whole.text)).encode()
        return web.Response(body=body, content_type=content_type)

    return answer


def instead(status: int, text: str = "", **headers: str) -> Answering:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return answer


async def test_a_front_that_passes_everything_on_passes() -> None:
    assert await codes(gateway) == WELL


@pytest.mark.parametrize(
    ("echo_by", "code"),
    [
        ("", "echo_empty"),
        (" \n", "echo_empty"),
        ("\ufeffECHO", "echo_bom"),
        ("ECHO\n", "echo_blank"),
        (" ECHO", "echo_blank"),
        ('"ECHO"', "echo_quotes"),
        ("'ECHO'\n", "echo_quotes"),
        ("<html><body>ECHO</body></html>", "echo_html"),
        ("<html>welcome</html>", "echo_page"),
        ("123", "echo_other"),
        ("ECHO and more", "echo_other"),
    ],
)
async def test_whatever_is_wrapped_round_echostr_is_told_apart(echo_by: str, code: str) -> None:
    assert await codes(replacing(echo_by)) == [code]


async def test_a_page_without_a_tag_at_its_start_is_known_by_its_type() -> None:
    assert await codes(replacing("welcome", "text/html")) == ["echo_page"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (instead(301, Location="https://x.example/wechat/default?signature=s"), "answer_redirect"),
        (instead(308, Location="/elsewhere"), "answer_redirect"),
        (instead(403, "refused"), "answer_refused"),
        (instead(403, "<html>WAF</html>"), "answer_blocked"),
        (instead(401, "login"), "answer_blocked"),
        (instead(404, "no such account"), "answer_account"),
        (instead(404, "not found"), "answer_path"),
        (instead(404, "<html>404</html>"), "answer_not_found"),
        (instead(500, "oops"), "answer_error"),
        (instead(502, "<html>Bad Gateway</html>", Server="nginx/1.25"), "answer_error"),
        (instead(201, "created"), "answer_status"),
    ],
)
async def test_an_answer_without_status_200_is_told_by_who_gave_it(
    answer: Answering, code: str
) -> None:
    (found,) = await examined(answer)
    assert found.code == code
    assert "signature" not in repr(found)


async def test_a_redirect_names_its_target_and_an_error_the_server_that_gave_it() -> None:
    moved = instead(302, Location="https://www.x.example/wechat/default?echostr=5")
    assert "https://www.x.example/wechat/default，" in (await examined(moved))[0].said.zh
    broken = instead(502, Server="nginx/1.25")
    assert (await examined(broken))[0].said.en.endswith("502 came back (nginx/1.25)")


async def test_a_token_that_differs_from_the_running_servers_is_told() -> None:
    other = AccountSettings(name="default", token="another9", provider="echo")
    (found,) = await examined(gateway, other)
    assert found.code == "answer_refused"
    assert "another9" not in repr(found)


async def test_no_answer_in_time_and_a_broken_connection_are_told_apart() -> None:
    async def sleep(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async def hang_up(request: web.Request) -> web.Response:
        cut(request)
        return web.Response()

    assert await codes(sleep) == ["answer_late"]
    assert await codes(hang_up) == ["answer_broken"]


async def test_a_front_that_answers_the_handshake_of_anybody_is_told() -> None:
    async def credulous(request: web.Request) -> web.Response:
        return web.Response(text=request.query.get("echostr", "success"))

    assert (await codes(credulous))[:2] == ["echo_ok", "forged_accepted"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (instead(200, '"success"'), "push_wrong"),
        (instead(200, ""), "push_wrong"),
        (instead(500), "answer_error"),
        (instead(403, "refused"), "answer_refused"),
        (instead(405), "answer_status"),
    ],
)
async def test_a_push_that_is_not_accepted_is_told(answer: Answering, code: str) -> None:
    async def only_gets(request: web.Request) -> web.StreamResponse:
        return await (gateway if request.method == "GET" else answer)(request)

    assert await codes(only_gets, holds=True) == ["echo_ok", "forged_ok", code]


async def test_slow_answers_are_a_warning() -> None:
    async def slow(request: web.Request) -> web.Response:
        if request.method == "POST":
            await asyncio.sleep(0.2)
        return await gateway(request)

    assert await codes(slow) == ["echo_ok", "forged_ok", "push_ok", "speed_slow"]


async def test_with_a_key_pushes_come_in_safe_mode() -> None:
    seen: list[dict[str, str]] = []

    async def recorded(request: web.Request) -> web.Response:
        query = parse_query(request.query_string.encode())
        seen.append({"method": request.method, "encrypt_type": query.encrypt_type})
        assert b"VIEW" not in await request.read()
        return await gateway(request)

    keyed: dict[str, Any] = {
        "encoding_aes_key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
        "app_id": "wx5823bf96d3bd56c7",
    }
    account = AccountSettings(name="default", token=TOKEN, provider="echo", **keyed)
    found = await examined(recorded, account)
    assert [each.code for each in found] == WELL
    assert {"method": "POST", "encrypt_type": "aes"} in seen


# The hold


def holding(then: Answering) -> Answering:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await (then if await is_probe(request) else gateway)(request)

    return answer


async def hold(_: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response(text="success")


async def give_up(_: web.Request) -> web.Response:
    await asyncio.sleep(0.1)
    return web.Response(status=504, text="<html>Gateway Time-out</html>", headers={"Server": "lb"})


async def cut_short(request: web.Request) -> web.Response:
    await asyncio.sleep(0.1)
    cut(request)
    return web.Response()


@pytest.mark.parametrize(
    ("then", "code"),
    [
        (hold, "hold_ok"),
        (give_up, "hold_error"),
        (cut_short, "hold_cut"),
        (instead(200, "success"), "hold_early"),
    ],
)
async def test_what_becomes_of_a_held_request_is_told(then: Answering, code: str) -> None:
    assert await codes(holding(then), holds=True) == [*WELL, code]


async def test_the_one_who_gave_up_is_named_with_the_seconds() -> None:
    last = (await examined(holding(give_up), holds=True))[-1]
    assert last.said.en.startswith("a proxy gave up after 0.")
    assert last.said.en.endswith("504 (lb)")
    assert "proxy_read_timeout" in str(last.mend)


async def test_nothing_is_held_where_pushes_do_not_even_arrive() -> None:
    assert await codes(replacing("<html>"), holds=True) == ["echo_page"]


# The server


async def test_a_loopback_address_is_a_warning_and_a_port_of_ones_own_a_failure(
    tmp_path: Path,
) -> None:
    issuer = Issuer("root")
    async with front(tls=issuer.serving(tmp_path)) as url:
        way = Way(clock=SystemClock(), tls=issuer.trust())
        local, reached = await check_server(place(url, "--url"), way)
        assert (local.code, reached.code) == ("url_local", "reach_ok")
        name = f"{url}/wechat/default"
        found = await check_account(name, ACCOUNT, way, holds=False)
        assert [each.code for each in found] == WELL


async def test_another_port_than_80_and_443_is_a_failure_for_a_public_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def elsewhere(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", ("198.51.100.7", 8443)), (2, 1, 6, "", ("8.8.8.8", 8443))]

    async def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", elsewhere)
    monkeypatch.setattr(asyncio, "open_connection", refuse)
    way = Way(clock=SystemClock())
    found = await check_server(place("https://gate.example:8443", "--url"), way)
    assert [each.code for each in found] == ["url_port", "connect_refused"]
    found = await check_server(place("https://gate.example", "--url"), way)
    assert [each.code for each in found] == ["connect_refused"]


def test_an_address_that_names_an_account_means_that_one_alone() -> None:
    other = AccountSettings(name="shop", token=TOKEN, provider="echo")
    both = (ACCOUNT, other)
    pasted = "https://a.example/x/wechat/shop"
    assert list(callback_urls(pasted, both)) == [(pasted, other)]
    assert [url for url, _ in callback_urls("https://a.example/x", both)] == [
        "https://a.example/x/wechat/default",
        "https://a.example/x/wechat/shop",
    ]
