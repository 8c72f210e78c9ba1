"""Lists of openids, time zones and bounds, as they are read."""

from pathlib import Path

import pytest

from support.settings import LEAST, LEAST_FILE, from_file, reasons_of, written
from yingda.config import AccountSettings, load
from yingda.config.fields_openids import OPENIDS_LIMIT_CHARS


def account(**variables: str) -> AccountSettings:
    environ = {f"YINGDA_{key.upper()}": value for key, value in variables.items()}
    return load(LEAST | environ).accounts[0]


def test_nobody_is_blocked_and_everybody_allowed_unless_set() -> None:
    found = account()
    assert (found.blocked, found.allowed) == (frozenset(), None)
    assert (found.rate_per_minute, found.daily_questions) == (None, None)
    assert (found.blocked_reply, found.time_zone) == ("sentence", "Asia/Shanghai")


@pytest.mark.parametrize("text", ["o_a,o_b", " o_a , o_b ", "o_a o_b", "o_a，o_b,", "o_a\no_b"])
def test_a_variable_lists_openids_between_commas_or_blanks(text: str) -> None:
    assert account(blocked=text).blocked == {"o_a", "o_b"}


def test_a_file_lists_openids_one_a_line_with_remarks(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\ufeff# 内测\no_a  # 甲\n\n o_b\r\n", encoding="utf-8")
    assert account(allowed=f"file:{names}").allowed == frozenset({"o_a", "o_b"})


def test_a_list_in_the_file_of_settings_is_taken_as_it_is(tmp_path: Path) -> None:
    text = LEAST_FILE.replace("token", 'blocked = ["o_a", "o-B9"]\ntoken', 1)
    assert from_file(tmp_path, text).accounts[0].blocked == {"o_a", "o-B9"}


def test_a_provider_may_be_asked_a_bounded_number_of_questions_at_once(tmp_path: Path) -> None:
    settings = from_file(tmp_path, LEAST_FILE + "concurrency = 5\n")
    assert settings.providers["assistant"].concurrency == 5


def test_lists_of_people_are_not_shown() -> None:
    assert "o_secret" not in repr(account(blocked="o_secret", allowed="o_secret"))


def test_an_emptied_file_blocks_nobody_but_is_no_list_of_those_who_are_allowed(
    tmp_path: Path,
) -> None:
    empty = written(tmp_path, "# nobody\n")
    assert account(blocked=f"file:{empty}").blocked == frozenset()
    reasons = reasons_of(LEAST | {"YINGDA_ALLOWED": f"file:{empty}"})
    assert reasons == {"YINGDA_ALLOWED": "it is empty"}


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("YINGDA_BLOCKED", "o_a,张三", "openids"),
        ("YINGDA_BLOCKED", "o_a,<script>", "openids"),
        ("YINGDA_BLOCKED", "x" * 129, "openids"),
        ("YINGDA_BLOCKED", "file:/nowhere/at/all", "cannot be read"),
        ("YINGDA_ALLOWED", "env:NOWHERE", "not set"),
        ("YINGDA_BLOCKED_REPLY", "laughter", "possible values"),
        ("YINGDA_TIME_ZONE", "Shanghai", "no such time zone"),
        ("YINGDA_TIME_ZONE", "Asia", "no such time zone"),
        ("YINGDA_TIME_ZONE", "../etc/passwd", "no such time zone"),
        ("YINGDA_RATE_PER_MINUTE", "0", "too small"),
        ("YINGDA_DAILY_QUESTIONS", "10000", "too large"),
        ("YINGDA_MAX_OPEN_TURNS", "0", "too small"),
        ("YINGDA_MAX_HELD", "-1", "too small"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_reason(
    variable: str, value: str, reason: str
) -> None:
    reasons = reasons_of(LEAST | {variable: value})
    assert list(reasons) == [variable]
    assert reason in reasons[variable]


def test_a_list_that_is_too_long_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    names = written(tmp_path, "o" * (OPENIDS_LIMIT_CHARS + 1))
    (reason,) = reasons_of(LEAST | {"YINGDA_BLOCKED": f"file:{names}"}).values()
    assert "too long" in reason
