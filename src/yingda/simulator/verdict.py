"""What WeChat makes of an answer's body: something to show, nothing, or its failure line.

Knows the contract of a passive reply in each message mode. Refuses to know connections, time and
repeats. Strict where the official page is: names are case-sensitive, nodes complete.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from xml.etree import ElementTree as ET

import msgspec

from yingda.errors import RequestRejected, YingdaError
from yingda.wechat.envelope import AesKey, Envelope
from yingda.wechat.limits import SUCCESS
from yingda.wechat.signature import SignedQuery

#: UTF-8 bytes of a text that are still shown. Measured by others, who
#: report 2047 as well; a server does well to stay below.
SHOWN_TEXT_LIMIT_BYTES = 2048
#: Digits of a time in seconds: ten since 2001 and until 2286. Thirteen would be milliseconds.
_TIME_DIGITS = 10


class Mode(StrEnum):
    """The message mode that the account's owner chose in the console."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


class SimulatedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its console shows it; AppID and key matter in the encrypted modes."""

    #: The original id, `gh_…`.
    account_id: str = "gh_simulated"
    token: str = "simulatortoken"  # noqa: S105  a sample: it opens nothing but a simulation
    mode: Mode = Mode.PLAIN
    app_id: str = ""
    encoding_aes_key: str = ""

    def aes_key(self) -> AesKey | None:
        """The key, None in plain mode; raises ConfigurationError when it is none."""
        return None if self.mode is Mode.PLAIN else AesKey.parse(self.encoding_aes_key)


class Outcome(StrEnum):
    """How an attempt ended."""

    #: A legal reply.
    ANSWERED = "answered"
    #: `success` or an empty body: nothing is shown, and nothing repeated.
    ACCEPTED = "accepted"
    #: No whole answer within the window.
    TIMED_OUT = "timed_out"
    #: A status other than 200.
    REFUSED = "refused"
    #: Status 200 and a body that is no legal reply.
    ILLEGAL = "illegal"
    #: No connection, or the answer was lost on the way.
    UNREACHABLE = "unreachable"


class Verdict(msgspec.Struct, frozen=True):
    """What became of one attempt."""

    outcome: Outcome
    shown: tuple[str, ...] = ()
    #: The reply's XML in clear; empty without one.
    clear: bytes = b""
    #: The HTTP status, 0 when none came.
    status: int = 0
    #: What was wrong, for a developer.
    reason: str = ""


class _IllegalReply(YingdaError):
    """The body breaks the contract; the message says where."""


class Judge:
    """Reads answers as the platform of one account does."""

    def __init__(self, account: SimulatedAccount, envelope: Envelope) -> None:
        self._account = account
        self._envelope = envelope

    def judge(self, body: bytes, *, openid: str) -> Verdict:
        """The verdict on the body of an answer with status 200 to a push of `openid`."""
        if body in {b"", SUCCESS}:
            return Verdict(Outcome.ACCEPTED, status=200)
        try:
            clear = self._clear(body)
            root = _root(clear)
            self._check_head(root, openid)
            shown = _shown(root)
        except _IllegalReply as illegal:
            return Verdict(Outcome.ILLEGAL, status=200, reason=str(illegal))
        return Verdict(Outcome.ANSWERED, shown, clear, 200)

    def _clear(self, body: bytes) -> bytes:
        root = _root(body)
        if self._account.mode is Mode.PLAIN:
            return body
        if root.find("Encrypt") is None:
            if self._account.mode is Mode.SAFE:
                raise _IllegalReply("safe mode takes encrypted replies only")
            return body
        query = SignedQuery(
            timestamp=str(_integer(root, "TimeStamp")),
            nonce=_text(root, "Nonce"),
            msg_signature=_text(root, "MsgSignature"),
        )
        try:
            return self._envelope.open(body, query).clear
        except RequestRejected as rejected:
            raise _IllegalReply(rejected.reason) from None

    def _check_head(self, root: ET.Element, openid: str) -> None:
        if _text(root, "ToUserName") != openid:
            raise _IllegalReply("ToUserName is not the follower")
        if _text(root, "FromUserName") != self._account.account_id:
            raise _IllegalReply("FromUserName is not the account")
        if not 0 < _integer(root, "CreateTime") < 10**_TIME_DIGITS:
            raise _IllegalReply("CreateTime is not in seconds")


def _root(body: bytes) -> ET.Element:
    try:
        root = ET.fromstring(body)  # noqa: S314  the answer of the server that is being tried
    except (ET.ParseError, ValueError):
        raise _IllegalReply("the body is no well-formed XML") from None
    if root.tag != "xml":
        raise _IllegalReply("the body's root is not `xml`")
    return root


def _text(parent: ET.Element, path: str) -> str:
    node = parent.find(path)
    if node is None:
        raise _IllegalReply(f"{path} is missing")
    return node.text or ""


def _filled(parent: ET.Element, path: str) -> str:
    text = _text(parent, path)
    if not text.strip():
        raise _IllegalReply(f"{path} is empty")
    return text


def _integer(parent: ET.Element, path: str) -> int:
    digits = _text(parent, path).strip()
    # Python reads no more than some thousand digits, and no time has more than a few.
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 2 * _TIME_DIGITS:
        raise _IllegalReply(f"{path} is no whole number")
    return int(digits)


def _shown(root: ET.Element) -> tuple[str, ...]:
    kind = _text(root, "MsgType")
    show = _KINDS.get(kind)
    if show is None:
        raise _IllegalReply("MsgType is no kind of reply")
    return show(root)


def _show_text(root: ET.Element) -> tuple[str, ...]:
    content = _filled(root, "Content")
    if len(content.encode()) > SHOWN_TEXT_LIMIT_BYTES:
        raise _IllegalReply(f"Content is over {SHOWN_TEXT_LIMIT_BYTES} bytes")
    return (content,)


def _show_image(root: ET.Element) -> tuple[str, ...]:
    return (f"[图片] {_filled(root, 'Image/MediaId')}",)


def _show_voice(root: ET.Element) -> tuple[str, ...]:
    return (f"[语音] {_filled(root, 'Voice/MediaId')}",)


def _show_video(root: ET.Element) -> tuple[str, ...]:
    title = root.findtext("Video/Title", "")
    return (f"[视频] {title or _filled(root, 'Video/MediaId')}",)


def _show_music(root: ET.Element) -> tuple[str, ...]:
    _filled(root, "Music/ThumbMediaId")
    return (f"[音乐] {root.findtext('Music/Title', '')}".rstrip(),)


def _show_news(root: ET.Element) -> tuple[str, ...]:
    items = root.findall("Articles/item")
    if len(items) != 1 or _integer(root, "ArticleCount") != 1:
        raise _IllegalReply("a news reply has exactly one article")
    _text(items[0], "Description")
    _text(items[0], "PicUrl")
    return (f"[图文] {_filled(items[0], 'Title')} {_filled(items[0], 'Url')}",)


def _show_transfer(_root: ET.Element) -> tuple[str, ...]:
    return ()


_KINDS: Mapping[str, Callable[[ET.Element], tuple[str, ...]]] = {
    "text": _show_text,
    "image": _show_image,
    "voice": _show_voice,
    "video": _show_video,
    "music": _show_music,
    "news": _show_news,
    "transfer_customer_service": _show_transfer,
}
