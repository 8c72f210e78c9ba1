"""One account's token over time, over processes, and when WeChat refuses it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.server_api import SEND, STABLE_TOKEN, Line, open_line
from yingda.errors import ApiKind, ApiRefused, ApiUnreachable
from yingda.simulator.server_api_base import SAMPLE_APP_ID, ApiAccount, Fault
from yingda.wechat.api_base import ApiAnswer, ApiRequest, KeptToken
from yingda.wechat.api_token import Credentials


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with open_line(tmp_path) as opened:
        yield opened


async def kept(line: Line) -> KeptToken:
    found = await line.run(line.store.kept_token(SAMPLE_APP_ID))
    assert found is not None
    return found


async def take_lease(line: Line) -> int:
    """Another process begins a fetch, and dies."""
    now = line.clock.now()
    lease = await line.run(line.store.lease_token(SAMPLE_APP_ID, at=now, until=now + 20))
    assert lease is not None
    return lease


async def test_a_token_is_fetched_again_five_minutes_before_its_end(line: Line) -> None:
    await line.run(line.api.check_token())
    await line.pass_s(6899)
    await line.run(line.api.check_token())
    assert line.fetches == 1
    await line.pass_s(2)
    await line.run(line.api.check_token())
    assert (line.fetches, line.server.tokens.made) == (2, 2)


@pytest.mark.parametrize(("life_s", "fetches"), [(300, 4), (301, 4), (40, 20), (1, 20)])
async def test_a_short_life_never_makes_a_loop(life_s: float, fetches: int, tmp_path: Path) -> None:
    async with open_line(tmp_path, token_life_s=life_s) as line:
        for _ in range(600):
            await line.run(line.api.check_token())
            await line.pass_s(1)
        assert line.fetches == fetches


async def test_a_token_that_ended_early_is_replaced_when_it_is_refused(tmp_path: Path) -> None:
    async with open_line(tmp_path, token_life_s=1) as line:
        await line.run(line.api.check_token())
        await line.pass_s(5)
        await line.run(line.api.send_text(line.says(), "好"))
        assert line.fetches == 2
        assert len(line.shown()) == 1


async def test_while_another_process_fetches_the_old_token_is_used(line: Line) -> None:
    await line.run(line.api.check_token())
    await line.pass_s(6950)
    await take_lease(line)
    before_s = line.clock.monotonic()
    await line.run(line.api.send_text(line.says(), "好"))
    assert line.clock.monotonic() == before_s
    assert line.fetches == 1


async def test_a_holder_that_died_blocks_no_longer_than_its_lease(line: Line) -> None:
    await take_lease(line)
    before_s = line.clock.monotonic()
    await line.run(line.api.check_token())
    assert 20 <= line.clock.monotonic() - before_s < 20.5
    assert line.fetches == 1


async def test_a_token_that_another_process_gets_is_seen_soon(line: Line) -> None:
    lease = await take_lease(line)
    now = line.clock.now()
    value, _ = line.server.tokens.stable()
    token = KeptToken(value=value, refresh_at=now + 6900, expires_at=now + 7200)

    async def keep_later() -> None:
        await line.clock.sleep(1.0)
        await line.store.keep_token(SAMPLE_APP_ID, lease, token)

    await line.run(asyncio.gather(keep_later(), line.api.send_text(line.says(), "好")))
    assert line.fetches == 0
    assert line.clock.now() - now < 1.2


async def test_a_failed_fetch_leaves_the_old_token_in_use_and_is_tried_again(line: Line) -> None:
    await line.run(line.api.check_token())
    old = await kept(line)
    await line.pass_s(6901)
    line.server.script(Fault(is_page=True, path=STABLE_TOKEN))
    await line.run(line.api.send_text(line.says(), "一"))
    await line.run(line.api.send_text(line.says(), "二"))
    assert line.fetches == 2
    await line.pass_s(31)
    await line.run(line.api.send_text(line.says(), "三"))
    assert line.fetches == 3
    assert (await kept(line)).value != old.value
    assert line.shown() == ["一", "二", "三"]


async def test_a_wrong_secret_is_not_tried_with_every_message(line: Line) -> None:
    wrong = line.client(secret="wrong")
    for _ in range(5):
        with pytest.raises(ApiRefused) as caught:
            await line.run(wrong.send_text(line.says(), "好"))
        assert caught.value.kind is ApiKind.CONFIGURATION
    assert line.fetches == 1
    await line.pass_s(11)
    with pytest.raises(ApiRefused):
        await line.run(wrong.check_token())
    assert line.fetches == 2


async def test_a_mended_setting_works_at_the_next_fetch(line: Line) -> None:
    line.server.account = ApiAccount(ip_list=frozenset())
    with pytest.raises(ApiRefused, match=r"127\.0\.0\.1"):
        await line.run(line.api.check_token())
    line.server.account = ApiAccount()
    await line.pass_s(11)
    await line.run(line.api.check_token())
    assert line.fetches == 2


async def test_a_caller_who_gives_up_takes_nobody_along(line: Line) -> None:
    line.server.script(Fault(delay_s=3, path=STABLE_TOKEN))

    async def both() -> None:
        impatient = asyncio.create_task(line.api.check_token())
        patient = asyncio.create_task(line.api.check_token())
        await line.clock.sleep(1)
        impatient.cancel()
        await patient
        assert impatient.cancelled()

    await line.run(both())
    assert line.fetches == 1


async def test_closing_in_the_middle_of_a_fetch_leaves_it_to_the_next_process(line: Line) -> None:
    line.server.script(Fault(is_silent=True, path=STABLE_TOKEN))

    async def close_early() -> None:
        waiting = asyncio.create_task(line.api.check_token())
        await line.clock.sleep(1)
        await line.api.aclose()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    await line.run(close_early())
    before_s = line.clock.monotonic()
    await line.run(line.client().check_token())
    assert line.clock.monotonic() == before_s


# Forcing


async def test_another_token_is_forced_at_most_every_thirty_seconds(line: Line) -> None:
    await line.run(line.api.check_token())
    line.server.tokens.spoil()
    await line.run(line.api.send_text(line.says(), "一"))
    made = line.server.tokens.made
    line.server.tokens.spoil()
    with pytest.raises(ApiRefused, match="no other may be forced yet") as caught:
        await line.run(line.api.send_text(line.says(), "二"))
    assert caught.value.kind is ApiKind.TOKEN
    assert line.server.tokens.made == made
    await line.pass_s(31)
    await line.run(line.api.send_text(line.says(), "三"))
    assert line.server.tokens.made == made + 1
    assert line.shown() == ["一", "三"]


async def test_no_more_than_twenty_are_forced_on_a_day_over_all_processes(line: Line) -> None:
    made = 0
    for number in range(25):
        client = line.client()
        await line.run(client.check_token())
        line.server.tokens.spoil()
        try:
            await line.run(client.send_text(line.says(), str(number)))
        except ApiRefused as refused:
            assert refused.kind is ApiKind.TOKEN  # noqa: PT017 - some go well, some do not
        else:
            made += 1
        await line.pass_s(40)
    assert made == 20
    # The simulated clock begins at midnight in London, which is eight in China.
    await line.pass_s(17 * 3600)
    await line.run(line.client().send_text(line.says(), "明天"))
    assert line.shown()[-1] == "明天"


async def test_a_token_that_is_older_than_the_kept_one_is_only_exchanged(line: Line) -> None:
    other = line.client()
    await line.run(line.api.check_token())
    await line.run(other.check_token())
    line.server.tokens.revoke()
    await line.run(other.send_text(line.says(), "一"))
    fetches = line.fetches
    await line.run(line.api.send_text(line.says(), "二"))
    assert line.fetches == fetches
    assert line.server.calls[SEND] == 4


# What WeChat never should say


class Strange:
    """A transport that answers every call alike."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def send(self, _request: ApiRequest) -> ApiAnswer:
        return ApiAnswer(200, {"content-type": "application/json"}, self._body)

    async def aclose(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"access_token":""}', b'{"access_token":"t"}', b'{"access_token":1,"expires_in":1}'],
)
async def test_an_answer_without_a_token_is_refused(body: bytes, line: Line) -> None:
    line._transport = lambda _: Strange(body)
    with pytest.raises(ApiRefused, match="names no access token"):
        await line.run(line.client().check_token())


async def test_a_fetch_that_nobody_answers_is_unreachable(line: Line) -> None:
    line.server.script(Fault(is_silent=True, path=STABLE_TOKEN))
    with pytest.raises(ApiUnreachable):
        await line.run(line.api.check_token())
    await line.run(line.api.check_token())
    assert line.fetches == 2


def test_credentials_and_tokens_never_show_themselves() -> None:
    secrets = (
        Credentials("wx1", "ssss"),
        KeptToken(value="tttt", refresh_at=1, expires_at=2),
        ApiRequest(method="POST", path="/x", query={"access_token": "tttt"}, body=b"ssss"),
        ApiAnswer(200, {}, b"tttt"),
    )
    seen = "".join(f"{secret!r}{secret.__rich_repr__()}" for secret in secrets)
    assert "tttt" not in seen
    assert "ssss" not in seen
