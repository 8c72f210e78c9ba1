"""The pages that connect an AI: what they show can be used as it stands, in both languages."""

import re
from pathlib import Path

import msgspec
import pytest

from support.settings import API_KEY, TOKEN, from_file
from yingda.adapters import dify_settings_of, openai_settings_of, provider_of
from yingda.clock import SystemClock
from yingda.config import DifyProvider, OpenAiProvider, Settings, load
from yingda.config.sources import DIFY_VARIABLES, OPENAI_VARIABLES
from yingda.providers.base import Prompt
from yingda.providers.openai_request import Concessions, request_body

HOWTO = Path(__file__).parents[2] / "docs/howto"
NAMES = ("connect-dify", "connect-a-model", "pictures-and-voice")
SUFFIXES = (".md", ".zh-CN.md")
ACCOUNT = '[accounts.main]\ntoken = "env:MAIN_TOKEN"\n'


def blocks(page: str, language: str) -> list[str]:
    text = (HOWTO / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


BLOCKS = [
    pytest.param(block, id=f"{name}{suffix}-{number}")
    for name in NAMES
    for suffix in SUFFIXES
    for number, block in enumerate(blocks(f"{name}{suffix}", "toml"))
]


def read(folder: Path, block: str) -> Settings:
    """What a block sets, in a file with the page's account where it has none itself."""
    names = re.findall(r"env:([A-Z_]+)", block)
    environ = {name: f"{API_KEY}{name}" for name in names} | {"MAIN_TOKEN": TOKEN}
    text = block if "[accounts." in block else f"{ACCOUNT}\n{block}"
    if "[providers." not in block:
        text += '\n[providers.test]\nkind = "echo"\n'
    return from_file(folder, text, environ)


@pytest.mark.parametrize("block", BLOCKS)
async def test_every_block_of_settings_makes_a_provider(tmp_path: Path, block: str) -> None:
    found = read(tmp_path, block)
    assert found.accounts[0].provider in found.providers
    for settings in found.providers.values():
        provider = provider_of(settings, SystemClock())
        await provider.aclose()


@pytest.mark.parametrize("block", [each for each in BLOCKS if "extra_body" in str(each.values[0])])
def test_what_switches_thinking_off_goes_into_the_request(tmp_path: Path, block: str) -> None:
    (settings,) = read(tmp_path, block).providers.values()
    assert isinstance(settings, OpenAiProvider)
    prompt = Prompt(user="u", text="你好")
    body = request_body(openai_settings_of(settings), prompt, Concessions())
    sent = msgspec.json.decode(msgspec.json.encode(body))
    assert settings.extra_body
    assert {name: sent[name] for name in settings.extra_body} == dict(settings.extra_body)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("name", "kind", "known"),
    [
        ("connect-dify", DifyProvider, DIFY_VARIABLES),
        ("connect-a-model", OpenAiProvider, OPENAI_VARIABLES),
    ],
)
def test_the_variables_of_a_page_are_enough_to_start(
    name: str, kind: type[object], known: dict[str, str], suffix: str
) -> None:
    (block,) = blocks(f"{name}{suffix}", "ini")
    shown = dict(line.split("=", 1) for line in block.splitlines())
    own = {"YINGDA_WECHAT_TOKEN": TOKEN} | {
        variable: API_KEY for variable, value in shown.items() if value.endswith("-…")
    }
    (settings,) = load(shown | own).providers.values()
    assert isinstance(settings, kind)
    assert {known[variable] for variable in shown.keys() & known.keys()} >= {"api_key", "base_url"}


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_show_the_same_settings(name: str) -> None:
    english, chinese = (
        [
            re.sub(r"\s+#.*", "", each)
            for kind in ("toml", "ini", "sh")
            for each in blocks(f"{name}{suffix}", kind)
        ]
        for suffix in SUFFIXES
    )
    assert english == chinese


def test_the_workflow_of_the_page_names_its_question_and_its_answer(tmp_path: Path) -> None:
    (block,) = [each for each in blocks("connect-dify.md", "toml") if "input_key" in each]
    (settings,) = read(tmp_path, block).providers.values()
    assert isinstance(settings, DifyProvider)
    made = dify_settings_of(settings)
    assert (made.input_key, made.output_key, dict(made.inputs)) == (
        "question",
        "reply",
        {"audience": "粉丝"},
    )
