"""What there is to learn in the background, made from accounts and those who know.

Decides who is asked for what, and how often; `learnt` keeps the answers and does the asking.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import structlog

from yingda.actions import OpeningAction, PictureAction
from yingda.clock import Clock
from yingda.engine.accounts.accounts import Account
from yingda.engine.accounts.learnt import AGAIN_AFTER_S, Learnt, Look, Rounds
from yingda.errors import ApiKind, ApiRefused, ConfigurationError, YingdaError
from yingda.providers.base import Provider
from yingda.providers.capabilities import Welcomer
from yingda.wechat.api_base import Uploaded
from yingda.wechat.limits import IMAGE_LIMIT_BYTES, MEDIA_LIFE_S

_log = structlog.get_logger()

#: How long an app's introduction is taken for the present one. Our choice: an operator who
#: changed it wants to see it soon, and once an hour is no load.
_OPENING_EVERY_S = 3600.0
#: The same for whether WeChat shows a menu; an account may ask 10 000 times a day.
_MENU_EVERY_S = 3600.0
#: How long before its end an upload is renewed. Our choice: half a day of failures does no harm.
_UPLOAD_EVERY_S = MEDIA_LIFE_S - 12 * 3600.0
#: How long before its end an upload that cannot be renewed is shown no more, for a reply with one
#: that was dropped shows nothing. Our choice: two failures apart (`learnt`).
_DROP_BEFORE_S = 2 * AGAIN_AFTER_S
#: Official page on temporary material.
_CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
}


class Office(Protocol):
    """What WeChat's server API does for an account's other duties.

    Raises a `WechatApiError`.
    """

    async def menu(self) -> Mapping[str, object] | None:
        """The menu that was published; None when there is none."""

    async def upload_image(self, content: bytes, filename: str, content_type: str) -> Uploaded:
        """Upload a picture."""


def rounds_of(
    learnt: Learnt,
    accounts: tuple[Account, ...],
    providers: Mapping[str, Provider],
    offices: Mapping[str, Office],
    clock: Clock,
) -> Rounds:
    """All that these accounts have to learn, yet to be started."""
    rounds = Rounds(clock)
    add_openings(rounds, learnt, accounts, providers)
    add_menus(rounds, learnt, accounts, offices)
    add_pictures(rounds, learnt, accounts, offices, clock)
    return rounds


def add_menus(
    rounds: Rounds, learnt: Learnt, accounts: Iterable[Account], offices: Mapping[str, Office]
) -> None:
    """Ask whether WeChat shows a menu of the accounts that else carry it in their texts."""
    for account in accounts:
        duties, office = account.duties, offices.get(account.name)
        if office is not None and duties.menu.buttons and duties.menu_in_text is None:
            learnt.asks_for_menu.add(account.name)
            look = _menu(account.name, office, learnt)
            rounds.add(f"menu:{account.name}", _MENU_EVERY_S, look)


def _menu(name: str, office: Office, learnt: Learnt) -> Look:
    async def look() -> None:
        try:
            learnt.menus[name] = await office.menu() is not None
        except ApiRefused as refused:
            if refused.kind is not ApiKind.NOT_ALLOWED:
                raise
            # An account without the right has no menu of ours.
            learnt.menus[name] = False

    return look


def add_pictures(
    rounds: Rounds,
    learnt: Learnt,
    accounts: Iterable[Account],
    offices: Mapping[str, Office],
    clock: Clock,
) -> None:
    """Upload the files that accounts show as pictures, and again before WeChat drops them."""
    for account in accounts:
        office = offices.get(account.name)
        for file in sorted(set(_files_of(account))):
            if office is None:
                _log.warning("picture_not_uploaded", account=account.name, reason="no app_secret")
                break
            look = _while_kept(account.name, file, learnt, clock, office)
            rounds.add(f"picture:{account.name}", _UPLOAD_EVERY_S, look)


def _files_of(account: Account) -> Iterator[str]:
    for action in account.duties.actions():
        if isinstance(action, PictureAction) and action.file and not action.media_id:
            yield action.file


def _while_kept(name: str, file: str, learnt: Learnt, clock: Clock, office: Office) -> Look:
    """Upload it; where that fails until WeChat drops the former one, show that no more."""
    upload = _picture(name, file, office, learnt)

    async def look() -> None:
        try:
            await upload()
        except YingdaError:
            former = learnt.uploads.get((name, file))
            if former is not None and clock.now() >= former.expires_at - _DROP_BEFORE_S:
                del learnt.uploads[name, file]
            raise

    return look


def _picture(name: str, file: str, office: Office, learnt: Learnt) -> Look:
    path = Path(file)

    async def look() -> None:
        suffix = path.suffix.lower()
        kind = _CONTENT_TYPES.get(suffix, "application/octet-stream")
        # WeChat may mind capitals in a suffix and Chinese in a name (reported by users of its
        # other clients), and needs no name of this machine.
        name_there = f"picture{suffix}"
        try:
            uploaded = await office.upload_image(_content(path), name_there, kind)
        except ApiRefused as refused:
            if refused.kind is not ApiKind.NOT_ALLOWED:
                raise
            # The stand-in is what such an account shows; there is nothing to mend.
            learnt.uploads.pop((name, file), None)
            _log.info("picture_not_uploaded", account=name, code=refused.code)
            return
        learnt.uploads[name, file] = uploaded

    return look


def _content(path: Path) -> bytes:
    """The picture's bytes. Reading two megabytes holds the loop up for a millisecond."""
    try:
        with path.open("rb") as file:
            content = file.read(IMAGE_LIMIT_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"a picture file cannot be read: {error.strerror}") from error
    if len(content) > IMAGE_LIMIT_BYTES:
        raise ConfigurationError(f"a picture file is over {IMAGE_LIMIT_BYTES} bytes")
    return content


def add_openings(
    rounds: Rounds,
    learnt: Learnt,
    accounts: Iterable[Account],
    providers: Mapping[str, Provider],
) -> None:
    """Ask the apps that an account lets introduce themselves."""
    names = {
        account.provider
        for account in accounts
        if any(isinstance(action, OpeningAction) for action in account.duties.actions())
    }
    for name in sorted(names):
        provider = providers.get(name)
        if provider is not None and (welcomer := provider.capabilities.welcomer):
            rounds.add(f"opening:{name}", _OPENING_EVERY_S, _opening(name, welcomer, learnt))


def _opening(name: str, welcomer: Welcomer, learnt: Learnt) -> Look:
    async def look() -> None:
        found = await welcomer.opening()
        if found is None:
            learnt.openings.pop(name, None)
        else:
            learnt.openings[name] = found

    return look
