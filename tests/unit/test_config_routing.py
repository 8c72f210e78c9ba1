"""Who answers, as settings say it: stand-ins, models, shares and the providers of rules."""

import re
from pathlib import Path

import pytest

from support.settings import API_KEY, TOKEN, from_file, reasons_of, written
from yingda.actions import AskAction, Match, QuestionAction, Rule
from yingda.config import Settings
from yingda.config.routing import used_providers
from yingda.engine.asking.candidates import Standby
from yingda.providers.breaker import BreakerRules
from yingda.wiring import account_of, standby_of
from yingda.words import Command

PROVIDERS = "".join(
    f'[providers.{name}]\nkind = "dify"\napi_key = "{API_KEY}{name}"\n' for name in ("a", "b")
)
HOWTO = Path(__file__).parents[2] / "docs/howto"


def file(account: str = "", of_a: str = "", more: str = "") -> str:
    """An account `shop`, and the providers `a` and `b`."""
    own = PROVIDERS.replace("[providers.b]", f"{of_a}\n[providers.b]")
    return f'[accounts.shop]\ntoken = "{TOKEN}"\n{account}\n{own}\n{more}'


def settings(folder: Path, *parts: str) -> Settings:
    return from_file(folder, file(*parts))


def reasons(folder: Path, *parts: str) -> dict[str, str]:
    return reasons_of({}, config_path=written(folder, file(*parts)))


def test_a_provider_names_who_stands_in_and_when_it_is_left_alone(tmp_path: Path) -> None:
    of_a = 'fallback = ["b"]\nbreaker_failures = 2\nbreaker_open_s = 9.5'
    assert standby_of(settings(tmp_path, 'provider = "a"', of_a).providers) == Standby(
        fallbacks={"a": ("b",), "b": ()},
        breakers={"a": BreakerRules(failures=2, open_s=9.5), "b": BreakerRules()},
    )


def test_two_providers_may_stand_in_for_each_other(tmp_path: Path) -> None:
    more = "".join(
        f'[providers.{name}]\nkind = "echo"\nfallback = ["{other}"]\n'
        for name, other in ("cd", "dc")
    )
    found = standby_of(settings(tmp_path, 'provider = "a"', "", more).providers)
    assert (found.fallbacks["c"], found.fallbacks["d"]) == (("d",), ("c",))


@pytest.mark.parametrize(
    ("fallback", "reason"),
    [
        ('["a"]', "it names itself to stand in"),
        ('["nobody"]', "there is no provider of this name"),
        ('["b", "b"]', "it names one provider twice"),
        ('["test"]', "an echo stands in: followers would read their own question for an answer"),
        ('"b"', "it must be a list"),
    ],
)
def test_a_stand_in_that_could_not_help_is_a_problem(
    tmp_path: Path, fallback: str, reason: str
) -> None:
    found = reasons(
        tmp_path, 'provider = "a"', f"fallback = {fallback}", '[providers.test]\nkind = "echo"'
    )
    assert found["providers.a.fallback"].startswith(reason)


def test_models_are_a_table_whose_first_answers_who_has_not_chosen(tmp_path: Path) -> None:
    (own,) = settings(tmp_path, '[accounts.shop.models]\n"快速" = "b"\n"深度" = "a"').accounts
    assert (own.provider, list(own.models.items())) == ("b", [("快速", "b"), ("深度", "a")])
    assert Command.MODEL in account_of(own, b"key").shown_words


def test_without_models_there_is_no_command_to_choose_one(tmp_path: Path) -> None:
    own_word = 'provider = "a"\n[accounts.shop.commands]\nmodel = ["换模型"]'
    (own,) = settings(tmp_path, own_word).accounts
    wired = account_of(own, b"key")
    assert Command.MODEL not in wired.shown_words
    assert Command.MODEL not in wired.command_words.values()


@pytest.mark.parametrize(
    ("account", "key", "reason"),
    [
        ("models = {}\nprovider = 'a'", "models", "it is empty"),
        ('models = { x = "nobody" }', "models.x", "there is no provider of this name"),
        (
            'models = { x = "a", " X" = "b" }',
            "models. X",
            "two models are shown by the same name",
        ),
        (
            f'models = {{ {"x" * 17} = "a" }}',
            f"models.{'x' * 17}",
            "this cannot be a model's shown name",
        ),
        ('models = { " " = "a" }', "models. ", "this cannot be a model's shown name"),
        (
            'provider = "b"\nmodels = { x = "a", y = "b" }',
            "provider",
            "it is not the first of the models",
        ),
        (
            "models = { " + ", ".join(f'm{n} = "a"' for n in range(11)) + " }",
            "models",
            "there are too many models",
        ),
        ('split = { nobody = 1 }\nprovider = "a"', "split.nobody", "there is no provider of"),
        ("split = { a = 0 }", "split", "no share is above 0"),
        ("split = { a = -1 }", "split.a", "it is too small"),
    ],
)
def test_models_and_shares_that_cannot_be_used_are_named(
    tmp_path: Path, account: str, key: str, reason: str
) -> None:
    assert reasons(tmp_path, account)[f"accounts.shop.{key}"].startswith(reason)


def test_rules_name_who_is_asked(tmp_path: Path) -> None:
    rules = """provider = "a"
[[accounts.shop.rules]]
prefix = "/画"
ask = true
provider = "b"
[[accounts.shop.rules]]
exact = "新闻"
question = "有什么新闻？"
provider = "b"
[[accounts.shop.rules]]
prefix = "请问"
ask = true
"""
    (own,) = settings(tmp_path, rules).accounts
    assert own.rules == (
        Rule(Match.PREFIX, ("/画",), AskAction("b")),
        Rule(Match.EXACT, ("新闻",), QuestionAction("有什么新闻？", "b")),
        Rule(Match.PREFIX, ("请问",), AskAction()),
    )


@pytest.mark.parametrize(
    ("table", "key", "reason"),
    [
        (
            '[[accounts.shop.rules]]\nexact = "x"\nask = true\nprovider = "nobody"',
            "rules[1].provider",
            "there is no provider of this name",
        ),
        (
            '[[accounts.shop.rules]]\nexact = "x"\ntext = "y"\nprovider = "b"',
            "rules[1].provider",
            "nobody is asked here, so it names nobody",
        ),
        (
            '[[accounts.shop.rules]]\nexact = "x"\nask = false',
            "rules[1].ask",
            "this can only be true",
        ),
        (
            "[accounts.shop.welcome]\nask = true",
            "welcome.ask",
            "there is no text of a follower's here to ask",
        ),
        (
            '[[accounts.shop.menu]]\nname = "x"\nask = true',
            "menu[1].ask",
            "there is no text of a follower's here to ask",
        ),
        (
            '[[accounts.shop.menu]]\nname = "x"\nquestion = "?"\nprovider = "nobody"',
            "menu[1].provider",
            "there is no provider of this name",
        ),
    ],
)
def test_actions_whose_provider_or_text_is_not_there_are_named(
    tmp_path: Path, table: str, key: str, reason: str
) -> None:
    assert reasons(tmp_path, f'provider = "a"\n{table}')[f"accounts.shop.{key}"] == reason


def test_everybody_who_may_be_asked_counts_as_used(tmp_path: Path) -> None:
    more = "".join(f'[providers.{name}]\nkind = "echo"\n' for name in ("c", "d", "e", "unused"))
    account = """[accounts.shop.models]
x = "a"
[accounts.shop.split]
c = 1
[[accounts.shop.rules]]
exact = "x"
ask = true
provider = "d"
[accounts.shop.welcome]
question = "?"
provider = "e"
"""
    found = settings(tmp_path, account, 'fallback = ["b"]', more)
    assert used_providers(found) == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize("page", ["more-than-one-model.md", "more-than-one-model.zh-CN.md"])
def test_the_examples_of_the_page_on_several_models_can_be_used(tmp_path: Path, page: str) -> None:
    blocks = re.findall(
        r"^```toml\n(.*?)^```$", (HOWTO / page).read_text(), re.MULTILINE | re.DOTALL
    )
    whole = "\n".join(blocks).replace('[accounts.main]\ntoken = "env:MAIN_TOKEN"\n', "")
    keys = {name: f"{API_KEY}{name}" for name in ("CHAT_KEY", "BACKUP_KEY", "DRAW_KEY")}
    environ = {"MAIN_TOKEN": TOKEN, **keys}
    text = f'[accounts.main]\ntoken = "env:MAIN_TOKEN"\n{whole}'
    found = from_file(tmp_path, text, environ)
    assert found.accounts[0].provider == "chat"
    assert found.accounts[0].split == {"chat": 90, "backup": 10}
    assert used_providers(found) == {"chat", "backup", "draw"}


def test_a_first_model_that_nobody_is_called_is_told_once(tmp_path: Path) -> None:
    found = reasons(tmp_path, '[accounts.shop.models]\n"x" = "nobody"')
    assert found == {"accounts.shop.models.x": "there is no provider of this name"}
