"""A follower's phone shows what WeChat shows and sends what a tap sends."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.simulated_server import OPENID, ScriptedServer, Step, account, reply, text_reply
from yingda.clock import VirtualClock
from yingda.simulator.deliveries import Delivered
from yingda.simulator.phone import Bubble, Phone, links_in, shown_text, tap_links
from yingda.simulator.platform import Platform
from yingda.simulator.transport import AsgiTransport
from yingda.wechat.limits import FAILURE_LINES, UNSUPPORTED_SENTENCE
from yingda.wechat.messages import ImageMessage, TextMessage, VoiceMessage
from yingda.wechat.replies import ImageReply

TAP = '<a href="weixin://bizmsgmenu?msgmenucontent=1%233&msgmenuid=1">点这里</a>'


class Held:
    """A phone on a virtual clock, and the scripted server behind it."""

    def __init__(self, *steps: Step) -> None:
        self.clock = VirtualClock()
        self.server = ScriptedServer(self.clock, *(steps or (Step(),)))
        platform = Platform(account(), AsgiTransport(self.server), self.clock)
        self.phone = Phone(platform, OPENID)

    async def run(self, work: Coroutine[Any, Any, Delivered]) -> Delivered:
        return await self.clock.run(work)

    def content(self, number: int) -> str:
        message = self.server.message(number)
        assert isinstance(message, TextMessage)
        return message.content


async def test_a_chat_keeps_both_sides_in_order_with_their_times() -> None:
    held = Held(Step(text_reply("你好！"), after_s=3))
    await held.run(held.phone.say("你好"))
    start_s = VirtualClock.EPOCH_S
    assert held.phone.history == [
        Bubble(is_mine=True, text="你好", at_s=start_s),
        Bubble(is_mine=False, text="你好！", at_s=start_s + 3),
    ]


async def test_a_failure_line_is_a_bubble_like_any_other() -> None:
    held = Held(Step(status=500))
    delivered = await held.run(held.phone.say("你好"))
    assert delivered.is_failure_line
    assert held.phone.history[-1].text == FAILURE_LINES[0]


async def test_a_tap_sends_the_links_text_as_if_it_had_been_typed() -> None:
    held = Held(Step(text_reply(f"还在想，{TAP}")), Step(text_reply("好了")))
    await held.run(held.phone.say("问"))
    delivered = await held.run(held.phone.tap())
    assert held.content(1) == "1#3"
    assert delivered.shown == ("好了",)
    assert held.phone.history[2].text == "1#3"


async def test_the_newest_bubbles_links_are_tapped_first() -> None:
    older, newer = TAP, TAP.replace("1%233", "%E6%96%B0")
    held = Held(
        Step(text_reply(older)), Step(text_reply(f"{newer} {TAP.replace('%233', '%234')}")), Step()
    )
    for text in ("一", "二"):
        await held.run(held.phone.say(text))
    assert [link.content for link in held.phone.links()] == ["新", "1#4", "1#3"]
    await held.run(held.phone.tap(1))
    assert held.content(2) == "1#4"


async def test_a_tap_without_a_link_is_an_error_and_sends_nothing() -> None:
    held = Held()
    with pytest.raises(LookupError):
        await held.phone.tap()
    assert not held.server.bodies


def test_only_tap_to_send_links_can_be_tapped() -> None:
    text = f'<a href="https://a.cn/x">网页</a>，{TAP}，<a href="weixin://bizmsgmenu?msgmenuid=1">空</a>'
    (link,) = tap_links(text)
    assert (link.label, link.content, link.menu_item_id) == ("点这里", "1#3", "1")
    assert text[slice(*link.span)] == TAP
    assert [found.label for found in links_in(text)] == ["网页", "点这里", "空"]


@pytest.mark.parametrize(
    ("markup", "content"),
    [
        ("<a href='weixin://bizmsgmenu?msgmenuid=2&msgmenucontent=继续'>x</a>", "继续"),
        ('<A class="k" HREF="weixin://bizmsgmenu?msgmenucontent=a+b&msgmenuid=1">x</A>', "a+b"),
        ('<a href="weixin://bizmsgmenu?msgmenucontent=1#3&msgmenuid=1">x</a>', "1"),
    ],
)
def test_links_are_read_in_every_spelling_seen(markup: str, content: str) -> None:
    assert [link.content for link in tap_links(markup)] == [content]


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_percent_encoded_text_is_sent_as_it_was_meant(content: str) -> None:
    encoded = quote(content, safe="")
    markup = f'<a href="weixin://bizmsgmenu?msgmenucontent={encoded}&msgmenuid=1">x</a>'
    assert [link.content for link in tap_links(markup)] == [content]


def test_links_are_shown_by_their_labels_and_other_markup_as_it_is() -> None:
    text = f'甲<a href="https://a.cn">乙</a><b>丙</b> 1 < 2 {TAP} <a>丁</a>'
    assert shown_text(text) == "甲乙<b>丙</b> 1 < 2 点这里 <a>丁</a>"


ACTIONS: list[tuple[Callable[[Phone], Coroutine[Any, Any, Delivered]], str, str]] = [
    (lambda phone: phone.send_image(), "ImageMessage", "[图片]"),
    (lambda phone: phone.send_voice(), "VoiceMessage", "[语音]"),
    (lambda phone: phone.send_video(), "VideoMessage", "[视频]"),
    (lambda phone: phone.send_location(), "LocationMessage", "[位置] 广州市天河区"),
    (lambda phone: phone.send_link(), "LinkMessage", "[链接] 示例网页"),
    (lambda phone: phone.send_mini_program(), "MiniProgramMessage", "[小程序] 点餐"),
    (lambda phone: phone.send_sticker(), "TextMessage", "[表情]"),
    (lambda phone: phone.follow(), "SubscribeEvent", ""),
    (lambda phone: phone.follow("7"), "SubscribeEvent", ""),
    (lambda phone: phone.unfollow(), "UnsubscribeEvent", ""),
    (lambda phone: phone.scan("7"), "ScanEvent", ""),
    (lambda phone: phone.click("help"), "ClickEvent", ""),
    (lambda phone: phone.view("https://a.cn"), "ViewEvent", ""),
]


@pytest.mark.parametrize(("act", "message", "bubble"), ACTIONS)
async def test_every_action_arrives_as_its_kind_and_leaves_its_bubble(
    act: Callable[[Phone], Coroutine[Any, Any, Delivered]], message: str, bubble: str
) -> None:
    held = Held()
    await held.run(act(held.phone))
    assert type(held.server.message()).__name__ == message
    assert [mine.text for mine in held.phone.history] == ([bubble] if bubble else [])


async def test_a_picture_that_is_sent_can_be_had_by_its_address_and_by_its_id() -> None:
    held = Held()
    await held.run(held.phone.send_image(b"pixels", "image/png"))
    message, library = held.server.message(), held.phone.platform.library
    assert isinstance(message, ImageMessage)
    for found in (library.find(message.media_id), library.picture_at(message.picture_url)):
        assert found is not None
        assert (found.content, found.content_type) == (b"pixels", "image/png")
    assert library.picture_at("http://mmbiz.qpic.cn/simulator/media-9/0") is None


async def test_a_recording_is_sent_in_both_qualities_where_there_are_two() -> None:
    held = Held()
    library = held.phone.platform.library
    await held.run(held.phone.send_voice(b"8k", b"16k", recognition="你好"))
    message = held.server.message(0)
    assert isinstance(message, VoiceMessage)
    assert message.recognition == "你好"
    files = [library.find(media_id) for media_id in (message.media_id, message.media_id_16k)]
    assert [file.content for file in files if file] == [b"8k", b"16k"]
    await held.run(held.phone.send_voice(b"speex", voice_format="speex"))
    other = held.server.message(1)
    assert isinstance(other, VoiceMessage)
    assert (other.format, other.media_id_16k) == ("speex", "")


async def test_pictures_and_recordings_that_come_are_on_the_phone() -> None:
    held = Held(Step(reply(ImageReply("media-1"))))
    library = held.phone.platform.library
    library.put("image", b"pixels", "image/png")
    voice_id = library.put("voice", b"sound", "audio/mpeg")
    await held.run(held.phone.say("画一只猫"))
    held.phone.platform.followers.send(OPENID, f"[语音] {voice_id}")
    assert [file.content for file in held.phone.files()] == [b"pixels", b"sound"]
    assert held.phone.history[0].media is None


async def test_a_sticker_arrives_as_the_sentence_for_unsupported_kinds() -> None:
    held = Held()
    await held.run(held.phone.send_sticker())
    assert held.content(0) == UNSUPPORTED_SENTENCE


async def test_the_open_attempt_is_known_while_it_is_open() -> None:
    held = Held(Step(after_s=60), Step(after_s=1))
    seen: list[int] = []
    for after_s in (1, 5.5, 6.5):
        held.clock.call_later(after_s, lambda: seen.append(held.phone.open_attempt))
    await held.run(held.phone.say("你好"))
    await held.clock.advance(1)
    assert seen == [1, 2, 0]
