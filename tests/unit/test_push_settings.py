"""How the settings of an account become its way of pushing."""

import pytest

from support.settings import LEAST
from yingda.config import load
from yingda.engine.accounts.accounts import Account, PushMode
from yingda.wiring import account_of

KEY = b"k" * 32
SECRETS = {
    "YINGDA_WECHAT_APP_ID": "wx5823bf96d3bd56c7",
    "YINGDA_WECHAT_APP_SECRET": "9c3f1e7ab26d4805",
}


def account(**environ: str) -> Account:
    return account_of(load({**LEAST, **environ}).accounts[0], KEY)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, PushMode.PASSIVE),
        ({"YINGDA_WECHAT_APP_ID": "wx5823bf96d3bd56c7"}, PushMode.PASSIVE),
        (SECRETS, PushMode.AUTO),
        ({**SECRETS, "YINGDA_MODE": "passive"}, PushMode.PASSIVE),
        ({**SECRETS, "YINGDA_MODE": "push"}, PushMode.PUSH),
    ],
)
def test_an_account_pushes_only_with_its_secret(
    environ: dict[str, str], expected: PushMode
) -> None:
    assert account(**environ).push_mode is expected


def test_the_fingerprint_tells_settings_apart_and_holds_no_secret() -> None:
    changes = [
        {},
        {"YINGDA_WECHAT_APP_SECRET": "another0secret0here0"},
        {"YINGDA_WECHAT_API_BASE": "https://proxy.example.com"},
    ]
    found = {account(**{**SECRETS, **change}).push_fingerprint for change in changes}
    assert len(found) == 3
    assert not any(SECRETS["YINGDA_WECHAT_APP_SECRET"] in each for each in found)
