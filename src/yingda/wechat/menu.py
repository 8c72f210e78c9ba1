"""The account's own menu: buttons as values, their limits, and the platform's JSON.

Knows what the official pages on custom menus allow, and how two menus differ. Refuses to know
what a button does, and how a menu is published.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from yingda.actions import Action
from yingda.wechat.limits import size_bytes

#: Structure and lengths in UTF-8 bytes. Official page on custom menus; of 40 and 60 for the lower
#: names the newer text says 60.
TOP_LIMIT = 3
SUB_LIMIT = 5
TOP_NAME_LIMIT_BYTES = 16
SUB_NAME_LIMIT_BYTES = 60
KEY_LIMIT_BYTES = 128
URL_LIMIT_BYTES = 1024

#: The platform's field → ours.
_FIELDS: Mapping[str, str] = {
    "type": "type",
    "name": "name",
    "key": "key",
    "url": "url",
    "appid": "app_id",
    "pagepath": "page_path",
}


class ButtonType(StrEnum):
    """What a tap does, by the platform's names; a button that opens others has none."""

    CLICK = "click"
    VIEW = "view"
    MINI_PROGRAM = "miniprogram"
    SCAN_CODE = "scancode_push"
    SCAN_CODE_AND_WAIT = "scancode_waitmsg"
    CAMERA = "pic_sysphoto"
    CAMERA_OR_ALBUM = "pic_photo_or_album"
    ALBUM = "pic_weixin"
    LOCATION = "location_select"


#: Those that report a key.
KEY_TYPES = frozenset(ButtonType) - {ButtonType.VIEW, ButtonType.MINI_PROGRAM}


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """One button: with a type, or with buttons below it."""

    name: str
    type: ButtonType | None = None
    #: What a tap reports; for `KEY_TYPES`.
    key: str = ""
    #: The page, or what clients open that know no mini-programs.
    url: str = ""
    app_id: str = ""
    page_path: str = ""
    #: What a tap on a button with a key brings about.
    action: Action | None = None
    buttons: tuple["Button", ...] = ()


class Menu(msgspec.Struct, frozen=True):
    """All buttons, from left to right; none at all is no menu."""

    buttons: tuple[Button, ...] = ()

    def leaves(self) -> Iterator[Button]:
        """Every button that does something."""
        for button in self.buttons:
            yield from button.buttons or (button,)

    def actions(self) -> dict[str, Action]:
        """Key → what a tap brings about."""
        return {each.key: each.action for each in self.leaves() if each.key and each.action}


class Flaw(StrEnum):
    """Why the platform would refuse a menu."""

    TOO_MANY_BUTTONS = "menu_too_many_buttons"
    NAME_TOO_LONG = "menu_name_too_long"
    KEY_TOO_LONG = "menu_key_too_long"
    URL_TOO_LONG = "menu_url_too_long"
    KEY_TWICE = "menu_key_twice"


class Found(msgspec.Struct, frozen=True):
    """One flaw: where, in which field of the button, and the limit that it breaks."""

    flaw: Flaw
    #: Numbers of buttons from 1, from the top down; () is the menu itself.
    place: tuple[int, ...]
    field: str = ""
    most: int = 0


def flaws(menu: Menu) -> Iterator[Found]:
    """Everything that the platform would refuse (errors 40015 to 40028)."""
    if len(menu.buttons) > TOP_LIMIT:
        yield Found(Flaw.TOO_MANY_BUTTONS, (), "", TOP_LIMIT)
    keys: set[str] = set()
    for place, button in places(menu):
        is_top = len(place) == 1
        limit_bytes = TOP_NAME_LIMIT_BYTES if is_top else SUB_NAME_LIMIT_BYTES
        yield from _flaws_of(button, place, limit_bytes, keys)
        if len(button.buttons) > SUB_LIMIT:
            yield Found(Flaw.TOO_MANY_BUTTONS, place, "buttons", SUB_LIMIT)


def places(menu: Menu) -> Iterator[tuple[tuple[int, ...], Button]]:
    """Every button with its numbers from 1, from the top down."""
    for number, top in enumerate(menu.buttons, 1):
        yield (number,), top
        for below, button in enumerate(top.buttons, 1):
            yield (number, below), button


def _flaws_of(
    button: Button, place: tuple[int, ...], name_limit_bytes: int, keys: set[str]
) -> Iterator[Found]:
    if size_bytes(button.name) > name_limit_bytes:
        yield Found(Flaw.NAME_TOO_LONG, place, "name", name_limit_bytes)
    if size_bytes(button.key) > KEY_LIMIT_BYTES:
        yield Found(Flaw.KEY_TOO_LONG, place, "key", KEY_LIMIT_BYTES)
    if size_bytes(button.url) > URL_LIMIT_BYTES:
        yield Found(Flaw.URL_TOO_LONG, place, "url", URL_LIMIT_BYTES)
    if button.key and button.key in keys:
        # A tap tells its key and nothing else.
        yield Found(Flaw.KEY_TWICE, place, "key")
    keys.add(button.key)


def to_api(menu: Menu) -> dict[str, object]:
    """The body of `menu/create`."""
    return {"button": [_to_api(button) for button in menu.buttons]}


def _to_api(button: Button) -> dict[str, object]:
    if button.buttons:
        return {"name": button.name, "sub_button": [_to_api(each) for each in button.buttons]}
    return {theirs: value for theirs, own in _FIELDS.items() if (value := getattr(button, own))}


def shape(value: Mapping[str, Any]) -> tuple[dict[str, object], ...]:
    """A menu's JSON, sent or got, reduced to what counts.

    `menu/get` wraps what `menu/create` took in `menu`, and adds empty `sub_button` lists.
    """
    inner = value.get("menu", value)
    found = inner.get("button") if isinstance(inner, Mapping) else None
    return tuple(map(_shape, _tables_in(found)))


def _tables_in(value: object) -> Iterator[Mapping[str, Any]]:
    """What looks like buttons, for the answer may come from anybody."""
    if isinstance(value, list | tuple):
        yield from (each for each in value if isinstance(each, Mapping))


def _shape(button: Mapping[str, Any]) -> dict[str, object]:
    below = button.get("sub_button") or ()
    # An edition of `menu/get` puts the list one level deeper.
    below = below.get("list") if isinstance(below, Mapping) else below
    if shapes := [_shape(each) for each in _tables_in(below)]:
        return {"name": button.get("name", ""), "sub_button": shapes}
    return {name: text for name in _FIELDS if (text := button.get(name))}


class Change(msgspec.Struct, frozen=True):
    """One line of the difference between two menus."""

    #: `+` comes, `-` goes, `~` does something else, `↕` stands elsewhere.
    mark: str
    #: The names from the top down, and what a tap does.
    line: str


def lines(buttons: tuple[dict[str, object], ...]) -> dict[str, str]:
    """Path of names → what a tap does, in the order of the menu."""
    told: dict[str, str] = {}
    for top in buttons:
        below = top.get("sub_button")
        name = str(top.get("name", ""))
        told[name] = "" if isinstance(below, list) else _deed(top)
        for each in below if isinstance(below, list) else ():
            told[f"{name} › {each.get('name', '')}"] = _deed(each)
    return told


def _deed(button: Mapping[str, object]) -> str:
    shown = (str(text) for field, text in button.items() if field != "name")
    return " ".join(shown)


def changes(
    published: tuple[dict[str, object], ...], wanted: tuple[dict[str, object], ...]
) -> tuple[Change, ...]:
    """What publishing `wanted` changes; nothing when both are the same."""
    if published == wanted:
        return ()
    old, new = lines(published), lines(wanted)
    gone = [Change("-", _line(path, deed)) for path, deed in old.items() if path not in new]
    come = [Change("+", _line(path, deed)) for path, deed in new.items() if path not in old]
    other = [
        Change("~", _line(path, deed))
        for path, deed in new.items()
        if path in old and old[path] != deed
    ]
    found = (*gone, *other, *come)
    # Names may stand twice, so that a mere look at paths finds nothing.
    return found or tuple(Change("↕", _line(path, deed)) for path, deed in new.items())


def _line(path: str, deed: str) -> str:
    return f"{path}  {deed}".rstrip()
