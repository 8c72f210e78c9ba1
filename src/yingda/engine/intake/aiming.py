"""What a pickup is about: the turn that it fetches or shows again, or none, for it is a question.

Pure functions over what is known of the follower, and the words by which an answer asks for one.
"""

import msgspec
import regex

from yingda.engine.intake.intents import Pickup
from yingda.turn.model import FollowerView, Turn
from yingda.words import normalised


class Aim(msgspec.Struct, frozen=True):
    """What a pickup is about: a turn to hand over, or one to show again."""

    turn: Turn
    is_again: bool = False


#: "Reply 1", "press 1", "choose 1 to 4" and their like; the 1 must be no part of another number
#: and count nothing (`1 个`). Our choice of words.
_ASKS_FOR_NUMBER = regex.compile(
    r"(?:回复|输入|选择|请选|发送|\b(?:reply|type|choose|enter|send|press|pick|answer))"
    r"(?:数字|序号|选项|编号|\b(?:with|the|number|option|an?)\b|[^\w\n]){0,12}"
    r"(?:[1１](?![\p{L}\p{N}%％]|[.．]\p{N})|[1１一](?=或|到|至|和|、|即可|表示|代表|继续))",
    regex.IGNORECASE,
)
#: A list that begins with 1 and goes on with 2: what stands before it, and after its last item.
_LIST = regex.compile(
    r"(?ms)(?P<before>[^\n]*)\n*^[ \t]*[（(]?1[.．、)）：:](?P<first>[^\n]+)\n.*?"
    r"^[ \t]*[（(]?2[.．、)）：:](?:.*^[ \t]*[（(]?\d+[.．、)）：:])?[^\n]*(?P<after>.*)$"
)
#: Words that ask to choose. Without them a question after a list is a courtesy (还有别的问题吗？).
_CHOOSING = regex.compile(
    r"哪|请(?:你|您)?(?:选|作答|回答)|选(?:择)?(?:一|几|什么)|你的(?:答案|选择)|(?:正确|错误|不对)的(?:选项)?是"
    r"|\b(?:which|choose|pick|select|your (?:answer|choice)|would you (?:like|prefer))\b",
    regex.IGNORECASE,
)
#: Of these, the ones that ask even in a sentence with a full stop.
_ASKING = regex.compile(
    r"请(?:你|您)?(?:选|作答|回答)|你的(?:答案|选择)|\b(?:please|your (?:answer|choice))\b",
    regex.IGNORECASE,
)
#: A heading of instructions, not of a choice.
_ASKS_FOR_A_WAY = regex.compile(r"如何|怎么|怎样|为什么|为何|\b(?:how|why)\b", regex.IGNORECASE)
#: How much of an answer's end is looked at. Our choice: a choice that is still open stands there.
_TAIL_CHARS = 600


def aim(pickup: Pickup, view: FollowerView, pickup_word: str) -> Aim | None:
    """What a pickup fetches; None when the word is a question after all, or there is nothing.

    A turn that is pending or unread is fetched. Else a bare pickup word answers the last answer
    if that asked for it; else the last answer is shown again.
    """
    if pickup.number is not None and (named := view.find(pickup.number)):
        return Aim(named, is_again=not (named.is_pending or named.is_unread))
    if due := _due(view):
        return Aim(due)
    if view.last is None:
        return None
    if pickup.number is None and asks_for(pickup_word, view.last.answer):
        return None
    return Aim(view.last, is_again=True)


def _due(view: FollowerView) -> Turn | None:
    open_turns = sorted((*view.unread, *view.pending), key=lambda turn: turn.id)
    promised = [turn for turn in open_turns if turn.promised_at is not None]
    if promised:
        return max(promised, key=lambda turn: turn.promised_at or 0.0)
    return open_turns[0] if open_turns else None


def asks_for(pickup_word: str, answer: str) -> bool:
    """Whether the answer's end asks the follower to reply with this very word."""
    if normalised(pickup_word) != "1":
        return False
    tail = answer[-_TAIL_CHARS:].strip()
    if _ASKS_FOR_NUMBER.search(tail):
        return True
    found = _LIST.search(tail)
    return found is not None and _is_choice(found["before"], found["first"], found["after"])


def _is_choice(before: str, first: str, after: str) -> bool:
    if after.strip():
        is_statement = after.rstrip().endswith(("。", ".", "!", "！"))
        return bool((_ASKING if is_statement else _CHOOSING).search(after))
    asks = before.rstrip(" *_：:").endswith(("?", "？")) and not _ASKS_FOR_A_WAY.search(before)
    # A step is a sentence, an option is none.
    is_step = first.rstrip().endswith(("。", ".", "；", ";"))
    return not is_step and (asks or bool(_CHOOSING.search(before)))
