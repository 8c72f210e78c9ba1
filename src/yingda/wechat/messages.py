"""Messages that a follower sends, as frozen values; the entrance to events as well.

Knows every MsgType of the official page "receiving ordinary messages". Refuses to judge: an
unknown kind, a missing node or a number that is none gives a value, never an error.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from yingda.wechat.base import Head, Message, created_at_s, head, message_key, name_of
from yingda.wechat.event_nodes import decode_event
from yingda.wechat.limits import UNSUPPORTED_SENTENCE
from yingda.wechat.xml_tree import Node, read

__all__ = [
    "ArticleOrigin",
    "ImageMessage",
    "LinkMessage",
    "LocationMessage",
    "Message",
    "MiniProgramMessage",
    "ShortVideoMessage",
    "TextMessage",
    "UnknownMessage",
    "UserMessage",
    "VideoMessage",
    "VoiceMessage",
    "decode",
]


class ArticleOrigin(msgspec.Struct, frozen=True):
    """The article inside which the follower wrote."""

    #: MsgDataId.
    data_id: str
    #: Idx: the article's place in its mass message, from 1; None when absent.
    index: int | None


class UserMessage(Message, frozen=True, kw_only=True):
    """What a follower sent, of whatever kind."""

    #: MsgId, a 64-bit integer as text; "" when absent.
    message_id: str = ""
    #: Set only when the follower wrote from inside an article.
    article: ArticleOrigin | None = None


class TextMessage(UserMessage, frozen=True, kw_only=True):
    """A typed text, or a tap on a link that sends one."""

    content: str
    #: bizmsgmenuid of a tap; documents and reports disagree, so never depend on it.
    menu_item_id: str = ""

    @property
    def is_unsupported_placeholder(self) -> bool:
        """Whether this stands for a sticker or another kind that WeChat does not forward."""
        return self.content.strip() == UNSUPPORTED_SENTENCE


class ImageMessage(UserMessage, frozen=True, kw_only=True):
    """A picture. `picture_url` can be fetched without a token."""

    picture_url: str
    media_id: str


class VoiceMessage(UserMessage, frozen=True, kw_only=True):
    """A voice recording."""

    media_id: str
    #: `amr`, seldom `speex`.
    format: str
    #: The same recording at 16 kHz; "" where the platform gives none.
    media_id_16k: str
    #: The platform's speech recognition; withdrawn in 2023, so "" but for old recordings.
    recognition: str


class VideoMessage(UserMessage, frozen=True, kw_only=True):
    """A video."""

    media_id: str
    thumb_media_id: str


class ShortVideoMessage(UserMessage, frozen=True, kw_only=True):
    """A short video, taken inside the chat."""

    media_id: str
    thumb_media_id: str


class LocationMessage(UserMessage, frozen=True, kw_only=True):
    """A place, in degrees; None where a number is missing."""

    latitude: float | None
    longitude: float | None
    scale: int | None
    label: str


class LinkMessage(UserMessage, frozen=True, kw_only=True):
    """A shared web page."""

    title: str
    description: str
    url: str


class MiniProgramMessage(UserMessage, frozen=True, kw_only=True):
    """A shared page of a mini-program."""

    app_id: str
    title: str
    page_path: str
    thumb_url: str
    thumb_media_id: str


class UnknownMessage(UserMessage, frozen=True, kw_only=True):
    """A kind that we do not know; only its name is kept, "" when it has none."""

    msg_type: str


def decode(clear: bytes) -> Message:
    """One push, XML or JSON, as a value.

    Raises BodyTooLarge over the cap, and BodyMalformed only for what is no push at all: not
    well-formed, with a doctype, too deep or wide, another root than `xml`, without sender or
    receiver.
    """
    nodes = read(clear)
    kind = name_of(nodes, "msgtype")
    if kind == "event":
        return decode_event(nodes)
    created_s = created_at_s(nodes)
    common = head(nodes, created_s, message_key(nodes, kind, created_s))
    build = _KINDS.get(kind, _unknown)
    return build(nodes, common, nodes.text("msgid"), _article(nodes))


def _article(nodes: Node) -> ArticleOrigin | None:
    data_id = nodes.text("msgdataid")
    return ArticleOrigin(data_id, nodes.integer("idx")) if data_id else None


_Build: TypeAlias = Callable[[Node, Head, str, ArticleOrigin | None], UserMessage]


def _text(nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None) -> TextMessage:
    return TextMessage(
        *common,
        message_id=message_id,
        article=article,
        content=nodes.raw("content"),
        menu_item_id=nodes.text("bizmsgmenuid"),
    )


def _image(
    nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None
) -> ImageMessage:
    return ImageMessage(
        *common,
        message_id=message_id,
        article=article,
        picture_url=nodes.text("picurl"),
        media_id=nodes.text("mediaid"),
    )


def _voice(
    nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None
) -> VoiceMessage:
    return VoiceMessage(
        *common,
        message_id=message_id,
        article=article,
        media_id=nodes.text("mediaid"),
        format=nodes.text("format"),
        media_id_16k=nodes.text("mediaid16k"),
        recognition=nodes.text("recognition"),
    )


def _video(
    nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None
) -> VideoMessage:
    return VideoMessage(
        *common,
        message_id=message_id,
        article=article,
        media_id=nodes.text("mediaid"),
        thumb_media_id=nodes.text("thumbmediaid"),
    )


def _short_video(
    nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None
) -> ShortVideoMessage:
    return ShortVideoMessage(
        *common,
        message_id=message_id,
        article=article,
        media_id=nodes.text("mediaid"),
        thumb_media_id=nodes.text("thumbmediaid"),
    )


def _location(
    nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None
) -> LocationMessage:
    return LocationMessage(
        *common,
        message_id=message_id,
        article=article,
        latitude=nodes.decimal("location_x"),
        longitude=nodes.decimal("location_y"),
        scale=nodes.integer("scale"),
        label=nodes.text("label"),
    )


def _link(nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None) -> LinkMessage:
    return LinkMessage(
        *common,
        message_id=message_id,
        article=article,
        title=nodes.text("title"),
        description=nodes.text("description"),
        url=nodes.text("url"),
    )


def _mini_program(
    nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None
) -> MiniProgramMessage:
    return MiniProgramMessage(
        *common,
        message_id=message_id,
        article=article,
        app_id=nodes.text("appid"),
        title=nodes.text("title"),
        page_path=nodes.text("pagepath"),
        thumb_url=nodes.text("thumburl"),
        thumb_media_id=nodes.text("thumbmediaid"),
    )


def _unknown(
    nodes: Node, common: Head, message_id: str, article: ArticleOrigin | None
) -> UnknownMessage:
    return UnknownMessage(
        *common, message_id=message_id, article=article, msg_type=name_of(nodes, "msgtype")
    )


_KINDS: dict[str, _Build] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _short_video,
    "location": _location,
    "link": _link,
    "miniprogrampage": _mini_program,
}
