"""The account's other duties in settings: rules, menu, welcome and scenes.

Read twice: once for every problem, once for the values, where what is wrong is simply left out.
So the problems are found even where other settings are wrong too.
"""

from collections.abc import Iterator, Mapping

from yingda.actions import Action, CommandAction, Rule
from yingda.config.actions import read_scenes, read_welcome
from yingda.config.fields import folded
from yingda.config.menu import read_menu, where
from yingda.config.rules import read_rules
from yingda.config.tables import Notes
from yingda.config.texts import Problem
from yingda.wechat.menu import Menu, places
from yingda.words import COMMAND_WORDS, DEFAULT_PICKUP_WORD, normalised


def duties_problems(account: Mapping[str, object], label: str) -> Iterator[Problem]:
    """Everything that is wrong in an account's table; `label` is what the table is called."""
    notes = Notes()
    if "rules" in account:
        read_rules(account["rules"], f"{label}.rules", notes, _taken(account))
    if "menu" in account:
        menu = read_menu(account["menu"], f"{label}.menu", notes)
        _check_names(menu, f"{label}.menu", notes, _taken(account))
    if "welcome" in account:
        read_welcome(account["welcome"], f"{label}.welcome", notes)
    if "scenes" in account:
        read_scenes(account["scenes"], f"{label}.scenes", notes)
    yield from notes.problems


def _taken(account: Mapping[str, object]) -> dict[str, str]:
    """The words that mean something before any rule is asked, with what they are called."""
    off = account.get("commands_off")
    is_off = {folded(str(each)) for each in off} if isinstance(off, list) else set()
    taken = {
        normalised(word): word for command, word in COMMAND_WORDS.items() if command not in is_off
    }
    commands = account.get("commands")
    for command, words in commands.items() if isinstance(commands, dict) else ():
        if isinstance(words, list):
            taken |= {normalised(str(word)): f"commands.{command}" for word in words}
    pickup_word = account.get("pickup_word", DEFAULT_PICKUP_WORD)
    return {**taken, normalised(str(pickup_word)): "pickup_word"}


def _check_names(menu: Menu, label: str, notes: Notes, taken: Mapping[str, str]) -> None:
    """Where a menu stands in a text, a tap sends the name: nothing else may be meant by it."""
    for place, button in places(menu):
        other = taken.get(normalised(button.name))
        if other is None or button.action is None:
            continue
        own = button.action.command if isinstance(button.action, CommandAction) else None
        if own is None or other not in {COMMAND_WORDS[own], f"commands.{own}"}:
            notes.add("menu_name_taken", f"{where(label, place)}.name", other=other)


def rules_in(value: object) -> tuple[Rule, ...]:
    """The rules that can be used."""
    return read_rules(value, "", Notes(), {})


def menu_in(value: object) -> Menu:
    """The menu, as far as it can be used."""
    return read_menu(value, "", Notes())


def welcome_in(value: object) -> Action | None:
    """The action for new followers, if it can be used."""
    return read_welcome(value, "", Notes())


def scenes_in(value: object) -> Mapping[str, Action]:
    """The scenes whose actions can be used."""
    return read_scenes(value, "", Notes())
