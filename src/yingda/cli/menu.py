"""`yingda menu`: publishes the menu of the settings, shows what is published, takes it away.

Decides nothing about menus: `yingda.wechat.menu` does. It runs beside the server, so it keeps its
token to itself; WeChat hands out the same stable token to both.
"""

from collections.abc import Callable
from typing import Literal, TextIO

import msgspec

from yingda.adapters import wechat_api
from yingda.cli.menu_texts import say
from yingda.clock import Clock, SystemClock
from yingda.config import AccountSettings, Settings
from yingda.errors import ApiKind, ApiRefused, WechatApiError
from yingda.texts import Language
from yingda.wechat.api import WechatApi
from yingda.wechat.api_base import TokenVault
from yingda.wechat.api_errors import advice_for
from yingda.wechat.api_vault import OwnVault
from yingda.wechat.menu import changes, lines, shape, to_api

#: Exit status: done; WeChat refused; the settings do not allow it (BSD's sysexits: EX_CONFIG).
DONE, REFUSED, MISCONFIGURED = 0, 1, 78

#: Verified or not, the account was banned or restricted. Official table of return codes.
_BANNED = frozenset({48004, 50002})

Connect = Callable[[AccountSettings, TokenVault, Clock], WechatApi | None]


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    step: Literal["publish", "show", "delete"]
    account: str | None = None
    dry_run: bool = False


async def run_menu(
    settings: Settings,
    errand: Errand,
    screen: TextIO,
    language: Language,
    *,
    connect: Connect = wechat_api,
) -> int:
    """Do it, say what became of it, and return the exit status. Raises no `WechatApiError`."""
    own = _account(settings, errand.account)
    if own is None:
        known = ", ".join(account.name for account in settings.accounts)
        screen.write(say(language, "no_account", known=known))
        return MISCONFIGURED
    wants_menu = errand.step == "publish"
    if wants_menu and not own.menu.buttons:
        screen.write(say(language, "no_menu", account=own.name))
        return MISCONFIGURED
    if wants_menu and errand.dry_run:
        screen.write(_json(own))
        return DONE
    api = connect(own, OwnVault(), SystemClock())
    if api is None:
        screen.write(say(language, "no_secret", account=own.name))
        return MISCONFIGURED
    try:
        screen.write(await _carried_out(api, own, errand, language))
    except WechatApiError as error:
        screen.write(_told(error, language))
        return REFUSED
    finally:
        await api.aclose()
    return DONE


def _account(settings: Settings, name: str | None) -> AccountSettings | None:
    fitting = [account for account in settings.accounts if name in {None, account.name}]
    return fitting[0] if len(fitting) == 1 else None


def _json(own: AccountSettings) -> str:
    body = msgspec.json.encode(to_api(own.menu))
    return msgspec.json.format(body, indent=2).decode() + "\n"


async def _carried_out(
    api: WechatApi, own: AccountSettings, errand: Errand, language: Language
) -> str:
    if errand.step == "delete" and not errand.dry_run:
        await api.delete_menu()
        return say(language, "deleted")
    published = shape(await api.menu() or {})
    wanted = shape(to_api(own.menu))
    differences = "".join(f"{each.mark} {each.line}\n" for each in changes(published, wanted))
    if errand.step == "publish":
        if not differences:
            return say(language, "same")
        await api.create_menu(to_api(own.menu))
        return differences + say(language, "published")
    shown = "".join(f"{path}  {deed}".rstrip() + "\n" for path, deed in lines(published).items())
    shown = shown or say(language, "none_published")
    if own.menu.buttons and differences:
        shown += say(language, "differs") + differences
    return shown


def _told(error: WechatApiError, language: Language) -> str:
    if not isinstance(error, ApiRefused):
        told = say(language, "unreachable", reason=error.detail)
        return told + (say(language, "mend", mend=error.mend) if error.mend else "")
    if error.kind is ApiKind.NOT_ALLOWED and error.code not in _BANNED:
        return say(language, "refused", reason=_code(error)) + say(language, "in_text")
    advice = advice_for(error)
    is_chinese = language is Language.CHINESE
    reason = advice.said.zh if is_chinese else advice.said.en
    told = say(language, "refused", reason=f"{reason} ({_code(error)})")
    if advice.mend is None:
        return told
    return told + say(language, "mend", mend=advice.mend.zh if is_chinese else advice.mend.en)


def _code(refused: ApiRefused) -> str:
    """WeChat's own code, and what its support asks for."""
    code = "–" if refused.code is None else str(refused.code)
    return f"{code}, rid: {refused.rid}" if refused.rid else code
