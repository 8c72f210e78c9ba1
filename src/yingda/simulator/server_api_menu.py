"""Whether the simulated server API takes a menu, and under which code it refuses.

Knows the limits of the official page on menus, and the official table's codes 40015 to 40028.
"""

from collections.abc import Mapping
from typing import Final

OK: Final = 0
_NAME_LIMITS_BYTES: Final = (16, 60)
_KEY_LIMIT_BYTES: Final = 128
_URL_LIMIT_BYTES: Final = 1024
_KEY_TYPES: Final = (
    *("click", "scancode_push", "scancode_waitmsg", "pic_sysphoto"),
    *("pic_photo_or_album", "pic_weixin", "location_select"),
)
#: What a button of each type needs, and the most bytes of it; 0 is without limit.
_NEEDS: Final[Mapping[str, Mapping[str, int]]] = {
    **{name: {"key": _KEY_LIMIT_BYTES} for name in _KEY_TYPES},
    "view": {"url": _URL_LIMIT_BYTES},
    "miniprogram": {"url": _URL_LIMIT_BYTES, "appid": 0, "pagepath": 0},
    "media_id": {"media_id": 0},
    "view_limited": {"media_id": 0},
    "article_id": {"article_id": 0},
    "article_view_limited": {"article_id": 0},
}
#: Codes on top and below: count, type, name, key, URL.
_COUNT, _TYPE, _NAME, _KEY, _URL = (
    (40016, 40023),
    (40017, 40024),
    (40018, 40025),
    (40019, 40026),
    (40020, 40027),
)
_LEVEL: Final = 40022
_PARAMETER: Final = 40035


def menu_refusal(menu: Mapping[str, object]) -> int:
    """The code under which this body of menu/create is refused, 0 when it is taken."""
    return _buttons_refusal(menu.get("button"), 0)


def _buttons_refusal(buttons: object, level: int) -> int:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= (3, 5)[level]:
        return _COUNT[level]
    refusals = [_button_refusal(button, level) for button in buttons]
    return next((refusal for refusal in refusals if refusal), OK)


def _button_refusal(button: object, level: int) -> int:
    if not isinstance(button, dict):
        return _TYPE[level]
    if not _fits(button.get("name"), _NAME_LIMITS_BYTES[level]):
        return _NAME[level]
    if button.get("sub_button"):
        return _LEVEL if level else _buttons_refusal(button["sub_button"], 1)
    needs = _NEEDS.get(str(button.get("type")))
    if needs is None:
        return _TYPE[level]
    for name, limit_bytes in needs.items():
        if not _fits(button.get(name), limit_bytes):
            return {"key": _KEY[level], "url": _URL[level]}.get(name, _PARAMETER)
    return OK


def _fits(value: object, limit_bytes: int) -> bool:
    if not isinstance(value, str) or not value:
        return False
    return not limit_bytes or len(value.encode()) <= limit_bytes
