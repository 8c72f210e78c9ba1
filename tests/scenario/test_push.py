"""Rule 6: an account that may push acknowledges at 4.5 s and sends the parts as they come."""

import re
from pathlib import Path

import pytest

from support.house import open_house
from support.scripted_provider import Script
from yingda.engine.accounts import PushMode
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Outcome
from yingda.texts import Texts

SAY = Texts().say
LABEL = SAY("ai_label")
#: Sentences of twelve characters.
PROSE = "".join(f"这是其中的第{n:03}句话。" for n in range(25))
LONG = "\n\n".join(
    "".join(f"这是其中的第{n:03}句话。" for n in range(k, k + 25)) for k in range(0, 150, 25)
)
_FRAME = re.compile(r"（\d+(?:/\d+)?）.*|" + re.escape(LABEL))
SEND, TYPING = "/cgi-bin/message/custom/send", "/cgi-bin/message/custom/typing"


def body(text: str) -> str:
    return "".join(_FRAME.sub("", text).split())


def pushed(phone: Phone) -> list[str]:
    return [bubble.text for bubble in phone.history if bubble.is_service]


async def test_a_slow_answer_is_acknowledged_and_pushed(tmp_path: Path) -> None:
    async with open_house(tmp_path, push_mode=PushMode.AUTO) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=8.0))
        seen = await house.run(phone.say("问"))
        assert len(seen.attempts) == 1
        assert seen.deciding.outcome is Outcome.ACCEPTED
        assert seen.delay_s == pytest.approx(4.5, abs=0.05)
        await house.pass_s(4)
        assert pushed(phone) == ["好的，这是回答。\n\n" + LABEL]
        assert phone.history[-1].at_s - phone.history[0].at_s == pytest.approx(8.0, abs=0.1)
        assert house.rows("SELECT is_pushed, push_end, is_unread FROM turn") == [(0, "done", 0)]
