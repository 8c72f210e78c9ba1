"""A conversation put in short by the very model that holds it.

Knows how a summary is asked for. Refuses to know when one is due, and how long it may be.
"""

from collections.abc import AsyncIterator, Callable

from yingda.providers.base import Event, Prompt, TextDelta, TextReplaced
from yingda.providers.capabilities import Exchange

_ORDER = (
    "把下面的对话写成一段摘要，供之后继续对话时参考。保留人名、数字、约定和没有解决的问题，"
    "不要添加没有说过的内容，不要回答其中的问题。用对话所用的语言，不超过三百字。"
)
_FORMER = "更早的摘要："
_ASKED, _ANSWERED = "用户：", "助手："


class OpenAiSummariser:
    """Asks the model as for any answer, without the operator's system prompt."""

    def __init__(self, stream: Callable[[Prompt], AsyncIterator[Event]]) -> None:
        self._stream = stream

    async def summarise(self, summary: str, exchanges: tuple[Exchange, ...], user: str) -> str:
        """What was said, in a paragraph. Raises a `ProviderError`."""
        text = ""
        async for event in self._stream(Prompt(text=_told(summary, exchanges), user=user)):
            if isinstance(event, TextDelta):
                text += event.text
            elif isinstance(event, TextReplaced):
                text = event.text
        return text.strip()


def _told(summary: str, exchanges: tuple[Exchange, ...]) -> str:
    former = [f"{_FORMER}{summary}"] if summary.strip() else []
    said = [f"{_ASKED}{each.question}\n{_ANSWERED}{each.answer}" for each in exchanges]
    return "\n\n".join((_ORDER, *former, *said))
