"""The failure matrix: every misbehaviour of a back end, and what comes of it.

Data and nothing more. `tests/scenario/test_failure_matrix.py` plays each row to a whole gateway,
and the pages of `docs/reference/failures` tell every story by its name and outcome.
"""

import gzip
from typing import Any

import msgspec

from support.failure_table import (
    CHAT,
    COMPLETION,
    DIFY,
    OPENAI,
    WORKFLOW,
    Outcome,
    Row,
    Story,
)
from support.odd_server import SILENCE, Again, Cut, Head, Pause, Play, Raw
from support.vendor_wire import PART, REST, Refusal, event, paused, workflow_end
from yingda.errors import FailureKind

_K = FailureKind
_HTML = b"<html><h1>Nothing of ours</h1></html>"
#: Longer than a line may be (`sse.LINE_LIMIT_BYTES`).
_LONG = b"x" * (10 * 1024 * 1024)
_LIMIT_CHARS = 400

# Outcomes that more than one story has
_WHOLE = Outcome(part=True)
_DOWN = Outcome(
    reads="failed_unavailable", logged=_K.UNAVAILABLE, retry=True, falls_back=True, counts=True
)
_DOWN_AGAIN = msgspec.structs.replace(_DOWN, asked=3)
_SETTINGS = Outcome(reads="failed_configuration", logged=_K.CONFIGURATION, falls_back=True)
_QUOTA = Outcome(reads="failed_quota", logged=_K.QUOTA, falls_back=True, counts=True)
_LATE = Outcome(reads="failed_timeout", logged=_K.TIMEOUT, retry=True, falls_back=True, counts=True)
_CUT = Outcome(
    reads="failed_before_text", logged=_K.INCOMPLETE, retry=True, falls_back=True, counts=True
)
_CUT_PART = Outcome(
    reads="failed_incomplete", logged=_K.INCOMPLETE, part=True, retry=True, counts=True
)
_EMPTY = Outcome(reads="failed_empty", logged=_K.EMPTY, retry=True, falls_back=True)
_REFUSED = Outcome(reads="failed_refused", logged=_K.REFUSED)
_PICTURE = Outcome(reads="failed_picture", logged=_K.PICTURE)
_PERSON = Outcome(reads="failed_person", logged=_K.PERSON)
_BUSY = Outcome(reads="failed_busy", logged=_K.BUSY, retry=True, asked=3, falls_back=True)


def _refused(why: Refusal, *headers: tuple[str, str]) -> Any:
    return lambda wire: wire.refused(why, *headers)


def _page(status: int, *headers: tuple[str, str]) -> Any:
    head = Head(status=status, content_type="text/html", headers=headers)
    return lambda _: (head, _HTML)


def _begun(*steps: Any) -> Any:
    """Accepted, and then this, before any text; a function is given the wire."""
    return lambda wire: (Head(), wire.opened(), *_made(wire, steps))


def _at_once(*steps: Any) -> Any:
    """Accepted, and this is the first event."""
    return lambda wire: (Head(), *_made(wire, steps))


def _told(*steps: Any) -> Any:
    """The same after a part of the answer."""
    return lambda wire: (Head(), wire.opened(), wire.text(PART), *_made(wire, steps))


def _made(wire: Any, steps: tuple[Any, ...]) -> Play:
    return tuple(step(wire) if callable(step) else step for step in steps)


def _error(why: Refusal) -> Any:
    return lambda wire: wire.error(why)


def _half(wire: Any) -> bytes:
    """An event that ends within a character."""
    whole: bytes = wire.text("断")
    return whole[: whole.index("断".encode()) + 1]


def _zipped(wire: Any) -> Play:
    steps = wire.answer(PART, REST)
    content = gzip.compress(b"".join(steps[1:]))
    return (Head(headers=(("Content-Encoding", "gzip"),)), content)


def _ends(reason: str) -> Any:
    return lambda wire: wire.ends(reason)


def _plain_text(wire: Any) -> Play:
    return (Head(content_type="text/plain"), *wire.answer(PART, REST)[1:])


def _thinking(wire: Any) -> Play:
    whole = "<think>想一想。</think>"
    return (Head(), wire.opened(), wire.text(whole), wire.end(whole))


def _reasoning(wire: Any) -> Play:
    reason = wire.chunk({"content": None, "reasoning_content": "想一想。"})
    return (Head(), wire.opened(), reason, wire.end(""))


def _nulls(wire: Any) -> Play:
    names = ("event", "answer", "task_id", "message_id", "data", "metadata", "choices", "usage")
    empty = event(**dict.fromkeys((*names, "conversation_id", "error", "code", "message", "id")))
    named = (event(event=name, answer=None, data=None) for name in ("ping", "node_finished"))
    return (Head(), empty, *named, *wire.answer(PART, REST)[1:])


def _null_text(wire: Any) -> Play:
    blank = wire.text("x").replace(b'"x"', b"null")
    return (Head(), wire.opened(), blank, wire.text(PART), blank, wire.text(REST), _end(wire))


def _end(wire: Any) -> bytes:
    whole: bytes = wire.end(PART + REST)
    return whole


def _replaced(wire: Any) -> Play:
    by = PART + REST
    name = "text_replace" if wire.text("").find(b"text_chunk") > 0 else "message_replace"
    replacing = event(event=name, task_id="t-1", answer=by, data={"text": by})
    return (Head(), wire.opened(), wire.text("不该看到的。"), replacing, _end(wire))


STORIES: tuple[Story, ...] = (
    # The way there
    Story(
        en="Nobody listens at the address, or its name cannot be found",
        zh="地址上没有服务，或域名查不到",
        outcome=_DOWN_AGAIN,
        rows=(
            Row(name="connection refused", address="http://127.0.0.1:1/v1"),
            Row(name="name not found", address="http://nowhere.invalid/v1"),
        ),
    ),
    Story(
        en="The certificate does not fit, or the port speaks no TLS",
        zh="证书不对，或端口不支持 TLS",
        outcome=_SETTINGS,
        rows=(
            Row(name="no TLS", address="https://127.0.0.1:{port}/v1"),
            Row(name="certificate unknown", address="https://127.0.0.1:{port}/v1", has_tls=True),
        ),
    ),
    Story(
        en="The server takes the question and hangs up",
        zh="服务器收了问题就挂断",
        outcome=_DOWN,
        rows=(
            Row(name="hangs up", play=lambda _: (Cut(),)),
            Row(name="no HTTP", play=lambda _: (Raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Cut())),
            Row(
                name="head too long",
                play=lambda _: (Head(headers=(("X-Long", "x" * 20_000),)), Cut()),
            ),
        ),
    ),
    Story(
        en="The server takes the question and says nothing",
        zh="服务器收了问题却一直不出声",
        outcome=_LATE,
        rows=(
            Row(name="silence", play=lambda _: (SILENCE,)),
            Row(name="silence behind the head", play=lambda _: (Head(), SILENCE)),
            Row(name="silence behind the first event", play=_begun(SILENCE)),
            Row(
                name="nothing but keep-alives",
                play=lambda _: (Head(), Again(b"event: ping\n\n", every_s=10.0)),
            ),
            Row(
                name="a silent refusal",
                play=lambda _: (Head(status=500), SILENCE),
            ),
            Row(
                name="reasoning for ever",
                play=_begun(
                    lambda wire: wire.text("<think>"),
                    lambda wire: Again(wire.text("嗯"), every_s=30.0),
                ),
            ),
        ),
    ),
    # Refusals
    Story(
        en="The key is wrong or expired",
        zh="密钥错误或已失效",
        outcome=_SETTINGS,
        rows=(Row(name="401", play=_refused(Refusal.KEY)), Row(name="401 page", play=_page(401))),
    ),
    Story(
        en="The key may not do this, or the app's API is switched off",
        zh="密钥没有权限，或应用的 API 已关闭",
        outcome=_SETTINGS,
        rows=(
            Row(name="403", play=_refused(Refusal.FORBIDDEN)),
            Row(name="403 page", play=_page(403)),
        ),
    ),
    Story(
        en="The address is not that of the API",
        zh="地址不是 API 的地址",
        outcome=_SETTINGS,
        rows=(
            Row(name="404 page", play=_page(404)),
            Row(name="200 page", play=_page(200)),
            Row(name="405 page", play=_page(405)),
            Row(name="redirect", play=_page(302, ("Location", "https://example.com/"))),
        ),
    ),
    Story(
        en="The app is not published, or there is no such model",
        zh="应用没有发布，或没有这个模型",
        outcome=_SETTINGS,
        rows=(Row(name="unpublished", play=_refused(Refusal.UNPUBLISHED)),),
    ),
    Story(
        en="A required input is missing, or a setting of the request is not taken",
        zh="缺少必填的输入，或请求里的某项设置不被接受",
        outcome=_SETTINGS,
        rows=(
            Row(name="400", play=_refused(Refusal.INPUT)),
            Row(name="400 page", play=_page(400)),
        ),
    ),
    Story(
        en="The request is longer than the model's context",
        zh="请求超出模型的上下文长度",
        outcome=_SETTINGS,
        rows=(Row(name="context", play=_refused(Refusal.TOO_LONG), of=(OPENAI,)),),
    ),
    Story(
        en="Too many questions at once",
        zh="同时问的太多",
        outcome=_BUSY,
        rows=(
            Row(name="429", play=_refused(Refusal.BUSY)),
            Row(name="429 page", play=_page(429)),
            Row(name="busy event first", play=_at_once(_error(Refusal.BUSY))),
        ),
    ),
    Story(
        en="Too many at once, told after the run has begun",
        zh="同时问的太多，而且是在开始回答之后才说",
        outcome=msgspec.structs.replace(_BUSY, asked=1),
        rows=(Row(name="busy event", play=_begun(_error(Refusal.BUSY))),),
    ),
    Story(
        en="Too many at once, and it passes within seconds",
        zh="同时问的太多，几秒后就好",
        outcome=Outcome(part=True, asked=3),
        rows=(Row(name="429 twice", play=_refused(Refusal.BUSY), passes_after=2),),
    ),
    Story(
        en="Too many at once, and it asks for a minute's rest",
        zh="同时问的太多，对方要求一分钟后再来",
        outcome=msgspec.structs.replace(_BUSY, asked=1, counts=True),
        rows=(Row(name="429 with a time", play=_refused(Refusal.BUSY, ("Retry-After", "60"))),),
    ),
    Story(
        en="The quota or the balance is used up",
        zh="额度或余额用完",
        outcome=_QUOTA,
        rows=(
            Row(name="429 quota", play=_refused(Refusal.QUOTA)),
            Row(name="402", play=_page(402)),
            Row(name="quota event", play=_begun(_error(Refusal.QUOTA))),
        ),
    ),
    Story(
        en="The server fails before it begins (500, 502, 503)",
        zh="服务器还没开始就出错（500、502、503）",
        outcome=_DOWN_AGAIN,
        rows=(
            Row(name="500", play=_refused(Refusal.FAILED)),
            Row(name="502 page", play=_page(502)),
            Row(name="503 page", play=_page(503)),
        ),
    ),
    Story(
        en="The proxy in front of the server loses patience (504, 524)",
        zh="服务器前面的代理等不及（504、524）",
        outcome=_LATE,
        rows=(Row(name="504 page", play=_page(504)), Row(name="524 page", play=_page(524))),
    ),
    # The stream
    Story(
        en="The run fails before any text",
        zh="运行在写出文字之前失败",
        outcome=_DOWN,
        rows=(
            Row(name="error event", play=_begun(_error(Refusal.FAILED))),
            Row(
                name="workflow failed",
                play=_begun(workflow_end("failed")),
                of=(CHAT, WORKFLOW),
            ),
        ),
    ),
    Story(
        en="The stream breaks before any text",
        zh="回答在写出文字之前中断",
        outcome=_CUT,
        rows=(
            Row(name="cut", play=_begun(Cut())),
            Row(name="half an event", play=_begun(_half, Cut())),
            Row(name="half an event, and an end", play=_begun(_half)),
            Row(name="ends without an end", play=_begun()),
            Row(name="no JSON", play=_begun(b"data: {nothing\n\n")),
            Row(
                name="no UTF-8", play=_begun(lambda wire: wire.text("断").replace(b"\xad", b"\xff"))
            ),
            Row(name="a line without end", play=_begun(b'data: {"event": "', _LONG, SILENCE)),
            Row(name="stopped by hand", play=_begun(workflow_end("stopped")), of=(CHAT, WORKFLOW)),
        ),
    ),
    Story(
        en="The stream breaks after some text",
        zh="回答写到一半中断",
        outcome=_CUT_PART,
        rows=(
            Row(name="cut after text", play=_told(Cut())),
            Row(name="half an event after text", play=_told(_half, Cut())),
            Row(name="ends without an end, after text", play=_told()),
            Row(name="no JSON after text", play=_told(b"data: {nothing\n\n")),
            Row(
                name="no UTF-8 after text",
                play=_told(lambda wire: wire.text("断").replace(b"\xad", b"\xff")),
            ),
            Row(
                name="a line without end, after text", play=_told(b'data: {"a": "', _LONG, SILENCE)
            ),
            Row(
                name="stopped after text", play=_told(workflow_end("stopped")), of=(CHAT, WORKFLOW)
            ),
        ),
    ),
    Story(
        en="The run fails after some text",
        zh="运行写到一半失败",
        outcome=msgspec.structs.replace(_CUT_PART, logged=_K.UNAVAILABLE),
        rows=(
            Row(name="error event after text", play=_told(_error(Refusal.FAILED))),
            Row(
                name="workflow failed after text",
                play=_told(workflow_end("failed")),
                of=(CHAT, WORKFLOW),
            ),
        ),
    ),
    Story(
        en="The answer stalls, or drips beyond the deadline",
        zh="回答写到一半停住，或慢到超过总时限",
        outcome=msgspec.structs.replace(_CUT_PART, logged=_K.TIMEOUT),
        rows=(
            Row(name="stalls after text", play=_told(SILENCE)),
            Row(
                name="slow drip",
                play=_told(lambda wire: Again(wire.text("慢"), every_s=30.0)),
            ),
        ),
    ),
    Story(
        en="The answer does not end",
        zh="回答没完没了",
        outcome=_CUT_PART,
        rows=(
            Row(
                name="endless",
                play=_told(lambda wire: Again(wire.text("长" * 50), every_s=0.1)),
                settings={"answer_limit_chars": _LIMIT_CHARS},
            ),
        ),
    ),
    # Ends that are none
    Story(
        en="The run ends well and says nothing",
        zh="运行正常结束，却没有内容",
        outcome=_EMPTY,
        rows=(
            Row(name="empty"),
            Row(name="blanks", play=lambda wire: wire.answer(" \n ")),
            Row(name="only thinking", play=_thinking),
            Row(name="only reasoning", play=_reasoning, of=(OPENAI,)),
            Row(name="limit before text", play=_begun(_ends("length")), of=(OPENAI,)),
        ),
    ),
    Story(
        en="The answer reached the limit of tokens",
        zh="回答到了长度上限",
        outcome=_CUT_PART,
        rows=(Row(name="limit", play=_told(_ends("length")), of=(OPENAI,)),),
    ),
    Story(
        en="The vendor's moderation refuses the question or cuts the answer off",
        zh="厂商的内容审核拒绝了问题，或掐断了回答",
        outcome=_REFUSED,
        rows=(
            Row(name="content refused", play=_refused(Refusal.CONTENT), of=(OPENAI,)),
            Row(name="content filter", play=_begun(_ends("content_filter")), of=(OPENAI,)),
            Row(name="filter after text", play=_told(_ends("content_filter")), of=(OPENAI,)),
        ),
    ),
    Story(
        en="Moderation replaces the text",
        zh="内容审核换掉了文字",
        outcome=_WHOLE,
        rows=(Row(name="replaced", play=_replaced, of=DIFY),),
    ),
    Story(
        en="The model asks for a tool",
        zh="模型要调用工具",
        outcome=_SETTINGS,
        rows=(Row(name="tool", play=_begun(_ends("tool_calls")), of=(OPENAI,)),),
    ),
    Story(
        en="The app waits for a person",
        zh="应用停下来等人处理",
        outcome=_PERSON,
        rows=(Row(name="pause", play=_begun(lambda _: paused()), of=(CHAT, WORKFLOW)),),
    ),
    Story(
        en="The app waits for a person behind some text",
        zh="应用写了一些，停下来等人处理",
        outcome=msgspec.structs.replace(_PERSON, part=True),
        rows=(Row(name="pause after text", play=_told(lambda _: paused()), of=(CHAT, WORKFLOW)),),
    ),
    Story(
        en="The conversation is gone at the provider",
        zh="对方那里的对话已经不在",
        outcome=msgspec.structs.replace(_WHOLE, asked=2),
        rows=(
            Row(
                name="conversation gone",
                play=_refused(Refusal.CONVERSATION),
                in_conversation=True,
                of=(CHAT,),
            ),
            Row(
                name="conversation completed",
                play=_refused(Refusal.COMPLETED),
                in_conversation=True,
                of=(CHAT,),
            ),
            Row(
                name="conversation gone, pings",
                play=lambda _: (Head(), Again(b"event: ping\n\n", every_s=10.0)),
                in_conversation=True,
                of=(CHAT,),
            ),
        ),
    ),
    Story(
        en="The picture is refused",
        zh="图片被拒收",
        outcome=_PICTURE,
        rows=(
            Row(
                name="picture refused",
                play=_refused(Refusal.PICTURE),
                sends="picture",
                settings={"vision": True},
                of=(OPENAI,),
            ),
            Row(
                name="upload refused",
                play=_refused(Refusal.PICTURE),
                sends="picture",
                of=(CHAT, COMPLETION),
            ),
        ),
    ),
    Story(
        en="The Dify app takes no pictures",
        zh="Dify 应用不收图片",
        outcome=msgspec.structs.replace(_PICTURE, asked=0),
        rows=(
            Row(
                name="pictures off",
                sends="picture",
                parameters={"file_upload": {"image": {"enabled": False}}},
                of=DIFY,
            ),
        ),
    ),
    Story(
        en="Speech to text is switched off, or its key is wrong",
        zh="语音转文字没有打开，或它的密钥不对",
        outcome=msgspec.structs.replace(_SETTINGS, falls_back=False),
        rows=(
            Row(name="speech off", play=_refused(Refusal.SPEECH), sends="voice", of=DIFY),
            Row(
                name="speech key",
                play=_refused(Refusal.KEY),
                sends="voice",
                settings={"transcription_model": "ear"},
            ),
        ),
    ),
    Story(
        en="Nothing is heard in the recording, or it is refused",
        zh="录音里什么也没听出来，或录音被拒收",
        outcome=Outcome(reads="failed_voice", logged=_K.VOICE),
        rows=(
            Row(
                name="silence heard",
                play=lambda _: (Head(content_type="application/json"), b'{"text": " "}'),
                sends="voice",
                settings={"transcription_model": "ear"},
            ),
            Row(name="speech refused", play=_refused(Refusal.RECORDING), sends="voice", of=DIFY),
        ),
    ),
    # Odd, and no failure
    Story(
        en="Odd, but the answer is whole",
        zh="有些反常，但回答完整",
        outcome=_WHOLE,
        rows=(
            Row(name="gzip", play=_zipped),
            Row(name="other type", play=_plain_text),
            Row(name="nulls", play=_nulls),
            Row(name="null text", play=_null_text),
            Row(
                name="partial success",
                play=lambda wire: (
                    Head(),
                    wire.opened(),
                    wire.text(PART),
                    workflow_end("partial-succeeded"),
                ),
                of=(CHAT, WORKFLOW),
            ),
            Row(name="left open", play=lambda wire: (*wire.answer(PART, REST), SILENCE)),
            Row(name="cut behind the end", play=lambda wire: (*wire.answer(PART, REST), Cut())),
            Row(
                name="slow, within the deadlines",
                play=lambda wire: (Head(), Pause(50.0), *wire.answer(PART, REST)[1:]),
            ),
        ),
    ),
)
