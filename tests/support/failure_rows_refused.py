"""Rows of the failure matrix: the way to a back end, and its refusals. Data and nothing more."""

import msgspec

from support.failure_plays import begun, error, page, refused
from support.failure_table import (
    BUSY,
    DOWN,
    DOWN_AGAIN,
    LATE,
    OPENAI,
    QUOTA,
    SETTINGS,
    Outcome,
    Row,
    Story,
)
from support.odd_server import SILENCE, Again, Cut, Head, Raw
from support.vendor_wire import Refusal

#: Longer than a line may be (`sse.LINE_LIMIT_BYTES`).
LONG_LINE = b"x" * (10 * 1024 * 1024)

STORIES: tuple[Story, ...] = (
    Story(
        en="Nobody listens at the address, or its name cannot be found",
        zh="地址上没有服务，或域名查不到",
        outcome=DOWN_AGAIN,
        rows=(
            Row(name="connection refused", address="http://127.0.0.1:1/v1"),
            Row(name="name not found", address="http://nowhere.invalid/v1"),
        ),
    ),
    Story(
        en="The certificate does not fit, or the port speaks no TLS",
        zh="证书不对，或端口不支持 TLS",
        outcome=SETTINGS,
        rows=(
            Row(name="no TLS", address="https://127.0.0.1:{port}/v1"),
            Row(name="certificate unknown", address="https://127.0.0.1:{port}/v1", has_tls=True),
        ),
    ),
    Story(
        en="The server takes the question and hangs up",
        zh="服务器收了问题就挂断",
        outcome=DOWN,
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
        outcome=LATE,
        rows=(
            Row(name="silence", play=lambda _: (SILENCE,)),
            Row(name="silence behind the head", play=lambda _: (Head(), SILENCE)),
            Row(name="silence behind the first event", play=begun(SILENCE)),
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
                play=begun(
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
        outcome=SETTINGS,
        rows=(Row(name="401", play=refused(Refusal.KEY)), Row(name="401 page", play=page(401))),
    ),
    Story(
        en="The key may not do this, or the app's API is switched off",
        zh="密钥没有权限，或应用的 API 已关闭",
        outcome=SETTINGS,
        rows=(
            Row(name="403", play=refused(Refusal.FORBIDDEN)),
            Row(name="403 page", play=page(403)),
        ),
    ),
    Story(
        en="The address is not that of the API",
        zh="地址不是 API 的地址",
        outcome=SETTINGS,
        rows=(
            Row(name="404 page", play=page(404)),
            Row(name="200 page", play=page(200)),
            Row(name="405 page", play=page(405)),
            Row(name="redirect", play=page(302, ("Location", "https://example.com/"))),
        ),
    ),
    Story(
        en="The app is not published, or there is no such model",
        zh="应用没有发布，或没有这个模型",
        outcome=SETTINGS,
        rows=(Row(name="unpublished", play=refused(Refusal.UNPUBLISHED)),),
    ),
    Story(
        en="A required input is missing, or a setting of the request is not taken",
        zh="缺少必填的输入，或请求里的某项设置不被接受",
        outcome=SETTINGS,
        rows=(
            Row(name="400", play=refused(Refusal.INPUT)),
            Row(name="400 page", play=page(400)),
        ),
    ),
    Story(
        en="The request is longer than the model's context",
        zh="请求超出模型的上下文长度",
        outcome=SETTINGS,
        rows=(Row(name="context", play=refused(Refusal.TOO_LONG), of=(OPENAI,)),),
    ),
    Story(
        en="Too many questions at once",
        zh="同时问的太多",
        outcome=BUSY,
        rows=(
            Row(name="429", play=refused(Refusal.BUSY)),
            Row(name="429 page", play=page(429)),
            Row(
                name="busy event",
                play=lambda wire: (Head(), wire.error(Refusal.BUSY)),
            ),
        ),
    ),
    Story(
        en="Too many at once, told after the run had begun",
        zh="同时问的太多，但运行已经开始",
        outcome=msgspec.structs.replace(BUSY, asked=1),
        rows=(Row(name="busy behind the first event", play=begun(error(Refusal.BUSY))),),
    ),
    Story(
        en="Too many at once, and it passes within seconds",
        zh="同时问的太多，几秒后就好",
        outcome=Outcome(part=True, asked=3),
        rows=(Row(name="429 twice", play=refused(Refusal.BUSY), passes_after=2),),
    ),
    Story(
        en="Too many at once, and it asks for a minute's rest",
        zh="同时问的太多，对方要求一分钟后再来",
        outcome=msgspec.structs.replace(BUSY, asked=1, counts=True),
        rows=(Row(name="429 with a time", play=refused(Refusal.BUSY, ("Retry-After", "60"))),),
    ),
    Story(
        en="The quota or the balance is used up",
        zh="额度或余额用完",
        outcome=QUOTA,
        rows=(
            Row(name="429 quota", play=refused(Refusal.QUOTA)),
            Row(name="402", play=page(402)),
            Row(name="quota event", play=begun(error(Refusal.QUOTA))),
        ),
    ),
    Story(
        en="The server fails before it begins (500, 502, 503)",
        zh="服务器还没开始就出错（500、502、503）",
        outcome=DOWN_AGAIN,
        rows=(
            Row(name="500", play=refused(Refusal.FAILED)),
            Row(name="502 page", play=page(502)),
            Row(name="503 page", play=page(503)),
        ),
    ),
    Story(
        en="The proxy in front of the server loses patience (504, 524)",
        zh="服务器前面的代理等不及（504、524）",
        outcome=LATE,
        rows=(Row(name="504 page", play=page(504)), Row(name="524 page", play=page(524))),
    ),
)
