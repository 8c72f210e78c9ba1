"""Wishes of an account that none of its providers can meet are told at the start."""

from pathlib import Path

import pytest

from support.settings import API_KEY, APP_ID, APP_SECRET, LEAST_FILE, TOKEN, from_file
from yingda.config import load

SECRET = f'app_id = "{APP_ID}"\napp_secret = "{APP_SECRET}"\n'
DIFY = f'[providers.app]\nkind = "dify"\napi_key = "{API_KEY}"\n'
ECHO = '[providers.echo]\nkind = "echo"\n'


def mends(folder: Path, account: str, of_model: str = "", more: str = "") -> dict[str, str]:
    """Setting → what to do about it, where a model answers."""
    model = '[providers.model]\nkind = "openai"\nbase_url = "http://localhost/v1"\nmodel = "m"\n'
    head = f'[accounts.shop]\ntoken = "{TOKEN}"\nprovider = "model"\n{account}\n'
    settings = from_file(folder, f"{head}{model}{of_model}\n{more}")
    return {each.key.removeprefix("accounts.shop."): each.mend.en for each in settings.warnings}


@pytest.mark.parametrize(
    ("account", "more", "key", "mend"),
    [
        ("suggestions = true", "", "suggestions", "Remove it."),
        ('transcriber = "model"', "", "transcriber", "has transcription_model"),
        ('speaker = "echo"', ECHO, "speaker", "has speech_model"),
        (f'{SECRET}voice_answers = "voice"', "", "voice_answers", "name one that can as speaker"),
        ('voice_answers = "voice"', DIFY, "voice_answers", "Set app_id and app_secret"),
        (
            f'{SECRET}voice_answers = "voice"\nmode = "passive"\nspeaker = "app"',
            DIFY,
            "voice_answers",
            "no mode = passive",
        ),
    ],
)
def test_a_wish_that_nobody_meets_is_told_with_the_mend(
    tmp_path: Path, account: str, more: str, key: str, mend: str
) -> None:
    found = mends(tmp_path, account, more=more)
    assert list(found) == [key]
    assert mend in found[key]


@pytest.mark.parametrize(
    ("account", "of_model", "more"),
    [
        ("suggestions = false", "", ""),
        ("suggestions = true", 'fallback = ["app"]', DIFY),
        ('transcriber = "model"', 'transcription_model = "ears"', ""),
        ('transcriber = "app"\nspeaker = "app"', "", DIFY),
        (f'{SECRET}voice_answers = "voice"', 'speech_model = "mouth"', ""),
        (f'{SECRET}voice_answers = "voice"\nspeaker = "app"', "", DIFY),
        ('voice_answers = "off"', "", ""),
    ],
)
def test_a_wish_that_somebody_meets_is_no_warning(
    tmp_path: Path, account: str, of_model: str, more: str
) -> None:
    assert mends(tmp_path, account, of_model, more) == {}


def test_a_wish_that_a_variable_makes_is_told_by_its_name() -> None:
    variables = {
        "YINGDA_WECHAT_TOKEN": TOKEN,
        "YINGDA_PROVIDER": "echo",
        "YINGDA_SUGGESTIONS": "on",
    }
    (warning,) = load(variables).warnings
    assert warning.key == "YINGDA_SUGGESTIONS"


def test_a_dify_app_is_taken_at_its_word(tmp_path: Path) -> None:
    text = LEAST_FILE.replace("provider =", f'{SECRET}voice_answers = "voice"\nprovider =')
    assert from_file(tmp_path, text).warnings == ()
