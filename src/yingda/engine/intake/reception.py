"""What the account says by itself: sentences, the operator's own replies, the menu in words.

The one place where an action becomes a reply. Pure but for what was learnt in the background; it
refuses to wait for anything, and to know messages.
"""

from collections.abc import Iterable, Iterator

import msgspec

from yingda.actions import (
    AgentAction,
    CardAction,
    OpeningAction,
    PictureAction,
    ReplyAction,
    TextAction,
)
from yingda.delivery.plain import blocks
from yingda.delivery.split import all_parts
from yingda.engine.accounts.accounts import Account
from yingda.engine.accounts.learnt import Learnt
from yingda.engine.accounts.sentences import words_of
from yingda.providers.capabilities import Opening
from yingda.turn.model import Cursor
from yingda.wechat.limits import PART_BYTES, TEXT_LIMIT_BYTES, size_bytes
from yingda.wechat.links import label_text, mini_program_link, tap_to_send, web_link
from yingda.wechat.menu import Button, ButtonType
from yingda.wechat.replies import ImageReply, NewsReply, Reply, TextReply, TransferReply
from yingda.wechat.xml_text import clean_text

#: Sentences that tell what can be done here.
_WITH_MENU = frozenset({"welcome", "help"})
_SEPARATOR = "\n\n"


class Said(msgspec.Struct, frozen=True):
    """A reply, and whether it is the same whenever this is asked."""

    reply: Reply
    is_lasting: bool = True


class Reception:
    """Words the replies that need no AI."""

    def __init__(self, learnt: Learnt) -> None:
        self._learnt = learnt
        #: Sentences as they were last worded, each with the account's settings at that time.
        self._worded: dict[tuple[str, str], tuple[Account, str]] = {}

    def told(self, account: Account, key: str) -> Said:
        """The sentence of this key, the menu below it where one belongs."""
        text = self._words_of(account, key)
        if key not in _WITH_MENU:
            return Said(TextReply(text))
        return Said(TextReply(self._with_menu(account, text)), self._is_menu_lasting(account))

    def shown(self, account: Account, action: ReplyAction, *, is_welcome: bool = False) -> Said:
        """The reply that an action means."""
        match action:
            case TextAction(text) if is_welcome:
                shown = self._with_menu(account, text)
                return Said(TextReply(shown), self._is_menu_lasting(account))
            case TextAction(text):
                return Said(TextReply(text))
            case CardAction():
                return Said(_card(action))
            case AgentAction(agent):
                return Said(TransferReply(agent))
            case PictureAction():
                return self._picture(account, action)
            case OpeningAction():
                return self._opening(account)

    def _words_of(self, account: Account, key: str) -> str:
        # Wording the help takes a sixth of a reply's time (measured).
        worded = self._worded.get((account.name, key))
        if worded is None or worded[0] is not account:
            worded = self._worded[account.name, key] = account, words_of(account, key)
        return worded[1]

    def _picture(self, account: Account, picture: PictureAction) -> Said:
        uploaded = self._learnt.uploads.get((account.name, picture.file))
        if media_id := picture.media_id or (uploaded.media_id if uploaded else ""):
            return Said(ImageReply(media_id), is_lasting=bool(picture.media_id))
        texts = account.style.texts
        title = picture.title or texts.say("picture_title")
        # What is uploaded a moment later must not change the reply to a repeat.
        is_lasting = not picture.file
        if picture.url:
            card = NewsReply(
                title=title,
                description=picture.description,
                url=picture.link or picture.url,
                picture_url=picture.url,
            )
            return Said(card, is_lasting)
        text = web_link(picture.link, title) if picture.link else texts.say("picture_unavailable")
        return Said(TextReply(text), is_lasting)

    def _opening(self, account: Account) -> Said:
        opening, texts = self._learnt.openings.get(account.provider), account.style.texts
        text = _introduction(opening, texts.say("suggested_head")) if opening else ""
        # Markdown may come to nothing, and an empty reply is a failure to WeChat.
        if not clean_text(text).strip():
            text = self._words_of(account, "welcome")
        return Said(TextReply(self._with_menu(account, text)), is_lasting=False)

    def _with_menu(self, account: Account, text: str) -> str:
        duties = account.duties
        is_shown = duties.menu_in_text
        if is_shown is None:
            # Two menus do no harm; none leaves a follower without.
            is_shown = not self._learnt.menus.get(account.name, False)
        if not is_shown:
            return text
        head = account.style.texts.say("menu_head")
        return _appended(text, head, _menu_lines(duties.menu.buttons))

    def _is_menu_lasting(self, account: Account) -> bool:
        is_fixed = account.duties.menu_in_text is not None or not account.duties.menu.buttons
        return is_fixed or account.name not in self._learnt.asks_for_menu


def _card(card: CardAction) -> NewsReply:
    return NewsReply(
        title=card.title,
        description=card.description,
        url=card.url,
        picture_url=card.picture_url,
    )


def _introduction(opening: Opening, head: str) -> str:
    parts = all_parts(blocks(opening.text), Cursor(), PART_BYTES)
    text = parts[0].text.strip("\n") if parts else ""
    questions = (tap_to_send(each, each) for each in opening.questions if label_text(each))
    return _appended(text, head, questions)


def _appended(text: str, head: str, lines: Iterable[str]) -> str:
    """`text`, and below it a head with as many lines as the reply's limit leaves room for."""
    room_bytes = (
        TEXT_LIMIT_BYTES - size_bytes(text) - len(_SEPARATOR if text else "") - size_bytes(head)
    )
    kept: list[str] = []
    for line in lines:
        line_bytes = 1 + size_bytes(line)
        if line_bytes <= room_bytes:
            kept.append(line)
            room_bytes -= line_bytes
    listed = "\n".join([head, *kept])
    return _SEPARATOR.join(part for part in (text, listed if kept else "") if part)


def _menu_lines(buttons: tuple[Button, ...]) -> Iterator[str]:
    for button in buttons:
        if button.buttons:
            links = [link for each in button.buttons if (link := _menu_link(each))]
            # A line for each: a long one as a whole might be left out.
            yield from (f"{label_text(button.name)} › {link}" for link in links)
        elif link := _menu_link(button):
            yield link


def _menu_link(button: Button) -> str:
    """What does in a text what the button does; "" where no text can."""
    match button.type:
        case ButtonType.CLICK:
            return tap_to_send(button.name, button.name)
        case ButtonType.VIEW:
            return web_link(button.url, button.name)
        case ButtonType.MINI_PROGRAM:
            return mini_program_link(
                button.url, button.name, app_id=button.app_id, page_path=button.page_path
            )
        case _:
            return ""
