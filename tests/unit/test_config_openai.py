"""Settings of models behind an OpenAI-compatible API, from variables and from the file."""

from dataclasses import fields
from pathlib import Path

import pytest

from yingda.adapters import openai_settings_of, provider_of
from yingda.clock import SystemClock
from yingda.config import OpenAiProvider, Settings, SettingsInvalid, load
from yingda.config.prices import Priced
from yingda.config.standing import Stood
from yingda.providers.capabilities import Memory

TOKEN = "Zq8Lk2Vt6Ws0"
KEY = "sk-9fJ2kQ7LmW4x"
URL = "https://api.deepseek.com/v1"
LEAST = {
    "YINGDA_WECHAT_TOKEN": TOKEN,
    "YINGDA_OPENAI_BASE_URL": f"{URL}/",
    "YINGDA_OPENAI_MODEL": "deepseek-chat",
}
FILE = f"""
[accounts.shop]
token = "{TOKEN}"

[providers.model]
kind = "openai"
base_url = "{URL}"
model = "deepseek-chat"
"""


def from_file(folder: Path, more: str = "", **environ: str) -> Settings:
    path = folder / "yingda.toml"
    path.write_text(FILE + more, encoding="utf-8")
    return load(environ, config_path=path)


def problems(folder: Path, more: str) -> dict[str, str]:
    """Key → reason, in English."""
    with pytest.raises(SettingsInvalid) as caught:
        from_file(folder, more)
    return {each.key: each.reason.en for each in caught.value.problems}


def test_an_address_and_a_model_are_enough() -> None:
    settings = load(LEAST)
    assert settings.accounts[0].provider == "openai"
    assert settings.providers == {"openai": OpenAiProvider(base_url=URL, model="deepseek-chat")}
    assert settings.warnings == ()


def test_the_key_comes_from_its_variable_and_is_never_shown() -> None:
    settings = load({**LEAST, "YINGDA_OPENAI_API_KEY": "env:ELSEWHERE", "ELSEWHERE": KEY})
    (provider,) = settings.providers.values()
    assert isinstance(provider, OpenAiProvider)
    assert provider.api_key == KEY
    assert KEY not in repr(settings)


def test_a_missing_model_is_told_by_its_variable() -> None:
    without = {name: value for name, value in LEAST.items() if not name.endswith("MODEL")}
    with pytest.raises(SettingsInvalid) as caught:
        load(without)
    assert [each.key for each in caught.value.problems] == ["YINGDA_OPENAI_MODEL"]


def test_where_dify_is_spoken_of_too_it_answers_and_the_others_are_warned_of() -> None:
    settings = load({**LEAST, "YINGDA_DIFY_API_KEY": "app-9fJ2kQ7LmW4x"})
    assert settings.accounts[0].provider == "dify"
    assert {each.key for each in settings.warnings} == {
        "YINGDA_OPENAI_BASE_URL",
        "YINGDA_OPENAI_MODEL",
    }


def test_the_chosen_kind_takes_its_variables_whatever_else_is_set() -> None:
    settings = load(
        {**LEAST, "YINGDA_PROVIDER": "OpenAI", "YINGDA_DIFY_API_KEY": "app-9fJ2kQ7LmW4x"}
    )
    assert settings.accounts[0].provider == "openai"
    assert [each.key for each in settings.warnings] == ["YINGDA_DIFY_API_KEY"]


def test_headers_may_be_references_and_are_never_shown(tmp_path: Path) -> None:
    more = '[providers.model.headers]\nX-Gateway-Key = "env:GATE"\nHTTP-Referer = "https://a b"\n'
    settings = from_file(tmp_path, more, GATE="token with blanks")
    provider = settings.providers["model"]
    assert isinstance(provider, OpenAiProvider)
    assert dict(provider.headers) == {
        "X-Gateway-Key": "token with blanks",
        "HTTP-Referer": "https://a b",
    }
    assert "token with blanks" not in repr(settings)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('system_prompt = "今天是 {today}"', "system_prompt"),
        ('system_prompt = "今天是 {date"', "system_prompt"),
        ('system_prompt = "{date!r}"', "system_prompt"),
        ('system_prompt = " "', "system_prompt"),
        ("temperature = 3", "temperature"),
        ("temperature = nan", "temperature"),
        ("temperature = true", "temperature"),
        ("max_tokens = 0", "max_tokens"),
        ("tries = 6", "tries"),
        ('extra_body = { messages = "x" }', "extra_body"),
        ('headers = { "Content-Type" = "x" }', "headers.Content-Type"),
        ('headers = { "a b" = "x" }', "headers.a b"),
        ('headers = { X-A = "" }', "headers.X-A"),
        ('headers = { X-A = "é" }', "headers.X-A"),
        ('vision = "perhaps"', "vision"),
        ('voice = "alloy"', "voice"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_key(tmp_path: Path, more: str, key: str) -> None:
    assert list(problems(tmp_path, more)) == [f"providers.model.{key}"]


def test_every_number_and_word_reaches_the_adapter(tmp_path: Path) -> None:
    more = """
api_key = "sk-9fJ2kQ7LmW4x"
temperature = 0.5
max_tokens = 77
memory_turns = 5
memory_tokens = 700
summarise = true
speech_voice = "alloy"
send_user = false
first_event_s = 11
read_s = 12
total_s = 13
call_s = 14
speech_s = 15
gather_s = 0.5
grace_s = 2
tries = 2
proxy = "http://user:word@proxy.example:3128"
[providers.model.extra_body]
enable_thinking = false
"""
    provider = from_file(tmp_path, more).providers["model"]
    assert isinstance(provider, OpenAiProvider)
    made = openai_settings_of(provider)
    names = {each.name for each in fields(provider)} - {"kind", "concurrency", "system_prompt"}
    # Others reckon what an answer costs, and who stands in.
    names -= {each.name for kind in (Priced, Stood) for each in fields(kind)}
    assert {name: getattr(made, name) for name in names} == {
        name: getattr(provider, name) for name in names
    }
    assert made.system_prompt is None
    assert "word" not in repr(provider) + repr(made)


async def test_every_capability_follows_from_the_settings(tmp_path: Path) -> None:
    more = """
system_prompt = "你是{account}的助手。{{}}"
temperature = 0.5
vision = true
transcription_model = "whisper-1"
speech_model = "tts-1"
"""
    settings = from_file(tmp_path, more)
    provider = provider_of(settings.providers["model"], SystemClock())
    capabilities = provider.capabilities
    assert capabilities.memory is Memory.HERE
    assert capabilities.takes_pictures
    assert capabilities.transcriber is not None
    assert capabilities.speaker is not None
    plain = provider_of(from_file(tmp_path).providers["model"], SystemClock()).capabilities
    assert (plain.takes_pictures, plain.transcriber, plain.speaker) == (False, None, None)
