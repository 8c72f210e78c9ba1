"""What of a conversation goes along with the next question, and what falls out of it.

Pure: decides over what the store remembers. Whole exchanges only, newest first, without gaps: a
model that is told half an answer takes it for a whole one. Only where the newest answer alone is
too long it goes cut in its middle, for without it no "go on" could be understood.
"""

from collections.abc import Callable, Sequence

import msgspec

from yingda.providers.capabilities import Exchange, MemoryBounds
from yingda.providers.tokens import CHARS_PER_TOKEN, tokens_of
from yingda.store.memory_base import PastTurn, Remembered
from yingda.texts import Texts
from yingda.turn.model import Form

#: What a message costs beside its text: OpenAI's cookbook counts 3 and 1 for its role; an exchange
#: has two.
_EXCHANGE_TOKENS = 8
#: A piece of the newest answer that is shorter than this tells nothing. Our choice.
_LEAST_PIECE_TOKENS = 40
_GAP = "\n……\n"
#: Of a summary. Our choice: half a page tells a long conversation, and is read with each question.
SUMMARY_LIMIT_CHARS = 1000
#: The part of the bound that a summary may take. Our choice: the conversation itself tells more.
_SUMMARY_SHARE = 4


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a conversation, and what is not any more; both oldest first."""

    told: tuple[PastTurn, ...] = ()
    fallen: tuple[PastTurn, ...] = ()


def limit_chars(bounds: MemoryBounds) -> int:
    """How many characters cannot fit, whatever they are; no more need be looked at."""
    return bounds.tokens * CHARS_PER_TOKEN


def window(remembered: Remembered, question: str, bounds: MemoryBounds) -> Window:
    """What goes along with this question."""
    room = bounds.tokens - bounds.own_tokens - tokens_of(question)
    if remembered.summary:
        room -= tokens_of(remembered.summary)
    turns = _without_repeats(remembered.turns, question)
    told: list[PastTurn] = []
    for turn in turns[: bounds.turns]:
        tokens = _tokens(turn)
        if tokens > room and not told:
            told.extend(_squeezed(turn, room))
        if tokens > room:
            break
        told.append(turn)
        room -= tokens
    return Window(told=tuple(reversed(told)), fallen=tuple(reversed(turns[len(told) :])))


def to_summarise(remembered: Remembered, bounds: MemoryBounds) -> tuple[PastTurn, ...]:
    """What is to be put in short, oldest first; nothing while all of it is still told.

    Half of the bounds is left to what is told, so that not every turn asks for a new summary, and
    the beginning of one prompt is that of the next.
    """
    if not bounds.turns or not window(remembered, "", bounds).fallen:
        return ()
    half = MemoryBounds(turns=bounds.turns // 2, tokens=(bounds.tokens - bounds.own_tokens) // 2)
    fallen = window(remembered, "", half).fallen
    # As much as goes with a question is sure to fit; more there is only after long failures.
    left = msgspec.structs.replace(remembered, turns=tuple(reversed(fallen)))
    return window(left, "", msgspec.structs.replace(bounds, turns=len(fallen))).told


def bounded_summary(text: str, bounds: MemoryBounds) -> str:
    """The summary as it is kept."""
    text = text.strip()[:SUMMARY_LIMIT_CHARS]
    return _cut(text, bounds.tokens // _SUMMARY_SHARE, lambda chars: text[:chars])


def exchange_of(turn: PastTurn, texts: Texts) -> Exchange:
    """The turn as a provider is told it."""
    question = turn.question
    if turn.form is Form.PICTURE:
        question = f"{texts.say('past_picture')} {question}".strip()
    return Exchange(question, turn.answer)


def _without_repeats(turns: Sequence[PastTurn], question: str) -> list[PastTurn]:
    """Newest first, without broken answers to what was asked again, or is being asked."""
    asked = {question}
    kept = []
    for turn in turns:
        if not (turn.is_broken and turn.question in asked):
            kept.append(turn)
        asked.add(turn.question)
    return kept


def _tokens(turn: PastTurn) -> int:
    return tokens_of(turn.question) + tokens_of(turn.answer) + _EXCHANGE_TOKENS


def _squeezed(turn: PastTurn, room: int) -> tuple[PastTurn, ...]:
    """The turn with its answer cut in the middle; none where even that says nothing."""
    left = room - tokens_of(turn.question) - tokens_of(_GAP) - _EXCHANGE_TOKENS
    if left < _LEAST_PIECE_TOKENS:
        return ()
    answer = turn.answer

    def ends(chars: int) -> str:
        return answer[: chars // 2] + _GAP + answer[len(answer) - chars // 2 :]

    return (msgspec.structs.replace(turn, answer=_cut(answer, left, ends)),)


def _cut(text: str, limit_tokens: int, piece: Callable[[int], str]) -> str:
    """The text, or else the longest piece found that is within the limit."""
    tokens, chars = tokens_of(text), len(text)
    while tokens > limit_tokens:
        # What is left may be dearer than the rest was: then once more.
        chars = min(chars * limit_tokens // tokens, chars - 1)
        if chars <= 0:
            return ""
        text = piece(chars)
        tokens = tokens_of(text)
    return text
