"""Answers that are slow to be written, and what their parts show."""

import re

from support.house import House
from support.scripted_provider import Script
from yingda.simulator.phone import Phone
from yingda.texts import Texts

SAY = Texts().say
LABEL, NOTHING_MORE = SAY("ai_label"), SAY("nothing_more")
COMING = "后面还在写"
#: Twenty sentences of twelve characters.
PROSE = "".join(f"这是其中的第{n:02}句话了。" for n in range(20))
MARKDOWN = (
    "好的，**下面**分几点来说明，请耐心看完，这一段先讲清楚来由，也讲讲 `make` 的用法。\n\n"
    + "\n".join(
        f"{n}. **第{n}点**：说明文字很长很长，要看 [文档](https://e.com/{n})。"
        for n in range(1, 30)
    )
    + "\n\n| 名 | 值 |\n|---|---|\n| 甲 | 1 |\n\n```python\nx = 1\n```\n\n"
    + "最后总结几句。" * 30
)
_FRAME = re.compile(r"（\d+(?:/\d+)?）.*|" + re.escape(LABEL) + "|" + re.escape(NOTHING_MORE))


def slowly(text: str = PROSE, **changes: object) -> Script:
    """A character or two at a time, over twenty seconds."""
    settings: dict[str, object] = {"text": text, "chunks": 120, "during_s": 20.0}
    return Script(**(settings | changes))  # type: ignore[arg-type]


def body(reply: str) -> str:
    """The part of an answer that a reply carries, without blanks."""
    return "".join(_FRAME.sub("", reply).split())


async def read_on(house: House, phone: Phone, first: str, word: str = "1") -> list[str]:
    """Pick up until the answer is whole; what was shown, the waiting texts left out."""
    shown = [first]
    while COMING in shown[-1] or "看下文" in shown[-1] or shown[-1].startswith("正在"):
        assert len(shown) < 60
        shown.append((await house.run(phone.say(word))).text)
    return [each for each in shown if not each.startswith("正在")]
