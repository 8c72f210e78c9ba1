"""When the client asks again, and when it leaves it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.server_api import SEND, TYPING, Line, open_line
from yingda.errors import ApiKind, ApiRefused, ApiUnreachable, SendInDoubt
from yingda.simulator.server_api_base import Fault
from yingda.simulator.server_api_transport import InProcessApi
from yingda.wechat.api_base import ServiceDesk


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with open_line(tmp_path) as opened:
        await opened.run(opened.api.check_token())
        yield opened


async def test_the_client_is_the_engines_service_desk(line: Line) -> None:
    desk: ServiceDesk = line.api
    await line.run(desk.send_text(line.says(), "好"))
    assert line.shown() == ["好"]


@pytest.mark.parametrize("code", [-1, 45011])
@pytest.mark.parametrize(("times", "waited_s"), [(1, 0.3), (2, 1.3), (3, 3.8)])
async def test_a_busy_wechat_is_asked_again_after_growing_pauses(
    code: int, times: int, waited_s: float, line: Line
) -> None:
    line.server.script(Fault(code=code, path=SEND), times)
    before_s = line.clock.monotonic()
    await line.run(line.api.send_text(line.says(), "好"))
    assert line.clock.monotonic() - before_s == pytest.approx(waited_s)
    assert line.server.calls[SEND] == times + 1
    assert line.shown() == ["好"]


@pytest.mark.parametrize(
    ("within_s", "tries"), [(0.0, 1), (0.2, 1), (0.5, 2), (1.5, 3), (None, 4), (60.0, 4)]
)
async def test_no_try_begins_after_the_bound_that_is_handed_in(
    within_s: float | None, tries: int, line: Line
) -> None:
    line.server.script(Fault(code=-1, path=SEND), times=10)
    with pytest.raises(ApiRefused) as caught:
        await line.run(line.api.send_text(line.says(), "好", within_s=within_s))
    assert caught.value.kind is ApiKind.BUSY
    assert line.server.calls[SEND] == tries


async def test_a_typing_state_that_is_only_tried_once_fails_at_once(line: Line) -> None:
    line.server.script(Fault(code=-1, path=TYPING))
    before_s = line.clock.monotonic()
    with pytest.raises(ApiRefused):
        await line.run(line.api.set_typing(line.says(), on=True, within_s=0))
    assert line.clock.monotonic() == before_s


async def test_typing_needs_a_word_of_the_follower_in_the_last_half_minute(line: Line) -> None:
    openid = line.says()
    await line.pass_s(31)
    with pytest.raises(ApiRefused) as caught:
        await line.run(line.api.set_typing(openid, on=True))
    assert caught.value.kind is ApiKind.NO_TYPING


async def test_a_busy_answer_after_a_doubt_is_never_reached(line: Line) -> None:
    line.server.script(Fault(code=-1, path=SEND))
    line.server.script(Fault(is_silent=True, path=SEND))
    with pytest.raises(SendInDoubt):
        await line.run(line.api.send_text(line.says(), "好"))
    assert line.server.calls[SEND] == 2
    assert line.shown() == ["好"]


async def test_a_message_that_never_left_is_in_no_doubt(line: Line) -> None:
    transport = InProcessApi(line.server, line.clock)
    transport.is_down = True
    line._transport = lambda _: transport
    with pytest.raises(ApiUnreachable) as caught:
        await line.run(line.client().send_text(line.says(), "好"))
    assert not caught.value.was_sent


@pytest.mark.parametrize("created_at", [0, 1, 4_000_000_000_000, "yesterday", None])
async def test_how_long_a_file_is_kept_goes_by_our_own_clock(
    created_at: object, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"type": "image", "media_id": "m", "created_at": created_at}
    handlers = {"/cgi-bin/media/upload": ("POST", lambda _: told)}
    monkeypatch.setattr(line.server, "_handlers", {**line.server._handlers, **handlers})
    uploaded = await line.run(line.api.upload_image(b"png", "a.png", "image/png"))
    assert uploaded.expires_at == line.clock.now() + 3 * 86_400


async def test_a_slow_answer_within_the_deadline_is_well(line: Line) -> None:
    line.server.script(Fault(delay_s=9.0, path=SEND))
    await line.run(line.api.send_text(line.says(), "好"))
    assert line.shown() == ["好"]
