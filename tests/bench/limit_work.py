"""The least a callback has to do: check the signature, read the XML, write a reply.

Pure but for the time of day.
"""

import hashlib
import time
from xml.etree import ElementTree as ET

from bench.wire import TOKEN

_FRESH_S = 300
_TEXT = (
    "直接发文字提问，我会用 AI 来回答。\n\n"
    "1：查看还没看到的回答或下文\n/clear：开始新的对话\n/help：显示这段说明"
)


def _verified(query: bytes) -> dict[str, str]:
    values = dict(pair.split("=", 1) for pair in query.decode().split("&"))
    text = "".join(sorted((TOKEN, values["timestamp"], values["nonce"])))
    signature = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 the protocol's own choice
    if signature != values["signature"]:
        raise PermissionError
    if abs(time.time() - int(values["timestamp"])) > _FRESH_S:
        raise PermissionError
    return values


def handshake(query: bytes) -> bytes:
    """The echo that proves the token."""
    return _verified(query)["echostr"].encode()


def answer(query: bytes, body: bytes) -> bytes:
    """The reply to a text, whatever it says."""
    _verified(query)
    push = {node.tag: node.text or "" for node in ET.fromstring(body)}  # noqa: S314 our own load
    return (
        f"<xml><ToUserName><![CDATA[{push['FromUserName']}]]></ToUserName>"
        f"<FromUserName><![CDATA[{push['ToUserName']}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{_TEXT}]]></Content></xml>"
    ).encode()
