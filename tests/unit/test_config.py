"""What settings mean once they are read, and where each may come from."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.settings import (
    AES_KEY,
    API_KEY,
    APP_ID,
    APP_SECRET,
    LEAST,
    LEAST_FILE,
    OLD_AES_KEY,
    TOKEN,
    from_file,
    written,
)
from yingda.config import (
    DifyProvider,
    EchoProvider,
    OpenAiProvider,
    Settings,
    SettingsInvalid,
    load,
)
from yingda.config.sources import VARIABLES
from yingda.texts import Language
from yingda.words import Command

EXAMPLE = Path(__file__).parents[2] / "docs/examples/yingda.toml"


def test_a_token_and_a_dify_key_are_enough() -> None:
    settings = load(LEAST)
    (account,) = settings.accounts
    assert (account.name, account.token, account.provider) == ("default", TOKEN, "dify")
    assert settings.providers == {"dify": DifyProvider(api_key=API_KEY)}
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.database_path == Path("data/yingda.sqlite3")
    assert settings.warnings == ()


def test_echo_needs_no_key() -> None:
    settings = load({"YINGDA_WECHAT_TOKEN": TOKEN, "YINGDA_PROVIDER": "Echo"})
    assert settings.accounts[0].provider == "echo"
    assert settings.providers == {"echo": EchoProvider()}


def test_every_variable_reaches_its_setting() -> None:
    settings = load(
        {
            **LEAST,
            "YINGDA_WECHAT_ENCODING_AES_KEY": AES_KEY,
            "YINGDA_WECHAT_PREVIOUS_ENCODING_AES_KEY": OLD_AES_KEY,
            "YINGDA_WECHAT_APP_ID": APP_ID,
            "YINGDA_WECHAT_APP_SECRET": APP_SECRET,
            "YINGDA_WECHAT_API_BASE": "http://127.0.0.1:9000/",
            "YINGDA_DIFY_BASE_URL": "https://dify.example.com/v1",
            "YINGDA_DIFY_MODE": "Chat",
            "YINGDA_PATIENCE": "7",
            "YINGDA_LANGUAGE": "en",
            "YINGDA_PICKUP_WORD": "更多",
            "YINGDA_AI_LABEL": "false",
            "YINGDA_QUEUE_LIMIT": "5",
            "YINGDA_FRESHNESS_S": "120",
            "YINGDA_DRAIN_S": "12.5",
            "YINGDA_LOG_LEVEL": "DEBUG",
            "YINGDA_LOG_FORMAT": "json",
            "YINGDA_HOST": "::",
            "YINGDA_PORT": "80",
            "YINGDA_PUBLIC_URL": "https://bot.example.com/",
            "YINGDA_DATA_DIR": "/var/lib/yingda",
            "YINGDA_DATABASE_URL": "sqlite:////srv/turns.db",
        }
    )
    (account,) = settings.accounts
    assert account.encoding_aes_key == AES_KEY
    assert account.previous_encoding_aes_key == OLD_AES_KEY
    assert (account.app_id, account.app_secret) == (APP_ID, APP_SECRET)
    assert account.api_base == "http://127.0.0.1:9000"
    assert (account.patience, account.queue_limit, account.freshness_s) == (7, 5, 120.0)
    assert (account.language, account.pickup_word) == (Language.ENGLISH, "更多")
    assert account.ai_label is False
    assert settings.providers["dify"] == DifyProvider(
        api_key=API_KEY, base_url="https://dify.example.com/v1", mode="chat"
    )
    assert (settings.host, settings.port, settings.drain_s) == ("::", 80, 12.5)
    assert (settings.log_level, settings.log_format) == ("debug", "json")
    assert settings.public_url == "https://bot.example.com"
    assert settings.data_dir == Path("/var/lib/yingda")
    assert settings.database_path == Path("/srv/turns.db")


def test_the_example_file_loads_once_its_references_are_set() -> None:
    settings = load(
        {
            "MAIN_TOKEN": TOKEN,
            "MAIN_AES_KEY": AES_KEY,
            "MAIN_APP_ID": APP_ID,
            "MAIN_APP_SECRET": APP_SECRET,
            "MAIN_DIFY_KEY": API_KEY,
            "BACKUP_KEY": "sk-5bd1f0c9e2",
            "TRIAL_TOKEN": "t7Yp4",
        },
        config_path=EXAMPLE,
    )
    main, trial = settings.accounts
    assert (main.name, main.encoding_aes_key, main.patience) == ("main", AES_KEY, 20)
    assert main.commands == {"clear": ("新对话", "重新开始"), "help": ("帮助",)}
    assert (trial.name, trial.token, trial.patience) == ("trial", "t7Yp4", None)
    assert settings.providers["assistant"] == DifyProvider(
        api_key=API_KEY,
        total_s=300.0,
        concurrency=10,
        fallback=("backup",),
        inputs={"audience": "followers", "today": "{date}, {weekday}"},
    )
    backup = settings.providers["backup"]
    assert isinstance(backup, OpenAiProvider)
    assert (backup.api_key, backup.memory_turns, backup.memory_tokens) == (
        "sk-5bd1f0c9e2",
        10,
        6000,
    )
    assert settings.providers["echo"] == EchoProvider(first_text_s=1.0, duration_s=4.0)


def test_a_file_may_be_named_by_a_variable(tmp_path: Path) -> None:
    path = written(tmp_path, LEAST_FILE)
    assert load({"YINGDA_CONFIG": str(path)}).accounts[0].name == "shop"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[server]\nhost = '10.0.0.1'\nport = 1\ndrain_s = 3" + LEAST_FILE)
    environ = {"YINGDA_HOST": "10.0.0.2", "YINGDA_PORT": "2"}
    settings = load(environ, config_path=path, options={"port": 3})
    assert (settings.host, settings.port, settings.drain_s) == ("10.0.0.2", 3, 3.0)


def test_the_environment_adds_an_account_to_those_of_the_file(tmp_path: Path) -> None:
    settings = from_file(tmp_path, LEAST_FILE, {"YINGDA_WECHAT_TOKEN": "z9Xw8"})
    assert [(each.name, each.token, each.provider) for each in settings.accounts] == [
        ("shop", TOKEN, "assistant"),
        ("default", "z9Xw8", "assistant"),
    ]


def test_the_environment_completes_the_default_account_and_its_provider(tmp_path: Path) -> None:
    text = "[accounts.default]\nprovider='own'\npatience=4\n[providers.own]\nkind='dify'\n"
    settings = from_file(tmp_path, text, {**LEAST, "YINGDA_PATIENCE": "unlimited"})
    (account,) = settings.accounts
    assert (account.token, account.provider, account.patience) == (TOKEN, "own", None)
    assert settings.providers == {"own": DifyProvider(api_key=API_KEY)}


def test_an_account_without_a_provider_gets_the_only_one(tmp_path: Path) -> None:
    settings = from_file(tmp_path, LEAST_FILE.replace('provider = "assistant"', ""))
    assert settings.accounts[0].provider == "assistant"


def test_any_account_may_use_echo_by_its_mere_name(tmp_path: Path) -> None:
    settings = from_file(tmp_path, f"[accounts.a]\ntoken='{TOKEN}'\nprovider='echo'\n")
    assert settings.providers == {"echo": EchoProvider()}


def test_an_empty_variable_counts_as_unset() -> None:
    settings = load({**LEAST, "YINGDA_PORT": "", "YINGDA_WECHAT_ENCODING_AES_KEY": " "})
    assert settings.port == 8080
    assert settings.accounts[0].encoding_aes_key is None


def test_blanks_pasted_around_a_value_do_not_matter(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(f"{API_KEY}\r\n")
    settings = load(
        {
            "YINGDA_WECHAT_TOKEN": f"  {TOKEN}\n",
            "YINGDA_DIFY_API_KEY": f" file:{secret} ",
            "YINGDA_WECHAT_APP_SECRET": "env:ELSEWHERE",
            "ELSEWHERE": f"\t{APP_SECRET}\n",
        }
    )
    assert settings.accounts[0].token == TOKEN
    assert settings.accounts[0].app_secret == APP_SECRET
    assert settings.providers["dify"] == DifyProvider(api_key=API_KEY)


def test_a_file_saved_with_a_byte_order_mark_loads(tmp_path: Path) -> None:
    assert from_file(tmp_path, "\ufeff" + LEAST_FILE).accounts[0].name == "shop"


def test_own_sentences_and_command_words_are_kept(tmp_path: Path) -> None:
    text = LEAST_FILE + (
        "[accounts.shop.texts]\nwaiting = '稍等，回复 {word}'\n"
        "[accounts.shop.commands]\nclear = ['清空']\n"
    )
    (account,) = from_file(tmp_path, text).accounts
    assert account.texts == {"waiting": "稍等，回复 {word}"}
    assert account.commands == {"clear": ("清空",)}


def test_a_built_in_word_that_is_off_may_be_given_to_another_command(tmp_path: Path) -> None:
    text = LEAST_FILE.replace("token", 'commands_off = ["Retry"]\ntoken')
    text += "[accounts.shop.commands]\nclear = ['/new', '/retry']\n"
    (account,) = from_file(tmp_path, text).accounts
    assert account.commands_off == (Command.RETRY,)
    assert account.commands == {"clear": ("/new", "/retry")}


@pytest.mark.parametrize(
    ("variable", "meant"),
    [("YINGDA_PATIENC", "YINGDA_PATIENCE"), ("YINGDA_DIFY_APIKEY", "YINGDA_DIFY_API_KEY")],
)
def test_an_unknown_variable_is_a_warning_that_names_the_nearest(variable: str, meant: str) -> None:
    (warning,) = load({**LEAST, variable: "x"}).warnings
    assert warning.key == variable
    assert meant in warning.mend.en
    assert meant in warning.mend.zh


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        (LEAST_FILE, {"YINGDA_PATIENCE": "3"}),
        (LEAST_FILE, {"YINGDA_DIFY_MODE": "chat"}),
        ("", {**LEAST, "YINGDA_PROVIDER": "echo"}),
    ],
)
def test_a_variable_without_effect_is_a_warning(
    tmp_path: Path, text: str, environ: Mapping[str, str]
) -> None:
    (warning,) = from_file(tmp_path, text, environ).warnings
    assert warning.reason.en == "this variable has no effect"
    assert warning.key in environ


def test_samples_pass_in_a_demo() -> None:
    environ = {"YINGDA_WECHAT_TOKEN": "token", "YINGDA_DIFY_API_KEY": "app-xxxxxxxx"}
    assert load(environ, allow_samples=True).accounts[0].token == "token"


def test_settings_cannot_be_changed() -> None:
    settings = load(LEAST)
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc] # the very thing that must fail
    with pytest.raises(TypeError):
        settings.providers["other"] = EchoProvider()  # type: ignore[index] # the same
    with pytest.raises(TypeError):
        settings.accounts[0].texts["help"] = ""  # type: ignore[index] # the same


def outcome(environ: Mapping[str, str]) -> Settings | SettingsInvalid:
    try:
        return load(environ)
    except SettingsInvalid as error:
        return error


@given(
    st.dictionaries(
        st.sampled_from([name for name in VARIABLES if name != "YINGDA_CONFIG"]),
        # No file of this machine is to be read by chance.
        st.text(max_size=50).filter(lambda text: "file:" not in text),
    )
)
def test_whatever_is_set_either_loads_or_is_told_by_variable(environ: dict[str, str]) -> None:
    found = outcome(environ)
    if isinstance(found, SettingsInvalid):
        assert found.problems
        assert {each.key for each in found.problems} <= set(VARIABLES)
    else:
        assert found.accounts
