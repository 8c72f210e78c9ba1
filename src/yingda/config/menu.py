"""How settings spell a menu: a list of buttons, each of which may have a list of its own.

Knows which keys a button has; what the platform allows is `yingda.wechat.menu`.
"""

from yingda.actions import Action
from yingda.config.actions import ACTION_KEYS, read_action
from yingda.config.tables import Fields, Notes, tables
from yingda.wechat.menu import KEY_TYPES, Button, ButtonType, Menu, flaws, places
from yingda.words import normalised

_BUTTON_KEYS = ("buttons", "view", "mini_program")


def read_menu(value: object, label: str, notes: Notes) -> Menu:
    """The menu, as far as it can be used."""
    menu = Menu(tuple(_button(fields, "") for fields in tables(value, label, notes)))
    for found in flaws(menu):
        spot = where(label, found.place)
        notes.add(found.flaw, f"{spot}.{found.field}" if found.field else spot, most=found.most)
    _check_names(menu, label, notes)
    return menu


def _button(fields: Fields, above: str) -> Button:
    name = fields.line("name", is_required=True)
    kinds = fields.of(*_BUTTON_KEYS)
    actions = fields.of(*ACTION_KEYS)
    has_key = not kinds
    if not has_key:
        for key in fields.of("type", "key"):
            fields.note(f"button_{key}", key)
    if len(kinds) + bool(actions) > 1 or (has_key and not actions and not fields.has("type")):
        known = ", ".join((*_BUTTON_KEYS, *ACTION_KEYS))
        fields.notes.add("button_kind", fields.label, known=known)
        kind = ""
    else:
        kind = kinds[0] if kinds else "key"
    button = _of_kind(fields, kind, name, above)
    fields.refuse_others()
    return button


def _of_kind(fields: Fields, kind: str, name: str, above: str) -> Button:
    match kind:
        case "buttons":
            return Button(name=name, buttons=_below(fields, name, above))
        case "view":
            return Button(name=name, type=ButtonType.VIEW, url=fields.page_url("view"))
        case "mini_program":
            return _mini_program(fields.table("mini_program"), name)
        case "key":
            return _with_key(fields, name, above)
        case _:
            return Button(name=name)


def _below(fields: Fields, name: str, above: str) -> tuple[Button, ...]:
    if above:
        fields.note("menu_too_deep", "buttons")
        return ()
    below = tuple(_button(each, name) for each in fields.tables("buttons"))
    if fields.raw("buttons") == []:
        fields.note("empty", "buttons")
    return below


def _mini_program(inner: Fields, name: str) -> Button:
    button = Button(
        name=name,
        type=ButtonType.MINI_PROGRAM,
        app_id=inner.line("app_id", is_required=True),
        page_path=inner.line("page_path", is_required=True),
        url=inner.page_url("url", is_required=True),
    )
    inner.refuse_others()
    return button


def _with_key(fields: Fields, name: str, above: str) -> Button:
    kind = _key_type(fields)
    # Names make keys that stay the same when buttons move or do something else.
    key = fields.line("key") if fields.has("key") else f"{above}/{name}" if above else name
    action: Action | None = None
    if kind is ButtonType.CLICK or fields.of(*ACTION_KEYS):
        action = read_action(fields)
    return Button(name=name, type=kind, key=key, action=action)


def _key_type(fields: Fields) -> ButtonType | None:
    if not fields.has("type"):
        return ButtonType.CLICK
    written = fields.line("type").lower()
    if written in KEY_TYPES:
        return ButtonType(written)
    fields.note("choice", "type", allowed=", ".join(sorted(KEY_TYPES)))
    return None


def _check_names(menu: Menu, label: str, notes: Notes) -> None:
    """Two buttons of one name must do one thing: a follower may send the name."""
    known: dict[str, Action] = {}
    for place, button in places(menu):
        action = button.action
        if action is not None and known.setdefault(normalised(button.name), action) != action:
            notes.add("menu_name_twice", f"{where(label, place)}.name")


def where(label: str, place: tuple[int, ...]) -> str:
    """What the operator calls the button at this place."""
    return label + ".buttons".join(f"[{number}]" for number in place)
