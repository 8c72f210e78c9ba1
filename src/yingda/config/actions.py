"""How settings spell an action: one key that names it, among the keys of its table.

A line in `_READERS` for each; the values are `yingda.actions`.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from yingda.actions import (
    Action,
    AgentAction,
    AskAction,
    CardAction,
    CommandAction,
    NothingAction,
    OpeningAction,
    PictureAction,
    QuestionAction,
    TextAction,
)
from yingda.config.tables import Fields, Notes
from yingda.wechat.limits import TEXT_LIMIT_BYTES
from yingda.words import Command

#: UTF-8 bytes of a card's title and description. Our choice: the official page names no limit,
#: and a phone shows two lines of either.
_TITLE_LIMIT_BYTES = 192
_DESCRIPTION_LIMIT_BYTES = 600
#: Picture files that WeChat takes. Official page on temporary material.
_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif")


def read_action(fields: Fields) -> Action | None:
    """The one action that a table names; None when it names none, or cannot be used.

    The table may have other keys, which are the caller's.
    """
    named = fields.of(*ACTION_KEYS)
    if len(named) == 1:
        if named[0] not in _ASKING and fields.has("provider"):
            fields.note("provider_without_question", "provider")
        return _READERS[named[0]](fields, named[0])
    known = ", ".join(ACTION_KEYS)
    fields.notes.add("action_twice" if named else "action_missing", fields.label, known=known)
    return None


def read_welcome(value: object, label: str, notes: Notes) -> Action | None:
    """A table that holds an action and nothing else."""
    if not isinstance(value, dict):
        notes.add("table", label)
        return None
    fields = Fields(value, label, notes)
    action = read_action(fields)
    fields.refuse_others()
    return action


def read_scenes(value: object, label: str, notes: Notes) -> Mapping[str, Action]:
    """Scene → action."""
    if not isinstance(value, dict):
        notes.add("table", label)
        return {}
    read = {scene: read_welcome(each, f"{label}.{scene}", notes) for scene, each in value.items()}
    return MappingProxyType({scene: action for scene, action in read.items() if action})


def _text(fields: Fields, key: str) -> Action:
    return TextAction(fields.text(key, most_bytes=TEXT_LIMIT_BYTES))


def _picture(fields: Fields, key: str) -> Action:
    inner = fields.table(key)
    picture = PictureAction(
        media_id=inner.line("media_id"),
        file=inner.line("file"),
        url=inner.page_url("url"),
        title=inner.text("title", most_bytes=_TITLE_LIMIT_BYTES),
        description=inner.text("description", most_bytes=_DESCRIPTION_LIMIT_BYTES),
        link=inner.page_url("link"),
    )
    if not inner.of("media_id", "file", "url"):
        fields.note("picture_source", key)
    if picture.file and PurePath(picture.file).suffix.lower() not in _PICTURE_SUFFIXES:
        inner.note("picture_kind", "file", allowed=", ".join(_PICTURE_SUFFIXES))
    if picture.file.startswith("~"):
        inner.note("home_directory", "file")
    inner.refuse_others()
    return picture


def _card(fields: Fields, key: str) -> Action:
    inner = fields.table(key)
    card = CardAction(
        title=inner.text("title", most_bytes=_TITLE_LIMIT_BYTES, is_required=True),
        url=inner.page_url("url", is_required=True),
        description=inner.text("description", most_bytes=_DESCRIPTION_LIMIT_BYTES),
        picture_url=inner.page_url("picture_url"),
    )
    inner.refuse_others()
    return card


def _command(fields: Fields, key: str) -> Action | None:
    name = fields.line(key).removeprefix("/").lower()
    if name in set(Command):
        return CommandAction(Command(name))
    if name:
        fields.note("command_unknown", key, known=", ".join(Command))
    return None


def _question(fields: Fields, key: str) -> Action:
    text = fields.text(key, most_bytes=TEXT_LIMIT_BYTES)
    return QuestionAction(text, fields.line("provider"))


def read_rule_action(fields: Fields) -> Action | AskAction | None:
    """The same for a rule, which has a text that may be asked."""
    if fields.of(*ACTION_KEYS) != (_ASK,):
        return read_action(fields)
    _require_true(fields, _ASK)
    return AskAction(fields.line("provider"))


def _ask(fields: Fields, key: str) -> Action | None:
    fields.note("ask_without_text", key)
    return None


def _agent(fields: Fields, key: str) -> Action:
    named = fields.raw(key)
    if isinstance(named, bool):
        _require_true(fields, key)
        return AgentAction()
    return AgentAction(fields.line(key))


def _opening(fields: Fields, key: str) -> Action:
    _require_true(fields, key)
    return OpeningAction()


def _nothing(fields: Fields, key: str) -> Action:
    _require_true(fields, key)
    return NothingAction()


def _require_true(fields: Fields, key: str) -> None:
    if fields.raw(key) is not True:
        fields.note("only_true", key)


#: What the follower wrote is asked.
_ASK: Final = "ask"
#: Actions beside which a provider may be named.
_ASKING: Final = frozenset({"question", _ASK})
_READERS: Final[Mapping[str, Callable[[Fields, str], Action | None]]] = MappingProxyType(
    {
        "text": _text,
        "picture": _picture,
        "card": _card,
        "command": _command,
        "question": _question,
        _ASK: _ask,
        "agent": _agent,
        "opening": _opening,
        "nothing": _nothing,
    }
)
#: The keys that name an action.
ACTION_KEYS: Final = tuple(_READERS)
