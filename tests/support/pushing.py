"""A house whose account may push, and what its followers see of it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.engine.accounts.accounts import PushMode
from yingda.simulator.phone import Phone
from yingda.texts import Texts

SAY = Texts().say
LABEL = SAY("ai_label")
SEND, TYPING = "/cgi-bin/message/custom/send", "/cgi-bin/message/custom/typing"
_FRAME = re.compile(r"（\d+(?:/\d+)?）.*|" + re.escape(LABEL))


def prose(sentences: int, *, first: int = 0) -> str:
    """Sentences of eleven characters, 25 in a paragraph."""
    said = [f"这是其中第{n:03}句话。" for n in range(first, first + sentences)]
    return "\n\n".join("".join(said[n : n + 25]) for n in range(0, sentences, 25))


def slowly(text: str, during_s: float = 20.0, **changes: Any) -> Script:
    """Some characters at a time."""
    settings: dict[str, Any] = {"text": text, "chunks": 100, "during_s": during_s}
    return Script(**(settings | changes))


def body(*texts: str) -> str:
    """What of an answer these messages carry, without blanks."""
    return "".join("".join(_FRAME.sub("", text).split()) for text in texts)


def pushed(phone: Phone) -> list[str]:
    """The service messages that a follower sees."""
    return [bubble.text for bubble in phone.history if bubble.is_service]


def ends(house: House) -> list[tuple[Any, ...]]:
    """Of every turn: whether it is pushed, why no more of it is, and whether it is unread."""
    return house.rows("SELECT is_pushed, push_end, is_unread FROM turn ORDER BY id")


def parts(house: House) -> list[tuple[Any, ...]]:
    """Number and state of every part that was pushed, as they were chosen."""
    return house.rows("SELECT part_no, state FROM offer WHERE push_id IS NULL ORDER BY id")


@asynccontextmanager
async def open_pushing(
    folder: Path, push_mode: PushMode = PushMode.AUTO, **changes: Any
) -> AsyncIterator[House]:
    """A house of an account that may push, and is to find that out."""
    settings: dict[str, Any] = {"patience": 0, "push_fingerprint": "a", "push_mode": push_mode}
    async with open_house(folder, **(settings | changes)) as house:
        yield house
