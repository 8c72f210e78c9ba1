"""What pushes mean that are not words: pictures, recordings, places, links."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.house import account
from yingda.clock import VirtualClock
from yingda.engine.accounts.accounts import PictureMode
from yingda.engine.inputs.downloads import Downloads
from yingda.engine.inputs.senses import Senses
from yingda.engine.intake.intents import Clear, Confirm, Intent, Pickup, Question, Told
from yingda.engine.intake.keeping import Keep
from yingda.engine.intake.taking import meaning, question_in
from yingda.media.base import Fetched
from yingda.providers.capabilities import Capabilities, Recording
from yingda.simulator import pushes
from yingda.simulator.pushes import Sent
from yingda.texts import Language, Texts
from yingda.turn.model import Attachment, AttachmentKind, Form
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


PICTURE = Attachment(kind=AttachmentKind.PICTURE, url="http://p/1", media_id="m")
VOICE = Attachment(kind=AttachmentKind.VOICE, media_id="v", fine_media_id="v-16k")


class Everything:
    """Implements all that a provider may be asked for here."""

    def __init__(self, **can: Any) -> None:
        self.capabilities = Capabilities(**can)

    async def transcribe(self, recording: Recording, user: str) -> str:
        return f"{recording} {user}"

    async def download(self, media_id: str) -> Fetched:
        return Fetched(media_id.encode(), "")


def meant(
    sent: Sent, *, takes_pictures: bool = True, listens: bool = True, **changes: Any
) -> Intent:
    someone = Everything()
    provider: Any = Everything(
        takes_pictures=takes_pictures, transcriber=someone if listens else None
    )
    has_right = changes.pop("has_right", True)
    downloads = Downloads({"default": someone} if has_right else {}, VirtualClock())
    senses = Senses(
        {"scripted": provider},
        downloads,
        fallbacks={},
        can_fetch=changes.pop("can_fetch", True),
    )
    push = pushes.build(sent, account_id="gh_a", openid="o_a", created_at_s=1, message_id=1)
    return meaning(account(**changes), decode(push), senses)


LOOK = Question(Texts().say("question_picture"), Form.PICTURE, attachment=PICTURE)
NO_PICTURES, NO_VOICE = Told("unsupported_image"), Told("unsupported_voice")
ASK, OFF = PictureMode.ASK, PictureMode.OFF


@pytest.mark.parametrize(
    ("changes", "intent"),
    [
        ({}, Keep(PICTURE)),
        ({"has_right": False}, Keep(PICTURE)),
        ({"pictures": ASK}, LOOK),
        ({"pictures": OFF}, NO_PICTURES),
        ({"takes_pictures": False}, NO_PICTURES),
        ({"pictures": ASK, "takes_pictures": False}, NO_PICTURES),
        ({"provider": "gone"}, NO_PICTURES),
        ({"can_fetch": False}, NO_PICTURES),
    ],
)
def test_a_picture_means_what_the_account_can_do_with_it(
    changes: dict[str, Any], intent: Intent
) -> None:
    assert meant(pushes.image("m", "http://p/1"), **changes) == intent


@pytest.mark.parametrize(
    ("changes", "intent"),
    [
        ({}, Question("", Form.VOICE, attachment=VOICE)),
        ({"takes_pictures": False}, Question("", Form.VOICE, attachment=VOICE)),
        ({"has_right": False}, NO_VOICE),
        ({"listens": False}, NO_VOICE),
        ({"hears_voice": False}, NO_VOICE),
        ({"can_fetch": False}, NO_VOICE),
        ({"transcriber": "gone"}, NO_VOICE),
        ({"listens": False, "transcriber": "scripted"}, NO_VOICE),
    ],
)
def test_a_recording_means_what_the_account_can_do_with_it(
    changes: dict[str, Any], intent: Intent
) -> None:
    assert meant(pushes.voice("v"), **changes) == intent


@pytest.mark.parametrize(
    ("recognition", "intent"),
    [
        ("明天会下雨吗？", Question("明天会下雨吗？", Form.VOICE)),
        (" 你好 ", Question("你好", Form.VOICE)),
        ("1。", Pickup("1", None)),
        ("/Clear.", Clear()),
        ("确认。", Confirm(None)),
        ("。", Question("。", Form.VOICE)),
    ],
)
def test_recognised_words_mean_what_typed_ones_do(recognition: str, intent: Intent) -> None:
    nothing = {"listens": False, "has_right": False, "can_fetch": False}
    assert meant(pushes.voice(recognition=recognition), **nothing) == intent


@pytest.mark.parametrize("sent", [pushes.message("image"), pushes.message("voice")])
def test_without_an_address_there_is_no_picture_and_no_recording(sent: Sent) -> None:
    assert isinstance(meant(sent), Told)
