"""What service messages hold: what the follower sees of it, or why it is refused.

Knows the kinds that a gateway sends and their limits (official pages). Refuses
to know who may send, and to whom.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from yingda.simulator.library import Library

Values: TypeAlias = Mapping[str, Any]

_TEXT_LIMIT_BYTES: Final = 2048
#: What stands for a file in the chat, by the kind of the message.
MEDIA_LABELS: Final[Mapping[str, str]] = {"image": "[图片]", "voice": "[语音]"}


def shown(values: Values, library: Library) -> str | int:
    """What the follower sees of the body of a message, or the code that refuses it."""
    kind = str(values.get("msgtype"))
    content = values.get(kind)
    if kind not in {"text", "news", *MEDIA_LABELS}:
        return 40008
    if not isinstance(content, dict):
        return 40035
    if kind == "text":
        return _shown_text(content)
    return _shown_news(content) if kind == "news" else _shown_file(kind, content, library)


def _shown_file(kind: str, content: Values, library: Library) -> str | int:
    media_id = str(content.get("media_id"))
    file = library.find(media_id)
    if file is None or file.kind != kind:
        return 40007
    return f"{MEDIA_LABELS[kind]} {media_id}"


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
