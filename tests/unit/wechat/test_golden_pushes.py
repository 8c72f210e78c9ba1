from typing import Any

import pytest
from wechatpy import parse_message

from support.wechat_wire import PUSHES, golden_push
from yingda.wechat import events as e
from yingda.wechat import messages as m

HEAD: dict[str, Any] = {
    "account_id": "gh_test",
    "openid": "o_follower",
    "created_at_s": 1_700_000_000,
}
MESSAGE_ID = "23456789012345678"


def message(kind: type[m.UserMessage], **fields: Any) -> m.Message:
    return kind(**HEAD, push_key=f"m:{MESSAGE_ID}", message_id=MESSAGE_ID, **fields)


def event(kind: type[e.Event], name: str, event_key: str = "", /, **fields: Any) -> m.Message:
    return kind(**HEAD, push_key=f"e:1700000000:{name}:{event_key}", name=name, **fields)


def keyed(kind: type[e.Event], name: str, menu_key: str, **fields: Any) -> m.Message:
    return event(kind, name, menu_key, **{"key": menu_key, **fields})


def notice(template_id: str, **fields: str) -> e.SubscriptionNotice:
    absent = dict.fromkeys(e.SubscriptionNotice.__struct_fields__, "")
    return e.SubscriptionNotice(**{**absent, "template_id": template_id, **fields})


def verification(name: str, **fields: Any) -> m.Message:
    absent = {"expires_at_s": None, "failed_at_s": None, "fail_reason": ""}
    return event(e.AccountVerificationEvent, name, **{**absent, **fields})


PHOTOS = {
    "count": 2,
    "picture_md5s": ("1b5f7c23b5bf75682a53e7b6d163e185", "5a75aaca956d97be686719218f275c6b"),
}
MENU_URL = "https://example.com/"
FAILED = {"failed_at_s": 1_700_000_100, "fail_reason": "材料不全"}

EXPECTED: dict[str, m.Message] = {
    "text": message(m.TextMessage, content="你好 /::)"),
    "text_from_article": message(
        m.TextMessage, content="这篇讲什么", article=m.ArticleOrigin("2247483650_1", 2)
    ),
    "text_tapped": message(m.TextMessage, content="1", menu_item_id="101"),
    "text_unsupported": message(m.TextMessage, content="【收到不支持的消息类型，暂无法显示】"),
    "image": message(m.ImageMessage, picture_url="http://mmbiz.qpic.cn/a/0", media_id="media-1"),
    "voice": message(
        m.VoiceMessage,
        media_id="media-2",
        format="amr",
        media_id_16k="media-2-16k",
        recognition="",
    ),
    "video": message(m.VideoMessage, media_id="media-3", thumb_media_id="thumb-3"),
    "shortvideo": message(m.ShortVideoMessage, media_id="media-4", thumb_media_id="thumb-4"),
    "location": message(
        m.LocationMessage,
        latitude=23.134521,
        longitude=113.358803,
        scale=20,
        label="广州市天河区",
    ),
    "link": message(
        m.LinkMessage, title="标题", description="说明", url="https://example.com/?a=1&b=2"
    ),
    "miniprogrampage": message(
        m.MiniProgramMessage,
        app_id="wx0123456789abcdef",
        title="小程序",
        page_path="pages/index?x=1",
        thumb_url="https://example.com/t.png",
        thumb_media_id="thumb-5",
    ),
    "unknown_type": message(m.UnknownMessage, msg_type="hologram"),
    "event_subscribe": event(e.SubscribeEvent, "subscribe", scene="", ticket=""),
    "event_subscribe_by_scene": event(
        e.SubscribeEvent, "subscribe", "qrscene_123", scene="123", ticket="ticket-1"
    ),
    "event_unsubscribe": event(e.UnsubscribeEvent, "unsubscribe"),
    "event_scan": event(e.ScanEvent, "scan", "123", scene="123", ticket="ticket-2"),
    "event_location": event(
        e.LocationReportEvent,
        "location",
        latitude=23.137466,
        longitude=113.352425,
        precision=119.38504,
    ),
    "event_click": keyed(e.ClickEvent, "click", "help"),
    "event_view": event(e.ViewEvent, "view", MENU_URL, url=MENU_URL, menu_id="400000001"),
    "event_view_miniprogram": event(
        e.ViewMiniProgramEvent,
        "view_miniprogram",
        "pages/index",
        path="pages/index",
        menu_id="400000002",
    ),
    **{
        f"event_{name}": keyed(e.ScanCodeEvent, name, "scan", scan_type="qrcode", scan_result="2")
        for name in ("scancode_push", "scancode_waitmsg")
    },
    **{
        f"event_{name}": keyed(e.PhotoEvent, name, "photo", **PHOTOS)
        for name in ("pic_sysphoto", "pic_photo_or_album", "pic_weixin")
    },
    "event_location_select": keyed(
        e.LocationSelectEvent,
        "location_select",
        "place",
        latitude=23.0,
        longitude=113.5,
        scale=15,
        label="广州市海珠区",
        poi_name="",
    ),
    "event_templatesendjobfinish": event(
        e.TemplateSentEvent,
        "templatesendjobfinish",
        ":200163836",
        message_id="200163836",
        status="failed:user block",
    ),
    "event_masssendjobfinish": event(
        e.MassSentEvent,
        "masssendjobfinish",
        ":1000001625",
        message_id="1000001625",
        status="send success",
        total_count=100,
        filter_count=80,
        sent_count=75,
        error_count=5,
    ),
    "event_publishjobfinish": event(e.PublishedEvent, "publishjobfinish"),
    "event_subscribe_msg_popup_event": event(
        e.SubscriptionNoticeEvent,
        "subscribe_msg_popup_event",
        notices=(
            notice("tpl-1", choice="accept", popup_scene="2"),
            notice("tpl-2", choice="reject", popup_scene="2"),
        ),
    ),
    "event_subscribe_msg_change_event": event(
        e.SubscriptionNoticeEvent,
        "subscribe_msg_change_event",
        notices=(notice("tpl-1", choice="reject"),),
    ),
    "event_subscribe_msg_sent_event": event(
        e.SubscriptionNoticeEvent,
        "subscribe_msg_sent_event",
        notices=(
            notice(
                "tpl-1",
                message_id="1700827132819554304",
                error_code="0",
                error_status="success",
            ),
        ),
    ),
    **{
        f"event_{name}": event(e.AgentSessionEvent, name, agent="amy@gh")
        for name in ("kf_create_session", "kf_close_session")
    },
    "event_kf_switch_session": event(
        e.AgentSwitchEvent, "kf_switch_session", from_agent="amy@gh", to_agent="bob@gh"
    ),
    **{
        f"event_{name}": event(e.PrivacyEvent, name, subject_openid="o_subject", revoked="1")
        for name in ("user_info_modified", "user_authorization_revoke")
    },
    **{
        f"event_{name}": verification(name, expires_at_s=1_731_536_000)
        for name in (
            "qualification_verify_success",
            "naming_verify_success",
            "annual_renew",
            "verify_expired",
        )
    },
    **{
        f"event_{name}": verification(name, **FAILED)
        for name in ("qualification_verify_fail", "naming_verify_fail")
    },
    "event_unknown": event(e.UnknownEvent, "card_pass_check"),
}


def test_every_golden_push_has_an_expected_value_and_the_other_way_round() -> None:
    assert {path.stem for path in PUSHES} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_golden_push_decodes_to_its_value(name: str) -> None:
    assert m.decode(golden_push(name)) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_foreign_library_reads_the_same_ids_from_a_golden_push(name: str) -> None:
    foreign = parse_message(golden_push(name))
    ours = EXPECTED[name]
    assert (foreign.target, foreign.source) == (ours.account_id, ours.openid)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_case_of_node_names_and_kinds_does_not_matter(name: str) -> None:
    push = golden_push(name)
    for node in (b"ToUserName", b"MsgId", b"MsgID", b"Content", b"EventKey", b"ScanResult"):
        push = push.replace(node + b">", node.swapcase() + b">")
    for word in (b"text", b"subscribe", b"SCAN", b"event", b"location"):
        push = push.replace(b"CDATA[" + word + b"]", b"CDATA[" + word.swapcase() + b"]")
    assert m.decode(push) == EXPECTED[name]


def test_only_the_fixed_sentence_is_an_unsupported_placeholder() -> None:
    placeholder, text = m.decode(golden_push("text_unsupported")), m.decode(golden_push("text"))
    assert isinstance(placeholder, m.TextMessage)
    assert isinstance(text, m.TextMessage)
    assert placeholder.is_unsupported_placeholder
    assert not text.is_unsupported_placeholder
