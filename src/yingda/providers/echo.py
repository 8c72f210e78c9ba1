"""A provider that needs no key and no network: it answers about the question itself.

For trying things out and for measuring. It streams Chinese Markdown at a chosen pace and length,
and keeps nothing: the count of questions travels in the conversation's id. Knows no model.
"""

import itertools
import re
import secrets
from collections.abc import AsyncGenerator, Iterator

import msgspec

from yingda.clock import Clock
from yingda.providers.base import (
    Event,
    Finished,
    FoundAnswer,
    Prompt,
    RunTrace,
    Started,
    TextDelta,
    Usage,
)
from yingda.providers.capabilities import Capabilities

#: Our choice: a demo beyond these bounds shows nothing new, and the question may come from
#: anybody.
DURATION_LIMIT_S = 600.0
LENGTH_LIMIT_CHARS = 100_000
#: Our choice: about the pace at which models speak.
_PIECE_CHARS = 8
#: Our choice: enough pieces to look like a stream, few enough to cost nothing.
_PIECES_LIMIT = 200
_QUOTE_CHARS = 60

_SLOW = re.compile(r"慢\s*(\d{1,4}(?:\.\d{1,3})?)")
_LONG = re.compile(r"长\s*(\d{1,7})")
_CONVERSATION = re.compile(r"echo-[0-9a-f]{16,32}-(\d{1,9})")

_FILLER = (
    "这一段用来凑足长度，好看清长回答怎样分成几条送达。",
    "每一句都以句号结束，分段时就不会从句子中间断开。",
    "真正的模型会在这里写出有用的内容。",
    "换成自己的模型之后，这些句子就不会再出现。",
)


class EchoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the echo speaks, where the question does not say otherwise."""

    #: Seconds until the first text.
    first_text_s: float = 0.0
    #: Seconds until the end, the first text's included; 0 answers at once, in one piece.
    duration_s: float = 0.0
    #: The least length of the answer; the standing lines are never cut off.
    length_chars: int = 0


class Echo:
    """Answers with the question, its number in the conversation, and what steers the answer.

    `慢 12` in a question makes the answer last 12 s, `长 3000` makes it 3000 characters long;
    both may stand together. `Prompt.conversation_id` carries the count of questions, so that any
    process may answer the next one.
    """

    def __init__(self, settings: EchoSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        #: Tells this process's runs and conversations from those of others.
        self._name = secrets.token_hex(8)
        self._numbers = itertools.count(1)

    @property
    def capabilities(self) -> Capabilities:
        """Nothing; the conversation's id counts its questions."""
        return Capabilities()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """Yield ids, text and end; never fails. Closing it early ends it at once."""
        settings = _steered(self._settings, prompt.text)
        conversation_id, number = self._next_in(prompt.conversation_id)
        run = f"{self._name}-{next(self._numbers)}"
        yield Started(
            conversation_id=conversation_id, task_id=f"task-{run}", message_id=f"message-{run}"
        )
        text = _answer(prompt.text, number, settings.length_chars)
        first_s = min(settings.first_text_s, settings.duration_s or settings.first_text_s)
        if first_s > 0:
            await self._clock.sleep(first_s)
        pieces = list(_pieces(text)) if settings.duration_s > 0 else [text]
        gap_s = (settings.duration_s - first_s) / len(pieces)
        for piece in pieces:
            yield TextDelta(piece)
            if gap_s > 0:
                await self._clock.sleep(gap_s)
        yield Finished(usage=Usage(completion_tokens=len(text), total_tokens=len(text)))

    async def find_finished(self, trace: RunTrace) -> FoundAnswer | None:  # noqa: ARG002 - the seam
        """None: nothing is kept."""
        return None

    async def stop(self, trace: RunTrace) -> None:
        """Nothing runs once its iterator is closed."""

    async def forget(self, conversation_id: str, user: str) -> None:
        """Nothing is kept."""

    async def aclose(self) -> None:
        """There are no connections."""

    def _next_in(self, conversation_id: str | None) -> tuple[str, int]:
        """The id to go on with, and this question's number; a foreign id starts a conversation."""
        known = _CONVERSATION.fullmatch(conversation_id or "")
        if known is None or conversation_id is None:
            return f"echo-{self._name}{next(self._numbers):x}-1", 1
        number = int(known[1]) + 1
        return f"{conversation_id.rpartition('-')[0]}-{number}", number


def _steered(settings: EchoSettings, question: str) -> EchoSettings:
    """The settings with what the question asks for, within bounds."""
    slow, long = _SLOW.search(question), _LONG.search(question)
    if slow:
        duration_s = min(float(slow[1]), DURATION_LIMIT_S)
        settings = msgspec.structs.replace(settings, duration_s=duration_s)
    if long:
        length_chars = min(int(long[1]), LENGTH_LIMIT_CHARS)
        settings = msgspec.structs.replace(settings, length_chars=length_chars)
    return settings


def _answer(question: str, number: int, length_chars: int) -> str:
    said = " ".join(question.split())
    shown = said if len(said) <= _QUOTE_CHARS else said[:_QUOTE_CHARS] + "…"
    lines = (
        "## 收到你的问题",
        f"你问的是：「{shown}」。这是本次对话的第 {number} 个问题。",
        "这是内置的回声服务，不会思考，只用来试一试：",
        f"- 问题共 {len(question)} 个字\n- 回答是一段一段送出来的\n- 换上自己的模型即可正式使用",
        "想调节回答，可以在问题里写「慢 12」（用 12 秒答完）或「长 3000」（写满 3000 字）。",
    )
    text = "\n\n".join(lines)
    missing = length_chars - len(text)
    return text + _filler(missing) if missing > 0 else text


def _filler(length_chars: int) -> str:
    """Exactly so many characters of sentences, four to a paragraph, with a full stop at the end."""
    paragraph = "\n\n" + "".join(_FILLER)
    text = (paragraph * (length_chars // len(paragraph) + 1))[:length_chars]
    return text[:-1] + "。"


def _pieces(text: str) -> Iterator[str]:
    size = max(_PIECE_CHARS, -(-len(text) // _PIECES_LIMIT))
    for begin in range(0, len(text), size):
        yield text[begin : begin + size]
