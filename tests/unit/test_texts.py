"""Every sentence a follower can read."""

import pytest

from yingda.errors import FailureKind
from yingda.texts import (
    LONGEST_BYTES,
    SENTENCES,
    Flaw,
    Language,
    Texts,
    failure_key,
    flaw,
    limit_bytes,
    placeholders,
)

#: As long as each value ever gets: a link of 150 bytes, a quote of 20 characters and an ellipsis.
LONGEST = {
    "word": "查看回答查看回答",
    "link": '<a href="weixin://bizmsgmenu?msgmenucontent='
    + "%E6" * 24
    + '&msgmenuid=1">点这里</a>',
    "count": 999,
    "question": "问" * 20 + "…",
    "part": 999,
    "total": 999,
    "chars": 99_999,
    "retry": '<a href="weixin://bizmsgmenu?msgmenucontent=%2Fretry%23999&msgmenuid=1">再问一次</a>',
    "good": '<a href="weixin://bizmsgmenu?msgmenucontent=%2Fgood%23123456789&msgmenuid=1">👍</a>',
    "bad": '<a href="weixin://bizmsgmenu?msgmenucontent=%2Fbad%23123456789&msgmenuid=1">👎</a>',
    "confirm": '<a href="weixin://bizmsgmenu?msgmenucontent=%2Fforget%20123456&msgmenuid=1">'
    "确认删除</a>",
    "command": "/forget",
    "commands": "/forget：删除我的全部提问和回答\n" * 6,
    "seconds": 9_999_999,
    "minutes": 5,
    "time": "14:05",
    "date": "2026-12-01",
    "label": "广州市天河区" * 10,
    "latitude": "23.134521",
    "longitude": "113.358803",
    "title": "标题" * 20,
    "description": "摘要" * 60,
    "url": "https://mp.weixin.qq.com/s?" + "x" * 400,
    "model": "模型" * 8,
}
EVERY = [(key, language) for key in SENTENCES for language in Language]


@pytest.mark.parametrize("key", SENTENCES)
def test_both_languages_use_the_same_placeholders(key: str) -> None:
    assert placeholders(SENTENCES[key].zh) == placeholders(SENTENCES[key].en)
    assert placeholders(SENTENCES[key].zh) <= set(LONGEST)


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_every_sentence_fits_beside_a_part_when_it_is_filled(key: str, language: Language) -> None:
    said = Texts(language).say(key, **LONGEST)
    assert said.strip()
    assert len(said.encode()) <= 600


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_no_sentence_holds_markdown_or_markup(key: str, language: Language) -> None:
    template = getattr(SENTENCES[key], language.value)
    assert not set("*`#<>[]_") & set(template)


@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("language", Language)
def test_every_failure_has_its_sentence(kind: FailureKind, language: Language) -> None:
    assert Texts(language).say(failure_key(kind), **LONGEST)


def test_an_account_speaks_its_language_and_its_operators_own_words() -> None:
    assert Texts().say("cleared") == SENTENCES["cleared"].zh
    assert Texts(Language.ENGLISH).say("cleared") == SENTENCES["cleared"].en
    own = Texts(Language.ENGLISH, {"quote": "<{question}>"})
    assert own.say("quote", question="why", word="1") == "<why>"
    assert own.say("cleared") == SENTENCES["cleared"].en


@pytest.mark.parametrize(
    ("key", "template", "expected"),
    [
        ("no_such_sentence", "hello", Flaw.UNKNOWN),
        ("waiting", "  \n", Flaw.EMPTY),
        ("waiting", "wait {word", Flaw.PLACEHOLDERS),
        ("waiting", "wait } then", Flaw.PLACEHOLDERS),
        ("waiting", "wait {name}", Flaw.PLACEHOLDERS),
        ("waiting", "{}", Flaw.PLACEHOLDERS),
        ("waiting", "{0}", Flaw.PLACEHOLDERS),
        ("waiting", "{word.upper}", Flaw.PLACEHOLDERS),
        ("cleared", "{word}", Flaw.PLACEHOLDERS),
        ("more", "{link}" * 2, Flaw.PLACEHOLDERS),
        ("waiting", "{link}" * 100, Flaw.PLACEHOLDERS),
        ("cleared", "好" * 301, Flaw.TOO_LONG),
        ("more", "{link}" + "x" * 250, Flaw.TOO_LONG),
        ("quote", "{question}" + "x" * 160, Flaw.TOO_LONG),
        ("failed_person", "x" * 241, Flaw.TOO_LONG),
        ("pickup_label", "x" * 49, Flaw.TOO_LONG),
    ],
)
def test_an_override_that_cannot_be_used_is_named(key: str, template: str, expected: Flaw) -> None:
    assert flaw(key, template) is expected


@pytest.mark.parametrize("template", ["wait", "{word}", "{{literally}} {link}", "{{word}} {word}"])
def test_an_override_that_can_be_used_has_no_flaw_and_fills(template: str) -> None:
    assert flaw("waiting", template) is None
    assert Texts(overrides={"waiting": template}).say("waiting", **LONGEST)


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_the_built_in_sentences_keep_to_what_operators_are_held_to(
    key: str, language: Language
) -> None:
    template = getattr(SENTENCES[key], language.value)
    assert flaw(key, template) is None
    assert len(template.encode()) <= limit_bytes(key)


def test_the_values_that_the_tests_fill_in_are_no_longer_than_sentences_are_measured_with() -> None:
    assert LONGEST.keys() == LONGEST_BYTES.keys()
    assert all(len(str(LONGEST[name]).encode()) <= most for name, most in LONGEST_BYTES.items())
