"""Operators' texts with names in braces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.templates import NAMES, Template, TemplateInvalid

VALUES = {
    "account": "shop",
    "follower": "f-1",
    "date": "2026-07-22",
    "time": "14:05",
    "weekday": "星期三",
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("", ""),
        ("礼貌", "礼貌"),
        ("今天是 {date}，{weekday}", "今天是 2026-07-22，星期三"),
        ("{account}/{follower}@{time}", "shop/f-1@14:05"),
        ("{date} {date}", "2026-07-22 2026-07-22"),
        ('{{"city": "{account}"}}', '{"city": "shop"}'),
    ],
)
def test_names_in_braces_become_their_values(text: str, filled: str) -> None:
    assert Template.parse(text).filled(VALUES) == filled


def test_every_known_name_has_a_value_in_these_tests_and_is_taken() -> None:
    assert set(VALUES) == set(NAMES)
    text = "".join(f"{{{name}}}" for name in NAMES)
    assert Template.parse(text).filled(VALUES) == "".join(VALUES[name] for name in NAMES)


@pytest.mark.parametrize(
    "text",
    ["{", "}", "{date", "date}", "{}", "{0}", "{openid}", "{date!r}", "{date:>20}", "{date.year}"],
)
def test_a_brace_that_names_nothing_known_is_refused_without_a_quotation(text: str) -> None:
    with pytest.raises(TemplateInvalid) as caught:
        Template.parse(f"private {text}")
    assert "private" not in str(caught.value)


def test_a_value_that_is_missing_leaves_nothing_behind() -> None:
    assert Template.parse("[{date}]").filled({}) == "[]"


def test_braces_inside_a_value_mean_nothing() -> None:
    assert Template.parse("{account}").filled({"account": "{date}"}) == "{date}"


def test_a_template_does_not_show_its_text() -> None:
    assert "private" not in repr(Template.parse("private {date}"))


@given(st.text())
def test_any_text_with_its_braces_doubled_means_itself(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert Template.parse(doubled).filled(VALUES) == text
