"""Passive replies as frozen values, and their XML.

Knows the nodes of each kind and the hard bound of a text. Refuses to split answers, to seal, and
to decide what is said.
"""

import msgspec
import regex

from yingda.wechat.limits import SUCCESS, TEXT_LIMIT_BYTES
from yingda.wechat.xml_text import cdata, clean_text

__all__ = [
    "SUCCESS",
    "ImageReply",
    "MusicReply",
    "NewsReply",
    "Reply",
    "TextReply",
    "TransferReply",
    "VideoReply",
    "VoiceReply",
    "clean_text",
    "to_xml",
]

_GRAPHEME = regex.compile(r"\X")
#: A link with its label; one that is never closed reaches to the end.
_LINK = regex.compile(r"<a\s.*?(?:</a\s*>|\Z)", regex.DOTALL | regex.IGNORECASE)
_LINK_TAG = regex.compile(r"</?a(?:\s[^>]*)?>?", regex.IGNORECASE)


class Reply(msgspec.Struct, frozen=True):
    """A passive reply of whatever kind. Source of all kinds: official page on passive replies."""


class TextReply(Reply, frozen=True):
    """A text; `<a>` is the only markup that WeChat shows."""

    content: str


class ImageReply(Reply, frozen=True):
    """A picture that was uploaded before."""

    media_id: str


class VoiceReply(Reply, frozen=True):
    """A voice recording that was uploaded before."""

    media_id: str


class VideoReply(Reply, frozen=True):
    """A video that was uploaded before."""

    media_id: str
    title: str = ""
    description: str = ""


class MusicReply(Reply, frozen=True, kw_only=True):
    """A piece of music by its address; the platform requires an uploaded thumbnail."""

    thumb_media_id: str
    title: str = ""
    description: str = ""
    music_url: str = ""
    hq_music_url: str = ""


class NewsReply(Reply, frozen=True, kw_only=True):
    """One article card; the platform has allowed no more than one since October 2018."""

    title: str
    description: str
    url: str
    picture_url: str = ""


class TransferReply(Reply, frozen=True):
    """Hands the chat to the human-agent client; `agent` "" leaves the choice to WeChat."""

    agent: str = ""


def to_xml(reply: Reply, *, to_openid: str, from_account_id: str, created_at_s: int) -> bytes:
    """The reply's body in clear, well-formed for every string that Python can hold.

    Forbidden characters are removed (see `clean_text`). A text over `TEXT_LIMIT_BYTES` is cut,
    for WeChat would show its failure line instead; callers split before it comes to that.
    Raises ValueError for a text of which nothing or only blanks remain: unlike an empty body,
    an empty Content is a failure.
    """
    return (
        f"<xml><ToUserName>{cdata(to_openid)}</ToUserName>"
        f"<FromUserName>{cdata(from_account_id)}</FromUserName>"
        f"<CreateTime>{created_at_s}</CreateTime>{_body(reply)}</xml>"
    ).encode()


def _body(reply: Reply) -> str:
    match reply:
        case TextReply():
            return f"{_kind('text')}{_node('Content', _bounded(clean_text(reply.content)))}"
        case ImageReply():
            return f"{_kind('image')}<Image>{_node('MediaId', reply.media_id)}</Image>"
        case VoiceReply():
            return f"{_kind('voice')}<Voice>{_node('MediaId', reply.media_id)}</Voice>"
        case VideoReply():
            return f"{_kind('video')}<Video>{_video(reply)}</Video>"
        case MusicReply():
            return f"{_kind('music')}<Music>{_music(reply)}</Music>"
        case NewsReply():
            article = f"<Articles><item>{_article(reply)}</item></Articles>"
            return f"{_kind('news')}<ArticleCount>1</ArticleCount>{article}"
        case TransferReply():
            return f"{_kind('transfer_customer_service')}{_transfer(reply)}"
    raise TypeError(f"{type(reply).__name__} is no kind of passive reply")


def _kind(name: str) -> str:
    return f"<MsgType><![CDATA[{name}]]></MsgType>"


def _node(name: str, text: str) -> str:
    return f"<{name}>{cdata(text)}</{name}>"


def _video(reply: VideoReply) -> str:
    return (
        _node("MediaId", reply.media_id)
        + _node("Title", reply.title)
        + _node("Description", reply.description)
    )


def _music(reply: MusicReply) -> str:
    return (
        _node("Title", reply.title)
        + _node("Description", reply.description)
        + _node("MusicUrl", reply.music_url)
        + _node("HQMusicUrl", reply.hq_music_url)
        + _node("ThumbMediaId", reply.thumb_media_id)
    )


def _article(reply: NewsReply) -> str:
    return (
        _node("Title", reply.title)
        + _node("Description", reply.description)
        + _node("PicUrl", reply.picture_url)
        + _node("Url", reply.url)
    )


def _transfer(reply: TransferReply) -> str:
    return f"<TransInfo>{_node('KfAccount', reply.agent)}</TransInfo>" if reply.agent else ""


def _bounded(text: str) -> str:
    """`text` within `TEXT_LIMIT_BYTES`, cut between graphemes and never inside a link."""
    if not text.strip():
        raise ValueError("a text reply needs a text: an empty Content is a failure to WeChat")
    if len(text.encode()) <= TEXT_LIMIT_BYTES:
        return text
    text = text.lstrip()
    # A link that alone is over the limit loses its markup, a grapheme that is its wholeness.
    return _cut(text) or _cut(_LINK_TAG.sub("", text).lstrip()) or text[: _fitting_chars(text)]


def _fitting_chars(text: str) -> int:
    """How many characters of `text` fit the limit."""
    return len(text.encode()[:TEXT_LIMIT_BYTES].decode("utf-8", "ignore"))


def _cut(text: str) -> str:
    """`text` up to the last place where it may be cut, "" when there is none."""
    fitting_chars = _fitting_chars(text)
    # One character more tells a link that ends at the limit from one that goes on.
    links = [match.span() for match in _LINK.finditer(text[: fitting_chars + 1])]
    end = 0
    for grapheme in _GRAPHEME.finditer(text):
        if grapheme.end() > fitting_chars:
            break
        if not any(begin < grapheme.end() < close for begin, close in links):
            end = grapheme.end()
    return text[:end]
