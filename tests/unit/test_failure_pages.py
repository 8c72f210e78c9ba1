"""The pages on failures tell every story of the failure matrix, and nothing else."""

import re
from pathlib import Path

import pytest

from support.failure_rows import STORIES
from support.failure_table import Outcome, Story

REFERENCE = Path(__file__).parents[2] / "docs/reference"
PAGES = {"en": "failures.md", "zh": "failures.zh-CN.md"}
_WORDS = {"en": ("no", "yes", "the answer", "a part, "), "zh": ("否", "是", "回答", "一部分回答，")}


def rows(language: str) -> dict[str, list[str]]:
    """What happened → the other cells of its row."""
    page = (REFERENCE / PAGES[language]).read_text(encoding="utf-8")
    lines = re.findall(r"^\| (?!what happened|发生了什么).+\|$", page, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return {row[0]: row[1:] for row in cells}


def told(outcome: Outcome, language: str) -> list[str]:
    """An outcome as a page writes it."""
    no, yes, answer, part = _WORDS[language]
    read = answer if outcome.reads is None else f"`{outcome.reads}`"
    if outcome.part and outcome.reads is not None:
        read = part + read
    falls_back = yes if outcome.falls_back else no
    return [read, str(outcome.asked), falls_back, yes if outcome.counts else no]


def name_in(story: Story, language: str) -> str:
    return story.zh if language == "zh" else story.en


@pytest.mark.parametrize("language", PAGES)
def test_each_page_tells_every_story_in_its_order_and_no_other(language: str) -> None:
    assert list(rows(language)) == [name_in(story, language) for story in STORIES]


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.en)
def test_each_page_tells_what_comes_of_a_story_and_what_to_do(story: Story, language: str) -> None:
    *outcome, mend = rows(language)[name_in(story, language)]
    assert outcome == told(story.outcome, language)
    assert mend
