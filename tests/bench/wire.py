"""Signed pushes as bytes, made without the gateway's code: a load must not lean on its subject."""

import hashlib
import time

TOKEN = "benchtoken"
PATH = "/wechat/default"
ACCOUNT_ID = "gh_bench"


def signature(timestamp: str, nonce: str) -> str:
    """WeChat's signature: SHA-1 over token, timestamp and nonce, sorted (official page)."""
    return hashlib.sha1("".join(sorted((TOKEN, timestamp, nonce))).encode()).hexdigest()  # noqa: S324 the protocol's own choice


def signed_query(nonce: str = "271828182") -> str:
    """A query string that is signed now."""
    timestamp = str(int(time.time()))
    return f"signature={signature(timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}"


def text_push(content: str, openid: str, message_id: int) -> bytes:
    """A follower's text as XML."""
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT_ID}]]></ToUserName>\n"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>\n"
        f"<CreateTime>{int(time.time())}</CreateTime>\n"
        "<MsgType><![CDATA[text]]></MsgType>\n"
        f"<Content><![CDATA[{content}]]></Content>\n"
        f"<MsgId>{message_id}</MsgId>\n</xml>"
    ).encode()


def request(body: bytes, openid: str) -> bytes:
    """A whole HTTP request with this push."""
    target = f"{PATH}?{signed_query()}&openid={openid}"
    head = (
        f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n"
        f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
