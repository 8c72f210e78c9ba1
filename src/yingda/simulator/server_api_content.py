"""What service messages and uploads hold: what the follower sees of it, or why it is refused.

Knows the kinds that a gateway sends and their limits (reference, sections 11, 13 and 20). Refuses
to know who may send, and to whom.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

from yingda.simulator.server_api_base import UploadedFile

Values: TypeAlias = Mapping[str, Any]

_TEXT_LIMIT_BYTES: Final = 2048
_IMAGE_LIMIT_BYTES: Final = 10 << 20
_MEDIA_LIFE_S: Final = 3 * 86_400.0
_IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif"})


class _Media(msgspec.Struct, frozen=True):
    kind: str
    until_s: float


class Library:
    """The files of one account."""

    def __init__(self) -> None:
        self._media: dict[str, _Media] = {}

    def add(self, kind: str | None, file: UploadedFile | None, now_s: float) -> str | int:
        """The new file's media_id, or the code under which it is refused."""
        if kind != "image":
            return 40004
        if file is None:
            return 41005
        refusal = _image_refusal(file)
        if refusal:
            return refusal
        media_id = f"media-{len(self._media) + 1}"
        self._media[media_id] = _Media(kind, now_s + _MEDIA_LIFE_S)
        return media_id

    def shown(self, values: Values, now_s: float) -> str | int:
        """What the follower sees of the body of a message, or the code that refuses it."""
        kind = str(values.get("msgtype"))
        content = values.get(kind)
        if kind not in {"text", "image", "news"}:
            return 40008
        if not isinstance(content, dict):
            return 40035
        if kind == "text":
            return _shown_text(content)
        return _shown_news(content) if kind == "news" else self._shown_image(content, now_s)

    def _shown_image(self, content: Values, now_s: float) -> str | int:
        media = self._media.get(str(content.get("media_id")))
        if media is None or media.until_s <= now_s:
            return 40007
        return f"[图片] {content['media_id']}"


def _shown_text(content: Values) -> str | int:
    text = content.get("content")
    if not isinstance(text, str) or not text.strip():
        return 44004
    return 45002 if len(text.encode()) > _TEXT_LIMIT_BYTES else text


def _shown_news(content: Values) -> str | int:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles:
        return 44003
    if len(articles) > 1:
        return 45008
    return f"[图文] {articles[0].get('title', '')} {articles[0].get('url', '')}"


def _image_refusal(file: UploadedFile) -> int:
    if not file.content:
        return 44001
    if file.content_type not in _IMAGE_TYPES:
        return 40005
    return 45001 if len(file.content) > _IMAGE_LIMIT_BYTES else 0
