"""The written house tells the truth: links, commands, words and variables exist."""

import ast
import re
from pathlib import Path

import pytest
import typer.main

from yingda.cli import app
from yingda.config.sources import VARIABLES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
#: Pages that stand alone: both languages at once, or for developers only.
ALONE = {"CHANGELOG.md", "docs/glossary.md", "docs/howto/add-a-provider.md"}
READMES = ("README.md", "README.zh-CN.md")
SOURCES = sorted((ROOT / "src/yingda").rglob("*.py"))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fenced(text: str) -> list[str]:
    return re.findall(r"^```[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def code(text: str) -> list[str]:
    """Everything that is shown as code: fenced blocks and spans."""
    return [*fenced(text), *re.findall(r"`([^`\n]+)`", prose(text))]


def headings(text: str) -> list[str]:
    return re.findall(r"^(#+) ", prose(text), re.MULTILINE)


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def identifiers() -> set[str]:
    """Every name that the source defines, takes, reads or is filed under."""
    found: set[str] = {source.stem for source in SOURCES}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                    found.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found.add(name)
                case ast.Constant(value=str(value)) if value.isidentifier():
                    found.add(value)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_to_a_file_and_a_heading(name: str) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(text_of(name)))
    for target in (each for each in targets if "://" not in each):
        path, _, anchor = target.partition("#")
        page = (ROOT / name).parent / path if path else ROOT / name
        assert page.exists(), target
        assert not anchor or anchor in anchors(page.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_that_is_named_exists(name: str) -> None:
    makefile = text_of("Makefile")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = re.findall(r"(?:^|\s)make +([a-z]+)", "\n".join(code(text_of(name))))
    assert set(named) <= targets


@pytest.mark.parametrize("name", NAMES)
def test_every_verb_and_option_of_yingda_that_is_named_exists(name: str) -> None:
    verbs = typer.main.get_group(app).commands
    for line in "\n".join(code(text_of(name))).splitlines():
        called = re.search(r"(?:^|[\s/=])yingda +([a-z]+)((?: +--?[a-z-]+(?: \S+)?)*)", line)
        if called is None:
            continue
        assert called[1] in verbs
        params = verbs[called[1]].params
        known = {option for each in params for option in (*each.opts, *each.secondary_opts)}
        assert set(re.findall(r"--[a-z-]+", called[2])) <= known


@pytest.mark.parametrize("name", ["docs/reference/commands.md", "docs/reference/commands.zh-CN.md"])
def test_the_page_of_commands_names_every_verb_with_every_option(name: str) -> None:
    page = text_of(name)
    verbs = typer.main.get_group(app).commands
    assert set(re.findall(r"^## `yingda ([a-z]+)`$", page, re.MULTILINE)) == set(verbs)
    for verb, command in verbs.items():
        section = re.split(r"^## ", page.partition(f"## `yingda {verb}`")[2], flags=re.MULTILINE)[0]
        told = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))
        options = [each for each in command.params if each.param_type_name == "option"]
        assert told == {option for each in options for option in each.opts}


#: What only the tests read.
OF_THE_TESTS = {"YINGDA_CHAOS_QUESTIONS", "YINGDA_CHAOS_SEED", "YINGDA_TEST_DATABASE_URL"}


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_that_is_named_is_a_setting(name: str) -> None:
    named = set(re.findall(r"\bYINGDA_[A-Z_]*[A-Z]\b", text_of(name)))
    assert named <= set(VARIABLES) | OF_THE_TESTS


def test_every_code_word_of_the_glossary_is_a_name_in_the_source() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", text_of("docs/glossary.md"), re.MULTILINE)
    assert len(rows) > 15
    words = {word for word, rest in rows if "not in the code yet" not in rest}
    assert words - identifiers() == set()
    assert all(rest.count("|") == 2 for _, rest in rows)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ALONE])
def test_every_page_has_a_twin_with_the_same_headings(name: str) -> None:
    is_chinese = name.endswith(".zh-CN.md")
    suffixes = (".zh-CN.md", ".md") if is_chinese else (".md", ".zh-CN.md")
    twin = name.removesuffix(suffixes[0]) + suffixes[1]
    assert twin in NAMES
    assert f"]({Path(twin).name})" in text_of(name)
    assert headings(text_of(name)) == headings(text_of(twin))


@pytest.mark.parametrize("name", READMES)
def test_the_first_screen_of_a_readme_shows_the_two_commands_and_no_other(name: str) -> None:
    lines = text_of(name).splitlines()
    opens = next(number for number, line in enumerate(lines) if line.startswith("```"))
    commands = [line.partition("#")[0].strip() for line in lines[opens + 1 :]]
    assert commands[: commands.index("```")] == ["make demo", "make test"]
    # A screen shows about so many lines.
    assert opens < 20


@pytest.mark.parametrize("folder", ["discussions", "howto", "reference"])
def test_both_readmes_lead_to_every_page_in_their_language(folder: str) -> None:
    chinese = {name for name in NAMES if name.endswith(".zh-CN.md")}
    for readme in READMES:
        pages = [name for name in NAMES if name.startswith(f"docs/{folder}/")]
        is_chinese = readme in chinese
        own = [name for name in pages if (name in chinese) == is_chinese or name in ALONE]
        assert own
        assert all(f"]({name})" in text_of(readme) for name in own)


def test_the_changelog_has_a_section_for_what_is_coming_or_current() -> None:
    version = re.search(r'^version = "([^"]+)"$', text_of("pyproject.toml"), re.MULTILINE)
    assert version is not None
    sections = re.findall(r"^## \[([^\]]+)\]", text_of("CHANGELOG.md"), re.MULTILINE)
    assert sections[0] in {"Unreleased", version[1]}


@pytest.mark.parametrize("language", ["", ".zh-CN"])
def test_every_log_event_that_the_guide_explains_is_one_the_source_writes(language: str) -> None:
    page = text_of(f"docs/howto/connect-an-account{language}.md")
    rows = re.findall(r"^\| ((?:`[a-z_]+`[,、]? ?)+)\|", page, re.MULTILINE)
    events = {event for row in rows for event in re.findall(r"`([a-z_]+)`", row)}
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    written = set(re.findall(r'_log\.\w+\(\s*"([a-z_]+)"', source))
    # Both kinds of refusal are written by one call, under the level that fits.
    written |= set(re.findall(r'\blog\(\s*"([a-z_]+)"', source))
    assert len(events) > 5
    assert events <= written
