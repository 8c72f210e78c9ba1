"""What places, links and pages of mini-programs ask the AI."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.engine.commands import Intent, Question
from yingda.engine.taking import question_in
from yingda.simulator import pushes
from yingda.simulator.pushes import Sent
from yingda.texts import Language, Texts
from yingda.turn.model import Form
from yingda.wechat.messages import decode


def asked(sent: Sent, language: Language = Language.CHINESE) -> Intent | None:
    push = pushes.build(sent, account_id="gh_a", openid="o_a", created_at_s=1, message_id=1)
    return question_in(decode(push), Texts(language))


@pytest.mark.parametrize(
    ("sent", "text", "form"),
    [
        (
            pushes.location(23.134521, 113.358803, label="广州市天河区"),
            "我发来一个位置。\n地点：广州市天河区\n纬度 23.134521，经度 113.358803",
            Form.PLACE,
        ),
        (
            pushes.location(0, -0.5, label=""),
            "我发来一个位置。\n纬度 0.000000，经度 -0.500000",
            Form.PLACE,
        ),
        (pushes.message("location", ("Label", "家")), "我发来一个位置。\n地点：家", Form.PLACE),
        (pushes.location(91.0, 0, label="家"), "我发来一个位置。\n地点：家", Form.PLACE),
        (
            pushes.link("https://a.example/?x=1", "标题一", "说\n 明"),
            "我分享了一个链接。\n标题：标题一\n摘要：说 明\n网址：https://a.example/?x=1",
            Form.LINK,
        ),
        (pushes.link("u", "", " "), "我分享了一个链接。\n网址：u", Form.LINK),
        (pushes.link("u" * 1901, "题", ""), "我分享了一个链接。\n标题：题", Form.LINK),
        (
            pushes.message("miniprogrampage", ("Title", "点餐"), ("PagePath", "p")),
            "我分享了一个小程序页面。\n标题：点餐",
            Form.LINK,
        ),
    ],
)
def test_a_place_or_a_link_asks_what_the_table_says(sent: Sent, text: str, form: Form) -> None:
    assert asked(sent) == Question(text, form)


@pytest.mark.parametrize(
    "sent",
    [
        pushes.message("location"),
        pushes.message("location", ("Location_X", 23.1), ("Label", " ")),
        pushes.message("link"),
        pushes.link("u" * 1901, "", ""),
        pushes.message("miniprogrampage", ("AppId", "wx1")),
        pushes.text("问"),
        pushes.image(),
        pushes.voice(),
        pushes.video(),
        pushes.click("k"),
    ],
    ids=lambda sent: f"{sent.msg_type} {len(sent.nodes)}",
)
def test_what_tells_nothing_and_every_other_kind_is_no_such_question(sent: Sent) -> None:
    assert asked(sent) is None


def test_an_account_asks_in_its_own_language() -> None:
    english = asked(pushes.location(1.5, 2.5, label="Home"), Language.ENGLISH)
    text = "I am sending you a place.\nPlace: Home\nLatitude 1.500000, longitude 2.500000"
    assert english == Question(text, Form.PLACE)


@given(st.text(), st.text(), st.text())
def test_whatever_is_shared_the_question_has_a_bound(
    title: str, description: str, url: str
) -> None:
    intent = asked(pushes.link(url, title, description))
    if isinstance(intent, Question):
        assert len(intent.text.encode("utf-8", "surrogatepass")) <= 400 + 800 + 1900 + 100
        assert intent.text.count("\n") <= 3
