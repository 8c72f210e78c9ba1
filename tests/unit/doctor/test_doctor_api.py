"""What the doctor tells of an account's AppID and AppSecret."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from yingda.clock import SystemClock
from yingda.config.values import AccountSettings
from yingda.doctor.api import check_api
from yingda.doctor.base import Finding, Status
from yingda.simulator.followers import Followers
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import SAMPLE_APP_ID, SAMPLE_SECRET, ApiAccount, Fault
from yingda.simulator.server_api_http import ServerApiFront


@pytest.fixture
async def front() -> AsyncIterator[ServerApiFront]:
    clock = SystemClock()
    async with ServerApiFront(ServerApi(Followers(clock), clock)) as opened:
        yield opened


def account(base: str, secret: str | None = SAMPLE_SECRET) -> AccountSettings:
    return AccountSettings(
        name="default",
        token="gatewaytoken",
        provider="echo",
        app_id=SAMPLE_APP_ID,
        app_secret=secret,
        api_base=base,
    )


async def the_finding(settings: AccountSettings) -> Finding:
    (found,) = await check_api(settings, SystemClock())
    assert SAMPLE_SECRET not in f"{found!r}"
    return found


async def test_a_good_secret_brings_a_token_and_forces_none(front: ServerApiFront) -> None:
    for _ in range(2):
        found = await the_finding(account(front.base_url))
        assert (found.code, found.status, found.subject) == ("api_ok", Status.OK, "default")
    assert front.api.tokens.made == 1


async def test_an_account_without_a_secret_is_not_looked_at(front: ServerApiFront) -> None:
    assert await check_api(account(front.base_url, None), SystemClock()) == ()
    assert not front.api.calls


@pytest.mark.parametrize(
    ("change", "code", "sign"),
    [
        ({"ip_list": frozenset({"203.0.113.1"})}, "40164", "127.0.0.1"),
        ({"app_secret": "another"}, "40125", "AppSecret"),
        ({"app_id": "wx1"}, "40013", "AppID"),
        ({"is_secret_frozen": True}, "40243", "AppSecret"),
    ],
)
async def test_a_refusal_is_told_with_its_code_and_mend_in_both_languages(
    change: dict[str, object], code: str, sign: str, front: ServerApiFront
) -> None:
    front.api.account = msgspec.structs.replace(ApiAccount(), **change)
    found = await the_finding(account(front.base_url))
    assert found.code == "api_refused"
    assert found.mend is not None
    for said, mend in zip(found.said, found.mend, strict=True):
        assert code in said
        assert sign in mend


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(code=-1), "api_busy"),
        (Fault(is_page=True), "api_refused"),
        (Fault(code=40002), "api_refused"),
        (Fault(code=99999), "api_refused"),
    ],
)
async def test_whatever_wechat_says_is_a_finding_with_a_mend(
    fault: Fault, code: str, front: ServerApiFront
) -> None:
    front.api.script(fault)
    found = await the_finding(account(front.base_url))
    assert found.code == code
    assert found.mend is not None


async def test_an_api_that_is_not_there_is_unreachable() -> None:
    found = await the_finding(account("http://127.0.0.1:9"))
    assert found.code == "api_unreachable"
    assert "127.0.0.1:9" in found.said.en
