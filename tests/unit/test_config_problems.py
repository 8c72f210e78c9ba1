"""Every way in which settings can be wrong, and what the operator is told."""

from pathlib import Path

import pytest

from support.settings import (
    AES_KEY,
    API_KEY,
    LEAST,
    LEAST_FILE,
    OLD_AES_KEY,
    TOKEN,
    problems_of,
    reasons_of,
    written,
)
from yingda.config import SettingsInvalid, describe, load, preferred_language
from yingda.config.texts import ADVICE, problem
from yingda.errors import ConfigurationError
from yingda.texts import Language


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("YINGDA_WECHAT_TOKEN", "ab", "3 to 32"),
        ("YINGDA_WECHAT_TOKEN", "a" * 16 + "b" * 17, "3 to 32"),
        ("YINGDA_WECHAT_TOKEN", "with-dash", "3 to 32"),
        ("YINGDA_WECHAT_TOKEN", "two words", "blanks"),
        ("YINGDA_WECHAT_TOKEN", "two\nlines", "blanks"),
        ("YINGDA_WECHAT_TOKEN", "口令口令", "ASCII"),
        ("YINGDA_WECHAT_TOKEN", "env:NOWHERE", "not set"),
        ("YINGDA_WECHAT_TOKEN", "file:/nowhere/at/all", "cannot be read"),
        ("YINGDA_WECHAT_TOKEN", "file:/", "cannot be read"),
        ("YINGDA_WECHAT_TOKEN", "file:/dev/zero", "too long"),
        ("YINGDA_WECHAT_TOKEN", "env:BLANK", "empty"),
        ("YINGDA_WECHAT_TOKEN", "a\udcffb", "UTF-8"),
        ("YINGDA_WECHAT_ENCODING_AES_KEY", AES_KEY[:-1], "exactly 43"),
        ("YINGDA_WECHAT_ENCODING_AES_KEY", AES_KEY[:-1] + "=", "exactly 43"),
        ("YINGDA_WECHAT_APP_ID", "wx 5823bf96d3bd56c7", "blanks"),
        ("YINGDA_WECHAT_API_BASE", "api.weixin.qq.com", "http(s)"),
        ("YINGDA_DIFY_BASE_URL", "api.dify.ai/v1", "http(s)"),
        ("YINGDA_DIFY_BASE_URL", "https://user:pass@host/v1", "http(s)"),
        ("YINGDA_DIFY_BASE_URL", "https://ho st/v1", "http(s)"),
        ("YINGDA_DIFY_BASE_URL", "https://[::1/v1", "http(s)"),
        ("YINGDA_DIFY_MODE", "chatflow", "possible values"),
        ("YINGDA_MODE", "pu\udcffsh", "UTF-8"),
        ("YINGDA_DIFY_API_KEY", "Bearer app-Zq8Lk2Vt6Ws0", "blanks"),
        ("YINGDA_PUBLIC_URL", "ftp://bot.example.com", "http(s)"),
        ("YINGDA_PUBLIC_URL", "https://bot.example.com/?a=1", "http(s)"),
        ("YINGDA_PATIENCE", "-1", "too small"),
        ("YINGDA_PATIENCE", "often", "whole number"),
        ("YINGDA_QUEUE_LIMIT", "-1", "too small"),
        ("YINGDA_QUEUE_LIMIT", "2.5", "whole number"),
        ("YINGDA_FRESHNESS_S", "14", "too small"),
        ("YINGDA_FRESHNESS_S", "nan", "number"),
        ("YINGDA_DRAIN_S", "-1", "too small"),
        ("YINGDA_DRAIN_S", "25s", "number"),
        ("YINGDA_DRAIN_S", "inf", "number"),
        ("YINGDA_PORT", "65536", "too large"),
        ("YINGDA_PORT", "-1", "too small"),
        ("YINGDA_PORT", "http", "whole number"),
        ("YINGDA_HOST", "http://0.0.0.0", "host name"),
        ("YINGDA_LANGUAGE", "fr", "possible values"),
        ("YINGDA_LOG_LEVEL", "loud", "possible values"),
        ("YINGDA_LOG_FORMAT", "xml", "possible values"),
        ("YINGDA_AI_LABEL", "perhaps", "true or false"),
        ("YINGDA_PICKUP_WORD", "/more", "pickup word"),
        ("YINGDA_PICKUP_WORD", "1#2", "pickup word"),
        ("YINGDA_PICKUP_WORD", "a b", "pickup word"),
        ("YINGDA_PICKUP_WORD", "123456789", "pickup word"),
        ("YINGDA_PICKUP_WORD", "a\nb", "line breaks"),
        ("YINGDA_PICKUP_WORD", "确认", "already means"),
        ("YINGDA_DATA_DIR", "~/data", "begins with ~"),
        ("YINGDA_DATA_DIR", "a\nb", "line breaks"),
        ("YINGDA_DATABASE_URL", "postgresql://user:pass@db", "incomplete"),
        ("YINGDA_DATABASE_URL", "postgresql://user:pa#ss@db/yingda", "incomplete"),
        ("YINGDA_DATABASE_URL", "postgresql://user:pass@[db/yingda", "incomplete"),
        ("YINGDA_DATABASE_URL", "postgresql+psycopg://u@db/yingda", "neither SQLite"),
        ("YINGDA_DATABASE_URL", "mysql://user:pass@db/yingda", "neither SQLite"),
        ("YINGDA_DATABASE_URL", "env:NOWHERE", "variable"),
        ("YINGDA_DATABASE_URL", "data.db", "neither SQLite nor PostgreSQL"),
        ("YINGDA_DATABASE_URL", "sqlite://", "no database file"),
        ("YINGDA_DATABASE_URL", "sqlite:///:memory:", "no database file"),
        ("YINGDA_PROVIDER", "elsewhere", "no provider of this name"),
        ("YINGDA_CONFIG", "/nowhere/yingda.toml", "cannot be read"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_with_the_reason(
    variable: str, value: str, reason: str
) -> None:
    environ = {
        **LEAST,
        "YINGDA_WECHAT_APP_ID": "wx5823bf96d3bd56c7",
        "BLANK": " ",
        variable: value,
    }
    if variable == "YINGDA_PROVIDER":
        del environ["YINGDA_DIFY_API_KEY"]
    (found,) = problems_of(environ)
    assert found.key == variable
    assert reason in found.reason.en
    assert found.mend.en


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[accounts.shop\n", "--config", "TOML near line 1"),
        ("\n\nx = \n", "--config", "TOML near line 3"),
        ("a = 1\na = 2\n", "--config", "TOML near line 2"),
        ("a = [1,\n2,", "--config", "TOML near line 2"),
        ("sever = 1" + LEAST_FILE, "sever", "no such setting"),
        ("server = 1" + LEAST_FILE, "server", "TOML table"),
        ("[server]\nprot = 1" + LEAST_FILE, "server.prot", "no such setting"),
        ("[server]\nport = true" + LEAST_FILE, "server.port", "number"),
        ("[server]\nhost = 5" + LEAST_FILE, "server.host", "text"),
        ("[store]\ndata_dir = 5" + LEAST_FILE, "store.data_dir", "text"),
        (LEAST_FILE + "[accounts]\nx = 1", "accounts.x", "TOML table"),
        (LEAST_FILE.replace("shop", "Shop"), "accounts.Shop", "addresses"),
        (LEAST_FILE.replace("assistant", "AI"), "providers.AI", "addresses"),
        (LEAST_FILE.replace("token", "tokn"), "accounts.shop.token", "required"),
        (LEAST_FILE.replace("token", "name='x'\ntoken"), "accounts.shop.name", "no such setting"),
        (LEAST_FILE.replace("token =", "token = 5 #"), "accounts.shop.token", "text"),
        (LEAST_FILE.replace("token", "language=5\ntoken"), "accounts.shop.language", "possible"),
        (LEAST_FILE + "mode = 5", "providers.assistant.mode", "possible"),
        (LEAST_FILE.replace("token", "patience=1.5\ntoken"), "accounts.shop.patience", "whole"),
        (LEAST_FILE.replace("token", "queue_limit=''\ntoken"), "accounts.shop.queue_limit", "who"),
        (LEAST_FILE.replace("token", "ai_label='x'\ntoken"), "accounts.shop.ai_label", "true or"),
        (LEAST_FILE.replace("token", "texts=1\ntoken"), "accounts.shop.texts", "TOML table"),
        (
            LEAST_FILE.replace("token", "commands_off=['dance']\ntoken"),
            "accounts.shop.commands_off",
            "possible",
        ),
        (LEAST_FILE.replace("token", "idle_h=0\ntoken"), "accounts.shop.idle_h", "too small"),
        (LEAST_FILE.replace('"assistant"', '"other"'), "accounts.shop.provider", "no provider"),
        (
            LEAST_FILE.replace("token", "transcriber='ear'\ntoken"),
            "accounts.shop.transcriber",
            "no provider",
        ),
        (
            LEAST_FILE.replace("token", "speaker='mouth'\ntoken"),
            "accounts.shop.speaker",
            "no provider",
        ),
        (
            LEAST_FILE.replace("token", "voice_answers='on'\ntoken"),
            "accounts.shop.voice_answers",
            "possible",
        ),
        (LEAST_FILE.replace("token", "pictures='on'\ntoken"), "accounts.shop.pictures", "possible"),
        (
            LEAST_FILE.replace("token", "picture_wait_min=61\ntoken"),
            "accounts.shop.picture_wait_min",
            "too large",
        ),
        (LEAST_FILE.replace('"dify"', '"gpt"'), "providers.assistant.kind", "possible values"),
        (LEAST_FILE.replace('kind = "dify"', ""), "providers.assistant.kind", "possible values"),
        (LEAST_FILE.replace("api_key", "apikey"), "providers.assistant.api_key", "required"),
        (LEAST_FILE + "read_s = 5", "providers.assistant.read_s", "too small"),
        (LEAST_FILE + "total_s = 1201", "providers.assistant.total_s", "too large"),
        (LEAST_FILE + "inputs = {a = 1}", "providers.assistant.inputs.a", "text"),
        (LEAST_FILE + "inputs = {a = '{openid}'}", "providers.assistant.inputs.a", "unknown name"),
        (LEAST_FILE + "inputs = {a = '{date'}", "providers.assistant.inputs.a", "braces"),
        (LEAST_FILE + "input_key = ' '", "providers.assistant.input_key", "empty"),
        (LEAST_FILE + "sources = 'perhaps'", "providers.assistant.sources", "true or false"),
        (LEAST_FILE + "files_url = '/files'", "providers.assistant.files_url", "http(s)"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_key_and_reason(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    assert reason in reasons_of({}, config_path=written(tmp_path, text))[key]


@pytest.mark.parametrize(
    ("extra", "key", "reason"),
    [
        ("[accounts.shop.texts]\nwaitin = 'x'", "texts.waitin", "no sentence"),
        ("[accounts.shop.texts]\nwaiting = ' '", "texts.waiting", "empty"),
        ("[accounts.shop.texts]\nwaiting = '{wrd}'", "texts.waiting", "braces"),
        ("[accounts.shop.texts]\nwaiting = '{word'", "texts.waiting", "braces"),
        ("[accounts.shop.texts]\nwaiting = '{word:9z}'", "texts.waiting", "braces"),
        ("[accounts.shop.texts]\nwaiting = '{word!x}'", "texts.waiting", "braces"),
        ("[accounts.shop.texts]\nwaiting = 1", "texts.waiting", "text"),
        ("[accounts.shop.commands]\ndance = ['x']", "commands.dance", "no such command"),
        ("[accounts.shop.commands]\nstop = ['/Stop']", "commands.stop", "already means"),
        (f"[accounts.shop.commands]\nstop = ['{'停' * 17}']", "commands.stop", "too long"),
        ("[accounts.shop.commands]\nclear = 'x'", "commands.clear", "list"),
        ("[accounts.shop.commands]\nclear = ['']", "commands.clear", "empty"),
        ("[accounts.shop.commands]\nclear = ['1']", "commands.clear", "already means"),
        ("[accounts.shop.commands]\nclear = ['x', 'X']", "commands.clear", "already means"),
        ("[accounts.shop.commands]\nclear = ['/Help']", "commands.clear", "already means"),
        ("[accounts.shop.commands]\nclear = ['Confirm']", "commands.clear", "already means"),
        ("[accounts.shop.commands]\nclear=['x']\nhelp=['x']", "commands.help", "already means"),
    ],
)
def test_an_account_s_words_are_checked(tmp_path: Path, extra: str, key: str, reason: str) -> None:
    found = reasons_of({}, config_path=written(tmp_path, LEAST_FILE + extra))
    assert reason in found[f"accounts.shop.{key}"]


@pytest.mark.parametrize(
    "sample",
    [
        "changeme",
        "your-token",
        "YOUR_TOKEN",
        "yourtoken",
        "app-xxxxxxxx",
        "app-xxx",
        "xxx",
        "token",
        "<token>",
        "TODO",
        "AAAAA",
        "A" * 43,
        "replace_me",
        "sk-...",
        "你的密钥",
    ],
)
def test_a_sample_is_no_secret(sample: str) -> None:
    environ = {
        "YINGDA_WECHAT_TOKEN": sample,
        "YINGDA_WECHAT_ENCODING_AES_KEY": sample,
        "YINGDA_WECHAT_APP_ID": sample,
        "YINGDA_WECHAT_APP_SECRET": sample,
        "YINGDA_DIFY_API_KEY": f"env:{sample}",
        sample: sample,
    }
    reasons = reasons_of(environ)
    assert set(reasons) == {name for name in environ if name.startswith("YINGDA_")}
    assert set(reasons.values()) == {"this is a sample, not a real value"}


def test_nothing_set_is_one_problem_that_says_the_least_to_set() -> None:
    (found,) = problems_of({})
    for part in ("YINGDA_WECHAT_TOKEN", "YINGDA_DIFY_API_KEY", "YINGDA_PROVIDER=echo"):
        assert part in found.mend.en
        assert part in found.mend.zh


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"YINGDA_WECHAT_TOKEN": TOKEN}, "YINGDA_PROVIDER"),
        ({"YINGDA_DIFY_API_KEY": API_KEY}, "YINGDA_WECHAT_TOKEN"),
        ({"YINGDA_WECHAT_TOKEN": TOKEN, "YINGDA_PROVIDER": "dify"}, "YINGDA_DIFY_API_KEY"),
        ({**LEAST, "YINGDA_WECHAT_ENCODING_AES_KEY": AES_KEY}, "YINGDA_WECHAT_ENCODING_AES_KEY"),
        (
            {**LEAST, "YINGDA_WECHAT_PREVIOUS_ENCODING_AES_KEY": OLD_AES_KEY},
            "YINGDA_WECHAT_PREVIOUS_ENCODING_AES_KEY",
        ),
    ],
)
def test_what_one_setting_demands_of_another_is_said(environ: dict[str, str], key: str) -> None:
    assert [each.key for each in problems_of(environ)] == [key]


def test_a_misspelt_table_is_told_beside_the_missing_account(tmp_path: Path) -> None:
    path = written(tmp_path, "[acounts.shop]\ntoken = 'x'\n")
    assert set(reasons_of({}, config_path=path)) == {"acounts", "YINGDA_WECHAT_TOKEN"}


def test_all_problems_come_at_once_each_with_its_key(tmp_path: Path) -> None:
    text = "[server]\nport = 0x10000\n[accounts.Shop]\ntoken='a'\nprovider='b'\ncolour=1\n"
    environ = {"YINGDA_DRAIN_S": "x", "YINGDA_WECHAT_TOKEN": "c"}
    assert set(reasons_of(environ, config_path=written(tmp_path, text))) == {
        "server.port",
        "accounts.Shop",
        "accounts.Shop.token",
        "accounts.Shop.provider",
        "accounts.Shop.colour",
        "YINGDA_DRAIN_S",
        "YINGDA_WECHAT_TOKEN",
        "YINGDA_PROVIDER",
    }


def test_an_unknown_key_s_mend_names_the_nearest(tmp_path: Path) -> None:
    text = LEAST_FILE.replace("token", "patiense=1\ntoken")
    (found,) = problems_of({}, config_path=written(tmp_path, text))
    assert found.mend.en == "Remove it, or write: patience."


@pytest.mark.parametrize("content", [b"\xff\xfe", "[server]\nhost='é'".encode("latin-1")])
def test_a_file_that_is_no_utf_8_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "yingda.toml"
    path.write_bytes(content)
    assert reasons_of({}, config_path=path) == {"--config": "it is not UTF-8"}


def test_a_secret_s_file_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    reasons = reasons_of({**LEAST, "YINGDA_DIFY_API_KEY": f"file:{tmp_path / 'key'}"})
    assert reasons == {"YINGDA_DIFY_API_KEY": "it is not UTF-8"}


def test_a_path_that_no_file_can_have_is_refused() -> None:
    assert "--config" in reasons_of({}, config_path=Path("a\0b"))


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.CHINESE),
        ({"LC_ALL": "zh_TW"}, Language.CHINESE),
        ({"LC_ALL": "en_GB", "LANG": "zh_CN"}, Language.ENGLISH),
        ({"LC_ALL": "", "LANG": "zh_CN"}, Language.CHINESE),
        ({"LANG": "C.UTF-8"}, Language.ENGLISH),
        ({}, Language.ENGLISH),
    ],
)
def test_the_message_speaks_the_locale_s_language(
    environ: dict[str, str], language: Language
) -> None:
    assert preferred_language(environ) is language
    with pytest.raises(ConfigurationError) as caught:
        load({**environ, **LEAST, "YINGDA_PORT": "x", "YINGDA_DRAIN_S": "x"})
    assert isinstance(caught.value, SettingsInvalid)
    assert str(caught.value) == describe(caught.value.problems, language)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("code", ADVICE)
def test_every_advice_can_be_given_in_both_languages(code: str) -> None:
    names = ("least", "most", "allowed", "known", "closest", "line", "other")
    given = problem(code, "key", **dict.fromkeys(names, "42"))
    for sentence in (given.reason, given.mend):
        assert sentence.zh
        assert sentence.en
        assert "{" not in sentence.zh + sentence.en
        assert ("42" in sentence.zh) is ("42" in sentence.en)


@pytest.mark.parametrize("missing", ["YINGDA_WECHAT_APP_ID", "YINGDA_WECHAT_APP_SECRET"])
def test_to_push_needs_both_app_id_and_app_secret(missing: str) -> None:
    environ = {
        **LEAST,
        "YINGDA_MODE": "Push",
        "YINGDA_WECHAT_APP_ID": "wx5823bf96d3bd56c7",
        "YINGDA_WECHAT_APP_SECRET": "9c3f1e7ab26d4805",
    }
    del environ[missing]
    (found,) = problems_of(environ)
    assert found.key == "YINGDA_MODE"
    assert missing in found.mend.en


def test_a_key_of_another_kind_of_provider_is_told_with_that_kind(tmp_path: Path) -> None:
    more = f'[providers.d]\nkind = "dify"\napi_key = "{API_KEY}"\nsummarise = true\nsuggests = 1\n'
    found = problems_of({}, config_path=written(tmp_path, LEAST_FILE + more))
    mends = {each.key: each.mend.en for each in found}
    assert mends == {
        "providers.d.summarise": "Remove it: it is for kind = openai alone.",
        "providers.d.suggests": "Remove it, or write: suggest_s.",
    }


def test_a_bound_is_told_as_settings_write_it() -> None:
    problems = problems_of({**LEAST, "YINGDA_MONTHLY_BUDGET": "-3"})
    assert [each.mend.en for each in problems] == ["The least is 0.01."]
