"""Every push has the documented shape."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.simulator import pushes
from yingda.simulator.pushes import Sent
from yingda.wechat.messages import TextMessage, decode

PUSHES = Path(__file__).parents[2] / "wire" / "pushes"

GOLDEN = [
    (pushes.text("你好 /::)"), "text"),
    (pushes.text("1", menu_item_id="101"), "text_tapped"),
    (pushes.image("media-1", "http://mmbiz.qpic.cn/a/0"), "image"),
    (pushes.voice("media-2"), "voice"),
    (pushes.video("media-3", "thumb-3"), "video"),
    (pushes.location(), "location"),
    (pushes.link("https://example.com/?a=1&b=2", "标题", "说明"), "link"),
    (
        pushes.mini_program(
            "小程序",
            "pages/index?x=1",
            thumb_url="https://example.com/t.png",
            thumb_media_id="thumb-5",
        ),
        "miniprogrampage",
    ),
    (pushes.sticker(), "text_unsupported"),
    (pushes.message("hologram", ("Secret", "not kept")), "unknown_type"),
    (pushes.subscribe(), "event_subscribe"),
    (pushes.unsubscribe(), "event_unsubscribe"),
    (pushes.scan("123"), "event_scan"),
    (pushes.click("help"), "event_click"),
    (pushes.view("https://example.com/"), "event_view"),
    (pushes.event("card_pass_check", ("CardId", "not kept")), "event_unknown"),
]


@pytest.mark.parametrize(("sent", "golden"), GOLDEN, ids=[name for _, name in GOLDEN])
def test_every_push_means_what_its_golden_bytes_mean(sent: Sent, golden: str) -> None:
    built = pushes.build(
        sent,
        account_id="gh_test",
        openid="o_follower",
        created_at_s=1_700_000_000,
        message_id=23456789012345678,
    )
    expected = decode((PUSHES / f"{golden}.xml").read_bytes())
    found = decode(built)
    assert (type(found), found.push_key) == (
        type(expected),
        expected.push_key,
    )
    for field in set(expected.__struct_fields__) - {"ticket", "push_key"}:
        assert getattr(found, field) == getattr(expected, field)


def test_a_follow_by_scene_carries_its_prefix_and_a_ticket() -> None:
    nodes = dict(pushes.subscribe("7").nodes)
    assert nodes["EventKey"] == "qrscene_7"
    assert nodes["Ticket"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_arrives_as_it_was_typed(content: str) -> None:
    built = pushes.build(
        pushes.text(content), account_id="gh", openid="o", created_at_s=1, message_id=1
    )
    message = decode(built)
    assert isinstance(message, TextMessage)
    assert message.content == content.replace("\ufffe", "").replace("\uffff", "")
