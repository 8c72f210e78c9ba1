"""Every sentence of the doctor."""

import re
import string
from pathlib import Path

import pytest

from yingda.doctor.base import Status, Subject
from yingda.doctor.texts import ENTRIES, TITLES, finding


def used(template: str) -> set[str]:
    """The names in braces; of a sentence that comes whole from elsewhere, without its language."""
    names = {str(name) for _, name, _, _ in string.Formatter().parse(template) if name}
    return {name.removesuffix("_zh").removesuffix("_en") for name in names}


@pytest.mark.parametrize("code", ENTRIES)
def test_both_languages_say_the_same_with_the_same_placeholders(code: str) -> None:
    for sentence in filter(None, (ENTRIES[code].said, ENTRIES[code].mend)):
        assert used(sentence.zh) == used(sentence.en)
        assert sentence.zh.strip()
        assert sentence.en.isascii() or "“" in sentence.en


@pytest.mark.parametrize("code", ENTRIES)
def test_whatever_fails_or_warns_has_a_mend_and_nothing_else_has(code: str) -> None:
    entry = ENTRIES[code]
    assert (entry.mend is not None) == (entry.status in {Status.FAILED, Status.WARNING})


def test_every_subject_has_a_title() -> None:
    assert set(TITLES) == set(Subject)


def test_a_value_with_braces_is_shown_as_it_is() -> None:
    found = finding(Subject.ADDRESS, "echo_page", "default", server=" ({0})")
    assert found.said.en.endswith("({0})")


@pytest.mark.parametrize("page", ["find-out-why.md", "find-out-why.zh-CN.md"])
def test_the_page_for_operators_names_every_code_that_fails_or_warns(page: str) -> None:
    written = (Path(__file__).parents[3] / "docs" / "howto" / page).read_text(encoding="utf-8")
    named = {word for word in re.findall(r"`([a-z_]+)`", written) if word in ENTRIES}
    grave = {Status.FAILED, Status.WARNING}
    assert named == {code for code, entry in ENTRIES.items() if entry.status in grave}
