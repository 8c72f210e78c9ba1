"""What a follower can send or do, and the XML that WeChat makes of it.

Knows the documented shape of every kind of push. Refuses to know signatures, envelopes and how
often a push is repeated. Source of all nodes: official pages on receiving messages and events.
"""

from typing import TypeAlias

import msgspec

from yingda.wechat.limits import SCENE_PREFIX, UNSUPPORTED_SENTENCE
from yingda.wechat.xml_text import cdata

#: Nodes in their order; whole and decimal numbers are written bare, texts as CDATA.
Nodes: TypeAlias = tuple[tuple[str, str | int | float], ...]


class Sent(msgspec.Struct, frozen=True):
    """What a follower sent or did, before the platform addresses and numbers it."""

    #: MsgType; `event` for an event.
    msg_type: str
    nodes: Nodes
    #: The follower's own bubble; "" for an event, which leaves none.
    bubble: str = ""

    @property
    def is_event(self) -> bool:
        """Whether this is an event: those carry no MsgId."""
        return self.msg_type == "event"


def build(sent: Sent, *, account_id: str, openid: str, created_at_s: int, message_id: int) -> bytes:
    """The push in clear; `message_id` is left out of an event."""
    nodes: Nodes = (
        ("ToUserName", account_id),
        ("FromUserName", openid),
        ("CreateTime", created_at_s),
        ("MsgType", sent.msg_type),
        *sent.nodes,
        *(() if sent.is_event else (("MsgId", message_id),)),
    )
    lines = "\n".join([f"<{name}>{_value(value)}</{name}>" for name, value in nodes])
    return f"<xml>{lines}\n</xml>".encode()


def _value(value: str | float) -> str:
    return cdata(value) if isinstance(value, str) else str(value)


def text(content: str, *, menu_item_id: str = "") -> Sent:
    """A typed text; `menu_item_id` is the bizmsgmenuid that some taps carry."""
    tapped: Nodes = (("bizmsgmenuid", menu_item_id),) if menu_item_id else ()
    return Sent("text", (("Content", content), *tapped), content)


def image(
    media_id: str = "media-image", picture_url: str = "http://mmbiz.qpic.cn/simulator/0"
) -> Sent:
    """A picture."""
    return Sent("image", (("PicUrl", picture_url), ("MediaId", media_id)), "[图片]")


def voice(
    media_id: str = "media-voice",
    voice_format: str = "amr",
    *,
    media_id_16k: str | None = None,
    recognition: str = "",
) -> Sent:
    """A voice recording; `media_id_16k` is "" where the platform has no better one.

    `Recognition` has been empty since the platform withdrew it in 2023.
    """
    better_id = f"{media_id}-16k" if media_id_16k is None else media_id_16k
    better: Nodes = (("MediaId16K", better_id),) if better_id else ()
    nodes: Nodes = (
        ("MediaId", media_id),
        ("Format", voice_format),
        ("Recognition", recognition),
        *better,
    )
    return Sent("voice", nodes, "[语音]")


def video(media_id: str = "media-video", thumb_media_id: str = "media-thumb") -> Sent:
    """A video."""
    return Sent("video", (("MediaId", media_id), ("ThumbMediaId", thumb_media_id)), "[视频]")


def location(
    latitude: float = 23.134521,
    longitude: float = 113.358803,
    *,
    scale: int = 20,
    label: str = "广州市天河区",
) -> Sent:
    """A place, in degrees."""
    nodes: Nodes = (
        ("Location_X", latitude),
        ("Location_Y", longitude),
        ("Scale", scale),
        ("Label", label),
    )
    return Sent("location", nodes, f"[位置] {label}")


def link(
    url: str = "https://example.com/", title: str = "示例网页", description: str = "一个网页"
) -> Sent:
    """A shared web page."""
    nodes: Nodes = (("Title", title), ("Description", description), ("Url", url))
    return Sent("link", nodes, f"[链接] {title}")


def mini_program(
    title: str = "点餐",
    page_path: str = "pages/index",
    *,
    app_id: str = "wx0123456789abcdef",
    thumb_url: str = "http://mmbiz.qpic.cn/simulator/thumb/0",
    thumb_media_id: str = "media-thumb",
) -> Sent:
    """A shared page of a mini program."""
    nodes: Nodes = (
        ("Title", title),
        ("AppId", app_id),
        ("PagePath", page_path),
        ("ThumbUrl", thumb_url),
        ("ThumbMediaId", thumb_media_id),
    )
    return Sent("miniprogrampage", nodes, f"[小程序] {title}")


def sticker() -> Sent:
    """A sticker: WeChat forwards no more than a fixed sentence."""
    return Sent("text", (("Content", UNSUPPORTED_SENTENCE),), "[表情]")


def message(msg_type: str, *nodes: tuple[str, str | int | float]) -> Sent:
    """A message of a kind that is not documented, or not yet."""
    return Sent(msg_type, nodes, f"[{msg_type}]")


def event(name: str, *nodes: tuple[str, str | int | float]) -> Sent:
    """An event by its name, known or not."""
    return Sent("event", (("Event", name), *nodes))


def subscribe(scene: str = "") -> Sent:
    """Somebody follows; with a scene when its QR code brought them."""
    if not scene:
        return event("subscribe", ("EventKey", ""))
    ticket = ("Ticket", f"ticket-{scene}")
    return event("subscribe", ("EventKey", f"{SCENE_PREFIX}{scene}"), ticket)


def unsubscribe() -> Sent:
    """Somebody follows no longer."""
    return event("unsubscribe", ("EventKey", ""))


def scan(scene: str) -> Sent:
    """A follower scanned a scene QR code."""
    return event("SCAN", ("EventKey", scene), ("Ticket", f"ticket-{scene}"))


def click(key: str) -> Sent:
    """A tap on a menu button of type click."""
    return event("CLICK", ("EventKey", key))


def view(url: str, menu_id: int = 400000001) -> Sent:
    """A tap on a menu button that opens a page."""
    return event("VIEW", ("EventKey", url), ("MenuId", menu_id))
