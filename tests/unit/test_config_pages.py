"""The reference pages name every setting, its variable and its default, and nothing else."""

import re
from dataclasses import Field, fields
from enum import Enum
from pathlib import Path

import pytest

from yingda.config import (
    AccountSettings,
    DifyProvider,
    EchoProvider,
    OpenAiProvider,
    Settings,
)
from yingda.config.sources import (
    ACCOUNT_VARIABLES,
    DIFY_VARIABLES,
    OPENAI_VARIABLES,
    PROCESS_VARIABLES,
    SECTIONS,
    VARIABLES,
)

REFERENCE = Path(__file__).parents[2] / "docs/reference"
#: Shown nowhere, for they tell of people, and yet no secrets.
PRIVATE = {"inputs", "blocked", "allowed"}
PAGES = {
    language: (REFERENCE / name).read_text(encoding="utf-8")
    for language, name in {
        "en": "configuration.md",
        "zh": "configuration.zh-CN.md",
    }.items()
}
#: Heading of a section → the fields that its table tells of, and their variables.
TABLES = {
    "`[server]`": (Settings, PROCESS_VARIABLES, SECTIONS["server"]),
    "`[store]`": (Settings, PROCESS_VARIABLES, SECTIONS["store"]),
    "`[accounts.NAME]`": (AccountSettings, ACCOUNT_VARIABLES, None),
    '`kind = "dify"`': (DifyProvider, DIFY_VARIABLES, None),
    '`kind = "openai"`': (OpenAiProvider, OPENAI_VARIABLES, None),
    '`kind = "echo"`': (EchoProvider, {}, None),
}


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """Key → the cells of its row, in the section whose heading ends so."""
    pattern = rf"^## [^\n]*{re.escape(heading)}\n(.*?)(?=^## |\Z)"
    section = re.search(pattern, page, re.MULTILINE | re.DOTALL)
    assert section is not None
    lines = re.findall(r"^\| `.*\|$", section[1], re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert len({row[0] for row in cells}) == len(cells)
    return {row[0].strip("`"): row[1:] for row in cells}


def shown(default: object) -> str:
    """A default as a page writes it."""
    value = default.value if isinstance(default, Enum) else default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def has_plain_default(setting: "Field[object]") -> bool:
    return isinstance(setting.default, str | int | float | Path) and setting.name != "kind"


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("heading", TABLES)
def test_each_page_tells_every_setting_with_its_variable_and_default(
    language: str, heading: str
) -> None:
    model, variables, keys = TABLES[heading]
    told = rows(PAGES[language], heading)
    expected = [each for each in fields(model) if keys is None or each.name in keys]
    expected = [each for each in expected if each.name != "name"]
    assert set(told) == {each.name for each in expected}
    names = {key: variable for variable, key in variables.items()}
    for setting in expected:
        variable, default, meaning = told[setting.name]
        assert variable == (f"`{names[setting.name]}`" if setting.name in names else "–")
        assert meaning
        if has_plain_default(setting):
            assert default == shown(setting.default)


@pytest.mark.parametrize("language", PAGES)
def test_each_page_names_every_variable_and_no_other(language: str) -> None:
    assert set(re.findall(r"\bYINGDA_[A-Z_]*[A-Z]\b", PAGES[language])) == set(VARIABLES)


@pytest.mark.parametrize("language", PAGES)
def test_each_page_marks_every_secret(language: str) -> None:
    secret = {"en": "**Secret.**", "zh": "**密钥。**"}[language]
    for heading, model in (
        ("`[accounts.NAME]`", AccountSettings),
        ('`kind = "dify"`', DifyProvider),
        ('`kind = "openai"`', OpenAiProvider),
    ):
        marked = {key for key, row in rows(PAGES[language], heading).items() if secret in row[-1]}
        hidden = {each.name for each in fields(model) if not each.repr and each.name not in PRIVATE}
        assert marked == hidden
