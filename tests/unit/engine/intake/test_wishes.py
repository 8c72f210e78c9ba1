"""What a wish is answered with."""

import pytest

from support.house import account
from yingda.engine.intake.wishes import _stopped
from yingda.texts import Texts
from yingda.turn.lifecycle import State
from yingda.turn.model import Turn
from yingda.wechat.messages import TextMessage

MESSAGE = TextMessage("gh_a", "o_a", 1, "m:1", content="/stop")


def turn(number: int, parts_offered: int = 0) -> Turn:
    return Turn(
        id=number,
        conversation_id=1,
        account="default",
        openid="o_a",
        number=number,
        question="q",
        state=State.CANCELLED,
        run_no=1,
        entered_at=0.0,
        parts_offered=parts_offered,
    )


@pytest.mark.parametrize(
    ("turns", "key"),
    [
        ((), "nothing_to_stop"),
        ((turn(1), turn(2)), "stopped"),
        ((turn(1, parts_offered=1), turn(2)), "stopped_midway"),
    ],
)
def test_a_stop_says_when_an_answer_ends_in_its_middle(turns: tuple[Turn, ...], key: str) -> None:
    reply = _stopped(account(), MESSAGE, turns).decode()
    assert Texts().say(key, count=len(turns)) in reply
