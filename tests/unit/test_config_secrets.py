"""Nothing that is secret shows, neither in settings nor in what is said about them."""

import traceback
from dataclasses import fields, replace
from pathlib import Path

import pytest

from support.settings import (
    AES_KEY,
    API_KEY,
    APP_ID,
    APP_SECRET,
    LEAST,
    OLD_AES_KEY,
    TOKEN,
    written,
)
from yingda.config import Settings, SettingsInvalid, load
from yingda.config.fields import Reading

SECRETS = {
    "YINGDA_WECHAT_TOKEN": TOKEN,
    "YINGDA_WECHAT_ENCODING_AES_KEY": AES_KEY,
    "YINGDA_WECHAT_PREVIOUS_ENCODING_AES_KEY": OLD_AES_KEY,
    "YINGDA_WECHAT_APP_SECRET": APP_SECRET,
    "YINGDA_DIFY_API_KEY": API_KEY,
}


def loaded() -> Settings:
    return load({**SECRETS, "YINGDA_WECHAT_APP_ID": APP_ID})


@pytest.mark.parametrize("variable", SECRETS)
def test_settings_never_show_a_secret(variable: str) -> None:
    settings = loaded()
    shown = (
        repr(settings),
        str(settings),
        f"{settings.accounts}",
        repr(settings.providers),
        repr(replace(settings.accounts[0], name="other")),
        repr(Reading(SECRETS, allow_samples=False)),
    )
    assert all(SECRETS[variable] not in text for text in shown)
    assert APP_ID in shown[0]


def test_every_secret_of_an_account_was_tried() -> None:
    settings = loaded()
    hidden = {
        getattr(settings.accounts[0], each.name)
        for each in fields(settings.accounts[0])
        if not each.repr
    }
    # Lists of people are hidden as well; none is set here.
    assert hidden == {TOKEN, AES_KEY, OLD_AES_KEY, APP_SECRET, frozenset(), None}


def test_values_of_a_dify_app_s_inputs_are_not_shown(tmp_path: Path) -> None:
    text = "[providers.dify]\nkind = 'dify'\n[providers.dify.inputs]\npassword = 'hunter2'\n"
    settings = load(LEAST, config_path=written(tmp_path, text))
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("variable", [*SECRETS, "YINGDA_DATABASE_URL", "YINGDA_PROVIDER"])
def test_a_problem_never_quotes_the_value(variable: str) -> None:
    wrong = "S3cr3tValue with=blank"
    with pytest.raises(SettingsInvalid) as caught:
        load({**LEAST, "YINGDA_WECHAT_APP_ID": APP_ID, variable: wrong})
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.problems)
    assert variable in told
    assert "S3cr3t" not in told
    assert caught.value.__context__ is None


def test_a_toml_error_never_quotes_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, "[accounts.shop]\ntoken = S3cr3tValue\n")
    with pytest.raises(SettingsInvalid) as caught:
        load({}, config_path=path)
    assert "S3cr3t" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
